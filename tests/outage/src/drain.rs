//! A day without the CRM, and the drain of what was spooled.

use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CustomerIdentity, Email, EventData, EventId, EventKind, Queue, QueueId, QueueStep,
    SessionEvent, SessionKey, SessionOutcome,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::world::World;

/// How many people the sessions are of. The CRM knows them.
const CUSTOMERS: usize = 500;

/// New tickets a minute, of the Enterprise plan: the limit that binds.
const CREATES_A_MINUTE: f64 = 300.0;

#[tokio::test]
async fn a_day_of_outage_costs_nothing_but_time() {
    let sessions: usize = std::env::var("CASEWIRE_OUTAGE_SESSIONS")
        .map_or(20_000, |sessions| sessions.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path()).await;
    for number in 0..CUSTOMERS {
        world.sandbox.handle(&customer(number));
    }
    world.set_faults("unavailable=1");
    for hour in 0..24 {
        let of_hour = sessions * hour / 24..sessions * (hour + 1) / 24;
        for number in of_hour {
            world.engine.accept(events(number, hour)).await.unwrap();
        }
        for _ in 0..60 {
            world.pass(Duration::from_secs(60)).await;
        }
    }
    let asked_in_vain = world.requests();
    assert!(world.engine.connectors()[0].paused);
    assert!(
        asked_in_vain < 24 * 60 * 60,
        "a CRM that is away is asked now and then, not by each of the lanes: {asked_in_vain}"
    );
    let resident = resident_mib();

    world.set_faults("");
    let (began, asked) = (world.elapsed(), world.requests());
    let throttled = count_429(&world);
    world
        .pass_until("the backlog is drained", async || {
            let depth = world.engine.depth().await.unwrap();
            depth
                .connectors
                .iter()
                .all(|connector| connector.ready_lanes + connector.waiting_lanes == 0)
        })
        .await;
    let minutes = (world.elapsed() - began).as_secs_f64() / 60.0;
    let requests = world.requests() - asked;
    let throttled = count_429(&world) - throttled;

    let state = world.state();
    let records = state["records"].as_array().unwrap();
    assert_eq!(records.len(), sessions);
    assert!(
        records
            .iter()
            .all(|record| record["notes"].as_array().unwrap().len() == 2)
    );
    assert!(
        records
            .iter()
            .all(|record| record["sessions"].as_array().unwrap().len() == 1)
    );
    in_order(records);
    let permitted = as_f64(sessions) / CREATES_A_MINUTE;
    println!(
        "{sessions} sessions in {minutes:.1} minutes, {permitted:.1} permitted: {:.1} % of the rate; {requests} requests, {throttled} answers 429 ({:.2} %); {asked_in_vain} requests during the outage; {resident:.0} MiB spooled, {:.0} MiB drained",
        100.0 * permitted / minutes,
        100.0 * as_f64(throttled) / as_f64(usize::try_from(requests).unwrap()),
        resident_mib()
    );
    // The last window is not full, and time passes in steps.
    assert!(permitted / (minutes - 1.0) >= 0.95, "{minutes} minutes");
    assert!(
        throttled * 100 <= usize::try_from(requests).unwrap(),
        "{throttled} of {requests}"
    );
}

/// Each person's tickets are in the order of their sessions.
fn in_order(records: &[serde_json::Value]) {
    let mut last = vec![None; CUSTOMERS];
    let mut by_id: Vec<_> = records.iter().collect();
    by_id.sort_by_key(|record| record["id"].as_str().unwrap().parse::<u64>().unwrap());
    for record in by_id {
        let session = record["sessions"][0].as_str().unwrap();
        let number: usize = session.trim_start_matches("call/").parse().unwrap();
        let before = last[number % CUSTOMERS].replace(number);
        assert!(before < Some(number), "{session} after {before:?}");
    }
}

fn count_429(world: &World) -> usize {
    let count = world.sandbox.requests()["by_status"]["429"].as_u64();
    usize::try_from(count.unwrap_or_default()).unwrap()
}

fn customer(number: usize) -> casewire_sandbox::Request {
    let body = json!({ "email": email(number) });
    casewire_sandbox::Request::new(http::Method::POST, "/_sandbox/customers").json(&body)
}

fn email(number: usize) -> String {
    format!("customer-{number}@example.com")
}

/// A call that was answered and ended, in that hour of the day.
fn events(number: usize, hour: usize) -> Vec<SessionEvent> {
    let source = Arc::from("//contact-center/acme");
    let start: Timestamp = "2026-01-24T00:00:00Z".parse().unwrap();
    let start = start + SignedDuration::from_hours(i64::try_from(hour).unwrap());
    let step = QueueStep {
        id: QueueId("13".into()),
        name: "Billing".into(),
    };
    let event = |kind, seconds| SessionEvent {
        id: EventId(format!("{number}-{kind:?}").into()),
        session: SessionKey::parse(&source, &format!("call/{number}")).unwrap(),
        kind,
        time: start + SignedDuration::from_secs(seconds),
        rank: 0,
        data: EventData {
            session_type: Some("Voice Inbound (IVR)".into()),
            queue: Some(Arc::new(Queue::new(Vec::new(), step.clone()))),
            customer: CustomerIdentity {
                email: Email::parse(&email(number % CUSTOMERS)),
                ..CustomerIdentity::default()
            },
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    };
    vec![event(EventKind::Assigned, 0), event(EventKind::Ended, 240)]
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// The memory of this process, in MiB: the sandbox's too.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1_024.0
}
