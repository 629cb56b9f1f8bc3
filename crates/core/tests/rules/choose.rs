//! R9 to R12: which record.

use std::num::NonZeroU32;

use casewire_core::EventKind::{Assigned, Voicemail};
use casewire_core::RefusedWhy::{
    Closed, ClosedEarlier, ClosedTooLongAgo, CreatedEarlier, OpenOneExists, OtherQueue,
};
use casewire_core::{
    Action, Candidates, Choice, QueueId, Record, RecordId, RecordState, RefusedWhy, RuleId, Rules,
    Session, StatusChange, Trace, choose,
};
use jiff::{SignedDuration, Timestamp};

use crate::story::{call, second};

fn now() -> Timestamp {
    second(0)
}

fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

fn record(
    id: &str,
    queue: &str,
    state: RecordState,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
) -> Record {
    Record {
        id: RecordId(id.to_owned()),
        customer: None,
        queue: Some(QueueId(queue.into())),
        state,
        created_at,
        closed_at,
        tags: Vec::new(),
        trace: Trace::default(),
        version: None,
        url: None,
    }
}

fn open(id: &str, queue: &str, days: i64) -> Record {
    record(id, queue, RecordState::Open, days_ago(days), None)
}

fn resolved(id: &str, queue: &str, days: i64) -> Record {
    record(
        id,
        queue,
        RecordState::Resolved,
        days_ago(99),
        Some(days_ago(days)),
    )
}

fn closed(id: &str, queue: &str, days: i64) -> Record {
    record(
        id,
        queue,
        RecordState::Closed,
        days_ago(99),
        Some(days_ago(days)),
    )
}

fn appending() -> Rules {
    Rules {
        append_to_open: true,
        ..Rules::default()
    }
}

fn reopening(days: u32) -> Rules {
    Rules {
        append_to_closed_within_days: NonZeroU32::new(days),
        ..appending()
    }
}

fn session() -> Session {
    call()
        .calling_from("+15550100100")
        .queued_in(2, &["4", "13"])
        .at(6, Assigned)
        .session()
}

fn decide(rules: &Rules, session: &Session, records: &[Record]) -> Choice {
    let found = Candidates {
        records,
        customer_known: true,
    };
    choose(rules, session, now(), &found)
}

fn append(id: &str) -> Action {
    Action::Append {
        to: RecordId(id.to_owned()),
        status: StatusChange::Keep,
    }
}

fn reopen(id: &str) -> Action {
    Action::Reopen {
        to: RecordId(id.to_owned()),
    }
}

fn why(choice: &Choice) -> Vec<(&str, RefusedWhy)> {
    let refused = choice.refused.iter();
    refused
        .map(|refused| (refused.record.0.as_str(), refused.why))
        .collect()
}

#[test]
fn r9_joins_the_open_record_created_last_in_the_same_leaf_queue() {
    let records = [
        open("1", "13", 5),
        open("2", "13", 1),
        open("3", "4", 0),
        resolved("4", "13", 0),
    ];
    let choice = decide(&reopening(30), &session(), &records);
    assert_eq!(choice.action, append("2"));
    assert_eq!(choice.reason.rule, RuleId::R9);
    assert_eq!(
        why(&choice),
        [
            ("1", CreatedEarlier),
            ("3", OtherQueue),
            ("4", OpenOneExists)
        ]
    );
}

#[test]
fn r9_takes_the_greater_id_of_two_created_in_the_same_second() {
    let records = [open("99", "13", 1), open("100", "13", 1)];
    assert_eq!(
        decide(&appending(), &session(), &records).action,
        append("100")
    );
}

#[test]
fn r9_leaves_the_status_alone_unless_told() {
    let rules = Rules {
        reset_status_on_append: true,
        ..appending()
    };
    let choice = decide(&rules, &session(), &[open("1", "13", 1)]);
    let status = StatusChange::DefaultOpen;
    assert_eq!(
        choice.action,
        Action::Append {
            to: RecordId("1".to_owned()),
            status
        }
    );
}

#[test]
fn r9_is_off_by_default() {
    let choice = decide(&Rules::default(), &session(), &[open("1", "13", 1)]);
    assert_eq!(choice.action, Action::Create);
    assert_eq!(choice.reason.rule, RuleId::R12);
}

#[test]
fn r9_does_not_apply_to_voicemail() {
    let voicemail = call()
        .calling_from("+15550100100")
        .queued_in(2, &["4", "13"])
        .at(9, Voicemail)
        .session();
    assert_eq!(
        decide(&appending(), &voicemail, &[open("1", "13", 1)]).action,
        Action::Create
    );
}

#[test]
fn r10_reopens_the_record_closed_last_within_the_window() {
    let records = [
        resolved("1", "13", 6),
        resolved("2", "13", 3),
        resolved("3", "13", 8),
        resolved("4", "5", 1),
    ];
    let choice = decide(&reopening(7), &session(), &records);
    assert_eq!(choice.action, reopen("2"));
    assert_eq!(choice.reason.rule, RuleId::R10);
    assert_eq!(
        why(&choice),
        [
            ("1", ClosedEarlier),
            ("3", ClosedTooLongAgo),
            ("4", OtherQueue)
        ]
    );
}

#[test]
fn r10_counts_days_of_24_hours_to_the_second() {
    let at = |seconds: i64| {
        let closed_at = days_ago(7) + SignedDuration::from_secs(seconds);
        record(
            "1",
            "13",
            RecordState::Resolved,
            days_ago(99),
            Some(closed_at),
        )
    };
    assert_eq!(
        decide(&reopening(7), &session(), &[at(0)]).action,
        reopen("1")
    );
    assert_eq!(
        decide(&reopening(7), &session(), &[at(-1)]).action,
        Action::Create
    );
}

#[test]
fn r10_needs_its_setting() {
    let choice = decide(&appending(), &session(), &[resolved("1", "13", 1)]);
    assert_eq!(choice.action, Action::Create);
    assert_eq!(why(&choice), [("1", Closed)]);
}

#[test]
fn r10_needs_a_time_of_closing() {
    let unknown = record("1", "13", RecordState::Resolved, days_ago(2), None);
    assert_eq!(
        decide(&reopening(7), &session(), &[unknown]).action,
        Action::Create
    );
}

#[test]
fn r11_follows_up_a_record_closed_for_good() {
    let records = [resolved("1", "13", 5), closed("2", "13", 3)];
    let choice = decide(&reopening(7), &session(), &records);
    assert_eq!(
        choice.action,
        Action::FollowUp {
            of: RecordId("2".to_owned())
        }
    );
    assert_eq!(choice.reason.rule, RuleId::R11);
    assert_eq!(why(&choice), [("1", ClosedEarlier)]);
}

#[test]
fn r12_creates_when_nothing_qualifies() {
    let choice = decide(
        &reopening(7),
        &session(),
        &[open("1", "4", 1), closed("2", "13", 9)],
    );
    assert_eq!(choice.action, Action::Create);
    assert_eq!(choice.reason.rule, RuleId::R12);
    assert_eq!(why(&choice), [("1", OtherQueue), ("2", ClosedTooLongAgo)]);
}

#[test]
fn r12_an_anonymous_customer_never_appends() {
    let anonymous = call().queued_in(2, &["13"]).at(6, Assigned).session();
    assert_eq!(
        decide(&appending(), &anonymous, &[open("1", "13", 1)]).action,
        Action::Create
    );
}

#[test]
fn r12_a_session_without_a_queue_never_appends() {
    let without = call()
        .calling_from("+15550100100")
        .at(6, Assigned)
        .session();
    let mut candidate = open("1", "13", 1);
    candidate.queue = None;
    assert_eq!(
        decide(&appending(), &without, &[candidate]).action,
        Action::Create
    );
}

#[test]
fn r12_with_record_creation_skipped_only_appends() {
    let rules = Rules {
        skip_record_creation: true,
        ..reopening(7)
    };
    assert_eq!(
        decide(&rules, &session(), &[open("1", "13", 1)]).action,
        append("1")
    );
    assert_eq!(
        decide(&rules, &session(), &[resolved("1", "13", 1)]).action,
        reopen("1")
    );
    for records in [&[][..], &[closed("1", "13", 1)]] {
        let choice = decide(&rules, &session(), records);
        assert_eq!(choice.action, Action::Nothing);
        assert_eq!(choice.reason.rule, RuleId::R12);
        assert!(choice.reason.text.contains("skip_record_creation"));
    }
}

#[test]
fn every_candidate_but_the_chosen_one_is_refused_with_a_reason() {
    let records = [
        open("1", "13", 1),
        open("2", "13", 2),
        resolved("3", "13", 1),
        closed("4", "9", 1),
    ];
    for rules in [Rules::default(), appending(), reopening(1), reopening(400)] {
        let choice = decide(&rules, &session(), &records);
        let considered = if rules.append_to_open { 3 } else { 0 };
        assert_eq!(choice.refused.len(), considered, "{choice:?}");
    }
}
