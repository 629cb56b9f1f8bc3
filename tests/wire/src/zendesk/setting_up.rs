//! Requests of `check` and `setup`.

use casewire_core::{Apply, CrmConnector as _, Severity, UserId};
use casewire_http::DefaultUser;
use casewire_zendesk::Zendesk;

use super::account::{GOLDEN, config, exchange, play};
use crate::script::answered;

#[tokio::test]
async fn creates_the_two_fields() {
    let none = GOLDEN.answer("ticket_fields_of_new_account");
    let script = play([
        answered("ticket_fields", none),
        exchange("oauth_token_for_setup"),
        exchange("ticket_field_create_leaf_queue"),
        exchange("ticket_field_create_sessions"),
    ])
    .await;
    let mut config = config(&script, "client-secret-1");
    config.fields = None;
    let changes = Zendesk::new(config)
        .unwrap()
        .setup(Apply::Write)
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(changes.len(), 2);
}

#[tokio::test]
async fn creates_nothing_that_is_there() {
    let script = play([exchange("ticket_fields")]).await;
    let mut config = config(&script, "client-secret-1");
    config.fields = None;
    let changes = Zendesk::new(config)
        .unwrap()
        .setup(Apply::Write)
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(changes, []);
}

#[tokio::test]
async fn checks_credentials_scopes_fields_user_and_status() {
    let exchanges = [
        "users_me",
        "oauth_token_current",
        "ticket_fields",
        "user_show",
        "custom_statuses",
    ];
    let script = play(exchanges.map(exchange)).await;
    let mut config = config(&script, "client-secret-1");
    config.default_user = Some(DefaultUser::Id(UserId("21000000000777".to_owned())));
    config.reopen_custom_status_id = Some(21_000_000_007_001);
    let findings = Zendesk::new(config).unwrap().check().await.unwrap();
    script.assert_played().await;
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Fine)
        .collect();
    assert_eq!(wrong.len(), 1, "{findings:#?}");
    assert_eq!(wrong[0].severity, Severity::Denied);
    assert!(wrong[0].message.contains("users:write"), "{findings:#?}");
}
