//! Sessions through the flow into a CRM in memory.

#![expect(
    clippy::unwrap_used,
    reason = "a story that can not be told is a failed test"
)]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CrmConnector as _, CustomerIdentity, EventData, EventId, EventKind, MemoryCrm, Outcome, Phone,
    Queue, QueueId, QueueStep, Record, RecordState, RefusedWhy, RuleId, Rules, SessionEvent,
    SessionKey, SessionOutcome, Settings, Trace,
};
use casewire_engine::{Flow, Patience, Receipt, replay};
use jiff::{SignedDuration, Timestamp};

fn second(seconds: i64) -> Timestamp {
    "2026-01-24T01:13:49Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn event(id: &str, seconds: i64, kind: EventKind) -> SessionEvent {
    let source = Arc::from("//contact-center/acme");
    let step = QueueStep {
        id: QueueId("13".into()),
        name: "Billing".into(),
    };
    SessionEvent {
        id: EventId(format!("{id}-{seconds}-{kind:?}").into()),
        session: SessionKey::parse(&source, &format!("call/{id}")).unwrap(),
        kind,
        time: second(seconds),
        rank: 0,
        data: EventData {
            queue: Some(Arc::new(Queue::new(Vec::new(), step))),
            customer: CustomerIdentity {
                phone: Phone::parse("+15550100100"),
                ..CustomerIdentity::default()
            },
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    }
}

fn answered(id: &str, seconds: i64) -> [SessionEvent; 2] {
    [
        event(id, seconds, EventKind::Assigned),
        event(id, seconds + 30, EventKind::Ended),
    ]
}

fn appending() -> Rules {
    Rules {
        append_to_open: true,
        append_to_closed_within_days: NonZeroU32::new(7),
        ..Rules::default()
    }
}

fn crm() -> Arc<MemoryCrm> {
    Arc::new(MemoryCrm::new(second(0)))
}

async fn run(crm: &Arc<MemoryCrm>, rules: Rules, events: Vec<SessionEvent>) -> Vec<Receipt> {
    let patience = Patience {
        tries: 4,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
    };
    let connector = Arc::clone(crm);
    let flow = Flow::new(connector, Arc::new(Settings::uniform(rules)));
    replay(&flow, patience, events, 4, |_| ()).await
}

fn outcomes(receipts: &[Receipt]) -> Vec<Outcome> {
    receipts.iter().map(|receipt| receipt.outcome).collect()
}

fn record_of(crm: &MemoryCrm, state: RecordState, closed_at: Option<Timestamp>) -> Record {
    let customer = crm.add_customer(CustomerIdentity {
        phone: Phone::parse("+15550100100"),
        ..CustomerIdentity::default()
    });
    Record {
        id: casewire_core::RecordId(String::new()),
        customer: Some(customer),
        queue: Some(QueueId("13".into())),
        state,
        created_at: second(-900),
        closed_at,
        tags: Vec::new(),
        trace: Trace::default(),
        version: None,
        url: None,
    }
}

#[tokio::test]
async fn a_session_makes_one_record_with_its_notes() {
    let crm = crm();
    let receipts = run(&crm, Rules::default(), answered("1", 6).to_vec()).await;
    let [receipt] = &receipts[..] else {
        panic!("{receipts:?}")
    };
    assert_eq!(receipt.outcome, Outcome::Created);
    assert_eq!(receipt.rule, Some(RuleId::R3));
    assert_eq!(receipt.decided_at, Some(second(6)));
    assert_eq!(receipt.notes_written, 2);
    let records = crm.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].title, "- - Billing - 1");
    assert_eq!(records[0].notes.len(), 2);
}

#[tokio::test]
async fn a_replay_changes_nothing() {
    let crm = crm();
    let events = [answered("1", 6), answered("2", 60)].concat();
    let first = run(&crm, appending(), events.clone()).await;
    let before = format!("{:?}", crm.records());
    let again = run(&crm, appending(), events).await;
    assert!(first.iter().all(Receipt::changed));
    assert!(
        again
            .iter()
            .all(|receipt| receipt.repeated && !receipt.changed()),
        "{again:?}"
    );
    assert_eq!(outcomes(&first), outcomes(&again));
    assert_eq!(format!("{:?}", crm.records()), before);
}

#[tokio::test]
async fn late_data_adds_one_note_to_the_same_record() {
    let crm = crm();
    let mut events = answered("1", 6).to_vec();
    run(&crm, Rules::default(), events.clone()).await;
    let mut rated = event("1", 900, EventKind::Updated);
    rated.data.rating = Some(5);
    events.push(rated);
    let receipts = run(&crm, Rules::default(), events.clone()).await;
    assert_eq!(receipts[0].notes_written, 1);
    let receipts = run(&crm, Rules::default(), events).await;
    assert!(!receipts[0].changed());
    assert_eq!(crm.records()[0].notes.len(), 3);
}

#[tokio::test]
async fn sessions_at_the_same_moment_make_one_record_with_append() {
    let crm = crm();
    crm.set_index_lag(SignedDuration::from_mins(5));
    let events = (0..50)
        .flat_map(|id| answered(&id.to_string(), 6))
        .collect();
    let receipts = run(&crm, appending(), events).await;
    let created = outcomes(&receipts)
        .iter()
        .filter(|outcome| **outcome == Outcome::Created)
        .count();
    assert_eq!(created, 1);
    let records = crm.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 100);
}

#[tokio::test]
async fn sessions_at_the_same_moment_make_a_record_each_without_append() {
    let crm = crm();
    let events = (0..50)
        .flat_map(|id| answered(&id.to_string(), 6))
        .collect();
    run(&crm, Rules::default(), events).await;
    assert_eq!(crm.records().len(), 50);
}

#[tokio::test]
async fn a_lost_answer_doubles_nothing() {
    for rules in [Rules::default(), appending()] {
        let crm = crm();
        crm.lose_next_answer();
        let receipts = run(&crm, rules, answered("1", 6).to_vec()).await;
        assert_eq!(outcomes(&receipts), [Outcome::Created]);
        let records = crm.records();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].notes.len(), 2);
    }
}

#[tokio::test]
async fn a_lost_answer_of_an_append_doubles_nothing() {
    let crm = crm();
    run(&crm, appending(), answered("1", 6).to_vec()).await;
    crm.lose_next_answer();
    let receipts = run(&crm, appending(), answered("2", 60).to_vec()).await;
    assert_eq!(outcomes(&receipts), [Outcome::Appended]);
    let records = crm.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].notes.len(), 4);
}

#[tokio::test]
async fn a_resolved_record_is_opened_again() {
    let crm = crm();
    let resolved = record_of(&crm, RecordState::Resolved, Some(second(-60)));
    let id = crm.add_record(resolved, "Old");
    let receipts = run(&crm, appending(), answered("1", 6).to_vec()).await;
    assert_eq!(outcomes(&receipts), [Outcome::Reopened]);
    assert_eq!(receipts[0].record, Some(id));
    assert_eq!(crm.records()[0].record.state, RecordState::Open);
}

#[tokio::test]
async fn a_closed_record_gets_a_follow_up() {
    let crm = crm();
    let closed = record_of(&crm, RecordState::Closed, Some(second(-60)));
    let id = crm.add_record(closed, "Old");
    let receipts = run(&crm, appending(), answered("1", 6).to_vec()).await;
    assert_eq!(outcomes(&receipts), [Outcome::FollowUp]);
    assert_eq!(crm.records()[1].follow_up_of, Some(id));
}

#[tokio::test]
async fn a_record_deleted_meanwhile_is_dropped_and_the_choice_made_again() {
    let crm = crm();
    crm.set_index_lag(SignedDuration::from_mins(5));
    let settings = Arc::new(Settings::uniform(appending()));
    let connector = Arc::clone(&crm);
    let flow = Flow::new(connector, settings);
    let mut lane = casewire_engine::Lane::default();
    let due = |id: &str| {
        let mut session = casewire_core::Session::new(event(id, 6, EventKind::Assigned).session);
        session.observe(&event(id, 6, EventKind::Assigned));
        casewire_engine::DueSession {
            then: session.clone(),
            latest: session,
            rule: RuleId::R3,
            reason: "assigned to an agent".into(),
            at: second(6),
        }
    };
    let patience = Patience::default();
    let first = flow.link(&due("1"), &patience, &mut lane).await;
    crm.delete(&first.record.unwrap());
    let second = flow.link(&due("2"), &patience, &mut lane).await;
    assert_eq!(second.outcome, Outcome::Created);
    assert_eq!(crm.records().len(), 1);
}

#[tokio::test]
async fn the_receipt_names_the_refused_and_why() {
    let crm = crm();
    let old = record_of(&crm, RecordState::Resolved, Some(second(-90 * 24 * 3600)));
    let id = crm.add_record(old, "Old");
    let receipts = run(&crm, appending(), answered("1", 6).to_vec()).await;
    let [refused] = &receipts[0].refused[..] else {
        panic!("{receipts:?}")
    };
    assert_eq!(
        (&refused.record, refused.why),
        (&id, RefusedWhy::ClosedTooLongAgo)
    );
}

#[tokio::test]
async fn an_agent_without_a_user_is_a_warning() {
    let crm = crm();
    let mut events = answered("1", 6);
    events[0].data.agent = Some(casewire_core::Agent {
        email: casewire_core::Email::parse("ana@example.com"),
        ..casewire_core::Agent::default()
    });
    let receipts = run(&crm, Rules::default(), events.to_vec()).await;
    assert_eq!(receipts[0].warnings.len(), 1);
    assert!(!receipts[0].warnings[0].contains("ana@"));
    let owner = crm.add_user(&casewire_core::Email::parse("ana@example.com").unwrap());
    let mut other = events.to_vec();
    for event in &mut other {
        event.session = SessionKey::parse(event.session.source(), "call/9").unwrap();
    }
    run(&crm, Rules::default(), other).await;
    assert_eq!(crm.records()[1].owner, Some(owner));
}

#[tokio::test]
async fn waiting_sessions_come_last_by_key() {
    let crm = crm();
    let events = vec![
        event("9", 1, EventKind::Created),
        event("7", 2, EventKind::Created),
        event("8", 3, EventKind::Ended),
    ];
    let receipts = run(&crm, Rules::default(), events).await;
    let told: Vec<_> = receipts
        .iter()
        .map(|receipt| (receipt.session.to_string(), receipt.rule))
        .collect();
    let expected = [
        ("call/8", Some(RuleId::R5)),
        ("call/7", None),
        ("call/9", None),
    ];
    assert_eq!(
        told,
        expected.map(|(session, rule)| (session.to_owned(), rule))
    );
    assert_eq!(crm.records().len(), 0);
    assert!(
        crm.read_record(&casewire_core::RecordId("1".to_owned()))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn one_person_by_phone_and_by_email_makes_one_record() {
    let email = casewire_core::Email::parse("kim@example.com");
    for keys_known in [true, false] {
        let crm = crm();
        crm.add_customer(CustomerIdentity {
            phone: Phone::parse("+15550100100"),
            email: email.clone(),
            ..CustomerIdentity::default()
        });
        let mut events = Vec::new();
        for id in 0..10 {
            let mut told = answered(&id.to_string(), 6);
            for event in &mut told {
                if id % 2 == 1 {
                    event.data.customer.email = email.clone();
                    event.data.customer.phone =
                        event.data.customer.phone.take().filter(|_| keys_known);
                }
            }
            events.extend(told);
        }
        run(&crm, appending(), events).await;
        assert_eq!(crm.records().len(), 1, "keys shared: {keys_known}");
    }
}

#[tokio::test]
async fn late_data_of_a_closed_record_is_a_warning() {
    let crm = crm();
    let mut events = answered("1", 6).to_vec();
    run(&crm, Rules::default(), events.clone()).await;
    let id = crm.records()[0].record.id.clone();
    crm.set_state(&id, RecordState::Closed, Some(second(60)));
    let mut rated = event("1", 900, EventKind::Updated);
    rated.data.rating = Some(5);
    events.push(rated);
    let receipts = run(&crm, Rules::default(), events).await;
    assert_eq!(receipts[0].outcome, Outcome::Created);
    assert!(!receipts[0].changed());
    assert_eq!(receipts[0].warnings.len(), 1);
}

#[tokio::test]
async fn r16_a_transfer_told_later_moves_the_owner() {
    let crm = crm();
    let agent = |email: &str| casewire_core::Agent {
        email: casewire_core::Email::parse(email),
        ..casewire_core::Agent::default()
    };
    let ana = crm.add_user(&casewire_core::Email::parse("ana@example.com").unwrap());
    let ben = crm.add_user(&casewire_core::Email::parse("ben@example.com").unwrap());
    let mut assigned = event("1", 6, EventKind::Assigned);
    assigned.data.agent = Some(agent("ana@example.com"));
    run(&crm, Rules::default(), vec![assigned.clone()]).await;
    assert_eq!(crm.records()[0].owner, Some(ana));
    let mut moved = event("1", 9, EventKind::Transferred);
    moved.data.agent = Some(agent("ben@example.com"));
    run(&crm, Rules::default(), vec![assigned, moved]).await;
    assert_eq!(crm.records()[0].owner, Some(ben));
}

#[tokio::test]
async fn a_lost_answer_keeps_the_outcome() {
    let crm = crm();
    let resolved = record_of(&crm, RecordState::Resolved, Some(second(-60)));
    crm.add_record(resolved, "Old");
    crm.lose_next_answer();
    let receipts = run(&crm, appending(), answered("1", 6).to_vec()).await;
    assert_eq!(outcomes(&receipts), [Outcome::Reopened]);
    assert!(receipts[0].changed());
    assert_eq!(receipts[0].chosen.as_ref().unwrap().rule, RuleId::R10);
}

/// A CRM that refuses the credentials, and counts how often it is asked.
#[derive(Debug)]
struct Refusing {
    profile: casewire_core::Profile,
    asked: std::sync::atomic::AtomicU32,
}

#[async_trait::async_trait]
impl casewire_core::CrmConnector for Refusing {
    fn profile(&self) -> &casewire_core::Profile {
        &self.profile
    }

    async fn look_up(
        &self,
        _: &casewire_core::LookUp,
    ) -> casewire_core::Result<casewire_core::Found> {
        self.asked
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Err(refused())
    }

    async fn read_record(
        &self,
        _: &casewire_core::RecordId,
    ) -> casewire_core::Result<Option<Record>> {
        Err(refused())
    }

    async fn create_record(&self, _: &casewire_core::NewRecord) -> casewire_core::Result<Record> {
        Err(refused())
    }

    async fn append(&self, _: &Record, _: &casewire_core::Append) -> casewire_core::Result<Record> {
        Err(refused())
    }

    async fn find_user(
        &self,
        _: &casewire_core::Email,
    ) -> casewire_core::Result<Option<casewire_core::UserId>> {
        Err(refused())
    }

    async fn check(&self) -> casewire_core::Result<Vec<casewire_core::Finding>> {
        Err(refused())
    }

    async fn setup(
        &self,
        _: casewire_core::Apply,
    ) -> casewire_core::Result<Vec<casewire_core::Change>> {
        Err(refused())
    }
}

fn refused() -> casewire_core::Error {
    casewire_core::Error::new(casewire_core::ErrorKind::Auth, "the secret is wrong")
}

#[tokio::test]
async fn refused_credentials_are_asked_for_once_not_once_a_session() {
    let refusing = Arc::new(Refusing {
        profile: crm().profile().clone(),
        asked: std::sync::atomic::AtomicU32::new(0),
    });
    let connector = Arc::clone(&refusing);
    let flow = Flow::new(connector, Arc::new(Settings::default()));
    let mut events: Vec<_> = (0..20)
        .flat_map(|id| answered(&id.to_string(), 6))
        .collect();
    events.push(event("20", 9, EventKind::Voicemail));
    let receipts = replay(&flow, Patience::default(), events, 1, |_| ()).await;
    assert_eq!(receipts.len(), 21);
    let last = receipts.last().unwrap();
    assert_eq!(last.rule, Some(RuleId::R1), "each keeps its own rule");
    assert!(
        receipts
            .iter()
            .all(|receipt| receipt.outcome == Outcome::Parked)
    );
    assert_eq!(refusing.asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}
