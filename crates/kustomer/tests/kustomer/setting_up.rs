//! Whether the organisation is as needed, and making it so.

use casewire_core::{Apply, CrmConnector, Email, ErrorKind, Severity, UserId};
use serde_json::{Value, json};

use crate::org::{IVR, OTHER, Org, VIP, list, one, refused, tag};

fn token(roles: &[&str]) -> (u16, Value) {
    one(
        json!({ "type": "token", "id": OTHER, "attributes": { "name": "casewire", "roles": roles } }),
    )
}

fn metadata(names: &[&str]) -> (u16, Value) {
    let properties: serde_json::Map<_, _> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({ "type": "string", "displayName": name }),
            )
        })
        .collect();
    one(json!({ "type": "metadata", "id": OTHER, "attributes": { "properties": properties } }))
}

fn user(id: &str, email: &str) -> Value {
    json!({ "type": "user", "id": id, "attributes": { "email": email, "userType": "user", "deletedAt": null } })
}

const ALL: [&str; 3] = [
    "casewireFollowsUpStr",
    "casewireLeafQueueStr",
    "casewireSessionsTxt",
];

#[tokio::test]
async fn an_organisation_as_needed_is_fine() {
    let (org, connector) = Org::answering([
        token(&["org.user", "org.admin.metadata"]),
        metadata(&ALL),
        list([user(OTHER, "ana@example.com")]),
        list([tag(VIP, "vip")]),
    ])
    .await;
    let findings = connector.check().await.unwrap();
    assert_eq!(findings.len(), 6, "{findings:?}");
    let fine = findings
        .iter()
        .all(|finding| finding.severity == Severity::Fine);
    assert!(fine, "{findings:?}");
    let lines = [
        "GET /v1/auth/tokens/current",
        "GET /v1/metadata/conversation",
        "GET /v1/users?page=1&pageSize=100",
        "GET /v1/tags?deleted=false&page=1&pageSize=100",
    ];
    assert_eq!(org.lines(), lines);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let (org, _) = Org::answering([
        token(&["org.permission.conversation"]),
        metadata(&ALL[..2]),
        list([user(OTHER, "ana@example.com")]),
        refused(403, "role", "forbidden"),
    ])
    .await;
    let connector = org.connector(json!({ "default_user": "lee@example.com" }));
    let findings = connector.check().await.unwrap();
    let of = |severity: Severity| -> Vec<_> {
        let matching = findings
            .iter()
            .filter(|finding| finding.severity == severity);
        matching.map(|finding| finding.message.as_str()).collect()
    };
    assert!(
        of(Severity::Denied)[0].contains("org.permission.note.create"),
        "{findings:?}"
    );
    let missing = of(Severity::Missing);
    assert!(missing[0].contains("`casewireSessionsTxt`"), "{findings:?}");
    assert!(missing[1].contains("`default_user`"), "{findings:?}");
    assert_eq!(of(Severity::Warning).len(), 1, "{findings:?}");
}

#[tokio::test]
async fn a_key_that_is_refused_or_of_another_region_is_told() {
    let words = "Auth token associated with pod prod2 but request is being handled by prod1";
    let wrong_region = (
        401,
        json!({ "errors": [{ "code": "unauthorized", "title": words }] }),
    );
    for (answer, told) in [
        (
            refused(401, "authorization", "unauthorized"),
            "unauthorized",
        ),
        (wrong_region, "check `org`"),
    ] {
        let (_org, connector) = Org::answering([answer]).await;
        let findings = connector.check().await.unwrap();
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].severity, Severity::Denied);
        assert!(findings[0].message.contains(told), "{findings:?}");
    }
}

#[tokio::test]
async fn attributes_are_planned_and_made_and_others_left_alone() {
    let after = ["orderStr", ALL[0], ALL[1], ALL[2]];
    let (org, connector) = Org::answering([
        metadata(&["orderStr", ALL[0]]),
        metadata(&["orderStr", ALL[0]]),
        metadata(&after),
        metadata(&after),
    ])
    .await;
    let plan = connector.setup(Apply::Plan).await.unwrap();
    assert_eq!(org.lines().len(), 1);
    let done = connector.setup(Apply::Write).await.unwrap();
    assert_eq!(plan, done);
    assert_eq!(plan.len(), 2);
    assert!(plan[0].what.contains("`casewireLeafQueueStr`"), "{plan:?}");
    assert_eq!(org.lines()[2], "PUT /v1/metadata/conversation");
    let expected = json!({ "properties": {
        "casewireLeafQueueStr": { "displayName": "Casewire leaf queue" },
        "casewireSessionsTxt": { "displayName": "Casewire sessions" },
    }});
    assert_eq!(org.body(2), expected);
    assert_eq!(connector.setup(Apply::Write).await.unwrap(), []);
    assert_eq!(org.lines().len(), 4);
}

#[tokio::test]
async fn attributes_that_vanish_are_told_at_once() {
    let (_org, connector) = Org::answering([metadata(&["orderStr"]), metadata(&ALL)]).await;
    let error = connector.setup(Apply::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("orderStr"), "{error}");
}

#[tokio::test]
async fn an_agent_is_found_by_address_and_a_miss_is_remembered() {
    let (org, connector) = Org::answering([
        list([user(IVR, "Ana@example.com"), user(OTHER, "lee@example.com")]),
        list([]),
    ])
    .await;
    let find = async |address: &str| {
        connector
            .find_user(&Email::parse(address).unwrap())
            .await
            .unwrap()
    };
    assert_eq!(find("ana@example.com").await, Some(UserId(IVR.to_owned())));
    assert_eq!(
        find("lee@example.com").await,
        Some(UserId(OTHER.to_owned()))
    );
    assert_eq!(org.lines().len(), 1);
    assert_eq!(find("noa@example.com").await, None);
    assert_eq!(find("noa@example.com").await, None);
    assert_eq!(org.lines().len(), 2);
}
