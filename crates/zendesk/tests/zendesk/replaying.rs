//! Sessions through the engine, again by a process that remembers nothing.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    CustomerIdentity, EventData, EventId, EventKind, Outcome, Queue, QueueId, QueueStep, Rules,
    SessionEvent, SessionOutcome, Settings,
};
use casewire_engine::{Flow, Patience, Receipt, replay};
use casewire_zendesk::Zendesk;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::account::{Account, by_email, by_phone, session};

const LAG: Duration = Duration::from_secs(300);

/// The two events of a session that an agent answered.
fn answered(subject: &str, seconds: i64, customer: &CustomerIdentity) -> Vec<SessionEvent> {
    let start: Timestamp = "2026-01-24T01:13:49Z".parse().unwrap();
    let event = |kind, seconds| SessionEvent {
        id: EventId(format!("{subject}-{seconds}").into()),
        session: session(subject),
        kind,
        time: start + SignedDuration::from_secs(seconds),
        rank: 0,
        data: EventData {
            queue: Some(Arc::new(Queue::new(
                Vec::new(),
                QueueStep {
                    id: QueueId("13".into()),
                    name: "Billing".into(),
                },
            ))),
            customer: customer.clone(),
            outcome: (kind == EventKind::Ended).then_some(SessionOutcome::Finished),
            ..EventData::default()
        },
    };
    vec![
        event(EventKind::Assigned, seconds),
        event(EventKind::Ended, seconds + 30),
    ]
}

/// Two sessions of one customer.
fn two(customer: &CustomerIdentity) -> [Vec<SessionEvent>; 2] {
    [
        answered("call/1", 0, customer),
        answered("call/2", 60, customer),
    ]
}

fn appending() -> Rules {
    Rules {
        append_to_open: true,
        append_to_closed_within_days: NonZeroU32::new(7),
        ..Rules::default()
    }
}

async fn through(zendesk: Zendesk, rules: Rules, events: Vec<SessionEvent>) -> Vec<Receipt> {
    let patience = Patience {
        tries: 4,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
    };
    let settings = Arc::new(Settings::uniform(rules));
    let flow = Flow::new(Arc::new(zendesk), settings);
    replay(&flow, patience, events, 4, |_| ()).await
}

/// Through a process of its own; a second passes.
async fn run(account: &Account, rules: Rules, events: Vec<SessionEvent>) -> Vec<Receipt> {
    let receipts = through(account.connector(), rules, events).await;
    account.tick();
    for receipt in &receipts {
        assert_ne!(receipt.outcome, Outcome::Parked, "{receipts:#?}");
    }
    receipts
}

/// Fails unless both sessions are on one ticket, each with its two notes.
fn assert_both_on_one(account: &Account) {
    let [record] = &account.records()[..] else {
        panic!("one record expected: {:#?}", account.records());
    };
    assert_eq!(record["notes"].as_array().unwrap().len(), 4, "{record:#?}");
}

#[tokio::test]
async fn an_appended_session_is_not_written_again_when_append_is_off() {
    let (account, _) = Account::ready().await;
    let events = two(&by_phone()).concat();
    run(&account, appending(), events.clone()).await;
    let again = run(&account, Rules::default(), events).await;
    assert!(again.iter().all(|receipt| !receipt.changed()), "{again:#?}");
    assert_both_on_one(&account);
}

#[tokio::test]
async fn an_overlooked_customers_next_session_joins() {
    for customer in [by_phone(), by_email()] {
        let (account, _) = Account::ready().await;
        account.lag(LAG);
        let [first, second] = two(&customer);
        run(&account, appending(), first).await;
        let joined = run(&account, appending(), second).await;
        assert_eq!(joined[0].outcome, Outcome::Appended);
        assert_both_on_one(&account);
    }
}

#[tokio::test]
async fn an_overlooked_customers_solved_ticket_opens_again() {
    let (account, _) = Account::ready().await;
    account.lag(LAG);
    let [first, second] = two(&by_email());
    let made = run(&account, appending(), first).await;
    let path = format!("records/{}", made[0].record.as_ref().unwrap());
    let resolved = json!({ "state": "resolved", "closed_at": "2026-01-24T01:14:20Z" });
    account.control(Method::PATCH, &path, resolved);
    let joined = run(&account, appending(), second).await;
    assert_eq!(joined[0].outcome, Outcome::Reopened);
    assert_both_on_one(&account);
}

#[tokio::test]
async fn an_overlooked_customers_appended_session_is_not_written_again() {
    let (account, _) = Account::ready().await;
    account.lag(LAG);
    let [first, second] = two(&by_email());
    run(&account, appending(), [first, second.clone()].concat()).await;
    run(&account, appending(), second).await;
    assert_both_on_one(&account);
}

#[tokio::test]
async fn a_session_on_a_ticket_that_was_given_away_is_not_written_again() {
    let (account, _) = Account::ready().await;
    let [first, second] = two(&by_phone());
    let made = run(&account, appending(), [first, second.clone()].concat()).await;
    account.give_away(made[0].record.as_ref().unwrap());
    let again = run(&account, appending(), second).await;
    assert!(again[0].repeated, "{again:#?}");
    assert_both_on_one(&account);
}

#[tokio::test]
async fn a_cleared_field_is_no_reason_to_write_again() {
    let (account, _) = Account::ready().await;
    let events = two(&by_phone()).concat();
    let made = run(&account, appending(), events.clone()).await;
    account.write_sessions(made[0].record.as_ref().unwrap(), "");
    account.sandbox.advance(Duration::from_secs(3 * 60 * 60));
    let again = run(&account, appending(), events).await;
    assert!(again.iter().all(|receipt| !receipt.changed()), "{again:#?}");
    assert_both_on_one(&account);
}

#[tokio::test]
async fn a_deleted_ticket_is_made_anew_within_two_hours() {
    let (account, _) = Account::ready().await;
    let events = answered("call/1", 0, &by_phone());
    let made = run(&account, Rules::default(), events.clone()).await;
    let path = format!("tickets/{}", made[0].record.as_ref().unwrap());
    account.ask(Method::DELETE, &path, &Value::Null);
    let anew = run(&account, Rules::default(), events.clone()).await;
    assert_eq!(anew[0].outcome, Outcome::Created);
    // With fewer notes the same key goes with other bytes.
    let path = format!("tickets/{}", anew[0].record.as_ref().unwrap());
    account.ask(Method::DELETE, &path, &Value::Null);
    run(&account, Rules::default(), events[..1].to_vec()).await;
    let last = run(&account, Rules::default(), events).await;
    let [record] = &account.records()[..] else {
        panic!("one record expected");
    };
    assert_eq!(record["id"], last[0].record.as_ref().unwrap().0);
    assert_eq!(record["notes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_merged_tickets_session_is_not_written_again() {
    let (account, _) = Account::ready().await;
    let events = answered("call/1", 0, &by_phone());
    let made = run(&account, Rules::default(), events.clone()).await;
    let path = format!("records/{}", made[0].record.as_ref().unwrap());
    let merged = json!({ "state": "closed", "tags": ["closed_by_merge"] });
    account.control(Method::PATCH, &path, merged);
    account.sandbox.advance(Duration::from_secs(3 * 60 * 60));
    let again = run(&account, Rules::default(), events).await;
    assert!(again[0].repeated, "{again:#?}");
    assert_eq!(account.records().len(), 1);
}

#[tokio::test]
async fn another_process_may_write_within_the_same_second() {
    let (account, zendesk) = Account::ready().await;
    account
        .sandbox
        .freeze("2026-01-24T01:20:00Z".parse().unwrap());
    let ours = Arc::new(zendesk);
    let patience = Patience {
        tries: 2,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(1),
    };
    let settings = Arc::new(Settings::uniform(appending()));
    let flow = Flow::new(ours, settings);
    let [first, second] = two(&by_phone());
    let third = answered("call/3", 120, &by_phone());
    replay(&flow, patience, first, 1, |_| ()).await;
    through(account.connector(), appending(), second).await;
    let joined = replay(&flow, patience, third, 1, |_| ()).await;
    assert_eq!(joined[0].outcome, Outcome::Appended, "{joined:#?}");
    let [record] = &account.records()[..] else {
        panic!("one record expected");
    };
    assert_eq!(record["notes"].as_array().unwrap().len(), 6);
}
