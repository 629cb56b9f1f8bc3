use casewire_core::{EventKind, Outcome, TraceSearch};
use casewire_engine::{ParkedSessions, Phase, Repaired};

use crate::moody::Mood;
use crate::story::{KIM, KIMS_EMAIL, LEE, Story, answered, event, of_email};

fn named(sessions: &[&str]) -> ParkedSessions {
    ParkedSessions::Named {
        sessions: sessions.iter().map(|&name| name.to_owned()).collect(),
        source: None,
    }
}

fn all(connector: Option<&str>) -> ParkedSessions {
    ParkedSessions::All {
        connector: connector.map(str::to_owned),
    }
}

fn repaired(sessions: &[&str]) -> Repaired {
    Repaired {
        sessions: sessions.iter().map(|&name| name.to_owned()).collect(),
        not_parked: Vec::new(),
    }
}

/// Two calls of one customer and a call of another, all refused.
async fn three_parked() -> Story {
    let story = Story::begin();
    story.crm.set(Mood::Refusing);
    for (session, seconds, phone) in [("call/1", 0, KIM), ("call/2", 60, LEE), ("call/3", 90, KIM)]
    {
        story.tell(answered(session, seconds, phone)).await;
        story.phase(session, Phase::Parked).await;
    }
    story
}

#[tokio::test]
async fn a_retried_session_is_written_by_the_running_engine() {
    let story = three_parked().await;
    story.crm.set(Mood::Fine);
    // As a command does, from a connection of its own.
    let retried = story.file().retry_parked(&named(&["call/1"]), story.now());
    assert_eq!(retried.unwrap(), repaired(&["call/1"]));
    let view = story.phase("call/1", Phase::Done).await;
    assert_eq!(view.outcome, Some(Outcome::Created));
    assert_eq!((view.attempts, view.error), (0, None));
    assert_eq!(story.crm.crm.records().len(), 1);
    story.phase("call/3", Phase::Parked).await;
}

#[tokio::test]
async fn retried_sessions_keep_their_order() {
    let story = three_parked().await;
    story.crm.set(Mood::Fine);
    let retried = story
        .engine
        .retry_parked(named(&["call/3", "call/1"]))
        .await;
    assert_eq!(retried.unwrap(), repaired(&["call/1", "call/3"]));
    let first = story.phase("call/1", Phase::Done).await;
    let second = story.phase("call/3", Phase::Done).await;
    assert_eq!(
        (first.record.as_deref(), second.record.as_deref()),
        (Some("1"), Some("2"))
    );
}

#[tokio::test]
async fn a_write_that_happened_all_the_same_is_found_and_not_repeated() {
    let story = Story::begin();
    story.crm.set(Mood::Lying);
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Parked).await;
    story.crm.set(Mood::Fine);
    story.engine.retry_parked(named(&["call/1"])).await.unwrap();
    let view = story.phase("call/1", Phase::Done).await;
    assert_eq!(
        (view.outcome, view.record.as_deref()),
        (Some(Outcome::Created), Some("1"))
    );
    assert_eq!(
        story.crm.looked(),
        [TraceSearch::OnTheWay, TraceSearch::Thorough]
    );
    assert_eq!(story.crm.crm.records().len(), 1);
}

#[tokio::test]
async fn a_note_that_was_refused_is_written_to_the_same_record() {
    let story = Story::begin();
    let mut events = answered("call/1", 0, KIM).into_iter();
    story.tell(events.by_ref().take(1).collect()).await;
    let linked = story.phase("call/1", Phase::Done).await;
    story.crm.set(Mood::Refusing);
    story.tell(events.collect()).await;
    let parked = story.phase("call/1", Phase::Parked).await;
    assert_eq!(parked.record, linked.record);
    story.crm.set(Mood::Fine);
    story.engine.retry_parked(all(None)).await.unwrap();
    let view = story.phase("call/1", Phase::Done).await;
    assert_eq!(view.record, linked.record);
    assert_eq!(view.outcome, Some(Outcome::Created));
    let records = story.crm.crm.records();
    assert_eq!((records.len(), records[0].notes.len()), (1, 2));
}

#[tokio::test]
async fn a_dropped_session_is_never_written() {
    let story = three_parked().await;
    let found = story.file().find_parked(&all(None));
    assert_eq!(found.unwrap(), repaired(&["call/1", "call/2", "call/3"]));
    story.phase("call/1", Phase::Parked).await;
    let dropped = story
        .file()
        .drop_parked(&named(&["call/1", "call/2"]), story.now());
    assert_eq!(dropped.unwrap(), repaired(&["call/1", "call/2"]));
    story.crm.set(Mood::Fine);
    let retried = story.engine.retry_parked(all(None)).await;
    assert_eq!(retried.unwrap(), repaired(&["call/3"]));
    story.phase("call/3", Phase::Done).await;
    story.phase("call/1", Phase::Dropped).await;
    assert_eq!(story.crm.crm.records().len(), 1);
}

#[tokio::test]
async fn what_is_not_parked_is_named() {
    let story = three_parked().await;
    let retried = story
        .engine
        .retry_parked(named(&["call/9", "call/2"]))
        .await
        .unwrap();
    assert_eq!(retried.sessions, ["call/2"]);
    assert_eq!(retried.not_parked, ["call/9"]);
    let of_other = story.engine.drop_parked(all(Some("other"))).await;
    assert_eq!(of_other.unwrap(), Repaired::default());
    let elsewhere = ParkedSessions::Named {
        sessions: vec!["call/1".to_owned()],
        source: Some("//contact-center/other".to_owned()),
    };
    let dropped = story.engine.drop_parked(elsewhere).await.unwrap();
    assert_eq!(dropped.not_parked, ["call/1"]);
    story.phase("call/1", Phase::Parked).await;
}

#[tokio::test]
async fn what_comes_after_a_repair_does_not_undo_it() {
    for by_command in [true, false] {
        let story = three_parked().await;
        story.crm.set(Mood::Down);
        match by_command {
            true => story.file().retry_parked(&all(None), story.now()).unwrap(),
            false => story.engine.retry_parked(all(None)).await.unwrap(),
        };
        for session in ["call/1", "call/2", "call/3"] {
            // It changes whose the session is, and so its row.
            let late = event(session, 200, EventKind::Updated);
            story.tell(vec![of_email(KIMS_EMAIL, late)]).await;
            let view = story.until(session, |_| true).await;
            assert_eq!(view.phase, Phase::Due, "{by_command}");
        }
        story.crm.set(Mood::Fine);
        for session in ["call/1", "call/2", "call/3"] {
            story.written_in_time(session).await;
        }
        assert_eq!(story.crm.crm.records().len(), 3);
    }
}
