//! Servers: wiremock for answers, a bare socket for connections that break.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_http::{Auth, BaseUrl, Client, ClientConfig, RetryPolicy};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::MockServer;

/// A configuration for `uri` with a fixed token, that repeats within milliseconds.
pub(crate) fn config(uri: &str) -> ClientConfig {
    let base = BaseUrl::loopback(uri).unwrap();
    let mut config = ClientConfig::new(base, Auth::Bearer(SecretString::from("fixed-token")));
    config.retry = RetryPolicy {
        tries: 3,
        first_delay: Duration::from_millis(2),
        max_delay: Duration::from_millis(5),
        wait_budget: Duration::from_secs(1),
    };
    config
}

pub(crate) fn client(server: &MockServer) -> Client {
    Client::new(config(&server.uri())).unwrap()
}

/// The requests a [`scripted`] server has read.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A server that reads one request a connection and takes the next line of its script: an answer to give, or none
/// to cut the connection. After the last line it cuts every connection.
pub(crate) async fn scripted(script: &'static [Option<&'static str>]) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let requests = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut script = script.iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            requests.lock().unwrap().push(request);
            if let Some(Some(answer)) = script.next() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    (uri, seen)
}

/// Reads a request whose length is told in its head.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await.unwrap();
        request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        let Some((head, body)) = request.split_once("\r\n\r\n") else {
            continue;
        };
        let expected = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= expected {
            return request;
        }
    }
}
