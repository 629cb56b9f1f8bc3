//! Entries as rows.

use std::sync::Arc;

use casewire_core::SessionFacts;
use serde_json::{Value, json};

use super::*;

fn config(changes: &Value) -> SalesforceConfig {
    let mut config = json!({
        "my_domain": "acme",
        "auth": { "type": "oauth_client_credentials", "client_id": "a", "client_secret": { "env": "A" } },
    });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

fn session(subject: &str) -> SessionKey {
    SessionKey::parse(&Arc::from("//contact-center/acme"), subject).unwrap()
}

fn note(id: NoteId) -> Note {
    Note {
        id,
        text: "Voice Inbound (IVR) 987\nQueue: Billing".to_owned(),
        facts: SessionFacts {
            session_type: Some("Voice Inbound (IVR)".to_owned()),
            started_at: "2026-01-24T01:13:49Z".parse().ok(),
            ended_at: "2026-01-24T01:20:00Z".parse().ok(),
            duration_seconds: Some(371),
            wait_seconds: Some(17),
            disposition: Some("Solved".to_owned()),
            ..SessionFacts::default()
        },
    }
}

fn ended() -> NoteId {
    NoteId::Ended {
        facts: "1b2c3d".to_owned(),
    }
}

fn written(subject: &str, notes: &[Note], changes: &Value) -> Vec<Value> {
    let sessions = [SessionNotes {
        session: session(subject),
        notes: notes.to_vec(),
    }];
    let target = Target {
        person: Some("003000000000001AAA".to_owned()),
        owner: None,
        done_task: "Completed",
    };
    let rows = rows(&sessions, &Trace::default(), &config(changes), &target);
    rows.iter().map(|row| json!(row)).collect()
}

#[test]
fn the_note_of_a_calls_end_is_the_one_logged_as_a_call() {
    let rows = written(
        "call/987",
        &[note(NoteId::Linked), note(ended())],
        &json!({}),
    );
    let token = session("call/987").token();
    assert_eq!(
        rows,
        [
            json!({
                "Subject": "Voice Inbound (IVR) 987", "Description": "Voice Inbound (IVR) 987\nQueue: Billing",
                "Status": "Completed", "ActivityDate": "2026-01-24", "TaskSubtype": "Task",
                "WhatId": "@{read.Id}", "WhoId": "003000000000001AAA",
                "Casewire_Key__c": token, "Casewire_Record__c": "@{read.Id}",
            }),
            json!({
                "Subject": "Voice Inbound (IVR) 987", "Description": "Voice Inbound (IVR) 987\nQueue: Billing",
                "Status": "Completed", "ActivityDate": "2026-01-24", "TaskSubtype": "Call", "CallType": "Inbound",
                "CallObject": "987", "CallDurationInSeconds": 371, "CallDisposition": "Solved",
                "WhatId": "@{read.Id}", "WhoId": "003000000000001AAA",
                "Casewire_Key__c": format!("{token}#ended:1b2c3d"), "Casewire_Record__c": "@{read.Id}",
            }),
        ]
    );
    let chat = written("chat/5", &[note(ended())], &json!({}));
    assert_eq!(chat[1]["TaskSubtype"], "Task");
    assert_eq!(chat[1].get("CallType"), None);
}

#[test]
fn a_session_that_joins_without_a_link_has_a_row_of_its_own() {
    let rows = written("call/987", &[note(ended())], &json!({}));
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["Casewire_Key__c"], session("call/987").token());
    assert_eq!(rows[0].get("Description"), None);
    assert_eq!(written("call/987", &[], &json!({})).len(), 1);
    assert_eq!(
        written("call/987", &[note(NoteId::Linked)], &json!({})).len(),
        1
    );
}

#[test]
fn entries_hang_where_the_config_says() {
    let on = |record: &str, object: &str, attach_to: &str| {
        let changes = json!({
            "record_object": record,
            "session_data": { "object": object, "attach_to": attach_to },
        });
        let row = written("call/987", &[note(NoteId::Linked)], &changes).remove(0);
        let mut fields: Vec<_> = row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(field, _)| {
                [
                    "WhatId",
                    "WhoId",
                    "Case__c",
                    "Opportunity__c",
                    "Account__c",
                    "Contact__c",
                    "Lead__c",
                ]
                .contains(&field.as_str())
            })
            .map(|(field, value)| format!("{field}={}", value.as_str().unwrap()))
            .collect();
        fields.sort();
        fields.join(" ").replace("003000000000001AAA", "003")
    };
    for (record, object, attach_to, expected) in [
        ("case", "activity", "record", "WhatId=@{read.Id} WhoId=003"),
        (
            "case",
            "activity",
            "account",
            "WhatId=@{read.AccountId} WhoId=003",
        ),
        (
            "case",
            "session_entry",
            "record",
            "Case__c=@{read.Id} Contact__c=003",
        ),
        (
            "case",
            "session_entry",
            "account",
            "Account__c=@{read.AccountId} Contact__c=003",
        ),
        (
            "opportunity",
            "activity",
            "record",
            "WhatId=@{read.Id} WhoId=003",
        ),
        (
            "opportunity",
            "session_entry",
            "record",
            "Contact__c=003 Opportunity__c=@{read.Id}",
        ),
        ("contact", "activity", "record", "WhoId=003"),
        ("lead", "activity", "record", "WhoId=003"),
        ("lead", "session_entry", "record", "Lead__c=003"),
    ] {
        assert_eq!(
            on(record, object, attach_to),
            expected,
            "{record} {object} {attach_to}"
        );
    }
}

#[test]
fn the_custom_object_has_the_facts_as_fields() {
    let changes = json!({ "session_data": { "object": "session_entry" } });
    let row = written("call/987", &[note(NoteId::Linked), note(ended())], &changes).remove(1);
    for (field, value) in [
        ("Kind__c", json!("ended")),
        ("Text__c", json!("Voice Inbound (IVR) 987\nQueue: Billing")),
        ("Type__c", json!("Voice Inbound (IVR)")),
        ("Started__c", json!("2026-01-24T01:13:49.000Z")),
        ("Duration__c", json!(371)),
        ("Wait__c", json!(17)),
        ("Disposition__c", json!("Solved")),
        ("Casewire_Session__c", json!(session("call/987").token())),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    assert_eq!(row.get("Subject"), None);
}

#[test]
fn a_text_too_long_is_cut_and_says_so() {
    let long = "ü".repeat(MAX_TEXT_CHARS + 1);
    let cut = cut(&long);
    assert_eq!(cut.chars().count(), MAX_TEXT_CHARS);
    assert!(cut.ends_with(CUT));
    assert_eq!(super::cut(&long[2..]), long[2..]);
}
