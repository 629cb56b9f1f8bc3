//! Simulations against the flow that really writes, and against the traps of streaming.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use casewire_core::{
    AbandonedChats, CrmConnector as _, CustomerIdentity, CustomerKey, MemoryCrm, Outcome, QueueId,
    Record, RecordId, RecordState, Rules, SessionEvent, Settings, Trace,
};
use casewire_engine::{Flow, Patience, replay};
use casewire_simulate::{Line, Reorder, SeedRecord, Simulation, read_seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const DAY: &str = include_str!("../../runner/demo/day.ndjson");
const RECORDS: &str = include_str!("../../runner/demo/records.json");
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

fn rules() -> Rules {
    Rules {
        append_to_open: true,
        append_to_closed_within_days: NonZeroU32::new(7),
        abandoned_calls: true,
        abandoned_chats: AbandonedChats::All,
        ..Rules::default()
    }
}

fn read(ndjson: &str) -> Vec<SessionEvent> {
    let source = Arc::from("//contact-center/acme");
    let events = casewire_intake::read(ndjson.as_bytes(), &source);
    events.map(|incoming| incoming.unwrap().event).collect()
}

struct Simulated {
    lines: Vec<Line>,
    late: u64,
    ignored: u64,
}

fn simulate(rules: Rules, seed: &[SeedRecord], events: Vec<SessionEvent>) -> Simulated {
    let settings = Settings::uniform(rules);
    let crm = MemoryCrm::new(Timestamp::UNIX_EPOCH);
    let mut simulation = Simulation::new(&settings, crm.profile(), seed, WINDOW);
    let mut reorder = Reorder::new(WINDOW);
    let mut lines = Vec::new();
    for event in events {
        reorder.push(event, None);
        while let Some((event, _)) = reorder.pop() {
            simulation.observe(&event, None, &mut |line| lines.push(line));
        }
    }
    while let Some((event, _)) = reorder.pop_any() {
        simulation.observe(&event, None, &mut |line| lines.push(line));
    }
    let ignored = simulation.finish(&mut |line| lines.push(line));
    Simulated {
        lines,
        late: reorder.late(),
        ignored,
    }
}

/// A CRM in memory that holds `seed`.
fn crm(seed: &[SeedRecord]) -> Arc<MemoryCrm> {
    let crm = MemoryCrm::new("2026-11-17T00:00:00Z".parse().unwrap());
    let mut customers = BTreeMap::new();
    for given in seed {
        let customer = customers.entry(given.customer.clone()).or_insert_with(|| {
            let CustomerKey::Phone(phone) = given.customer.clone() else {
                panic!("the sample day knows customers by phone");
            };
            crm.add_customer(CustomerIdentity {
                phone: Some(phone),
                ..CustomerIdentity::default()
            })
        });
        let record = Record {
            id: RecordId(String::new()),
            customer: Some(customer.clone()),
            queue: Some(QueueId(given.queue.as_str().into())),
            state: RecordState::from(given.state),
            created_at: given.created_at,
            closed_at: given.closed_at,
            tags: Vec::new(),
            trace: Trace::default(),
            version: None,
            url: None,
        };
        crm.add_record(record, "An earlier request");
    }
    Arc::new(crm)
}

#[tokio::test]
async fn decides_a_day_as_the_flow_does() {
    let seed = read_seed(RECORDS).unwrap();
    let simulated = simulate(rules(), &seed, read(DAY));
    assert_eq!(simulated.late, 0);
    let connector = crm(&seed);
    let flow = Flow::new(connector, Arc::new(Settings::uniform(rules())));
    let receipts = replay(&flow, Patience::default(), read(DAY), 8, |_| ()).await;
    let told: BTreeMap<_, _> = simulated
        .lines
        .iter()
        .map(|line| (line.key.clone(), (line.outcome, line.rule, line.decided_at)))
        .collect();
    let done: BTreeMap<_, _> = receipts
        .iter()
        .map(|receipt| {
            (
                receipt.session.clone(),
                (receipt.outcome, receipt.rule, receipt.decided_at),
            )
        })
        .collect();
    assert!(told.len() > 200);
    let differing: Vec<_> = told
        .iter()
        .filter(|(key, line)| done.get(key) != Some(line))
        .collect();
    assert_eq!(differing, Vec::new());
    assert_eq!(told.len(), done.len());
}

fn event(subject: &str, kind: &str, minute: u32, data: serde_json::Value) -> String {
    let event = json!({
        "specversion": "1.0", "id": format!("{subject}-{kind}-{minute}"), "source": "//contact-center/acme",
        "type": format!("session.{kind}"), "subject": subject, "time": format!("2026-01-24T{:02}:{:02}:00Z", minute / 60, minute % 60),
        "data": data,
    });
    format!("{event}\n")
}

fn in_queue(queue: &str) -> serde_json::Value {
    json!({ "customer": { "phone": "+15550100100" }, "queue": { "id": queue, "path": [{ "id": queue, "name": "Q" }] } })
}

#[test]
fn a_voicemail_does_not_hide_the_customers_records() {
    let day = [
        event("call/1", "assigned", 1, in_queue("13")),
        event("call/2", "voicemail", 2, in_queue("14")),
        event("call/3", "assigned", 3, in_queue("13")),
    ];
    let outcomes: Vec<_> = simulate(rules(), &[], read(&day.concat()))
        .lines
        .iter()
        .map(|line| line.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Outcome::Created, Outcome::Created, Outcome::Appended]
    );
}

#[test]
fn what_comes_after_a_session_was_settled_is_counted() {
    let day = [
        event("call/1", "ended", 1, json!({ "outcome": "failed" })),
        event("call/2", "created", 30, json!({})),
        event("call/1", "voicemail", 60, json!({})),
    ];
    let simulated = simulate(rules(), &[], read(&day.concat()));
    assert_eq!(simulated.lines.len(), 2);
    assert_eq!(simulated.ignored, 1);
}

#[test]
fn lines_come_in_the_order_of_decision_and_waiting_ones_last() {
    let day = [
        event("call/9", "created", 1, json!({})),
        event("call/1", "ended", 2, json!({ "outcome": "failed" })),
        event("call/2", "assigned", 3, in_queue("13")),
        event("call/8", "created", 4, json!({})),
        event("call/3", "assigned", 90, in_queue("13")),
    ];
    let simulated = simulate(rules(), &[], read(&day.concat()));
    let order: Vec<_> = simulated
        .lines
        .iter()
        .map(|line| line.session.as_str())
        .collect();
    assert_eq!(order, ["call/1", "call/2", "call/3", "call/8", "call/9"]);
}
