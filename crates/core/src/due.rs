//! When a record is due: R1 to R8 (docs/RULES.md §3).

use crate::{
    AbandonPhase, AbandonedChats, Reason, RuleId, Rules, Session, SessionKind, SessionOutcome,
};

/// Whether a session is due a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Yes.
    Now(Reason),
    /// Not yet: what is missing.
    Wait(&'static str),
    /// No, and it ended. Data that arrives later may still make it due.
    Never(Reason),
}

const fn now(rule: RuleId, text: &'static str) -> Due {
    Due::Now(Reason { rule, text })
}

const fn never(rule: RuleId, text: &'static str) -> Due {
    Due::Never(Reason { rule, text })
}

/// Decides whether `session` is due a record (R1 to R8).
pub fn due(rules: &Rules, session: &Session) -> Due {
    match session.key().kind() {
        SessionKind::Call => due_call(rules, session),
        SessionKind::Chat => due_chat(rules, session),
    }
}

fn due_call(rules: &Rules, session: &Session) -> Due {
    // R1: a voicemail was left: due, as a record of its own.
    if session.voicemail_at().is_some() {
        return now(RuleId::R1, "a voicemail was left");
    }
    // R2: connected to a human agent: due.
    if session.connected_at().is_some() {
        return now(RuleId::R2, "connected to an agent");
    }
    // R3: assigned to a human agent and the delay is off: due.
    let assigned = session.assigned_at().is_some();
    if assigned && !rules.delay_call_until_connected {
        return now(RuleId::R3, "assigned to an agent");
    }
    if session.ended_at().is_some() {
        return due_ended_call(rules, session);
    }
    Due::Wait(match assigned {
        true => "assigned, not connected to an agent yet",
        false => "not assigned to an agent yet",
    })
}

fn due_ended_call(rules: &Rules, session: &Session) -> Due {
    // R5: ended otherwise: never.
    let Some(phase) = session.abandoned() else {
        return never(RuleId::R5, ended_without_agent(session));
    };
    // R5: a call abandoned in the menu makes none.
    if phase == AbandonPhase::Menu {
        return never(RuleId::R5, "abandoned in the menu");
    }
    // R5: with the delay on, only calls connected to an agent make a record.
    if rules.delay_call_until_connected {
        return never(
            RuleId::R5,
            "abandoned before an agent was connected, and delay_call_until_connected is on",
        );
    }
    if !rules.abandoned_calls {
        return never(RuleId::R5, "abandoned, and abandoned_calls is off");
    }
    let short = session.ended_within(rules.short_abandon_call_seconds);
    // R4: ... (and not short, if short ones are ignored).
    if short && rules.ignore_short_abandoned_calls {
        return never(
            RuleId::R5,
            "abandoned after a short time, and ignore_short_abandoned_calls is on",
        );
    }
    // R4: ended, inbound, abandoned in queue or while connecting, abandoned calls on, delay off: due.
    now(
        RuleId::R4,
        match (phase, short) {
            (AbandonPhase::Connecting, false) => "abandoned while connecting to an agent",
            (AbandonPhase::Connecting, true) => {
                "abandoned after a short time while connecting to an agent"
            }
            (_, false) => "abandoned in the queue",
            (_, true) => "abandoned after a short time in the queue",
        },
    )
}

fn due_chat(rules: &Rules, session: &Session) -> Due {
    let messages = session.consumer_messages();
    if session.assigned_at().is_some() {
        // R6: assigned to a human agent, and the consumer has sent enough messages: due.
        let Some(minimum) = rules.delay_chat_until_messages else {
            return now(RuleId::R6, "assigned to an agent");
        };
        if messages >= minimum.get() {
            return now(
                RuleId::R6,
                "assigned to an agent, and the consumer sent enough messages",
            );
        }
        // R6: below it wait; ended below it never, so that no empty record is made.
        if session.ended_at().is_some() {
            return never(
                RuleId::R6,
                "ended before the consumer sent as many messages as delay_chat_until_messages asks",
            );
        }
        return Due::Wait("assigned, and the consumer has not sent enough messages yet");
    }
    if session.ended_at().is_none() {
        return Due::Wait("not assigned to an agent yet");
    }
    // R8: ended otherwise without R6: never.
    if session.abandoned().is_none() {
        return never(RuleId::R8, ended_without_agent(session));
    }
    // R7: ended and abandoned: as `abandoned_chats` says. The delay does not apply here.
    let short = session.ended_within(rules.short_abandon_chat_seconds);
    match rules.abandoned_chats {
        AbandonedChats::None if short => never(
            RuleId::R7,
            "abandoned after a short time, and abandoned_chats is none",
        ),
        AbandonedChats::None => never(RuleId::R7, "abandoned, and abandoned_chats is none"),
        AbandonedChats::All if short => now(
            RuleId::R7,
            "abandoned after a short time, and abandoned_chats is all",
        ),
        AbandonedChats::All => now(RuleId::R7, "abandoned, and abandoned_chats is all"),
        AbandonedChats::AtLeastMessages(minimum) if messages >= minimum.get() => now(
            RuleId::R7,
            "abandoned, and the consumer sent enough messages",
        ),
        AbandonedChats::AtLeastMessages(_) => never(
            RuleId::R7,
            "abandoned, and the consumer sent too few messages",
        ),
    }
}

fn ended_without_agent(session: &Session) -> &'static str {
    let outbound = session.is_outbound();
    match session.outcome() {
        Some(SessionOutcome::Deflected) => "deflected before it reached an agent",
        Some(SessionOutcome::Failed) if outbound => "an outbound session that was not answered",
        Some(SessionOutcome::Abandoned) if outbound => "an outbound session that was not answered",
        Some(SessionOutcome::Failed) => "failed before it reached an agent",
        Some(SessionOutcome::Abandoned | SessionOutcome::Finished) | None => {
            "ended without reaching a human agent"
        }
    }
}
