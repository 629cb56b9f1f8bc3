//! Milestones of calls and chats, one log entry each.
//!
//! The session's own `*_connected` milestone also fires for a virtual agent, so by itself it only folds
//! facts; an agent who takes part, or handles the session, is what connects it. See [`Clues`] for logs that
//! have nothing but the session's own milestones.

use casewire_core::{CustomerIdentity, EventData, EventKind};
use serde_json::Value;

use crate::absent::{self, Contact};
use crate::clues::Clues;
use crate::lenient::{count, first_text, id, rating, text};
use crate::log::Entry;
use crate::outcome::Ending;
use crate::parts::{
    customer, disposition, duration, human, is_human_handle, leaf_queue, message_count, path_queue,
    person, recording,
};
use crate::read::Incoming;
use crate::shared::Shared;

/// The events of one milestone entry.
pub(crate) fn read(entry: &Entry<'_>, shared: &mut Shared, clues: &mut Clues) -> Vec<Incoming> {
    let session = match entry.payload["call"].is_object() {
        true => &entry.payload["call"],
        false => &entry.payload["chat"],
    };
    let mut facts = EventData {
        session_type: text(session, "type").map(Box::from),
        language: text(session, "lang").map(Box::from),
        ..EventData::default()
    };
    let own = entry
        .name
        .strip_prefix("call_")
        .or_else(|| entry.name.strip_prefix("chat_"));
    if let Some(own) = own {
        return session_milestone(entry, own, session, facts, clues);
    }
    let mut warning = None;
    let (kind, rank) = match entry.name {
        "queue_entry_started" => {
            facts.queue = leaf_queue(&entry.payload["queue_entry"], shared);
            (EventKind::Queued, 2)
        }
        "agent_handle_started" => {
            let handle = &entry.payload["agent_handle"];
            facts.queue = leaf_queue(handle, shared);
            match id(handle, "agent_id") {
                Some(_) => (EventKind::Connected, 4),
                None => (EventKind::Updated, 0),
            }
        }
        "agent_handle_completed" => match is_human_handle(&entry.payload["agent_handle"]) {
            true => (EventKind::Connected, 4),
            false => (EventKind::Updated, 7),
        },
        "participant_connected" | "participant_left" => {
            return participant_milestone(entry, facts, clues);
        }
        "consumer_handle_started" | "consumer_handle_ended" => {
            facts.consumer_messages = message_count(&entry.payload["consumer_handle"]);
            (EventKind::Updated, 7)
        }
        "session_transfer_connected" => {
            let transfer = &entry.payload["transfer"];
            facts.agent = person(&transfer["to_agent"]);
            facts.queue = path_queue(&transfer["to_menu_path"], shared);
            (EventKind::Transferred, 5)
        }
        "recording_started" | "recording_completed" => {
            facts.links = recording(&entry.payload["recording"], &mut warning)
                .into_iter()
                .collect();
            (EventKind::Updated, 9)
        }
        "csat_session_started" | "csat_session_completed" => {
            facts.rating = rating(&entry.payload["csat_session"]);
            (EventKind::Updated, 9)
        }
        name if name.starts_with("virtual_agent_") => {
            clues.virtual_agent(&entry.session);
            (EventKind::Updated, 0)
        }
        _ => (EventKind::Updated, 0),
    };
    if kind == EventKind::Connected {
        clues.human(&entry.session);
    }
    let event = entry.event(kind, "", rank, facts);
    vec![Incoming { event, warning }]
}

/// A milestone of the session itself; `own` is its name without `call_` or `chat_`.
fn session_milestone(
    entry: &Entry<'_>,
    own: &str,
    session: &Value,
    facts: EventData,
    clues: &mut Clues,
) -> Vec<Incoming> {
    let (kind, rank) = match own {
        "created" => (EventKind::Created, 1),
        "queued" => (EventKind::Queued, 2),
        // A virtual agent has no such milestone: this is a person.
        "assigned" => {
            clues.assigned(&entry.session, entry.time);
            (EventKind::Assigned, 3)
        }
        "connected" => {
            clues.connected(&entry.session, entry.time);
            (EventKind::Updated, 0)
        }
        "ended" => return ended(entry, session, facts, clues),
        "updated" => (EventKind::Updated, 9),
        _ => (EventKind::Updated, 0),
    };
    vec![entry.event(kind, "", rank, facts).into()]
}

fn ended(entry: &Entry<'_>, session: &Value, facts: EventData, clues: &mut Clues) -> Vec<Incoming> {
    let details = &entry.payload["details"];
    let ending = Ending::read(session, details);
    let mut events = Vec::new();
    if details["has_virtual_agent_handle"] == true {
        clues.virtual_agent(&entry.session);
    }
    if details["has_human_agent_handle"] == true {
        clues.human(&entry.session);
        events.push(entry.event(EventKind::Connected, "/connected", 7, EventData::default()));
    }
    if ending.is_voicemail() {
        events.push(entry.event(EventKind::Voicemail, "/voicemail", 7, EventData::default()));
    }
    let data = EventData {
        outcome: Some(ending.outcome()),
        rating: rating(details),
        disposition: disposition(details),
        duration_seconds: duration(details),
        wait_seconds: count(details, "wait_duration"),
        ..facts
    };
    events.push(entry.event(EventKind::Ended, "", 8, data));
    events.into_iter().map(Incoming::from).collect()
}

fn participant_milestone(entry: &Entry<'_>, facts: EventData, clues: &mut Clues) -> Vec<Incoming> {
    let participant = &entry.payload["participant"];
    let left = entry.name == "participant_left";
    match text(participant, "type") {
        Some("agent") => {
            let Some(agent) = human(participant) else {
                return vec![entry.event(EventKind::Updated, "", 0, facts).into()];
            };
            // An agent who left without a word was never connected.
            let connected = !left || duration(participant).is_some_and(|seconds| seconds > 0);
            if !connected {
                return vec![entry.event(EventKind::Updated, "", 7, facts).into()];
            }
            clues.human(&entry.session);
            // One who leaves is not the newest agent: only who comes is.
            let data = EventData {
                agent: (!left).then_some(agent),
                ..facts
            };
            vec![entry.event(EventKind::Connected, "", 4, data).into()]
        }
        Some("end_user") => {
            let mut warning = None;
            let data = EventData {
                customer: customer(participant, "participant", &mut warning),
                ..facts
            };
            let event = entry.event(EventKind::Updated, "", 0, data);
            vec![Incoming { event, warning }]
        }
        Some("virtual_agent") => {
            clues.virtual_agent(&entry.session);
            let data = called(&participant["virtual_agent_params"], facts);
            vec![entry.event(EventKind::Updated, "", 0, data).into()]
        }
        _ => vec![entry.event(EventKind::Updated, "", 0, facts).into()],
    }
}

/// What a virtual agent was told of an inbound call: who calls which number.
fn called(params: &Value, facts: EventData) -> EventData {
    let inbound = facts
        .session_type
        .as_deref()
        .is_some_and(|name| name.contains("Inbound"));
    if !inbound {
        return facts;
    }
    let phone = match first_text(params, &["ani"]).map(absent::phone) {
        Some(Contact::Known(phone)) => Some(phone),
        _ => None,
    };
    EventData {
        customer: CustomerIdentity {
            phone,
            ..CustomerIdentity::default()
        },
        dialed_number: text(params, "dnis").and_then(absent::number).map(Box::from),
        ..facts
    }
}
