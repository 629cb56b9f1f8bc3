//! Requests for access tokens.

use casewire_core::CrmConnector as _;
use serde_json::json;

use super::org::{CASE, GOLDEN, connector_with, exchange, id, token};
use crate::script::{Script, answered};

const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../crates/http/tests/http/keys/pkcs8.pem"
);

/// A server that gives an access token and then shows a case.
async fn play(request: &'static str, answer: &'static str) -> Script {
    Script::of(&GOLDEN, |uri| {
        vec![answered(request, token(answer, uri)), exchange("case_read")]
    })
    .await
}

#[tokio::test]
async fn signs_in_with_a_signature() {
    let script = play("oauth_token_by_jwt_bearer", "oauth_token").await;
    let changes = json!({ "auth": {
        "type": "oauth_jwt_bearer", "client_id": "casewire", "username": "casewire@acme.example.com",
        "private_key": { "file": KEY },
    } });
    let connector = connector_with(&script, changes);
    connector.read_record(&id(CASE)).await.unwrap();
    script.assert_played().await;
}

#[tokio::test]
async fn refreshes_a_token_and_keeps_its_successor() {
    let script = play("oauth_token_by_refresh", "oauth_token_by_refresh").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "refresh-token-1").unwrap();
    let changes = json!({ "auth": {
        "type": "oauth_refresh_token", "client_id": "casewire",
        "client_secret": { "file": script.secret_file() }, "token_file": file.path(),
    } });
    let connector = connector_with(&script, changes);
    connector.read_record(&id(CASE)).await.unwrap();
    script.assert_played().await;
    let kept = std::fs::read_to_string(file.path()).unwrap();
    assert_eq!(kept.trim(), "refresh-token-2");
}
