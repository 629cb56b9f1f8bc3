//! Nothing lost, nothing twice.

use casewire_core::{EventKind, Outcome, Rules};
use casewire_engine::{NotAccepted, Phase};
use jiff::SignedDuration;

use crate::crm::Fate;
use crate::story::*;

#[tokio::test]
async fn an_accepted_event_becomes_a_record_with_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    let mut linked = engine.listen();
    let accepted = engine.accept(assigned("1")).await.unwrap();
    assert_eq!((accepted.new, accepted.repeated), (1, 0));
    let news = linked.recv().await.unwrap();
    assert_eq!(news.session, "call/1");
    assert_eq!(news.outcome, Outcome::Created);
    assert_eq!(crm.memory.records().len(), 1);
    let views = engine
        .read_session("call/1".to_owned(), None)
        .await
        .unwrap();
    assert_eq!(views[0].phase, Phase::Done);
    assert_eq!(views[0].record.as_ref(), Some(&news.record.0));
}

#[tokio::test]
async fn a_second_delivery_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    let again = [assigned("1"), assigned("2"), assigned("2")].concat();
    let accepted = engine.accept(again).await.unwrap();
    assert_eq!((accepted.new, accepted.repeated), (1, 2));
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 2);
}

#[tokio::test]
async fn a_session_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine
        .accept(vec![event("1", 0, EventKind::Queued)])
        .await
        .unwrap();
    let engine = restart(engine, folder.path(), &crm, Rules::default()).await;
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
    let engine = restart(engine, folder.path(), &crm, Rules::default()).await;
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 2);
}

#[tokio::test]
async fn a_record_whose_answer_never_came_is_found_after_a_restart() {
    for rules in [Rules::default(), appending()] {
        let folder = tempfile::tempdir().unwrap();
        let crm = crm();
        crm.memory.set_index_lag(SignedDuration::from_mins(5));
        crm.set(Fate::WriteThenHang);
        let engine = start(folder.path(), &crm, rules.clone());
        engine.accept(assigned("1")).await.unwrap();
        until("it is written", async || crm.memory.records().len() == 1).await;
        crm.set(Fate::Fine);
        let engine = restart(engine, folder.path(), &crm, rules).await;
        until_idle(&engine).await;
        assert_eq!(crm.memory.records().len(), 1);
        assert_eq!(crm.memory.records()[0].notes.len(), 1);
        let views = engine
            .read_session("call/1".to_owned(), None)
            .await
            .unwrap();
        assert_eq!(views[0].outcome, Some(Outcome::Created));
        assert!(!views[0].repeated, "it was this engine's own write");
        assert!(views[0].chosen.is_some(), "{:?}", views[0]);
    }
}

#[tokio::test]
async fn a_note_whose_answer_never_came_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    crm.set(Fate::WriteThenHang);
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    let notes = || crm.memory.records()[0].notes.len();
    until("the note is there", async || notes() == 2).await;
    crm.set(Fate::Fine);
    let engine = restart(engine, folder.path(), &crm, Rules::default()).await;
    until_idle(&engine).await;
    engine.accept(rated("1", 5)).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(notes(), 3);
}

#[tokio::test]
async fn an_uncertain_write_is_looked_for_before_it_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.memory.set_index_lag(SignedDuration::from_mins(5));
    let engine = start(folder.path(), &crm, appending());
    crm.memory.lose_next_answer();
    engine
        .accept([assigned("1"), assigned("2")].concat())
        .await
        .unwrap();
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 2);
    crm.memory.lose_next_answer();
    engine
        .accept([assigned("3"), assigned("4")].concat())
        .await
        .unwrap();
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 4);
}

#[tokio::test]
async fn fifty_sessions_of_one_second_make_one_record_with_append_and_fifty_without() {
    for (rules, expected) in [(appending(), 1), (Rules::default(), 50)] {
        let folder = tempfile::tempdir().unwrap();
        let crm = crm();
        crm.memory.set_index_lag(SignedDuration::from_mins(5));
        let engine = start(folder.path(), &crm, rules);
        let each = (0..50).map(|id| {
            let engine = engine.clone();
            async move { engine.accept(assigned(&id.to_string())).await.unwrap() }
        });
        futures::future::join_all(each).await;
        until_idle(&engine).await;
        let records = crm.memory.records();
        assert_eq!(records.len(), expected);
        let notes: usize = records.iter().map(|record| record.notes.len()).sum();
        assert_eq!(notes, 50);
    }
}

#[tokio::test]
async fn what_arrives_while_a_session_is_written_is_added_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(casewire_core::ErrorKind::Unavailable));
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 2);
}

#[tokio::test]
async fn a_full_intake_and_an_unknown_source_take_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let mut few = options(folder.path());
    few.intake_limit = 2;
    let engine = casewire_engine::Engine::start(few, routes(&crm, Rules::default())).unwrap();
    let one = engine.accept(assigned("1"));
    let three = engine.accept([assigned("2"), assigned("3"), assigned("4")].concat());
    let (one, three) = tokio::join!(one, three);
    assert!(one.is_ok());
    assert_eq!(three, Err(NotAccepted::Full));
    engine.reload(casewire_engine::Routes::default());
    let refused = engine.accept(assigned("5")).await;
    assert_eq!(refused, Err(NotAccepted::NoConnector { index: 0 }));
    for id in 2..6 {
        let views = engine
            .read_session(format!("call/{id}"), None)
            .await
            .unwrap();
        assert!(views.is_empty());
    }
}

#[tokio::test]
async fn a_second_engine_on_the_same_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    let second =
        casewire_engine::Engine::start(options(folder.path()), routes(&crm, Rules::default()));
    assert!(second.unwrap_err().is_in_use());
    restart(engine, folder.path(), &crm, Rules::default()).await;
}
