//! Sessions of which it is not known, or no longer, what was written.

use casewire_core::{Agent, Email, ErrorKind, EventKind, RecordState};
use casewire_engine::Phase;
use jiff::SignedDuration;

use crate::crm::{Fate, each, first};
use crate::story::*;

#[tokio::test]
async fn a_session_parked_twice_keeps_its_record_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    let mut linked = engine.listen();
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    crm.script(each("append", Fate::Fail(ErrorKind::Rejected)));
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    retry_parked(&engine).await;
    until_idle(&engine).await;
    let parked = view(&engine, "1").await;
    assert_eq!(parked.phase, Phase::Parked);
    assert!(parked.record.is_some());
    crm.set(Fate::Fine);
    retry_parked(&engine).await;
    until_idle(&engine).await;
    assert_eq!(view(&engine, "1").await.record, parked.record);
    assert_eq!(crm.memory.records()[0].notes.len(), 2);
    assert_eq!(linked.try_recv().unwrap().session, "call/1");
    assert!(linked.try_recv().is_err());
}

#[tokio::test]
async fn a_session_parked_twice_makes_no_second_record() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    for id in ["1", "2"] {
        engine.accept(assigned(id)).await.unwrap();
        until_idle(&engine).await;
    }
    // Before anything is intended, the question for the new owner is refused.
    crm.script(each("find user", Fate::Fail(ErrorKind::Rejected)));
    let mut moved = event("2", 50, EventKind::Transferred);
    moved.data.agent = Some(Agent {
        email: Email::parse("agent@example.com"),
        ..Agent::default()
    });
    engine.accept(vec![moved]).await.unwrap();
    until_idle(&engine).await;
    retry_parked(&engine).await;
    until_idle(&engine).await;
    assert_eq!(view(&engine, "2").await.phase, Phase::Parked);
    // The record is solved, hidden from look-ups, and no longer among those remembered.
    let id = crm.memory.records()[0].record.id.clone();
    crm.memory
        .set_state(&id, RecordState::Resolved, Some(second(55)));
    crm.memory.set_index_lag(SignedDuration::from_mins(5));
    crm.set(Fate::Fine);
    let forgotten = store(folder.path()).execute("DELETE FROM records", []);
    assert_eq!(forgotten, Ok(1));
    let engine = restart(engine, folder.path(), &crm, appending()).await;
    retry_parked(&engine).await;
    until_idle(&engine).await;
    assert_eq!(view(&engine, "2").await.phase, Phase::Done);
    assert_eq!(records_with(&crm, "2"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_in_doubt_is_settled_though_the_next_questions_fail() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.memory.add_customer(by_phone(KIM));
    let engine = start_fast(folder.path(), &crm, appending());
    engine.accept(assigned("0")).await.unwrap();
    until_idle(&engine).await;
    // An outage, an append whose answer makes no sense, and one more failure at the first question after it.
    let mut outage = first(8, "look up", Fate::Fail(ErrorKind::Unavailable));
    let mut odd = first(1, "append", Fate::WriteThenFail(ErrorKind::Protocol));
    let (mut is_written, mut failed_after) = (false, false);
    crm.script(move |asked| {
        if is_written && !failed_after {
            failed_after = true;
            return Fate::Fail(ErrorKind::Unavailable);
        }
        let fates = [outage(asked), odd(asked)];
        is_written |= fates[1] != Fate::Fine;
        let bad = fates.into_iter().find(|fate| *fate != Fate::Fine);
        bad.unwrap_or(Fate::Fine)
    });
    let two = [
        event("1", 7, EventKind::Assigned),
        event("2", 8, EventKind::Voicemail),
    ];
    engine.accept(two.to_vec()).await.unwrap();
    until_idle(&engine).await;
    for id in ["1", "2"] {
        let view = view(&engine, id).await;
        assert_eq!(view.phase, Phase::Done, "{view:?}");
        assert_eq!(records_with(&crm, id), 1, "call/{id}");
    }
    let records = crm.memory.records();
    let notes: usize = records.iter().map(|record| record.notes.len()).sum();
    assert_eq!(notes, 3, "{records:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_a_record_shows_before_its_note_is_there_gets_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start_fast(folder.path(), &crm, appending());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    let mut half_done = first(1, "append call/2", Fate::HalfDone);
    let mut refused = each("read", Fate::Fail(ErrorKind::Rejected));
    crm.script(move |asked| match half_done(asked) {
        Fate::Fine => refused(asked),
        fate => fate,
    });
    engine.accept(assigned("2")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(view(&engine, "2").await.phase, Phase::Parked);
    crm.set(Fate::Fine);
    engine.accept(assigned("3")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(records_with(&crm, "2"), 0);
    retry_parked(&engine).await;
    until_idle(&engine).await;
    assert_eq!(view(&engine, "2").await.phase, Phase::Done);
    assert_eq!(records_with(&crm, "2"), 1);
    assert_eq!(crm.memory.records()[0].notes.len(), 3);
}

#[tokio::test]
async fn a_create_that_arrives_after_the_crash_makes_no_second_record() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let kim = crm.memory.add_customer(by_phone(KIM));
    crm.script(each("create", Fate::OnItsWay));
    let engine = start(folder.path(), &crm, appending());
    engine.accept(assigned("1")).await.unwrap();
    until("it is sent", async || crm.count("create") == 1).await;
    crm.set(Fate::Fine);
    // Meanwhile a person opens a case that the session could join.
    crm.memory.add_record(open_record(kim), "by a person");
    let engine = restart(engine, folder.path(), &crm, appending()).await;
    until_idle(&engine).await;
    assert_eq!(crm.let_arrive().await, 1);
    assert_eq!(records_with(&crm, "1"), 1);
}

#[tokio::test]
async fn a_lost_append_is_found_though_the_number_is_another_customers_now() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let email = Email::parse("kim@example.com");
    let mut kim = by_phone("");
    kim.email = email.clone();
    let kim = crm.memory.add_customer(kim);
    crm.memory.add_record(open_record(kim), "by a person");
    crm.script(each("append", Fate::WriteThenHang));
    let engine = start(folder.path(), &crm, appending());
    let mut call = event("5", 6, EventKind::Assigned);
    call.data.customer.email = email;
    engine.accept(vec![call]).await.unwrap();
    until("it is written", async || records_with(&crm, "5") == 1).await;
    crm.memory.add_customer(by_phone(KIM));
    crm.set(Fate::Fine);
    let engine = restart(engine, folder.path(), &crm, appending()).await;
    until_idle(&engine).await;
    assert_eq!(records_with(&crm, "5"), 1);
    assert_eq!(crm.memory.records().len(), 1);
}
