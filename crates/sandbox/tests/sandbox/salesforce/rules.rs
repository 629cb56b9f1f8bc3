use casewire_sandbox::Fault;
use casewire_sandbox::salesforce::{
    CustomField, DuplicateAction, DuplicateRule, Org, Refuses, ValidationRule,
};
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, code, sub};

fn with_duplicate_rule(action: DuplicateAction) -> Client {
    Client::of(Org {
        duplicate_rules: vec![DuplicateRule {
            name: "Standard_Contact_Duplicate_Rule".to_owned(),
            object: "Contact".to_owned(),
            fields: vec!["Email".to_owned(), "Phone".to_owned()],
            action,
        }],
        ..Org::stock()
    })
}

#[test]
fn duplicates_are_named_and_may_be_saved_after_an_alert() {
    let client = with_duplicate_rule(DuplicateAction::Alert);
    let first = client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Phone": "+1 (555) 010-0100" }),
    );
    let again = json!({ "LastName": "Doe", "Phone": "+15550100100" });
    let refused = client.post("/sobjects/Contact", &again);
    let body = refused.body_json();
    assert_eq!(
        (refused.status.as_u16(), code(&body)),
        (400, "DUPLICATES_DETECTED")
    );
    let result = &body[0]["duplicateResut"];
    assert_eq!(result["allowSave"], true);
    assert_eq!(
        result["matchResults"][0]["matchRecords"][0]["record"]["Id"],
        first
    );
    let header = (
        "sforce-duplicate-rule-header",
        "allowSave=true; includeRecordDetails=false",
    );
    assert_eq!(
        client
            .send_with(Method::POST, "/sobjects/Contact", header, &again)
            .status,
        201
    );
}

#[test]
fn blocked_duplicates_are_never_saved() {
    let client = with_duplicate_rule(DuplicateAction::Block);
    client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Email": "ana@example.com" }),
    );
    let header = ("sforce-duplicate-rule-header", "allowSave=true");
    let again = json!({ "LastName": "Doe", "Email": "ANA@example.com" });
    let refused = client.send_with(Method::POST, "/sobjects/Contact", header, &again);
    assert_eq!(refused.body_json()[0]["duplicateResut"]["allowSave"], false);
}

#[test]
fn headers_of_a_composite_reach_only_their_subrequest() {
    let client = with_duplicate_rule(DuplicateAction::Alert);
    client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Email": "ana@example.com" }),
    );
    let mut twice = sub(
        "c",
        "POST",
        "/sobjects/Contact",
        json!({ "LastName": "Doe", "Email": "ana@example.com" }),
    );
    let outer = client.send_with(
        Method::POST,
        "/composite",
        ("sforce-duplicate-rule-header", "allowSave=true"),
        &json!({ "compositeRequest": [twice] }),
    );
    assert_eq!(
        code(&outer.body_json()["compositeResponse"][0]["body"]),
        "DUPLICATES_DETECTED"
    );
    twice["httpHeaders"] = json!({ "Sforce-Duplicate-Rule-Header": "allowSave=true" });
    assert_eq!(
        client.composite(true, &json!([twice]))[0]["httpStatusCode"],
        201
    );
}

#[test]
fn unique_values_are_taken_once() {
    let client = Client::set_up();
    let first = client.create("Case", &json!({ "Casewire_Session__c": "call/987@3f2a9c" }));
    let again = client.post(
        "/sobjects/Case",
        &json!({ "Casewire_Session__c": "call/987@3f2a9c" }),
    );
    assert_eq!(again.status, 400);
    assert_eq!(
        again.body_json(),
        json!([{
            "message": format!("duplicate value found: Casewire_Session__c duplicates value on record with id: {first}"),
            "errorCode": "DUPLICATE_VALUE", "fields": [],
        }])
    );
    client.create("Case", &json!({ "Casewire_Session__c": "CALL/987@3f2a9c" }));
    client.delete(&format!("/sobjects/Case/{first}"));
    client.create("Case", &json!({ "Casewire_Session__c": "call/987@3f2a9c" }));
}

#[test]
fn validation_rules_refuse_with_their_message() {
    let rule = |refuses: Refuses, field: Option<&str>| ValidationRule {
        object: "Case".to_owned(),
        refuses,
        message: "Closed cases stay closed".to_owned(),
        field: field.map(str::to_owned),
    };
    let client = Client::of(Org {
        validation_rules: vec![
            rule(Refuses::Reopening, Some("Status")),
            rule(Refuses::Having("Origin".to_owned(), "Fax".to_owned()), None),
            rule(Refuses::Lacking("Subject".to_owned()), None),
        ],
        ..Org::stock()
    });
    let id = client.create("Case", &json!({ "Subject": "Call", "Status": "Closed" }));
    let refused = client.patch(&format!("/sobjects/Case/{id}"), &json!({ "Status": "New" }));
    assert_eq!(
        refused.body_json(),
        json!([{
            "message": "Closed cases stay closed", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Status"],
        }])
    );
    for body in [json!({ "Subject": "x", "Origin": "Fax" }), json!({})] {
        let refused = client.post("/sobjects/Case", &body);
        assert_eq!(
            code(&refused.body_json()),
            "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        );
    }
    let visible = client.get(&format!("/tooling/query?{}", super::client::encoded("SELECT ValidationName, ErrorMessage FROM ValidationRule WHERE Active = true AND EntityDefinition.QualifiedApiName = 'Case'")));
    assert_eq!(
        visible.body_json()["totalSize"],
        3,
        "{}",
        visible.body_json()
    );
}

#[test]
fn required_custom_fields_are_asked_for() {
    let region = CustomField {
        values: vec!["EMEA".to_owned()],
        is_required: true,
        ..CustomField::text("Case", "Region__c")
    };
    let client = Client::of(Org {
        custom_fields: vec![region],
        ..Org::stock()
    });
    let missing = client.post("/sobjects/Case", &json!({})).body_json();
    assert_eq!(
        missing[0]["message"],
        "Required fields are missing: [Region__c]"
    );
    let wrong = client
        .post("/sobjects/Case", &json!({ "Region__c": "Mars" }))
        .body_json();
    assert_eq!(
        wrong[0]["message"],
        "Region: bad value for restricted picklist field: Mars"
    );
    client.create("Case", &json!({ "Region__c": "EMEA" }));
    let added = client.control(Method::POST, "records", &json!({}));
    let path = format!(
        "/sobjects/Case/{}",
        added.body_json()["id"].as_str().unwrap()
    );
    assert_eq!(
        client.patch(&path, &json!({ "Status": "Working" })).status,
        204
    );
}

#[test]
fn assignment_rule_runs_unless_it_is_switched_off() {
    let client = Client::of(Org {
        case_assignment: Some("Support".to_owned()),
        ..Org::stock()
    });
    let queue = client.found("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"].clone();
    let owner = |id: &str| client.shown("Case", id)["OwnerId"].clone();
    let ruled = client.create("Case", &json!({}));
    assert_eq!(owner(&ruled), queue);
    let off = ("sforce-auto-assign", "FALSE");
    let kept = client.send_with(Method::POST, "/sobjects/Case", off, &json!({}));
    let kept = kept.body_json()["id"].as_str().unwrap().to_owned();
    assert_ne!(owner(&kept), queue);
    let path = format!("/sobjects/Case/{kept}");
    client.send_with(Method::PATCH, &path, off, &json!({ "Priority": "High" }));
    assert_ne!(owner(&kept), queue);
    client.patch(&path, &json!({ "Priority": "Low" }));
    assert_eq!(owner(&kept), queue);
}

#[test]
fn inactive_users_own_nothing_new() {
    let client = Client::of(Org {
        inactive_users: vec!["left@example.com".to_owned()],
        ..Org::stock()
    });
    let agent = client.control(
        Method::POST,
        "customers",
        &json!({ "name": "Ana Roe", "email": "ana@example.com", "role": "agent" }),
    );
    let id = agent.body_json()["id"].clone();
    let users =
        client.found("SELECT Id FROM User WHERE Email = 'ana@example.com' AND IsActive = true");
    assert_eq!(users[0]["Id"], id);
    client.create("Case", &json!({ "OwnerId": id }));
    let left = client.found("SELECT Id FROM User WHERE IsActive = false")[0]["Id"].clone();
    let refused = client
        .post("/sobjects/Case", &json!({ "OwnerId": left }))
        .body_json();
    assert_eq!(code(&refused), "INACTIVE_OWNER_OR_USER");
}

#[test]
fn locked_rows_are_refused_once_for_each_lock() {
    let client = Client::new();
    let id = client.create("Case", &json!({}));
    let path = format!("/sobjects/Case/{id}");
    client.sandbox.inject(Fault::LockRow);
    assert_eq!(client.shown("Case", &id)["Id"], id, "reading takes no lock");
    let refused = client.patch(&path, &json!({ "Status": "Working" }));
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body_json(),
        json!([{
            "message": format!("unable to obtain exclusive access to this record or 1 records: {id}"),
            "errorCode": "UNABLE_TO_LOCK_ROW", "fields": [],
        }])
    );
    assert_eq!(
        client.patch(&path, &json!({ "Status": "Working" })).status,
        204
    );
    client.sandbox.inject(Fault::LockRow);
    let composite = client.composite(
        true,
        &json!([
            sub("guard", "GET", &format!("/sobjects/Case/{id}"), Value::Null),
            sub("note", "POST", "/sobjects/Task", json!({ "WhatId": id })),
        ]),
    );
    assert_eq!(code(&composite[0]["body"]), "PROCESSING_HALTED");
    assert_eq!(code(&composite[1]["body"]), "UNABLE_TO_LOCK_ROW");
    assert_eq!(client.found("SELECT Id FROM Task").len(), 0);
}
