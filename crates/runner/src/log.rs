//! Logs, on standard error.

use std::env::{self, VarError};
use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::term::Terminal;

/// The variable that says what is logged, for example `debug` or `warn,casewire_http=trace`.
const VARIABLE: &str = "CASEWIRE_LOG";

/// Starts logging: warnings, with `-v` also steps, with `-vv` also requests. `CASEWIRE_LOG`, when set, wins;
/// when it can not be read, a warning says so.
pub(crate) fn start(verbose: u8, terminal: Terminal) {
    let asked = match verbose {
        0 => "warn",
        1 => "warn,casewire=info",
        _ => "info,casewire=debug",
    };
    let (filter, refused) = match from_variable(env::var(VARIABLE)) {
        Ok(set) => (set, None),
        Err(why) => (None, Some(why)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(asked)))
        .with_writer(io::stderr)
        .with_ansi(terminal.stderr.has_colour())
        .finish();
    // Fails only when logging was started before, which then goes on.
    let _ = tracing::subscriber::set_global_default(subscriber);
    if let Some(why) = refused {
        tracing::warn!(
            "{VARIABLE} is ignored: {why}; write for example `debug` or `warn,casewire_http=trace`"
        );
    }
}

/// What the variable asks for, if it is set.
fn from_variable(value: Result<String, VarError>) -> Result<Option<EnvFilter>, String> {
    let text = match value {
        Ok(text) => text,
        Err(VarError::NotPresent) => return Ok(None),
        Err(VarError::NotUnicode(_)) => return Err("it is not UTF-8".to_owned()),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    // A word alone would be taken for the name of a crate: a misspelt level would silence everything.
    let is_word = |part: &&str| !part.is_empty() && !part.contains(['=', '[', ']', '{', '}']);
    for word in text.split(',').map(str::trim).filter(is_word) {
        if word.parse::<LevelFilter>().is_err() {
            return Err(format!("`{word}` is no level"));
        }
    }
    let filter = EnvFilter::try_new(&text).map_err(|error| format!("`{text}`: {error}"))?;
    Ok(Some(filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<String>, String> {
        let filter = from_variable(Ok(text.to_owned()))?;
        Ok(filter.map(|filter| filter.to_string()))
    }

    #[test]
    fn levels_alone_and_by_crate_are_taken() {
        for text in ["debug", "warn,casewire_http=trace", "OFF", "warn,"] {
            assert!(read(text).unwrap().is_some(), "{text}");
        }
        assert!(read("").unwrap().is_none());
        assert!(from_variable(Err(VarError::NotPresent)).unwrap().is_none());
    }

    #[test]
    fn what_is_no_level_is_refused_with_the_reason() {
        for text in ["debgu", "warn,loud", "casewire_http=loud", "a=b=c", "!!"] {
            let why = read(text).unwrap_err();
            let word = text.rsplit([',', '=']).next().unwrap();
            assert!(why.contains(word), "{why}");
        }
    }
}
