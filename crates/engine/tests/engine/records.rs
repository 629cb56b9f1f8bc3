//! Which record a session comes to, while people and other sessions change them.

use std::num::NonZeroU32;
use std::sync::Arc;

use casewire_core::{Email, ErrorKind, EventKind, RecordState, SessionKey, Settings};
use casewire_engine::{Engine, Phase, Route, Routes};

use crate::crm::{Crm, Fate};
use crate::story::*;

#[tokio::test]
async fn a_joined_record_that_a_person_changed_gets_its_late_note() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    for id in ["1", "2"] {
        engine.accept(assigned(id)).await.unwrap();
        until_idle(&engine).await;
    }
    let records = crm.memory.records();
    assert_eq!(records.len(), 1);
    let id = &records[0].record.id;
    crm.memory
        .set_state(id, RecordState::Resolved, Some(second(30)));
    engine
        .accept(vec![event("2", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let view = view(&engine, "2").await;
    assert_eq!(view.phase, Phase::Done, "{view:?}");
    assert_eq!(crm.memory.records()[0].notes.len(), 3);
}

#[tokio::test]
async fn two_crms_that_give_the_same_ids_do_not_share_records() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (crm(), crm());
    let route = |crm: &Arc<Crm>| Route {
        connector: Arc::<Crm>::clone(crm),
        settings: Arc::new(Settings::uniform(appending())),
        lanes: 8,
    };
    let routes = Routes::new(
        [
            ("ours".into(), route(&ours)),
            ("others".into(), route(&others)),
        ]
        .into(),
        [
            ("//contact-center/acme".into(), "ours".into()),
            ("//contact-center/other".into(), "others".into()),
        ]
        .into(),
    );
    // Customer 1 is another person in each, and record 1 of the others is of their customer 2.
    let lee = "+15550100199";
    ours.memory.add_customer(by_phone(KIM));
    others.memory.add_customer(by_phone(lee));
    let stranger = others.memory.add_customer(by_phone("+15550100188"));
    others
        .memory
        .add_record(open_record(stranger), "a stranger's");
    let engine = Engine::start(options(folder.path()), routes).unwrap();
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    let mut told = event_of(lee, "2", 6, EventKind::Assigned);
    told.session = SessionKey::parse(&Arc::from("//contact-center/other"), "call/2").unwrap();
    engine.accept(vec![told]).await.unwrap();
    until_idle(&engine).await;
    let records = others.memory.records();
    assert_eq!(records[0].notes, [], "{:?}", records[0].record);
    assert_eq!(records.len(), 2);
}

#[tokio::test]
async fn a_follow_up_of_a_deleted_record_is_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let mut rules = appending();
    rules.append_to_closed_within_days = NonZeroU32::new(7);
    let engine = start(folder.path(), &crm, rules);
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    let id = crm.memory.records()[0].record.id.clone();
    crm.memory
        .set_state(&id, RecordState::Closed, Some(second(30)));
    // With its end it is remembered as closed.
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    crm.memory.delete(&id);
    engine
        .accept(vec![event("2", 100, EventKind::Assigned)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let view = view(&engine, "2").await;
    assert_eq!(view.phase, Phase::Done, "{view:?}");
    assert_eq!(records_with(&crm, "2"), 1);
}

#[tokio::test]
async fn a_person_known_by_two_keys_is_served_once_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Slow(10));
    let engine = start(folder.path(), &crm, appending());
    let email = Email::parse("kim@example.com");
    let source = Arc::from("//contact-center/acme");
    let chat = |seconds, kind| {
        let mut event = event_of("", "2", seconds, kind);
        event.session = SessionKey::parse(&source, "chat/2").unwrap();
        event.data.customer.email = email.clone();
        event
    };
    let call = |seconds, kind| {
        let mut event = event("1", seconds, kind);
        event.data.customer.email = email.clone();
        event
    };
    // The call tells its number alone, and its address when both sessions have lanes of their own.
    let queued = [event("1", 0, EventKind::Queued), chat(1, EventKind::Queued)];
    engine.accept(queued.to_vec()).await.unwrap();
    engine
        .accept(vec![call(2, EventKind::Updated)])
        .await
        .unwrap();
    let answered = [call(5, EventKind::Assigned), chat(6, EventKind::Assigned)];
    engine.accept(answered.to_vec()).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1, "{:#?}", crm.take_asked());
    assert_eq!(crm.memory.records()[0].notes.len(), 2);
}

#[tokio::test]
async fn a_refused_session_does_not_park_the_others_of_its_write() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    let ids = ["1", "2", "3"];
    engine.accept(ids.map(assigned).concat()).await.unwrap();
    until_idle(&engine).await;
    crm.script(
        |asked| match asked.starts_with("append") && asked.contains("call/3") {
            true => Fate::Fail(ErrorKind::Rejected),
            false => Fate::Fine,
        },
    );
    let ended = ids.map(|id| event(id, 60, EventKind::Ended));
    engine.accept(ended.to_vec()).await.unwrap();
    until_idle(&engine).await;
    let mut phases = Vec::new();
    for id in ids {
        phases.push(view(&engine, id).await.phase);
    }
    assert_eq!(phases, [Phase::Done, Phase::Done, Phase::Parked]);
}
