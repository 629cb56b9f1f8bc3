//! Requests of `check` and `setup`.

use casewire_core::{Apply, CrmConnector as _, Severity};
use serde_json::json;

use super::org::{ANA, connector, connector_with, exchange, like, play};

#[tokio::test]
async fn checks_roles_attributes_users_and_tags() {
    let exchanges = [
        "token_current",
        "metadata",
        "users",
        "users_next_page",
        "tags",
    ];
    let script = play(exchanges.map(exchange)).await;
    let connector = connector_with(&script, json!({ "default_user": ANA }));
    let findings = connector.check().await.unwrap();
    script.assert_played().await;
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Fine)
        .collect();
    // Older roles do as well as those of permission sets.
    assert_eq!(wrong.len(), 1, "{findings:#?}");
    assert_eq!(wrong[0].severity, Severity::Denied);
    let message = &wrong[0].message;
    assert!(
        message.contains("roles org.permission.note.create;"),
        "{message}"
    );
}

#[tokio::test]
async fn creates_the_attributes_that_are_missing_and_no_others() {
    let script = play([
        like("metadata", "metadata_of_new_org"),
        exchange("metadata_update"),
    ])
    .await;
    let changes = connector(&script).setup(Apply::Write).await.unwrap();
    script.assert_played().await;
    assert_eq!(changes.len(), 3);
}

#[tokio::test]
async fn creates_nothing_that_is_there() {
    let script = play([exchange("metadata")]).await;
    let changes = connector(&script).setup(Apply::Write).await.unwrap();
    script.assert_played().await;
    assert_eq!(changes, []);
}
