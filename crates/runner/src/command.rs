//! From the command line to an exit code.

use std::io::{self, Write as _};

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::term::{Stream, Terminal};
use crate::{
    check, completions, demo, explain, init, log, parked, replay, sandbox, schema, serve, sessions,
    setup, simulate, store,
};

/// Runs the command that this process was started with, and says how it ended. Wrong usage ends the
/// process with code 2.
pub fn run() -> Exit {
    let cli = Cli::parse();
    let terminal = Terminal::of_process();
    log::start(cli.global.verbose, terminal);
    let context = Context {
        config: cli.global.config,
        format: cli.command.format(),
        terminal,
    };
    dispatch(cli.command, &context).unwrap_or_else(|failure| {
        explain(&failure, context.terminal.stderr);
        failure.exit()
    })
}

fn dispatch(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => wait_for(check::run(args, context)),
        Command::Completions(args) => completions::run(args, context),
        Command::Demo(args) => wait_for(demo::run(args, context)),
        Command::Explain(args) => explain::run(args, context),
        Command::Init(args) => init::run(args, context),
        Command::Parked(args) => parked::run(args, context),
        Command::Replay(args) => wait_for(replay::run(args, context)),
        Command::Sandbox(args) => wait_for(sandbox::run(args, context)),
        Command::Schema(args) => schema::run(args, context),
        Command::Serve(args) => wait_for(serve::run(args, context)),
        Command::Sessions(args) => sessions::run(args, context),
        Command::Setup(args) => wait_for(setup::run(args, context)),
        Command::Simulate(args) => simulate::run(args, context),
        Command::Store(args) => store::run(args, context),
    }
}

fn wait_for(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Io, format!("starting the runtime: {error}")))?
        .block_on(work)
}

fn explain(failure: &Failure, stream: Stream) {
    if failure.exit() == Exit::Success {
        return;
    }
    let text = match failure {
        Failure::Config(error) => error.excerpts(stream),
        other => {
            let remedy = other.remedy().map(|remedy| format!("\n  help: {remedy}"));
            format!("casewire: {other}{}\n", remedy.unwrap_or_default())
        }
    };
    // When standard error is closed there is nobody to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}
