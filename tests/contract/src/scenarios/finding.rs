//! Finding and reading.

use casewire_core::{
    CustomerIdentity, Email, Record, RecordCustomer, RecordId, RecordState, TraceSearch,
    WantedRecords,
};

use crate::story::{
    HOUR, MINUTE, QUEUE, agent, append, but_version, by_email, by_external_id, given, kim,
    new_record, query, thoroughly,
};
use crate::vendor::{GivenRecord, Vendor};

type V = Box<dyn Vendor>;

pub(crate) async fn c1_created_record_is_read_by_id_while_the_index_lags(v: V) {
    v.given_index_lag(HOUR);
    let new = new_record("call/987", RecordCustomer::New(kim()));
    let created = v.connect().create_record(&new).await.unwrap();
    let read = v.connect().read_record(&created.id).await.unwrap().unwrap();
    assert_eq!(but_version(&read), but_version(&created));
    assert_eq!(read.queue, new.queue);
    assert_eq!(read.state, RecordState::Open);
    assert!(read.trace.begins_with(&new.session));
    // Whichever version is told: it is one that can be written to.
    let append = append("call/988");
    let written = v.connect().append(&created, &append).await.unwrap();
    assert!(append.is_repeat(&written.trace));
}

pub(crate) async fn c1_created_record_is_found_when_the_index_has_caught_up(v: V) {
    v.given_index_lag(MINUTE);
    let new = new_record("call/987", RecordCustomer::New(kim()));
    let created = v.connect().create_record(&new).await.unwrap();
    v.pass(2 * MINUTE);
    let found = v.connect().look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.customer, created.customer);
    assert_eq!(found.records.len(), 1);
    assert_eq!(but_version(&found.records[0]), but_version(&created));
}

pub(crate) async fn c2_unknown_customer_is_none(v: V) {
    v.given_customer(&by_email("kim.other@example.com"));
    for identity in [kim(), by_email("kim@example.com"), by_external_id("c-7")] {
        let found = v.connect().look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer, None);
        assert_eq!(found.records, []);
    }
}

pub(crate) async fn c2_customer_is_found_by_each_key(v: V) {
    let customer = v.given_customer(&CustomerIdentity {
        email: Email::parse("kim@example.com"),
        external_id: by_external_id("c-7").external_id,
        ..kim()
    });
    let record = given(&*v, &customer, RecordState::Open);
    for identity in [kim(), by_email("Kim@Example.com"), by_external_id("c-7")] {
        let found = v.connect().look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer.as_ref(), Some(&customer));
        assert_eq!(found.records[0].id, record);
        assert_eq!(found.own, None);
    }
}

pub(crate) async fn c2_of_two_customers_the_one_created_last_counts(v: V) {
    v.given_customer(&kim());
    v.pass(MINUTE);
    let last = v.given_customer(&kim());
    let found = v.connect().look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.customer, Some(last));
}

pub(crate) async fn c2_unknown_record_is_none(v: V) {
    let read = v.connect().read_record(&RecordId("4711".to_owned())).await;
    assert_eq!(read.unwrap(), None);
}

pub(crate) async fn c2_agent_is_found_by_address_and_an_unknown_one_is_none(v: V) {
    let connector = v.connect();
    assert_eq!(connector.find_user(&agent()).await.unwrap(), None);
    let user = v.given_user(&agent());
    // A connector may remember for a while whom it did not find.
    let connector = v.connect();
    assert_eq!(connector.find_user(&agent()).await.unwrap(), Some(user));
}

pub(crate) async fn c5_session_is_found_after_its_number_went_to_another_customer(v: V) {
    let both = CustomerIdentity {
        email: Email::parse("kim@example.com"),
        ..kim()
    };
    let customer = v.given_customer(&by_email("kim@example.com"));
    let connector = v.connect();
    let new = new_record("call/987", RecordCustomer::Known(customer));
    let made = connector.create_record(&new).await.unwrap();
    let joined = connector.append(&made, &append("call/988")).await.unwrap();
    v.pass(MINUTE);
    let other = v.given_customer(&kim());
    given(&*v, &other, RecordState::Open);
    for subject in ["call/987", "call/988"] {
        let found = thoroughly(&*v.connect(), subject, &both).await;
        assert_eq!(found.own.unwrap().id, joined.id);
    }
}

pub(crate) async fn c3_records_are_found_across_all_pages(v: V) {
    let customer = v.given_customer(&kim());
    let mut wanted = Vec::new();
    for number in 0..150_u32 {
        // All of the wanted queue are resolved, and the one created first was closed last: only all of them tell.
        let queue = if number % 5 == 4 { "14" } else { QUEUE };
        let id = v.given_record(&GivenRecord {
            customer: &customer,
            queue,
            state: RecordState::Resolved,
            created_at: v.now() - 10 * HOUR + number * MINUTE,
            closed_at: Some(v.now() - (number + 1) * MINUTE),
            tags: &[],
        });
        if queue == QUEUE {
            wanted.push(id);
        }
    }
    let mut query = query(&kim());
    query.records = Some(WantedRecords {
        closed_since: Some(v.now() - 24 * HOUR),
        ..query.records.unwrap()
    });
    let found = v.connect().look_up(&query).await.unwrap();
    let in_queue = |record: &Record| {
        record
            .queue
            .as_ref()
            .is_some_and(|queue| *queue.0 == *QUEUE)
    };
    let found = found.records.into_iter().filter(in_queue);
    let mut found: Vec<_> = found.map(|record| record.id).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

pub(crate) async fn c3_resolved_record_is_found_with_its_time(v: V) {
    let customer = v.given_customer(&kim());
    let id = given(&*v, &customer, RecordState::Resolved);
    let mut wanted = query(&kim());
    wanted.records = Some(WantedRecords {
        closed_since: Some(v.now() - 24 * HOUR),
        ..wanted.records.unwrap()
    });
    for trace in [TraceSearch::OnTheWay, TraceSearch::Thorough] {
        wanted.trace = trace;
        let found = v.connect().look_up(&wanted).await.unwrap();
        assert_eq!(found.records[0].id, id);
        assert_eq!(found.records[0].state, RecordState::Resolved);
        let closed_at = found.records[0].closed_at.unwrap();
        assert_eq!(closed_at.as_second(), (v.now() - MINUTE).as_second());
    }
}
