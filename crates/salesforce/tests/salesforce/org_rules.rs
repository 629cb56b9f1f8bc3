//! A stock org and one whose admins have made rules: each works, or says exactly what to change.

use casewire_core::{
    Append, Apply, CrmConnector, CustomerIdentity, ErrorKind, NewRecord, RecordCustomer, RecordId,
    RecordState, UserId,
};
use casewire_sandbox::salesforce::{
    self, CustomField, DuplicateAction, DuplicateRule, Refuses, Status, ValidationRule,
};
use serde_json::{Value, json};

use crate::org::{Org, faults};
use crate::story::{
    append, by_email, ended, kim, linked, new_of, new_record, query, ready, reopen,
};

fn set_up() -> salesforce::Org {
    salesforce::Org::set_up()
}

/// A record that a session of Kim's made, and that a person closed.
async fn closed(org: &Org, config: Value, status: &str) -> RecordId {
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let made = org.connector(config).create_record(&new).await.unwrap();
    org.change("Case", &made.id.0, json!({ "Status": status }));
    made.id
}

/// What a write of a new record for Kim is refused with.
async fn refused(org: &Org, config: Value) -> String {
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let error = org.connector(config).create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(!error.message().contains("Kim"), "{error}");
    assert_eq!(org.rows("SELECT Id FROM Case").len(), 0);
    error.message().to_owned()
}

#[tokio::test]
async fn a_stock_org_works_from_setup_to_a_sessions_end() {
    let org = Org::bare().await;
    let salesforce = org.connector(json!({}));
    salesforce.setup(Apply::Write).await.unwrap();
    assert_eq!(faults(&salesforce).await, []);
    let found = salesforce.look_up(&query(&kim())).await.unwrap();
    assert_eq!((found.customer, found.records.len()), (None, 0));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let made = salesforce.create_record(&new).await.unwrap();
    let end = append("call/1", &[ended("Ended")]);
    salesforce.append(&made, &end).await.unwrap();

    org.change("Case", &made.id.0, json!({ "Status": "Closed" }));
    let found = salesforce.look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.records[0].state, RecordState::Resolved);
    let opened = salesforce
        .append(&found.records[0], &reopen("call/2"))
        .await
        .unwrap();
    assert_eq!(opened.state, RecordState::Open);
    let case = org.row("SELECT Status,Subject,IsClosed FROM Case");
    assert_eq!(case["Status"], "New");
    assert_eq!(case["Subject"], new.title);
    assert_eq!(org.rows("SELECT Id FROM Task").len(), 3);
    assert_eq!(org.rows("SELECT Id FROM Contact").len(), 1);
}

#[tokio::test]
async fn the_orgs_own_statuses_are_told_apart() {
    let org = Org::made(salesforce::Org {
        case_statuses: vec![
            Status::closed("Solved"),
            Status::open("Received"),
            Status::open("Again"),
            Status::closed("Archived"),
        ],
        ..set_up()
    })
    .await;
    let config = json!({ "statuses": { "default_open": "Again", "closed": ["Archived"] } });
    let salesforce = org.connector(config.clone());
    let id = closed(&org, config, "Solved").await;
    let solved = salesforce.read_record(&id).await.unwrap().unwrap();
    assert_eq!(solved.state, RecordState::Resolved);
    salesforce.append(&solved, &reopen("call/2")).await.unwrap();
    assert_eq!(org.row("SELECT Status FROM Case")["Status"], "Again");

    org.change("Case", &id.0, json!({ "Status": "Archived" }));
    let archived = salesforce.read_record(&id).await.unwrap().unwrap();
    assert_eq!(archived.state, RecordState::Closed);
    let error = salesforce.append(&archived, &reopen("call/3")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_default_status_that_the_org_lacks_pauses_rather_than_parks() {
    let org = ready().await;
    let id = closed(&org, json!({}), "Closed").await;
    let salesforce = org.connector(json!({ "statuses": { "default_open": "Again" } }));
    let record = salesforce.read_record(&id).await.unwrap().unwrap();
    let error = salesforce.append(&record, &reopen("call/2")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(
        error.message().contains("`statuses.default_open`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_field_that_the_org_requires_is_named_with_where_to_give_it() {
    for (object, values, other) in [
        ("Case", "`record_values`", "`customer_values`"),
        ("Contact", "`customer_values`", "`record_values`"),
        ("Activity", "optional", "_values`"),
    ] {
        let org = Org::made(salesforce::Org {
            custom_fields: vec![CustomField {
                is_required: true,
                ..CustomField::text(object, "Region__c")
            }],
            ..set_up()
        })
        .await;
        let text = refused(&org, json!({})).await;
        for part in ["REQUIRED_FIELD_MISSING", "Region__c", values] {
            assert!(text.contains(part), "{object}: {text}");
        }
        assert!(!text.contains(other), "{object}: {text}");
        if object == "Activity" {
            continue;
        }
        let key = values.trim_matches('`');
        let salesforce = org.connector(json!({ key: { "Region__c": "North" } }));
        let new = new_record("call/1", RecordCustomer::New(kim()));
        salesforce.create_record(&new).await.unwrap();
    }
}

#[tokio::test]
async fn a_value_that_a_list_lacks_is_named_with_its_key() {
    let org = Org::made(salesforce::Org {
        custom_fields: vec![CustomField {
            values: vec!["North".to_owned()],
            ..CustomField::text("Case", "Region__c")
        }],
        ..set_up()
    })
    .await;
    let text = refused(&org, json!({ "record_values": { "Region__c": "South" } })).await;
    for part in ["(Region__c)", "`record_values`"] {
        assert!(text.contains(part), "{text}");
    }
}

/// An org that checks rows.
async fn checking(object: &str, refuses: Refuses) -> Org {
    Org::made(salesforce::Org {
        validation_rules: vec![ValidationRule {
            object: object.to_owned(),
            refuses,
            message: "Ask 06 12 34 56 78 first".to_owned(),
            field: Some("Status".to_owned()),
        }],
        ..set_up()
    })
    .await
}

#[tokio::test]
async fn a_rule_against_reopening_leads_to_follow_ups() {
    let org = checking("Case", Refuses::Reopening).await;
    let id = closed(&org, json!({}), "Closed").await;
    let salesforce = org.connector(json!({}));
    let record = salesforce.read_record(&id).await.unwrap().unwrap();
    let error = salesforce.append(&record, &reopen("call/2")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    for part in ["`statuses.closed`", "Ask", "first", "(Status)"] {
        assert!(error.message().contains(part), "{error}");
    }
    assert!(!error.message().contains("34"), "{error}");
    assert!(!error.message().contains("_values"), "{error}");
    // Notes of sessions that are on it open nothing.
    let end = append("call/1", &[ended("Ended")]);
    salesforce.append(&record, &end).await.unwrap();

    let salesforce = org.connector(json!({ "statuses": { "closed": ["Closed"] } }));
    let found = salesforce.look_up(&query(&kim())).await.unwrap();
    assert_eq!(found.records[0].state, RecordState::Closed);
    let follow_up = NewRecord {
        follow_up_of: Some(id.clone()),
        ..new_of("call/2", &found.customer.unwrap().0)
    };
    let made = salesforce.create_record(&follow_up).await.unwrap();
    let case = org.row(&format!(
        "SELECT ParentId FROM Case WHERE Id = '{}'",
        made.id.0
    ));
    assert_eq!(case["ParentId"], id.0);
}

#[tokio::test]
async fn a_rule_against_reopening_opportunities_names_no_key_that_is_for_cases() {
    let org = checking("Opportunity", Refuses::Reopening).await;
    let salesforce = org.connector(json!({ "record_object": "opportunity" }));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    let made = salesforce.create_record(&new).await.unwrap();
    org.change(
        "Opportunity",
        &made.id.0,
        json!({ "StageName": "Closed Won" }),
    );
    let record = salesforce.read_record(&made.id).await.unwrap().unwrap();
    let error = salesforce.append(&record, &reopen("call/2")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(!error.message().contains("`statuses.closed`"), "{error}");
    assert!(
        error.message().contains("`append_to_closed_within_days`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_rule_about_new_records_is_met_by_record_values() {
    let org = checking("Case", Refuses::Lacking("Origin".to_owned())).await;
    let text = refused(&org, json!({})).await;
    assert!(text.contains("`record_values`"), "{text}");
    let salesforce = org.connector(json!({ "record_values": { "Origin": "Phone" } }));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    salesforce.create_record(&new).await.unwrap();
}

async fn with_duplicate_rule(action: DuplicateAction) -> Org {
    Org::made(salesforce::Org {
        duplicate_rules: vec![DuplicateRule {
            name: "Same_Name".to_owned(),
            object: "Contact".to_owned(),
            fields: ["LastName", "Phone"].map(str::to_owned).into(),
            action,
        }],
        ..set_up()
    })
    .await
}

#[tokio::test]
async fn a_duplicate_rule_that_alerts_lets_a_namesake_be_made() {
    let org = with_duplicate_rule(DuplicateAction::Alert).await;
    org.contact("+15550100900");
    let salesforce = org.connector(json!({}));
    let new = new_record("call/1", RecordCustomer::New(kim()));
    salesforce.create_record(&new).await.unwrap();
    assert_eq!(org.rows("SELECT Id FROM Contact").len(), 2);
}

#[tokio::test]
async fn a_duplicate_rule_that_blocks_is_named_with_what_to_change() {
    let org = with_duplicate_rule(DuplicateAction::Block).await;
    org.contact("+15550100900");
    let text = refused(&org, json!({})).await;
    for part in ["duplicate rule Same_Name", "let it alert"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_duplicate_rule_may_find_the_caller_whom_the_search_does_not_know_yet() {
    for action in [DuplicateAction::Alert, DuplicateAction::Block] {
        let org = with_duplicate_rule(action).await;
        org.sandbox.set_faults("index-lag=3600s".parse().unwrap());
        let contact = org.contact("1 (555) 010-0100");
        let salesforce = org.connector(json!({}));
        let identity = CustomerIdentity {
            name: None,
            ..kim()
        };
        let found = salesforce.look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer, None);
        let new = new_record("call/1", RecordCustomer::New(identity.clone()));
        let made = salesforce.create_record(&new).await.unwrap();
        assert_eq!(made.customer.unwrap().0, contact, "{action:?}");
        let found = salesforce.look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.records.len(), 1, "{action:?}");
    }
}

#[tokio::test]
async fn an_assignment_rule_moves_records_only_when_asked() {
    let org = Org::made(salesforce::Org {
        case_assignment: Some("Support".to_owned()),
        ..set_up()
    })
    .await;
    let mut owners = Vec::new();
    for (subject, auto_assign) in [("call/1", false), ("call/2", true)] {
        let salesforce = org.connector(json!({ "auto_assign": auto_assign }));
        let new = new_record(subject, RecordCustomer::Anonymous);
        let made = salesforce.create_record(&new).await.unwrap();
        let soql = format!("SELECT OwnerId FROM Case WHERE Id = '{}'", made.id.0);
        let owner = org.row(&soql)["OwnerId"].as_str().unwrap().to_owned();
        let joins = Append {
            owner: Some(UserId(org.user("integration@example.com"))),
            ..append(&format!("{subject}1"), &[linked("Call")])
        };
        salesforce.append(&made, &joins).await.unwrap();
        let then = org.row(&soql)["OwnerId"].as_str().unwrap().to_owned();
        assert!(then.starts_with("005"), "{subject}");
        owners.push(owner);
    }
    assert!(owners[0].starts_with("005"), "{owners:?}");
    assert!(owners[1].starts_with("00G"), "{owners:?}");
}

#[tokio::test]
async fn a_session_without_a_name_or_number_makes_a_contact_all_the_same() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    for (subject, customer) in [
        ("chat/1", RecordCustomer::New(by_email("kim@example.com"))),
        ("call/2", RecordCustomer::Anonymous),
        ("call/3", RecordCustomer::SharedAnonymous),
        ("call/4", RecordCustomer::SharedAnonymous),
        ("call/5", RecordCustomer::None),
    ] {
        let new = new_record(subject, customer);
        salesforce.create_record(&new).await.unwrap();
    }
    assert_eq!(org.rows("SELECT Id FROM Contact").len(), 3);
    assert_eq!(org.rows("SELECT Id FROM Case").len(), 5);
}
