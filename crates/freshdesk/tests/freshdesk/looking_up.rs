//! Finding customers and tickets.

use casewire_core::{
    CrmConnector as _, CustomerId, ErrorKind, ExternalId, LookUp, RecordState, TraceSearch,
};
use serde_json::{Value, json};

use crate::account::{
    Account, KIM, by_email, by_phone, contact, fields, list_of, look_up, notes, session, ticket,
    token,
};

#[tokio::test]
async fn a_caller_is_found_by_phone_then_mobile_and_the_one_created_last_counts() {
    let account = Account::new().await;
    let number = "+15550100100";
    account.answers([
        (
            200,
            json!([contact(4, json!({ "phone": "+1 555 010 0199" }))]),
        ),
        (
            200,
            json!([
                contact(
                    KIM,
                    json!({ "mobile": number, "created_at": "2026-01-25T01:14:06Z" })
                ),
                contact(501_001_204_999, json!({ "mobile": number })),
            ]),
        ),
        (200, json!([ticket(json!({}))])),
        (200, json!([])),
    ]);
    let connector = account.connector(json!({}));
    let query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(KIM.to_string())));
    assert_eq!(found.records[0].id.0, "41");
    assert_eq!(found.own, None);
    // The customer is remembered.
    connector.look_up(&query).await.unwrap();
    let lines: Vec<_> = account
        .asked()
        .into_iter()
        .map(|asked| asked.line)
        .collect();
    let list = list_of(&format!("requester_id={KIM}"));
    assert_eq!(
        lines,
        [
            "GET /contacts?phone=+15550100100&per_page=100",
            "GET /contacts?mobile=+15550100100&per_page=100",
            &list,
            &list,
        ]
    );
}

#[tokio::test]
async fn numbers_are_tried_in_the_accounts_notations_and_in_e164_at_last() {
    let account = Account::new().await;
    account.answers([
        (200, json!([])),
        (200, json!([])),
        (
            200,
            json!([contact(KIM, json!({ "phone": "+12015550123" }))]),
        ),
        (200, json!([])),
    ]);
    let connector = account.connector(json!({ "phone_formats": ["national"] }));
    let mut query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    query.customer.as_mut().unwrap().phone = casewire_core::Phone::parse("+12015550123");
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(KIM.to_string())));
    let lines: Vec<_> = account
        .asked()
        .into_iter()
        .map(|asked| asked.line)
        .collect();
    assert_eq!(
        lines[..3],
        [
            "GET /contacts?phone=(201) 555-0123&per_page=100",
            "GET /contacts?mobile=(201) 555-0123&per_page=100",
            "GET /contacts?phone=+12015550123&per_page=100",
        ]
    );
}

#[tokio::test]
async fn an_address_or_external_id_alone_needs_no_look_for_the_contact() {
    let account = Account::new().await;
    let mut by_id = by_email();
    by_id.email = None;
    by_id.external_id = ExternalId::parse("c-7");
    for (identity, filter) in [
        (by_email(), "email=kim@example.com"),
        (by_id, "unique_external_id=c-7"),
    ] {
        account.answers([(200, json!([ticket(json!({}))]))]);
        let query = look_up("chat/1", identity, TraceSearch::OnTheWay);
        let found = account.connector(json!({})).look_up(&query).await.unwrap();
        assert_eq!(found.customer, Some(CustomerId(KIM.to_string())));
        assert_eq!(found.records.len(), 1);
        let [asked] = &account.asked()[..] else {
            panic!("one request expected");
        };
        assert_eq!(asked.line, list_of(filter));
        // `some-key:X`
        assert_eq!(asked.authorization, "Basic c29tZS1rZXk6WA==");
    }
}

#[tokio::test]
async fn an_address_that_freshdesk_does_not_know_is_nobody() {
    let account = Account::new().await;
    let unknown = json!({ "description": "Validation failed", "errors": [
        { "field": "email", "message": "There is no contact", "code": "invalid_value" } ] });
    for answer in [(400, unknown), (200, json!([]))] {
        account.answers([answer, (200, json!([]))]);
        let query = look_up("chat/1", by_email(), TraceSearch::Thorough);
        let found = account.connector(json!({})).look_up(&query).await.unwrap();
        assert_eq!(found, casewire_core::Found::default());
        account.asked();
    }
}

#[tokio::test]
async fn a_remembered_contact_that_is_gone_is_looked_for_again() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let known = |id| json!([contact(id, json!({ "phone": "+15550100100" }))]);
    let gone = json!({ "errors": [{ "field": "requester_id", "code": "invalid_value" }] });
    account.answers([
        (200, known(KIM)),
        (400, gone),
        (200, known(9)),
        (200, json!([])),
    ]);
    let query = look_up("call/1", by_phone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId("9".to_owned())));
    account.asked();
}

#[tokio::test]
async fn times_of_closing_are_asked_for_only_when_a_window_is_wanted() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let stats = json!({ "closed_at": null, "resolved_at": "2026-01-24T09:00:00Z" });
    account.answers([(
        200,
        json!([ticket(
            json!({ "status": 4, "stats": stats, "updated_at": "2026-02-01T00:00:00Z" })
        )]),
    )]);
    let mut query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
    query.records.as_mut().unwrap().closed_since = Some("2026-01-20T00:00:00Z".parse().unwrap());
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.records[0].state, RecordState::Resolved);
    let closed_at = found.records[0].closed_at.unwrap();
    assert_eq!(closed_at.to_string(), "2026-01-24T09:00:00Z");
    let asked = account.asked();
    assert_eq!(
        asked[0].line,
        format!("{}&include=stats", list_of("email=kim@example.com"))
    );
}

#[tokio::test]
async fn pages_are_read_up_to_the_one_with_an_open_ticket_or_all() {
    let account = Account::new().await;
    let page = |queue: &str| -> Value {
        let fields = json!({ "cf_queue_7": queue });
        (0..100)
            .map(|id| ticket(json!({ "id": id, "custom_fields": fields })))
            .collect()
    };
    let connector = account.connector(json!({}));
    let query = |trace| look_up("chat/1", by_email(), trace);
    account.answers([(200, page("14")), (200, page("13"))]);
    let found = connector
        .look_up(&query(TraceSearch::OnTheWay))
        .await
        .unwrap();
    assert_eq!(found.records.len(), 200);
    let asked = account.asked();
    assert!(asked[1].line.ends_with("&per_page=100&page=2"));
    // The customer's, and then the newest of all.
    account.answers([(200, page("13")), (200, json!([])), (200, json!([]))]);
    let found = connector.look_up(&query(TraceSearch::Thorough)).await;
    assert_eq!(found.unwrap().records.len(), 100);
    assert_eq!(account.asked().len(), 3);
}

#[tokio::test]
async fn a_sessions_own_ticket_is_found_by_its_field_and_read_with_its_notes() {
    let account = Account::new().await;
    let own = ticket(json!({ "custom_fields": fields(&["call/1", "call/2"]) }));
    let with_notes = |on: &[&str]| {
        ticket(json!({ "custom_fields": own["custom_fields"], "conversations": notes(on) }))
    };
    let connector = account.connector(json!({}));
    for trace in [TraceSearch::OnTheWay, TraceSearch::Thorough] {
        account.answers([
            (200, json!([ticket(json!({ "id": 42 })), own])),
            (200, with_notes(&["call/1"])),
        ]);
        let query = look_up("call/2", by_email(), trace);
        let own = connector.look_up(&query).await.unwrap().own.unwrap();
        assert_eq!(own.id.0, "41");
        assert!(own.trace.begins_with(&session("call/1")));
        assert!(
            !own.trace.has_session(&session("call/2")),
            "its note was never written"
        );
        assert_eq!(
            account.asked()[1].line,
            "GET /tickets/41?include=conversations,stats"
        );
    }
}

#[tokio::test]
async fn the_notes_of_a_long_ticket_are_read_whole() {
    let account = Account::new().await;
    let talk = |count: usize| vec![json!({ "body": "<p>Hi</p>", "private": false }); count];
    let sessions = json!({ "custom_fields": fields(&["call/1"]), "conversations": talk(10) });
    let mut last = talk(3);
    last.push(notes(&["call/1"])[0].clone());
    account.answers([
        (200, ticket(sessions)),
        (200, json!(talk(100))),
        (200, json!(last)),
    ]);
    let id = casewire_core::RecordId("41".to_owned());
    let record = account.connector(json!({})).read_record(&id).await.unwrap();
    assert!(record.unwrap().trace.has_session(&session("call/1")));
    let lines: Vec<_> = account
        .asked()
        .into_iter()
        .map(|asked| asked.line)
        .collect();
    assert_eq!(
        lines[1..],
        [
            "GET /tickets/41/conversations?per_page=100",
            "GET /tickets/41/conversations?per_page=100&page=2"
        ]
    );
}

#[tokio::test]
async fn a_withheld_callers_ticket_is_found_by_the_contact_it_made() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let query = |trace| LookUp {
        customer: None,
        records: None,
        ..look_up("call/1", by_email(), trace)
    };
    let found = connector
        .look_up(&query(TraceSearch::OnTheWay))
        .await
        .unwrap();
    assert_eq!(found, casewire_core::Found::default());
    account.answers([
        (200, json!([])),
        (
            200,
            json!([ticket(json!({ "custom_fields": fields(&["call/1"]) }))]),
        ),
        (
            200,
            ticket(
                json!({ "custom_fields": fields(&["call/1"]), "conversations": notes(&["call/1"]) }),
            ),
        ),
    ]);
    let found = connector.look_up(&query(TraceSearch::Thorough)).await;
    let own = found.unwrap().own.unwrap();
    assert!(own.trace.begins_with(&session("call/1")));
    let asked = account.asked();
    let own = format!("unique_external_id=casewire:{}", token("call/1"));
    assert_eq!(asked[0].line, list_of(&own));
    assert_eq!(
        asked[1].line,
        list_of("unique_external_id=casewire:anonymous")
    );
}

#[tokio::test]
async fn a_ticket_in_the_trash_the_spam_or_the_archive_is_gone() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let id = casewire_core::RecordId("41".to_owned());
    for answer in [
        (200, ticket(json!({ "deleted": true }))),
        (200, ticket(json!({ "spam": true }))),
        (404, Value::Null),
    ] {
        account.answers([answer]);
        assert_eq!(connector.read_record(&id).await.unwrap(), None);
        account.asked();
    }
}

#[tokio::test]
async fn an_address_that_is_no_account_is_told_from_a_ticket_that_is_gone() {
    let account = Account::new().await;
    account.answers([(404, Value::Null)]);
    let query = look_up("call/1", by_email(), TraceSearch::OnTheWay);
    let error = account.connector(json!({})).look_up(&query).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`domain`"), "{error}");
}
