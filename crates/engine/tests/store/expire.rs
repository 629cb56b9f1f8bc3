use casewire_core::EventKind;
use casewire_engine::{Expired, Phase};

use crate::moody::Mood;
use crate::story::{KIM, KIMS_EMAIL, LEE, Story, answered, event, from, of_email};

#[tokio::test]
async fn what_is_old_and_done_goes_with_all_that_belongs_to_it() {
    let story = Story::with(
        casewire_core::Rules::default(),
        vec!["https://hooks.example.com".into()],
    );
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Done).await;
    // No event says that it ended, and none will.
    story
        .tell(vec![event("call/2", 0, EventKind::Created)])
        .await;
    story.days_pass(30);
    assert_eq!(story.engine.expire().await.unwrap(), Expired::default());
    story.days_pass(1);
    story.tell(answered("call/3", 0, LEE)).await;
    let young = story.phase("call/3", Phase::Done).await;
    let expired = story.engine.expire().await.unwrap();
    let expected = Expired {
        sessions: 2,
        events: 3,
        records: 1,
        lanes: 1,
        people: 1,
        deliveries: 1,
    };
    assert_eq!(expired, expected);
    assert!(!story.is_known("call/1").await && !story.is_known("call/2").await);
    assert_eq!(story.phase("call/3", Phase::Done).await, young);
    assert_eq!(story.engine.expire().await.unwrap(), Expired::default());
}

#[tokio::test]
async fn what_is_not_done_stays_however_old_it_is() {
    let story = Story::begin();
    story.crm.set(Mood::Refusing);
    story.tell(answered("call/2", 0, LEE)).await;
    story.phase("call/2", Phase::Parked).await;
    story.crm.set(Mood::Down);
    story.tell(answered("call/3", 0, "+15550100300")).await;
    story.until("call/3", |view| view.attempts > 0).await;
    story.days_pass(400);
    let expired = story.engine.expire().await.unwrap();
    assert_eq!((expired.sessions, expired.lanes, expired.people), (0, 0, 0));
    for session in ["call/2", "call/3"] {
        assert!(story.is_known(session).await, "{session}");
    }
    story.crm.set(Mood::Fine);
    let all = casewire_engine::ParkedSessions::All { connector: None };
    story.engine.retry_parked(all).await.unwrap();
    story.written_in_time("call/2").await;
    story.written_in_time("call/3").await;
    assert_eq!(story.crm.crm.records().len(), 2);
}

#[tokio::test]
async fn a_session_that_came_to_be_known_as_anothers_keeps_its_lane() {
    let story = Story::begin();
    // Kim is known by an e-mail address, and a call by a number that turns out to be Kim's.
    let chat = of_email(KIMS_EMAIL, event("chat/1", 0, EventKind::Assigned));
    story.tell(vec![chat]).await;
    story.phase("chat/1", Phase::Done).await;
    story
        .tell(vec![from(KIM, event("call/2", 5, EventKind::Assigned))])
        .await;
    story.phase("call/2", Phase::Done).await;
    story.days_pass(20);
    let known = of_email(KIMS_EMAIL, event("call/2", 60, EventKind::Updated));
    story.tell(vec![known]).await;
    story.days_pass(20);
    let expired = story.engine.expire().await.unwrap();
    assert_eq!((expired.sessions, expired.lanes), (1, 1));
    // What comes late is still written.
    story
        .tell(vec![event("call/2", 90, EventKind::Ended)])
        .await;
    story.until("call/2", |view| view.notes_written == 2).await;
}

#[tokio::test]
async fn a_customer_who_comes_back_later_is_served_anew() {
    let story = Story::begin();
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Done).await;
    story.days_pass(40);
    assert_eq!(story.engine.expire().await.unwrap().sessions, 1);
    story.tell(answered("call/2", 0, KIM)).await;
    let view = story.phase("call/2", Phase::Done).await;
    assert_eq!(view.record.as_deref(), Some("2"));
}
