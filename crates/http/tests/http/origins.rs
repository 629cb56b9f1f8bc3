//! Access tokens that say which origin takes them, and logins at another origin.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use casewire_core::{ErrorKind, Result};
use casewire_http::{Client, Repeat, Request, TokenStore};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::oauth::{TOKEN_PATH, client_credentials, oauth, refresh_token};

/// A login that gives `access-1`, `access-2`..., with one after the other of `instances`, the last one for ever.
async fn login(instances: Vec<Value>) -> (MockServer, Arc<AtomicUsize>) {
    let server = MockServer::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    Mock::given(path(TOKEN_PATH))
        .respond_with(move |_: &wiremock::Request| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            ResponseTemplate::new(200).set_body_json(json!({
                "access_token": format!("access-{}", n + 1),
                "refresh_token": format!("refresh-{}", n + 1),
                "token_type": "Bearer",
                "instance_url": instances[n.min(instances.len() - 1)],
            }))
        })
        .mount(&server)
        .await;
    (server, asked)
}

/// An origin whose tickets take `token`, and nothing else.
async fn taking(token: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/v1/tickets"))
        .and(header("authorization", format!("Bearer {token}")))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    Mock::given(path("/v1/tickets"))
        .respond_with(ResponseTemplate::new(401))
        .with_priority(9)
        .mount(&server)
        .await;
    server
}

/// The `Authorization` headers that `server` saw.
async fn shown(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let shown = requests
        .iter()
        .filter_map(|request| request.headers.get("authorization"));
    shown
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn requests_go_where_the_token_says() {
    let instance = taking("access-1").await;
    let (login, _) = login(vec![json!(instance.uri())]).await;
    let client = Client::new(oauth(&login, client_credentials())).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    let link = format!("{}/v1/tickets?page=2", instance.uri());
    client
        .send(Request::follow("/v1/tickets", link))
        .await
        .unwrap();
    assert!(shown(&login).await.is_empty());
    // The origin of the login is another one now.
    let link = format!("{}/v1/tickets", login.uri());
    let error = client
        .send(Request::follow("/v1/tickets", link))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(shown(&login).await.is_empty());
}

#[tokio::test]
async fn a_renewed_token_takes_its_request_along() {
    let (left, reached) = (taking("nothing").await, taking("access-2").await);
    let (login, asked) = login(vec![json!(left.uri()), json!(reached.uri())]).await;
    let client = Client::new(oauth(&login, client_credentials())).unwrap();
    let write = Request::post("/v1/tickets").repeat(Repeat::Never);
    client.send(write).await.unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
    assert_eq!(shown(&left).await, ["Bearer access-1"]);
    assert_eq!(shown(&reached).await, ["Bearer access-2"; 2]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn many_callers_move_with_one_renewal() {
    let (left, reached) = (taking("nothing").await, taking("access-2").await);
    let (login, asked) = login(vec![json!(left.uri()), json!(reached.uri())]).await;
    let client = Client::new(oauth(&login, client_credentials())).unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        callers.spawn(async move { client.send(Request::get("/v1/tickets")).await.map(drop) });
    }
    for result in callers.join_all().await {
        result.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(
        shown(&left)
            .await
            .iter()
            .all(|value| value == "Bearer access-1")
    );
    assert_eq!(shown(&reached).await, ["Bearer access-2"; 20]);
}

#[tokio::test]
async fn a_token_that_names_no_origin_comes_back_to_the_clients_own() {
    let instance = taking("nothing").await;
    let (login, _) = login(vec![json!(instance.uri()), Value::Null]).await;
    Mock::given(path("/v1/tickets"))
        .and(header("authorization", "Bearer access-2"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&login)
        .await;
    let client = Client::new(oauth(&login, client_credentials())).unwrap();
    client.send(Request::get("/v1/tickets")).await.unwrap();
}

#[tokio::test]
async fn an_origin_elsewhere_gets_no_token() {
    for instance in [
        "https://hidden.example.com",
        "http://10.0.0.1",
        "http://hidden@127.0.0.1:9001",
        "http://127.0.0.1:9001/hidden",
        "",
    ] {
        let (login, _) = login(vec![json!(instance)]).await;
        let client = Client::new(oauth(&login, client_credentials())).unwrap();
        let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{instance}");
        assert!(error.message().contains("`instance_url`"), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("hidden"),
            "{error:?}"
        );
        assert!(shown(&login).await.is_empty());
    }
}

#[derive(Debug, Default)]
struct Saved(Mutex<Vec<String>>);

#[async_trait]
impl TokenStore for Saved {
    async fn load(&self) -> Result<Option<SecretString>> {
        Ok(Some(SecretString::from("refresh-0")))
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        let token = token.expose_secret().to_owned();
        self.0.lock().unwrap().push(token);
        Ok(())
    }
}

#[tokio::test]
async fn a_rotated_token_is_kept_even_when_the_origin_is_refused() {
    let (login, _) = login(vec![json!("https://elsewhere.example.com")]).await;
    let saved = Arc::new(Saved::default());
    let store: Arc<dyn TokenStore> = Arc::<Saved>::clone(&saved);
    let client = Client::new(oauth(&login, refresh_token(store))).unwrap();
    let error = client.send(Request::get("/v1/tickets")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(*saved.0.lock().unwrap(), ["refresh-1"]);
}
