//! `casewire explain`: the story of one session.

use std::io::Write as _;

use casewire_core::RefusedWhy;
use casewire_engine::{CrmCall, SessionView, Step};

use crate::cli::ExplainArgs;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};
use crate::sessions::state;
use crate::store::OpenStore;
use crate::table::table;

/// Tells of the session, once for each source that has it.
pub(crate) fn run(args: ExplainArgs, context: &Context) -> Result<Exit, Failure> {
    let store = OpenStore::of(context)?;
    let views = store
        .file
        .read_session(&args.session, args.source.as_deref(), |name| {
            store.settings_of(name)
        })?;
    if views.is_empty() {
        return Err(Failure::with_remedy(
            Exit::Unfinished,
            format!("the store has no session `{}`", args.session),
            "it may never have come, or it is older than the store keeps sessions; see `casewire sessions`",
        ));
    }
    let mut output = context.output();
    for (place, view) in views.iter().enumerate() {
        match context.format {
            Format::Json => output.write_json(view)?,
            Format::Table => {
                let before = if place == 0 { "" } else { "\n" };
                write!(output, "{before}{}", story(view))?;
            }
        }
    }
    output.flush()?;
    Ok(Exit::Success)
}

fn story(view: &SessionView) -> String {
    let mut text = format!("{} of {}: {}\n\n", view.session, view.source, state(view));
    for (label, told) in facts(view) {
        text.push_str(&format!("  {label:<10}  {told}\n"));
    }
    if !view.steps.is_empty() {
        text.push_str("\n  Writes, oldest first\n");
    }
    for step in &view.steps {
        text.push_str(&format!("  {}\n", of_step(step)));
    }
    if !view.calls.is_empty() {
        text.push_str(&format!("\n{}\n", calls(&view.calls)));
    }
    text
}

/// What there is to tell, each with its label.
fn facts(view: &SessionView) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut tell = |label, told: Option<String>| facts.extend(told.map(|told| (label, told)));
    tell(
        "why",
        Some(match view.rule {
            Some(rule) => format!("{rule}: {}", view.reason),
            None => view.reason.clone(),
        }),
    );
    tell("decided", view.decided_at.map(|at| at.to_string()));
    tell(
        "record",
        view.record.as_ref().map(|record| match &view.url {
            Some(url) => format!("{record}  {url}"),
            None => record.clone(),
        }),
    );
    let chosen = view.chosen.as_ref();
    tell(
        "chosen by",
        chosen.map(|chosen| format!("{}: {}", chosen.rule, chosen.text)),
    );
    for refused in &view.refused {
        let told = format!("{}: {}", refused.record, of_refused(refused.why));
        tell("not chosen", Some(told));
    }
    tell("notes", notes(view));
    for warning in &view.warnings {
        tell("warning", Some(warning.clone()));
    }
    // A parked session's reason is its error.
    let error = view.error.as_ref().filter(|error| **error != view.reason);
    tell("error", error.cloned());
    tell(
        "attempts",
        (view.attempts > 0).then(|| format!("{} in vain", view.attempts)),
    );
    tell("next try", view.next_try_at.map(|at| format!("{at:.3}")));
    tell(
        "agent",
        view.live.then(|| "waits for the record".to_owned()),
    );
    tell("queue", view.queue.clone());
    tell("connector", Some(view.connector.clone()));
    tell("settings", view.settings.clone());
    tell("changed", Some(format!("{:.3}", view.changed_at)));
    facts
}

fn notes(view: &SessionView) -> Option<String> {
    view.record.as_ref()?;
    Some(match view.repeated {
        true => format!(
            "{} written; the CRM had the session already",
            view.notes_written
        ),
        false => format!("{} written", view.notes_written),
    })
}

fn of_refused(why: RefusedWhy) -> &'static str {
    match why {
        RefusedWhy::OtherQueue => "it is of another leaf queue, or of none (R9)",
        RefusedWhy::Closed => "it is closed, and append_to_closed_within_days is not set",
        RefusedWhy::ClosedTooLongAgo => {
            "it was closed longer ago than append_to_closed_within_days (R10)"
        }
        RefusedWhy::OpenOneExists => "it is closed, and an open one is there (R9 before R10)",
        RefusedWhy::CreatedEarlier => "another open one was created later (R9)",
        RefusedWhy::ClosedEarlier => "another one was closed later (R10)",
    }
}

fn of_step(step: &Step) -> String {
    let intended = step.intended.as_str();
    let came_to = match (&step.result, step.finished_at) {
        (Some(result), Some(at)) if result == intended => format!("done {at:.3}"),
        (Some(result), Some(at)) => format!("{result} {at:.3}"),
        _ => "its answer is not known".to_owned(),
    };
    format!("{:.3}  to be {intended}: {came_to}", step.intended_at)
}

fn calls(calls: &[CrmCall]) -> String {
    let mut table = table(["  CRM call", "at", "status", "took"]);
    for call in calls {
        let status = call.status.map(|status| status.to_string());
        table.add_row([
            format!("  {} {}", call.method, call.path),
            format!("{:.3}", call.started_at),
            status.unwrap_or_else(|| "no answer".to_owned()),
            format!("{} ms", call.elapsed_ms),
        ]);
    }
    table.trim_fmt()
}

#[cfg(test)]
pub(crate) mod tests {
    use casewire_core::{Outcome, RuleId};
    use casewire_engine::{Phase, RefusedRecord, Why};
    use jiff::Timestamp;

    use super::*;

    fn at(second: &str) -> Timestamp {
        format!("2026-01-24T01:14:{second}Z").parse().unwrap()
    }

    /// A call that made a record.
    pub(crate) fn view() -> SessionView {
        SessionView {
            session: "call/987".to_owned(),
            source: "//contact-center/acme".to_owned(),
            connector: "support".to_owned(),
            phase: Phase::Done,
            live: false,
            outcome: Some(Outcome::Created),
            rule: Some(RuleId::R3),
            reason: "assigned to an agent".to_owned(),
            decided_at: Some(at("06")),
            settings: Some("sha256:0123456789ab".to_owned()),
            chosen: Some(Why {
                rule: RuleId::R12,
                text: "no record qualifies".to_owned(),
            }),
            record: Some("35436".to_owned()),
            url: Some("https://acme.example.com/tickets/35436".to_owned()),
            queue: Some("13".to_owned()),
            refused: vec![RefusedRecord {
                record: "35001".to_owned(),
                why: RefusedWhy::OtherQueue,
            }],
            notes_written: 2,
            repeated: false,
            warnings: vec!["the agent has no user in the CRM".to_owned()],
            attempts: 0,
            error: None,
            next_try_at: None,
            steps: vec![Step {
                intended: Outcome::Created,
                intended_at: at("07"),
                result: Some("created".to_owned()),
                finished_at: Some(at("08")),
            }],
            calls: vec![
                CrmCall {
                    method: "GET".to_owned(),
                    path: "/api/v2/search".to_owned(),
                    status: None,
                    started_at: at("06"),
                    elapsed_ms: 1_001,
                },
                CrmCall {
                    method: "POST".to_owned(),
                    path: "/api/v2/tickets".to_owned(),
                    status: Some(201),
                    started_at: at("07"),
                    elapsed_ms: 84,
                },
            ],
            changed_at: at("09"),
        }
    }

    #[test]
    fn a_linked_session_is_told_in_full() {
        let expected = "\
call/987 of //contact-center/acme: created

  why         R3: assigned to an agent
  decided     2026-01-24T01:14:06Z
  record      35436  https://acme.example.com/tickets/35436
  chosen by   R12: no record qualifies
  not chosen  35001: it is of another leaf queue, or of none (R9)
  notes       2 written
  warning     the agent has no user in the CRM
  queue       13
  connector   support
  settings    sha256:0123456789ab
  changed     2026-01-24T01:14:09.000Z

  Writes, oldest first
  2026-01-24T01:14:07.000Z  to be created: done 2026-01-24T01:14:08.000Z
";
        let told = story(&view());
        let (facts, calls) = told.split_at(expected.len());
        assert_eq!(facts, expected);
        for part in [
            "GET /api/v2/search",
            "no answer",
            "1001 ms",
            "POST /api/v2/tickets",
            "201",
            "84 ms",
        ] {
            assert!(calls.contains(part), "{part}: {calls}");
        }
    }

    #[test]
    fn a_session_without_a_record_says_why() {
        let never = SessionView {
            phase: Phase::Never,
            outcome: Some(Outcome::None),
            rule: Some(RuleId::R5),
            reason: "abandoned in the menu".to_owned(),
            chosen: None,
            record: None,
            url: None,
            refused: Vec::new(),
            warnings: Vec::new(),
            steps: Vec::new(),
            calls: Vec::new(),
            ..view()
        };
        let told = story(&never);
        assert!(
            told.starts_with("call/987 of //contact-center/acme: none\n"),
            "{told}"
        );
        assert!(told.contains("R5: abandoned in the menu"), "{told}");
        assert!(
            !told.contains("notes") && !told.contains("Writes"),
            "{told}"
        );
    }

    #[test]
    fn a_session_in_trouble_says_what_is_wrong_and_when_it_is_tried_again() {
        let due = SessionView {
            phase: Phase::Due,
            live: true,
            outcome: None,
            record: None,
            attempts: 3,
            error: Some("creating a ticket: out of order".to_owned()),
            next_try_at: Some(at("59")),
            steps: vec![Step {
                result: None,
                finished_at: None,
                ..view().steps[0].clone()
            }],
            ..view()
        };
        let told = story(&due);
        for part in [
            "acme: due",
            "error       creating a ticket: out of order",
            "attempts    3 in vain",
            "next try    2026-01-24T01:14:59.000Z",
            "agent       waits for the record",
            "to be created: its answer is not known",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
