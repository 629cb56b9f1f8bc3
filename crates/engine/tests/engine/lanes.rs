//! Lanes: order, patience, and who goes first.

use casewire_core::{ErrorKind, EventKind, Outcome, RecordState, Rules};
use casewire_engine::Phase;

use crate::crm::{Fate, each};
use crate::story::*;

#[tokio::test]
async fn notes_that_arrive_together_become_one_write() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    engine
        .accept([assigned("1"), assigned("2")].concat())
        .await
        .unwrap();
    until_idle(&engine).await;
    crm.take_asked();
    for id in ["1", "2"] {
        engine
            .accept(vec![event(id, 60, EventKind::Ended)])
            .await
            .unwrap();
    }
    until_idle(&engine).await;
    assert_eq!(crm.take_asked(), ["append call/1 call/2"]);
    assert_eq!(crm.memory.records()[0].notes.len(), 4);
}

#[tokio::test]
async fn sessions_of_a_lane_keep_their_order_through_an_outage() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Unavailable));
    let engine = start(folder.path(), &crm, Rules::default());
    for id in 0..20 {
        engine.accept(assigned(&id.to_string())).await.unwrap();
    }
    until("it was asked", async || crm.count("look up") > 0).await;
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    let titles: Vec<_> = crm
        .memory
        .records()
        .into_iter()
        .map(|record| record.title)
        .collect();
    let expected: Vec<_> = (0..20).map(|id| format!("- - Billing - {id}")).collect();
    assert_eq!(titles, expected);
}

#[tokio::test]
async fn an_outage_pauses_the_connector_and_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Unavailable));
    let engine = start(folder.path(), &crm, Rules::default());
    for id in 0..40 {
        let phone = format!("+155501001{id:02}");
        let event = event_of(&phone, &id.to_string(), 6, EventKind::Assigned);
        engine.accept(vec![event]).await.unwrap();
    }
    until("it pauses", async || engine.connectors()[0].paused).await;
    assert!(
        crm.count("look up") < 20,
        "a CRM that is away is not asked by each lane"
    );
    assert!(engine.connectors()[0].reason.is_some());
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 40);
    assert!(!engine.connectors()[0].paused);
}

#[tokio::test]
async fn refused_credentials_pause_the_connector_and_cost_the_session_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Auth));
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until("it pauses", async || engine.connectors()[0].paused).await;
    let views = engine
        .read_session("call/1".to_owned(), None)
        .await
        .unwrap();
    assert_eq!(views[0].phase, Phase::Due);
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
}

#[tokio::test]
async fn a_refused_session_is_parked_with_the_crms_words_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.script(each("create", Fate::Fail(ErrorKind::Rejected)));
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    crm.set(Fate::Fine);
    engine.accept(assigned("2")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
    let views = engine
        .read_session("call/1".to_owned(), None)
        .await
        .unwrap();
    assert_eq!(views[0].phase, Phase::Parked);
    assert_eq!(views[0].outcome, Some(Outcome::Parked));
    assert!(
        views[0].reason.contains("Priority is required"),
        "{:?}",
        views[0]
    );

    // What happens to it meanwhile counts when it is tried again.
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    let retried = engine
        .retry_parked(casewire_engine::ParkedSessions::Named {
            sessions: vec!["call/1".to_owned()],
            source: None,
        })
        .await
        .unwrap();
    assert_eq!(retried.sessions, ["call/1"]);
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].notes.len(), 2);
}

#[tokio::test]
async fn late_data_of_a_deleted_record_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    let id = crm.memory.records()[0].record.id.clone();
    crm.memory.delete(&id);
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let views = engine
        .read_session("call/1".to_owned(), None)
        .await
        .unwrap();
    assert_eq!(views[0].outcome, Some(Outcome::Created));
    assert_eq!(views[0].warnings.len(), 1);
    // The next session does not join what is gone.
    engine.accept(assigned("2")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
}

#[tokio::test]
async fn a_record_that_people_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, appending());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    let id = crm.memory.records()[0].record.id.clone();
    crm.memory
        .set_state(&id, RecordState::Resolved, Some(second(30)));
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let records = crm.memory.records();
    assert_eq!(records[0].notes.len(), 2);
    assert_eq!(
        records[0].record.state,
        RecordState::Resolved,
        "R15: late data reopens nothing"
    );
}

#[tokio::test]
async fn those_whose_agent_waits_go_first_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    crm.set(Fate::Fail(ErrorKind::Auth));
    let mut one_lane = routes(&crm, Rules::default());
    one_lane = casewire_engine::Routes::one(
        "memory",
        casewire_engine::Route {
            lanes: 1,
            ..one_lane.named("memory").unwrap().clone()
        },
    );
    let engine = casewire_engine::Engine::start(options(folder.path()), one_lane).unwrap();
    let told = |id: usize, kind| event_of(&format!("+155501001{id:02}"), &id.to_string(), 6, kind);
    for id in 1..5 {
        engine
            .accept(vec![told(id, EventKind::Assigned)])
            .await
            .unwrap();
    }
    until("it pauses", async || engine.connectors()[0].paused).await;
    for id in [1, 2] {
        engine
            .accept(vec![told(id, EventKind::Ended)])
            .await
            .unwrap();
    }
    crm.set(Fate::Fine);
    until_idle(&engine).await;
    let titles: Vec<_> = crm
        .memory
        .records()
        .into_iter()
        .map(|record| record.title)
        .collect();
    let first = titles
        .iter()
        .position(|title| title.ends_with("- 4"))
        .unwrap();
    let second = titles
        .iter()
        .position(|title| title.ends_with("- 3"))
        .unwrap();
    let ended = titles
        .iter()
        .position(|title| title.ends_with("- 2"))
        .unwrap();
    assert!(first < second && second < ended, "{titles:?}");
}

#[tokio::test]
async fn new_rules_hold_for_what_comes_after_them() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    until_idle(&engine).await;
    engine.reload(routes(&crm, appending()));
    engine.accept(assigned("2")).await.unwrap();
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
}

#[tokio::test]
async fn each_endpoint_gets_a_message_for_each_linked_session() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let mut told = options(folder.path());
    told.endpoints = vec![
        "https://a.example.com".into(),
        "https://b.example.com".into(),
    ];
    let engine = casewire_engine::Engine::start(told, routes(&crm, Rules::default())).unwrap();
    engine
        .accept([assigned("1"), vec![event("2", 0, EventKind::Queued)]].concat())
        .await
        .unwrap();
    until_idle(&engine).await;
    engine
        .accept(vec![event("1", 60, EventKind::Ended)])
        .await
        .unwrap();
    until_idle(&engine).await;
    let of = async |endpoint: &str| {
        let mut messages = engine.deliveries(endpoint, 10).await.unwrap();
        assert_eq!(messages.len(), 1, "{endpoint}");
        messages.remove(0)
    };
    let messages = [
        of("https://a.example.com").await,
        of("https://b.example.com").await,
    ];
    assert_ne!(messages[0].id, messages[1].id);
    let body: serde_json::Value = serde_json::from_str(&messages[0].body).unwrap();
    assert_eq!(body["type"], "record.linked");
    assert_eq!(body["data"]["session"], "call/1");
    engine.delivered(&messages[0]).await.unwrap();
    engine
        .undelivered(&messages[1], "503".to_owned(), None)
        .await
        .unwrap();
    for endpoint in ["https://a.example.com", "https://b.example.com"] {
        assert_eq!(engine.deliveries(endpoint, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_stopped_engine_finishes_what_is_under_way_and_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let crm = crm();
    let engine = start(folder.path(), &crm, Rules::default());
    engine.accept(assigned("1")).await.unwrap();
    assert!(engine.stop(std::time::Duration::from_secs(5)).await);
    let refused = engine.accept(assigned("2")).await;
    assert_eq!(refused, Err(casewire_engine::NotAccepted::Draining));
    let engine = restart(engine, folder.path(), &crm, Rules::default()).await;
    until_idle(&engine).await;
    assert_eq!(crm.memory.records().len(), 1);
}
