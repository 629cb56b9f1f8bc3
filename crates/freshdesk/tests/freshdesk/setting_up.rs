//! `check`, `setup`, and agents.

use casewire_core::{Apply, CrmConnector as _, Email, ErrorKind, RecordId, Severity, UserId};
use serde_json::{Value, json};

use crate::account::{Account, ticket};

fn field(name: &str, label: &str, kind: &str) -> Value {
    json!({ "id": 1, "name": name, "label": label, "type": kind, "default": false })
}

fn both() -> Value {
    json!([
        field("status", "Status", "default_status"),
        field(
            "cf_casewire_leaf_queue_297457",
            "Casewire leaf queue",
            "custom_text"
        ),
        field(
            "cf_casewire_sessions",
            "Casewire sessions",
            "custom_paragraph"
        ),
    ])
}

fn me(email: &str) -> Value {
    json!({ "id": 7, "ticket_scope": 1, "contact": { "email": email, "phone": 5678 } })
}

#[tokio::test]
async fn setup_makes_what_is_missing_and_tells_the_names() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "fields": null }));
    let some = json!([both()[2].clone()]);
    account.answers([(200, some.clone())]);
    let planned = connector.setup(Apply::Plan).await.unwrap();
    assert_eq!(planned[0].what, "custom_text field `Casewire leaf queue`");
    assert_eq!(planned.len(), 1);
    account.asked();
    account.answers([(200, some), (201, both()[1].clone())]);
    let made = connector.setup(Apply::Write).await.unwrap();
    assert_eq!(
        made[0].what,
        "custom_text field `Casewire leaf queue`, named `cf_casewire_leaf_queue_297457`"
    );
    let asked = account.asked();
    assert_eq!(asked[1].line, "POST /admin/ticket_fields");
    let expected = json!({ "label": "Casewire leaf queue", "label_for_customers": "Casewire leaf queue",
        "type": "custom_text", "customers_can_edit": false, "displayed_to_customers": false });
    assert_eq!(asked[1].body, expected);
    account.answers([(200, both())]);
    assert_eq!(connector.setup(Apply::Write).await.unwrap(), []);
    account.asked();
}

#[tokio::test]
async fn setup_takes_an_admin() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "fields": null }));
    account.answers([(200, json!([])), (403, json!({ "code": "access_denied" }))]);
    let error = connector.setup(Apply::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.message().contains("admin's API key"), "{error}");
    account.asked();
}

#[tokio::test]
async fn fields_are_found_by_label_once() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "fields": null }));
    let on = json!({ "custom_fields": { "cf_casewire_leaf_queue_297457": "13" } });
    account.answers([(200, ticket(on.clone())), (200, both()), (200, ticket(on))]);
    let id = RecordId("41".to_owned());
    for _ in 0..2 {
        let record = connector.read_record(&id).await.unwrap().unwrap();
        assert_eq!(&*record.queue.unwrap().0, "13");
    }
    assert_eq!(
        account.calls(),
        ["GET /tickets/41", "GET /ticket_fields", "GET /tickets/41"]
    );
    let connector = account.connector(json!({ "fields": null }));
    account.answers([(200, ticket(json!({}))), (200, json!([]))]);
    let error = connector.read_record(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`casewire setup`"), "{error}");
    account.asked();
}

#[tokio::test]
async fn check_finds_nothing_wrong_with_a_ready_account() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "fields": null, "default_user": "ana@example.com" }));
    account.answers([
        (200, me("ana@example.com")),
        (200, json!([me("ana@example.com")])),
        (200, both()),
    ]);
    let findings = connector.check().await.unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Fine),
        "{findings:?}"
    );
    assert!(findings.len() >= 5, "{findings:?}");
    let lines: Vec<_> = account
        .asked()
        .into_iter()
        .map(|asked| asked.line)
        .collect();
    assert_eq!(
        lines,
        [
            "GET /agents/me",
            "GET /agents?email=ana@example.com",
            "GET /ticket_fields"
        ]
    );
}

#[tokio::test]
async fn check_names_what_is_missing() {
    let account = Account::new().await;
    let connector = account.connector(json!({ "fields": null, "default_user": 9 }));
    let mut required = field("cf_brand", "Brand", "custom_text");
    required["required_for_agents"] = json!(true);
    account.answers([
        (200, me("ana@example.com")),
        (403, json!({ "code": "access_denied" })),
        (200, json!([required])),
        (404, Value::Null),
    ]);
    let findings = connector.check().await.unwrap();
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity > Severity::Warning)
        .map(|finding| &finding.message[..])
        .collect();
    assert_eq!(wrong.len(), 5, "{wrong:#?}");
    for (message, part) in wrong.iter().zip([
        "list agents",
        "`Casewire leaf queue`; run",
        "`Casewire sessions`; run",
        "`cf_brand` a value in `ticket_values`",
        "`default_user` is no active agent",
    ]) {
        assert!(message.contains(part), "{message}");
    }
    account.asked();
}

#[tokio::test]
async fn check_tells_a_refused_key() {
    let account = Account::new().await;
    account.answers([(401, json!({ "code": "invalid_credentials" }))]);
    let findings = account.connector(json!({})).check().await.unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Denied);
    assert!(
        findings[0].message.contains("`api_key`"),
        "{}",
        findings[0].message
    );
    account.asked();
}

#[tokio::test]
async fn r16_an_agent_is_found_by_address() {
    let account = Account::new().await;
    let connector = account.connector(json!({}));
    let ana = Email::parse("ana@example.com").unwrap();
    let mut former = me("ana@example.com");
    former["id"] = json!(6);
    former["deactivated"] = json!(true);
    account.answers([(200, json!([former, me("Ana@Example.com")]))]);
    for _ in 0..2 {
        let user = connector.find_user(&ana).await.unwrap();
        assert_eq!(user, Some(UserId("7".to_owned())));
    }
    assert_eq!(account.calls(), ["GET /agents"]);
    let kim = Email::parse("kim@example.com").unwrap();
    account.answers([(200, json!([]))]);
    for _ in 0..2 {
        assert_eq!(connector.find_user(&kim).await.unwrap(), None);
    }
    assert_eq!(account.calls(), ["GET /agents"]);
}
