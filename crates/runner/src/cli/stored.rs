//! The command line of what looks into the store and repairs it.

use std::path::PathBuf;
use std::sync::Arc;

use casewire_core::SessionKey;
use casewire_engine::Phase;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Args, Subcommand};

use super::OutputArgs;
use crate::context::Format;

/// Tell what became of a session, by which rule and why; or what it waits for
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire explain call/987
  casewire explain chat/55 --source //contact-center/acme --format json")]
pub(crate) struct ExplainArgs {
    /// The session, for example call/987
    #[arg(value_parser = session)]
    pub(crate) session: String,
    /// Only the session of this source, where several have it
    #[arg(long)]
    pub(crate) source: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// List sessions, the one first heard of last at the top
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire sessions
  casewire sessions --phase due --limit 200
  casewire sessions --connector support --format json")]
pub(crate) struct SessionsArgs {
    /// Only those that have come so far
    #[arg(long, value_parser = phase())]
    pub(crate) phase: Option<Phase>,
    /// Only those of this connector
    #[arg(long, value_name = "NAME")]
    pub(crate) connector: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// See to sessions that the CRM refused: list them, try them again, or drop them
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A running `casewire serve` takes up within a second what is retried here.

Examples:
  casewire parked list
  casewire parked retry call/987 call/988
  casewire parked retry --all --connector support
  casewire parked drop chat/55 --yes")]
pub(crate) struct ParkedArgs {
    #[command(subcommand)]
    pub(crate) what: Parked,
}

/// What to do about parked sessions.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Parked {
    /// List them, with what the CRM said
    List {
        /// Only those of this connector
        #[arg(long, value_name = "NAME")]
        connector: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Decide and write them anew
    Retry {
        #[command(flatten)]
        which: WhichParked,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say which would never be written; with --yes, drop them
    Drop {
        #[command(flatten)]
        which: WhichParked,
        /// Do it
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// Which parked sessions are meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhichParked {
    /// The sessions, for example call/987
    #[arg(value_name = "SESSION", value_parser = session, required_unless_present = "all")]
    pub(crate) sessions: Vec<String>,
    /// Only sessions of this source, where several have them
    #[arg(long, conflicts_with = "all")]
    pub(crate) source: Option<String>,
    /// All of them
    #[arg(long, conflicts_with = "sessions")]
    pub(crate) all: bool,
    /// All of this connector
    #[arg(
        long,
        value_name = "NAME",
        requires = "all",
        conflicts_with = "sessions"
    )]
    pub(crate) connector: Option<String>,
}

/// Copy the store, erase a customer from it, or look whether it is sound
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A running `casewire serve` does not have to be stopped.

Examples:
  casewire store backup casewire-2026-01-24.db
  casewire store erase - < key.txt          says what it would erase
  casewire store erase - --yes < key.txt    erases it
  casewire store check")]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) what: Store,
}

/// What to do with the store.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Store {
    /// Copy it to a new file, whole and checked
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Say what the store has of a customer; with --yes, erase it. Nothing changes in the CRM
    Erase {
        /// The customer's phone number (+1...), e-mail address or external id; `-` reads it from standard input, so that
        /// it does not stay in the shell's history
        #[arg(allow_hyphen_values = true)]
        customer: String,
        /// Do it
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Look for damage, and count what waits
    Check {
        #[command(flatten)]
        output: OutputArgs,
    },
}

impl ParkedArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.what {
            Parked::List { output, .. }
            | Parked::Retry { output, .. }
            | Parked::Drop { output, .. } => output.format,
        }
    }
}

impl StoreArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.what {
            Store::Backup { output, .. }
            | Store::Erase { output, .. }
            | Store::Check { output } => output.format,
        }
    }
}

fn session(text: &str) -> Result<String, String> {
    let key = SessionKey::parse(&Arc::from(""), text);
    key.map(|key| key.to_string())
        .ok_or_else(|| format!("`{text}` is no session; write for example call/987 or chat/55"))
}

fn phase() -> ValueParser {
    let words = PossibleValuesParser::new(Phase::ALL.map(Phase::as_str));
    let read = words.try_map(|word| {
        let phase = Phase::ALL.into_iter().find(|phase| phase.as_str() == word);
        phase.ok_or("no phase")
    });
    ValueParser::new(read)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn read(args: &[&str]) -> Result<Command, String> {
        let args = ["casewire"].iter().chain(args);
        let cli = Cli::try_parse_from(args).map_err(|error| error.to_string())?;
        Ok(cli.command)
    }

    #[test]
    fn a_session_is_named_by_kind_and_id() {
        assert_eq!(session("call/987").as_deref(), Ok("call/987"));
        for text in ["987", "call/", "mail/7", ""] {
            assert!(session(text).unwrap_err().contains("call/987"), "{text}");
        }
    }

    #[test]
    fn a_phase_is_one_of_those_there_are() {
        let Ok(Command::Sessions(args)) = read(&["sessions", "--phase", "parked"]) else {
            panic!("it is a phase");
        };
        assert_eq!(args.phase, Some(Phase::Parked));
        let refused = read(&["sessions", "--phase", "lost"]).unwrap_err();
        assert!(refused.contains("dropped"), "{refused}");
    }

    #[test]
    fn retrying_names_sessions_or_means_all() {
        for args in [
            &["parked", "retry", "call/1", "chat/2"][..],
            &["parked", "retry", "call/1", "--source", "//acme"],
            &["parked", "drop", "--all", "--connector", "crm", "--yes"],
        ] {
            read(args).unwrap();
        }
        for args in [
            &["parked", "retry"][..],
            &["parked", "retry", "call/1", "--all"],
            &["parked", "drop", "call/1", "--connector", "crm"],
            &["parked", "drop", "--all", "--source", "//acme"],
        ] {
            assert!(read(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn a_customer_may_come_from_standard_input() {
        let Ok(Command::Store(args)) = read(&["store", "erase", "-", "--yes"]) else {
            panic!("it is well-formed");
        };
        let Store::Erase { customer, yes, .. } = args.what else {
            panic!("{args:?}");
        };
        assert_eq!((&*customer, yes), ("-", true));
    }
}
