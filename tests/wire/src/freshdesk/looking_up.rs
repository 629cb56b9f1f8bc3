//! Requests of look-ups.

use casewire_core::{
    CrmConnector as _, CustomerIdentity, Email, ExternalId, LookUp, Phone, QueueId, RecordState,
    Trace, TraceSearch, WantedRecords,
};
use serde_json::{Value, json};

use super::account::{
    GOLDEN, KIM, ana, connector, connector_with, exchange, id, kim, like, nothing, play,
};
use crate::script::{answered, json};
use crate::story::{by_email, by_phone, records_of, session, who};

fn by_external_id() -> CustomerIdentity {
    CustomerIdentity {
        external_id: ExternalId::parse("c-7"),
        ..CustomerIdentity::default()
    }
}

#[tokio::test]
async fn finds_the_customer_created_last_by_phone() {
    let script = play([exchange("contacts_by_phone")]).await;
    let found = connector(&script).look_up(&who(by_phone())).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn finds_a_customer_by_mobile() {
    let script = play([nothing("contacts_by_phone"), exchange("contacts_by_mobile")]).await;
    let found = connector(&script).look_up(&who(by_phone())).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn tries_the_notations_of_the_config_before_e164() {
    let stored = CustomerIdentity {
        phone: Phone::parse("+12015550123"),
        ..CustomerIdentity::default()
    };
    let script = play([
        nothing("contacts_by_national_phone"),
        nothing("contacts_by_national_mobile"),
        nothing("contacts_by_e164_phone"),
        nothing("contacts_by_e164_mobile"),
    ])
    .await;
    let connector = connector_with(&script, json!({ "phone_formats": ["national"] }));
    let found = connector.look_up(&who(stored)).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, None);
}

#[tokio::test]
async fn finds_a_customer_with_several_keys_by_one_after_the_other() {
    let customer = CustomerIdentity {
        email: by_email().email,
        external_id: by_external_id().external_id,
        ..by_phone()
    };
    let script = play([
        nothing("contacts_by_external_id"),
        nothing("contacts_by_phone"),
        nothing("contacts_by_mobile"),
        like("contacts_by_email", "contacts_by_phone"),
    ])
    .await;
    let found = connector(&script).look_up(&who(customer)).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer, Some(kim()));
}

#[tokio::test]
async fn lists_the_tickets_of_an_address_or_external_id_at_once() {
    for (request, customer) in [
        ("tickets_by_email", by_email()),
        ("tickets_by_external_id", by_external_id()),
    ] {
        let script = play([like(request, "tickets_of_requester")]).await;
        let found = connector(&script)
            .look_up(&records_of(customer))
            .await
            .unwrap();
        script.assert_played().await;
        assert_eq!(found.customer, Some(kim()));
        assert_eq!(found.records.len(), 3);
    }
}

#[tokio::test]
async fn lists_a_customers_tickets() {
    let exchanges = ["contacts_by_phone", "tickets_of_requester"].map(exchange);
    let script = play(exchanges).await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    let [resolved, open, waiting] = &found.records[..] else {
        panic!("{:#?}", found.records);
    };
    assert_eq!(resolved.state, RecordState::Resolved);
    assert_eq!(open.id, id("41"));
    assert_eq!(open.state, RecordState::Open);
    assert_eq!(open.queue, Some(QueueId("13".into())));
    assert_eq!(open.trace, Trace::parse("call/986@aaaaaa"));
    assert_eq!(waiting.state, RecordState::Open);
    assert_eq!(waiting.queue, Some(QueueId("14".into())));
    assert_eq!(found.own, None);
}

#[tokio::test]
async fn asks_when_a_ticket_was_resolved() {
    let script = play([
        exchange("contacts_by_phone"),
        like("tickets_of_requester_with_stats", "tickets_of_requester"),
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
    let closed_at = found.records[0].closed_at.unwrap();
    assert_eq!(closed_at.to_string(), "2026-01-26T09:00:00Z");
}

#[tokio::test]
async fn lists_the_next_page() {
    let mut other = GOLDEN.answer_body("tickets_of_requester")[2].take();
    let hundred: Value = (0..100)
        .map(|number| {
            other["id"] = json!(1_000 + number);
            other.clone()
        })
        .collect();
    let script = play([
        exchange("contacts_by_phone"),
        answered("tickets_of_requester", json(200, hundred)),
        like("tickets_of_requester_next_page", "tickets_of_requester"),
    ])
    .await;
    let found = connector(&script)
        .look_up(&records_of(by_phone()))
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.records.len(), 103);
}

#[tokio::test]
async fn finds_the_sessions_own_ticket_by_its_field_and_reads_its_notes() {
    let mut list = GOLDEN.answer_body("tickets_of_requester");
    list[1]["custom_fields"]["cf_casewire_sessions_297457"] =
        json!("call/986@aaaaaa call/987@e0e480");
    let mut whole = GOLDEN.answer_body("ticket_show");
    whole["custom_fields"] = list[1]["custom_fields"].clone();
    let script = play([
        exchange("contacts_by_phone"),
        answered("tickets_of_requester", json(200, list)),
        answered("ticket_show", json(200, whole)),
    ])
    .await;
    let query = LookUp {
        trace: TraceSearch::Thorough,
        ..records_of(by_phone())
    };
    let found = connector(&script).look_up(&query).await.unwrap();
    script.assert_played().await;
    let own = found.own.unwrap();
    assert_eq!(own.id, id("41"));
    assert!(
        !own.trace.has_session(&session()),
        "only a reply, which a customer can write, speaks of it"
    );
}

#[tokio::test]
async fn reads_a_contact_whose_further_addresses_the_list_leaves_out() {
    let contact = |changes: Value| {
        let mut contact = GOLDEN.answer_body("contacts_by_phone")[0].take();
        for (key, value) in changes.as_object().unwrap() {
            contact[key] = value.clone();
        }
        contact
    };
    let listed = contact(json!({ "email": "first@example.com" }));
    let whole =
        contact(json!({ "email": "first@example.com", "other_emails": ["kim@example.com"] }));
    let customer = CustomerIdentity {
        email: by_email().email,
        ..by_external_id()
    };
    let expected = whole["id"].as_u64().unwrap().to_string();
    let script = play([
        nothing("contacts_by_external_id"),
        answered("contacts_by_email", json(200, json!([listed]))),
        answered("contact_show", json(200, whole)),
    ])
    .await;
    let found = connector(&script).look_up(&who(customer)).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.customer.unwrap().0, expected);
}

#[tokio::test]
async fn looks_for_a_withheld_caller_by_the_contact_that_it_made() {
    let script = play([
        nothing("tickets_of_anonymous"),
        nothing("tickets_of_shared_anonymous"),
        nothing("tickets_of_anybody"),
    ])
    .await;
    let query = LookUp {
        customer: None,
        records: None,
        trace: TraceSearch::Thorough,
        ..records_of(by_phone())
    };
    let found = connector(&script).look_up(&query).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.own, None);
}

#[tokio::test]
async fn reads_a_ticket() {
    let script = play([exchange("ticket_show")]).await;
    let read = connector(&script).read_record(&id("41")).await;
    script.assert_played().await;
    let read = read.unwrap().unwrap();
    assert_eq!(read.id, id("41"));
    assert_eq!(read.customer.unwrap().0, KIM.to_string());
    assert_eq!(read.queue, Some(QueueId("13".into())));
    assert_eq!(read.state, RecordState::Open);
    assert_eq!(read.created_at, "2026-01-24T01:14:06Z".parse().unwrap());
    assert_eq!(read.closed_at, None);
    assert_eq!(read.tags, ["VIP"]);
    assert!(read.version.is_some());
    assert!(read.trace.covers(&Trace::parse("call/986@aaaaaa")));
    assert!(!read.trace.has_session(&session()));
    assert!(read.url.unwrap().ends_with("/a/tickets/41"));
}

#[tokio::test]
async fn reads_all_notes_of_a_ticket_that_has_more_than_come_with_it() {
    let last = GOLDEN.answer_body("ticket_conversations");
    let first: Value = std::iter::repeat_n(last[0].clone(), 100).collect();
    let script = play([
        like("ticket_show", "ticket_show_long"),
        answered("ticket_conversations", json(200, first)),
        answered("ticket_conversations_next_page", json(200, last)),
    ])
    .await;
    let read = connector(&script).read_record(&id("41")).await;
    script.assert_played().await;
    let trace = read.unwrap().unwrap().trace;
    assert!(trace.covers(&Trace::parse("call/986@aaaaaa")));
}

#[tokio::test]
async fn a_ticket_that_is_closed_for_good_says_when() {
    let script = play([like("ticket_show_parent", "ticket_show_closed")]).await;
    let statuses = json!({ "statuses": { "resolved": [4], "closed": [5] } });
    let connector = connector_with(&script, statuses);
    let read = connector.read_record(&id("14")).await.unwrap().unwrap();
    script.assert_played().await;
    assert_eq!(read.state, RecordState::Closed);
    let closed_at = read.closed_at.unwrap();
    assert_eq!(closed_at, "2026-01-24T20:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn finds_an_agent_who_is_active() {
    let script = play([exchange("agents_by_email")]).await;
    let email = Email::parse("ana@example.com").unwrap();
    let user = connector(&script).find_user(&email).await.unwrap();
    script.assert_played().await;
    assert_eq!(user, Some(ana()));
}
