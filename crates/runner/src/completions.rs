//! `casewire completions`: completions for a shell.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::context::Context;
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: CompletionsArgs, context: &Context) -> Result<Exit, Failure> {
    // The generator panics when its writer fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "casewire", &mut script);
    let mut output = context.output();
    output.write_all(&script)?;
    output.flush()?;
    Ok(Exit::Success)
}
