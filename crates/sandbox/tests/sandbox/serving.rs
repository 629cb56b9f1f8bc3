//! The fake on a socket, and on a wiremock server.

use casewire_sandbox::{Fault, Sandbox, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::client::sign_in;

const TICKET: &str = r#"{"ticket":{"comment":{"body":"Hello"}}}"#;

/// One raw exchange on its own connection: all bytes until the server closes it.
async fn exchange(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head}host: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A closed connection may show as an end or as an error; neither brings bytes.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn post_ticket(token: &str) -> String {
    format!(
        "POST /api/v2/tickets HTTP/1.1\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n"
    )
}

async fn created(address: &str, token: &str) -> Value {
    let answer = exchange(address, &post_ticket(token), TICKET).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn tickets(sandbox: &Sandbox) -> usize {
    sandbox.state()["records"].as_array().unwrap().len()
}

#[tokio::test]
async fn serves_until_the_shutdown() {
    let sandbox = Sandbox::zendesk(1);
    let token = sign_in(&sandbox, "sandbox", "read write");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, sandbox.clone(), async {
        let _ = stopped.await;
    }));
    let body = created(&address, &token).await;
    assert_eq!(
        body["ticket"]["url"],
        format!("http://{address}/api/v2/tickets/1.json")
    );
    let state = exchange(&address, "GET /_sandbox/state HTTP/1.1\r\n", "").await;
    assert!(state.contains(r#""records":[{"#), "{state}");
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn dropped_answers_close_the_connection_without_a_byte() {
    let sandbox = Sandbox::zendesk(1);
    let token = sign_in(&sandbox, "sandbox", "read write");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(listener, sandbox.clone(), std::future::pending()));
    sandbox.inject(Fault::Reset);
    assert_eq!(exchange(&address, &post_ticket(&token), TICKET).await, "");
    assert_eq!(tickets(&sandbox), 0);
    sandbox.inject(Fault::LostAnswer);
    assert_eq!(exchange(&address, &post_ticket(&token), TICKET).await, "");
    assert_eq!(tickets(&sandbox), 1);
    created(&address, &token).await;
}

#[tokio::test]
async fn real_client_sees_a_transport_error() {
    let sandbox = Sandbox::zendesk(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v2/users/me", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, sandbox.clone(), std::future::pending()));
    sandbox.set_faults("reset=1".parse().unwrap());
    let client = plain_client();
    let error = client.get(&url).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    sandbox.set_faults("".parse().unwrap());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn answers_on_wiremock() {
    let sandbox = Sandbox::zendesk(1);
    let token = sign_in(&sandbox, "sandbox", "read write");
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(sandbox.responder())
        .mount(&server)
        .await;
    let client = plain_client();
    let post = || {
        let url = format!("{}/api/v2/tickets", server.uri());
        client
            .post(url)
            .bearer_auth(&token)
            .json(&json!({ "ticket": { "comment": { "body": "Hello" } } }))
            .send()
    };
    let answer = post().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(
        answer.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(answer.headers()["x-rate-limit-remaining"], "699");
    sandbox.inject(Fault::LostAnswer);
    assert!(post().await.unwrap_err().is_request());
    assert_eq!(tickets(&sandbox), 2);
    assert_eq!(post().await.unwrap().status(), 201, "the server lives on");
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

/// These tests speak plain HTTP only, yet the client wants a TLS provider at hand.
fn plain_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
