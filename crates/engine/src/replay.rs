//! Feeding a list of events through the flow.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use casewire_core::{Due, ErrorKind, Outcome, Session, SessionEvent, SessionKey, due};
use futures::stream::{self, StreamExt as _};

use crate::{DueSession, Flow, Lane, Patience, Receipt, lane};

/// Told of as a replay goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Sessions whose receipt is there.
    pub done: usize,
    /// Sessions in all.
    pub of: usize,
}

/// A session while its events are folded.
struct Folded {
    session: Session,
    due: Option<DueSession>,
}

/// Feeds `events` through `flow` as if they arrived one after another by time, `lanes` people side by side, and answers
/// with a receipt per session: decided ones by the time they were decided, then waiting ones by key.
///
/// What a session's events tell after it became due goes into the same write. Sessions that the CRM already
/// has, by the trace they left, are not written again; what is missing of their notes is added.
pub async fn replay(
    flow: &Flow,
    patience: Patience,
    mut events: Vec<SessionEvent>,
    lanes: usize,
    mut on_progress: impl FnMut(Progress),
) -> Vec<Receipt> {
    events.sort_by_key(|event| (event.time, event.rank));
    let sessions = fold(flow, &events);
    drop(events);

    let mut receipts = Vec::with_capacity(sessions.len());
    let mut all_due = Vec::new();
    for folded in sessions {
        match folded.due {
            Some(due) => all_due.push(due),
            None => receipts.push(without_record(flow, &folded.session)),
        }
    }
    let of = receipts.len() + all_due.len();
    let mut done = receipts.len();
    on_progress(Progress { done, of });

    let mut queued = lane::by_person(all_due, |due| &due.then);
    for lane in &mut queued {
        lane.sort_by(|a, b| (a.at, a.then.key()).cmp(&(b.at, b.then.key())));
    }
    // Lanes are served in the order in which their first session became due.
    queued.sort_by(|a, b| first(a).cmp(&first(b)));
    let halted = Arc::new(OnceLock::new());
    let mut served = stream::iter(queued)
        .map(|lane| serve(flow.clone(), patience, lane, Arc::clone(&halted)))
        .buffer_unordered(lanes.max(1));
    while let Some(lane) = served.next().await {
        done += lane.len();
        receipts.extend(lane);
        on_progress(Progress { done, of });
    }
    receipts.sort_by(|a, b| order(a).cmp(&order(b)));
    receipts
}

fn first(lane: &[DueSession]) -> Option<(jiff::Timestamp, &SessionKey)> {
    lane.first().map(|due| (due.at, due.then.key()))
}

fn order(receipt: &Receipt) -> (bool, Option<jiff::Timestamp>, &SessionKey) {
    (
        receipt.decided_at.is_none(),
        receipt.decided_at,
        &receipt.session,
    )
}

/// Serves one lane, a session after another. Once the CRM refuses the credentials or lacks its set-up, no
/// further session is tried: `halted` has the receipt that says so.
async fn serve(
    flow: Flow,
    patience: Patience,
    sessions: Vec<DueSession>,
    halted: Arc<OnceLock<Receipt>>,
) -> Vec<Receipt> {
    let mut lane = Lane::default();
    let mut receipts = Vec::with_capacity(sessions.len());
    for due in sessions {
        if let Some(first) = halted.get() {
            receipts.push(Receipt {
                session: due.then.key().clone(),
                rule: Some(due.rule),
                decided_at: Some(due.at),
                chosen: None,
                refused: Vec::new(),
                warnings: Vec::new(),
                ..first.clone()
            });
            continue;
        }
        let receipt = flow.link(&due, &patience, &mut lane).await;
        if matches!(receipt.error, Some(ErrorKind::Auth | ErrorKind::Config)) {
            // The first one to say so counts.
            let _ = halted.set(receipt.clone());
        }
        receipts.push(receipt);
    }
    receipts
}

/// Folds the events, and notes for each session when it first became due.
fn fold(flow: &Flow, events: &[SessionEvent]) -> Vec<Folded> {
    let mut places: HashMap<&SessionKey, usize> = HashMap::new();
    let mut sessions: Vec<Folded> = Vec::new();
    for event in events {
        let place = *places.entry(&event.session).or_insert_with(|| {
            sessions.push(Folded {
                session: Session::new(event.session.clone()),
                due: None,
            });
            sessions.len() - 1
        });
        let folded = &mut sessions[place];
        folded.session.observe(event);
        if folded.due.is_some() {
            continue;
        }
        let session = &folded.session;
        let rules = flow.settings().rules_of(session);
        if let Due::Now(reason) = due(rules, session) {
            folded.due = Some(DueSession {
                then: session.clone(),
                latest: session.clone(),
                rule: reason.rule,
                reason: reason.text.into(),
                at: event.time,
            });
        }
    }
    for folded in &mut sessions {
        if let Some(due) = &mut folded.due {
            due.latest = folded.session.clone();
        }
    }
    sessions
}

/// The receipt of a session that makes no record: it ended without being due, or still waits.
fn without_record(flow: &Flow, session: &Session) -> Receipt {
    let rules = flow.settings().rules_of(session);
    let (rule, reason, decided_at) = match due(rules, session) {
        Due::Now(reason) | Due::Never(reason) => {
            (Some(reason.rule), reason.text, session.ended_at())
        }
        Due::Wait(reason) => (None, reason, None),
    };
    Receipt {
        session: session.key().clone(),
        outcome: Outcome::None,
        rule,
        reason: reason.to_owned(),
        decided_at,
        settings: flow.settings().version.clone(),
        chosen: None,
        record: None,
        url: None,
        refused: Vec::new(),
        notes_written: 0,
        repeated: false,
        warnings: Vec::new(),
        error: None,
    }
}
