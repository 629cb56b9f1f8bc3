//! Entries: a row for each note, and for each session that joins without one. A row is never rewritten, and its key only
//! one row can have: so nothing is lost when two write at a time, and nothing is there twice.
//!
//! Source: Object Reference, "Task".

use casewire_core::{Note, NoteId, SessionKey, SessionKind, SessionNotes, Trace, UserId};
use jiff::Timestamp;

use crate::config::{AttachTo, RecordObject, SalesforceConfig, SessionDataObject};
use crate::records::{KEY, RECORD};
use crate::row::{NewRow, plain, shortened};
use crate::soql;

/// The custom object of entries.
pub(crate) const ENTRY_OBJECT: &str = "Casewire_Session_Entry__c";

/// The longest text of a task and of an entry.
const MAX_TEXT_CHARS: usize = 32_000;

const CUT: &str = "\n[cut: longer than Salesforce keeps]";

/// The longest subject of a task, and the longest of most texts.
const MAX_SUBJECT_CHARS: usize = 255;

/// What the entries of one write hang on.
pub(crate) struct Target<'a> {
    /// The contact or lead: an id, or a reference to a row of the same call.
    pub(crate) person: Option<String>,
    /// Who owns the entries; when absent, Casewire's user.
    pub(crate) owner: Option<&'a UserId>,
    /// The status of a task in which nothing is to be done.
    pub(crate) done_task: &'a str,
}

/// The rows of entries that `sessions` add to a record with this `trace`, oldest first.
pub(crate) fn rows(
    sessions: &[SessionNotes],
    trace: &Trace,
    config: &SalesforceConfig,
    target: &Target<'_>,
) -> Vec<NewRow> {
    let mut rows = Vec::new();
    for SessionNotes { session, notes } in sessions {
        let is_linked = notes.iter().any(|note| note.id == NoteId::Linked);
        if !trace.has_session(session) && !is_linked {
            rows.push(row(session, None, config, target));
        }
        rows.extend(
            notes
                .iter()
                .map(|note| row(session, Some(note), config, target)),
        );
    }
    rows
}

/// The object of entries.
pub(crate) fn sobject(config: &SalesforceConfig) -> &'static str {
    match config.session_data.object {
        SessionDataObject::Activity => "Task",
        SessionDataObject::SessionEntry => ENTRY_OBJECT,
    }
}

/// The field of an entry that refers to its record, if the entries hang on it.
pub(crate) fn record_field(config: &SalesforceConfig) -> Option<&'static str> {
    if config.session_data.attach_to == AttachTo::Account {
        return None;
    }
    match (config.session_data.object, config.record_object) {
        (SessionDataObject::Activity, RecordObject::Case | RecordObject::Opportunity) => {
            Some("WhatId")
        }
        (SessionDataObject::SessionEntry, RecordObject::Case) => Some("Case__c"),
        (SessionDataObject::SessionEntry, RecordObject::Opportunity) => Some("Opportunity__c"),
        _ => None,
    }
}

/// The entries of the session with this token, the first of them.
pub(crate) fn of_session(token: &str, config: &SalesforceConfig) -> String {
    let mut fields = vec![KEY, RECORD];
    fields.extend(record_field(config));
    format!(
        "SELECT {} FROM {} WHERE {KEY} = {} OR {KEY} LIKE {} ORDER BY CreatedDate ASC, Id ASC LIMIT 1",
        fields.join(","),
        sobject(config),
        soql::text(token),
        soql::beginning_with(&format!("{token}#")),
    )
}

/// Those of the keys of `sessions` that entries of the record with this id have, wherever they hang by now.
pub(crate) fn known(id: &str, sessions: &[SessionNotes], config: &SalesforceConfig) -> String {
    let keys = sessions.iter().flat_map(|SessionNotes { session, notes }| {
        let of_notes = notes.iter().map(|note| key(session, Some(note)));
        of_notes.chain([key(session, None)])
    });
    format!(
        "SELECT {KEY} FROM {} WHERE {RECORD} = {} AND {KEY} IN {}",
        sobject(config),
        soql::text(id),
        soql::list(keys.map(plain)).unwrap_or_default(),
    )
}

/// The keys of all entries of the record with this id.
pub(crate) fn of_record(id: &str, config: &SalesforceConfig) -> String {
    format!(
        "SELECT {KEY} FROM {} WHERE {RECORD} = {} AND {KEY} != null ORDER BY CreatedDate ASC, Id ASC LIMIT 2000",
        sobject(config),
        soql::text(id),
    )
}

/// The key of a note's row, or of a session's own: its word in the trace.
fn key(session: &SessionKey, note: Option<&Note>) -> String {
    match note.map(|note| &note.id) {
        None | Some(NoteId::Linked) => session.token(),
        Some(id) => format!("{}#{id}", session.token()),
    }
}

fn row(
    session: &SessionKey,
    note: Option<&Note>,
    config: &SalesforceConfig,
    target: &Target<'_>,
) -> NewRow {
    let mut row = match config.session_data.object {
        SessionDataObject::Activity => task(session, note, target),
        SessionDataObject::SessionEntry => entry(session, note),
    };
    row.set(KEY, key(session, note));
    row.refer(RECORD, "@{read.Id}");
    if let Some(field) = record_field(config) {
        row.refer(field, "@{read.Id}");
    }
    attach(&mut row, config, target);
    row
}

/// Hangs the row on the person, and on the account if it is not on the record.
fn attach(row: &mut NewRow, config: &SalesforceConfig, target: &Target<'_>) {
    let (who, account) = match config.session_data.object {
        SessionDataObject::Activity => ("WhoId", "WhatId"),
        SessionDataObject::SessionEntry if config.record_object == RecordObject::Lead => {
            ("Lead__c", "Account__c")
        }
        SessionDataObject::SessionEntry => ("Contact__c", "Account__c"),
    };
    if let Some(person) = &target.person {
        row.refer(who, person);
    }
    let of_record = match config.record_object {
        RecordObject::Case | RecordObject::Opportunity => {
            (config.session_data.attach_to == AttachTo::Account).then_some("@{read.AccountId}")
        }
        RecordObject::Account => Some("@{read.WhatId}"),
        // A lead's task can not be on an account, and a contact's is by its contact.
        RecordObject::Contact | RecordObject::Lead => None,
    };
    if let Some(of_record) = of_record {
        row.refer(account, of_record);
    }
}

/// A task that is done. The note of a call's end is the one logged as a call, so that a report counts each call once.
fn task(session: &SessionKey, note: Option<&Note>, target: &Target<'_>) -> NewRow {
    let mut row = NewRow::new();
    let first_line = note.and_then(|note| note.text.lines().next());
    let subject = match first_line {
        Some(line) => line.to_owned(),
        None => format!("Joined: {session}"),
    };
    row.set_cut("Subject", &subject, MAX_SUBJECT_CHARS);
    row.set("Status", target.done_task);
    if let Some(owner) = target.owner {
        row.set("OwnerId", &owner.0);
    }
    let Some(note) = note else {
        row.set("TaskSubtype", "Task");
        return row;
    };
    row.set("Description", cut(&note.text));
    let is_end = matches!(note.id, NoteId::Ended { .. });
    let is_call = session.kind() == SessionKind::Call;
    let facts = &note.facts;
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let at = if is_end {
        facts.ended_at
    } else {
        facts.started_at
    };
    if let Some(at) = at {
        row.set("ActivityDate", day(at));
    }
    if !(is_end && is_call) {
        row.set("TaskSubtype", "Task");
        return row;
    }
    row.set("TaskSubtype", "Call");
    row.set(
        "CallType",
        if facts.is_outbound {
            "Outbound"
        } else {
            "Inbound"
        },
    );
    row.set_cut("CallObject", session.id(), MAX_SUBJECT_CHARS);
    if let Some(seconds) = facts
        .duration_seconds
        .and_then(|seconds| i32::try_from(seconds).ok())
    {
        row.set("CallDurationInSeconds", seconds);
    }
    if let Some(disposition) = &facts.disposition {
        row.set_cut("CallDisposition", disposition, MAX_SUBJECT_CHARS);
    }
    row
}

/// A row of the custom object.
fn entry(session: &SessionKey, note: Option<&Note>) -> NewRow {
    let mut row = NewRow::new();
    row.set("Casewire_Session__c", session.token());
    let Some(note) = note else {
        row.set("Kind__c", "joined");
        return row;
    };
    let kind = note.id.to_string();
    row.set("Kind__c", kind.split(':').next());
    row.set("Text__c", cut(&note.text));
    let facts = &note.facts;
    if let Some(session_type) = &facts.session_type {
        row.set_cut("Type__c", session_type, MAX_SUBJECT_CHARS);
    }
    for (field, time) in [
        ("Started__c", facts.started_at),
        ("Ended__c", facts.ended_at),
    ] {
        if let Some(time) = time {
            row.set(field, soql::instant(time));
        }
    }
    for (field, seconds) in [
        ("Duration__c", facts.duration_seconds),
        ("Wait__c", facts.wait_seconds),
    ] {
        if let Some(seconds) = seconds {
            row.set(field, seconds);
        }
    }
    if let Some(rating) = facts.rating {
        row.set("Rating__c", rating);
    }
    if let Some(disposition) = &facts.disposition {
        row.set_cut("Disposition__c", disposition, MAX_SUBJECT_CHARS);
    }
    row
}

/// A text as long as Salesforce keeps it.
fn cut(text: &str) -> String {
    let text = plain(text.to_owned());
    if text.encode_utf16().count() <= MAX_TEXT_CHARS {
        return text;
    }
    shortened(&text, MAX_TEXT_CHARS - CUT.len()) + CUT
}

#[cfg(test)]
mod tests;
