//! Requests that make records after one was refused.

use casewire_core::{CrmConnector as _, ErrorKind, NewRecord, RecordCustomer};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::creating::{ana, new_record};
use super::org::{
    CASE, GOLDEN, KIM, connector, exchange, halted, id, kim, made_by_the_session, parts, play,
    refused, rows,
};
use crate::script::answered;
use crate::story::by_email;

const DUPLICATE: &str = "duplicate value found: Casewire_Customer__c duplicates value on record with id: 003000000000001";

/// The answer to a new case that was rolled back because `part`, of a new customer's, was refused.
fn rolled_back(guilty: &str, why: Value) -> ResponseTemplate {
    let names = ["customer", "record", "read", "entry0", "entry1"];
    parts(names.map(|name| match name == guilty {
        true => (name, 400, why.clone()),
        false => (name, 400, halted()),
    }))
}

#[tokio::test]
async fn a_customer_who_is_there_already_is_taken() {
    let taken = rolled_back("customer", refused("DUPLICATE_VALUE", DUPLICATE));
    let own = parts([("made", 200, rows([])), ("entries", 200, rows([]))]);
    let guarded = parts([("customers", 200, rows([json!({ "Id": KIM })]))]);
    let no_records = parts([("records", 200, rows([]))]);
    let script = play([
        exchange("statuses"),
        answered("case_create_for_email_customer", taken),
        answered("own_entries", own),
        answered("customer_by_guard", guarded),
        answered("records_of_customer", no_records),
        answered(
            "case_create_for_found_customer",
            GOLDEN.answer("case_create"),
        ),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    let created = connector(&script).create_record(&new).await;
    script.assert_played().await;
    assert_eq!(created.unwrap().customer, Some(kim()));
}

#[tokio::test]
async fn a_customer_whom_a_duplicate_rule_finds_is_taken() {
    let kim = json!({ "Id": KIM, "Email": "Kim@example.com", "CreatedDate": "2026-01-20T09:00:00.000+0000" });
    let script = play([
        exchange("statuses"),
        answered(
            "case_create_for_email_customer",
            rolled_back("customer", duplicates(true)),
        ),
        answered("customers_by_id", parts([("customers", 200, rows([kim]))])),
        answered("records_of_customer", parts([("records", 200, rows([]))])),
        answered(
            "case_create_for_found_customer",
            GOLDEN.answer("case_create"),
        ),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn somebody_else_whom_a_duplicate_rule_finds_is_no_hindrance() {
    let other = json!({ "Id": KIM, "Email": "lee@example.com", "CreatedDate": "2026-01-20T09:00:00.000+0000" });
    let saved = GOLDEN.answer("case_create_with_customer");
    let script = play([
        exchange("statuses"),
        answered(
            "case_create_for_email_customer",
            rolled_back("customer", duplicates(true)),
        ),
        answered(
            "customers_by_id",
            parts([("customers", 200, rows([other]))]),
        ),
        answered("case_create_in_spite_of_duplicates", saved),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn a_duplicate_rule_that_blocks_is_named() {
    let script = play([
        exchange("statuses"),
        answered(
            "case_create_for_email_customer",
            rolled_back("customer", duplicates(false)),
        ),
        answered("customers_by_id", parts([("customers", 200, rows([]))])),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    let error = connector(&script).create_record(&new).await.unwrap_err();
    script.assert_played().await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let rule = "Standard_Contact_Duplicate_Rule";
    assert!(error.message().contains(rule), "{error}");
}

/// What a duplicate rule says, with the key misspelt as it is on the wire.
fn duplicates(may_save: bool) -> Value {
    let found = json!({
        "allowSave": may_save,
        "duplicateRule": "Standard_Contact_Duplicate_Rule",
        "duplicateRuleEntityType": "Contact",
        "errorMessage": "Use one of these records?",
        "matchResults": [{
            "entityType": "Contact", "errors": [], "matchEngine": "FuzzyMatchEngine",
            "matchRecords": [{ "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                "record": { "attributes": { "type": "Contact", "url": "/services/data/v66.0/sobjects/Contact/003000000000001AAA" }, "Id": KIM } }],
            "rule": "Standard_Contact_Match_Rule_v1_1", "size": 1, "success": true,
        }],
    });
    json!([{ "duplicateResut": found, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?" }])
}

#[tokio::test]
async fn a_case_that_the_session_made_already_is_its_own() {
    let taken = rolled_back(
        "record",
        refused(
            "DUPLICATE_VALUE",
            "duplicate value found: Casewire_Session__c duplicates value on record with id: <unknown>",
        ),
    );
    let own = parts([
        ("made", 200, made_by_the_session()),
        ("entries", 200, rows([])),
    ]);
    let script = play([
        exchange("statuses"),
        answered("case_create_for_email_customer", taken),
        answered("own_entries", own),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    let created = connector(&script).create_record(&new).await;
    script.assert_played().await;
    assert_eq!(created.unwrap().id, id(CASE));
}

/// The answer to a new case of a known customer that was rolled back because the case was refused.
fn case_refused(why: Value) -> ResponseTemplate {
    parts([
        ("record", 400, why),
        ("read", 400, halted()),
        ("entry0", 400, halted()),
        ("entry1", 400, halted()),
    ])
}

#[tokio::test]
async fn a_customer_who_was_deleted_is_decided_upon_again() {
    for code in ["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"] {
        let script = play([
            exchange("statuses"),
            answered(
                "case_create_for_found_customer",
                case_refused(refused(code, "gone")),
            ),
            answered(
                "customer_still_there",
                parts([("customers0", 200, rows([]))]),
            ),
        ])
        .await;
        let new = new_record(RecordCustomer::Known(kim()));
        let error = connector(&script).create_record(&new).await.unwrap_err();
        script.assert_played().await;
        assert_eq!(error.kind(), ErrorKind::Conflict, "{code}: {error}");
    }
}

#[tokio::test]
async fn a_record_to_follow_up_that_is_gone_is_not_found() {
    let gone = refused("INVALID_CROSS_REFERENCE_KEY", "gone");
    let script = play([
        exchange("statuses"),
        answered("case_follow_up", case_refused(gone)),
        answered("case_read_parent", parts([("record", 200, rows([]))])),
    ])
    .await;
    let new = NewRecord {
        follow_up_of: Some(id("500000000000009AAA")),
        ..new_record(RecordCustomer::Known(kim()))
    };
    let error = connector(&script).create_record(&new).await.unwrap_err();
    script.assert_played().await;
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn an_owner_who_left_is_left_out() {
    let inactive = refused(
        "INACTIVE_OWNER_OR_USER",
        "operation performed with inactive user",
    );
    let script = play([
        exchange("statuses"),
        answered("case_create", case_refused(inactive)),
        answered(
            "case_create_for_found_customer",
            GOLDEN.answer("case_create"),
        ),
    ])
    .await;
    let new = NewRecord {
        owner: Some(ana()),
        ..new_record(RecordCustomer::Known(kim()))
    };
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn an_email_address_that_salesforce_does_not_take_is_left_out() {
    let invalid = json!([{ "message": "Email: invalid email address: kim@example.com", "errorCode": "INVALID_EMAIL_ADDRESS", "fields": ["Email"] }]);
    let answer = GOLDEN.answer("case_create_with_customer");
    let script = play([
        exchange("statuses"),
        answered(
            "case_create_for_email_customer",
            rolled_back("customer", invalid),
        ),
        answered("case_create_without_email", answer),
    ])
    .await;
    let new = new_record(RecordCustomer::New(by_email()));
    connector(&script).create_record(&new).await.unwrap();
    script.assert_played().await;
}
