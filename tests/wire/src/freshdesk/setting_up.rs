//! Requests of `check` and `setup`.

use casewire_core::{Apply, CrmConnector as _, QueueId, Severity};
use serde_json::{Value, json};

use super::account::{ANA, connector_with, exchange, id, like, play};

#[tokio::test]
async fn checks_key_agents_fields_statuses_and_user() {
    let script = play([
        exchange("agents_me"),
        exchange("agents_by_email"),
        exchange("ticket_fields"),
        exchange("agent_show"),
    ])
    .await;
    let changes =
        json!({ "fields": null, "default_user": ANA, "statuses": { "resolved": [4, 9] } });
    let findings = connector_with(&script, changes).check().await.unwrap();
    script.assert_played().await;
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Fine)
        .collect();
    assert_eq!(wrong.len(), 1, "{findings:#?}");
    let message = &wrong[0].message;
    assert!(message.contains("no status of the account: 9"), "{message}");
}

#[tokio::test]
async fn creates_the_two_fields_and_tells_their_names() {
    let script = play([
        like("ticket_fields", "ticket_fields_of_new_account"),
        exchange("ticket_field_create_leaf_queue"),
        exchange("ticket_field_create_sessions"),
    ])
    .await;
    let connector = connector_with(&script, json!({ "fields": null }));
    let changes = connector.setup(Apply::Write).await.unwrap();
    script.assert_played().await;
    assert_eq!(changes.len(), 2);
    let named = &changes[1].what;
    assert!(named.contains("`cf_casewire_sessions_297457`"), "{named}");
}

#[tokio::test]
async fn creates_nothing_that_is_there() {
    let script = play([exchange("ticket_fields")]).await;
    let connector = connector_with(&script, json!({ "fields": Value::Null }));
    let changes = connector.setup(Apply::Write).await.unwrap();
    script.assert_played().await;
    assert_eq!(changes, []);
}

#[tokio::test]
async fn finds_the_fields_by_label_and_type() {
    let script = play(["ticket_show", "ticket_fields"].map(exchange)).await;
    let connector = connector_with(&script, json!({ "fields": null }));
    let read = connector.read_record(&id("41")).await.unwrap().unwrap();
    script.assert_played().await;
    assert_eq!(read.queue, Some(QueueId("13".into())));
}
