//! How fast events are read, next to what parsing the same JSON into a tree costs.

use std::hint::black_box;
use std::io::{BufReader, Read};
use std::sync::Arc;

use casewire_intake::read;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

const EVENTS: usize = 20_000;

fn main() {
    divan::main();
}

/// One day's calls: four events each, some hundred bytes an event.
fn lines() -> String {
    let kinds = ["created", "queued", "assigned", "ended"];
    (0..EVENTS)
        .map(|number| {
            let (session, kind) = (number / kinds.len(), kinds[number % kinds.len()]);
            let second = number % 60;
            let queue = session % 7;
            format!(
                "{{\"specversion\":\"1.0\",\"id\":\"e-{number}\",\"source\":\"//contact-center/acme\",\
                 \"type\":\"session.{kind}\",\"subject\":\"call/{session}\",\"time\":\"2026-01-24T01:14:{second:02}Z\",\
                 \"data\":{{\"session_type\":\"Voice Inbound (IVR)\",\
                 \"queue\":{{\"id\":\"1{queue}\",\"path\":[{{\"id\":\"4\",\"name\":\"Support\"}},{{\"id\":\"1{queue}\",\"name\":\"Billing\"}}]}},\
                 \"language\":\"en\",\"customer\":{{\"phone\":\"+1201555{:04}\"}}}}}}\n",
                session % 10_000,
            )
        })
        .collect()
}

fn array() -> String {
    format!("[{}]", lines().trim_end().replace('\n', ",\n"))
}

fn count(text: &str) -> (ItemsCount, BytesCount) {
    (ItemsCount::new(EVENTS), BytesCount::of_str(text))
}

fn read_all(input: impl Read) {
    let source: Arc<str> = Arc::from("//contact-center/acme");
    for incoming in read(BufReader::with_capacity(64 * 1024, input), &source) {
        assert!(black_box(incoming).is_ok());
    }
}

#[divan::bench]
fn cloudevent_lines(bencher: Bencher<'_, '_>) {
    let text = lines();
    let (items, bytes) = count(&text);
    bencher
        .counter(items)
        .counter(bytes)
        .bench_local(|| read_all(text.as_bytes()));
}

#[divan::bench]
fn cloudevent_array(bencher: Bencher<'_, '_>) {
    let text = array();
    let (items, bytes) = count(&text);
    bencher
        .counter(items)
        .counter(bytes)
        .bench_local(|| read_all(text.as_bytes()));
}

/// The measure: the same lines, each parsed into a tree and nothing else done with it.
#[divan::bench]
fn bare_json_tree(bencher: Bencher<'_, '_>) {
    let text = lines();
    let (items, bytes) = count(&text);
    bencher.counter(items).counter(bytes).bench_local(|| {
        for line in text.lines() {
            let value: Result<serde_json::Value, _> = serde_json::from_slice(line.as_bytes());
            assert!(black_box(value).is_ok());
        }
    });
}
