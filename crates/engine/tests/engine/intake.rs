//! What is taken in, and who goes first.

use std::time::Duration;

use casewire_core::{ErrorKind, EventKind, Rules};
use casewire_engine::{Engine, NotAccepted};

use crate::crm::Fate;
use crate::story::*;

#[tokio::test]
async fn senders_who_went_away_still_count() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let mut few = options(folder.path());
    few.intake_limit = 2;
    let engine = Engine::start(few, routes(&crm, Rules::default())).unwrap();
    // The disk stalls, and no sender waits for long.
    let held = store(folder.path());
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (mut taken, mut refused) = (0, 0);
    for id in 0..200 {
        let sending = engine.accept(assigned(&id.to_string()));
        match tokio::time::timeout(Duration::from_millis(1), sending).await {
            Err(_) => taken += 1,
            Ok(Err(NotAccepted::Full)) => refused += 1,
            Ok(other) => panic!("{other:?}"),
        }
    }
    held.execute_batch("COMMIT").unwrap();
    assert!((1..=3).contains(&taken), "{taken} taken, {refused} refused");
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_was_deleted_acknowledges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine
        .accept(vec![event("1", 0, EventKind::Queued)])
        .await
        .unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let taken = engine.accept(vec![event("2", 0, EventKind::Queued)]).await;
    assert!(taken.is_err(), "{taken:?}");
}

#[tokio::test]
async fn a_session_that_came_and_ended_in_one_request_is_not_live() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Auth));
    let engine = start(folder.path(), &crm, Rules::default());
    let told = |id| {
        vec![
            event(id, 6, EventKind::Connected),
            event(id, 60, EventKind::Ended),
        ]
    };
    engine.accept(told("1")).await.unwrap();
    let live = async || engine.depth().await.unwrap().connectors[0].live_lanes;
    assert_eq!(live().await, 0);
    engine
        .accept(vec![event("2", 70, EventKind::Connected)])
        .await
        .unwrap();
    assert_eq!(live().await, 1);
}

#[tokio::test]
async fn a_rush_of_live_calls_leaves_a_place_to_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Hang);
    let engine = start(folder.path(), &crm, Rules::default());
    let live = |id: usize| {
        let phone = format!("+155501002{id:02}");
        event_of(&phone, &format!("live{id}"), 6, EventKind::Connected)
    };
    let mut told: Vec<_> = (0..20).map(live).collect();
    let ended = [EventKind::Connected, EventKind::Ended];
    told.extend(ended.map(|kind| event("1", 60, kind)));
    engine.accept(told).await.unwrap();
    until("all places are taken", async || crm.count("look up") == 8).await;
    assert_eq!(crm.count("look up call/1"), 1, "{:#?}", crm.take_asked());
}

#[tokio::test]
async fn the_place_of_a_live_call_that_ends_goes_to_the_others_first() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Slow(1));
    let engine = start(folder.path(), &crm, Rules::default());
    let live = |id: usize| {
        let phone = format!("+155501002{id:02}");
        event_of(&phone, &format!("live{id}"), 6, EventKind::Connected)
    };
    engine.accept((0..8).map(live).collect()).await.unwrap();
    until("all places are taken", async || crm.count("look up") == 8).await;
    let mut told: Vec<_> = (8..60).map(live).collect();
    let ended = [EventKind::Connected, EventKind::Ended];
    told.extend(ended.map(|kind| event("1", 60, kind)));
    engine.accept(told).await.unwrap();
    until_idle(&engine).await;
    let records = crm.memory.records();
    let place = records
        .iter()
        .position(|record| record.notes[0].0.id() == "1");
    assert!(place.is_some_and(|place| place < 40), "{place:?}");
}
