//! Answers recorded from real accounts, served to the connector. They are no part of the repository.

use casewire_core::{
    Apply, CrmConnector as _, CustomerIdentity, Email, Error, ErrorKind, Record, RecordCustomer,
    RecordId, RecordState, Severity,
};
use casewire_zendesk::Zendesk;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::account::{GOLDEN, config, connector, exchange, play, play_without_token, record};
use crate::recorded;
use crate::script::{Exchange, Script, answered, json};
use crate::story::{append, by_phone, new_record, records_of, who};

fn recording(file: &str) -> Option<Value> {
    recorded::recording("zendesk", file)
}

/// The answer of one recorded exchange.
fn answer_of(exchange: &Value) -> ResponseTemplate {
    recorded::answer_of(&exchange["response"])
}

async fn script_of<const N: usize>(exchanges: [Exchange; N]) -> (Script, Zendesk) {
    let script = play(exchanges).await;
    let connector = connector(&script);
    (script, connector)
}

/// What every ticket's record has to have.
fn assert_is(record: &Record, ticket: &Value) {
    assert_eq!(record.id.0, ticket["id"].to_string());
    let requester = ticket["requester_id"].as_u64().map(|id| id.to_string());
    assert_eq!(
        record.customer.as_ref().map(|customer| customer.0.clone()),
        requester
    );
    let state = match ticket["status"].as_str().unwrap() {
        "solved" => RecordState::Resolved,
        "closed" => RecordState::Closed,
        _ => RecordState::Open,
    };
    assert_eq!(record.state, state);
    assert_eq!(json!(record.tags), ticket["tags"]);
    assert_eq!(json!(record.version), ticket["updated_at"]);
}

#[tokio::test]
async fn ticket_writes_are_understood() {
    let Some(recorded) = recording("zenpy_ticket_create_then_update.json") else {
        return;
    };
    let [created, updated] = [0, 1].map(|index| &recorded["interactions"][index]);
    let (_script, connector) = script_of([
        answered("ticket_create", answer_of(created)),
        answered("ticket_update_append", answer_of(updated)),
    ])
    .await;
    let customer = casewire_core::CustomerId("21000000009001".to_owned());
    let new = new_record(RecordCustomer::Known(customer));
    let made = connector.create_record(&new).await.unwrap();
    assert_is(&made, &created["response"]["body"]["ticket"]);
    let changed = connector.append(&made, &append()).await.unwrap();
    assert_is(&changed, &updated["response"]["body"]["ticket"]);
    // That account was sent a key it did not know.
    assert_eq!(connector.api_warnings(), 1);
}

#[tokio::test]
async fn tickets_are_understood() {
    for file in ["go_ticket_show.json", "go_ticket_with_custom_fields.json"] {
        let Some(recorded) = recording(file) else {
            return;
        };
        let body = recorded["body"].clone();
        let ticket = match body.get("ticket") {
            Some(ticket) => ticket.clone(),
            None => body,
        };
        let show = json(200, json!({ "ticket": ticket }));
        let (_script, connector) = script_of([answered("ticket_show", show)]).await;
        let id = RecordId(ticket["id"].to_string());
        let read = connector.read_record(&id).await.unwrap().unwrap();
        assert_is(&read, &ticket);
    }
}

#[tokio::test]
async fn lists_of_tickets_are_understood() {
    let Some(recorded) = recording("zenpy_tickets_list_cursor_and_offset.json") else {
        return;
    };
    let mut lists = 0;
    for exchanged in recorded["interactions"].as_array().unwrap() {
        let Some(tickets) = exchanged["response"]["body"]["tickets"].as_array() else {
            continue;
        };
        lists += usize::from(!tickets.is_empty());
        let (_script, connector) = script_of([
            exchange("user_search_by_phone"),
            answered("requested_tickets", answer_of(exchanged)),
        ])
        .await;
        let found = connector.look_up(&records_of(by_phone())).await.unwrap();
        assert_eq!(found.records.len(), tickets.len());
        for (record, ticket) in found.records.iter().zip(tickets) {
            assert_is(record, ticket);
        }
    }
    assert!(lists >= 2, "the recording has two ways of paging");
}

#[tokio::test]
async fn searches_for_users_are_understood() {
    let Some(recorded) = recording("visualmock_recorded_bodies.json") else {
        return;
    };
    let lists = recorded["responses"].as_array().unwrap().iter();
    let lists: Vec<_> = lists
        .filter(|answer| answer["body"].get("users").is_some())
        .collect();
    assert!(lists.len() >= 2);
    for list in lists {
        let users = list["body"]["users"].as_array().unwrap();
        let address = users.first().and_then(|user| user["email"].as_str());
        let customer = CustomerIdentity {
            email: Email::parse(address.unwrap_or("nobody@example.com")),
            ..CustomerIdentity::default()
        };
        let answer = json(200, list["body"].clone());
        let (_script, connector) = script_of([answered("user_search_by_email", answer)]).await;
        let found = connector.look_up(&who(customer)).await.unwrap().customer;
        let ids = users
            .iter()
            .filter(|user| user["email"].as_str() == address);
        let ids: Vec<_> = ids.map(|user| user["id"].to_string()).collect();
        assert_eq!(found.is_some(), !users.is_empty());
        assert!(found.is_none_or(|found| ids.contains(&found.0)));
    }
}

#[tokio::test]
async fn searches_for_tickets_are_understood() {
    let Some(recorded) = recording("go_search_ticket.json") else {
        return;
    };
    // Its requester is not told along with it, so the search settles nothing.
    let (script, connector) = script_of([
        answered("search_open_by_email", json(200, recorded["body"].clone())),
        answered("user_search_by_email", json(200, json!({ "users": [] }))),
    ])
    .await;
    let found = connector
        .look_up(&records_of(crate::story::by_email()))
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.records, []);
}

#[tokio::test]
async fn created_users_are_understood() {
    let Some(recorded) = recording("zenpy_user_create_then_update.json") else {
        return;
    };
    let created = &recorded["interactions"][0];
    let id = created["response"]["body"]["user"]["id"].clone();
    let mut ticket = GOLDEN.answer_body("ticket_create");
    ticket["ticket"]["requester_id"] = id.clone();
    let (script, connector) = script_of([
        answered("user_create", answer_of(created)),
        answered("ticket_create_for_new_user", json(201, ticket)),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_phone()));
    connector.create_record(&new).await.unwrap();
    let sent = script.sent_body(2).await;
    assert_eq!(sent["ticket"]["requester_id"], id);
}

#[tokio::test]
async fn created_fields_are_understood() {
    let Some(recorded) = recording("zenpy_ticket_field_create_then_update.json") else {
        return;
    };
    let created = &recorded["interactions"][0];
    let listed = json!({ "ticket_fields": [created["response"]["body"]["ticket_field"]] });
    let script = play([
        answered("ticket_fields", json(200, listed)),
        exchange("oauth_token_for_setup"),
        answered("ticket_field_create_leaf_queue", answer_of(created)),
        answered("ticket_field_create_sessions", answer_of(created)),
    ])
    .await;
    let mut config = config(&script, "client-secret-1");
    config.fields = None;
    let changes = Zendesk::new(config)
        .unwrap()
        .setup(Apply::Write)
        .await
        .unwrap();
    assert_eq!(changes.len(), 2);
}

#[tokio::test]
async fn the_anonymous_user_is_told_from_a_real_one() {
    let Some(real) = recording("zenpy_users_me.json") else {
        return;
    };
    let me = answer_of(&real["interactions"][0]);
    let rest = ["oauth_token_current", "ticket_fields"].map(exchange);
    let [token, fields] = rest;
    let (_script, connector) = script_of([answered("users_me", me), token, fields]).await;
    assert_eq!(connector.check().await.unwrap()[0].severity, Severity::Fine);
    for file in [
        "node_users_me_no_credentials_200.json",
        "node_users_me_incorrect_token.json",
    ] {
        let Some(anonymous) = recording(file) else {
            return;
        };
        let body = anonymous["interactions"][0]["response"].clone();
        let (_script, connector) = script_of([answered("users_me", json(200, body))]).await;
        let findings = connector.check().await;
        let severity = findings.unwrap_or_else(|error| panic!("{file}: {error}"))[0].severity;
        assert_eq!(severity, Severity::Denied, "{file}");
    }
}

#[tokio::test]
async fn an_unknown_ticket_is_not_found() {
    let Some(recorded) = recording("zenpy_ticket_update_404.json") else {
        return;
    };
    let answer = answer_of(&recorded["interactions"][0]);
    assert_eq!(refused(404, answer).await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn every_error_says_what_to_do_next_and_nothing_private() {
    let Some(catalog) = recording("errors_catalog.json") else {
        return;
    };
    for entry in catalog.as_array().unwrap() {
        let status = u16::try_from(entry["status"].as_u64().unwrap()).unwrap();
        let answer = match &entry["body"] {
            Value::Null => ResponseTemplate::new(status),
            body => json(status, body.clone()),
        };
        let error = refused(status, answer).await;
        let fits = match error.kind() {
            ErrorKind::Auth => matches!(status, 401 | 403),
            ErrorKind::Config | ErrorKind::NotFound => status == 404,
            ErrorKind::Conflict => matches!(status, 409 | 422),
            ErrorKind::RateLimited { .. } => status == 429,
            ErrorKind::Rejected => matches!(status, 400 | 422),
            ErrorKind::Unavailable => status == 503,
            ErrorKind::Uncertain => matches!(status, 409 | 503),
            _ => false,
        };
        assert!(fits, "{entry}: {error:?}");
        assert!(!error.to_string().contains("a@b.com"), "{error}");
    }
}

/// The error of an update that is answered so, and then shown the ticket unchanged.
async fn refused(status: u16, answer: ResponseTemplate) -> Error {
    let mut exchanges = vec![
        exchange("oauth_token"),
        answered("ticket_update_append", answer.clone()),
    ];
    if status == 401 {
        // Once more, with a new token.
        exchanges.push(exchange("oauth_token"));
        exchanges.push(answered("ticket_update_append", answer));
    }
    exchanges.push(exchange("ticket_show"));
    let script = play_without_token(exchanges).await;
    let answer = connector(&script)
        .append(&record(RecordState::Open), &append())
        .await;
    answer.unwrap_err()
}
