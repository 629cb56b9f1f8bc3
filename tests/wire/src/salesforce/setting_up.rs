//! Requests of `check` and `setup`.

use casewire_core::{Apply, CrmConnector as _, ErrorKind, Severity};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{connector, connector_with, exchange, play, refused, rows};
use crate::script::{Exchange, answered, json};

const USER: &str = "005000000000009AAA";
const SET: &str = "0PS000000000001AAA";

/// A text field that can be written.
fn text(name: &str) -> Value {
    json!({
        "name": name, "label": name, "type": "string", "length": 255, "createable": true, "updateable": true,
        "filterable": true, "nillable": true, "defaultedOnCreate": false, "unique": false, "externalId": false,
        "caseSensitive": false, "restrictedPicklist": false, "picklistValues": [],
    })
}

/// A field by which rows are found fast.
fn indexed(name: &str) -> Value {
    let mut field = text(name);
    field["externalId"] = json!(true);
    field
}

/// A field whose values tell rows apart.
fn unique(name: &str) -> Value {
    let mut field = indexed(name);
    for key in ["unique", "caseSensitive"] {
        field[key] = json!(true);
    }
    field
}

/// An object that can be written.
fn described(name: &str, fields: &[Value]) -> ResponseTemplate {
    json(200, describe(name, fields))
}

fn describe(name: &str, fields: &[Value]) -> Value {
    json!({
        "name": name, "label": name, "createable": true, "updateable": true, "queryable": true, "fields": fields,
    })
}

pub(super) fn found<const N: usize>(found: [Value; N]) -> ResponseTemplate {
    json(200, rows(found))
}

fn created(id: &str) -> ResponseTemplate {
    json(201, json!({ "id": id, "success": true, "errors": [] }))
}

/// The objects of an org that was set up.
pub(super) fn whole_org() -> [Exchange; 4] {
    let [leaf_queue, external_id] =
        ["Casewire_Leaf_Queue__c", "Casewire_External_Id__c"].map(indexed);
    let [session, key, customer] = [
        "Casewire_Session__c",
        "Casewire_Key__c",
        "Casewire_Customer__c",
    ]
    .map(unique);
    let mut record = indexed("Casewire_Record__c");
    record["length"] = json!(18);
    [
        answered("describe_account", described("Account", &[text("Name")])),
        answered("describe_case", described("Case", &[leaf_queue, session])),
        answered(
            "describe_contact",
            described("Contact", &[customer, external_id]),
        ),
        answered("describe_task", described("Task", &[key, record])),
    ]
}

pub(super) fn userinfo() -> Exchange {
    let info = json!({ "sub": format!("https://login.salesforce.com/id/00D000000000001AAA/{USER}"), "user_id": USER, "organization_id": "00D000000000001AAA" });
    answered("userinfo", json(200, info))
}

#[tokio::test]
async fn creates_fields_and_the_permission_set() {
    let objects = [
        answered("describe_account", described("Account", &[])),
        answered("describe_case", described("Case", &[])),
        answered("describe_contact", described("Contact", &[])),
        answered("describe_task", described("Task", &[])),
        answered("hidden_objects", found([])),
        answered("hidden_fields", found([])),
        userinfo(),
        answered("permission_sets", found([])),
    ];
    let made = [
        "custom_field_leaf_queue",
        "custom_field_session",
        "custom_field_key",
        "custom_field_record",
        "custom_field_customer",
        "custom_field_external_id",
        "permission_set_create",
        "field_permissions_case_leaf_queue",
        "field_permissions_case_session",
        "field_permissions_task_key",
        "field_permissions_event_key",
        "field_permissions_task_record",
        "field_permissions_event_record",
        "field_permissions_contact_customer",
        "field_permissions_contact_external_id",
        "permission_set_assignment",
    ]
    .map(|request| answered(request, created(SET)));
    let script = play(objects.into_iter().chain(made)).await;
    let changes = connector(&script).setup(Apply::Write).await;
    script.assert_played().await;
    assert_eq!(changes.unwrap().len(), 7);
}

#[tokio::test]
async fn creates_nothing_that_is_there() {
    let script = play(whole_org()).await;
    let changes = connector(&script).setup(Apply::Write).await;
    script.assert_played().await;
    assert_eq!(changes.unwrap(), []);
}

#[tokio::test]
async fn completes_a_permission_set() {
    // The user sees a contact and may not write it, nor tasks.
    let read_only = |name: &str| {
        let mut object = describe(name, &[]);
        object["createable"] = json!(false);
        object["updateable"] = json!(false);
        object
    };
    let mut org = whole_org();
    let mut contact = read_only("Contact");
    contact["fields"] = json!([
        unique("Casewire_Customer__c"),
        text("Casewire_External_Id__c")
    ]);
    org[2] = answered("describe_contact", json(200, contact));
    let mut task = read_only("Task");
    task["fields"] = json!([unique("Casewire_Key__c"), text("Casewire_Record__c")]);
    org[3] = answered("describe_task", json(200, task));
    let weak = json!({ "Id": "110000000000001AAA", "SobjectType": "Contact", "PermissionsRead": true, "PermissionsCreate": false, "PermissionsEdit": false });
    let rest = [
        userinfo(),
        answered("permission_sets", found([json!({ "Id": SET })])),
        answered("object_permissions", found([weak])),
        answered("field_permissions", found([])),
        answered(
            "permission_set_assignments",
            found([json!({ "Id": "0Pa000000000001AAA" })]),
        ),
        answered("object_permissions_contact", ResponseTemplate::new(204)),
        answered("permission_set_tasks", ResponseTemplate::new(204)),
    ];
    let script = play(org.into_iter().chain(rest)).await;
    let changes = connector(&script).setup(Apply::Write).await;
    script.assert_played().await;
    let changes = changes.unwrap();
    assert_eq!(changes.len(), 1);
    assert!(
        changes[0].what.contains("write Contact, write tasks"),
        "{changes:?}"
    );
}

#[tokio::test]
async fn makes_the_fields_that_an_entry_lacks() {
    let there = [
        "Casewire_Record__c",
        "Casewire_Session__c",
        "Kind__c",
        "Type__c",
        "Ended__c",
        "Wait__c",
        "Disposition__c",
        "Rating__c",
        "Account__c",
        "Contact__c",
    ];
    let mut fields: Vec<_> = there.map(text).into();
    fields.push(unique("Casewire_Key__c"));
    let [account, case, contact, _] = whole_org();
    let made = [
        "entry_field_text",
        "entry_field_started",
        "entry_field_duration",
        "entry_field_case",
    ]
    .map(|request| answered(request, created("00N000000000001AAA")));
    let before = [
        account,
        case,
        answered(
            "describe_entry",
            described("Casewire_Session_Entry__c", &fields),
        ),
        contact,
        answered(
            "hidden_objects",
            found([json!({ "Id": "01I000000000001AAA" })]),
        ),
        answered("hidden_fields_lacking", found([])),
        userinfo(),
        answered("permission_sets", found([json!({ "Id": SET })])),
        answered("object_permissions", found([])),
        answered("field_permissions", found([])),
        answered(
            "permission_set_assignments",
            found([json!({ "Id": "0Pa000000000001AAA" })]),
        ),
    ];
    let granted = [
        "field_permissions_entry_text",
        "field_permissions_entry_started",
        "field_permissions_entry_duration",
        "field_permissions_entry_case",
    ]
    .map(|request| answered(request, created("01k000000000001AAA")));
    let script = play(before.into_iter().chain(made).chain(granted)).await;
    let changes = json!({ "session_data": { "object": "session_entry" } });
    let connector = connector_with(&script, changes);
    let changes = connector.setup(Apply::Write).await;
    script.assert_played().await;
    assert_eq!(changes.unwrap().len(), 5);
}

#[tokio::test]
async fn an_object_that_can_not_be_made_here_is_made_by_an_admin() {
    let [account, case, contact, _] = whole_org();
    let missing = refused("NOT_FOUND", "The requested resource does not exist");
    let unsupported = refused(
        "INVALID_TYPE",
        "sObject type 'CustomObject' is not supported.",
    );
    let script = play([
        account,
        case,
        answered("describe_entry", json(404, missing)),
        contact,
        answered("hidden_objects", found([])),
        answered("hidden_fields_of_entry", found([])),
        userinfo(),
        answered("permission_sets", found([])),
        answered("custom_object_create", json(400, unsupported)),
    ])
    .await;
    let changes = json!({ "session_data": { "object": "session_entry" } });
    let error = connector_with(&script, changes).setup(Apply::Write).await;
    script.assert_played().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("setup --metadata"), "{error}");
}

#[tokio::test]
async fn checks_version_user_objects_fields_statuses_and_rules() {
    let versions = json!([{ "label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0" }, { "label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0" }]);
    let resources = json!({ "query": "/services/data/v66.0/query", "sobjects": "/services/data/v66.0/sobjects" });
    let resources = json(200, resources).append_header("Sforce-Limit-Info", "api-usage=18/15000");
    let before = [
        answered("versions", json(200, versions)),
        answered("resources", resources),
        userinfo(),
    ];
    let after = [
        exchange("statuses"),
        answered(
            "case_statuses",
            found([json!({ "ApiName": "Merged", "IsClosed": true })]),
        ),
        answered(
            "default_queue",
            json(200, json!({ "Id": "00G000000000001AAA", "Type": "Queue" })),
        ),
        answered(
            "validation_rules",
            found([json!({ "ValidationName": "Keep_Closed" })]),
        ),
        answered(
            "duplicate_rules",
            found([json!({ "DeveloperName": "Standard_Contact_Duplicate_Rule" })]),
        ),
    ];
    let script = play(before.into_iter().chain(whole_org()).chain(after)).await;
    let changes =
        json!({ "default_user": "00G000000000001AAA", "statuses": { "closed": ["Merged"] } });
    let findings = connector_with(&script, changes).check().await;
    script.assert_played().await;
    let findings = findings.unwrap();
    let warnings: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Fine)
        .map(|finding| &*finding.message)
        .collect();
    assert_eq!(warnings.len(), 2, "{findings:#?}");
    assert!(warnings[0].contains("Keep_Closed"));
    assert!(warnings[1].contains("Standard_Contact_Duplicate_Rule"));
    assert!(findings[0].message.contains(USER), "{findings:#?}");
}
