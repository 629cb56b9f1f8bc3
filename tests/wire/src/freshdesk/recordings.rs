//! Answers recorded from real accounts, and the vendor's examples, served to the connector. They are no part of the
//! repository.

use std::collections::BTreeSet;

use casewire_core::{
    Append, Apply, CrmConnector as _, Email, Error, ErrorKind, Found, LookUp, NewRecord, QueueId,
    Record, RecordCustomer, RecordState, Severity, WantedRecords,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::account::{
    GOLDEN, connector, connector_with, exchange, id, kim, like, nothing, play, ticket,
};
use crate::recorded;
use crate::script::{answered, json};
use crate::story::{append, by_email, by_phone, linked, new_record, records_of, session, who};

fn recording(file: &str) -> Option<Value> {
    recorded::recording("freshdesk", file)
}

/// What every ticket's record has to have.
fn assert_is(record: &Record, ticket: &Value) {
    assert_eq!(record.id.0, ticket["id"].to_string());
    let requester = record.customer.as_ref().unwrap();
    assert_eq!(requester.0, ticket["requester_id"].to_string());
    let is_done = [json!(4), json!(5)].contains(&ticket["status"]);
    assert_eq!(record.state == RecordState::Resolved, is_done);
    assert_eq!(record.closed_at.is_some(), is_done);
    let tags = match &ticket["tags"] {
        Value::Null => json!([]),
        tags => tags.clone(),
    };
    assert_eq!(json!(record.tags), tags);
    assert!(record.version.is_some());
    assert_eq!(json!(record.created_at.to_string()), ticket["created_at"]);
}

/// What a customer with an e-mail address has, when its list is this.
async fn listed(list: Value) -> Found {
    let script = play([answered("tickets_by_email", json(200, list))]).await;
    connector(&script)
        .look_up(&records_of(by_email()))
        .await
        .unwrap()
}

fn plain() -> NewRecord {
    NewRecord {
        notes: vec![linked()],
        ..new_record(RecordCustomer::Known(kim()))
    }
}

async fn refused(answer: ResponseTemplate) -> Error {
    let script = play([
        nothing("tickets_of_requester"),
        answered("ticket_create_plain", answer),
    ])
    .await;
    let created = connector(&script).create_record(&plain()).await;
    created.unwrap_err()
}

/// An answer of which status, headers and body were noted, some without headers.
fn noted(answer: &Value) -> ResponseTemplate {
    let mut answer = answer.clone();
    if answer["headers"].is_null() {
        answer["headers"] = json!({});
    }
    recorded::answer_of(&answer)
}

#[tokio::test]
async fn tickets_are_understood() {
    for file in ["rec_ticket_get_200_phone_source.json", "pyfd_ticket_1.json"] {
        let Some(ticket) = recording(file) else {
            return;
        };
        let script = play([answered("ticket_show", json(200, ticket.clone()))]).await;
        let of = id(&ticket["id"].to_string());
        let read = connector(&script).read_record(&of).await;
        assert_is(&read.unwrap().unwrap(), &ticket);
    }
}

#[tokio::test]
async fn a_queue_is_read_from_the_field_of_the_config() {
    let Some(ticket) = recording("rec_ticket_get_200_phone_source.json") else {
        return;
    };
    let script = play([answered("ticket_show", json(200, ticket))]).await;
    let fields = json!({ "leaf_queue": "cf_custom2", "sessions": "cf_custom1" });
    let connector = connector_with(&script, json!({ "fields": fields }));
    let read = connector.read_record(&id("14")).await.unwrap().unwrap();
    assert_eq!(read.queue, Some(QueueId("Custom value".into())));
}

#[tokio::test]
async fn lists_of_tickets_are_understood() {
    for file in ["rec_tickets_list_200.json", "doc_tickets_list_200.json"] {
        let Some(list) = recording(file) else {
            return;
        };
        let found = listed(list.clone()).await;
        let tickets = list.as_array().unwrap();
        assert_eq!(found.records.len(), tickets.len());
        for (record, ticket) in found.records.iter().zip(tickets) {
            assert_is(record, ticket);
        }
    }
    // The connector does not search; hits are tickets all the same.
    let Some(hits) = recording("doc_tickets_search_200.json") else {
        return;
    };
    let found = listed(hits["results"].clone()).await;
    assert_is(&found.records[0], &hits["results"][0]);
}

#[tokio::test]
async fn times_of_closing_are_understood() {
    let Some(list) = recording("syn_tickets_list_by_requester_with_stats_200.json") else {
        return;
    };
    let answer = json(200, list.clone());
    let script = play([answered("tickets_by_email", answer)]).await;
    let fields = json!({ "leaf_queue": "cf_leaf_queue", "sessions": "cf_session_id" });
    let connector = connector_with(&script, json!({ "fields": fields }));
    let query = LookUp {
        records: Some(WantedRecords {
            queue: QueueId("Billing".into()),
            closed_since: Some("2026-11-01T00:00:00Z".parse().unwrap()),
        }),
        ..who(by_email())
    };
    let found = connector.look_up(&query).await.unwrap();
    let tickets = list.as_array().unwrap();
    assert_eq!(found.records.len(), tickets.len());
    for record in &found.records {
        let of = tickets
            .iter()
            .find(|ticket| json!(record.id.0.parse::<u64>().unwrap()) == ticket["id"]);
        let of = of.unwrap();
        assert_is(record, of);
        let closed_at = record.closed_at.map(|at| at.to_string());
        assert_eq!(json!(closed_at), of["stats"]["closed_at"]);
        let queue = record.queue.as_ref().map(|queue| &*queue.0);
        assert_eq!(json!(queue), of["custom_fields"]["cf_leaf_queue"]);
    }
    let states: BTreeSet<_> = found
        .records
        .iter()
        .map(|record| format!("{:?}", record.state))
        .collect();
    assert_eq!(states.len(), 2, "some are open and one is closed");
}

#[tokio::test]
async fn new_tickets_and_notes_are_understood() {
    for note in ["doc_note_create_201.json", "pyfd_note_1.json"] {
        let (Some(ticket), Some(note)) = (
            recording("doc_ticket_create_201_custom_fields.json"),
            recording(note),
        ) else {
            return;
        };
        let script = play([
            nothing("tickets_of_requester"),
            answered("ticket_create_plain", json(201, ticket.clone())),
            answered("note_create_linked", json(201, note)),
        ])
        .await;
        let made = connector(&script).create_record(&plain()).await.unwrap();
        assert_is(&made, &ticket);
        assert!(made.trace.has_session(&session()));
    }
}

#[tokio::test]
async fn updated_tickets_are_understood() {
    for file in ["doc_ticket_update_200.json", "pyfd_ticket_1_updated.json"] {
        let Some(updated) = recording(file) else {
            return;
        };
        let script = play([
            exchange("ticket_show"),
            answered("ticket_update_append", json(200, updated.clone())),
            like("note_create_linked", "note_create"),
        ])
        .await;
        let appended = connector(&script).append(&ticket(2).await, &append()).await;
        assert_is(&appended.unwrap(), &updated);
    }
}

#[tokio::test]
async fn notes_and_replies_are_told_apart() {
    let Some(mut conversations) = recording("pyfd_conversations.json") else {
        return;
    };
    let token = session().token();
    for (place, is_on) in [(1, false), (0, true)] {
        let body = conversations[place]["body"].as_str().unwrap();
        let marked = body.replace("</div>", &format!("<br>[casewire {token} linked]</div>"));
        conversations[place]["body"] = json!(marked);
        let script = play([
            like("ticket_show", "ticket_show_long"),
            answered("ticket_conversations", json(200, conversations.clone())),
        ])
        .await;
        let read = connector(&script).read_record(&id("41")).await;
        let trace = read.unwrap().unwrap().trace;
        assert_eq!(trace.has_session(&session()), is_on, "conversation {place}");
    }
}

#[tokio::test]
async fn contacts_are_understood() {
    for file in [
        "rec_contacts_list_200.json",
        "rec_contact_create_201.json",
        "doc_contacts_list_200.json",
        "doc_contact_create_201.json",
        "doc_contacts_search_200.json",
    ] {
        let Some(recorded) = recording(file) else {
            return;
        };
        // A new one is seen in lists from then on, as are hits of a search.
        let contacts = match (&recorded["results"], &recorded) {
            (Value::Array(hits), _) => hits.clone(),
            (_, Value::Array(list)) => list.clone(),
            (_, one) => vec![one.clone()],
        };
        for contact in &contacts {
            let mut customer = by_phone();
            customer.email = Email::parse(contact["email"].as_str().unwrap());
            let list = json(200, json!(contacts));
            let script = play([
                nothing("contacts_by_phone"),
                nothing("contacts_by_mobile"),
                answered("contacts_by_email", list),
            ])
            .await;
            let found = connector(&script).look_up(&who(customer)).await.unwrap();
            assert_eq!(found.customer.unwrap().0, contact["id"].to_string());
        }
    }
}

#[tokio::test]
async fn an_agent_is_understood() {
    let Some(agent) = recording("pyfd_agent_1.json") else {
        return;
    };
    let list = json(200, json!([agent]));
    let script = play([answered("agents_by_email", list)]).await;
    let email = Email::parse(agent["contact"]["email"].as_str().unwrap()).unwrap();
    let user = connector(&script).find_user(&email).await.unwrap();
    assert_eq!(user.unwrap().0, agent["id"].to_string());
}

#[tokio::test]
async fn ticket_fields_are_understood() {
    let (Some(fields), Some(made)) = (
        recording("doc_ticket_fields_200.json"),
        recording("doc_admin_ticket_field_create.json"),
    ) else {
        return;
    };
    let made = &made["response_201_documented_example"];
    let script = play([
        answered("ticket_fields", json(200, fields.clone())),
        answered("ticket_field_create_leaf_queue", json(201, made.clone())),
        answered("ticket_field_create_sessions", json(201, made.clone())),
        exchange("agents_me"),
        exchange("agents_by_email"),
        answered("ticket_fields", json(200, fields)),
    ])
    .await;
    let changes = json!({ "fields": null, "statuses": { "resolved": [4, 5], "default_open": 8 } });
    let connector = connector_with(&script, changes);
    let changes = connector.setup(Apply::Write).await.unwrap();
    assert!(
        changes[0].what.ends_with("named `cf_feedback`"),
        "{changes:?}"
    );
    // The account requires what every ticket has anyway. It has no status 8.
    let findings = connector.check().await.unwrap();
    let missing: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Missing)
        .map(|finding| &*finding.message)
        .collect();
    assert_eq!(missing.len(), 3, "{missing:#?}");
    assert!(
        missing[2].contains("account: 8; its statuses are 2, 3, 4, 5, 6, 7"),
        "{missing:#?}"
    );
}

#[test]
fn the_documented_body_of_a_new_field_is_ours() {
    let Some(documented) = recording("doc_admin_ticket_field_create.json") else {
        return;
    };
    let requests = GOLDEN.requests();
    let request = &requests["ticket_field_create_leaf_queue"];
    assert_eq!(request["path"], documented["request"]["path"]);
    let keys =
        |body: &Value| -> BTreeSet<String> { body.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&request["body"]), keys(&documented["request"]["body"]));
    assert_eq!(
        request["body"]["type"],
        documented["request"]["body"]["type"]
    );
}

#[tokio::test]
async fn refused_values_are_understood() {
    let Some(refusals) = recording("rec_err_400_lengths.json") else {
        return;
    };
    for (refusal, told) in refusals.as_array().unwrap().iter().zip([
        "custom_fields.cf_page_url (invalid_value)",
        "tags (invalid_value)",
    ]) {
        let error = refused(noted(refusal)).await;
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert!(error.message().contains(told), "{error}");
        assert!(!error.message().contains("maximum"), "{error}");
    }
}

#[tokio::test]
async fn documented_errors_are_understood() {
    let Some(errors) = recording("doc_errors.json") else {
        return;
    };
    for (status, shape, kind) in [
        (400, "validation_400", ErrorKind::Config),
        (401, "auth_401", ErrorKind::Auth),
        (403, "denied_403", ErrorKind::Auth),
    ] {
        let error = refused(json(status, errors[shape].clone())).await;
        assert_eq!(error.kind(), kind, "{shape}: {error}");
    }
    let limit = json!({ "status": 429, "headers": errors["headers_429"], "body": null });
    let error = refused(noted(&limit)).await;
    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn statuses_of_errors_are_understood() {
    let Some(errors) = recording("syn_errors_uncertain.json") else {
        return;
    };
    let conflict = refused(noted(&errors["409_duplicate_contact"])).await;
    assert_eq!(conflict.kind(), ErrorKind::Conflict);
    let limit = refused(noted(&errors["429"])).await;
    assert!(
        matches!(limit.kind(), ErrorKind::RateLimited { .. }),
        "{limit:?}"
    );
    for gone in ["404", "405_deleted_ticket"] {
        let script = play([
            exchange("ticket_show"),
            answered("ticket_update_join", noted(&errors[gone])),
        ])
        .await;
        let what = Append {
            tags: Vec::new(),
            ..append()
        };
        let appended = connector(&script).append(&ticket(2).await, &what).await;
        assert_eq!(appended.unwrap_err().kind(), ErrorKind::NotFound, "{gone}");
    }
}

#[test]
fn every_recording_is_read() {
    recorded::assert_all_read("freshdesk", include_str!("recordings.rs"), &[]);
}
