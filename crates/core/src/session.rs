//! The session, folded from its events (docs/RULES.md §2).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Agent, AgentKind, CustomerIdentity, EventKind, Link, Queue, SessionEvent, SessionKey,
    SessionKind, SessionOutcome, digest,
};

/// When an event happened, to the step: its time and rank. Stored as nanoseconds since 1970, which is short and quick to
/// read: a session holds a dozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(i128, u8)", into = "(i128, u8)")]
struct Moment(Timestamp, u8);

impl From<Moment> for (i128, u8) {
    fn from(Moment(time, rank): Moment) -> Self {
        (time.as_nanosecond(), rank)
    }
}

impl From<(i128, u8)> for Moment {
    fn from((nanos, rank): (i128, u8)) -> Self {
        // What was stored was a time.
        Self(Timestamp::from_nanosecond(nanos).unwrap_or_default(), rank)
    }
}

/// A value that newer events replace. Of two values of the same moment the greater one stays, so that
/// the order of arrival never matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Newest<T>(Option<(Moment, T)>);

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Newest<T> {
    fn is_unknown(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: Clone + Ord> Newest<T> {
    fn observe(&mut self, at: Moment, value: Option<&T>) {
        let Some(value) = value else { return };
        match &mut self.0 {
            Some((seen_at, seen)) if seen == value => *seen_at = at.max(*seen_at),
            Some((seen_at, seen)) if (*seen_at, &*seen) >= (at, value) => {}
            slot => *slot = Some((at, value.clone())),
        }
    }

    fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

/// So many messages that are told one by one are remembered, the latest: no rule asks for more, and a session stays small.
const MESSAGES: usize = 1_000;

/// A moment of which the earliest counts.
fn observe_first(slot: &mut Option<Timestamp>, time: Timestamp) {
    *slot = Some(slot.map_or(time, |seen| seen.min(time)));
}

/// One session as far as its events tell.
///
/// Folding is commutative and idempotent: the same set of events in any order, with any repeats, gives
/// the same session. Its serialized form holds all of it, customer data too, and reads forms that know fewer fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    key: SessionKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_seen_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queued_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assigned_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voicemail_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    session_type: Newest<Box<str>>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    queue: Newest<Arc<Queue>>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    language: Newest<Box<str>>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    dialed_number: Newest<Box<str>>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    phone: Newest<crate::Phone>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    email: Newest<crate::Email>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    external_id: Newest<crate::ExternalId>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    name: Newest<crate::PersonName>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    agent: Newest<Agent>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    outcome: Newest<SessionOutcome>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    rating: Newest<i64>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    disposition: Newest<Box<str>>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    duration_seconds: Newest<u64>,
    #[serde(default, skip_serializing_if = "Newest::is_unknown")]
    wait_seconds: Newest<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transfers: Vec<Transfer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_count: Option<(u32, Timestamp)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    messages: Vec<(Timestamp, u64)>,
}

/// A hand-over to another agent or queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Transfer {
    /// When.
    pub at: Timestamp,
    /// The id of the event that told of it.
    pub event: crate::EventId,
    /// The agent it went to, when known.
    pub agent: Option<Agent>,
}

/// How far an abandoned session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbandonPhase {
    /// Never queued.
    Menu,
    /// Queued, not assigned to an agent.
    Queue,
    /// Assigned to an agent, not connected.
    Connecting,
}

impl Session {
    /// The session `key` before any event.
    pub fn new(key: SessionKey) -> Self {
        Self {
            key,
            started_at: None,
            first_seen_at: None,
            queued_at: None,
            assigned_at: None,
            connected_at: None,
            voicemail_at: None,
            ended_at: None,
            session_type: Newest::default(),
            queue: Newest::default(),
            language: Newest::default(),
            dialed_number: Newest::default(),
            phone: Newest::default(),
            email: Newest::default(),
            external_id: Newest::default(),
            name: Newest::default(),
            agent: Newest::default(),
            outcome: Newest::default(),
            rating: Newest::default(),
            disposition: Newest::default(),
            duration_seconds: Newest::default(),
            wait_seconds: Newest::default(),
            links: Vec::new(),
            transfers: Vec::new(),
            message_count: None,
            messages: Vec::new(),
        }
    }

    /// Folds one event in. The event must be of this session.
    pub fn observe(&mut self, event: &SessionEvent) {
        debug_assert_eq!(self.key, event.session);
        let (time, data) = (event.time, &event.data);
        observe_first(&mut self.first_seen_at, time);
        if let Some(started_at) = data.started_at {
            observe_first(&mut self.started_at, started_at);
        }
        self.observe_facts(event);
        let by_human = data
            .agent
            .as_ref()
            .is_none_or(|agent| agent.kind == AgentKind::Human);
        match event.kind {
            EventKind::Created => observe_first(&mut self.started_at, time),
            EventKind::Queued => observe_first(&mut self.queued_at, time),
            // A virtual agent is not an agent here: it moves nothing.
            EventKind::Assigned if by_human => observe_first(&mut self.assigned_at, time),
            EventKind::Connected if by_human => observe_first(&mut self.connected_at, time),
            EventKind::Assigned | EventKind::Connected | EventKind::Updated => {}
            EventKind::Message => self.observe_message(event),
            EventKind::Transferred => self.observe_transfer(event),
            EventKind::Voicemail => observe_first(&mut self.voicemail_at, time),
            EventKind::Ended => observe_first(&mut self.ended_at, time),
        }
    }

    fn observe_facts(&mut self, event: &SessionEvent) {
        let (at, data) = (Moment(event.time, event.rank), &event.data);
        self.session_type.observe(at, data.session_type.as_ref());
        self.queue.observe(at, data.queue.as_ref());
        self.language.observe(at, data.language.as_ref());
        self.dialed_number.observe(at, data.dialed_number.as_ref());
        self.phone.observe(at, data.customer.phone.as_ref());
        self.email.observe(at, data.customer.email.as_ref());
        self.external_id
            .observe(at, data.customer.external_id.as_ref());
        self.name.observe(at, data.customer.name.as_ref());
        self.outcome.observe(at, data.outcome.as_ref());
        self.rating.observe(at, data.rating.as_ref());
        self.disposition.observe(at, data.disposition.as_ref());
        self.duration_seconds
            .observe(at, data.duration_seconds.as_ref());
        self.wait_seconds.observe(at, data.wait_seconds.as_ref());
        if let Some(agent) = &data.agent
            && agent.kind == AgentKind::Human
        {
            self.agent.observe(at, Some(agent));
        }
        for link in &data.links {
            if let Err(place) = self.links.binary_search(link) {
                self.links.insert(place, link.clone());
            }
        }
        if let Some(count) = data.consumer_messages {
            self.message_count = self.message_count.max(Some((count, event.time)));
        }
    }

    fn observe_message(&mut self, event: &SessionEvent) {
        if event.data.consumer_messages.is_some() {
            return;
        }
        let message = (event.time, digest::of(&event.id.0));
        if let Err(place) = self.messages.binary_search(&message) {
            self.messages.insert(place, message);
            if self.messages.len() > MESSAGES {
                self.messages.remove(0);
            }
        }
    }

    fn observe_transfer(&mut self, event: &SessionEvent) {
        let transfer = Transfer {
            at: event.time,
            event: event.id.clone(),
            agent: event.data.agent.clone(),
        };
        if let Err(place) = self.transfers.binary_search(&transfer) {
            self.transfers.insert(place, transfer);
        }
    }

    /// The session's identity.
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The session type as the contact center names it.
    pub fn session_type(&self) -> Option<&str> {
        self.session_type.value().map(AsRef::as_ref)
    }

    /// When the session started: as its events say, or else when it was first heard of.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at.or(self.first_seen_at)
    }

    /// The queue of the newest event that carries one.
    pub fn queue(&self) -> Option<&Queue> {
        self.queue.value().map(AsRef::as_ref)
    }

    /// The language.
    pub fn language(&self) -> Option<&str> {
        self.language.value().map(AsRef::as_ref)
    }

    /// The number that was dialed.
    pub fn dialed_number(&self) -> Option<&str> {
        self.dialed_number.value().map(AsRef::as_ref)
    }

    /// What is known of the customer.
    pub fn customer(&self) -> CustomerIdentity {
        CustomerIdentity {
            phone: self.phone.value().cloned(),
            email: self.email.value().cloned(),
            external_id: self.external_id.value().cloned(),
            name: self.name.value().cloned(),
        }
    }

    /// Whether `customer` has a phone number, e-mail address or external id that the session does not have at present.
    pub fn lacks_key_of(&self, customer: &CustomerIdentity) -> bool {
        fn lacks<T: Clone + Ord>(known: &Newest<T>, told: Option<&T>) -> bool {
            told.is_some() && known.value() != told
        }
        lacks(&self.phone, customer.phone.as_ref())
            || lacks(&self.email, customer.email.as_ref())
            || lacks(&self.external_id, customer.external_id.as_ref())
    }

    /// Whether the customer is unknown (a withheld number).
    pub fn is_anonymous(&self) -> bool {
        self.phone.value().is_none()
            && self.email.value().is_none()
            && self.external_id.value().is_none()
    }

    /// The newest human agent.
    pub fn agent(&self) -> Option<&Agent> {
        self.agent.value()
    }

    /// When a human agent was first given the session. Being connected implies it.
    pub fn assigned_at(&self) -> Option<Timestamp> {
        match (self.assigned_at, self.connected_at) {
            (Some(assigned), Some(connected)) => Some(assigned.min(connected)),
            (assigned, connected) => assigned.or(connected),
        }
    }

    /// When a human agent was first connected.
    pub fn connected_at(&self) -> Option<Timestamp> {
        self.connected_at
    }

    /// When a voicemail was left.
    pub fn voicemail_at(&self) -> Option<Timestamp> {
        self.voicemail_at
    }

    /// When the session ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<SessionOutcome> {
        self.outcome.value().copied()
    }

    /// Messages the consumer sent: the largest count seen, and those told one by one since, of which the latest 1,000 count.
    pub fn consumer_messages(&self) -> u32 {
        let one_by_one = |since: Option<Timestamp>| {
            let counted = match since {
                Some(since) => self.messages.iter().filter(|(at, _)| *at > since).count(),
                None => self.messages.len(),
            };
            u32::try_from(counted).unwrap_or(u32::MAX)
        };
        match self.message_count {
            Some((count, at)) => count
                .saturating_add(one_by_one(Some(at)))
                .max(one_by_one(None)),
            None => one_by_one(None),
        }
    }

    /// The hand-overs, oldest first.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// The links to recording, transcript and the like, in a fixed order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The customer's rating.
    pub fn rating(&self) -> Option<i64> {
        self.rating.value().copied()
    }

    /// The agent's disposition.
    pub fn disposition(&self) -> Option<&str> {
        self.disposition.value().map(AsRef::as_ref)
    }

    /// How long the session lasted, in seconds: as told, or from its start to its end.
    pub fn duration_seconds(&self) -> Option<u64> {
        self.duration_seconds
            .value()
            .copied()
            .or_else(|| u64::try_from(self.lasted()?.as_secs()).ok())
    }

    /// How long the customer waited, in seconds, when told.
    pub fn wait_seconds(&self) -> Option<u64> {
        self.wait_seconds.value().copied()
    }

    /// Whether agents dial out in this kind of session. Session types are an open set: the reference
    /// product's outbound types have `Outbound` or `Campaign` in their names.
    pub fn is_outbound(&self) -> bool {
        self.session_type()
            .is_some_and(|name| name.contains("Outbound") || name.contains("Campaign"))
    }

    /// How far the session had come when the customer's side ended it. `None` when it did not end
    /// that way: a call connected to an agent, a chat assigned to one and an outbound session are never
    /// abandoned.
    pub fn abandoned(&self) -> Option<AbandonPhase> {
        let reached_agent = match self.key.kind() {
            SessionKind::Call => self.connected_at.is_some(),
            SessionKind::Chat => self.assigned_at().is_some(),
        };
        if self.ended_at.is_none()
            || self.outcome() != Some(SessionOutcome::Abandoned)
            || reached_agent
            || self.is_outbound()
        {
            return None;
        }
        if self.assigned_at().is_some() {
            return Some(AbandonPhase::Connecting);
        }
        Some(match self.queued_at {
            Some(_) => AbandonPhase::Queue,
            None => AbandonPhase::Menu,
        })
    }

    /// Whether the session ended less than `threshold_seconds` after it was created.
    pub fn ended_within(&self, threshold_seconds: u32) -> bool {
        self.lasted()
            .is_some_and(|lasted| lasted < SignedDuration::from_secs(threshold_seconds.into()))
    }

    fn lasted(&self) -> Option<SignedDuration> {
        Some(self.ended_at?.duration_since(self.started_at()?))
    }
}
