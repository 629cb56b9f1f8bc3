//! What people change in the account while sessions are written.

use casewire_core::{
    Append, CrmConnector as _, CustomerId, CustomerIdentity, Email, ErrorKind, ExternalId, LookUp,
    NewRecord, RecordCustomer, StatusChange, TraceSearch, UserId,
};
use serde_json::{Value, json};

use crate::account::{
    Account, KIM, append, by_email, by_phone, contact, ended, fields, list_of, look_up, new_record,
    note, notes, ticket,
};

/// The list of anybody's tickets.
const NEWEST: &str = "GET /tickets?order_by=created_at&order_type=desc&per_page=100";

fn empty() -> (u16, Value) {
    (200, json!([]))
}

fn noted() -> (u16, Value) {
    (201, json!({ "id": 5 }))
}

fn refusal_of(field: &str) -> (u16, Value) {
    let error = json!({ "field": field, "message": "There is none", "code": "invalid_value" });
    (
        400,
        json!({ "description": "Validation failed", "errors": [error] }),
    )
}

/// A ticket of now that `call/1` is on.
fn own(id: u64) -> (Value, (u16, Value)) {
    let made = json!({ "id": id, "created_at": jiff::Timestamp::now().to_string(), "custom_fields": fields(&["call/1"]) });
    let listed = ticket(made);
    let mut whole = listed.clone();
    whole["conversations"] = notes(&["call/1"]);
    (listed, (200, whole))
}

#[tokio::test]
async fn a_ticket_given_to_another_requester_is_found_among_the_newest() {
    let account = Account::new().await;
    let (listed, whole) = own(41);
    let thorough = look_up("call/1", by_phone(), TraceSearch::Thorough);
    let anonymous = LookUp {
        customer: None,
        records: None,
        ..thorough.clone()
    };
    for query in [thorough, anonymous] {
        let connector = account.connector(json!({}));
        // Neither contact nor ticket, under any key.
        account.answers([empty(), empty()]);
        account.answers([
            (200, json!([ticket(json!({ "id": 42 })), listed])),
            whole.clone(),
        ]);
        let found = connector.look_up(&query).await.unwrap();
        assert_eq!(found.own.unwrap().id.0, "41");
        assert_eq!(account.asked()[2].line, NEWEST);
        // It is not made again.
        account.answers([whole.clone()]);
        let new = new_record("call/1", RecordCustomer::New(by_phone()));
        connector.create_record(&new).await.unwrap();
        account.asked();
    }
}

#[tokio::test]
async fn the_ticket_of_an_older_contact_with_the_same_number_is_found() {
    let account = Account::new().await;
    let number = json!({ "phone": "+15550100100" });
    let later = json!({ "mobile": "+15550100100", "created_at": "2026-01-25T01:14:06Z" });
    let (listed, whole) = own(41);
    let phones = (
        200,
        json!([
            contact(KIM, number.clone()),
            contact(
                9,
                json!({ "phone": "+15550100100", "created_at": "2026-01-25T01:14:06Z" })
            )
        ]),
    );
    let mobiles = (200, json!([contact(10, later.clone())]));
    account.answers([phones.clone(), empty(), phones, mobiles]);
    account.answers([(200, json!([listed])), whole]);
    let query = look_up("call/1", by_phone(), TraceSearch::Thorough);
    let found = account.connector(json!({})).look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId("9".to_owned())));
    assert_eq!(found.own.unwrap().id.0, "41");
    let asked = account.asked();
    assert_eq!(asked[1].line, list_of("requester_id=9"));
    assert_eq!(asked[4].line, list_of(&format!("requester_id={KIM}")));
}

#[tokio::test]
async fn a_customer_is_found_by_a_further_address_which_lists_do_not_show() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let listed = json!({ "email": "first@example.com" });
    let mut whole = contact(KIM, listed.clone());
    whole["other_emails"] = json!(["kim@example.com"]);
    let mut identity = by_email();
    identity.external_id = ExternalId::parse("c-7");
    account.answers([
        empty(),
        (200, json!([contact(KIM, listed.clone())])),
        (200, whole),
        empty(),
    ]);
    let query = look_up("chat/1", identity.clone(), TraceSearch::OnTheWay);
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(KIM.to_string())));
    assert_eq!(account.asked()[2].line, format!("GET /contacts/{KIM}"));
    // Somebody else is not taken for the customer, and many are not looked at.
    let mut other = contact(KIM, listed.clone());
    other["other_emails"] = json!([]);
    let many = json!([contact(1, listed.clone()), contact(2, listed.clone())]);
    for answers in [
        vec![empty(), (200, json!([contact(KIM, listed)])), (200, other)],
        vec![empty(), (200, many)],
    ] {
        account.answers(answers);
        let found = account.connector(json!({})).look_up(&query).await.unwrap();
        assert_eq!(found.customer, None);
        account.asked();
    }
}

#[tokio::test]
async fn an_address_that_freshdesk_takes_for_none_is_nobodys() {
    let account = Account::new().await;
    let mut identity = by_email();
    identity.external_id = ExternalId::parse("c-7");
    account.answers([empty(), refusal_of("email")]);
    let query = look_up("chat/1", identity, TraceSearch::OnTheWay);
    let found = account.connector(json!({})).look_up(&query).await.unwrap();
    assert_eq!(found.customer, None);
    account.asked();
}

#[tokio::test]
async fn a_filter_that_freshdesk_does_not_know_is_an_error() {
    let account = Account::new().await;
    let refusal = json!({ "errors": [{ "field": "email", "code": "invalid_field" }] });
    account.answers([(400, refusal)]);
    let query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
    let found = account.connector(json!({})).look_up(&query).await;
    assert_eq!(found.unwrap_err().kind(), ErrorKind::Config);
    account.asked();
}

#[tokio::test]
async fn each_session_of_a_customer_who_is_gone_is_decided_about_once_more() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let known = RecordCustomer::Known(CustomerId(KIM.to_string()));
    for kind in [ErrorKind::Conflict, ErrorKind::Rejected] {
        for subject in ["call/1", "call/2"] {
            account.answers([empty(), refusal_of("requester_id")]);
            let new = new_record(subject, known.clone());
            let error = connector.create_record(&new).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{subject}");
        }
    }
    account.asked();
}

#[tokio::test]
async fn a_contact_that_is_gone_and_whose_tickets_are_listed_still_is_made_anew() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let query = look_up("chat/1", by_email(), TraceSearch::OnTheWay);
    account.answers([(200, json!([ticket(json!({ "status": 5 }))]))]);
    let found = connector.look_up(&query).await.unwrap();
    let known = RecordCustomer::Known(found.customer.unwrap());
    account.answers([refusal_of("requester_id")]);
    let new = new_record("chat/1", known);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    account.asked();
    // Contacts that are gone are not among the contacts.
    account.answers([empty()]);
    let found = connector.look_up(&query).await.unwrap();
    assert_eq!(found.customer, None);
    assert_eq!(account.calls(), ["GET /contacts"]);
    account.answers([(201, own(41).0), noted()]);
    let new = new_record("chat/1", RecordCustomer::New(by_email()));
    connector.create_record(&new).await.unwrap();
    assert_eq!(account.asked()[0].body["email"], "kim@example.com");
}

#[tokio::test]
async fn an_agent_who_is_gone_is_looked_for_again() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let ana = Email::parse("ana@example.com").unwrap();
    let agent = json!([{ "id": 7, "contact": { "email": "ana@example.com" } }]);
    account.answers([(200, agent.clone())]);
    let owner = connector.find_user(&ana).await.unwrap();
    assert_eq!(owner, Some(UserId("7".to_owned())));
    let new = NewRecord {
        owner: owner.clone(),
        ..new_record("call/1", RecordCustomer::New(by_email()))
    };
    account.answers([empty(), refusal_of("responder_id"), empty()]);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(connector.find_user(&ana).await.unwrap(), None);
    account.asked();

    let connector = account.connector(json!({}));
    account.answers([(200, agent)]);
    connector.find_user(&ana).await.unwrap();
    let what = Append {
        owner,
        ..append("call/2", note("a"))
    };
    let now = ticket(json!({ "conversations": [] }));
    account.answers([(200, now)]);
    let id = casewire_core::RecordId("41".to_owned());
    let record = connector.read_record(&id).await.unwrap().unwrap();
    account.answers([refusal_of("responder_id"), empty()]);
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(connector.find_user(&ana).await.unwrap(), None);
    account.asked();
}

#[tokio::test]
async fn a_change_within_the_second_of_the_look_is_a_conflict() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "reread_after_seconds": 0 }));
    let id = casewire_core::RecordId("41".to_owned());
    account.answers([(200, ticket(json!({})))]);
    let record = connector.read_record(&id).await.unwrap().unwrap();
    account.asked();
    // Versions are whole seconds, and an automation is quicker.
    for change in [
        json!({ "status": 4 }),
        json!({ "requester_id": 9 }),
        json!({ "custom_fields": { "cf_queue_7": "14" } }),
    ] {
        account.answers([(200, ticket(change))]);
        let what = Append {
            status: StatusChange::Keep,
            ..append("call/2", note("a"))
        };
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(account.calls(), ["GET /tickets/41"]);
    }
}

#[tokio::test]
async fn tags_that_an_answer_leaves_out_are_not_replaced() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let without_tags = |changes: Value| {
        let mut ticket = ticket(changes);
        ticket.as_object_mut().unwrap().remove("tags");
        ticket
    };
    let what = |subject, tag: &str| Append {
        tags: vec![tag.to_owned()],
        ..append(subject, note("a"))
    };
    account.answers([(200, json!([without_tags(json!({}))]))]);
    let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
    let record = connector.look_up(&query).await.unwrap().records.remove(0);
    account.answers([(200, ticket(json!({})))]);
    let error = connector.append(&record, &what("call/2", "UJET")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    account.asked();
    // As it was read by its id it is known whole, and stays so.
    account.answers([(200, ticket(json!({})))]);
    let mut record = connector.read_record(&record.id).await.unwrap().unwrap();
    account.asked();
    for (subject, tag, tags) in [
        ("call/2", "UJET", json!(["VIP", "UJET"])),
        ("call/3", "later", json!(["VIP", "UJET", "later"])),
    ] {
        account.answers([(200, without_tags(json!({}))), noted()]);
        record = connector
            .append(&record, &what(subject, tag))
            .await
            .unwrap();
        assert_eq!(json!(record.tags), tags);
        assert_eq!(account.asked()[0].body["tags"], tags);
    }
}

#[tokio::test]
async fn people_who_change_a_ticket_after_the_look_lose_nothing() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "reread_after_seconds": 0 }));
    account.answers([(200, json!([ticket(json!({}))]))]);
    let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
    let record = connector.look_up(&query).await.unwrap().records.remove(0);
    account.asked();
    let tagged = json!({ "tags": ["VIP", "refund"], "updated_at": "2026-01-24T02:00:00Z" });
    account.answers([(200, ticket(tagged))]);
    let what = Append {
        tags: vec!["UJET".to_owned()],
        ..append("call/2", note("a"))
    };
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn the_same_later_note_is_one_whatever_was_looked_up_between() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let before = json!({ "custom_fields": fields(&["call/1"]) });
    let list = || (200, json!([ticket(before.clone())]));
    account.answers([list()]);
    let query = look_up("call/1000", by_email(), TraceSearch::OnTheWay);
    let record = connector.look_up(&query).await.unwrap().records.remove(0);
    let what = append("call/1", ended("Ended"));
    account.answers([noted()]);
    connector.append(&record, &what).await.unwrap();
    // The list shows neither the note nor, within the second, a change.
    account.answers([list()]);
    connector.look_up(&query).await.unwrap();
    account.asked();
    let mut whole = ticket(before.clone());
    let marker = format!(
        "<div>Ended<br>[casewire {} ended:1b2c3d]</div>",
        crate::account::token("call/1")
    );
    whole["conversations"] = json!([{ "private": true, "body": marker }]);
    account.answers([(200, whole)]);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(account.calls(), ["GET /tickets/41"]);
}

#[tokio::test]
async fn a_key_of_no_use_is_left_out_the_second_time() {
    let account = Account::new().await;
    let both = CustomerIdentity {
        email: by_email().email,
        ..by_phone()
    };
    let taken = json!({ "field": "unique_external_id", "message": "x", "code": "duplicate_value" });
    let taken = (409, json!({ "errors": [taken] }));
    for (identity, refusal, key) in [
        // Whose contact a person deleted, and so keeps the id that Casewire gave it.
        (by_phone(), taken, "unique_external_id"),
        (both, refusal_of("email"), "email"),
    ] {
        let connector = account.connector(json!({}));
        let look = look_up("call/1", identity.clone(), TraceSearch::OnTheWay);
        let nobody = |keys: usize| (0..keys).map(|_| empty());
        let keys = if identity.email.is_some() { 3 } else { 2 };
        account.answers(nobody(keys).chain([refusal]));
        connector.look_up(&look).await.unwrap();
        let new = new_record("call/1", RecordCustomer::New(identity));
        let error = connector.create_record(&new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(account.asked()[keys].body.get(key).is_some());
        account.answers(nobody(keys).chain([(201, own(41).0), noted()]));
        connector.look_up(&look).await.unwrap();
        connector.create_record(&new).await.unwrap();
        let body = &account.asked()[keys].body;
        assert_eq!(body.get(key), None);
        assert_eq!(body["phone"], "+15550100100");
    }
}
