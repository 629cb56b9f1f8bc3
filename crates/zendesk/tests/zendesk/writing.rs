//! Creating and appending.

use std::time::Duration;

use casewire_core::{
    CrmConnector, Email, ErrorKind, RecordCustomer, RecordId, RecordState, Severity, StatusChange,
    UserId,
};
use casewire_http::DefaultUser;
use casewire_sandbox::Fault;
use casewire_zendesk::{Zendesk, ZendeskConfig};
use http::Method;
use serde_json::json;

use crate::account::{Account, append, by_email, by_phone, new_record, session, texts};

#[tokio::test]
async fn the_same_new_record_makes_one_ticket() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let first = zendesk.create_record(&new).await.unwrap();
    account.tick();
    let second = zendesk.create_record(&new).await.unwrap();
    assert_eq!(first.id, second.id);
    // Another process knows neither the customer nor the ticket.
    let third = account.connector().create_record(&new).await.unwrap();
    assert_eq!(first.id, third.id);
    assert_eq!(account.records().len(), 1);
    assert_eq!(account.customers().len(), 1);
}

#[tokio::test]
async fn a_session_that_made_another_ticket_gets_that_one() {
    let (account, zendesk) = Account::ready().await;
    let mut new = new_record("call/1", RecordCustomer::New(by_email()));
    let first = zendesk.create_record(&new).await.unwrap();
    new.title = "Another title".to_owned();
    let second = zendesk.create_record(&new).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(account.records().len(), 1);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_makes_one_ticket() {
    let (account, zendesk) = Account::ready().await;
    account.sandbox.inject(Fault::LostAnswer);
    let new = new_record("chat/1", RecordCustomer::None);
    let (record, calls) = account.calls_of(zendesk.create_record(&new)).await;
    record.unwrap();
    let create = "POST /api/v2/tickets";
    assert_eq!(calls, ["GET /api/v2/tickets/{id}", create, create]);
    assert_eq!(account.records().len(), 1);
}

#[tokio::test]
async fn an_append_reopens_and_adds_tags_in_one_call() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let id = zendesk.create_record(&new).await.unwrap().id;
    account.control(
        Method::PATCH,
        &format!("records/{id}"),
        json!({ "state": "resolved", "tags": ["vip"] }),
    );
    let solved = zendesk.read_record(&id).await.unwrap().unwrap();
    assert_eq!(solved.state, RecordState::Resolved);
    let what = append("call/2", StatusChange::DefaultOpen);
    let (record, calls) = account.calls_of(zendesk.append(&solved, &what)).await;
    assert_eq!(calls, ["PUT /api/v2/tickets/{id}"]);
    let record = record.unwrap();
    assert_eq!(record.state, RecordState::Open);
    assert_eq!(record.tags, ["vip", "voice_inbound"]);
    let [stored] = &account.records()[..] else {
        panic!("one record expected");
    };
    assert_eq!(stored["status"], "open");
    assert_eq!(stored["sessions"], json!(["call/1", "call/2"]));
    assert_eq!(texts(stored)[1], "Grüße <b>\n\nanother & last line");
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_written_once() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    account.sandbox.inject(Fault::LostAnswer);
    let what = append("call/2", StatusChange::Keep);
    let (appended, calls) = account.calls_of(zendesk.append(&record, &what)).await;
    assert!(appended.unwrap().trace.has_session(&session("call/2")));
    assert_eq!(
        calls,
        ["GET /api/v2/tickets/{id}", "PUT /api/v2/tickets/{id}"]
    );
    assert_eq!(texts(&account.records()[0]).len(), 2);
}

#[tokio::test]
async fn several_sessions_are_one_comment_of_one_update() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    let mut what = append("call/2", StatusChange::Keep);
    for subject in ["call/3", "call/1"] {
        what.sessions
            .extend(append(subject, StatusChange::Keep).sessions);
    }
    let (record, calls) = account.calls_of(zendesk.append(&record, &what)).await;
    assert_eq!(calls, ["PUT /api/v2/tickets/{id}"]);
    let [stored] = &account.records()[..] else {
        panic!("one record expected");
    };
    assert_eq!(stored["sessions"], json!(["call/1", "call/2", "call/3"]));
    let notes = stored["notes"].as_array().unwrap();
    let of: Vec<_> = notes.iter().map(|note| &note["session"]).collect();
    // The note of the first call was there.
    assert_eq!(of, ["call/1", "call/2", "call/3"]);
    let id = record.unwrap().id;
    let shown = account.shown(&format!("tickets/{id}/comments"));
    assert_eq!(shown["comments"].as_array().unwrap().len(), 2);
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn a_refused_append_of_several_sessions_tells_which() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    account.tick();
    let id = &record.id;
    account.control(
        Method::PATCH,
        &format!("records/{id}"),
        json!({ "tags": ["vip"] }),
    );
    let mut what = append("call/2", StatusChange::Keep);
    let other = append("call/3", StatusChange::Keep);
    what.sessions.extend(other.sessions.clone());
    // One of the two is written by somebody else meanwhile: that does not make both written.
    let now = zendesk.read_record(id).await.unwrap().unwrap();
    zendesk.append(&now, &other).await.unwrap();
    let error = account
        .connector()
        .append(&record, &what)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.message(),
        format!(
            "appending sessions call/2, call/3 to ticket {id}: the ticket changed since it was read"
        )
    );
    assert_eq!(texts(&account.records()[0]).len(), 2);
}

#[tokio::test]
async fn the_same_append_is_written_once_even_within_a_second() {
    let (account, zendesk) = Account::ready().await;
    let now = "2026-01-24T01:14:06Z".parse().unwrap();
    account.sandbox.freeze(now);
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    let what = append("call/2", StatusChange::Keep);
    let first = zendesk.append(&record, &what).await.unwrap();
    assert_eq!(first.version, record.version);
    let second = zendesk.append(&record, &what).await.unwrap();
    assert_eq!(first, second);
    account.sandbox.advance(Duration::from_secs(5));
    let (third, calls) = account.calls_of(zendesk.append(&first, &what)).await;
    assert_eq!(third.unwrap(), first);
    assert_eq!(calls, [""; 0]);
    assert_eq!(texts(&account.records()[0]).len(), 2);
}

#[tokio::test]
async fn a_ticket_that_changed_meanwhile_is_a_conflict() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    account.tick();
    account.control(
        Method::PATCH,
        &format!("records/{}", record.id),
        json!({ "tags": ["vip"] }),
    );
    let what = append("call/2", StatusChange::Keep);
    let error = zendesk.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(texts(&account.records()[0]).len(), 1);
    assert_eq!(account.records()[0]["tags"], json!(["vip"]));
}

#[tokio::test]
async fn r11_a_closed_ticket_refuses_appends_and_gets_a_linked_follow_up() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let id = zendesk.create_record(&new).await.unwrap().id;
    account.control(
        Method::PATCH,
        &format!("records/{id}"),
        json!({ "state": "closed", "tags": ["vip"] }),
    );
    let closed = zendesk.read_record(&id).await.unwrap().unwrap();
    let what = append("call/2", StatusChange::DefaultOpen);
    let error = zendesk.append(&closed, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");

    let mut follow_up = new_record("call/2", RecordCustomer::Known(closed.customer.unwrap()));
    follow_up.follow_up_of = Some(id.clone());
    let (record, calls) = account.calls_of(zendesk.create_record(&follow_up)).await;
    assert_eq!(calls, ["GET /api/v2/tickets/{id}", "POST /api/v2/tickets"]);
    assert_eq!(record.unwrap().tags, ["vip", "voice_inbound"]);
    let records = account.records();
    let stored = records
        .iter()
        .find(|record| record["sessions"] == json!(["call/2"]));
    assert_eq!(stored.unwrap()["follow_up_of"], json!(id.0));
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn a_ticket_that_is_gone_is_not_found() {
    let (_account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::None);
    let mut record = zendesk.create_record(&new).await.unwrap();
    record.id.0 = "424242".to_owned();
    assert_eq!(zendesk.read_record(&record.id).await.unwrap(), None);
    let what = append("call/2", StatusChange::Keep);
    let error = zendesk.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn c7_no_comment_is_public() {
    let (account, zendesk) = Account::ready().await;
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let record = zendesk.create_record(&new).await.unwrap();
    let what = append("call/2", StatusChange::Keep);
    zendesk.append(&record, &what).await.unwrap();
    let shown = account.shown(&format!("tickets/{}/comments", record.id));
    let comments = shown["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 2);
    for comment in comments {
        assert_eq!(comment["public"], false);
    }
}

#[tokio::test]
async fn r16_the_owner_is_the_assignee() {
    let (account, zendesk) = Account::ready().await;
    for name in ["ana", "ben"] {
        let email = format!("{name}@example.com");
        account.add_customer(json!({ "email": email, "name": name, "role": "agent" }));
    }
    let find = async |text| {
        let email = Email::parse(text).unwrap();
        zendesk.find_user(&email).await.unwrap().unwrap()
    };
    let (ana, ben) = (find("ana@example.com").await, find("ben@example.com").await);
    let assignee = |id: &casewire_core::RecordId| {
        let shown = account.shown(&format!("tickets/{id}"));
        UserId(shown["ticket"]["assignee_id"].to_string())
    };
    let mut new = new_record("call/1", RecordCustomer::New(by_phone()));
    new.owner = Some(ana.clone());
    let record = zendesk.create_record(&new).await.unwrap();
    assert_eq!(assignee(&record.id), ana);
    let mut what = append("call/1", StatusChange::Keep);
    what.sessions[0].notes.clear();
    what.owner = Some(ben.clone());
    zendesk.append(&record, &what).await.unwrap();
    assert_eq!(assignee(&record.id), ben);
    new.owner = Some(UserId("ana".to_owned()));
    let error = zendesk.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}

#[tokio::test]
async fn a_ticket_can_reopen_into_a_custom_status() {
    let (account, _) = Account::ready().await;
    let shown = account.shown("custom_statuses");
    let statuses = shown["custom_statuses"].as_array().unwrap();
    let open = statuses
        .iter()
        .find(|status| status["status_category"] == "open");
    let zendesk = Zendesk::new(ZendeskConfig {
        reopen_custom_status_id: open.unwrap()["id"].as_u64(),
        ..account.config()
    })
    .unwrap();
    let findings = zendesk.check().await.unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Fine)
    );
    let new = new_record("call/1", RecordCustomer::New(by_phone()));
    let id = zendesk.create_record(&new).await.unwrap().id;
    account.control(
        Method::PATCH,
        &format!("records/{id}"),
        json!({ "state": "resolved" }),
    );
    let solved = zendesk.read_record(&id).await.unwrap().unwrap();
    let what = append("call/2", StatusChange::DefaultOpen);
    let record = zendesk.append(&solved, &what).await.unwrap();
    assert_eq!(record.state, RecordState::Open);
    let shown = account.shown(&format!("tickets/{id}"));
    assert_eq!(shown["ticket"]["custom_status_id"], open.unwrap()["id"]);
}

#[tokio::test]
async fn no_error_tells_of_the_customer() {
    let (account, zendesk) = Account::ready().await;
    account.add_customer(
        json!({ "email": "kim@example.com", "external_id": "casewire:tel:+15550100100" }),
    );
    account.sandbox.set_faults("unavailable=1".parse().unwrap());
    let mut new = new_record("call/1", RecordCustomer::New(by_phone()));
    new.notes[0].text = "private words".to_owned();
    let unavailable = zendesk.create_record(&new).await.unwrap_err();
    assert_eq!(unavailable.kind(), ErrorKind::Unavailable, "{unavailable}");
    account.sandbox.set_faults("".parse().unwrap());
    new.title = String::new();
    new.tags.clear();
    new.owner = Some(UserId("9999999".to_owned()));
    let refused = zendesk.create_record(&new).await.unwrap_err();
    for error in [unavailable, refused] {
        let shown = format!("{error} {error:?}");
        for private in ["5550100100", "kim@", "private words"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_record_without_an_agent_goes_to_the_default_user() {
    let (account, _) = Account::ready().await;
    account.add_customer(json!({ "email": "desk@example.com", "name": "Desk", "role": "agent" }));
    let email = Email::parse("desk@example.com").unwrap();
    let zendesk = Zendesk::new(ZendeskConfig {
        default_user: Some(DefaultUser::Email(email.clone())),
        ..account.config()
    })
    .unwrap();
    let desk = zendesk.find_user(&email).await.unwrap().unwrap();
    let record = zendesk
        .create_record(&new_record("call/7", RecordCustomer::None))
        .await
        .unwrap();
    let ticket = account.shown(&format!("tickets/{}", record.id));
    assert_eq!(ticket["ticket"]["assignee_id"].to_string(), desk.0);
}

#[tokio::test]
async fn r11_a_follow_up_of_a_ticket_that_is_gone_is_decided_again() {
    let (account, zendesk) = Account::ready().await;
    let mut follow_up = new_record("call/2", RecordCustomer::None);
    follow_up.follow_up_of = Some(RecordId("4711".to_owned()));
    let error = zendesk.create_record(&follow_up).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(account.records().len(), 0);
}
