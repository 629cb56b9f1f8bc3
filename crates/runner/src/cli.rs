//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::context::Format;

/// Turns contact-center sessions into CRM records, once.
#[derive(Debug, Parser)]
#[command(name = "casewire", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

const EXIT_CODES: &str = "\
Exit codes:
  0 done            1 something is left for a person   2 wrong usage
  65 wrong input    69 CRM not reachable               73 file exists
  74 read or write  77 CRM refuses the credentials     78 wrong config

First steps:
  casewire demo                           see it work, without an account
  casewire init && casewire check         set up your own";

/// Arguments of every command.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// The config file [default: casewire.toml, then the file that `CASEWIRE_CONFIG` names]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How results are written to standard output
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Log more to standard error: -v steps, -vv requests. `CASEWIRE_LOG`, when set, wins
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Init(InitArgs),
    Check(CheckArgs),
    Setup(SetupArgs),
    Replay(ReplayArgs),
    Simulate(SimulateArgs),
    Sandbox(SandboxArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
}

/// Replay a sample day into sandboxes on this machine and show what each CRM now holds
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  casewire demo --once")]
pub(crate) struct DemoArgs {
    /// Exit when the day is replayed, instead of waiting for Ctrl-C
    #[arg(long)]
    pub(crate) once: bool,
}

/// Write a commented casewire.toml
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire init
  casewire init --crm zendesk --config acme.toml")]
pub(crate) struct InitArgs {
    /// The CRM to write it for
    #[arg(long, value_enum, default_value = "zendesk")]
    pub(crate) crm: Crm,
}

/// The CRMs that this build knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Crm {
    /// Zendesk Support.
    Zendesk,
}

/// Read the config, then ask the CRM for credentials, scopes, fields, statuses and users
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire check
  casewire check --offline --config acme.toml
  casewire check --format json")]
pub(crate) struct CheckArgs {
    /// Read the config only, ask the CRM nothing
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Say what the CRM lacks (custom fields); with --yes, create it
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire setup          says what it would do
  casewire setup --yes    does it; doing it again changes nothing")]
pub(crate) struct SetupArgs {
    /// Do it
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Feed recorded events through the pipeline into the CRM; exit when all are written
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The file holds session events or milestone log entries, one JSON object per line or a JSON array.

Examples:
  casewire replay day.ndjson
  zcat day.ndjson.gz | casewire replay -")]
pub(crate) struct ReplayArgs {
    /// The events; `-` is standard input
    pub(crate) file: PathBuf,
}

/// Decide without any CRM: one line per session, nothing is written anywhere
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire simulate day.ndjson
  casewire simulate day.ndjson --records open-tickets.json --format json
  casewire simulate day.ndjson --diff proposed.toml")]
pub(crate) struct SimulateArgs {
    /// The events; `-` is standard input
    pub(crate) file: PathBuf,
    /// Records that the CRM holds at the start, a JSON array
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,
    /// Show only the sessions that this other config would decide differently
    #[arg(long, value_name = "OTHER.toml")]
    pub(crate) diff: Option<PathBuf>,
    /// How far, in event time, events may be out of order
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) reorder_window: Duration,
}

/// Serve strict fakes of CRM APIs on this machine; they accept client id and secret `sandbox`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Faults, comma-separated: throttle, unavailable, reset, lost-answer, expire-token (=PROBABILITY),
slow, index-lag (=DURATION).

Examples:
  casewire sandbox
  casewire sandbox --crm zendesk --listen 127.0.0.1:9001 --faults throttle=0.05,slow=200ms
  casewire sandbox --crm zendesk=127.0.0.1:9001 --crm zendesk=127.0.0.1:9002")]
pub(crate) struct SandboxArgs {
    /// The CRM to fake; NAME=ADDR, repeated, serves several
    #[arg(long, value_name = "NAME[=ADDR]", default_value = "zendesk", value_parser = fake)]
    pub(crate) crm: Vec<Fake>,
    /// The address to listen on, for a --crm without ADDR
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9001")]
    pub(crate) listen: SocketAddr,
    /// Fixes tokens and faults, so that they repeat
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What goes wrong, and how often
    #[arg(
        long,
        value_name = "SPEC",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) faults: casewire_sandbox::Faults,
}

/// One fake to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fake {
    /// The CRM.
    pub(crate) crm: Crm,
    /// Where; absent for the address of `--listen`.
    pub(crate) listen: Option<SocketAddr>,
}

/// Print the JSON Schema of the config, of an event, or of a line of `simulate --format json`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  casewire schema config > casewire.schema.json")]
pub(crate) struct SchemaArgs {
    /// Which
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

/// The shapes that have a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The config file.
    Config,
    /// A session event.
    Event,
    /// A line of `simulate --format json`.
    Simulation,
}

/// Print completions for a shell
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire completions bash > ~/.local/share/bash-completion/completions/casewire
  casewire completions zsh > ~/.zfunc/_casewire")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is no duration; write for example 90s, 10m or 1h");
    let read: jiff::SignedDuration = text.parse().map_err(|_| refused())?;
    Duration::try_from(read).map_err(|_| refused())
}

fn fake(text: &str) -> Result<Fake, String> {
    let (name, address) = match text.split_once('=') {
        Some((name, address)) => (name, Some(address)),
        None => (text, None),
    };
    let crm = Crm::from_str(name, false)
        .map_err(|_| format!("`{name}` is no CRM that can be faked; known: zendesk"))?;
    let listen = address
        .map(|address| {
            address
                .parse()
                .map_err(|_| format!("`{address}` is no address; write for example 127.0.0.1:9001"))
        })
        .transpose()?;
    Ok(Fake { crm, listen })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn reads_durations_as_people_write_them() {
        for (text, seconds) in [("10m", 600), ("90s", 90), ("1h", 3600), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "-5m", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fake_may_bring_its_own_address() {
        let read = fake("zendesk=127.0.0.1:9002").unwrap();
        assert_eq!(read.listen.unwrap().port(), 9002);
        assert_eq!(fake("zendesk").unwrap().listen, None);
        assert!(fake("hubspot").unwrap_err().contains("known: zendesk"));
        assert!(fake("zendesk=here").unwrap_err().contains("127.0.0.1:9001"));
    }
}
