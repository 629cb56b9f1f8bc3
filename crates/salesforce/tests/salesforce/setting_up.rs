//! `setup`.

use std::collections::BTreeSet;

use casewire_core::{Apply, CrmConnector, ErrorKind, Severity};
use casewire_salesforce::metadata;
use casewire_sandbox::Fault;
use casewire_sandbox::salesforce::{self, Permission};
use http::Method;
use serde_json::{Value, json};

use crate::org::{Org, faults, whats, worst};

const FIELDS: [&str; 6] = [
    "text field `Casewire leaf queue` on Case",
    "text field `Casewire session` on Case",
    "text field `Casewire key` on Activity",
    "text field `Casewire record` on Activity",
    "text field `Casewire customer` on Contact",
    "text field `Casewire external id` on Contact",
];
const PERMISSION_SET: &str =
    "permission set `Casewire` that lets the integration user read and write them";

/// An org whose user may not do this.
fn lacking(permission: Permission) -> salesforce::Org {
    salesforce::Org {
        missing: BTreeSet::from([permission]),
        ..salesforce::Org::stock()
    }
}

#[tokio::test]
async fn setup_plans_then_creates_then_has_nothing_to_do() {
    let org = Org::bare().await;
    let salesforce = org.connector(json!({}));
    let planned = salesforce.setup(Apply::Plan).await.unwrap();
    assert_eq!(whats(&planned)[..6], FIELDS);
    assert_eq!(whats(&planned)[6..], [PERMISSION_SET]);
    let findings = salesforce.check().await.unwrap();
    assert_eq!(worst(&findings).severity, Severity::Missing, "{findings:?}");

    assert_eq!(salesforce.setup(Apply::Write).await.unwrap(), planned);
    assert_eq!(salesforce.setup(Apply::Write).await.unwrap(), []);
    assert_eq!(faults(&salesforce).await, []);
}

#[tokio::test]
async fn each_kind_of_record_is_set_up_whole() {
    for record in ["case", "opportunity", "account", "contact", "lead"] {
        for object in ["activity", "session_entry"] {
            let org = Org::made(salesforce::Org {
                tooling_creates_objects: true,
                ..salesforce::Org::stock()
            })
            .await;
            let salesforce = org.connector(json!({
                "record_object": record,
                "session_data": { "object": object },
            }));
            let planned = salesforce.setup(Apply::Write).await.unwrap();
            assert!(planned.len() > 4, "{record} {object}: {planned:?}");
            let left = salesforce.setup(Apply::Plan).await.unwrap();
            assert_eq!(left, [], "{record} {object}");
            assert_eq!(faults(&salesforce).await, [], "{record} {object}");
        }
    }
}

#[tokio::test]
async fn an_org_that_makes_no_object_is_told_of_the_metadata() {
    let org = Org::made(salesforce::Org {
        tooling_creates_objects: false,
        ..salesforce::Org::stock()
    })
    .await;
    let salesforce = org.connector(json!({ "session_data": { "object": "session_entry" } }));
    let planned = salesforce.setup(Apply::Plan).await.unwrap();
    assert_eq!(planned[0].what, "custom object `Casewire session entry`");
    let error = salesforce.setup(Apply::Write).await.unwrap_err();
    assert!(
        error.message().contains("`casewire setup --metadata DIR`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_field_that_nobody_sees_is_not_made_again() {
    let org = Org::bare().await;
    for (object, name) in [
        ("Case", "Casewire_Session__c"),
        ("Activity", "Casewire_Key__c"),
    ] {
        let label = name.trim_end_matches("__c");
        let field = json!({
            "FullName": format!("{object}.{name}"),
            "Metadata": {
                "type": "Text", "label": label, "length": 255, "required": false,
                "unique": true, "externalId": true, "caseSensitive": true,
            },
        });
        org.ask(Method::POST, "tooling/sobjects/CustomField", &field);
    }
    let salesforce = org.connector(json!({}));
    let findings = faults(&salesforce).await;
    let hidden: Vec<_> = findings
        .iter()
        .filter(|(severity, _)| *severity == Severity::Denied)
        .collect();
    assert_eq!(hidden.len(), 2, "{findings:?}");
    assert!(
        hidden[0].1.contains("`Case.Casewire_Session__c`"),
        "{findings:?}"
    );

    let changes = salesforce.setup(Apply::Write).await.unwrap();
    let made = whats(&changes);
    assert!(
        !made.contains(&FIELDS[1]) && !made.contains(&FIELDS[2]),
        "{made:?}"
    );
    assert!(
        made.contains(&FIELDS[0]) && made.contains(&PERMISSION_SET),
        "{made:?}"
    );
    assert_eq!(faults(&salesforce).await, []);
}

#[tokio::test]
async fn a_second_run_goes_on_where_the_first_failed() {
    let org = Org::bare().await;
    let salesforce = org.connector(json!({}));
    // The first field is made, and nobody learns of it.
    org.sandbox.inject(Fault::LostAnswer);
    let error = salesforce.setup(Apply::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain, "{error}");
    let left = salesforce.setup(Apply::Write).await.unwrap();
    assert_eq!(whats(&left)[..5], FIELDS[1..]);
    assert_eq!(salesforce.setup(Apply::Plan).await.unwrap(), []);
    assert_eq!(faults(&salesforce).await, []);
}

#[tokio::test]
async fn a_permission_set_that_nobody_has_is_given() {
    let org = Org::bare().await;
    let salesforce = org.connector(json!({}));
    salesforce.setup(Apply::Write).await.unwrap();
    let assignments = org.query("query", "SELECT Id FROM PermissionSetAssignment");
    for row in assignments {
        let id = row["Id"].as_str().unwrap();
        org.ask(
            Method::DELETE,
            &format!("sobjects/PermissionSetAssignment/{id}"),
            &Value::Null,
        );
    }
    let planned = salesforce.setup(Apply::Plan).await.unwrap();
    assert_eq!(
        whats(&planned),
        ["assignment of the permission set `Casewire` to the integration user"]
    );
    salesforce.setup(Apply::Write).await.unwrap();
    assert_eq!(faults(&salesforce).await, []);
}

#[tokio::test]
async fn a_right_that_was_taken_back_is_given_again() {
    let org = Org::bare().await;
    let salesforce = org.connector(json!({}));
    salesforce.setup(Apply::Write).await.unwrap();
    let rows = org.query(
        "query",
        "SELECT Id FROM FieldPermissions WHERE Field = 'Case.Casewire_Session__c'",
    );
    let id = rows[0]["Id"].as_str().unwrap();
    org.ask(
        Method::PATCH,
        &format!("sobjects/FieldPermissions/{id}"),
        &json!({ "PermissionsEdit": false }),
    );
    let denied = faults(&salesforce).await;
    assert!(
        denied
            .iter()
            .all(|(severity, text)| *severity == Severity::Denied
                && text.contains("`Case.Casewire_Session__c` can be read only")),
        "{denied:?}"
    );
    let changes = salesforce.setup(Apply::Write).await.unwrap();
    assert_eq!(
        whats(&changes),
        ["rights in the permission set `Casewire`: edit Case.Casewire_Session__c"]
    );
    assert_eq!(faults(&salesforce).await, []);
}

#[tokio::test]
async fn who_may_not_write_cases_is_given_the_right() {
    let org = Org::made(lacking(Permission::Create("Case".to_owned()))).await;
    let salesforce = org.connector(json!({}));
    salesforce.setup(Apply::Write).await.unwrap();
    let rights = org.query(
        "query",
        "SELECT SobjectType, PermissionsCreate, PermissionsDelete FROM ObjectPermissions",
    );
    assert_eq!(rights.len(), 1, "{rights:?}");
    assert_eq!(rights[0]["SobjectType"], "Case");
    assert_eq!(rights[0]["PermissionsCreate"], true);
    assert_eq!(rights[0]["PermissionsDelete"], false);
    // The org takes it away all the same, and that is nothing for a second run to mend.
    assert_eq!(salesforce.setup(Apply::Plan).await.unwrap(), []);
}

#[tokio::test]
async fn who_may_not_make_fields_learns_which_permission_it_takes() {
    for (permission, named) in [
        (Permission::CustomizeApplication, "Customize Application"),
        (
            Permission::ManagePermissionSets,
            "Manage Profiles and Permission Sets",
        ),
        (Permission::AssignPermissionSets, "Assign Permission Sets"),
    ] {
        let org = Org::made(lacking(permission.clone())).await;
        let error = org
            .connector(json!({}))
            .setup(Apply::Write)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{permission:?}: {error}");
        assert!(error.message().contains(named), "{permission:?}: {error}");
    }
}

#[tokio::test]
async fn setup_makes_what_the_metadata_holds() {
    let org = Org::bare().await;
    let config = org.config(json!({}));
    let files = metadata(&config);
    org.connector(json!({})).setup(Apply::Write).await.unwrap();
    let made = org.query("tooling/query", "SELECT FullName FROM CustomField");
    let mut made: Vec<_> = made
        .iter()
        .filter_map(|row| row["FullName"].as_str())
        .map(|name| name.replace('.', "/fields/"))
        .collect();
    made.sort_unstable();
    let mut deployed: Vec<_> = files
        .iter()
        .filter_map(|file| {
            file.path
                .split_once("/objects/")?
                .1
                .strip_suffix(".field-meta.xml")
        })
        .map(str::to_owned)
        .collect();
    deployed.sort_unstable();
    assert_eq!(made, deployed);
}
