//! Answers recorded from real orgs, served to the connector. They are no part of the repository.

use std::collections::BTreeSet;

use casewire_core::{
    Append, Apply, CrmConnector as _, Record, RecordCustomer, RecordState, Severity, StatusChange,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{
    CASE, GOLDEN, connector, connector_with, exchange, id, kim, parts, play, rows, token,
};
use super::setting_up::{found, userinfo, whole_org};
use crate::recorded::{answer_of, recording};
use crate::script::{Script, answered, json};
use crate::story;

pub(super) const VENDOR: &str = "salesforce";

/// The body of a recording.
pub(super) fn body(file: &str) -> Option<Value> {
    Some(recording(VENDOR, file)?["response"]["body"].take())
}

pub(super) fn whole(file: &str) -> Option<ResponseTemplate> {
    Some(answer_of(&recording(VENDOR, file)?["response"]))
}

#[tokio::test]
async fn a_token_is_understood() {
    let Some(mut token) = body("oauth_token_200.json") else {
        return;
    };
    let script = Script::of(&GOLDEN, |uri| {
        // The host was blacked out.
        token["instance_url"] = json!(uri);
        vec![
            answered("oauth_token", json(200, token)),
            exchange("case_read"),
        ]
    })
    .await;
    let read = connector(&script).read_record(&id(CASE)).await;
    assert_eq!(read.unwrap().unwrap().id, id(CASE));
}

#[tokio::test]
async fn versions_are_understood() {
    let Some(versions) = whole("versions.json") else {
        return;
    };
    let script = Script::of(&GOLDEN, |uri| {
        vec![
            answered("oauth_token", token("oauth_token", uri)),
            answered("versions", versions),
        ]
    })
    .await;
    let connector = connector_with(&script, json!({ "api_version": "64.0" }));
    let findings = connector.check().await.unwrap();
    assert_eq!(findings[0].severity, Severity::Missing);
    let message = &findings[0].message;
    assert!(message.contains("31.0 to 66.0"), "{message}");
}

#[tokio::test]
async fn a_description_of_cases_is_understood() {
    let Some(mut described) = body("describe_case_trimmed.json") else {
        return;
    };
    // The recording was cut to some keys of each field.
    for field in described["fields"].as_array_mut().unwrap() {
        field["caseSensitive"] = json!(false);
    }
    let [account, _, contact, task] = whole_org();
    let script = play([
        account,
        answered("describe_case", json(200, described)),
        contact,
        task,
        answered("hidden_objects", found([])),
        answered("hidden_fields", found([])),
        userinfo(),
        answered("permission_sets", found([])),
    ])
    .await;
    let changes = connector(&script).setup(Apply::Plan).await.unwrap();
    let changes: Vec<_> = changes.iter().map(|change| &*change.what).collect();
    assert_eq!(changes.len(), 3, "{changes:#?}");
    // The user may write cases: only their fields are missing.
    for (change, part) in
        changes
            .iter()
            .zip(["leaf queue` on Case", "session` on Case", "permission set"])
    {
        assert!(change.contains(part), "{changes:#?}");
    }
}

#[tokio::test]
async fn cases_are_understood() {
    let Some(cases) = body("query_cases_v62.json") else {
        return;
    };
    let recorded = cases["records"].as_array().unwrap().clone();
    let customers: BTreeSet<_> = recorded
        .iter()
        .filter_map(|case| case["ContactId"].as_str())
        .collect();
    let mut seen = 0;
    for customer in customers {
        let row = json!({ "Id": customer, "CreatedDate": "2026-01-20T09:00:00.000+0000", "Email": "kim@example.com" });
        let answer = parts([
            ("customers0", 200, rows([row])),
            ("records0", 200, cases.clone()),
        ]);
        let script = play([answered("records_by_email", answer)]).await;
        let found = connector(&script)
            .look_up(&story::records_of(story::by_email()))
            .await;
        for record in found.unwrap().records {
            let of_row = recorded
                .iter()
                .find(|case| case["Id"] == *record.id.0)
                .unwrap();
            let is_closed = of_row["IsClosed"].as_bool().unwrap();
            assert_eq!(record.state == RecordState::Resolved, is_closed);
            assert_eq!(record.closed_at.is_some(), is_closed);
            assert_eq!(of_row["ContactId"], customer);
            let stamp = of_row["SystemModstamp"].as_str().unwrap();
            assert_eq!(record.version.unwrap(), stamp.replace("+0000", "Z"));
            seen += 1;
        }
    }
    assert_eq!(seen, recorded.len());
}

#[tokio::test]
async fn rows_without_the_fields_that_count_find_nobody() {
    for file in ["query_page1_next.json", "query_parent_relationship.json"] {
        let Some(others) = body(file) else {
            return;
        };
        let answer = parts([("customers0", 200, others)]);
        let script = play([answered("customer_by_email", answer)]).await;
        let found = connector(&script)
            .look_up(&story::who(story::by_email()))
            .await;
        assert_eq!(found.unwrap().customer, None, "{file}");
    }
}

#[tokio::test]
async fn what_was_created_and_changed_is_understood() {
    for file in [
        "create_201.json",
        "upsert_201_created.json",
        "upsert_200_updated.json",
    ] {
        let (Some(created), Some(changed)) = (recording(VENDOR, file), body("update_204.json"))
        else {
            return;
        };
        let status = u16::try_from(created["response"]["status"].as_u64().unwrap()).unwrap();
        let created = created["response"]["body"].clone();
        let read = GOLDEN.answer_body("case_create")["compositeResponse"][1]["body"].take();
        let answer = parts([
            ("record", status, created.clone()),
            ("read", 200, read.clone()),
            ("entry0", status, created.clone()),
        ]);
        let reopened = parts([
            ("guard", 200, rows([json!({ "Id": CASE })])),
            ("record", 204, changed),
            ("read", 200, read),
            ("entry0", status, created),
        ]);
        let script = play([
            exchange("statuses"),
            answered("case_create", answer),
            answered("case_reopen", reopened),
        ])
        .await;
        let connector = connector(&script);
        let new = story::new_record(RecordCustomer::Known(kim()));
        let made = connector.create_record(&new).await.unwrap();
        assert_eq!(made.id, id(CASE), "{file}");
        let what = Append {
            sessions: vec![story::joining(&[])],
            status: StatusChange::DefaultOpen,
            ..story::append()
        };
        let to = Record {
            state: RecordState::Resolved,
            ..made
        };
        let now = connector.append(&to, &what).await.unwrap();
        assert_eq!(now.state, RecordState::Open, "{file}");
    }
}
