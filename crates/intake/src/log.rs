//! Cloud Logging entries, and the Pub/Sub envelope that a log sink pushes them in.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{Agent, EventData, EventId, EventKind, SessionEvent, SessionKey, SessionKind};
use jiff::Timestamp;
use serde_json::Value;

use crate::clues::Clues;
use crate::error::Fault;
use crate::lenient::{id, text, time};
use crate::milestone;
use crate::read::Incoming;
use crate::shared::Shared;

/// Where an envelope keeps the entry.
pub(crate) const ENCLOSED: &str = "message.data";

const EVENT: &str = "jsonPayload.event";

/// Whether this is a Pub/Sub push envelope.
pub(crate) fn is_envelope(value: &Value) -> bool {
    let message = &value["message"];
    ["data", "attributes", "messageId", "message_id"]
        .iter()
        .any(|name| !message[name].is_null())
}

/// What the envelope encloses; `None` when it carries attributes only.
pub(crate) fn opened(envelope: &Value) -> Result<Option<Vec<u8>>, Fault> {
    let Some(encoded) = text(&envelope["message"], "data") else {
        return Ok(None);
    };
    STANDARD.decode(encoded).map(Some).map_err(|_| {
        Fault::new(
            ENCLOSED,
            "not base64 (RFC 4648)",
            "push the message wrapped, as Pub/Sub does by default",
        )
    })
}

/// Whether this tells of a file in a bucket: such messages pass on the same topic, and carry no event.
pub(crate) fn is_storage_notification(value: &Value) -> bool {
    value["bucket"].is_string() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Whether this is a log entry, of whatever log.
pub(crate) fn is_entry(value: &Value) -> bool {
    ["jsonPayload", "textPayload", "protoPayload", "logName"]
        .iter()
        .any(|name| !value[name].is_null())
}

/// One log entry that tells about a session.
#[derive(Debug)]
pub(crate) struct Entry<'v> {
    pub(crate) name: &'v str,
    pub(crate) payload: &'v Value,
    pub(crate) session: SessionKey,
    pub(crate) time: Timestamp,
    id: String,
}

impl Entry<'_> {
    /// The event of that kind at the time of this entry. An entry that gives several tells them apart by
    /// `part`.
    pub(crate) fn event(
        &self,
        kind: EventKind,
        part: &str,
        rank: u8,
        data: EventData,
    ) -> SessionEvent {
        SessionEvent {
            id: EventId(format!("{}{part}", self.id).into()),
            session: self.session.clone(),
            kind,
            time: self.time,
            rank,
            data,
        }
    }
}

/// The events of a log entry; none when it tells nothing about a session.
pub(crate) fn read_entry(
    entry: &Value,
    shared: &mut Shared,
    clues: &mut Clues,
) -> Result<Vec<Incoming>, Fault> {
    let event = &entry["jsonPayload"]["event"];
    let Some(name) = text(event, "name") else {
        return Ok(Vec::new());
    };
    let payload = &event["payload"];
    let source = source(entry, shared);
    let milestone = [("call", SessionKind::Call), ("chat", SessionKind::Chat)]
        .into_iter()
        .find(|(member, _)| payload[*member].is_object());
    let native = is_native(name);
    let session = match milestone {
        Some((member, kind)) if !native => milestone_session(&source, kind, &payload[member])
            .map_err(|fault| fault.under(&format!("{EVENT}.payload.{member}")))?,
        _ if native => match native_session(&source, entry) {
            Some(session) => session,
            None => return Ok(Vec::new()),
        },
        _ => return Ok(Vec::new()),
    };
    let time = time(entry, "timestamp")?.ok_or_else(|| {
        Fault::new(
            "timestamp",
            "it is missing",
            "send the entry as Cloud Logging has it",
        )
    })?;
    // An insertId covers the payload only: one and the same step at two moments shares it.
    let id = match id(entry, "insertId") {
        Some(insert_id) => format!("{insert_id}/{time}"),
        None => format!("{session}/{name}/{}/{time}", part_id(payload)),
    };
    let entry = Entry {
        name,
        payload,
        session,
        time,
        id,
    };
    let events = match native {
        true => native_events(&entry, clues),
        false => milestone::read(&entry, shared, clues),
    };
    Ok(events)
}

/// The source: the full resource name of the contact center.
fn source(entry: &Value, shared: &mut Shared) -> Arc<str> {
    let labels = &entry["resource"]["labels"];
    let parts = ["resource_container", "location", "resource_id"].map(|name| text(labels, name));
    match parts {
        [Some(project), Some(location), Some(center)] => shared.source(&format!(
            "//contactcenteraiplatform.googleapis.com/projects/{project}/locations/{location}/contactCenters/{center}"
        )),
        _ => Arc::clone(&shared.default_source),
    }
}

fn milestone_session(
    source: &Arc<str>,
    kind: SessionKind,
    session: &Value,
) -> Result<SessionKey, Fault> {
    let id = id(session, "id").ok_or_else(|| {
        Fault::new(
            "id",
            "it is missing",
            "send the entry as Cloud Logging has it",
        )
    })?;
    SessionKey::new(source, kind, &id).ok_or_else(|| {
        Fault::new(
            "id",
            "not an id",
            "it must have 1 to 200 characters, and no white space, `/`, `@`, `#`, `[` or `]`",
        )
    })
}

/// The id of the part of the session that the entry is about, for entries without an `insertId`.
fn part_id(payload: &Value) -> Box<str> {
    payload
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(member, _)| !matches!(member.as_str(), "call" | "chat" | "details"))
        .find_map(|(_, part)| id(part, "id"))
        .unwrap_or_default()
}

/// Names of the product's own event log, which tells of a session's participants as they come.
fn is_native(name: &str) -> bool {
    matches!(
        name,
        "session_started"
            | "session_ended"
            | "session_participant_joined"
            | "session_participant_left"
            | "session_participant_join_failed"
            | "dialogflow_conversation_created"
    )
}

/// The session of an entry of the product's own log, told as `call_987`.
fn native_session(source: &Arc<str>, entry: &Value) -> Option<SessionKey> {
    let payload = &entry["jsonPayload"]["event"]["payload"];
    [
        text(&entry["labels"], "tracker_id"),
        text(&payload["participant"], "call_id"),
        text(&payload["participant"], "chat_id"),
        text(&payload["call"], "id"),
        text(&payload["chat"], "id"),
    ]
    .into_iter()
    .flatten()
    .find_map(|told| {
        let (kind, id) = told.split_once('_')?;
        let kind = match kind {
            "call" => SessionKind::Call,
            "chat" => SessionKind::Chat,
            _ => return None,
        };
        SessionKey::new(source, kind, id)
    })
}

fn native_events(entry: &Entry<'_>, clues: &mut Clues) -> Vec<Incoming> {
    let participant = &entry.payload["participant"];
    let plain = |kind, rank| entry.event(kind, "", rank, EventData::default());
    let event = match (entry.name, text(participant, "type")) {
        ("session_started", _) => plain(EventKind::Created, 1),
        ("session_ended", _) => plain(EventKind::Ended, 8),
        ("session_participant_joined", Some("agent")) => {
            clues.human(&entry.session);
            let agent = text(participant, "id")
                .map(|id| id.strip_prefix("user_").unwrap_or(id))
                .map(|id| Agent {
                    id: Some(id.into()),
                    ..Agent::default()
                });
            let data = EventData {
                agent,
                ..EventData::default()
            };
            entry.event(EventKind::Connected, "", 4, data)
        }
        (_, Some("virtual_agent")) => {
            clues.virtual_agent(&entry.session);
            plain(EventKind::Updated, 0)
        }
        _ => plain(EventKind::Updated, 0),
    };
    vec![event.into()]
}
