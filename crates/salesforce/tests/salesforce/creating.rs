//! New records.

use std::collections::BTreeSet;

use casewire_core::{
    CrmConnector, CustomerId, CustomerIdentity, ErrorKind, NewRecord, PersonName, RecordCustomer,
    UserId,
};
use casewire_sandbox::salesforce::{self, Permission};
use serde_json::json;

use crate::org::Org;
use crate::story::{
    by_email, by_external_id, by_phone, kim, new_of, new_record, query, query_of_customer, ready,
};

#[tokio::test]
async fn a_case_to_follow_up_that_was_deleted_is_not_found() {
    let org = ready().await;
    let salesforce = org.connector(json!({ "statuses": { "closed": ["Closed"] } }));
    let contact = org.contact("+15550100100");
    let closed = salesforce
        .create_record(&new_of("call/1", &contact))
        .await
        .unwrap();
    org.delete("Case", &closed.id.0);
    let follow_up = NewRecord {
        follow_up_of: Some(closed.id),
        ..new_of("call/2", &contact)
    };
    let error = salesforce.create_record(&follow_up).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_remembered_contact_that_was_deleted_is_looked_for_again() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    for round in ["call/1", "call/2"] {
        let contact = org.contact("+15550100100");
        let query = query_of_customer(&kim());
        salesforce.look_up(&query).await.unwrap();
        org.delete("Contact", &contact);
        let remembered = salesforce.look_up(&query).await.unwrap().customer.unwrap();
        let new = new_of(round, &remembered.0);
        let error = salesforce.create_record(&new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{round}: {error}");
        let found = salesforce.look_up(&query).await.unwrap();
        assert_eq!(found.customer, None, "{round}");
    }
    let new = new_record("call/3", RecordCustomer::New(kim()));
    salesforce.create_record(&new).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_beside_the_customer_is_told_at_once() {
    let org = ready().await;
    let salesforce = org.connector(json!({
        "record_values": { "RecordTypeId": "012000000000999AAA" },
    }));
    let contact = org.contact("+15550100100");
    let new = new_of("call/1", &contact);
    let error = salesforce.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
}

#[tokio::test]
async fn an_agent_who_left_owns_nothing_new() {
    let org = Org::made(salesforce::Org {
        inactive_users: vec!["ana@example.com".to_owned()],
        ..salesforce::Org::set_up()
    })
    .await;
    let left = org.user("ana@example.com");
    let integration = org.user("integration@example.com");
    let salesforce = org.connector(json!({ "default_user": "integration@example.com" }));
    let new = NewRecord {
        owner: Some(UserId(left.clone())),
        ..new_record("call/1", RecordCustomer::New(kim()))
    };
    salesforce.create_record(&new).await.unwrap();
    let case = org.row("SELECT OwnerId FROM Case");
    assert_eq!(case["OwnerId"], json!(integration));
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 1);

    let salesforce = org.connector(json!({ "default_user": left }));
    let new = new_record("call/2", RecordCustomer::Anonymous);
    salesforce.create_record(&new).await.unwrap();
    assert_eq!(org.rows("SELECT Id FROM Case").len(), 2);
}

#[tokio::test]
async fn an_address_that_salesforce_does_not_take_is_left_out() {
    let org = ready().await;
    for (number, address) in [
        "kim@localhost".to_owned(),
        format!("{}@example.com", "k".repeat(80)),
    ]
    .into_iter()
    .enumerate()
    {
        let identity = by_email(&address);
        let new = new_record(
            &format!("chat/{number}"),
            RecordCustomer::New(identity.clone()),
        );
        let made = org.connector(json!({})).create_record(&new).await.unwrap();
        let found = org.connector(json!({})).look_up(&query(&identity)).await;
        let found = found.unwrap();
        assert_eq!(found.customer, made.customer);
        assert_eq!(found.records.len(), 1);
    }
    let contacts = org.rows("SELECT Email FROM Contact WHERE Email != null");
    assert_eq!(contacts, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn texts_are_cut_to_what_salesforce_counts() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    let identity = CustomerIdentity {
        name: PersonName::parse(&format!("{0} {0}", "🙂a".repeat(79))),
        ..kim()
    };
    let mut new = new_record("call/1", RecordCustomer::New(identity));
    new.title = "🙂".repeat(255);
    new.notes[0].text = format!("{}@{{x}}", "🙂".repeat(31_990));
    salesforce.create_record(&new).await.unwrap();
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 1);
}

#[tokio::test]
async fn a_customer_is_remembered_by_nothing_that_is_anothers() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    let kim = new_record("call/1", RecordCustomer::New(by_external_id("c-7")));
    let kim = salesforce.create_record(&kim).await.unwrap();
    let lee = org.contact("+15550100100");
    let called = CustomerIdentity {
        external_id: by_external_id("c-7").external_id,
        ..by_phone("+15550100100")
    };
    // As if the look-up had been before either was there.
    let new = NewRecord {
        queue: None,
        ..new_record("call/2", RecordCustomer::New(called))
    };
    let made = salesforce.create_record(&new).await.unwrap();
    assert_eq!(made.customer, kim.customer);
    let query = query_of_customer(&by_phone("+15550100100"));
    let found = salesforce.look_up(&query).await.unwrap();
    assert_eq!(found.customer, Some(CustomerId(lee)));
}

#[tokio::test]
async fn who_may_not_create_rows_is_told_which() {
    for object in ["Case", "Contact", "Task"] {
        let org = Org::made(salesforce::Org {
            missing: BTreeSet::from([Permission::Create(object.to_owned())]),
            ..salesforce::Org::set_up()
        })
        .await;
        let new = new_record("call/1", RecordCustomer::New(kim()));
        let error = org.connector(json!({})).create_record(&new).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{object}: {error}");
        assert!(error.message().contains("permission"), "{error}");
    }
}

#[tokio::test]
async fn no_assignment_rule_moves_a_new_lead() {
    let org = ready().await;
    let salesforce = org.connector(json!({ "record_object": "lead" }));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    salesforce.create_record(&new).await.unwrap();
    let parts = org.sent_parts().await;
    let lead = parts
        .iter()
        .find(|part| part["referenceId"] == "customer")
        .unwrap();
    assert_eq!(lead["httpHeaders"]["Sforce-Auto-Assign"], "FALSE", "{lead}");
}

#[tokio::test]
async fn a_caller_whose_lead_was_converted_becomes_a_new_lead() {
    let org = ready().await;
    let duplicate = json!([{
        "referenceId": "customer", "httpStatusCode": 400, "httpHeaders": {},
        "body": [{ "errorCode": "DUPLICATE_VALUE", "message": "duplicate value found", "fields": [] }],
    }]);
    org.answers("\"method\":\"POST\"", 1, duplicate).await;
    let converted = json!([{
        "referenceId": "customers", "httpStatusCode": 200, "httpHeaders": {},
        "body": { "totalSize": 1, "done": true, "records": [{ "Id": "00Q000000000001AAA", "IsConverted": true }] },
    }]);
    org.answers("SELECT%20Id%2CIsConverted%20FROM%20Lead", 1, converted)
        .await;
    let config = json!({ "record_object": "lead" });
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let made = org
        .connector(config.clone())
        .create_record(&new)
        .await
        .unwrap();
    let lead = org.row("SELECT Id,Casewire_Customer__c FROM Lead");
    assert_eq!(
        lead["Casewire_Customer__c"],
        "tel:+15550100100 after 00Q000000000001AAA"
    );
    let found = org.connector(config).look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.customer, made.customer);
    assert_eq!(found.records.len(), 1);
}

#[tokio::test]
async fn a_trigger_that_spends_too_much_is_no_outage() {
    let org = ready().await;
    for (code, message, kind) in [
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Cases: System.LimitException: Too many SOQL queries: 101",
            ErrorKind::Rejected,
        ),
        (
            "UNKNOWN_EXCEPTION",
            "An unexpected error occurred.",
            ErrorKind::Protocol,
        ),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "UNABLE_TO_LOCK_ROW",
            ErrorKind::Unavailable,
        ),
    ] {
        let refused = json!([{
            "referenceId": "record", "httpStatusCode": 400, "httpHeaders": {},
            "body": [{ "errorCode": code, "message": message, "fields": [] }],
        }]);
        let tries = if kind == ErrorKind::Unavailable { 4 } else { 1 };
        org.answers("\"method\":\"POST\"", tries, refused).await;
        let new = new_record("call/1", RecordCustomer::New(kim()));
        let error = org.connector(json!({})).create_record(&new).await;
        assert_eq!(error.unwrap_err().kind(), kind, "{code}");
    }
}
