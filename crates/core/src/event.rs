//! Session events: what the contact center says happened.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CustomerIdentity, Email, PersonName, digest};

/// What kind of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// A phone call.
    Call,
    /// A chat or another messaging session.
    Chat,
}

impl SessionKind {
    /// `call` or `chat`, as in an event's subject.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Chat => "chat",
        }
    }
}

/// A session's identity: the source it comes from, and `call/<id>` or `chat/<id>` there.
///
/// Shown as `call/987`, without the source.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionKey {
    kind: SessionKind,
    id: Box<str>,
    source: Arc<str>,
}

impl SessionKey {
    /// The session `kind/id` of `source`. `None` when the id is empty or longer than 200 bytes, or has a
    /// character that can not stand in a key: white space, a control character, `/`, `@`, `#`, `[` or `]`.
    pub fn new(source: &Arc<str>, kind: SessionKind, id: &str) -> Option<Self> {
        let fits = (1..=200).contains(&id.len())
            && !id.contains(|c: char| c.is_whitespace() || c.is_control() || "/@#[]".contains(c));
        fits.then(|| Self {
            kind,
            id: id.into(),
            source: Arc::clone(source),
        })
    }

    /// Reads an event's subject, `call/<id>` or `chat/<id>`.
    pub fn parse(source: &Arc<str>, subject: &str) -> Option<Self> {
        let (kind, id) = subject.split_once('/')?;
        let kind = match kind {
            "call" => SessionKind::Call,
            "chat" => SessionKind::Chat,
            _ => return None,
        };
        Self::new(source, kind, id)
    }

    /// Call or chat.
    pub fn kind(&self) -> SessionKind {
        self.kind
    }

    /// The id within source and kind.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key with a digest of its source, `call/987@3f2a9c`: what names the session in the CRM, where
    /// several sources may meet (R14).
    pub fn token(&self) -> String {
        format!("{self}@{}", digest::short(&self.source))
    }

    /// Where the session's events come from.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} of {}", self.source)
    }
}

/// What happened, from an event's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// `session.created`
    Created,
    /// `session.queued`
    Queued,
    /// `session.assigned`: an agent was given the session.
    Assigned,
    /// `session.connected`: an agent and the customer can talk.
    Connected,
    /// `session.message`: the consumer sent a message.
    Message,
    /// `session.transferred`
    Transferred,
    /// `session.voicemail`: a voicemail was left.
    Voicemail,
    /// `session.ended`
    Ended,
    /// `session.updated`, and every other type: only its data counts.
    Updated,
}

impl EventKind {
    /// Reads an event's `type`; unknown types are [`EventKind::Updated`].
    pub fn parse(text: &str) -> Self {
        match text {
            "session.created" => Self::Created,
            "session.queued" => Self::Queued,
            "session.assigned" => Self::Assigned,
            "session.connected" => Self::Connected,
            "session.message" => Self::Message,
            "session.transferred" => Self::Transferred,
            "session.voicemail" => Self::Voicemail,
            "session.ended" => Self::Ended,
            _ => Self::Updated,
        }
    }
}

/// An event's id; with the source it is the event's identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub Box<str>);

/// One thing that happened in one session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEvent {
    /// With the source, the event's identity.
    pub id: EventId,
    /// The session.
    pub session: SessionKey,
    /// What happened.
    pub kind: EventKind,
    /// When it happened.
    pub time: Timestamp,
    /// Orders events that share a `time`, lower first. 0 where the source is exact; a source whose
    /// times are whole seconds numbers the steps of a session here.
    pub rank: u8,
    /// What the event carries: what changed, or all that is known.
    pub data: EventData,
}

/// What an event carries. Anything may be absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventData {
    /// The session type as the contact center names it, for example `Voice Inbound (IVR)`.
    pub session_type: Option<Box<str>>,
    /// When the session started.
    pub started_at: Option<Timestamp>,
    /// The queue the session is in.
    pub queue: Option<Arc<Queue>>,
    /// The language, for example `en`.
    pub language: Option<Box<str>>,
    /// The number that was dialed: the contact center's own.
    pub dialed_number: Option<Box<str>>,
    /// The customer.
    pub customer: CustomerIdentity,
    /// The agent.
    pub agent: Option<Agent>,
    /// Messages the consumer has sent so far: a count, not an increment.
    pub consumer_messages: Option<u32>,
    /// How the session ended.
    pub outcome: Option<SessionOutcome>,
    /// Recording, transcript and the like.
    pub links: Vec<Link>,
    /// The customer's rating.
    pub rating: Option<i64>,
    /// The agent's disposition.
    pub disposition: Option<Box<str>>,
    /// How long the session lasted, in seconds.
    pub duration_seconds: Option<u64>,
    /// How long the customer waited, in seconds.
    pub wait_seconds: Option<u64>,
}

/// A leaf queue's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QueueId(pub Box<str>);

/// One element of a queue path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QueueStep {
    /// The queue's id.
    pub id: QueueId,
    /// The queue's name as people know it.
    pub name: Box<str>,
}

/// A queue: the path of menus and queues down to the leaf.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Queue {
    above: Vec<QueueStep>,
    leaf: QueueStep,
}

impl Queue {
    /// The queue `leaf` below `above`, topmost first.
    pub fn new(above: Vec<QueueStep>, leaf: QueueStep) -> Self {
        Self { above, leaf }
    }

    /// The queue that a path leads to; `None` for an empty path.
    pub fn from_path(mut path: Vec<QueueStep>) -> Option<Self> {
        let leaf = path.pop()?;
        Some(Self { above: path, leaf })
    }

    /// The leaf queue's id.
    pub fn leaf(&self) -> &QueueId {
        &self.leaf.id
    }

    /// The path, topmost first, the leaf last.
    pub fn path(&self) -> impl Iterator<Item = &QueueStep> {
        self.above.iter().chain([&self.leaf])
    }
}

/// Who or what an agent is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum AgentKind {
    /// A person.
    #[default]
    Human,
    /// A virtual agent: it never counts as an agent in the rules.
    Virtual,
}

/// An agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Agent {
    /// The agent's id in the contact center.
    pub id: Option<Box<str>>,
    /// The agent's e-mail address: what finds the agent's CRM user (R16).
    pub email: Option<Email>,
    /// The agent's name.
    pub name: Option<PersonName>,
    /// Person or virtual agent.
    pub kind: AgentKind,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionOutcome {
    /// It ended after an agent and the customer talked.
    Finished,
    /// The customer's side ended it before that.
    Abandoned,
    /// It came to nothing for another reason.
    Failed,
    /// It was sent elsewhere: a message, a phone number, a callback.
    Deflected,
}

impl SessionOutcome {
    /// The word in an event's `outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
            Self::Deflected => "deflected",
        }
    }
}

/// A link to a recording, a transcript or the like. Its `Debug` hides the address, which may carry a key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// What it leads to, for example `recording`.
    pub rel: Box<str>,
    /// The address.
    pub href: Box<str>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.rel)
    }
}
