//! A CRM that can not be reached: what was asked of whom, why it failed, and what to check.

use std::error::Error as StdError;
use std::iter::successors;

use casewire_core::{Error, ErrorKind};
use casewire_http::{Client, ClientConfig, Repeat, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::oauth::{client_credentials, oauth_at};
use crate::server::{config, scripted};

/// An address of this machine where nobody listens.
fn nobody(scheme: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("{scheme}://{}", listener.local_addr().unwrap())
}

/// A server that knows no TLS.
async fn plain() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // An answer before the question is read would only cut the connection.
            let read = stream.read(&mut [0; 16 * 1024]).await.unwrap();
            assert!(read > 0);
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        }
    });
    uri
}

async fn failure(config: ClientConfig) -> Error {
    let client = Client::new(config).unwrap();
    client.send(Request::get("/v1/me")).await.unwrap_err()
}

/// The sentences of the error and of those underneath.
fn sentences(error: &Error) -> Vec<String> {
    let first: &dyn StdError = error;
    successors(Some(first), |&error| error.source())
        .map(ToString::to_string)
        .collect()
}

const REMEDY: &str = "check `base_url`, and that a server runs there";

#[tokio::test]
async fn a_token_request_is_named_when_nobody_listens() {
    let uri = nobody("http");
    let error = failure(oauth_at(&uri, client_credentials())).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let sentences = sentences(&error);
    assert_eq!(
        sentences[0],
        format!("POST {uri}/oauth/tokens: no connection to {uri} (connection refused); {REMEDY}")
    );
    let again = sentences[1..]
        .iter()
        .find(|below| sentences[0].contains(*below));
    assert_eq!(again, None, "{sentences:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let uri = plain().await;
    for (config, request) in [
        (config(&uri), "GET /v1/me".to_owned()),
        (
            oauth_at(&uri, client_credentials()),
            format!("POST {uri}/oauth/tokens"),
        ),
    ] {
        let error = failure(config).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let expected = format!("{request}: no connection to {uri} (TLS failed); {REMEDY}");
        assert_eq!(error.message(), expected);
    }
}

#[tokio::test]
async fn a_lost_connection_names_the_origin() {
    let (uri, _) = scripted(&[]).await;
    let error = failure(config(&uri)).await;
    assert_eq!(
        error.message(),
        format!("GET /v1/me: the connection to {uri} was lost before the answer came")
    );
    let (uri, _) = scripted(&[]).await;
    let error = failure(oauth_at(&uri, client_credentials())).await;
    assert_eq!(
        error.message(),
        format!("POST {uri}/oauth/tokens: the connection to {uri} was lost before the answer came")
    );
}

#[tokio::test]
async fn a_write_that_may_be_done_stays_so_without_a_token() {
    // A token that ends at once, a write without answer, and then no token any more.
    let (uri, _) = scripted(&[Some(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 57\r\nconnection: close\r\n\r\n\
         {\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":0}",
    )])
    .await;
    let client = Client::new(oauth_at(&uri, client_credentials())).unwrap();
    let write = Request::post("/v1/tickets").repeat(Repeat::Keyed);
    let error = client.send(write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    let sentences = sentences(&error);
    assert!(
        sentences[0]
            .starts_with("POST /v1/tickets: another try could not be prepared; the write was sent"),
        "{sentences:?}"
    );
    assert!(
        sentences[1].starts_with(&format!("POST {uri}/oauth/tokens: ")),
        "{sentences:?}"
    );
}
