//! Credentials, `check` and `setup`.

use casewire_core::{Apply, CrmConnector, ErrorKind, Finding, RecordCustomer, Severity, UserId};
use casewire_http::{DefaultUser, SecretSource};
use casewire_zendesk::{Fields, Zendesk, ZendeskAuth, ZendeskConfig};

use crate::account::{Account, new_record};

fn worst(findings: &[Finding]) -> &Finding {
    findings
        .iter()
        .max_by_key(|finding| finding.severity)
        .unwrap()
}

fn client(account: &Account, client_id: &str) -> ZendeskAuth {
    ZendeskAuth::OauthClientCredentials {
        client_id: client_id.to_owned(),
        client_secret: account.secret(),
    }
}

#[tokio::test]
async fn setup_plans_then_creates_then_has_nothing_to_do() {
    let account = Account::bare().await;
    let zendesk = account.connector();
    let planned = zendesk.setup(Apply::Plan).await.unwrap();
    let whats: Vec<_> = planned.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(
        whats,
        [
            "text field `Casewire leaf queue`",
            "textarea field `Casewire sessions`"
        ]
    );
    assert_eq!(
        worst(&zendesk.check().await.unwrap()).severity,
        Severity::Missing
    );
    let new = new_record("call/1", RecordCustomer::None);
    let error = zendesk.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`casewire setup`"), "{error}");

    assert_eq!(zendesk.setup(Apply::Write).await.unwrap(), planned);
    assert_eq!(zendesk.setup(Apply::Write).await.unwrap(), []);
    assert_eq!(
        worst(&zendesk.check().await.unwrap()).severity,
        Severity::Fine
    );
    zendesk.create_record(&new).await.unwrap();
    assert_eq!(zendesk.api_warnings(), 0);
}

#[tokio::test]
async fn wrong_credentials_are_denied_and_not_shown() {
    let account = Account::bare().await;
    let auth = ZendeskAuth::OauthClientCredentials {
        client_id: "nobody".to_owned(),
        client_secret: account.secret(),
    };
    let findings = account.with_auth(auth).check().await.unwrap();
    let worst = worst(&findings);
    assert_eq!(worst.severity, Severity::Denied);
    assert!(worst.message.contains("`client_id`"), "{}", worst.message);
}

#[tokio::test]
async fn an_anonymous_answer_is_not_believed() {
    let account = Account::bare().await;
    let wrong = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(wrong.path(), "not-the-token").unwrap();
    let auth = ZendeskAuth::ApiToken {
        email: "ana@example.com".to_owned(),
        token: SecretSource::File {
            file: wrong.path().to_owned(),
        },
    };
    let zendesk = account.with_auth(auth);
    let findings = zendesk.check().await.unwrap();
    assert_eq!(worst(&findings).severity, Severity::Denied);
    let shown = format!("{zendesk:?} {findings:?}");
    assert!(
        !shown.contains("not-the-token") && !shown.contains("ana@"),
        "{shown}"
    );
}

#[tokio::test]
async fn missing_scopes_are_denied_by_name() {
    let account = Account::bare().await;
    account.connector().setup(Apply::Write).await.unwrap();
    let zendesk = account.with_auth(client(&account, "sandbox-read-only"));
    let findings = zendesk.check().await.unwrap();
    let worst = worst(&findings);
    assert_eq!(worst.severity, Severity::Denied);
    assert!(
        worst.message.contains("tickets:write, users:write"),
        "{}",
        worst.message
    );
    let new = new_record("call/1", RecordCustomer::None);
    let error = zendesk.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
}

#[tokio::test]
async fn an_api_token_works_and_is_warned_of() {
    let account = Account::bare().await;
    account.connector().setup(Apply::Write).await.unwrap();
    let zendesk = account.with_auth(ZendeskAuth::ApiToken {
        email: "ana@example.com".to_owned(),
        token: account.secret(),
    });
    let findings = zendesk.check().await.unwrap();
    let worst = worst(&findings);
    assert_eq!(worst.severity, Severity::Warning, "{}", worst.message);
    assert!(worst.message.contains("2027-04-30"), "{}", worst.message);
    let new = new_record("call/1", RecordCustomer::None);
    zendesk.create_record(&new).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_is_replaced_in_its_file() {
    let account = Account::bare().await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "sandbox").unwrap();
    let zendesk = account.with_auth(ZendeskAuth::OauthRefreshToken {
        client_id: "sandbox".to_owned(),
        client_secret: Some(account.secret()),
        token_file: token_file.clone(),
    });
    zendesk.setup(Apply::Write).await.unwrap();
    let new = new_record("call/1", RecordCustomer::None);
    zendesk.create_record(&new).await.unwrap();
    assert_ne!(
        std::fs::read_to_string(&token_file).unwrap().trim(),
        "sandbox"
    );
}

#[tokio::test]
async fn what_the_config_names_has_to_be_there() {
    let account = Account::bare().await;
    let zendesk = Zendesk::new(ZendeskConfig {
        default_user: Some(DefaultUser::Id(UserId("424242".to_owned()))),
        fields: Some(Fields {
            leaf_queue: 1,
            sessions: 2,
        }),
        reopen_custom_status_id: Some(3),
        ..account.config()
    })
    .unwrap();
    let findings = zendesk.check().await.unwrap();
    for key in [
        "default_user",
        "fields.leaf_queue",
        "fields.sessions",
        "reopen_custom_status_id",
    ] {
        let is_missing = |finding: &Finding| {
            finding.severity == Severity::Missing && finding.message.contains(key)
        };
        assert!(findings.iter().any(is_missing), "{key}: {findings:?}");
    }
}
