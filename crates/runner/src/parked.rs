//! `casewire parked`: sessions that the CRM refused, listed, tried again or dropped.

use std::io::Write as _;

use casewire_engine::{ParkedSessions, Phase, Repaired, SessionFilter};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Parked, ParkedArgs, WhichParked};
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};
use crate::replay::counted;
use crate::sessions;
use crate::store::OpenStore;

/// Does what was asked about parked sessions. Ends with 1 when a named session was not parked.
pub(crate) fn run(args: ParkedArgs, context: &Context) -> Result<Exit, Failure> {
    match args.what {
        Parked::List {
            connector, limit, ..
        } => {
            let filter = SessionFilter {
                phase: Some(Phase::Parked),
                connector,
                limit,
            };
            sessions::list(filter, context)
        }
        Parked::Retry { which, .. } => {
            let retried = OpenStore::of(context)?
                .file
                .retry_parked(&which.into(), Timestamp::now())?;
            write(&retried, Done::Retried, context)
        }
        Parked::Drop { which, yes, .. } => {
            let mut store = OpenStore::of(context)?;
            let (which, now) = (ParkedSessions::from(which), Timestamp::now());
            let (dropped, done) = match yes {
                true => (store.file.drop_parked(&which, now)?, Done::Dropped),
                false => (store.file.find_parked(&which)?, Done::WouldDrop),
            };
            write(&dropped, done, context)
        }
    }
}

impl From<WhichParked> for ParkedSessions {
    fn from(which: WhichParked) -> Self {
        match which.all {
            true => Self::All {
                connector: which.connector,
            },
            false => Self::Named {
                sessions: which.sessions,
                source: which.source,
            },
        }
    }
}

/// What became of parked sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Retried,
    Dropped,
    WouldDrop,
}

/// One session, as it is printed.
#[derive(Serialize)]
struct Line<'a> {
    session: &'a str,
    done: Done,
}

fn write(repaired: &Repaired, done: Done, context: &Context) -> Result<Exit, Failure> {
    let mut output = context.output();
    for session in &repaired.sessions {
        match context.format {
            Format::Json => output.write_json(&Line { session, done })?,
            Format::Table => writeln!(output, "{session}: {}", done.told())?,
        }
    }
    if context.format == Format::Table {
        let all = counted(repaired.sessions.len());
        match done {
            Done::WouldDrop if !repaired.sessions.is_empty() => {
                writeln!(output, "\nthe same with --yes drops {all} for good.")?;
            }
            _ if *repaired == Repaired::default() => writeln!(output, "no session is parked")?,
            _ => {}
        }
    }
    output.flush()?;
    match repaired.not_parked.is_empty() {
        true => Ok(Exit::Success),
        false => Err(not_parked(&repaired.not_parked)),
    }
}

impl Done {
    fn told(self) -> &'static str {
        match self {
            Self::Retried => "due again",
            Self::Dropped => "dropped",
            Self::WouldDrop => "would be dropped",
        }
    }
}

fn not_parked(sessions: &[String]) -> Failure {
    Failure::with_remedy(
        Exit::Unfinished,
        format!("not parked: {}", sessions.join(", ")),
        "`casewire explain SESSION` tells how it stands with one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_connector_and_named_ones_are_told_apart() {
        let named = WhichParked {
            sessions: vec!["call/1".to_owned()],
            source: Some("//acme".to_owned()),
            all: false,
            connector: None,
        };
        let all = WhichParked {
            sessions: Vec::new(),
            source: None,
            all: true,
            connector: Some("crm".to_owned()),
        };
        assert_eq!(
            ParkedSessions::from(named),
            ParkedSessions::Named {
                sessions: vec!["call/1".to_owned()],
                source: Some("//acme".to_owned()),
            }
        );
        assert_eq!(
            ParkedSessions::from(all),
            ParkedSessions::All {
                connector: Some("crm".to_owned()),
            }
        );
    }

    #[test]
    fn a_session_that_is_not_parked_ends_with_1_and_is_named() {
        let failure = not_parked(&["call/9".to_owned(), "call/8".to_owned()]);
        assert_eq!(failure.exit(), Exit::Unfinished);
        assert_eq!(failure.to_string(), "not parked: call/9, call/8");
    }
}
