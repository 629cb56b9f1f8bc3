//! Objects that tell a session's state: the session metadata file, and the Apps API's call and chat.
//!
//! A state becomes the events that led to it, one for each of its times. Their ids are made of the session,
//! the step and its time, so that the same session exported again, with a rating or disposition added, gives
//! the same events and one more with the late data.

use std::sync::Arc;

use casewire_core::{
    Agent, EventData, EventId, EventKind, Link, Queue, SessionEvent, SessionKey, SessionKind,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::absent;
use crate::error::Fault;
use crate::lenient::{count, first_text, id, list, rating, text, time};
use crate::outcome::Ending;
use crate::parts::{self, is_virtual, links, shown_agent, shown_customer, shown_queue};
use crate::read::Incoming;
use crate::shared::Shared;

/// Whether this is the state of a call or chat.
pub(crate) fn is_snapshot(value: &Value) -> bool {
    root(value).is_some()
}

/// The events that led to this state. `element` is its text.
pub(crate) fn read(
    value: &Value,
    element: &[u8],
    shared: &mut Shared,
) -> Result<Vec<Incoming>, Fault> {
    let Some(root) = root(value) else {
        return Ok(Vec::new());
    };
    let events = Snapshot::read(&root, shared).and_then(|state| state.into_events(element));
    events.map_err(|fault| match root.member {
        Some(member) => fault.under(member),
        None => fault,
    })
}

/// Where the state is in its object.
struct Root<'v> {
    kind: SessionKind,
    state: &'v Value,
    member: Option<&'static str>,
}

fn root(value: &Value) -> Option<Root<'_>> {
    let members = [("call", SessionKind::Call), ("chat", SessionKind::Chat)];
    for (member, kind) in members {
        let state = &value[member];
        if !state["id"].is_null() && !state["created_at"].is_null() {
            let member = Some(member);
            return Some(Root {
                kind,
                state,
                member,
            });
        }
    }
    let has = |name: &str| value.get(name).is_some();
    let session_type = text(value, "session_type").unwrap_or_default();
    // The Apps API's chat object names no type; a call has no agents in the plural and no timeout.
    let is_plain_chat = has("all_agents") || has("timeout_at");
    let kind = if has("chat_type")
        || has("chat_uuid")
        || is_plain_chat
        || session_type.starts_with("Messaging")
    {
        SessionKind::Chat
    } else if has("call_type") || has("call_uuid") || session_type.starts_with("Voice") {
        SessionKind::Call
    } else {
        return None;
    };
    Some(Root {
        kind,
        state: value,
        member: None,
    })
}

/// The state, as far as it is read.
struct Snapshot<'v> {
    state: &'v Value,
    session: SessionKey,
    facts: EventData,
    links: Vec<Link>,
    warning: Option<String>,
    /// Queues the session came to: where the object lists none, the one it shows, at the time it was given
    /// to it.
    queued: Vec<Step>,
    /// People who were connected to the customer.
    connected: Vec<Step>,
    transferred: Vec<Step>,
    created_at: Option<Timestamp>,
    assigned_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    /// The agent the object shows.
    agent: Option<Agent>,
}

/// One dated step of the session.
struct Step {
    name: String,
    time: Timestamp,
    agent: Option<Agent>,
    queue: Option<Arc<Queue>>,
}

impl<'v> Snapshot<'v> {
    fn read(root: &Root<'v>, shared: &mut Shared) -> Result<Self, Fault> {
        let state = root.state;
        let source = Arc::clone(&shared.default_source);
        let session = id(state, "id")
            .and_then(|id| SessionKey::new(&source, root.kind, &id))
            .ok_or_else(|| {
                Fault::new(
                    "id",
                    "it is missing, or not an id",
                    "it must be a number, or a text of 1 to 200 characters without white space, `/`, `@`, `#`, `[` or `]`",
                )
            })?;
        let mut warning = None;
        let types = ["call_type", "chat_type", "session_type", "session_type_v2"];
        let facts = EventData {
            session_type: first_text(state, &types).map(Box::from),
            language: text(state, "lang").map(Box::from),
            dialed_number: text(state, "support_number")
                .and_then(absent::number)
                .map(Box::from),
            customer: shown_customer(state, &mut warning),
            ..EventData::default()
        };
        let mut this = Self {
            state,
            session,
            facts,
            links: links(state, &mut warning),
            warning,
            queued: Vec::new(),
            connected: Vec::new(),
            transferred: Vec::new(),
            created_at: time(state, "created_at")?,
            assigned_at: time(state, "assigned_at")?,
            ends_at: time(state, "ends_at")?,
            updated_at: time(state, "updated_at")?,
            agent: shown_agent(&state["agent_info"]).or_else(|| shown_agent(&state["agent"])),
        };
        if this.assigned_at.is_none() && !state["agent"].is_null() && this.agent.is_some() {
            // The Apps API's chat object shows who has the chat, not since when: by its end at the latest.
            this.assigned_at = this.ends_at.or(this.updated_at).or(this.created_at);
        }
        this.read_queues(shared)?;
        this.read_connections(shared)?;
        this.read_transfers(shared)?;
        Ok(this)
    }

    fn read_queues(&mut self, shared: &mut Shared) -> Result<(), Fault> {
        for (place, entry) in list(self.state, "queue_durations").iter().enumerate() {
            let at = time(entry, "started_at")
                .map_err(|fault| fault.under(&nth("queue_durations", place)))?;
            self.queued.extend(at.map(|time| Step {
                name: part("queue", entry, place),
                time,
                agent: None,
                queue: parts::leaf_queue(entry, shared),
            }));
        }
        let queue = match self.queued.iter().any(|step| step.queue.is_some()) {
            true => None,
            false => shown_queue(self.state, shared),
        };
        if let Some(time) = time(self.state, "queued_at")? {
            self.queued.push(Step {
                name: "queued".to_owned(),
                time,
                agent: None,
                queue,
            });
        } else if self.assigned_at.is_some() || self.is_voicemail() {
            // A menu position is no queue, but where an agent or a voicemail was reached it is one.
            self.facts.queue = queue;
        }
        Ok(())
    }

    fn read_connections(&mut self, shared: &mut Shared) -> Result<(), Fault> {
        for (place, participant) in list(self.state, "participants").iter().enumerate() {
            let Some(agent) =
                parts::human(participant).filter(|_| text(participant, "type") == Some("agent"))
            else {
                continue;
            };
            let under = |fault: Fault| fault.under(&nth("participants", place));
            let talked = parts::duration(participant).is_some_and(|seconds| seconds > 0);
            let at = match time(participant, "connected_at").map_err(under)? {
                Some(at) => Some(at),
                None if talked => time(participant, "ended_at")
                    .map_err(under)?
                    .or(time(participant, "finished_at").map_err(under)?)
                    .or(self.ends_at),
                None => None,
            };
            let agent = Some(self.completed(agent));
            self.connected.extend(at.map(|time| Step {
                name: part("participant", participant, place),
                time,
                agent,
                queue: None,
            }));
        }
        let named = !self.connected.is_empty();
        for (place, handle) in list(self.state, "handle_durations").iter().enumerate() {
            let at = time(handle, "started_at")
                .map_err(|fault| fault.under(&nth("handle_durations", place)))?;
            let (Some(time), Some(agent)) = (at, id(handle, "agent_id")) else {
                continue;
            };
            let agent = Agent {
                id: Some(agent),
                ..Agent::default()
            };
            // A handle may be the work after a transfer: the participants tell who is the newest agent.
            let agent = (!named).then(|| self.completed(agent));
            self.connected.push(Step {
                name: part("handle", handle, place),
                time,
                agent,
                queue: parts::leaf_queue(handle, shared),
            });
        }
        let connected_at = time(self.state, "connected_at")?;
        if self.connected.is_empty()
            && let Some(time) = connected_at
            && self.session_connection_is_a_person_s(time)
        {
            self.connected.push(Step {
                name: "connected".to_owned(),
                time,
                agent: self.agent.clone(),
                queue: None,
            });
        }
        Ok(())
    }

    /// The session's own `connected_at` is also set for a virtual agent.
    fn session_connection_is_a_person_s(&self, connected_at: Timestamp) -> bool {
        if self.state["has_human_agent_handle"] == true {
            return true;
        }
        let assigned_before = self
            .assigned_at
            .is_some_and(|assigned_at| assigned_at <= connected_at);
        !self.has_virtual_agent() && (assigned_before || self.agent.is_some())
    }

    fn has_virtual_agent(&self) -> bool {
        let state = self.state;
        let takes_part = list(state, "participants")
            .iter()
            .any(|participant| text(participant, "type") == Some("virtual_agent"));
        takes_part
            || state["has_virtual_agent_handle"] == true
            || is_virtual(&state["agent_info"])
            || !list(state, "virtual_agent_handle_durations").is_empty()
            || !list(state, "virtual_agent_deflected_escalations").is_empty()
    }

    fn read_transfers(&mut self, shared: &mut Shared) -> Result<(), Fault> {
        for (place, transfer) in list(self.state, "transfers").iter().enumerate() {
            let at = time(transfer, "connected_at")
                .map_err(|fault| fault.under(&nth("transfers", place)))?;
            // One that was never connected moved nothing.
            let Some(time) = at else { continue };
            let agent = shown_agent(&transfer["to_agent"]);
            let queue = ["to_menu_path", "to_menu"]
                .iter()
                .find_map(|member| parts::path_queue(&transfer[*member], shared));
            self.transferred.push(Step {
                name: part("transfer", transfer, place),
                time,
                agent,
                queue,
            });
        }
        Ok(())
    }

    /// The same agent, with what the object shows of it elsewhere.
    fn completed(&self, agent: Agent) -> Agent {
        match &self.agent {
            Some(shown) if shown.id == agent.id => Agent {
                email: agent.email.or_else(|| shown.email.clone()),
                name: agent.name.or_else(|| shown.name.clone()),
                ..agent
            },
            _ => agent,
        }
    }

    fn is_voicemail(&self) -> bool {
        Ending::read(self.state, self.state).is_voicemail()
    }

    fn into_events(self, element: &[u8]) -> Result<Vec<Incoming>, Fault> {
        let seen_at = [
            self.updated_at,
            self.ends_at,
            self.assigned_at,
            self.created_at,
        ]
        .into_iter()
        .flatten()
        .next()
        .ok_or_else(|| {
            Fault::new(
                "created_at",
                "it is missing",
                "a session needs the time it was created",
            )
        })?;
        let late = self.late_data();
        let assigned = self.assigned_data();
        let ending = Ending::read(self.state, self.state);
        let mut events = Events {
            session: &self.session,
            ready: Vec::new(),
        };
        if let Some(time) = self.created_at {
            events.push(EventKind::Created, "created", time, 1, self.facts.clone());
        }
        for step in self.queued {
            events.push_step(EventKind::Queued, step, 2);
        }
        if let (Some(time), Some(data)) = (self.assigned_at, assigned) {
            events.push(EventKind::Assigned, "assigned", time, 3, data);
        }
        for step in self.connected {
            events.push_step(EventKind::Connected, step, 4);
        }
        for step in self.transferred {
            events.push_step(EventKind::Transferred, step, 5);
        }
        if ending.is_voicemail() {
            let time = self.ends_at.unwrap_or(seen_at);
            let data = self.facts.clone();
            events.push(EventKind::Voicemail, "voicemail", time, 7, data);
        }
        if let Some(time) = self.ends_at {
            events.push(EventKind::Ended, "ended", time, 8, late.clone());
        }
        // Without a time of its own, late data is told apart by the text it stands in.
        match self.updated_at {
            Some(time) => events.push(EventKind::Updated, "updated", time, 9, late),
            None => {
                let name = format!("updated/{:016x}", digest(element));
                events.push(EventKind::Updated, &name, seen_at, 9, late);
            }
        }
        if let Some(first) = events.ready.first_mut() {
            first.warning = self.warning;
        }
        Ok(events.ready)
    }

    /// What comes with the assignment; `None` when it was to a virtual agent.
    fn assigned_data(&self) -> Option<EventData> {
        if self.connected.is_empty() && is_virtual(&self.state["agent_info"]) {
            return None;
        }
        let first = self.connected.iter().min_by_key(|step| step.time);
        Some(EventData {
            agent: first
                .and_then(|step| step.agent.clone())
                .or_else(|| self.agent.clone()),
            queue: self.facts.queue.clone(),
            ..EventData::default()
        })
    }

    /// All that may be known only after the session.
    fn late_data(&self) -> EventData {
        let state = self.state;
        let ended = self.ends_at.is_some();
        EventData {
            started_at: self.created_at,
            agent: match self.connected.iter().any(|step| step.agent.is_some()) {
                true => None,
                false => self.agent.clone(),
            },
            consumer_messages: list(state, "consumer_handle_durations")
                .iter()
                .chain([state])
                .filter_map(parts::message_count)
                .max(),
            outcome: ended.then(|| Ending::read(state, state).outcome()),
            links: self.links.clone(),
            rating: rating(state),
            disposition: parts::disposition(state),
            duration_seconds: parts::duration(state).filter(|_| ended),
            wait_seconds: count(state, "wait_duration").filter(|_| ended),
            queue: None,
            ..self.facts.clone()
        }
    }
}

/// The events of one session as they are made.
struct Events<'s> {
    session: &'s SessionKey,
    ready: Vec<Incoming>,
}

impl Events<'_> {
    fn push(&mut self, kind: EventKind, name: &str, time: Timestamp, rank: u8, data: EventData) {
        let event = SessionEvent {
            id: EventId(format!("metadata/{}/{name}/{time}", self.session).into()),
            session: self.session.clone(),
            kind,
            time,
            rank,
            data,
        };
        self.ready.push(event.into());
    }

    fn push_step(&mut self, kind: EventKind, step: Step, rank: u8) {
        let data = EventData {
            agent: step.agent,
            queue: step.queue,
            ..EventData::default()
        };
        self.push(kind, &step.name, step.time, rank, data);
    }
}

/// The path of an array's element.
fn nth(array: &str, place: usize) -> String {
    format!("{array}[{place}]")
}

/// A name for a part of the session, by its id, or by its place where it has none.
fn part(name: &str, part: &Value, place: usize) -> String {
    match id(part, "id") {
        Some(id) => format!("{name}/{id}"),
        None => format!("{name}/nth-{place}"),
    }
}

/// FNV-1a: the same on every machine and in every version, as an event's id must be.
fn digest(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
