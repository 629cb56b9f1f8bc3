//! `GET /v1/stream`: linked sessions as they happen, for record pop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use casewire_engine::Linked;
use futures::Stream;
use futures::stream::unfold;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::access::may_read;
use crate::app::{App, Peer};
use crate::problem::{Kind, Problem};
use crate::receipts::unreadable;

/// How often a comment shows that the connection still stands.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Which linked sessions a listener wants; those that are absent do not matter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    connector: Option<String>,
    queue: Option<String>,
}

impl Wanted {
    fn takes(&self, linked: &Linked) -> bool {
        let is_connector = self
            .connector
            .as_ref()
            .is_none_or(|it| *it == linked.connector);
        let is_queue = self.queue.is_none() || self.queue == linked.queue;
        is_connector && is_queue
    }
}

/// Listen to sessions as they are linked
///
/// Server-sent events: `record.linked` for each session that is linked from now on. A listener that falls behind gets
/// `missed` with `{"missed":N}` in place of N events and goes on; nothing is sent again after a reconnect, so ask for the
/// receipts of what may have been missed.
#[utoipa::path(
    get,
    path = "/v1/stream",
    operation_id = "listen",
    params(
        ("connector" = Option<String>, Query, description = "Only what this connector links"),
        ("queue" = Option<String>, Query, description = "Only sessions of the leaf queue of this id"),
    ),
    responses(
        (status = 200, description = "Events whose data is a Linked", body = ref("#/components/schemas/Linked"), content_type = "text/event-stream"),
        (status = 400, description = "The query can not be read", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 401, description = "The token is missing or wrong", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 403, description = "Without a token only this machine may read", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "Too many listeners, or the server ends", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(crate) async fn listen(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    may_read(&app, peer, &headers)?;
    app.refuse_when_stopping()?;
    let Query(wanted) = wanted.map_err(|error| unreadable(error.body_text()))?;
    let place = Arc::clone(&app.listeners)
        .try_acquire_owned()
        .map_err(|_| {
            Problem::new(Kind::TooManyListeners, "all places of the stream are taken")
                .remedy("close streams that nobody reads, or come back later")
                .retry_after(5)
        })?;
    let listener = Listener {
        wanted,
        linked: app.engine.listen(),
        stopping: app.stopping.clone(),
        _place: place,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(events(listener)).keep_alive(keep_alive))
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
}

struct Listener {
    wanted: Wanted,
    linked: Receiver<Arc<Linked>>,
    stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// The next event; none when the server ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let received = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                received = self.linked.recv() => received,
            };
            match received {
                Ok(linked) if self.wanted.takes(&linked) => return Some(of_linked(&linked)),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    let missed = json!({ "missed": missed }).to_string();
                    return Some(Event::default().event("missed").data(missed));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn of_linked(linked: &Linked) -> Event {
    let event = Event::default()
        .event("record.linked")
        .id(format!("{}@{}", linked.session, linked.at));
    match serde_json::to_string(linked) {
        Ok(data) => event.data(data),
        Err(error) => {
            tracing::error!(%error, "writing a linked session");
            event
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use casewire_core::{Outcome, RecordId};
    use http_body_util::BodyExt as _;
    use jiff::Timestamp;
    use tokio::sync::{Semaphore, broadcast};

    use super::*;

    fn linked(number: u32) -> Arc<Linked> {
        Arc::new(Linked {
            session: format!("call/{number}"),
            source: "//contact-center/acme".to_owned(),
            connector: "memory".to_owned(),
            outcome: Outcome::Created,
            record: RecordId(number.to_string()),
            url: None,
            queue: None,
            at: Timestamp::UNIX_EPOCH,
        })
    }

    #[tokio::test]
    async fn a_listener_that_falls_behind_is_told_how_much_it_missed() {
        let (sender, receiver) = broadcast::channel(2);
        let (_stop, stopping) = watch::channel(false);
        let places = Arc::new(Semaphore::new(1));
        let listener = Listener {
            wanted: Wanted {
                connector: None,
                queue: None,
            },
            linked: receiver,
            stopping,
            _place: places.try_acquire_owned().unwrap(),
        };
        for number in 0..5 {
            sender.send(linked(number)).unwrap();
        }
        drop(sender);
        let answer = Sse::new(events(listener)).into_response();
        let sent = answer.into_body().collect().await.unwrap().to_bytes();
        let sent = String::from_utf8(sent.to_vec()).unwrap();
        assert!(
            sent.starts_with("event: missed\ndata: {\"missed\":3}\n\n"),
            "{sent}"
        );
        for (number, is_sent) in [(2, false), (3, true), (4, true)] {
            let session = format!("\"session\":\"call/{number}\"");
            assert_eq!(sent.contains(&session), is_sent, "{sent}");
        }
    }
}
