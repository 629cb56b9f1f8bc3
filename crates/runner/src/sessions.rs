//! `casewire sessions`: what the store knows, a line for each session.

use std::io::{self, Write as _};

use casewire_engine::{Phase, SessionFilter, SessionView};

use crate::cli::SessionsArgs;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};
use crate::replay::told;
use crate::store::OpenStore;
use crate::table::table;

/// Lists sessions, newest first.
pub(crate) fn run(args: SessionsArgs, context: &Context) -> Result<Exit, Failure> {
    list(
        SessionFilter {
            phase: args.phase,
            connector: args.connector,
            limit: args.limit,
        },
        context,
    )
}

/// Lists the sessions that `filter` wants.
pub(crate) fn list(filter: SessionFilter, context: &Context) -> Result<Exit, Failure> {
    let store = OpenStore::of(context)?;
    let found = store
        .file
        .find_sessions(&filter, |name| store.settings_of(name))?;
    let mut output = context.output();
    match context.format {
        Format::Json => {
            for view in &found.sessions {
                output.write_json(view)?;
            }
        }
        Format::Table if found.sessions.is_empty() => {}
        Format::Table => writeln!(output, "{}", lines(&found.sessions))?,
    }
    output.flush()?;
    let left_out = match found.sessions.len() {
        _ if found.older_not_searched => "older sessions were not searched",
        0 => "no such session",
        shown if shown == filter.limit => "there may be more, see --limit",
        _ => return Ok(Exit::Success),
    };
    writeln!(io::stderr(), "{left_out}")?;
    Ok(Exit::Success)
}

fn lines(views: &[SessionView]) -> String {
    let mut table = table([
        "session", "state", "rule", "record", "queue", "changed", "reason",
    ]);
    for view in views {
        let rule = view.rule.map(|rule| rule.to_string());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        table.add_row([
            view.session.clone(),
            state(view).to_owned(),
            rule.unwrap_or_default(),
            text(&view.record),
            text(&view.queue),
            format!("{:.0}", view.changed_at),
            told(&view.reason, &view.warnings),
        ]);
    }
    table.trim_fmt()
}

/// The outcome of a session that is done, and how far any other has come.
pub(crate) fn state(view: &SessionView) -> &'static str {
    match (view.phase, view.outcome) {
        (Phase::Done | Phase::Never, Some(outcome)) => outcome.as_str(),
        (phase, _) => phase.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::tests::view;

    #[test]
    fn a_line_tells_state_record_and_reason() {
        let linked = view();
        let waiting = SessionView {
            session: "chat/55".to_owned(),
            phase: Phase::Waiting,
            outcome: None,
            rule: None,
            record: None,
            reason: "not assigned to an agent yet".to_owned(),
            warnings: Vec::new(),
            ..view()
        };
        let text = lines(&[linked, waiting]);
        let lines: Vec<_> = text.lines().collect();
        for part in [
            "call/987",
            "created",
            "R3",
            "35436",
            "13",
            "2026-01-24T01:14:09Z",
            "assigned to an agent",
        ] {
            assert!(lines[1].contains(part), "{part}: {text}");
        }
        assert!(
            lines[2].contains("waiting") && lines[2].contains("not assigned"),
            "{text}"
        );
    }
}
