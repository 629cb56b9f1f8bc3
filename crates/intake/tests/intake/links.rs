//! Links lead to http or https, whatever the format.

use std::collections::BTreeSet;

use casewire_intake::Incoming;
use serde_json::{Value, json};

use crate::{entry, try_read};

const SCRIPT: &str = "javascript:alert(1)";
const PAGE: &str = "https://media.example.com/1.mp3";

fn incoming(input: &Value) -> Vec<Incoming> {
    let read = try_read(input.to_string());
    read.into_iter().map(Result::unwrap).collect()
}

/// What the input's links are, and whether one was left out with a warning.
fn links(input: &Value) -> (BTreeSet<String>, bool) {
    let mut rels = BTreeSet::new();
    let mut is_warned = false;
    for incoming in incoming(input) {
        for link in &incoming.event.data.links {
            assert_eq!(&*link.href, PAGE);
            rels.insert(link.rel.to_string());
        }
        let warning = incoming.warning.unwrap_or_default();
        assert!(!warning.contains("alert"), "{warning}");
        is_warned |= warning.contains("http");
    }
    (rels, is_warned)
}

fn rels<const N: usize>(rels: [&str; N]) -> BTreeSet<String> {
    rels.map(str::to_owned).into()
}

#[test]
fn links_of_cloudevents_are_of_the_web() {
    let event = |href: &str| {
        json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": "session.ended",
            "subject": "call/1", "time": "2026-01-24T01:14:06Z",
            "data": {"links": [{"rel": "recording", "href": href}, {"rel": "transcript", "href": PAGE}]}
        })
    };
    assert_eq!(links(&event(SCRIPT)), (rels(["transcript"]), true));
    assert_eq!(
        incoming(&event(SCRIPT))[0].warning.as_deref(),
        Some("`data.links[0].href` is no http or https address: taken as not known")
    );
    let both = rels(["recording", "transcript"]);
    assert_eq!(links(&event(PAGE)), (both, false));
    assert_eq!(links(&event(" ")), (rels(["transcript"]), false));
}

#[test]
fn links_of_milestones_are_of_the_web() {
    let recorded = |href: &str| {
        entry(
            "recording_completed",
            "00:41",
            json!({"recording": {"url": href}}),
        )
    };
    assert_eq!(links(&recorded(SCRIPT)), (rels([]), true));
    assert_eq!(links(&recorded(PAGE)), (rels(["recording"]), false));
}

#[test]
fn links_of_metadata_are_of_the_web() {
    let ended = |href: &str| {
        json!({
            "id": 7, "chat_type": "Messaging Inbound (Web Chat)", "status": "finished",
            "created_at": "2026-01-24T01:14:06Z", "ends_at": "2026-01-24T01:20:06Z",
            "recording_url": PAGE, "transcript_url": href
        })
    };
    assert_eq!(links(&ended(SCRIPT)), (rels(["recording"]), true));
    let both = rels(["recording", "transcript"]);
    assert_eq!(links(&ended(PAGE)), (both, false));
}
