//! The JWT bearer grant.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use casewire_core::ErrorKind;
use casewire_http::{Auth, Client, ClientConfig, Grant, Request, TokenEncoding};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::form_urlencoded;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::oauth::{TOKEN_PATH, oauth};

fn signed_with(server: &MockServer, private_key: &str) -> ClientConfig {
    let grant = Grant::JwtBearer {
        private_key: SecretString::from(private_key),
        subject: "kim@example.com".to_owned(),
        audience: "https://login.example.com".to_owned(),
    };
    let mut config = oauth(server, grant);
    if let Auth::OAuth(oauth) = &mut config.auth {
        oauth.encoding = TokenEncoding::Form;
        oauth.scopes = Vec::new();
    }
    config
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn each_token_costs_a_fresh_assertion() {
    let server = MockServer::start().await;
    let token = json!({"access_token": "a", "token_type": "Bearer"});
    Mock::given(path(TOKEN_PATH))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    Mock::given(path("/v1/tickets"))
        .and(header("authorization", "Bearer a"))
        .respond_with(ResponseTemplate::new(401))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/v1/tickets"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let begin = Timestamp::now().as_second();
    let client = Client::new(signed_with(&server, include_str!("keys/pkcs8.pem"))).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let asked: Vec<_> = requests
        .iter()
        .filter(|request| request.url.path() == TOKEN_PATH)
        .collect();
    assert_eq!(asked.len(), 2);
    for request in asked {
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(&request.body).into_owned().collect();
        let [(grant_key, grant), (assertion_key, assertion)] = &fields[..] else {
            panic!("{fields:?}");
        };
        assert_eq!(grant_key, "grant_type");
        assert_eq!(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer");
        assert_eq!(assertion_key, "assertion");
        let parts: Vec<_> = assertion.split('.').collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(decoded(parts[0]), json!({"alg": "RS256", "typ": "JWT"}));
        let claims = decoded(parts[1]);
        assert_eq!(claims["iss"], "casewire");
        assert_eq!(claims["sub"], "kim@example.com");
        assert_eq!(claims["aud"], "https://login.example.com");
        let ends = claims["exp"].as_i64().unwrap();
        assert!((begin..=Timestamp::now().as_second()).contains(&(ends - 180)));
    }
}

#[tokio::test]
async fn scopes_are_asked_for_where_there_are_any() {
    let server = MockServer::start().await;
    let token = json!({"access_token": "a", "token_type": "Bearer"});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let mut config = signed_with(&server, include_str!("keys/pkcs1.pem"));
    if let Auth::OAuth(oauth) = &mut config.auth {
        oauth.scopes = vec!["api".to_owned(), "id".to_owned()];
    }
    let client = Client::new(config).unwrap();
    let scopes = client.granted_scopes().await.unwrap().unwrap();
    assert!(scopes.into_iter().eq(["api", "id"]));
    let request = &server.received_requests().await.unwrap()[0];
    let mut fields = form_urlencoded::parse(&request.body);
    assert!(fields.any(|(key, value)| key == "scope" && value == "api id"));
}

#[tokio::test]
async fn an_answer_without_a_token_is_told_without_its_text() {
    for (status, body, kind) in [
        (200, "hidden-token", ErrorKind::Protocol),
        (400, "hidden-token", ErrorKind::Auth),
        (503, "hidden-token", ErrorKind::Unavailable),
    ] {
        let server = MockServer::start().await;
        Mock::given(path(TOKEN_PATH))
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
        let config = signed_with(&server, include_str!("keys/pkcs8.pem"));
        let client = Client::new(config).unwrap();
        let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(
            !format!("{error} {error:?}").contains("hidden"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_broken_key_is_told_before_the_crm_is_asked() {
    let server = MockServer::start().await;
    let error = Client::new(signed_with(&server, "hidden-key")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("private key"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("hidden"),
        "{error:?}"
    );
}

#[tokio::test]
async fn debug_shows_neither_key_nor_user() {
    let server = MockServer::start().await;
    let key = include_str!("keys/pkcs8.pem");
    let config = signed_with(&server, key);
    let shown = format!("{config:?} {:?}", Client::new(config.clone()).unwrap());
    assert!(
        !shown.contains("kim@") && !shown.contains("BEGIN"),
        "{shown}"
    );
}
