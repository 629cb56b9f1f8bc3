//! The command line.

mod stored;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::context::Format;
use crate::crm::{self, Crm};

pub(crate) use stored::{
    ExplainArgs, Parked, ParkedArgs, SessionsArgs, Store, StoreArgs, WhichParked,
};

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
  65 wrong input    69 CRM not reachable               73 can not make the file
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
    /// Log more to standard error: -v steps, -vv requests. `CASEWIRE_LOG`, when set, wins
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Arguments of commands that have output to read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArgs {
    /// How results are written to standard output
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Init(InitArgs),
    Check(CheckArgs),
    Setup(SetupArgs),
    Serve(ServeArgs),
    Explain(ExplainArgs),
    Sessions(SessionsArgs),
    Parked(ParkedArgs),
    Store(StoreArgs),
    Replay(ReplayArgs),
    Simulate(SimulateArgs),
    Sandbox(SandboxArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
}

impl Command {
    /// How results are written; a command without output to read has no choice.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Check(CheckArgs { output, .. })
            | Self::Explain(ExplainArgs { output, .. })
            | Self::Replay(ReplayArgs { output, .. })
            | Self::Sandbox(SandboxArgs { output, .. })
            | Self::Sessions(SessionsArgs { output, .. })
            | Self::Setup(SetupArgs { output, .. })
            | Self::Simulate(SimulateArgs { output, .. }) => output.format,
            Self::Parked(args) => args.format(),
            Self::Store(args) => args.format(),
            Self::Completions(_)
            | Self::Demo(_)
            | Self::Init(_)
            | Self::Schema(_)
            | Self::Serve(_) => Format::default(),
        }
    }
}

/// Replay a sample day into sandboxes on this machine and show what each CRM now holds
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  casewire demo --once")]
pub(crate) struct DemoArgs {
    /// Exit when the day is replayed, instead of waiting for Ctrl-C
    #[arg(long)]
    pub(crate) once: bool,
}

/// Write a commented casewire.toml into the working directory, or to where --config says
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire init
  casewire init --crm kustomer --config acme.toml")]
pub(crate) struct InitArgs {
    /// The CRM to write it for
    #[arg(long, value_enum, default_value = "zendesk")]
    pub(crate) crm: Crm,
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
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Say what the CRM lacks (custom fields); with --yes, create it
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire setup                  says what it would do
  casewire setup --yes            does it; doing it again changes nothing
  casewire setup --metadata sfdx  writes it as files to deploy (Salesforce), asks no CRM")]
pub(crate) struct SetupArgs {
    /// Do it
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write what the CRM needs as metadata files into this folder instead, for deployment by other means
    #[arg(long, value_name = "DIR", conflicts_with = "yes")]
    pub(crate) metadata: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Take events over HTTP and write their records, until SIGTERM or Ctrl-C; SIGHUP reads the config again
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  casewire serve
  casewire serve --config acme.toml -v")]
pub(crate) struct ServeArgs {}

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
    #[command(flatten)]
    pub(crate) output: OutputArgs,
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
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Serve strict fakes of CRM APIs on this machine; they accept client id and secret `sandbox`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Faults, comma-separated:
  throttle, unavailable, reset, lost-answer, expire-token, lock   =PROBABILITY from 0 to 1
  expire-token                                                    alone: once, before the next request
  slow, index-lag, retry-after                                    =DURATION, for example 200ms, 30s or 2m

Examples:
  casewire sandbox
  casewire sandbox --crm zendesk --listen 127.0.0.1:9001 --faults throttle=0.05,slow=200ms
  casewire sandbox --crm salesforce=127.0.0.1:9001 --crm zendesk=127.0.0.1:9002")]
pub(crate) struct SandboxArgs {
    /// The CRM to fake; NAME=ADDR, repeated, serves several
    #[arg(long, value_name = "NAME[=ADDR]", default_value = "zendesk", value_parser = fake)]
    pub(crate) crm: Vec<Fake>,
    /// The address to listen on, for a --crm without ADDR
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9001", value_parser = loopback)]
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
    #[command(flatten)]
    pub(crate) output: OutputArgs,
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
    let crm = Crm::named(name).ok_or_else(|| {
        let known = crm::names().join(", ");
        format!("`{name}` is no CRM that can be faked; known: {known}")
    })?;
    let listen = address.map(loopback).transpose()?;
    Ok(Fake { crm, listen })
}

/// An address of this machine: everybody knows the fakes' credentials.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is no address; write for example 127.0.0.1:9001"))?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(format!(
            "the fakes are for this machine only, and `{text}` is not; write for example 127.0.0.1:9001"
        )),
    }
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
        assert!(
            fake("hubspot")
                .unwrap_err()
                .contains("known: salesforce, zendesk, kustomer, freshdesk")
        );
        assert!(fake("zendesk=here").unwrap_err().contains("127.0.0.1:9001"));
    }
    #[test]
    fn a_fake_listens_on_this_machine_only() {
        for text in ["127.0.0.1:0", "127.8.9.10:80", "[::1]:9001"] {
            assert!(loopback(text).is_ok(), "{text}");
        }
        for text in ["0.0.0.0:9001", "10.0.0.1:9001", "[::]:9001"] {
            let refused = loopback(text).unwrap_err();
            assert!(refused.contains("this machine only"), "{refused}");
        }
        assert!(loopback("9001").unwrap_err().contains("127.0.0.1:9001"));
    }
}
