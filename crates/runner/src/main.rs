//! The `casewire` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    casewire_runner::run().into()
}
