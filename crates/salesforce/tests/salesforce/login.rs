//! Credentials.

use std::collections::BTreeSet;

use casewire_core::{Apply, CrmConnector, Severity};
use casewire_http::SecretSource;
use casewire_salesforce::{LoginHost, Salesforce, SalesforceAuth, SalesforceConfig};
use casewire_sandbox::salesforce::{self, Options, Permission, RefreshTokens};
use serde_json::json;

use crate::org::{Org, worst};

const USER: &str = "integration@example.com";

fn with_auth(org: &Org, auth: SalesforceAuth) -> Salesforce {
    let config = SalesforceConfig {
        auth,
        ..org.config(json!({}))
    };
    Salesforce::new(config).unwrap()
}

fn signed(username: &str, client_id: &str) -> SalesforceAuth {
    SalesforceAuth::OauthJwtBearer {
        client_id: client_id.to_owned(),
        username: username.to_owned(),
        private_key: SecretSource::File {
            file: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/salesforce/key.pem").into(),
        },
        login_host: Some(LoginHost::Test),
    }
}

/// Asserts that access is denied with this advice, and that the credentials are not told.
async fn assert_denied(salesforce: &Salesforce, advice: &str) {
    let findings = salesforce.check().await.unwrap();
    let worst = worst(&findings);
    assert_eq!(worst.severity, Severity::Denied, "{findings:?}");
    assert!(worst.message.contains(advice), "{}", worst.message);
    let shown = format!("{salesforce:?} {findings:?}");
    assert!(
        !shown.contains("not-the-secret") && !shown.contains("@example.com"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_signature_works_for_a_user_who_is_approved() {
    let org = Org::made(salesforce::Org::set_up()).await;
    let findings = with_auth(&org, signed(USER, "sandbox"))
        .check()
        .await
        .unwrap();
    assert_eq!(worst(&findings).severity, Severity::Fine, "{findings:?}");
    assert_denied(
        &with_auth(&org, signed("kim@example.com", "sandbox")),
        "pre-authorize",
    )
    .await;
    assert_denied(&with_auth(&org, signed(USER, "another")), "`client_id`").await;
}

#[tokio::test]
async fn wrong_credentials_are_denied_and_not_shown() {
    let org = Org::bare().await;
    let wrong = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(wrong.path(), "not-the-secret").unwrap();
    let wrong = SecretSource::File {
        file: wrong.path().to_owned(),
    };
    for (client_id, client_secret) in [("sandbox", wrong), ("nobody", org.secret())] {
        let auth = SalesforceAuth::OauthClientCredentials {
            client_id: client_id.to_owned(),
            client_secret,
        };
        assert_denied(&with_auth(&org, auth), "`client_id`").await;
    }
}

#[tokio::test]
async fn an_app_without_a_user_to_run_as_is_told() {
    let org = Org::made(salesforce::Org {
        missing: BTreeSet::from([Permission::ClientCredentials]),
        ..salesforce::Org::set_up()
    })
    .await;
    assert_denied(&org.connector(json!({})), "Run As").await;
}

#[tokio::test]
async fn an_org_without_api_is_told() {
    let org = Org::made(salesforce::Org {
        missing: BTreeSet::from([Permission::ApiEnabled]),
        ..salesforce::Org::set_up()
    })
    .await;
    assert_denied(&org.connector(json!({})), "API_DISABLED_FOR_ORG").await;
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_kept_in_its_file() {
    let org = Org::with(Options {
        refresh_tokens: RefreshTokens::Rotated,
        ..Options::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "sandbox").unwrap();
    let auth = SalesforceAuth::OauthRefreshToken {
        client_id: "sandbox".to_owned(),
        client_secret: Some(org.secret()),
        token_file: token_file.clone(),
    };
    let salesforce = with_auth(&org, auth.clone());
    salesforce.setup(Apply::Write).await.unwrap();
    let kept = std::fs::read_to_string(&token_file).unwrap();
    assert_ne!(kept.trim(), "sandbox");
    // The first one is used up.
    std::fs::write(&token_file, "sandbox").unwrap();
    assert_denied(&with_auth(&org, auth), "sign in again").await;
}
