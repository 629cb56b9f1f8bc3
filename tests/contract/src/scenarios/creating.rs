//! Making records.

use casewire_core::{
    ErrorKind, LookUp, NewRecord, QueueId, RecordCustomer, RecordState, TraceSearch,
};

use crate::story::{
    HOUR, MINUTE, agent, but_version, by_email, by_external_id, ended, given, kim, new_record,
    note, only, query, session, thoroughly,
};
use crate::vendor::{Often, Trouble, Vendor};

type V = Box<dyn Vendor>;

pub(crate) async fn c4_new_record_has_all_that_was_given(v: V) {
    let owner = v.given_user(&agent());
    let connector = v.connect();
    for (identity, address) in [
        (kim(), "+15550100100"),
        (by_email("kim@example.com"), "kim@example.com"),
        (by_external_id("c-7"), "c-7"),
    ] {
        let new = NewRecord {
            owner: Some(owner.clone()),
            notes: vec![note("first"), ended("second")],
            ..new_record(
                &format!("call/{address}").replace('@', "-"),
                RecordCustomer::New(identity),
            )
        };
        let created = connector.create_record(&new).await.unwrap();
        let shown = v.records().pop().unwrap();
        assert_eq!(shown.id, created.id);
        assert_eq!(shown.title, new.title);
        assert_eq!(shown.state, RecordState::Open);
        assert_eq!(shown.queue, new.queue);
        assert_eq!(shown.customer.as_deref(), Some(address));
        assert_eq!(shown.tags, v.kept_tags(&["casewire"]));
        assert_eq!(shown.sessions, [new.session.to_string()]);
        assert_eq!(shown.owner, new.owner);
        assert_eq!(shown.follow_up_of, None);
        let notes: Vec<_> = shown
            .notes
            .iter()
            .map(|note| (&*note.kind, &*note.text))
            .collect();
        assert_eq!(notes, [("linked", "first"), ("ended", "second")]);
    }
}

pub(crate) async fn c4_unavailable_crm_makes_no_record(v: V) {
    let connector = v.connect();
    let new = new_record("call/987", RecordCustomer::New(kim()));
    v.given(Trouble::Unavailable, Often::Always);
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(v.records(), []);
    v.given_calm();
    connector.create_record(&new).await.unwrap();
    assert_eq!(only(&*v).sessions, ["call/987"]);
}

pub(crate) async fn c5_created_record_with_lost_answer_is_found_by_its_trace(v: V) {
    let customer = v.given_customer(&kim());
    v.given_index_lag(HOUR);
    let new = new_record("call/987", RecordCustomer::Known(customer));
    v.given(Trouble::AnswerLost, Often::Always);
    let error = v.connect().create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    v.given_calm();
    let found = thoroughly(&*v.connect(), "call/987", &kim()).await;
    assert_eq!(found.own.unwrap().id, only(&*v).id);
    let found = thoroughly(&*v.connect(), "call/988", &kim()).await;
    assert_eq!(found.own, None);
}

pub(crate) async fn c5_created_record_is_found_without_its_customer(v: V) {
    v.given_index_lag(HOUR);
    let new = new_record("call/987", RecordCustomer::Anonymous);
    v.connect().create_record(&new).await.unwrap();
    let mut query = LookUp {
        session: new.session,
        customer: None,
        records: None,
        trace: TraceSearch::Thorough,
    };
    let found = v.connect().look_up(&query).await.unwrap();
    assert_eq!(found.own.unwrap().id, only(&*v).id);
    query.session = session("call/988");
    let found = v.connect().look_up(&query).await.unwrap();
    assert_eq!(found.own, None);
}

pub(crate) async fn c6_same_new_record_makes_one(v: V) {
    let connector = v.connect();
    let new = new_record("call/987", RecordCustomer::New(kim()));
    let first = connector.create_record(&new).await.unwrap();
    let second = connector.create_record(&new).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c6_same_new_record_after_a_restart_makes_one(v: V) {
    v.given_index_lag(HOUR);
    for customer in [RecordCustomer::New(kim()), RecordCustomer::Anonymous] {
        let subject = match customer {
            RecordCustomer::Anonymous => "call/988",
            _ => "call/987",
        };
        let new = new_record(subject, customer);
        let first = v.connect().create_record(&new).await.unwrap();
        v.pass(MINUTE);
        let second = v.connect().create_record(&new).await.unwrap();
        assert_eq!(first.id, second.id);
    }
    assert_eq!(v.records().len(), 2);
    assert_eq!(v.customers(), 2);
}

pub(crate) async fn c6_new_customer_is_created_once_while_the_index_lags(v: V) {
    v.given_index_lag(HOUR);
    for (number, identity) in [kim(), by_email("lee@example.com"), by_external_id("c-7")]
        .into_iter()
        .enumerate()
    {
        let mut made = Vec::new();
        for queue in ["13", "14"] {
            let subject = format!("call/{number}{queue}");
            let mut new = new_record(&subject, RecordCustomer::New(identity.clone()));
            new.queue = Some(QueueId(queue.into()));
            made.push(v.connect().create_record(&new).await.unwrap().customer);
        }
        assert_eq!(made[0], made[1]);
        assert_eq!(v.customers(), number + 1);
    }
}

pub(crate) async fn c6_anonymous_callers_are_apart_or_one(v: V) {
    let connector = v.connect();
    let mut made = Vec::new();
    for (subject, customer) in [
        ("call/1", RecordCustomer::SharedAnonymous),
        ("call/2", RecordCustomer::SharedAnonymous),
        ("call/3", RecordCustomer::Anonymous),
        ("call/4", RecordCustomer::Anonymous),
    ] {
        let new = new_record(subject, customer);
        made.push(
            connector
                .create_record(&new)
                .await
                .unwrap()
                .customer
                .unwrap(),
        );
    }
    assert_eq!(made[0], made[1]);
    assert_ne!(made[1], made[2]);
    assert_ne!(made[2], made[3]);
    let none = new_record("call/5", RecordCustomer::None);
    let answer = connector.create_record(&none).await;
    if connector.profile().record_without_customer {
        answer.unwrap();
        assert_eq!(v.records().pop().unwrap().customer, None);
    } else {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Rejected);
        assert_eq!(v.records().len(), 4);
    }
    assert_eq!(v.customers(), 3);
}

pub(crate) async fn c8_closed_record_is_followed_up(v: V) {
    let customer = v.given_customer(&kim());
    let closed = given(&*v, &customer, RecordState::Closed);
    let new = NewRecord {
        follow_up_of: Some(closed.clone()),
        ..new_record("call/987", RecordCustomer::Known(customer.clone()))
    };
    let created = v.connect().create_record(&new).await.unwrap();
    assert_ne!(created.id, closed);
    let shown = v.records().pop().unwrap();
    assert_eq!(shown.follow_up_of, Some(closed));
    assert_eq!(shown.queue, new.queue);
    for tag in v.kept_tags(&["casewire"]) {
        assert!(shown.tags.contains(&tag), "{:?}", shown.tags);
    }
    let found = v.connect().look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.customer, Some(customer));
    let mut records = found.records.iter().map(but_version);
    assert!(records.any(|record| record == but_version(&created)));
}
