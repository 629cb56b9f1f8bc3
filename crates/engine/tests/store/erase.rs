use std::path::Path;

use casewire_core::{Apply, CustomerKey, EventKind, SessionEvent};
use casewire_engine::{Erased, Phase};

use crate::moody::Mood;
use crate::story::{KIM, KIMS_EMAIL, LEE, Story, answered, event, from, of_email, second};

fn key(text: &str) -> CustomerKey {
    CustomerKey::parse(text).unwrap()
}

/// Whether `text` is anywhere in the bytes of the store's files.
fn is_on_disk(store: &Path, text: &str) -> bool {
    let files = ["", "-wal"].map(|ending| format!("{}{ending}", store.display()));
    files.iter().any(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

fn kims_call(session: &str, seconds: i64) -> Vec<SessionEvent> {
    let events = answered(session, seconds, KIM).into_iter();
    events.map(|event| of_email(KIMS_EMAIL, event)).collect()
}

#[tokio::test]
async fn an_erased_customer_leaves_no_trace() {
    let story = Story::begin();
    // Many others, so that rows move between pages as they grow.
    for round in 0..6 {
        let mut events = Vec::new();
        for number in 0..150 {
            let session = format!("call/{number}");
            let mut event = from(
                &format!("+1555020{number:04}"),
                event(&session, round, EventKind::Updated),
            );
            if number % 10 == 0 {
                event = of_email(KIMS_EMAIL, from(KIM, event));
            }
            event.data.disposition = Some("x".repeat(40 * usize::try_from(round).unwrap()).into());
            if round == 5 {
                event.kind = EventKind::Assigned;
            }
            events.push(event);
        }
        story.tell(events).await;
    }
    for number in 0..150 {
        story.phase(&format!("call/{number}"), Phase::Done).await;
    }
    assert!(is_on_disk(&story.path(), KIM) && is_on_disk(&story.path(), KIMS_EMAIL));

    let mut file = story.file();
    let planned = file.erase(&key(KIM), Apply::Plan).unwrap();
    assert!(story.is_known("call/0").await);
    let erased = file.erase(&key(KIM), Apply::Write).unwrap();
    let expected = Erased {
        sessions: 15,
        unwritten: 0,
        deliveries: 0,
        records: 15,
        lanes: 1,
        keys: 2,
        left_over: None,
    };
    assert_eq!(erased, expected);
    assert_eq!(planned, expected);
    for private in [KIM, KIMS_EMAIL] {
        assert!(!is_on_disk(&story.path(), private), "{private}");
    }
    assert!(is_on_disk(&story.path(), "+15550200011"));
    assert!(!story.is_known("call/0").await && story.is_known("call/11").await);
    assert_eq!(file.check().unwrap(), [""; 0]);
}

#[tokio::test]
async fn redelivered_events_do_not_bring_an_erased_session_back() {
    let story = Story::begin();
    story.tell(kims_call("call/1", 0)).await;
    story.phase("call/1", Phase::Done).await;
    let erased = story.file().erase(&key(KIMS_EMAIL), Apply::Write).unwrap();
    assert_eq!((erased.sessions, erased.keys), (1, 2));
    let again = story.engine.accept(kims_call("call/1", 0)).await.unwrap();
    assert_eq!((again.new, again.repeated), (0, 2));
    assert!(!story.is_known("call/1").await);
}

#[tokio::test]
async fn sessions_that_came_to_be_known_by_the_key_later_are_erased_too() {
    let story = Story::begin();
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Done).await;
    let chat = of_email(KIMS_EMAIL, event("chat/2", 40, EventKind::Assigned));
    story.tell(vec![chat]).await;
    story.phase("chat/2", Phase::Done).await;
    // This call is Kim's by number, and only now by the address that the chat is known by.
    story
        .tell(vec![of_email(
            KIMS_EMAIL,
            event("call/1", 60, EventKind::Updated),
        )])
        .await;
    story.tell(answered("call/3", 90, LEE)).await;
    story.phase("call/3", Phase::Done).await;
    let erased = story
        .file()
        .erase(&key("Kim@Example.com"), Apply::Write)
        .unwrap();
    assert_eq!(erased.sessions, 2);
    assert!(!is_on_disk(&story.path(), KIM) && !is_on_disk(&story.path(), KIMS_EMAIL));
    assert!(story.is_known("call/3").await);
}

#[tokio::test]
async fn a_number_that_another_one_begins_with_is_somebody_else() {
    let story = Story::begin();
    story.tell(answered("call/1", 0, "+155501001001")).await;
    story.phase("call/1", Phase::Done).await;
    let erased = story.file().erase(&key(KIM), Apply::Write).unwrap();
    assert_eq!((erased.sessions, erased.keys), (0, 0));
    assert!(story.is_known("call/1").await);
}

#[tokio::test]
async fn what_is_under_way_brings_nothing_back_and_meets_nobody_else() {
    let story = Story::begin();
    story.crm.set(Mood::Hesitating);
    story.tell(answered("call/1", 0, KIM)).await;
    story.until("call/1", |view| !view.steps.is_empty()).await;
    let erased = story.file().erase(&key(KIM), Apply::Write).unwrap();
    assert_eq!((erased.sessions, erased.unwritten, erased.lanes), (1, 1, 1));
    // Its row would be the next one's if numbers were given twice.
    story
        .tell(vec![from(LEE, event("call/2", 0, EventKind::Created))])
        .await;
    story.crm.set(Mood::Fine);
    story.tell(answered("call/3", 0, "+15550100300")).await;
    story.phase("call/3", Phase::Done).await;
    // The write was sent and is in the CRM; here nobody knows of it.
    for _ in 0..200 {
        if story.crm.crm.records().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(story.crm.crm.records().len(), 2);
    story.engine.stop(std::time::Duration::from_secs(5)).await;
    assert!(!story.is_known("call/1").await);
    assert_eq!(story.phase("call/2", Phase::Waiting).await.record, None);
    assert!(!is_on_disk(&story.path(), KIM));
}

#[tokio::test]
async fn a_write_that_begins_after_an_erasure_leaves_no_journal_and_fails_nothing() {
    let story = Story::begin();
    story.crm.set(Mood::Pondering);
    story.tell(answered("call/1", 0, KIM)).await;
    for _ in 0..2_000 {
        if !story.crm.looked().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    story.file().erase(&key(KIM), Apply::Write).unwrap();
    story.crm.set(Mood::Fine);
    story.tell(answered("call/2", 0, LEE)).await;
    story.phase("call/2", Phase::Done).await;
    story.engine.stop(std::time::Duration::from_secs(5)).await;
    // The look-up was under way: its write goes on, and is not known of here.
    assert_eq!(story.crm.crm.records().len(), 2);
    assert!(!story.is_known("call/1").await);
}

#[tokio::test]
async fn what_is_begun_after_an_erasure_is_not_held_up() {
    let story = Story::begin();
    story.crm.set(Mood::Down);
    story.tell(answered("call/1", 0, KIM)).await;
    story.until("call/1", |view| view.attempts > 0).await;
    story.file().erase(&key(KIM), Apply::Write).unwrap();
    story.crm.set(Mood::Fine);
    story.tell(answered("call/2", 0, KIM)).await;
    story.phase("call/2", Phase::Done).await;
    assert_eq!(story.crm.crm.records().len(), 1);
}

#[tokio::test]
async fn an_event_that_is_new_after_an_erasure_makes_the_session_known_by_it_alone() {
    let story = Story::begin();
    story
        .tell(vec![from(KIM, event("call/1", 0, EventKind::Created))])
        .await;
    story.file().erase(&key(KIM), Apply::Write).unwrap();
    story.tell(vec![event("call/1", 9, EventKind::Ended)]).await;
    let view = story.phase("call/1", Phase::Never).await;
    assert_eq!(view.decided_at, Some(second(9)));
    assert!(!is_on_disk(&story.path(), KIM));
}
