//! What is added to records.

use casewire_core::{Append, CrmConnector, ErrorKind, RecordCustomer, UserId};
use casewire_sandbox::Fault;
use casewire_sandbox::salesforce;
use serde_json::json;

use crate::org::Org;
use crate::story::{append, ended, kim, linked, new_record, ready};

#[tokio::test]
async fn a_note_is_added_although_a_person_moved_an_earlier_one() {
    let org = ready().await;
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let made = org.connector(json!({})).create_record(&new).await.unwrap();
    let joins = append("call/2", &[linked("Call 2")]);
    let salesforce = org.connector(json!({}));
    salesforce.append(&made, &joins).await.unwrap();
    let other = org.add("Case", json!({ "Subject": "Another" }));
    let task = org.row("SELECT Id FROM Task WHERE Subject = 'Call 2'");
    org.change(
        "Task",
        task["Id"].as_str().unwrap(),
        json!({ "WhatId": other }),
    );

    let salesforce = org.connector(json!({}));
    let record = salesforce.read_record(&made.id).await.unwrap().unwrap();
    let late = append("call/2", &[ended("Ended")]);
    let record = salesforce.append(&record, &late).await.unwrap();
    salesforce.append(&record, &late).await.unwrap();
    let on_it = format!(
        "SELECT Description FROM Task WHERE WhatId = '{}' ORDER BY CreatedDate ASC",
        made.id.0
    );
    assert_eq!(org.rows(&on_it).len(), 2);
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 3);
}

#[tokio::test]
async fn a_session_on_another_record_is_not_written_twice() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    let first = new_record("call/1", RecordCustomer::New(kim()));
    let first = salesforce.create_record(&first).await.unwrap();
    let second = new_record("call/2", RecordCustomer::Anonymous);
    let second = salesforce.create_record(&second).await.unwrap();
    let joins = append("call/3", &[linked("Call 3"), ended("Ended 3")]);
    salesforce.append(&first, &joins).await.unwrap();
    let error = salesforce.append(&second, &joins).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 4);
}

#[tokio::test]
async fn an_agent_who_left_takes_over_nothing() {
    let org = Org::made(salesforce::Org {
        inactive_users: vec!["ana@example.com".to_owned()],
        ..salesforce::Org::set_up()
    })
    .await;
    let salesforce = org.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let record = salesforce.create_record(&new).await.unwrap();
    let owned = org.row("SELECT OwnerId FROM Case");
    let joins = Append {
        owner: Some(UserId(org.user("ana@example.com"))),
        ..append("call/2", &[linked("Call 2")])
    };
    salesforce.append(&record, &joins).await.unwrap();
    assert_eq!(org.row("SELECT OwnerId FROM Case"), owned);
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 2);
}

#[tokio::test]
async fn a_row_that_another_holds_is_tried_again() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    org.sandbox.inject(Fault::LockRow);
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let record = salesforce.create_record(&new).await.unwrap();
    org.sandbox.inject(Fault::LockRow);
    let joins = append("call/2", &[linked("Call 2")]);
    salesforce.append(&record, &joins).await.unwrap();
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 2);

    org.sandbox.set_faults("lock=1".parse().unwrap());
    let late = append("call/2", &[ended("Ended")]);
    let error = salesforce.append(&record, &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_lost_answer_to_a_change_of_owner_writes_nothing_twice() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let record = salesforce.create_record(&new).await.unwrap();
    org.sandbox.inject(Fault::LostAnswer);
    let joins = Append {
        owner: Some(UserId(org.user("integration@example.com"))),
        ..append("call/2", &[linked("Call 2"), ended("Ended")])
    };
    salesforce.append(&record, &joins).await.unwrap();
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 3);
}
