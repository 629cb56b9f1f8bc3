//! Requests of daily work, and what is made of their answers.

use std::sync::Arc;

use casewire_core::{
    Append, CrmConnector as _, CustomerId, CustomerIdentity, Email, ExternalId, LookUp, NewRecord,
    Note, PersonName, QueueId, RecordCustomer, RecordId, RecordState, SessionKey, SessionNotes,
    StatusChange, Trace, UserId, WantedRecords,
};
use casewire_zendesk::{Zendesk, ZendeskAuth};
use serde_json::json;

use super::account::{GOLDEN, config, connector, exchange, play, play_without_token, record};
use crate::script::{answered, json};
use crate::story::{
    append, by_email, by_phone, ended, joining, linked, new_record, records_of, who,
};

const KIM: &str = "21000000009001";

fn kim() -> CustomerId {
    CustomerId(KIM.to_owned())
}

#[tokio::test]
async fn reads_a_ticket() {
    let script = play([exchange("ticket_show")]).await;
    let id = RecordId("4711".to_owned());
    let read = connector(&script).read_record(&id).await.unwrap().unwrap();
    script.assert_played().await;
    assert_eq!(read.id, id);
    assert_eq!(read.customer, Some(kim()));
    assert_eq!(read.queue, Some(QueueId("13".into())));
    assert_eq!(read.state, RecordState::Open);
    assert_eq!(read.created_at, "2026-01-24T01:14:06Z".parse().unwrap());
    assert_eq!(read.closed_at, None);
    assert_eq!(read.tags, ["casewire", "vip"]);
    assert_eq!(read.trace, Trace::parse("call/986@aaaaaa"));
    assert_eq!(read.version.as_deref(), Some("2026-01-24T01:20:00Z"));
    assert!(read.url.unwrap().ends_with("/agent/tickets/4711"));
}

#[tokio::test]
async fn refreshes_a_token_and_keeps_its_successor() {
    let exchanges = ["oauth_token_by_refresh", "ticket_show"].map(exchange);
    let script = play_without_token(exchanges.into()).await;
    let mut config = config(&script, "refresh-token-1");
    config.auth = ZendeskAuth::OauthRefreshToken {
        client_id: "casewire".to_owned(),
        client_secret: None,
        token_file: script.secret_file(),
    };
    let connector = Zendesk::new(config).unwrap();
    connector
        .read_record(&RecordId("4711".to_owned()))
        .await
        .unwrap();
    script.assert_played().await;
    let kept = std::fs::read_to_string(script.secret_file()).unwrap();
    assert_eq!(kept.trim(), "refresh-token-2");
}

#[tokio::test]
async fn signs_in_with_an_api_token() {
    let show = answered("ticket_show_with_api_token", GOLDEN.answer("ticket_show"));
    let script = play_without_token(vec![show]).await;
    let mut config = config(&script, "api-token-1");
    config.auth = ZendeskAuth::ApiToken {
        email: "ana@example.com".to_owned(),
        token: script.secret("api-token-1"),
    };
    let connector = Zendesk::new(config).unwrap();
    connector
        .read_record(&RecordId("4711".to_owned()))
        .await
        .unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn finds_a_customer_by_external_id() {
    let script = play([exchange("user_search_by_external_id")]).await;
    let customer = CustomerIdentity {
        external_id: ExternalId::parse("c-7"),
        ..CustomerIdentity::default()
    };
    let found = connector(&script).look_up(&who(customer)).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn finds_the_customer_created_last_by_phone() {
    let script = play([exchange("user_search_by_phone")]).await;
    let found = connector(&script).look_up(&who(by_phone())).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn finds_a_customer_by_email() {
    let script = play([exchange("user_search_by_email")]).await;
    let found = connector(&script).look_up(&who(by_email())).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn finds_a_customer_by_another_address() {
    let mut users = GOLDEN.answer_body("user_search_by_email");
    users["users"].as_array_mut().unwrap().remove(0);
    let script = play([
        answered("user_search_by_email", json(200, users)),
        exchange("user_identities"),
    ])
    .await;
    let found = connector(&script).look_up(&who(by_email())).await.unwrap();
    script.assert_played().await;
    assert_eq!(
        found.customer,
        Some(CustomerId("21000000009002".to_owned()))
    );
}

#[tokio::test]
async fn finds_an_agent() {
    let script = play([exchange("user_search_agent")]).await;
    let email = Email::parse("ana@example.com").unwrap();
    let user = connector(&script).find_user(&email).await.unwrap();
    script.assert_played().await;
    assert_eq!(user, Some(UserId("21000000000777".to_owned())));
}

#[tokio::test]
async fn lists_a_customers_tickets() {
    let exchanges = ["user_search_by_phone", "requested_tickets"].map(exchange);
    let script = play(exchanges).await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    let ids: Vec<_> = found.records.iter().map(|record| &*record.id.0).collect();
    assert_eq!(ids, ["4712", "4711"], "the merged ticket is gone");
    assert_eq!(found.own, None);
}

#[tokio::test]
async fn lists_the_next_page() {
    let other = GOLDEN.answer_body("requested_tickets")["tickets"][0].take();
    let first = json(200, json!({ "tickets": vec![other; 100], "count": 101 }));
    let script = play([
        exchange("user_search_by_phone"),
        answered("requested_tickets", first),
        exchange("requested_tickets_next_page"),
    ])
    .await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.records.len(), 101);
    assert_eq!(found.records[100].id.0, "4001");
}

#[tokio::test]
async fn asks_when_a_ticket_was_solved() {
    let script = play([
        exchange("user_search_by_phone"),
        answered(
            "requested_tickets",
            GOLDEN.answer("requested_tickets_solved"),
        ),
        exchange("ticket_metrics"),
    ])
    .await;
    let query = LookUp {
        records: Some(WantedRecords {
            queue: QueueId("13".into()),
            closed_since: Some("2026-01-20T00:00:00Z".parse().unwrap()),
        }),
        ..records_of(by_phone())
    };
    let found = connector(&script).look_up(&query).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.records[0].state, RecordState::Resolved);
    assert_eq!(
        found.records[0].closed_at,
        Some("2026-01-24T04:00:00Z".parse().unwrap())
    );
}

#[tokio::test]
async fn searches_the_open_ticket_of_an_email_customer() {
    let script = play([exchange("search_open_by_email")]).await;
    let found = connector(&script)
        .look_up(&records_of(by_email()))
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
    assert_eq!(found.records[0].id.0, "4711");
}

#[tokio::test]
async fn creates_a_ticket_for_a_known_customer() {
    let script = play([exchange("ticket_create")]).await;
    let new = NewRecord {
        owner: Some(UserId("21000000000777".to_owned())),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.id.0, "4711");
    assert_eq!(created.customer, Some(kim()));
}

#[tokio::test]
async fn creates_a_phone_customer_first() {
    let script = play([
        exchange("user_create"),
        answered("ticket_create_for_new_user", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let customer = CustomerIdentity {
        name: PersonName::parse("Kim Example"),
        ..by_phone()
    };
    let new = new_record(RecordCustomer::New(customer));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn creates_an_email_customer_first() {
    let script = play([
        answered("user_create_by_email", GOLDEN.answer("user_create")),
        answered("ticket_create_for_new_user", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn creates_an_anonymous_caller() {
    let script = play([
        answered("user_create_anonymous", GOLDEN.answer("user_create")),
        answered("ticket_create_for_new_user", GOLDEN.answer("ticket_create")),
    ])
    .await;
    let new = new_record(RecordCustomer::Anonymous);
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn creates_a_follow_up_with_the_parents_tags() {
    let script = play(["ticket_show_closed", "ticket_create_follow_up"].map(exchange)).await;
    let new = NewRecord {
        follow_up_of: Some(RecordId("4002".to_owned())),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let created = connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
    assert_eq!(created.tags, ["vip", "casewire"]);
}

#[tokio::test]
async fn appends_a_note_with_tags_and_trace() {
    let script = play([exchange("ticket_update_append")]).await;
    let appended = connector(&script)
        .append(&record(RecordState::Open), &append())
        .await;
    script.assert_played().await;
    assert_eq!(
        appended.unwrap().version.as_deref(),
        Some("2026-01-24T02:00:00Z")
    );
}

#[tokio::test]
async fn appends_two_sessions_in_one_update() {
    let answer = GOLDEN.answer("ticket_update_append");
    let script = play([answered("ticket_update_two_sessions", answer)]).await;
    let chat = SessionNotes {
        session: SessionKey::parse(&Arc::from("//contact-center/acme"), "chat/5").unwrap(),
        notes: vec![Note {
            text: "Chat 5\nQueue: Billing".to_owned(),
            ..linked()
        }],
    };
    let what = Append {
        sessions: vec![joining(&[linked(), ended()]), chat],
        ..append()
    };
    connector(&script)
        .append(&record(RecordState::Open), &what)
        .await
        .unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn appends_a_note_that_looks_like_html() {
    let answer = GOLDEN.answer("ticket_update_append");
    let script = play([answered("ticket_update_html", answer)]).await;
    let note = Note {
        text: "Queue: <New> & \"old\"\nLanguage: en".to_owned(),
        ..linked()
    };
    let what = Append {
        sessions: vec![joining(&[note])],
        ..append()
    };
    connector(&script)
        .append(&record(RecordState::Open), &what)
        .await
        .unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn reopens_a_solved_ticket() {
    let script = play([exchange("ticket_update_reopen")]).await;
    let what = Append {
        owner: Some(UserId("21000000000777".to_owned())),
        status: StatusChange::DefaultOpen,
        tags: Vec::new(),
        ..append()
    };
    let opened = connector(&script)
        .append(&record(RecordState::Resolved), &what)
        .await;
    script.assert_played().await;
    assert_eq!(opened.unwrap().state, RecordState::Open);
}

#[tokio::test]
async fn reopens_with_a_custom_status() {
    let script = play([exchange("ticket_update_reopen_custom_status")]).await;
    let mut config = config(&script, "client-secret-1");
    config.reopen_custom_status_id = Some(21_000_000_007_001);
    let what = Append {
        status: StatusChange::DefaultOpen,
        ..append()
    };
    let connector = Zendesk::new(config).unwrap();
    connector
        .append(&record(RecordState::Resolved), &what)
        .await
        .unwrap();
    script.assert_played().await;
}
