//! `casewire replay` against `casewire sandbox`.

use serde_json::json;

use crate::day::{answered, event, lines};
use crate::process::{Crm, sandbox, zendesk};

const APPENDING: &str = "append_to_open = true";

#[test]
fn a_replay_makes_records_and_a_second_one_changes_nothing() {
    Crm::ALL.into_iter().for_each(makes_records_once);
}

fn makes_records_once(crm: Crm) {
    let setup = sandbox(crm, APPENDING, &[]);
    let events = [
        answered("call/1", "+15550100100", 1),
        answered("call/2", "+15550100100", 20),
        answered("call/3", "+15550100101", 40),
    ];
    setup.write("day.ndjson", &lines(&events.concat()));

    let first = setup.run(&["replay", "day.ndjson", "--format", "json"]);
    assert_eq!(first.code, 0, "{first:?}");
    let told: Vec<_> = first
        .json()
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(told, ["created", "appended", "created"]);
    // The two customers are served side by side: either record may be the first.
    let by_title = || {
        let mut records = setup.records();
        records.sort_by_key(|record| record["title"].to_string());
        records
    };
    let records = by_title();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0]["title"],
        "Voice Inbound (IVR) - Support/Billing - 1"
    );
    assert_eq!(records[0]["sessions"], json!(["call/1", "call/2"]));
    assert_eq!(records[0]["queue"], "13");
    assert_eq!(records[0]["notes"].as_array().map(Vec::len), Some(4));

    let again = setup.run(&["replay", "day.ndjson"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.err.contains("3 sessions: nothing changed in the CRM"),
        "{}",
        again.err
    );
    assert_eq!(by_title(), records);
}

#[test]
fn tags_are_as_the_crm_stores_them() {
    let setup = zendesk("tag_session_type = true\ntag_platform = true", &[]);
    setup.write("day.ndjson", &lines(&answered("call/1", "+15550100100", 1)));
    assert_eq!(setup.run(&["replay", "day.ndjson"]).code, 0);
    let records = setup.records();
    assert_eq!(records[0]["tags"], json!(["voice_inbound_ivr", "ujet"]));
}

#[test]
fn a_replay_through_faults_makes_the_same_records() {
    let calls = (1..9).flat_map(|id| answered(&format!("call/{id}"), "+15550100100", id * 5));
    let day = lines(&calls.collect::<Vec<_>>());
    let faults = "throttle=0.1,retry-after=0s,unavailable=0.1,lost-answer=0.2,index-lag=30s";
    for crm in Crm::ALL {
        for seed in ["1", "2", "3"] {
            let setup = sandbox(crm, APPENDING, &["--seed", seed]);
            setup.control("PUT", "faults", faults);
            setup.write("day.ndjson", &day);
            let replayed = setup.run(&["replay", "day.ndjson"]);
            assert_eq!(replayed.code, 0, "{crm:?}, seed {seed}: {replayed:?}");
            let state = setup.state();
            let count = |list: &serde_json::Value| list.as_array().map(Vec::len);
            assert_eq!(count(&state["records"]), Some(1), "{crm:?}, seed {seed}");
            let notes = count(&state["records"][0]["notes"]);
            assert_eq!(notes, Some(16), "{crm:?}, seed {seed}");
            assert_eq!(count(&state["customers"]), Some(1), "{crm:?}, seed {seed}");
        }
    }
}

#[test]
fn a_malformed_event_names_its_place_and_nothing_is_sent() {
    let setup = zendesk("", &[]);
    let mut events = answered("call/1", "+15550100100", 1);
    events[1]["data"] = json!({ "consumer_messages": "three" });
    setup.write("day.ndjson", &lines(&events));
    let before = setup.state()["requests"]["total"].clone();
    let ended = setup.run(&["replay", "day.ndjson"]);
    assert_eq!(ended.code, 65, "{ended:?}");
    for part in ["day.ndjson", "line 2", "column", "data.consumer_messages"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    assert!(!ended.err.contains("three"), "{}", ended.err);
    assert_eq!(setup.records().len(), 0);
    assert_eq!(setup.state()["requests"]["total"], before);
}

#[test]
fn a_crm_without_the_fields_names_the_remedy() {
    for crm in Crm::ALL {
        let setup = sandbox(crm, "", &[]);
        setup.control("POST", "reset", "");
        setup.write("day.ndjson", &lines(&answered("call/1", "+15550100100", 1)));
        let ended = setup.run(&["replay", "day.ndjson"]);
        assert_eq!(ended.code, 78, "{crm:?}: {ended:?}");
        assert!(ended.err.contains("casewire setup"), "{crm:?}: {ended:?}");
    }
}

#[test]
fn late_data_adds_a_note_and_opens_nothing() {
    Crm::ALL.into_iter().for_each(adds_late_data);
}

fn adds_late_data(crm: Crm) {
    let setup = sandbox(crm, "", &[]);
    let mut events = answered("call/1", "+15550100100", 1);
    setup.write("day.ndjson", &lines(&events));
    assert_eq!(setup.run(&["replay", "day.ndjson"]).code, 0);
    let records = setup.records();
    let id = records[0]["id"].as_str().expect("an id");
    setup.control("PATCH", &format!("records/{id}"), r#"{"state":"resolved"}"#);
    events.push(event("call/1", "updated", 50, json!({ "rating": 5 })));
    setup.write("day.ndjson", &lines(&events));
    assert_eq!(setup.run(&["replay", "day.ndjson"]).code, 0);
    let records = setup.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["state"], "resolved");
    let notes = &records[0]["notes"];
    assert_eq!(notes.as_array().map(Vec::len), Some(3));
    let last = notes[2]["text"].as_str().expect("a text");
    assert!(last.contains("Rating: 5"), "{crm:?}: {last}");
}

#[test]
fn check_tells_what_is_wrong_by_its_exit_code() {
    let setup = zendesk("delay_call_until_connected = true", &[]);
    let fine = setup.run(&["check"]);
    assert_eq!(fine.code, 0, "{fine:?}");
    assert!(
        fine.out.contains("delay_call_until_connected"),
        "{}",
        fine.out
    );
    setup.configure(
        "sandbox",
        "tag_platform = true\nplatform_tag = \"My Platform, Inc\"",
    );
    let tagged = setup.run(&["check", "--offline"]);
    assert!(tagged.out.contains("My_Platform_Inc"), "{}", tagged.out);
    setup.write("secret", "wrong");
    assert_eq!(setup.run(&["check"]).code, 77, "a wrong secret");
    setup.write("secret", "sandbox");
    setup.configure("sandbox-read-only", "");
    let narrow = setup.run(&["check"]);
    assert_eq!(narrow.code, 77, "a missing scope: {narrow:?}");
    assert!(narrow.out.contains("tickets:write"), "{}", narrow.out);
    setup.configure("sandbox", "");
    setup.control("POST", "reset", "");
    let bare = setup.run(&["check"]);
    assert_eq!(bare.code, 78, "missing fields: {bare:?}");
    assert!(bare.out.contains("casewire setup"), "{}", bare.out);
}
