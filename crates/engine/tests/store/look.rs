use casewire_core::{EventKind, Outcome, RuleId, SessionKey, SessionOutcome};
use casewire_engine::{Phase, SessionFilter, SessionView};

use crate::moody::Mood;
use crate::story::{ACME, CRM, KIM, LEE, Story, answered, event, from, second};

async fn only(story: &Story, session: &str) -> SessionView {
    let mut views = story
        .engine
        .read_session(session.to_owned(), None)
        .await
        .unwrap();
    assert_eq!(views.len(), 1, "{views:?}");
    views.remove(0)
}

#[tokio::test]
async fn a_waiting_session_says_what_it_waits_for() {
    let story = Story::begin();
    story
        .tell(vec![from(KIM, event("call/1", 0, EventKind::Created))])
        .await;
    let view = only(&story, "call/1").await;
    assert_eq!(view.phase, Phase::Waiting);
    assert_eq!(
        (view.outcome, view.rule, view.decided_at),
        (None, None, None)
    );
    assert_eq!(view.reason, "not assigned to an agent yet");
    assert_eq!(view.settings.as_deref(), Some("v1"));
    assert_eq!((&*view.source, &*view.connector), (ACME, CRM));
    assert_eq!(view.queue.as_deref(), Some("13"));
    assert_eq!(view.next_try_at, None);
    assert_eq!(view.changed_at, story.now());
}

#[tokio::test]
async fn an_ended_session_without_a_record_names_the_rule() {
    let story = Story::begin();
    let mut ended = from(KIM, event("call/1", 9, EventKind::Ended));
    ended.data.outcome = Some(SessionOutcome::Abandoned);
    story
        .tell(vec![
            from(KIM, event("call/1", 0, EventKind::Created)),
            ended,
        ])
        .await;
    let view = only(&story, "call/1").await;
    assert_eq!(view.phase, Phase::Never);
    assert_eq!(
        (view.outcome, view.rule),
        (Some(Outcome::None), Some(RuleId::R5))
    );
    assert_eq!(view.reason, "abandoned in the menu");
    assert_eq!(view.decided_at, Some(second(9)));
}

#[tokio::test]
async fn a_session_under_way_shows_what_is_being_written() {
    let story = Story::begin();
    story.crm.set(Mood::Hesitating);
    story
        .tell(vec![from(KIM, event("call/1", 5, EventKind::Assigned))])
        .await;
    let view = story.until("call/1", |view| !view.steps.is_empty()).await;
    assert_eq!((view.phase, view.outcome), (Phase::Due, None));
    assert_eq!(view.rule, Some(RuleId::R3));
    assert_eq!(view.reason, "assigned to an agent; waits for its turn");
    assert_eq!(view.decided_at, Some(second(5)));
    assert!(view.live);
    assert_eq!(view.next_try_at, Some(story.now()));
    assert_eq!(view.steps[0].intended, Outcome::Created);
    assert_eq!(view.steps[0].result, None);
    story.crm.set(Mood::Fine);
    let view = story.phase("call/1", Phase::Done).await;
    assert!(!view.live);
    assert_eq!(view.steps[0].result.as_deref(), Some("created"));
    assert_eq!(view.steps[0].finished_at, Some(story.now()));
}

#[tokio::test]
async fn a_session_that_can_not_be_written_yet_says_why_and_when_it_is_tried_again() {
    let story = Story::begin();
    story.crm.set(Mood::Down);
    story.tell(answered("call/1", 5, KIM)).await;
    let view = story.until("call/1", |view| view.attempts > 0).await;
    assert_eq!(view.phase, Phase::Due);
    assert_eq!(
        view.reason,
        "assigned to an agent; not written yet: creating a record: out of order"
    );
    assert_eq!(
        view.error.as_deref(),
        Some("creating a record: out of order")
    );
    assert!(view.next_try_at > Some(story.now()));
    assert_eq!(view.steps[0].result.as_deref(), Some("not written"));
}

#[tokio::test]
async fn a_linked_session_shows_its_receipt_and_no_customer_data() {
    let story = Story::begin();
    story.tell(answered("call/1", 5, KIM)).await;
    let view = story.phase("call/1", Phase::Done).await;
    assert_eq!(
        (view.outcome, view.rule),
        (Some(Outcome::Created), Some(RuleId::R3))
    );
    assert_eq!(view.record.as_deref(), Some("1"));
    assert_eq!(
        view.chosen.as_ref().map(|chosen| chosen.rule),
        Some(RuleId::R12)
    );
    assert_eq!(view.notes_written, 2);
    assert_eq!((view.attempts, &view.error), (0, &None));
    let json = serde_json::to_string(&view).unwrap();
    for private in ["5550100100", "Kim"] {
        assert!(!json.contains(private), "{json}");
        assert!(!format!("{view:?}").contains(private), "{view:?}");
    }
    assert_eq!(serde_json::from_str::<SessionView>(&json).unwrap(), view);
}

#[tokio::test]
async fn parked_and_dropped_sessions_tell_the_error() {
    let story = Story::begin();
    story.crm.set(Mood::Refusing);
    story.tell(answered("call/1", 5, KIM)).await;
    let parked = story.phase("call/1", Phase::Parked).await;
    assert_eq!(
        (parked.outcome, parked.rule),
        (Some(Outcome::Parked), Some(RuleId::R3))
    );
    assert_eq!(parked.reason, "creating a record: the form is closed");
    assert_eq!(parked.error.as_ref(), Some(&parked.reason));
    let which = casewire_engine::ParkedSessions::All { connector: None };
    story.engine.drop_parked(which).await.unwrap();
    let dropped = only(&story, "call/1").await;
    assert_eq!(
        (dropped.phase, dropped.outcome),
        (Phase::Dropped, Some(Outcome::None))
    );
    assert_eq!(
        dropped.reason,
        "dropped by a person; it was parked: creating a record: the form is closed"
    );
}

#[tokio::test]
async fn sources_that_share_a_name_are_told_apart() {
    let story = Story::begin();
    let mut other = event("call/1", 0, EventKind::Created);
    other.session = SessionKey::parse(&"//contact-center/other".into(), "call/1").unwrap();
    story
        .tell(vec![event("call/1", 0, EventKind::Created), other])
        .await;
    let both = story
        .engine
        .read_session("call/1".to_owned(), None)
        .await
        .unwrap();
    assert_eq!(both.len(), 2);
    let of_acme = story
        .engine
        .read_session("call/1".to_owned(), Some(ACME.to_owned()));
    assert_eq!(of_acme.await.unwrap(), both[..1]);
    assert!(!story.is_known("call/2").await);
}

#[tokio::test]
async fn a_session_of_a_connector_that_is_gone_can_still_be_read() {
    let story = Story::begin();
    story
        .tell(vec![event("call/1", 0, EventKind::Created)])
        .await;
    story.crm.set(Mood::Down);
    story.tell(answered("call/2", 5, KIM)).await;
    let file = story.file();
    for (session, reason) in [
        ("call/1", "its connector `crm` is not in the config"),
        (
            "call/2",
            "assigned to an agent; its connector `crm` is not in the config",
        ),
    ] {
        let views = file.read_session(session, None, |_| None).unwrap();
        assert_eq!(views[0].reason, reason);
        assert_eq!(views[0].settings, None);
    }
}

#[tokio::test]
async fn sessions_are_found_newest_first_by_phase_and_connector() {
    let story = Story::begin();
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Done).await;
    story.crm.set(Mood::Refusing);
    story.tell(answered("call/2", 60, LEE)).await;
    story.phase("call/2", Phase::Parked).await;
    story.crm.set(Mood::Down);
    story.tell(answered("call/3", 90, KIM)).await;
    story
        .tell(vec![event("call/4", 99, EventKind::Created)])
        .await;
    let file = story.file();
    let names = |phase, connector: Option<&str>, limit| {
        let filter = SessionFilter {
            phase,
            connector: connector.map(str::to_owned),
            limit,
        };
        let found = file
            .find_sessions(&filter, |name| story.settings_of(name))
            .unwrap();
        assert!(!found.older_not_searched);
        let views = found.sessions.into_iter();
        views.map(|view| view.session).collect::<Vec<_>>()
    };
    assert_eq!(
        names(None, None, 9),
        ["call/4", "call/3", "call/2", "call/1"]
    );
    assert_eq!(names(None, None, 2), ["call/4", "call/3"]);
    for (phase, session) in [
        (Phase::Waiting, "call/4"),
        (Phase::Due, "call/3"),
        (Phase::Parked, "call/2"),
        (Phase::Done, "call/1"),
    ] {
        assert_eq!(names(Some(phase), Some(CRM), 9), [session], "{phase:?}");
    }
    assert_eq!(names(Some(Phase::Dropped), None, 9), [""; 0]);
    assert_eq!(names(None, Some("other"), 9), [""; 0]);
}

#[tokio::test]
async fn the_depth_counts_what_waits() {
    let endpoint = "https://hooks.example.com/linked";
    let story = Story::with(casewire_core::Rules::default(), vec![endpoint.into()]);
    story.tell(answered("call/1", 0, KIM)).await;
    story.phase("call/1", Phase::Done).await;
    let depth = story.engine.depth().await.unwrap();
    assert_eq!(
        (depth.deliveries_waiting, depth.deliveries_given_up),
        (1, 0)
    );
    let lanes = |depth: casewire_engine::Depth| {
        let [crm] = &depth.connectors[..] else {
            panic!("{depth:?}")
        };
        assert_eq!(crm.connector, CRM);
        (
            crm.ready_lanes,
            crm.waiting_lanes,
            crm.live_lanes,
            crm.oldest_ready_ms,
        )
    };
    assert_eq!(lanes(depth), (0, 0, 0, 0));

    let message = story
        .engine
        .deliveries(endpoint, 1)
        .await
        .unwrap()
        .remove(0);
    story
        .engine
        .undelivered(&message, "410".to_owned(), None)
        .await
        .unwrap();
    story.crm.set(Mood::Refusing);
    story.tell(answered("call/2", 60, LEE)).await;
    story.phase("call/2", Phase::Parked).await;
    story.crm.set(Mood::Down);
    story
        .tell(vec![from(KIM, event("call/3", 90, EventKind::Assigned))])
        .await;
    let waiting = story.until("call/3", |view| view.attempts > 0).await;
    let depth = story.file().depth(story.now()).unwrap();
    assert_eq!(
        (depth.deliveries_waiting, depth.deliveries_given_up),
        (0, 1)
    );
    assert_eq!(depth.parked_sessions, 1);
    assert!(
        depth.store_bytes > depth.free_bytes && depth.log_bytes > 0,
        "{depth:?}"
    );
    assert_eq!(lanes(depth), (0, 1, 1, 0));

    let later = waiting.next_try_at.unwrap() + jiff::SignedDuration::from_millis(1_500);
    let depth = story.file().depth(later).unwrap();
    assert_eq!(lanes(depth), (1, 0, 1, 1_500));
}
