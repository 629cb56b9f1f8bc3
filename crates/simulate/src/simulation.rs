//! Folding and deciding, session by session.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use casewire_core::{
    Action, Choice, Due, EventKind, Outcome, Profile, Queue, Reason, RecordCustomer, RuleId, Rules,
    Session, SessionEvent, SessionKey, Settings, TraceSearch, choose, due, tags, title, wanted,
};
use jiff::{SignedDuration, Timestamp};

use crate::records::Records;
use crate::{Line, SeedRecord};

/// Decides sessions from their events, in order of time.
#[derive(Debug)]
pub struct Simulation<'a> {
    settings: &'a Settings,
    profile: &'a Profile,
    window: SignedDuration,
    undecided: HashMap<SessionKey, Undecided>,
    decided: HashSet<u128>,
    /// Decided for good that no record is due.
    never: HashSet<u128>,
    ignored: u64,
    records: Records,
    ready: BinaryHeap<Reverse<Ready>>,
    decisions: u64,
    now: Timestamp,
}

#[derive(Debug)]
struct Undecided {
    session: Session,
    /// When it was found to be never due, if so.
    never_at: Option<Timestamp>,
    warnings: Vec<String>,
}

/// A decision that waits for its place in the output.
#[derive(Debug)]
struct Ready {
    at: Timestamp,
    number: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Line(Box<Line>),
    /// The session ended without being due: final unless data arrives that makes it due.
    Never(SessionKey),
}

impl PartialEq for Ready {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Ready {}

impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ready {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl<'a> Simulation<'a> {
    /// A simulation of a CRM with `profile` that has the records of `seed`. A session that ended without being due is
    /// settled once `window` of event time has passed since.
    pub fn new(
        settings: &'a Settings,
        profile: &'a Profile,
        seed: &[SeedRecord],
        window: SignedDuration,
    ) -> Self {
        let mut all = settings.queues.values().chain([&settings.rules]);
        let joinable = all.any(|rules| rules.append_to_open);
        Self {
            settings,
            profile,
            window,
            undecided: HashMap::new(),
            decided: HashSet::new(),
            never: HashSet::new(),
            ignored: 0,
            records: Records::new(seed, joinable),
            ready: BinaryHeap::new(),
            decisions: 0,
            now: Timestamp::MIN,
        }
    }

    /// Takes the next event, in order of time; hands settled sessions to `settled`. `warning` is what reading the event
    /// gave.
    pub fn observe(
        &mut self,
        event: &SessionEvent,
        warning: Option<&str>,
        settled: &mut impl FnMut(Line),
    ) {
        self.now = self.now.max(event.time);
        self.fold(event, warning);
        while let Some(Reverse(next)) = self.ready.peek()
            && self.now.duration_since(next.at) > self.window
        {
            self.settle_next(settled);
        }
    }

    /// Ends the input: hands out all that is left, sessions that still wait last, by key. Answers with the
    /// number of events that came after their session was settled as never due, and might have changed that.
    pub fn finish(mut self, settled: &mut impl FnMut(Line)) -> u64 {
        while !self.ready.is_empty() {
            self.settle_next(settled);
        }
        let mut waiting: Vec<_> = self.undecided.into_values().collect();
        waiting.sort_by(|a, b| a.session.key().cmp(b.session.key()));
        for undecided in waiting {
            let session = &undecided.session;
            let rules = self.settings.rules_of(session);
            if let Due::Wait(reason) = due(rules, session) {
                settled(none(session, None, reason, None, undecided.warnings));
            }
        }
        self.ignored
    }

    fn fold(&mut self, event: &SessionEvent, warning: Option<&str>) {
        let undecided = match self.undecided.get_mut(&event.session) {
            Some(undecided) => undecided,
            None if self.decided.contains(&fingerprint(&event.session)) => return,
            None if self.never.contains(&fingerprint(&event.session)) => {
                self.ignored += u64::from(event.kind != EventKind::Updated);
                return;
            }
            None => self
                .undecided
                .entry(event.session.clone())
                .or_insert_with_key(|key| Undecided {
                    session: Session::new(key.clone()),
                    never_at: None,
                    warnings: Vec::new(),
                }),
        };
        undecided.session.observe(event);
        if let Some(warning) = warning
            && !undecided.warnings.iter().any(|known| known == warning)
        {
            undecided.warnings.push(warning.to_owned());
        }
        let rules = self.settings.rules_of(&undecided.session);
        match due(rules, &undecided.session) {
            Due::Wait(_) => {}
            Due::Never(_) if undecided.never_at.is_some() => {}
            Due::Never(_) => {
                undecided.never_at = Some(event.time);
                self.ready(event.time, What::Never(event.session.clone()));
            }
            Due::Now(reason) => {
                let Some(undecided) = self.undecided.remove(&event.session) else {
                    return;
                };
                self.decided.insert(fingerprint(&event.session));
                let line = self.decide(rules, &undecided, reason, event.time);
                self.ready(event.time, What::Line(Box::new(line)));
            }
        }
    }

    fn ready(&mut self, at: Timestamp, what: What) {
        let number = self.decisions;
        self.decisions += 1;
        self.ready.push(Reverse(Ready { at, number, what }));
    }

    fn settle_next(&mut self, settled: &mut impl FnMut(Line)) {
        let Some(Reverse(next)) = self.ready.pop() else {
            return;
        };
        let session = match next.what {
            What::Line(line) => return settled(*line),
            What::Never(session) => session,
        };
        // It may have become due meanwhile.
        let Some(undecided) = self.undecided.remove(&session) else {
            return;
        };
        self.never.insert(fingerprint(&session));
        let rules = self.settings.rules_of(&undecided.session);
        if let Due::Never(reason) = due(rules, &undecided.session) {
            let at = undecided.never_at;
            settled(none(
                &undecided.session,
                Some(reason.rule),
                reason.text,
                at,
                undecided.warnings,
            ));
        }
    }

    fn decide(
        &mut self,
        rules: &Rules,
        undecided: &Undecided,
        reason: Reason,
        at: Timestamp,
    ) -> Line {
        let session = &undecided.session;
        let warnings = undecided.warnings.clone();
        let query = wanted(rules, session, at, TraceSearch::OnTheWay);
        let found = self.records.look_up(session, &query);
        let Choice {
            action,
            reason: chosen,
            ..
        } = choose(rules, session, at, &found.candidates());
        let customer = RecordCustomer::of(rules, session, None, self.profile);
        let record = match (&action, &customer) {
            (Action::Nothing, _) => {
                return none(session, Some(chosen.rule), chosen.text, Some(at), warnings);
            }
            (Action::Append { to, .. } | Action::Reopen { to }, _) => to.0.clone(),
            (Action::Create | Action::FollowUp { .. }, Ok(customer)) => {
                self.records.create(session, &found, customer, at)
            }
            (Action::Create | Action::FollowUp { .. }, Err(unwritable)) => {
                return none(
                    session,
                    Some(RuleId::R12),
                    unwritable.reason(),
                    Some(at),
                    warnings,
                );
            }
        };
        self.records.apply(&action, session, &found);
        let creates = matches!(action, Action::Create | Action::FollowUp { .. });
        Line {
            outcome: Outcome::from(&action),
            rule: Some(reason.rule),
            reason: reason.text.to_owned(),
            decided_at: Some(at),
            record: Some(record),
            title: creates.then(|| title(rules, session, self.profile)),
            tags: tags(rules, session, self.profile),
            ..bare(session, warnings)
        }
    }
}

fn leaf(session: &Session) -> Option<&casewire_core::QueueId> {
    session.queue().map(Queue::leaf)
}

fn none(
    session: &Session,
    rule: Option<RuleId>,
    reason: &str,
    decided_at: Option<Timestamp>,
    warnings: Vec<String>,
) -> Line {
    Line {
        rule,
        reason: reason.to_owned(),
        decided_at,
        ..bare(session, warnings)
    }
}

fn bare(session: &Session, warnings: Vec<String>) -> Line {
    let customer = session.customer().keys(session.key().kind()).next();
    Line {
        key: session.key().clone(),
        session: session.key().to_string(),
        outcome: Outcome::None,
        rule: None,
        reason: String::new(),
        decided_at: None,
        record: None,
        title: None,
        tags: Vec::new(),
        queue: leaf(session).map(|queue| queue.0.to_string()),
        customer: customer.map(|key| key.as_str().to_owned()),
        warnings,
    }
}

/// 128 bits that name a session: enough that two of a billion do not meet.
fn fingerprint(session: &SessionKey) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        session.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}
