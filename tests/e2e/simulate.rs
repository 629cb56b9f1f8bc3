//! `casewire simulate`.

use crate::process::{Ended, Setup, zendesk};
use serde_json::{Value, json};

use crate::day::{answered, event, lines};

const RULES: &str = "append_to_open = true\nappend_to_closed_within_days = 7\ntag_session_type = true\ntag_platform = true";

fn simulate(setup: &Setup, more: &[&str]) -> Ended {
    let ended = setup.run(&[&["simulate", "day.ndjson", "--format", "json"], more].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

fn day() -> Vec<Value> {
    [
        answered("call/1", "+15550100100", 1),
        answered("call/2", "+15550100100", 20),
        vec![
            event("call/9", "created", 2, json!({})),
            event("call/8", "created", 3, json!({})),
            event("call/7", "ended", 30, json!({ "outcome": "deflected" })),
        ],
    ]
    .concat()
}

#[test]
fn a_line_has_what_the_interface_promises() {
    let setup = zendesk(RULES, &[]);
    setup.write("day.ndjson", &lines(&day()));
    let told = simulate(&setup, &[]).json();
    assert_eq!(
        told[0],
        json!({
            "session": "call/1", "outcome": "created", "rule": "R3", "reason": "assigned to an agent",
            "decided_at": "2026-01-24T01:14:05Z", "record": "sim-1",
            "title": "Voice Inbound (IVR) - Support/Billing - 1", "tags": ["voice_inbound_ivr", "UJET"],
            "queue": "13", "customer": "+15550100100", "warnings": [],
        })
    );
    let order: Vec<_> = told
        .iter()
        .map(|line| [&line["session"], &line["outcome"], &line["record"]])
        .collect();
    assert_eq!(
        json!(order),
        json!([
            ["call/1", "created", "sim-1"],
            ["call/2", "appended", "sim-1"],
            ["call/7", "none", null],
            ["call/8", "none", null],
            ["call/9", "none", null],
        ])
    );
    assert_eq!(told[2]["rule"], "R5");
    assert_eq!(
        (&told[3]["rule"], &told[3]["decided_at"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn decides_byte_for_byte_the_same_in_any_order() {
    let setup = zendesk(RULES, &[]);
    let mut events = day();
    setup.write("day.ndjson", &lines(&events));
    let first = simulate(&setup, &[]).out;
    assert_eq!(simulate(&setup, &[]).out, first);
    events.reverse();
    events.extend(events.clone());
    setup.write("day.ndjson", &lines(&events));
    assert_eq!(simulate(&setup, &[]).out, first, "reversed and repeated");
    setup.write("day.ndjson", &json!(events).to_string());
    assert_eq!(simulate(&setup, &[]).out, first, "as an array");
}

#[test]
fn asks_no_crm() {
    let setup = zendesk(RULES, &[]);
    setup.write("day.ndjson", &lines(&day()));
    let before = setup.state()["requests"]["total"].clone();
    simulate(&setup, &[]);
    assert_eq!(setup.state()["requests"]["total"], before);
}

#[test]
fn given_records_are_candidates() {
    let setup = zendesk(RULES, &[]);
    setup.write("day.ndjson", &lines(&answered("call/1", "+15550100100", 1)));
    for (state, closed_at, outcome, record) in [
        ("open", Value::Null, "appended", "41"),
        ("resolved", json!("2026-01-20T00:00:00Z"), "reopened", "41"),
        (
            "closed",
            json!("2026-01-20T00:00:00Z"),
            "follow_up",
            "sim-1",
        ),
        (
            "resolved",
            json!("2026-01-02T00:00:00Z"),
            "created",
            "sim-1",
        ),
    ] {
        let seed = json!([{ "id": "41", "customer": "+15550100100", "queue": "13", "state": state,
            "created_at": "2026-01-01T00:00:00Z", "closed_at": closed_at }]);
        setup.write("seed.json", &seed.to_string());
        let told = simulate(&setup, &["--records", "seed.json"]).json();
        assert_eq!(
            (&told[0]["outcome"], &told[0]["record"]),
            (&json!(outcome), &json!(record)),
            "{state}"
        );
    }
}

#[test]
fn a_diff_shows_what_another_config_would_change() {
    let setup = zendesk(RULES, &[]);
    setup.write("day.ndjson", &lines(&day()));
    setup.write(
        "other.toml",
        "[rules]\nappend_to_open = false\ntag_session_type = true\ntag_platform = true\n",
    );
    let ended = simulate(&setup, &["--diff", "other.toml"]);
    let changes = ended.json();
    let told = changes
        .iter()
        .map(|change| (&change["before"]["session"], &change["after"]["outcome"]));
    let second = told.filter(|(session, _)| **session == json!("call/2"));
    assert_eq!(
        second.collect::<Vec<_>>(),
        [(&json!("call/2"), &json!("created"))]
    );
    assert!(
        ended
            .err
            .contains("of 5 sessions would be decided differently"),
        "{}",
        ended.err
    );
    setup.configure("sandbox", RULES);
    let same = simulate(&setup, &["--diff", "casewire.toml"]);
    assert_eq!(same.out, "");
}

#[test]
fn a_bad_line_ends_it_with_its_place() {
    let setup = zendesk(RULES, &[]);
    setup.write("day.ndjson", "{\"specversion\":\"1.0\",\n");
    let ended = setup.run(&["simulate", "day.ndjson"]);
    assert_eq!(ended.code, 65, "{ended:?}");
    assert!(ended.err.contains("line "), "{}", ended.err);
    let gone = setup.run(&["simulate", "gone.ndjson"]);
    assert_eq!(gone.code, 65);
    assert!(gone.err.contains("gone.ndjson"), "{}", gone.err);
}
