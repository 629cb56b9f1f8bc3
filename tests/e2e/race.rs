//! Sessions of one customer in one leaf queue that arrive all at once, into a CRM whose search lags half a minute and whose
//! limits are the real ones.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::process::{Crm, Setup, sandbox};
use crate::sender::{SECRET, Sender};
use crate::serving::{INTAKE, Serving};

const SESSIONS: usize = 50;

/// So many updates of one ticket Zendesk takes in ten minutes. The others are to need no more.
const UPDATES_ALLOWED: u64 = 30;

/// How the fake of `crm` counts the requests that change a record; in Kustomer each note takes one more.
fn updates(crm: Crm) -> &'static [&'static str] {
    match crm {
        // Some of these only ask.
        Crm::Salesforce => &["POST /composite"],
        Crm::Zendesk => &["PUT /api/v2/tickets/{id}"],
        Crm::Kustomer => &["PUT /v1/conversations/{id}"],
        Crm::Freshdesk => &[
            "PUT /api/v2/tickets/{id}",
            "POST /api/v2/tickets/{id}/notes",
        ],
    }
}

/// Sends a call of each session, all in one moment, and waits until each has its outcome.
fn race(crm: Crm, rules: &str) -> (Setup, Vec<Value>) {
    let rules = format!("{rules}{INTAKE}");
    let setup = sandbox(crm, &rules, &["--faults", "index-lag=30s"]);
    setup.write("signing", SECRET);
    let mut serving = Serving::start(setup.folder.path()).expect("it starts");
    let (sender, start) = (Sender::new(), Barrier::new(SESSIONS));
    thread::scope(|scope| {
        for number in 1..=SESSIONS {
            let (sender, start, serving) = (&sender, &start, &serving);
            scope.spawn(move || {
                let call = assigned(number);
                start.wait();
                sender.deliver(&serving.address, &[call]);
            });
        }
    });
    let receipts = (1..=SESSIONS).map(|number| serving.settled(&format!("call/{number}")));
    let receipts = receipts.collect();
    assert!(serving.end().status.success());
    (setup, receipts)
}

fn assigned(number: usize) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("race-{number}"),
        "source": "//contact-center/acme",
        "type": "session.assigned",
        "subject": format!("call/{number}"),
        "time": "2026-01-24T01:14:06Z",
        "data": {
            "session_type": "Voice Inbound (IVR)",
            "queue": { "id": "13", "path": [{ "id": "4", "name": "Support" }, { "id": "13", "name": "Billing" }] },
            "customer": { "phone": "+15550100100" },
            "agent": { "id": "5", "name": "Ana" },
        },
    })
}

/// How many of the sessions ended up so.
fn count(receipts: &[Value], outcome: &str) -> usize {
    let told = receipts.iter().map(|receipt| &receipt["outcome"]);
    told.filter(|told| **told == outcome).count()
}

/// The sessions whose link notes are on `record`, each as often as it is there.
fn linked(record: &Value) -> Vec<&str> {
    let notes = record["notes"].as_array().into_iter().flatten();
    let linked = notes.filter(|note| note["kind"] == "linked");
    let mut sessions: Vec<_> = linked.filter_map(|note| note["session"].as_str()).collect();
    sessions.sort_unstable();
    sessions
}

fn all_sessions() -> Vec<String> {
    let mut keys: Vec<_> = (1..=SESSIONS)
        .map(|number| format!("call/{number}"))
        .collect();
    keys.sort_unstable();
    keys
}

fn share_one_record_and_few_updates(crm: Crm) {
    let (setup, receipts) = race(crm, "append_to_open = true\n");
    assert_eq!(count(&receipts, "created"), 1);
    assert_eq!(count(&receipts, "appended"), SESSIONS - 1);
    let state = setup.state();
    let records = state["records"].as_array().expect("records");
    assert_eq!(records.len(), 1, "{state:#}");
    assert_eq!(linked(&records[0]), all_sessions());
    assert_eq!(state["customers"].as_array().map(Vec::len), Some(1));
    let requests = &state["requests"]["by_operation"];
    let updates = updates(crm).iter().map(|name| requests[name].as_u64());
    let updates = updates.sum::<Option<u64>>().expect("updates");
    // The first may be served alone; those that come while it is are written together.
    assert!((1..UPDATES_ALLOWED / 2).contains(&updates), "{state:#}");
}

fn get_a_record_each_when_nothing_is_appended(crm: Crm) {
    let (setup, receipts) = race(crm, "append_to_open = false\n");
    assert_eq!(count(&receipts, "created"), SESSIONS);
    let state = setup.state();
    let records = state["records"].as_array().expect("records");
    assert_eq!(records.len(), SESSIONS);
    let mut sessions: Vec<_> = records.iter().flat_map(linked).collect();
    sessions.sort_unstable();
    assert_eq!(sessions, all_sessions());
    assert_eq!(state["customers"].as_array().map(Vec::len), Some(1));
}

/// The race of one CRM.
macro_rules! fifty_at_once {
    ($name:ident, $crm:expr) => {
        mod $name {
            use crate::process::Crm;

            #[test]
            fn fifty_at_once_share_one_record_and_few_updates() {
                super::share_one_record_and_few_updates($crm);
            }

            #[test]
            fn fifty_at_once_get_a_record_each_when_nothing_is_appended() {
                super::get_a_record_each_when_nothing_is_appended($crm);
            }
        }
    };
}

fifty_at_once!(salesforce, Crm::Salesforce);
fifty_at_once!(zendesk, Crm::Zendesk);
fifty_at_once!(kustomer, Crm::Kustomer);
fifty_at_once!(freshdesk, Crm::Freshdesk);
