//! Trouble costs time, and only those it is about.

use std::time::Duration;

use casewire_core::{ErrorKind, EventKind, Rules, SessionEvent};
use casewire_engine::{Clock, Engine, Phase};
use jiff::SignedDuration;

use crate::crm::{Fate, each, first};
use crate::story::*;

/// Sessions `from` to `to`, each by another customer.
fn by_many(from: usize, to: usize, kind: EventKind) -> Vec<SessionEvent> {
    (from..to)
        .map(|id| event_of(&format!("+155501001{id:02}"), &id.to_string(), 6, kind))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_use_up_the_tries_of_an_odd_answer() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let mut outage = first(8, "look up", Fate::Fail(ErrorKind::Unavailable));
    let mut odd = first(1, "create", Fate::Fail(ErrorKind::Protocol));
    crm.script(move |asked| match outage(asked) {
        Fate::Fine => odd(asked),
        fate => fate,
    });
    let engine = start_fast(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.count("create"), 2);
    assert_eq!(view(&engine, "1").await.phase, Phase::Done);
}

#[tokio::test(start_paused = true)]
async fn a_day_of_maintenance_pages_costs_only_time() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Protocol));
    let engine = start_fast(folder.path(), &crm, Rules::default());
    engine
        .accept(by_many(0, 20, EventKind::Assigned))
        .await
        .unwrap();
    for _ in 0..24 * 60 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(engine.depth().await.unwrap().parked_sessions, 0);
    }
    assert!(crm.count("look up") > 20, "{} tries", crm.count("look up"));
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_connector_costs_one_try() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.script(first(6, "create", Fate::Panic));
    let engine = start_fast(folder.path(), &crm, Rules::default());
    let mut told = by_many(0, 12, EventKind::Connected);
    told.extend(by_many(0, 12, EventKind::Ended));
    engine.accept(told).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.count("create"), 12 + 6);
    assert_eq!(crm.memory.records().len(), 12);
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_ends_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let retry_after = Duration::MAX;
    let limited = Fate::Fail(ErrorKind::RateLimited { retry_after });
    crm.script(first(1, "look up", limited));
    let engine = start_fast(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.count("look up"), 2);
    assert_eq!(crm.memory.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_changes_under_every_write_does_not_grow_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.script(each("create", Fate::Fail(ErrorKind::Conflict)));
    let engine = start_fast(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    assert!(crm.count("create") >= 8, "{:#?}", crm.take_asked());
    let steps = view(&engine, "1").await.steps;
    assert!(steps.len() < 10, "{steps:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_a_day_ahead_costs_no_day() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Unavailable));
    let mut right = options(folder.path());
    right.clock = tokios_clock();
    let mut ahead = right.clone();
    let clock = right.clock.clone();
    ahead.clock = Clock::new(move || clock.now() + SignedDuration::from_hours(24));
    let engine = Engine::start(ahead, routes(&crm, Rules::default())).unwrap();
    engine.accept(assigned("1")).await.unwrap();
    until("it waits", async || view(&engine, "1").await.attempts > 0).await;
    crm.set(Fate::Fine);
    let began_at = right.clock.now();
    let engine = restart_with(engine, &right, &routes(&crm, Rules::default())).await;
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
    let took = right.clock.now().duration_since(began_at);
    assert!(took < SignedDuration::from_hours(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn one_unreadable_row_does_not_stop_the_connector() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Unavailable));
    let engine = start_fast(folder.path(), &crm, Rules::default());
    engine
        .accept(by_many(1, 2, EventKind::Assigned))
        .await
        .unwrap();
    let spoilt = store(folder.path()).execute(
        "UPDATE sessions SET due_json = json_set(due_json, '$.rule', 'R99')",
        [],
    );
    assert_eq!(spoilt, Ok(1));
    // Its lane comes up first, and again and again.
    tokio::time::sleep(Duration::from_secs(300)).await;
    crm.set(Fate::Fine);
    engine
        .accept(by_many(2, 6, EventKind::Assigned))
        .await
        .unwrap();
    until("its lane alone has work", async || {
        let lanes = &engine.depth().await.unwrap().connectors[0];
        lanes.ready_lanes + lanes.waiting_lanes == 1
    })
    .await;
    assert_eq!(crm.memory.records().len(), 4);
}

#[tokio::test]
async fn one_unreadable_row_does_not_refuse_the_events_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine
        .accept(vec![event("1", 0, EventKind::Queued)])
        .await
        .unwrap();
    let spoilt = store(folder.path()).execute(
        "UPDATE sessions SET session_json = json_remove(session_json, '$.key')",
        [],
    );
    assert_eq!(spoilt, Ok(1));
    // While the store is held and one commit waits for it, the next two requests come together.
    let held = store(folder.path());
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = engine.accept(by_many(7, 8, EventKind::Queued));
    let together = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let bad = engine.accept(assigned("1"));
        let good = engine.accept(by_many(5, 6, EventKind::Assigned));
        let release = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            held.execute_batch("COMMIT").unwrap();
        };
        tokio::join!(bad, good, release)
    };
    let (first, (bad, good, ())) = tokio::join!(first, together);
    assert!(first.is_ok(), "{first:?}");
    assert!(bad.is_err());
    assert!(good.is_ok(), "{good:?}");
}
