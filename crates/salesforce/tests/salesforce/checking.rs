//! `check`.

use std::collections::BTreeSet;

use casewire_core::Severity;
use casewire_sandbox::salesforce::{self, CustomField, Limits, Options, Permission, Status};
use http::Method;
use serde_json::{Value, json};

use crate::org::{Org, faults};

/// Asserts that `check` finds this and nothing else.
async fn assert_found(org: &Org, config: Value, severity: Severity, parts: &[&str]) {
    let found = faults(&org.connector(config.clone())).await;
    let [(found_severity, text)] = &found[..] else {
        panic!("{config}: {found:?}");
    };
    assert_eq!(*found_severity, severity, "{config}: {text}");
    for part in parts {
        assert!(text.contains(part), "{config}: {text}");
    }
}

async fn ready() -> Org {
    Org::made(salesforce::Org::set_up()).await
}

#[tokio::test]
async fn an_org_as_needed_is_fine() {
    let org = ready().await;
    assert_eq!(faults(&org.connector(json!({}))).await, []);
}

#[tokio::test]
async fn what_the_config_names_has_to_be_there() {
    let org = ready().await;
    for (config, parts) in [
        (
            json!({ "api_version": "67.0" }),
            ["`api_version`", "31.0 to 66.0"],
        ),
        (
            json!({ "statuses": { "default_open": "Open" } }),
            ["`statuses.default_open`", "\"Open\""],
        ),
        (
            json!({ "statuses": { "default_open": "Closed" } }),
            ["`statuses.default_open`", "no open status"],
        ),
        (
            json!({ "statuses": { "closed": ["Merged"] } }),
            ["`statuses.closed`", "none of the org's"],
        ),
        (
            json!({ "statuses": { "closed": ["Working"] } }),
            ["`statuses.closed`", "an open status"],
        ),
        (
            json!({ "fields": { "leaf_queue": "Queue__c" } }),
            ["`fields.leaf_queue`", "`Case.Queue__c`"],
        ),
        (
            json!({ "default_user": "nobody@example.com" }),
            ["`default_user`", "set it to one"],
        ),
        (
            json!({ "default_user": "00G000000000001" }),
            ["`default_user`", "no queue"],
        ),
        (
            json!({ "default_user": "005000000000001AAZ" }),
            ["`default_user`", "no queue"],
        ),
        (
            json!({ "record_values": { "Region__c": "North" } }),
            ["`record_values.Region__c`", "no such field"],
        ),
    ] {
        assert_found(&org, config, Severity::Missing, &parts).await;
    }
}

#[tokio::test]
async fn entries_of_their_own_need_their_object() {
    let org = ready().await;
    let config = json!({ "session_data": { "object": "session_entry" } });
    let found = faults(&org.connector(config)).await;
    let denied = found
        .iter()
        .filter(|(severity, _)| *severity == Severity::Denied);
    assert_eq!(denied.count(), 1, "{found:?}");
    assert!(
        found
            .iter()
            .all(|(_, text)| text.contains("Casewire_Session_Entry__c")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_field_that_the_org_requires_is_named_with_its_key() {
    let mut as_made = salesforce::Org::set_up();
    as_made.custom_fields = [
        ("Case", "Region__c"),
        ("Contact", "Source__c"),
        ("Activity", "Reason__c"),
    ]
    .map(|(object, name)| CustomField {
        is_required: true,
        ..CustomField::text(object, name)
    })
    .into();
    let org = Org::made(as_made).await;
    let found = faults(&org.connector(json!({}))).await;
    let expected = [
        "`record_values.Region__c`",
        "`customer_values.Source__c`",
        "`Reason__c`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (key, (severity, text)) in expected.iter().zip(&found) {
        assert_eq!(*severity, Severity::Missing, "{text}");
        assert!(text.contains(key), "{text}");
    }
    let given = json!({
        "record_values": { "Region__c": "North" },
        "customer_values": { "source__c": "Call" },
    });
    assert_found(
        &org,
        given,
        Severity::Missing,
        &["Task requires", "optional"],
    )
    .await;
}

#[tokio::test]
async fn values_that_a_list_does_not_have_are_told() {
    let mut as_made = salesforce::Org::set_up();
    as_made.custom_fields = vec![CustomField {
        values: vec!["North".to_owned(), "South".to_owned()],
        ..CustomField::text("Case", "Region__c")
    }];
    let org = Org::made(as_made).await;
    let config = |region| json!({ "record_values": { "Region__c": region } });
    assert_eq!(faults(&org.connector(config("North"))).await, []);
    let parts = ["`record_values.Region__c` = \"East\""];
    assert_found(&org, config("East"), Severity::Missing, &parts).await;
}

#[tokio::test]
async fn what_the_user_may_not_do_is_denied_by_name() {
    for (permission, part) in [
        (Permission::Create("Case".to_owned()), "may not create Case"),
        (
            Permission::Edit("Contact".to_owned()),
            "may not edit Contact",
        ),
        (Permission::Create("Task".to_owned()), "Edit Tasks"),
    ] {
        let org = Org::made(salesforce::Org {
            missing: BTreeSet::from([permission]),
            ..salesforce::Org::set_up()
        })
        .await;
        assert_found(&org, json!({}), Severity::Denied, &[part]).await;
    }
}

#[tokio::test]
async fn a_status_of_the_org_may_be_the_default() {
    let org = Org::made(salesforce::Org {
        case_statuses: vec![
            Status::open("Neu"),
            Status::open("In Arbeit"),
            Status::closed("Erledigt"),
        ],
        ..salesforce::Org::set_up()
    })
    .await;
    let config = json!({ "statuses": { "default_open": "In Arbeit", "closed": ["Erledigt"] } });
    assert_eq!(faults(&org.connector(config)).await, []);
}

#[tokio::test]
async fn a_user_or_a_queue_may_be_the_default() {
    let org = Org::made(salesforce::Org {
        case_assignment: Some("Support".to_owned()),
        ..salesforce::Org::set_up()
    })
    .await;
    org.ask(
        Method::POST,
        "sobjects/Case",
        &json!({ "Subject": "Billing" }),
    );
    let cases = org.query("query", "SELECT CreatedById, OwnerId FROM Case");
    let queue = cases[0]["OwnerId"].as_str().unwrap();
    assert!(queue.starts_with("00G"), "{queue}");
    let user = cases[0]["CreatedById"].as_str().unwrap();
    for id in [queue, user] {
        let config = json!({ "default_user": id });
        assert_eq!(faults(&org.connector(config)).await, [], "{id}");
    }
}

#[tokio::test]
async fn sessions_on_accounts_are_warned_of_where_contacts_have_none() {
    let org = ready().await;
    let config = json!({ "session_data": { "attach_to": "account" } });
    assert_found(
        &org,
        config,
        Severity::Warning,
        &["`session_data.attach_to`"],
    )
    .await;
}

#[tokio::test]
async fn a_daily_limit_that_runs_out_is_warned_of() {
    let org = Org::with(Options {
        limits: Limits {
            daily_requests: 200,
        },
        org: salesforce::Org::set_up(),
        ..Options::default()
    })
    .await;
    let salesforce = org.connector(json!({}));
    assert_eq!(faults(&salesforce).await, []);
    let mut warned = Vec::new();
    while warned.is_empty() {
        warned = faults(&salesforce).await;
    }
    assert!(
        warned[0].1.contains("200 API calls in 24 hours"),
        "{warned:?}"
    );
}
