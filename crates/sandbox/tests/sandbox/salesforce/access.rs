use casewire_sandbox::salesforce::{Org, Permission};
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, code, encoded};

fn text_field(name: &str) -> Value {
    json!({ "FullName": name, "Metadata": {
        "type": "Text", "label": "Session", "length": 255, "required": false, "unique": true, "externalId": true, "caseSensitive": true,
        "description": "What made the record",
    } })
}

/// The describe of a field; null when the user does not see it.
fn described(client: &Client, object: &str, field: &str) -> Value {
    let describe = client
        .get(&format!("/sobjects/{object}/describe"))
        .body_json();
    let fields = describe["fields"].as_array().unwrap();
    let found = fields.iter().find(|described| described["name"] == field);
    found.cloned().unwrap_or_default()
}

fn user(client: &Client) -> Value {
    let users = client.found("SELECT Id FROM User WHERE Username = 'integration@example.com'");
    users[0]["Id"].clone()
}

/// A permission set that the integration user has.
fn assigned_set(client: &Client) -> String {
    let set = client.create(
        "PermissionSet",
        &json!({ "Name": "Casewire", "Label": "Casewire" }),
    );
    client.create(
        "PermissionSetAssignment",
        &json!({ "PermissionSetId": set, "AssigneeId": user(client) }),
    );
    set
}

fn grant(client: &Client, set: &str, object: &str, field: &str, edit: bool) -> Value {
    let answer = client.post("/sobjects/FieldPermissions", &json!({
        "ParentId": set, "SobjectType": object, "Field": format!("{object}.{field}"), "PermissionsRead": true, "PermissionsEdit": edit,
    }));
    answer.body_json()
}

#[test]
fn new_fields_are_hidden_until_they_are_granted() {
    let client = Client::new();
    let made = client.post(
        "/tooling/sobjects/CustomField",
        &text_field("Case.Session__c"),
    );
    assert_eq!(made.status, 201, "{}", made.body_json());
    let insert = || client.post("/sobjects/Case", &json!({ "Session__c": "1" }));
    let select = || client.query("SELECT Session__c FROM Case");
    let upsert = || client.patch("/sobjects/Case/Session__c/2", &json!({}));
    assert_eq!(described(&client, "Case", "Session__c"), Value::Null);
    assert_eq!(
        insert().body_json()[0]["message"],
        "No such column 'Session__c' on sobject of type Case"
    );
    assert_eq!(code(&select().body_json()), "INVALID_FIELD");
    assert_eq!(upsert().status, 404);
    let set = assigned_set(&client);
    grant(&client, &set, "Case", "Session__c", false);
    let field = described(&client, "Case", "Session__c");
    for (key, expected) in [
        ("length", json!(255)),
        ("unique", json!(true)),
        ("externalId", json!(true)),
        ("caseSensitive", json!(true)),
        ("createable", json!(false)),
        ("updateable", json!(false)),
        ("custom", json!(true)),
        ("type", json!("string")),
        ("label", json!("Session")),
    ] {
        assert_eq!(field[key], expected, "{key}");
    }
    assert_eq!(
        code(&insert().body_json()),
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    );
    assert_eq!(select().status, 200);
    let rows = client.found(&format!(
        "SELECT Id FROM FieldPermissions WHERE ParentId = '{set}'"
    ));
    let path = format!(
        "/sobjects/FieldPermissions/{}",
        rows[0]["Id"].as_str().unwrap()
    );
    assert_eq!(
        client
            .patch(&path, &json!({ "PermissionsEdit": true }))
            .status,
        204
    );
    assert_eq!(insert().status, 201);
    assert_eq!(upsert().status, 201);
    client.delete(&path);
    assert_eq!(described(&client, "Case", "Session__c"), Value::Null);
}

#[test]
fn activity_fields_show_on_tasks_and_events() {
    let client = Client::new();
    client.post(
        "/tooling/sobjects/CustomField",
        &text_field("Activity.Key__c"),
    );
    let set = assigned_set(&client);
    grant(&client, &set, "Task", "Key__c", true);
    assert_eq!(described(&client, "Task", "Key__c")["createable"], true);
    assert_eq!(described(&client, "Event", "Key__c"), Value::Null);
    client.create("Task", &json!({ "Key__c": "call/987@3f2a9c" }));
    let on_task = client.post("/tooling/sobjects/CustomField", &text_field("Task.Key__c"));
    assert_eq!(
        code(&on_task.body_json()),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    );
}

#[test]
fn tooling_shows_and_changes_fields() {
    let client = Client::new();
    let made = client.post(
        "/tooling/sobjects/CustomField",
        &text_field("Case.Session__c"),
    );
    let again = client.post(
        "/tooling/sobjects/CustomField",
        &text_field("Case.Session__c"),
    );
    assert_eq!(code(&again.body_json()), "DUPLICATE_DEVELOPER_NAME");
    let soql =
        "SELECT Id FROM CustomField WHERE DeveloperName = 'Session' AND TableEnumOrId = 'Case'";
    let found = client
        .get(&format!("/tooling/query?{}", encoded(soql)))
        .body_json();
    let id = made.body_json()["id"].clone();
    assert_eq!(found["records"][0]["Id"], id);
    assert_eq!(
        code(&client.query(soql).body_json()),
        "INVALID_TYPE",
        "data queries do not know it"
    );
    let path = format!("/tooling/sobjects/CustomField/{}", id.as_str().unwrap());
    let set = assigned_set(&client);
    grant(&client, &set, "Case", "Session__c", true);
    let mut shorter = text_field("Case.Session__c");
    shorter["Metadata"]["length"] = json!(80);
    assert_eq!(client.patch(&path, &shorter).status, 204);
    assert_eq!(described(&client, "Case", "Session__c")["length"], 80);
    assert_eq!(client.delete(&path).status, 204);
    assert_eq!(described(&client, "Case", "Session__c"), Value::Null);
}

#[test]
fn wrong_fields_are_refused() {
    let client = Client::new();
    for (name, key, value, expected) in [
        (
            "CaseComment.X__c",
            "label",
            json!("X"),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
        ("Case.X", "label", json!("X"), "INVALID_FULL_NAME"),
        ("Case.1X__c", "label", json!("X"), "INVALID_FULL_NAME"),
        (
            "Case.X__c",
            "length",
            json!(256),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            "Case.X__c",
            "length",
            Value::Null,
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            "Case.X__c",
            "type",
            json!("LongTextArea"),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        ("Case.X__c", "lenght", json!(1), "FIELD_INTEGRITY_EXCEPTION"),
    ] {
        let mut field = text_field(name);
        field["Metadata"][key] = value;
        let answer = client.post("/tooling/sobjects/CustomField", &field);
        assert_eq!(
            (answer.status.as_u16(), code(&answer.body_json())),
            (400, expected),
            "{name} {key}"
        );
    }
}

#[test]
fn custom_objects_need_a_grant() {
    let client = Client::new();
    let made = client.post("/tooling/sobjects/CustomObject", &json!({ "FullName": "Entry__c", "Metadata": {
        "label": "Entry", "pluralLabel": "Entries", "deploymentStatus": "Deployed", "sharingModel": "ReadWrite",
        "nameField": { "type": "AutoNumber", "label": "Number", "displayFormat": "E-{0}" },
    } }));
    assert_eq!(made.status, 201, "{}", made.body_json());
    let lookup = json!({ "FullName": "Entry__c.Case__c", "Metadata": {
        "type": "Lookup", "label": "Case", "referenceTo": "Case", "relationshipName": "Entries", "relationshipLabel": "Entries",
    } });
    let lookup = client.post("/tooling/sobjects/CustomField", &lookup);
    assert_eq!(lookup.status, 201, "{}", lookup.body_json());
    assert_eq!(client.get("/sobjects/Entry__c/describe").status, 404);
    let set = assigned_set(&client);
    client.create("ObjectPermissions", &json!({
        "ParentId": set, "SobjectType": "Entry__c", "PermissionsRead": true, "PermissionsCreate": true,
    }));
    grant(&client, &set, "Entry__c", "Case__c", true);
    assert_eq!(
        client.get("/sobjects/Entry__c/describe").body_json()["updateable"],
        false
    );
    let case = client.create("Case", &json!({}));
    let entry = client.create("Entry__c", &json!({ "Case__c": case }));
    assert_eq!(client.shown("Entry__c", &entry)["Name"], "000001");
    let found = client.found("SELECT Id, (SELECT Id FROM Entries__r) FROM Case");
    assert_eq!(found[0]["Entries__r"]["totalSize"], 1);
    let refused = client.patch(
        &format!("/sobjects/Entry__c/{entry}"),
        &json!({ "Case__c": null }),
    );
    assert_eq!(
        (refused.status.as_u16(), code(&refused.body_json())),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    );
}

#[test]
fn tooling_may_refuse_objects() {
    let client = Client::of(Org {
        tooling_creates_objects: false,
        ..Org::stock()
    });
    let refused = client.post(
        "/tooling/sobjects/CustomObject",
        &json!({ "FullName": "Entry__c", "Metadata": {} }),
    );
    assert_eq!(code(&refused.body_json()), "INVALID_TYPE");
}

#[test]
fn missing_permissions_are_felt() {
    let without = |permission: Permission| {
        Client::of(Org {
            missing: [permission].into(),
            ..Org::set_up()
        })
    };
    let case = || "Case".to_owned();
    let cannot_create = without(Permission::Create(case()));
    let refused = cannot_create.post("/sobjects/Case", &json!({}));
    assert_eq!(
        code(&refused.body_json()),
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    );
    assert_eq!(
        cannot_create.get("/sobjects/Case/describe").body_json()["createable"],
        false
    );
    let cannot_edit = without(Permission::Edit(case()));
    let id = cannot_edit.create("Case", &json!({}));
    let refused = cannot_edit.patch(&format!("/sobjects/Case/{id}"), &json!({}));
    assert_eq!(
        (refused.status.as_u16(), code(&refused.body_json())),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    );
    let cannot_read = without(Permission::Read(case()));
    assert_eq!(
        code(&cannot_read.query("SELECT Id FROM Case").body_json()),
        "INVALID_TYPE"
    );
    assert_eq!(cannot_read.get("/sobjects/Case/describe").status, 404);
    let cannot_use_api = without(Permission::ApiEnabled);
    let refused = cannot_use_api.get("/limits");
    assert_eq!(
        (refused.status.as_u16(), code(&refused.body_json())),
        (403, "API_DISABLED_FOR_ORG")
    );
    let cannot_see_setup = without(Permission::ViewSetup);
    assert_eq!(cannot_see_setup.get("/limits").status, 403);
    let cannot_customize = without(Permission::CustomizeApplication);
    let refused = cannot_customize.post("/tooling/sobjects/CustomField", &text_field("Case.X__c"));
    assert_eq!(
        (refused.status.as_u16(), code(&refused.body_json())),
        (403, "INSUFFICIENT_ACCESS")
    );
    let cannot_grant = without(Permission::ManagePermissionSets);
    let refused = cannot_grant.send(
        Method::POST,
        "/sobjects/PermissionSet",
        &json!({ "Name": "X", "Label": "X" }),
    );
    assert_eq!(refused.status, 403);
}

#[test]
fn grants_are_checked() {
    let client = Client::new();
    let set = assigned_set(&client);
    client.post(
        "/tooling/sobjects/CustomField",
        &text_field("Case.Session__c"),
    );
    assert!(grant(&client, &set, "Case", "Session__c", true)["id"].is_string());
    assert_eq!(
        code(&grant(&client, &set, "Case", "Session__c", true)),
        "DUPLICATE_VALUE"
    );
    assert_eq!(
        code(&grant(&client, &set, "Case", "Sesion__c", true)),
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    );
    for (object, body, expected) in [
        (
            "PermissionSet",
            json!({ "Name": "Casewire", "Label": "Other" }),
            "DUPLICATE_DEVELOPER_NAME",
        ),
        (
            "PermissionSetAssignment",
            json!({ "PermissionSetId": set, "AssigneeId": user(&client) }),
            "DUPLICATE_VALUE",
        ),
        (
            "ObjectPermissions",
            json!({ "ParentId": set, "SobjectType": "Nothing" }),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
    ] {
        let answer = client.post(&format!("/sobjects/{object}"), &body);
        assert_eq!(code(&answer.body_json()), expected, "{object}");
    }
}

#[test]
fn permission_sets_give_what_the_profile_lacks() {
    let missing = [
        Permission::Create("Case".to_owned()),
        Permission::Create("Task".to_owned()),
    ];
    let client = Client::of(Org {
        missing: missing.into(),
        ..Org::stock()
    });
    let create = |object: &str| {
        let answer = client.post(&format!("/sobjects/{object}"), &json!({}));
        answer.status.as_u16()
    };
    assert_eq!((create("Case"), create("Task")), (400, 400));
    let set = assigned_set(&client);
    client.create(
        "ObjectPermissions",
        &json!({ "ParentId": set, "SobjectType": "Case", "PermissionsRead": true, "PermissionsCreate": true }),
    );
    let path = format!("/sobjects/PermissionSet/{set}");
    client.patch(&path, &json!({ "PermissionsEditTask": true }));
    assert_eq!((create("Case"), create("Task")), (201, 201));
}

#[test]
fn org_that_is_set_up_lists_its_fields() {
    let client = Client::set_up();
    let soql = "SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = 'Activity'";
    let found = client.get(&format!("/tooling/query?{}", encoded(soql)));
    assert_eq!(found.body_json()["totalSize"], 4);
    let task = client.create("Task", &json!({ "Casewire_Key__c": "call/1@a" }));
    assert_eq!(client.shown("Task", &task)["Casewire_Key__c"], "call/1@a");
}
