//! R1 to R8: when a record is due. One table, a line for each rule and for each pair of neighbours.

use std::num::NonZeroU32;

use casewire_core::AgentKind::{Human, Virtual};
use casewire_core::EventKind::{Assigned, Connected, Message, Queued, Voicemail};
use casewire_core::SessionOutcome::{Abandoned, Deflected, Failed, Finished};
use casewire_core::{AbandonedChats, Due, RuleId, Rules, due};

use crate::story::{Story, call, chat};

#[derive(Debug, PartialEq)]
enum Verdict {
    Now(RuleId),
    Wait,
    Never(RuleId),
}
use RuleId::{R1, R2, R3, R4, R5, R6, R7, R8};
use Verdict::{Never, Now, Wait};

fn verdict(rules: &Rules, story: &Story) -> Verdict {
    match due(rules, &story.session()) {
        Due::Now(reason) => Now(reason.rule),
        Due::Wait(_) => Wait,
        Due::Never(reason) => Never(reason.rule),
    }
}

fn at_least(messages: u32) -> AbandonedChats {
    AbandonedChats::AtLeastMessages(NonZeroU32::new(messages).unwrap())
}

fn table(rows: Vec<(&str, Rules, Story, Verdict)>) {
    for (row, rules, story, expected) in rows {
        assert_eq!(verdict(&rules, &story), expected, "{row}");
    }
}

fn delayed() -> Rules {
    Rules {
        delay_call_until_connected: true,
        ..Rules::default()
    }
}

fn abandoned() -> Rules {
    Rules {
        abandoned_calls: true,
        ..Rules::default()
    }
}

fn queued() -> Story {
    call().queued_in(10, &["4", "13"])
}

#[test]
fn r1_a_voicemail_is_due() {
    table(vec![
        (
            "voicemail",
            Rules::default(),
            call().at(9, Voicemail),
            Now(R1),
        ),
        (
            "R1 before R2",
            Rules::default(),
            call().at(9, Connected).at(12, Voicemail),
            Now(R1),
        ),
        (
            "R1 whatever the delay",
            delayed(),
            call().at(9, Voicemail),
            Now(R1),
        ),
        (
            "R1 before R5",
            Rules::default(),
            queued().at(15, Voicemail).ended(20, Abandoned),
            Now(R1),
        ),
    ]);
}

#[test]
fn r2_a_connected_call_is_due() {
    table(vec![
        ("connected", delayed(), call().at(9, Connected), Now(R2)),
        (
            "R2 before R3",
            Rules::default(),
            call().at(6, Assigned).at(9, Connected),
            Now(R2),
        ),
        (
            "a virtual agent is none",
            delayed(),
            call().by(9, Connected, Virtual),
            Wait,
        ),
        (
            "a human after a virtual agent",
            delayed(),
            call().by(2, Connected, Virtual).by(9, Connected, Human),
            Now(R2),
        ),
    ]);
}

#[test]
fn r3_an_assigned_call_is_due_without_the_delay() {
    table(vec![
        (
            "assigned",
            Rules::default(),
            call().at(6, Assigned),
            Now(R3),
        ),
        (
            "waits with the delay",
            delayed(),
            call().at(6, Assigned),
            Wait,
        ),
        (
            "a virtual agent is none",
            Rules::default(),
            call().by(6, Assigned, Virtual),
            Wait,
        ),
        ("queued only", Rules::default(), call().at(6, Queued), Wait),
        (
            "R3 before R4",
            abandoned(),
            queued().at(12, Assigned).ended(20, Abandoned),
            Now(R3),
        ),
        (
            "agent cancelled while connecting",
            Rules::default(),
            queued().at(12, Assigned).ended(20, Failed),
            Now(R3),
        ),
        (
            "late, after the end",
            Rules::default(),
            queued().ended(20, Finished).at(30, Assigned),
            Now(R3),
        ),
    ]);
}

#[test]
fn r4_an_abandoned_call_is_due_when_the_setting_is_on() {
    let ignoring = Rules {
        ignore_short_abandoned_calls: true,
        ..abandoned()
    };
    table(vec![
        (
            "in queue",
            abandoned(),
            queued().ended(20, Abandoned),
            Now(R4),
        ),
        (
            "short ones too",
            abandoned(),
            call().queued_in(1, &["13"]).ended(9, Abandoned),
            Now(R4),
        ),
        (
            "short ones ignored",
            ignoring.clone(),
            call().queued_in(1, &["13"]).ended(9, Abandoned),
            Never(R5),
        ),
        (
            "not short at the threshold",
            ignoring,
            call().queued_in(1, &["13"]).ended(10, Abandoned),
            Now(R4),
        ),
        ("still in the queue", abandoned(), queued(), Wait),
    ]);
}

#[test]
fn r5_a_call_that_ended_otherwise_is_never_due() {
    let both = Rules {
        abandoned_calls: true,
        ..delayed()
    };
    let outbound = || Story::begin("call/988", "Voice Outbound").at(1, Queued);
    table(vec![
        (
            "setting off",
            Rules::default(),
            queued().ended(20, Abandoned),
            Never(R5),
        ),
        (
            "in the menu",
            abandoned(),
            call().ended(20, Abandoned),
            Never(R5),
        ),
        (
            "delay silences abandoned calls",
            both.clone(),
            queued().ended(20, Abandoned),
            Never(R5),
        ),
        (
            "delay, abandoned while connecting",
            both,
            queued().at(12, Assigned).ended(20, Abandoned),
            Never(R5),
        ),
        (
            "deflected",
            abandoned(),
            queued().ended(20, Deflected),
            Never(R5),
        ),
        ("failed", abandoned(), queued().ended(20, Failed), Never(R5)),
        (
            "virtual agent only",
            abandoned(),
            queued().by(12, Connected, Virtual).ended(20, Finished),
            Never(R5),
        ),
        (
            "outbound is never abandoned",
            abandoned(),
            outbound().ended(20, Abandoned),
            Never(R5),
        ),
        (
            "assigned with the delay, then ended",
            delayed(),
            call().at(6, Assigned).ended(9, Finished),
            Never(R5),
        ),
    ]);
}

#[test]
fn r6_an_assigned_chat_is_due_with_enough_messages() {
    let three = || Rules {
        delay_chat_until_messages: NonZeroU32::new(3),
        ..Rules::default()
    };
    let one_by_one = chat().at(5, Assigned).at(6, Message).at(7, Message);
    table(vec![
        (
            "assigned",
            Rules::default(),
            chat().at(5, Assigned),
            Now(R6),
        ),
        (
            "not assigned",
            Rules::default(),
            chat().messages(5, 9),
            Wait,
        ),
        (
            "a virtual agent is none",
            Rules::default(),
            chat().by(5, Assigned, Virtual),
            Wait,
        ),
        (
            "too few",
            three(),
            chat().at(5, Assigned).messages(6, 2),
            Wait,
        ),
        (
            "enough",
            three(),
            chat().at(5, Assigned).messages(6, 3),
            Now(R6),
        ),
        (
            "enough before the assignment",
            three(),
            chat().messages(3, 3).at(5, Assigned),
            Now(R6),
        ),
        (
            "counted one by one, too few",
            three(),
            one_by_one.clone(),
            Wait,
        ),
        (
            "counted one by one, enough",
            three(),
            one_by_one.at(8, Message),
            Now(R6),
        ),
        (
            "R6 before R7: ended below it",
            Rules {
                abandoned_chats: AbandonedChats::All,
                ..three()
            },
            chat().at(5, Assigned).messages(6, 2).ended(9, Abandoned),
            Never(R6),
        ),
    ]);
}

#[test]
fn r7_an_abandoned_chat_is_due_as_the_choice_says() {
    let with = |abandoned_chats| Rules {
        abandoned_chats,
        ..Rules::default()
    };
    let delayed = Rules {
        delay_chat_until_messages: NonZeroU32::new(9),
        ..with(AbandonedChats::All)
    };
    let waiting = || chat().queued_in(2, &["13"]).messages(4, 2);
    table(vec![
        (
            "none",
            with(AbandonedChats::None),
            waiting().ended(60, Abandoned),
            Never(R7),
        ),
        (
            "all",
            with(AbandonedChats::All),
            waiting().ended(60, Abandoned),
            Now(R7),
        ),
        (
            "all, short ones too",
            with(AbandonedChats::All),
            waiting().ended(5, Abandoned),
            Now(R7),
        ),
        (
            "enough messages",
            with(at_least(2)),
            waiting().ended(60, Abandoned),
            Now(R7),
        ),
        (
            "too few messages",
            with(at_least(3)),
            waiting().ended(60, Abandoned),
            Never(R7),
        ),
        (
            "the delay does not apply",
            delayed,
            waiting().ended(60, Abandoned),
            Now(R7),
        ),
        (
            "R6 before R7",
            with(AbandonedChats::None),
            waiting().at(5, Assigned).ended(60, Abandoned),
            Now(R6),
        ),
        ("still waiting", with(AbandonedChats::All), waiting(), Wait),
    ]);
}

#[test]
fn r8_a_chat_that_ended_otherwise_is_never_due() {
    let all = || Rules {
        abandoned_chats: AbandonedChats::All,
        ..Rules::default()
    };
    table(vec![
        ("deflected", all(), chat().ended(60, Deflected), Never(R8)),
        (
            "virtual agent only",
            all(),
            chat().by(5, Connected, Virtual).ended(60, Finished),
            Never(R8),
        ),
        ("failed", all(), chat().ended(60, Failed), Never(R8)),
        ("R7 before R8", all(), chat().ended(60, Abandoned), Now(R7)),
        (
            "late assignment makes it due",
            all(),
            chat().ended(60, Deflected).at(90, Assigned),
            Now(R6),
        ),
    ]);
}

#[test]
fn reasons_tell_short_abandons_apart() {
    let reason = |story: Story| match due(&abandoned(), &story.session()) {
        Due::Now(reason) => reason.text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason(queued().ended(60, Abandoned)),
        "abandoned in the queue"
    );
    assert_eq!(
        reason(call().queued_in(1, &["13"]).ended(9, Abandoned)),
        "abandoned after a short time in the queue"
    );
}
