//! Access tokens.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use casewire_core::{Error, ErrorKind, Result};
use casewire_http::{
    Auth, Client, ClientConfig, Grant, MemoryTokenStore, OAuth, Refusal, Repeat, Request,
    TokenEncoding, TokenStore,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wiremock::matchers::{body_json, body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::config;

pub(crate) const TOKEN_PATH: &str = "/oauth/tokens";

pub(crate) fn client_credentials() -> Grant {
    Grant::ClientCredentials {
        client_secret: SecretString::from("hidden-secret"),
    }
}

pub(crate) fn refresh_token(store: Arc<dyn TokenStore>) -> Grant {
    Grant::RefreshToken {
        client_secret: None,
        store,
    }
}

pub(crate) fn oauth(server: &MockServer, grant: Grant) -> ClientConfig {
    oauth_at(&server.uri(), grant)
}

pub(crate) fn oauth_at(uri: &str, grant: Grant) -> ClientConfig {
    let mut config = config(uri);
    config.auth = Auth::OAuth(OAuth {
        client_id: "casewire".to_owned(),
        grant,
        token_path: TOKEN_PATH,
        encoding: TokenEncoding::Json,
        scopes: vec!["read".to_owned(), "tickets:write".to_owned()],
        refusal: |_| None,
    });
    config
}

/// A server whose token endpoint gives `access-1`, `access-2`..., with the refresh tokens
/// `refresh-1`, `refresh-2`... when it `rotates`, and whose tickets take the tokens in `good` only.
async fn server(rotates: bool, good: &'static [&'static str]) -> (MockServer, Arc<AtomicUsize>) {
    let server = MockServer::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .respond_with(move |_: &wiremock::Request| {
            let n = count.fetch_add(1, Ordering::SeqCst) + 1;
            let mut token = json!({"access_token": format!("access-{n}"), "token_type": "bearer", "expires_in": 3600});
            if rotates {
                token["refresh_token"] = json!(format!("refresh-{n}"));
            }
            ResponseTemplate::new(201).set_body_json(token)
        })
        .mount(&server)
        .await;
    for token in good {
        Mock::given(path("/v1/tickets"))
            .and(header("authorization", format!("Bearer {token}")))
            .respond_with(ResponseTemplate::new(200))
            .mount(&server)
            .await;
    }
    Mock::given(path("/v1/tickets"))
        .respond_with(ResponseTemplate::new(401))
        .with_priority(9)
        .mount(&server)
        .await;
    (server, asked)
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let asked = requests
        .iter()
        .filter(|request| request.url.path() == TOKEN_PATH);
    asked.map(|request| request.body_json().unwrap()).collect()
}

#[tokio::test]
async fn asks_in_json_and_takes_201() {
    let (server, _) = server(false, &["access-1"]).await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    let expected = json!({
        "grant_type": "client_credentials",
        "client_id": "casewire",
        "client_secret": "hidden-secret",
        "scope": "read tickets:write",
    });
    assert_eq!(bodies(&server).await, [expected]);
}

#[tokio::test]
async fn asks_in_a_form() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string(
            "grant_type=client_credentials&scope=api&client_id=casewire&client_secret=hidden-secret",
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": "a", "token_type": "Bearer"})))
        .expect(1)
        .mount(&server)
        .await;
    let mut config = oauth(&server, client_credentials());
    if let Auth::OAuth(oauth) = &mut config.auth {
        oauth.encoding = TokenEncoding::Form;
        oauth.scopes = vec!["api".to_owned()];
    }
    let scopes = Client::new(config)
        .unwrap()
        .granted_scopes()
        .await
        .unwrap()
        .unwrap();
    assert!(scopes.into_iter().eq(["api"]));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let (server, asked) = server(false, &["access-2"]).await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    // A write, too: the CRM has not handled it.
    let write = Request::post("/v1/tickets").repeat(Repeat::Never);
    client.send(write).await.unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_refused_again_is_an_auth_error() {
    let (server, asked) = server(false, &[]).await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// Zendesk and Salesforce write the type of a token in different cases, and Salesforce does not say when it ends.
#[tokio::test]
async fn a_token_without_an_end_lasts_until_it_is_refused() {
    for token_type in ["bearer", "Bearer", "BEARER"] {
        let server = MockServer::start().await;
        let answer =
            json!({"access_token": "a", "token_type": token_type, "issued_at": "1435348006611"});
        Mock::given(path(TOKEN_PATH))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(path("/v1/tickets"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&server)
            .await;
        let client = Client::new(oauth(&server, client_credentials())).unwrap();
        for _ in 0..2 {
            client.send(Request::get("/v1/tickets")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_401_that_no_token_mends_renews_none() {
    let (server, asked) = server(false, &[]).await;
    let mut config = oauth(&server, client_credentials());
    config.refusal = |_, _, _| Refusal {
        kind: Some(ErrorKind::Config),
        text: "not for this interface".to_owned(),
    };
    let client = Client::new(config).unwrap();
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn many_callers_cause_one_token_request() {
    let (server, asked) = server(false, &["access-1"]).await;
    send_many(&oauth(&server, client_credentials())).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn many_callers_renew_a_refused_token_once() {
    let (server, asked) = server(false, &["access-2"]).await;
    send_many(&oauth(&server, client_credentials())).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn many_callers_share_a_failed_token_request() {
    let server = MockServer::start().await;
    // Slow enough for all callers to be waiting when it ends.
    let refusal = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"}));
    Mock::given(path(TOKEN_PATH))
        .respond_with(refusal.set_delay(Duration::from_millis(100)))
        .expect(1)
        .mount(&server)
        .await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    let callers = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.send(Request::get("/v1/tickets")).await.unwrap_err() })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap().kind(), ErrorKind::Auth);
    }
}

/// Saves when it is let.
#[derive(Debug)]
struct Gate(Semaphore, MemoryTokenStore);

#[async_trait]
impl TokenStore for Gate {
    async fn load(&self) -> Result<Option<SecretString>> {
        self.1.load().await
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        self.0.acquire().await.unwrap().forget();
        self.1.save(token).await
    }
}

#[tokio::test]
async fn a_caller_that_gives_up_loses_no_rotated_token() {
    let (server, asked) = server(true, &[]).await;
    let memory = MemoryTokenStore::new(SecretString::from("refresh-0"));
    let gate = Arc::new(Gate(Semaphore::new(0), memory));
    let store: Arc<dyn TokenStore> = Arc::<Gate>::clone(&gate);
    let client = Client::new(oauth(&server, refresh_token(store))).unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(20), client.granted_scopes()).await;
    assert!(given_up.is_err());
    gate.0.add_permits(1);
    client.granted_scopes().await.unwrap();
    let kept = gate.load().await.unwrap().unwrap();
    assert_eq!(kept.expose_secret(), "refresh-1");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

async fn send_many(config: &ClientConfig) {
    let client = Client::new(config.clone()).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        callers.spawn(async move { client.send(Request::get("/v1/tickets")).await.map(drop) });
    }
    while let Some(result) = callers.join_next().await {
        result.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_token_about_to_end_is_renewed() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(
                json!({"access_token": "a", "token_type": "bearer", "expires_in": 0}),
            ),
        )
        .expect(2)
        .mount(&server)
        .await;
    Mock::given(path("/v1/tickets"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let client = Client::new(oauth(&server, client_credentials())).unwrap();
    for _ in 0..2 {
        client.send(Request::get("/v1/tickets")).await.unwrap();
    }
}

/// Fails while `is_full`; remembers what was saved.
#[derive(Debug, Default)]
struct Disk {
    is_full: AtomicBool,
    saved: Mutex<Vec<String>>,
}

#[async_trait]
impl TokenStore for Disk {
    async fn load(&self) -> Result<Option<SecretString>> {
        let last = self.saved.lock().unwrap().last().cloned();
        Ok(Some(SecretString::from(
            last.unwrap_or("refresh-0".to_owned()),
        )))
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Config, "the disk is full"));
        }
        self.saved
            .lock()
            .unwrap()
            .push(token.expose_secret().to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn each_rotated_token_is_kept_and_used_next() {
    let (server, _) = server(true, &["access-2"]).await;
    let disk = Arc::new(Disk::default());
    let store: Arc<dyn TokenStore> = Arc::<Disk>::clone(&disk);
    let client = Client::new(oauth(&server, refresh_token(store))).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    assert_eq!(*disk.saved.lock().unwrap(), ["refresh-1", "refresh-2"]);
    let shown: Vec<_> = bodies(&server)
        .await
        .iter()
        .map(|body| body["refresh_token"].clone())
        .collect();
    assert_eq!(shown, ["refresh-0", "refresh-1"]);
}

#[tokio::test]
async fn a_rotated_token_that_is_not_kept_is_not_used() {
    let (server, asked) = server(true, &["access-1"]).await;
    let disk = Arc::new(Disk::default());
    disk.is_full.store(true, Ordering::SeqCst);
    let store: Arc<dyn TokenStore> = Arc::<Disk>::clone(&disk);
    let client = Client::new(oauth(&server, refresh_token(store))).unwrap();
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .message()
            .contains("the CRM replaced the refresh token"),
        "{error}"
    );
    let requests = server.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .all(|request| request.url.path() == TOKEN_PATH)
    );
    // It is not lost either: once there is room it is kept, without asking again.
    disk.is_full.store(false, Ordering::SeqCst);
    client.send(Request::get("/v1/tickets")).await.unwrap();
    assert_eq!(*disk.saved.lock().unwrap(), ["refresh-1"]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_refresh_token_asks_to_sign_in() {
    let (server, asked) = server(true, &[]).await;
    let config = oauth(
        &server,
        refresh_token(Arc::new(MemoryTokenStore::default())),
    );
    let error = Client::new(config)
        .unwrap()
        .send(Request::get("/v1/tickets"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.message().contains("put one where"), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn granted_scopes_are_those_of_the_answer() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .and(body_json(json!({
            "grant_type": "refresh_token",
            "refresh_token": "hidden-refresh",
            "client_id": "casewire",
            "scope": "read tickets:write",
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"access_token": "a", "token_type": "bearer", "scope": "read hc:read"}),
        ))
        .mount(&server)
        .await;
    let store = Arc::new(MemoryTokenStore::new(SecretString::from("hidden-refresh")));
    let client = Client::new(oauth(&server, refresh_token(store))).unwrap();
    let scopes = client.granted_scopes().await.unwrap().unwrap();
    assert!(scopes.into_iter().eq(["hc:read", "read"]));
    let fixed = Client::new(config(&server.uri())).unwrap();
    assert_eq!(fixed.granted_scopes().await.unwrap(), None);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let (server, _) = server(true, &["access-1"]).await;
    let store = Arc::new(MemoryTokenStore::new(SecretString::from("hidden-refresh")));
    let grants = [client_credentials(), refresh_token(store)];
    let mut configs: Vec<_> = grants
        .into_iter()
        .map(|grant| oauth(&server, grant))
        .collect();
    configs.push(config(&server.uri()));
    let mut basic = config(&server.uri());
    basic.auth = Auth::Basic {
        user: SecretString::from("hidden-user"),
        password: SecretString::from("hidden-password"),
    };
    configs.push(basic);
    for config in configs {
        let shown = format!("{config:?}");
        let client = Client::new(config).unwrap();
        // Whatever comes of it: tokens are there now.
        let _ = client.send(Request::get("/v1/tickets")).await;
        let shown = format!("{shown} {client:?}");
        for secret in ["hidden", "access-", "refresh-", "fixed-token"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
