//! Access tokens that the CRM does not give.

use std::error::Error as _;
use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use casewire_http::{Auth, Client, ClientConfig, Grant, Request, TokenRefusal};
use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::oauth::{TOKEN_PATH, client_credentials, oauth};

async fn token_error(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(answer)
        .mount(&server)
        .await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    client.send(Request::post("/v1/tickets")).await.unwrap_err()
}

#[tokio::test]
async fn refused_credentials_name_the_key_to_mend() {
    for (code, key) in [
        ("invalid_client", "`client_secret`"),
        ("invalid_grant", "`client_id`"),
        ("invalid_scope", "scopes"),
        ("unauthorized_client", "`type`"),
        ("vendor_specific", "`auth`"),
    ] {
        let body = json!({"error": code, "error_description": "hidden-secret is wrong"});
        let error = token_error(ResponseTemplate::new(400).set_body_json(body)).await;
        assert_eq!(error.kind(), ErrorKind::Auth, "{code}");
        assert!(
            error.message().starts_with("POST http://127.0.0.1:"),
            "{error}"
        );
        assert!(
            error
                .message()
                .contains("/oauth/tokens: the CRM gives no access token"),
            "{error}"
        );
        assert!(error.source().is_none(), "the sentence is said once");
        assert!(
            error.message().contains(code) && error.message().contains(key),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hidden-secret"), "{error:?}");
    }
}

#[tokio::test]
async fn other_token_answers_have_their_kinds() {
    for (status, body, kind) in [
        (404, "not here", ErrorKind::Auth),
        (500, "", ErrorKind::Unavailable),
        (200, "hidden-token", ErrorKind::Protocol),
        (
            200,
            "{\"access_token\":[\"hidden-token\"]}",
            ErrorKind::Protocol,
        ),
    ] {
        let error =
            token_error(ResponseTemplate::new(status).set_body_raw(body, "application/json")).await;
        assert_eq!(error.kind(), kind, "{status} {body}");
        assert!(error.message().contains("/oauth/tokens: "), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("hidden-token"),
            "{error:?}"
        );
    }
    let error = token_error(ResponseTemplate::new(429).insert_header("retry-after", "30")).await;
    let retry_after = Duration::from_secs(30);
    assert_eq!(error.kind(), ErrorKind::RateLimited { retry_after });
}

/// A vendor that says in words what its codes do not.
fn told_in_words(refusal: &TokenRefusal<'_>) -> Option<(ErrorKind, &'static str)> {
    let says = |words| refusal.description.is_some_and(|text| text.contains(words));
    match refusal.code {
        "invalid_grant" if says("already being processed") => {
            Some((ErrorKind::Unavailable, "it comes in a moment"))
        }
        "invalid_grant" if says("not supported on this domain") => {
            Some((ErrorKind::Config, "set the account's own host"))
        }
        _ => None,
    }
}

fn talkative(server: &MockServer) -> ClientConfig {
    let mut config = oauth(server, client_credentials());
    if let Auth::OAuth(oauth) = &mut config.auth {
        oauth.refusal = told_in_words;
    }
    config
}

fn invalid_grant(description: &str) -> ResponseTemplate {
    ResponseTemplate::new(400)
        .set_body_json(json!({"error": "invalid_grant", "error_description": description}))
}

#[tokio::test]
async fn the_vendor_says_what_a_refused_login_means() {
    for (answer, kind, advice) in [
        (
            invalid_grant("request not supported on this domain"),
            ErrorKind::Config,
            "(invalid_grant): set the account's own host",
        ),
        (
            invalid_grant("hidden words"),
            ErrorKind::Auth,
            "(invalid_grant): check `client_id`",
        ),
        (
            ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"})),
            ErrorKind::Auth,
            "(invalid_grant): check `client_id`",
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(TOKEN_PATH))
            .respond_with(answer)
            .expect(1)
            .mount(&server)
            .await;
        let client = Client::new(talkative(&server)).unwrap();
        let error = client.send(Request::post("/v1/tickets")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(advice), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("hidden") && !shown.contains("on this domain"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_login_refused_for_a_moment_is_tried_again() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(invalid_grant("token request is already being processed"))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    let token = json!({"access_token": "a", "token_type": "Bearer"});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/v1/tickets"))
        .respond_with(ResponseTemplate::new(201))
        .expect(1)
        .mount(&server)
        .await;
    let client = Client::new(talkative(&server)).unwrap();
    client.send(Request::post("/v1/tickets")).await.unwrap();
}

#[tokio::test]
async fn a_refused_assertion_names_the_key_and_the_clock() {
    for (code, word) in [
        ("invalid_client", "private key"),
        ("invalid_grant", "clock"),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(TOKEN_PATH))
            .respond_with(ResponseTemplate::new(400).set_body_json(json!({"error": code})))
            .mount(&server)
            .await;
        let grant = Grant::JwtBearer {
            private_key: SecretString::from(include_str!("keys/pkcs8.pem")),
            subject: "kim@example.com".to_owned(),
            audience: "https://login.example.com".to_owned(),
        };
        let client = Client::new(oauth(&server, grant)).unwrap();
        let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.message().contains(word), "{error}");
        assert!(!format!("{error} {error:?}").contains("kim@"), "{error:?}");
    }
}
