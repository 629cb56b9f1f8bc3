//! Linked sessions as they happen.

use casewire_server::Limits;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use crate::running::{LONG, Running, Setup, assigned, body};

/// A stream that is read event by event.
struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    async fn open(running: &Running, path: &str) -> Self {
        let answer = running.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The fields of the next event, none when the stream ends.
    async fn next(&mut self) -> Option<Vec<(String, String)>> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let fields = event.lines().filter_map(|line| line.split_once(": "));
                let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let fields: Vec<_> = fields.collect();
                self.text = rest.to_owned();
                return Some(fields);
            }
            let chunk = timeout(LONG, self.answer.chunk())
                .await
                .expect("an event in time");
            let chunk = chunk.expect("a whole stream")?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next_data(&mut self) -> Value {
        let fields = self.next().await.expect("an event");
        let (_, data) = fields
            .iter()
            .find(|(name, _)| name == "data")
            .expect("data");
        serde_json::from_str(data).unwrap()
    }
}

#[tokio::test]
async fn a_listener_hears_of_linked_sessions() {
    let running = Running::start(Setup::default()).await;
    let mut stream = Stream::open(&running, "/v1/stream").await;
    running.send(&assigned("1", "call/987")).await;
    let fields = stream.next().await.unwrap();
    let of = |name: &str| {
        let mut found = fields.iter().filter(|(field, _)| field == name);
        found.next().map(|(_, value)| value.as_str())
    };
    assert_eq!(of("event"), Some("record.linked"));
    assert!(of("id").unwrap().starts_with("call/987@"));
    let linked: Value = serde_json::from_str(of("data").unwrap()).unwrap();
    assert_eq!(linked["session"], "call/987");
    assert_eq!(linked["outcome"], "created");
    assert_eq!(linked["record"], "1");
    assert_eq!(linked["queue"], "13");
    assert!(!linked.to_string().contains("15550100100"));
}

#[tokio::test]
async fn a_listener_hears_only_what_it_asked_for() {
    let running = Running::start(Setup::default()).await;
    let mut other_queue = assigned("2", "call/1");
    other_queue["data"]["queue"] =
        serde_json::json!({ "id": "14", "path": [{ "id": "14", "name": "Sales" }] });
    let mut all = Stream::open(&running, "/v1/stream?connector=memory").await;
    let mut sales = Stream::open(&running, "/v1/stream?queue=14&connector=memory").await;
    let mut none = Stream::open(&running, "/v1/stream?connector=other").await;
    running.send(&assigned("1", "call/987")).await;
    assert_eq!(all.next_data().await["session"], "call/987");
    running.send(&other_queue).await;
    assert_eq!(all.next_data().await["session"], "call/1");
    assert_eq!(sales.next_data().await["session"], "call/1");
    running.stop().await;
    assert_eq!(none.next().await, None);
}

#[tokio::test]
async fn a_misspelt_filter_is_refused() {
    let running = Running::start(Setup::default()).await;
    let answer = running.get("/v1/stream?leaf=14").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        body(answer).await["type"],
        "urn:casewire:problem:bad-request"
    );
}

#[tokio::test]
async fn streams_have_their_number_and_places_come_free() {
    let limits = Limits {
        listeners: 1,
        ..Limits::default()
    };
    let running = Running::start(Setup {
        limits,
        ..Setup::default()
    })
    .await;
    let first = Stream::open(&running, "/v1/stream").await;
    let answer = running.get("/v1/stream").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "5");
    drop(first);
    while running.get("/v1/stream").await.status() != StatusCode::OK {}
}

#[tokio::test]
async fn streams_end_with_the_server() {
    let running = Running::start(Setup::default()).await;
    let mut stream = Stream::open(&running, "/v1/stream").await;
    running.stop().await;
    assert_eq!(stream.next().await, None);
}
