//! Logs, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::term::Terminal;

/// The variable that says what is logged, for example `debug` or `warn,casewire_http=trace`.
const VARIABLE: &str = "CASEWIRE_LOG";

/// Starts logging: warnings, with `-v` also steps, with `-vv` also requests. `CASEWIRE_LOG`, when set, wins.
pub(crate) fn start(verbose: u8, terminal: Terminal) {
    let asked = match verbose {
        0 => "warn",
        1 => "warn,casewire=info",
        _ => "info,casewire=debug",
    };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(asked));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(terminal.stderr.has_colour())
        .finish();
    // Fails only when logging was started before, which then goes on.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
