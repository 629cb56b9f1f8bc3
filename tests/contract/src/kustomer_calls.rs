//! How many requests the Kustomer connector spends. What a process asks for once, the ids of the tags, is counted in a
//! test of its own.

use std::sync::Arc;

use casewire_core::{
    CrmConnector, CustomerId, LookUp, QueueId, Record, RecordCustomer, RecordState, TraceSearch,
    WantedRecords,
};

use crate::story::{
    append, by_email, given, kim, looks_up_and_appends, looks_up_and_creates, new_record,
    of_several, once, query,
};
use crate::vendor::{Sandboxed, Vendor as _, kustomer, kustomer_otherwise};

const BY_EMAIL: &str = "GET /v1/customers/email={email}";
const BY_PHONE: &str = "GET /v1/customers/phone={phone}";
const CONVERSATIONS: &str = "GET /v1/customers/{id}/conversations";
const CONVERSATION: &str = "GET /v1/conversations/{id}";
const NEW_CUSTOMER: &str = "POST /v1/customers";
const NEW_CONVERSATION: &str = "POST /v1/conversations";
const UPDATE: &str = "PUT /v1/conversations/{id}";
const MESSAGE: &str = "POST /v1/conversations/{id}/messages";
const NOTE: &str = "POST /v1/conversations/{id}/notes";

/// A connector that has written before, for another.
async fn warm(v: &Sandboxed) -> Arc<dyn CrmConnector> {
    let connector = v.connect();
    for number in [1, 2] {
        let new = new_record(&format!("call/{number}"), RecordCustomer::SharedAnonymous);
        connector.create_record(&new).await.unwrap();
    }
    connector
}

#[tokio::test]
async fn customer_without_conversations_takes_three() {
    let v = kustomer(0).await;
    let identity = by_email("kim@example.com");
    let customer = v.given_customer(&identity);
    let connector = warm(&v).await;
    let session = v.calls_of(async || {
        let found = connector.look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer, Some(customer.clone()));
        creates(&*connector, customer).await;
    });
    assert_eq!(session.await, once([BY_EMAIL, NEW_CONVERSATION, NOTE]));
}

#[tokio::test]
async fn customer_with_nothing_to_join_takes_four_and_three_when_nothing_may_be_joined() {
    let v = kustomer(0).await;
    let customer = v.given_customer(&kim());
    given(&v, &customer, RecordState::Closed);
    for (records, expected) in [
        (
            query(&kim()).records,
            once([BY_PHONE, CONVERSATIONS, NEW_CONVERSATION, NOTE]),
        ),
        (None, once([BY_PHONE, NEW_CONVERSATION, NOTE])),
    ] {
        let connector = warm(&v).await;
        let query = LookUp {
            records,
            ..query(&kim())
        };
        let session = v.calls_of(async || {
            connector.look_up(&query).await.unwrap();
            creates(&*connector, customer.clone()).await;
        });
        assert_eq!(session.await, expected);
        v.person_deletes(&v.records().pop().unwrap().id);
    }
}

#[tokio::test]
async fn new_customer_takes_four() {
    for (identity, look) in [(kim(), BY_PHONE), (by_email("kim@example.com"), BY_EMAIL)] {
        let v = kustomer(0).await;
        let connector = warm(&v).await;
        let session = v.calls_of(async || looks_up_and_creates(&*connector, &identity).await);
        assert_eq!(
            session.await,
            once([look, NEW_CUSTOMER, NEW_CONVERSATION, NOTE])
        );
    }
}

#[tokio::test]
async fn customer_with_open_conversation_takes_four_and_when_remembered_three() {
    let v = kustomer(0).await;
    given(&v, &v.given_customer(&kim()), RecordState::Open);
    let connector = warm(&v).await;
    let session = v.calls_of(async || looks_up_and_appends(&*connector, &kim()).await);
    let expected = once([BY_PHONE, CONVERSATIONS, UPDATE, NOTE]);
    assert_eq!(session.await, expected);

    let v = kustomer(0).await;
    given(&v, &v.given_customer(&kim()), RecordState::Open);
    let connector = warm(&v).await;
    connector.look_up(&query(&kim())).await.unwrap();
    let session = v.calls_of(async || looks_up_and_appends(&*connector, &kim()).await);
    assert_eq!(session.await, once([CONVERSATIONS, UPDATE, NOTE]));
}

#[tokio::test]
async fn joining_a_known_conversation_takes_two() {
    let v = kustomer(0).await;
    let (connector, record) = known(&v, RecordState::Open).await;
    let write = v.calls_of(async || {
        connector
            .append(&record, &append("call/987"))
            .await
            .unwrap();
    });
    assert_eq!(write.await, once([UPDATE, NOTE]));
}

/// Whether a note moves the revision is not documented. Where it does not, calls have messages here.
#[tokio::test]
async fn conversation_that_was_just_joined_takes_a_look_more_where_notes_move_its_revision() {
    for (v, later) in [
        (kustomer_otherwise(0).await, once([UPDATE, MESSAGE, NOTE])),
        (kustomer(0).await, once([CONVERSATION, UPDATE, NOTE])),
    ] {
        let (connector, mut record) = known(&v, RecordState::Open).await;
        for subject in ["call/987", "call/988"] {
            record = connector.append(&record, &append(subject)).await.unwrap();
        }
        for subject in ["call/989", "call/990"] {
            let what = append(subject);
            let mut written = None;
            let write = v.calls_of(async || {
                written = Some(connector.append(&record, &what).await.unwrap());
            });
            assert_eq!(write.await, later);
            record = written.unwrap();
        }
    }
}

#[tokio::test]
async fn status_tags_and_trace_of_several_sessions_are_one_and_each_note_another() {
    let v = kustomer(0).await;
    let (connector, record) = known(&v, RecordState::Resolved).await;
    let what = of_several();
    let write = v.calls_of(async || {
        connector.append(&record, &what).await.unwrap();
    });
    let mut expected = once([UPDATE, NOTE]);
    expected.insert(NOTE.to_owned(), 3);
    assert_eq!(write.await, expected);
    let records = v.records();
    let shown = records.iter().find(|shown| shown.id == record.id).unwrap();
    assert_eq!(shown.state, RecordState::Open);
    assert_eq!(shown.notes.len(), 3);
    assert!(shown.tags.contains(&"casewire".to_owned()));
}

#[tokio::test]
async fn closed_conversations_of_a_window_come_with_the_same_list() {
    let v = kustomer(0).await;
    let customer = v.given_customer(&kim());
    let id = given(&v, &customer, RecordState::Resolved);
    let connector = warm(&v).await;
    let wanted = LookUp {
        records: Some(WantedRecords {
            queue: QueueId(crate::story::QUEUE.into()),
            closed_since: Some(v.now() - 24 * crate::story::HOUR),
        }),
        trace: TraceSearch::OnTheWay,
        ..query(&kim())
    };
    let look = v.calls_of(async || {
        let found = connector.look_up(&wanted).await.unwrap();
        assert_eq!(found.records[0].id, id);
    });
    assert_eq!(look.await, once([BY_PHONE, CONVERSATIONS]));
}

#[tokio::test]
async fn ids_of_tags_are_asked_for_once_and_a_new_tag_is_added_by_name_once() {
    let v = kustomer(0).await;
    let customer = v.given_customer(&kim());
    let connector = v.connect();
    let (tags, tag) = ("GET /v1/tags", "POST /v1/conversations/{id}/tags");
    for (number, expected) in [
        (1, once([tags, NEW_CONVERSATION, tag, NOTE])),
        (2, once([NEW_CONVERSATION, NOTE])),
    ] {
        let new = new_record(
            &format!("call/{number}"),
            RecordCustomer::Known(customer.clone()),
        );
        let write = v.calls_of(async || {
            connector.create_record(&new).await.unwrap();
        });
        assert_eq!(write.await, expected);
    }
}

async fn creates(connector: &dyn CrmConnector, customer: CustomerId) {
    let new = new_record("call/987", RecordCustomer::Known(customer));
    connector.create_record(&new).await.unwrap();
}

/// Kim's record, as a connector that has written before has read it.
async fn known(v: &Sandboxed, state: RecordState) -> (Arc<dyn CrmConnector>, Record) {
    let id = given(v, &v.given_customer(&kim()), state);
    let connector = warm(v).await;
    let record = connector.read_record(&id).await.unwrap().unwrap();
    (connector, record)
}
