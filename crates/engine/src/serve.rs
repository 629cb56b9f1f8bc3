//! One lane: its work is taken, written and settled.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Error, ErrorKind, Outcome, RecordId, SessionKey, TraceSearch};
use casewire_http::record_calls;
use tracing::{error, info, warn};

use crate::advance::may_be_written;
use crate::engine::Shared;
use crate::health::Allowed;
use crate::store::{
    self, DueThen, Failed, LaneNo, LaneWork, Message, Phase, SessionNo, SessionWork, Settlement,
    StoreError,
};
use crate::store_journal::StoreJournal;
use crate::{CrmCall, DueSession, Flow, Lane, Linked, Patience, Receipt, Settled, Task};

/// The back-off of a lane whose head can not be written.
const BACK_OFF: Patience = Patience {
    tries: u32::MAX,
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_secs(60),
};

/// However long the CRM asks to wait: what it says of one record may be over sooner, and it says it again.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// So often an answer that makes no sense, or a record that changes under every write, is tried again before a person has
/// to look.
const ODD_TRIES: u32 = 8;

/// What serving a lane told about its connector.
#[derive(Debug)]
pub(crate) enum Served {
    /// The CRM answered, be it with a refusal.
    Answered,
    /// It did not.
    Failed(Error),
    /// It was not asked.
    Nothing,
}

/// What is known of a session beside its task.
struct Known {
    no: SessionNo,
    receipt: Option<Receipt>,
    ready_at: i64,
    odd_tries: u32,
}

/// A lane while it is served.
struct Serving<'a> {
    shared: &'a Shared,
    flow: &'a Flow,
    connector: &'a Arc<str>,
    no: LaneNo,
    failures: u32,
    known: HashMap<SessionKey, Known>,
}

/// Serves the lane `no`: all the work that it has at this moment.
pub(crate) async fn lane(
    shared: &Shared,
    flow: &Flow,
    connector: &Arc<str>,
    no: LaneNo,
    work: LaneWork,
) -> Served {
    match serve(shared, flow, connector, no, work).await {
        Ok(served) => served,
        Err(error) => {
            // The lane stays ready; what was written is found by its trace.
            error!(%connector, %error, "serving a lane");
            tokio::time::sleep(BACK_OFF.first_wait).await;
            Served::Nothing
        }
    }
}

async fn serve(
    shared: &Shared,
    flow: &Flow,
    connector: &Arc<str>,
    no: LaneNo,
    work: LaneWork,
) -> std::result::Result<Served, StoreError> {
    let mut serving = Serving {
        shared,
        flow,
        connector,
        no,
        failures: work.failures,
        known: HashMap::with_capacity(work.sessions.len()),
    };
    let mut tasks: Vec<_> = work
        .sessions
        .into_iter()
        .map(|session| serving.task(session))
        .collect();
    let numbers = serving.known.iter();
    let mut journal = StoreJournal {
        store: Arc::clone(&shared.store),
        connector: Arc::clone(connector),
        sessions: numbers
            .map(|(key, known)| (key.clone(), known.no))
            .collect(),
        open: tasks
            .iter()
            .filter(|task| task.intended.is_some())
            .map(|task| task.key().clone())
            .collect(),
        fresh: Vec::new(),
        to: None,
        lane: no,
        now: store::millis(shared.options.clock.now()),
    };
    let mut lane = Lane::new(work.written);
    let mut served = Served::Nothing;
    while !tasks.is_empty() {
        if *shared.stopping.borrow() {
            break;
        }
        let (advanced, calls) =
            record_calls(flow.advance(&mut tasks, &mut lane, &mut journal)).await;
        let calls: Vec<CrmCall> = calls.into_iter().map(CrmCall::from).collect();
        serving.count(&calls);
        let error = match advanced {
            Ok(settled) => {
                served = Served::Answered;
                journal.fresh.clear();
                journal.to = None;
                let gone = lane.take_gone();
                serving.failures = 0;
                serving
                    .settle(settled, &calls, gone, tasks.is_empty())
                    .await?;
                continue;
            }
            Err(error) => error,
        };
        metrics::counter!(
            "casewire_lane_failures_total",
            "connector" => connector.to_string(),
            "kind" => kind_of(&error),
        )
        .increment(1);
        if !serving.is_hopeless(tasks[0].key(), &error) {
            let (withdrawn, untouched) = match may_be_written(&error) {
                true => (Vec::new(), None),
                false => (std::mem::take(&mut journal.fresh), journal.to.take()),
            };
            serving
                .wait(tasks[0].key(), &error, calls, withdrawn, untouched)
                .await?;
            return Ok(match error.kind() {
                ErrorKind::Auth
                | ErrorKind::Config
                | ErrorKind::Protocol
                | ErrorKind::Unavailable
                | ErrorKind::Uncertain => Served::Failed(error),
                _ => Served::Answered,
            });
        }
        served = Served::Answered;
        journal.fresh.clear();
        journal.to = None;
        let head = tasks.remove(0);
        serving.park(head, &error, &calls, tasks.is_empty()).await?;
    }
    if !tasks.is_empty() || matches!(served, Served::Nothing) {
        shared.store.write(1, move |tx| tx.release(no)).await?;
    }
    Ok(served)
}

impl Serving<'_> {
    fn task(&mut self, work: SessionWork) -> Task {
        let SessionWork {
            no,
            latest,
            due,
            on,
            trace,
            intended,
            receipt,
            ready_at,
            odd_tries,
        } = work;
        let known = Known {
            no,
            receipt,
            ready_at,
            odd_tries,
        };
        self.known.insert(latest.key().clone(), known);
        Task {
            due: DueSession {
                then: due.then,
                latest,
                rule: due.rule,
                reason: due.reason.into(),
                at: due.at,
            },
            on,
            written: trace,
            // Only a write under way when it was interrupted leaves an intent.
            trace: match intended {
                Some(_) => TraceSearch::Thorough,
                None => TraceSearch::OnTheWay,
            },
            intended,
        }
    }

    /// Whether only a person can help with it.
    fn is_hopeless(&self, session: &SessionKey, error: &Error) -> bool {
        let tries = self.known.get(session).map_or(0, |known| known.odd_tries);
        match error.kind() {
            ErrorKind::Rejected => true,
            _ if !is_odd(error) => false,
            // A page of maintenance makes no sense either: then it is not about this session.
            _ if self.is_paused() => false,
            _ => tries + 1 >= ODD_TRIES,
        }
    }

    fn is_paused(&self) -> bool {
        let now = self.shared.options.clock.now();
        let allowed = self
            .shared
            .with_health(self.connector, |health| health.allowed(now));
        allowed.is_some_and(|allowed| allowed != Allowed::All)
    }

    /// The sessions' outcomes, and with the last of them the lane's release, in one commit.
    async fn settle(
        &mut self,
        settled: Vec<Settled>,
        calls: &[CrmCall],
        gone: Vec<RecordId>,
        is_last: bool,
    ) -> std::result::Result<(), StoreError> {
        let now = self.shared.options.clock.now();
        let mut linked = Vec::new();
        let mut settlements = Vec::with_capacity(settled.len());
        for settled in settled {
            let Some(known) = self.known.remove(settled.task.key()) else {
                continue;
            };
            let news = linked_now(&settled, self.connector, now);
            let messages = news.as_ref().map(|news| self.messages(news));
            if settled.task.on.is_none() {
                self.count_outcome(settled.receipt.outcome, known.ready_at);
            }
            let receipt = match (known.receipt, &settled.task.on) {
                (Some(before), Some(_)) if before.outcome != Outcome::Parked => {
                    added_to(before, settled.receipt)
                }
                _ => settled.receipt,
            };
            linked.extend(news);
            settlements.push(Settlement {
                record: settled.record,
                trace: settled.trace,
                messages: messages.unwrap_or_default(),
                ..self.settlement(known.no, settled.task, receipt, calls)
            });
        }
        self.write(settlements, gone, is_last).await?;
        for news in linked {
            // Nobody may be listening.
            let _ = self.shared.linked.send(Arc::new(news));
        }
        Ok(())
    }

    /// The CRM's refusal is the session's outcome until a person tries it again.
    async fn park(
        &mut self,
        task: Task,
        error: &Error,
        calls: &[CrmCall],
        is_last: bool,
    ) -> std::result::Result<(), StoreError> {
        let Some(known) = self.known.remove(task.key()) else {
            return Ok(());
        };
        warn!(session = %task.key(), connector = %self.connector, %error, "session parked");
        self.count_outcome(Outcome::Parked, known.ready_at);
        let parked = Receipt::parked(&task.due, error, &self.flow.settings.version);
        let receipt = match known.receipt.filter(|_| task.on.is_some()) {
            // It is on its record all the same: only its notes are refused.
            Some(mut before) => {
                before.warnings.push(format!("notes were refused: {error}"));
                before
            }
            None => Receipt {
                record: task.on.clone(),
                ..parked
            },
        };
        let settlement = Settlement {
            phase: Phase::Parked,
            error: Some(error.to_string()),
            ..self.settlement(known.no, task, receipt, calls)
        };
        self.write(vec![settlement], Vec::new(), is_last).await
    }

    /// That `task` is done, with nothing new on its record.
    fn settlement(
        &self,
        no: SessionNo,
        task: Task,
        receipt: Receipt,
        calls: &[CrmCall],
    ) -> Settlement {
        let zone = self.flow.rules_of(&task.due).timezone.clone();
        Settlement {
            no,
            phase: Phase::Done,
            error: None,
            receipt,
            calls: calls.to_vec(),
            record: None,
            trace: task.written,
            seen: task.due.latest,
            due: DueThen {
                then: task.due.then,
                rule: task.due.rule,
                reason: task.due.reason.into_owned(),
                at: task.due.at,
            },
            zone,
            messages: Vec::new(),
        }
    }

    async fn write(
        &self,
        settlements: Vec<Settlement>,
        gone: Vec<RecordId>,
        is_last: bool,
    ) -> std::result::Result<(), StoreError> {
        let (connector, lane) = (Arc::clone(self.connector), self.no);
        let when = self.shared.settling();
        self.shared
            .store
            .write(settlements.len(), move |tx| {
                for settlement in &settlements {
                    tx.settle(settlement, &connector, lane, when)?;
                }
                for record in &gone {
                    tx.forget(record, &connector)?;
                }
                match is_last {
                    true => tx.release(lane),
                    false => Ok(()),
                }
            })
            .await
    }

    /// The lane waits, and its sessions keep their order.
    async fn wait(
        &self,
        head: &SessionKey,
        error: &Error,
        calls: Vec<CrmCall>,
        withdrawn: Vec<SessionNo>,
        untouched: Option<RecordId>,
    ) -> std::result::Result<(), StoreError> {
        let now = self.shared.options.clock.now();
        let counts = !matches!(
            error.kind(),
            ErrorKind::Auth | ErrorKind::Config | ErrorKind::RateLimited { .. }
        );
        let failures = self.failures + u32::from(counts);
        let wait = BACK_OFF.wait(failures.max(1), error).min(LONGEST_WAIT);
        let Some(known) = self.known.get(head) else {
            return Ok(());
        };
        info!(session = %head, connector = %self.connector, %error, wait_ms = wait.as_millis(), "the lane waits");
        let failed = Failed {
            session: known.no,
            error: error.to_string(),
            calls,
            is_odd: is_odd(error) && !self.is_paused(),
            withdrawn,
            untouched,
            retry_at: store::millis(now + wait),
            failures,
        };
        let (lane, now) = (self.no, store::millis(now));
        let connector = Arc::clone(self.connector);
        self.shared
            .store
            .write(1, move |tx| tx.fail(lane, &connector, &failed, now))
            .await
    }

    fn messages(&self, news: &Linked) -> Vec<Message> {
        let endpoints = self.shared.options.endpoints.iter();
        let message = |endpoint: &Arc<str>| {
            let body = serde_json::json!({
                "type": "record.linked",
                "timestamp": news.at,
                "data": news,
            });
            Message {
                id: store::message_id(news, endpoint),
                endpoint: Arc::clone(endpoint),
                body: body.to_string(),
            }
        };
        endpoints.map(message).collect()
    }

    fn count(&self, calls: &[CrmCall]) {
        for call in calls {
            let status = call
                .status
                .map_or("none".to_owned(), |status| status.to_string());
            metrics::counter!(
                "casewire_crm_calls_total",
                "connector" => self.connector.to_string(),
                "status" => status,
            )
            .increment(1);
        }
    }

    fn count_outcome(&self, outcome: Outcome, ready_at: i64) {
        metrics::counter!(
            "casewire_sessions_total",
            "connector" => self.connector.to_string(),
            "outcome" => outcome.as_str(),
        )
        .increment(1);
        let waited = store::millis(self.shared.options.clock.now()) - ready_at;
        metrics::histogram!(
            "casewire_due_to_outcome_seconds",
            "connector" => self.connector.to_string(),
        )
        .record(Duration::from_millis(waited.max(0).unsigned_abs()).as_secs_f64());
    }
}

/// What to tell of a session that was linked just now.
fn linked_now(settled: &Settled, connector: &Arc<str>, at: jiff::Timestamp) -> Option<Linked> {
    if settled.task.on.is_some() {
        return None;
    }
    let session = settled.task.key();
    let queue = settled.task.due.then.queue();
    Some(Linked {
        session: session.to_string(),
        source: session.source().to_string(),
        connector: connector.to_string(),
        outcome: settled.receipt.outcome,
        record: settled.receipt.record.clone()?,
        url: settled.receipt.url.clone(),
        queue: queue.map(|queue| queue.leaf().0.to_string()),
        at,
    })
}

/// The receipt of a session after something was added to its record: the decision stays as it was made.
fn added_to(mut before: Receipt, added: Receipt) -> Receipt {
    before.notes_written += added.notes_written;
    for warning in added.warnings {
        if !before.warnings.contains(&warning) {
            before.warnings.push(warning);
        }
    }
    before
}

/// Whether an error that may pass is about one session or record, as far as can be told.
fn is_odd(error: &Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::Auth
            | ErrorKind::Config
            | ErrorKind::RateLimited { .. }
            | ErrorKind::Unavailable
            | ErrorKind::Uncertain
    )
}

/// The word for an error's kind, for metrics.
fn kind_of(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Auth => "auth",
        ErrorKind::Config => "config",
        ErrorKind::Conflict => "conflict",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Protocol => "protocol",
        ErrorKind::RateLimited { .. } => "rate_limited",
        ErrorKind::Rejected => "rejected",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Uncertain => "uncertain",
        _ => "other",
    }
}
