//! What every command is given beside its own arguments.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::term::Terminal;

/// The config file looked for when none is named.
pub(crate) const DEFAULT_CONFIG: &str = "casewire.toml";

/// The variable that names the config file when there is none in the working directory.
const CONFIG_VARIABLE: &str = "CASEWIRE_CONFIG";

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    #[default]
    Table,
    /// One JSON object per line.
    Json,
}

/// What every command is given beside its own arguments.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The config file that `--config` names.
    pub(crate) config: Option<PathBuf>,
    /// How results are written.
    pub(crate) format: Format,
    /// What standard output and standard error are.
    pub(crate) terminal: Terminal,
}

impl Context {
    /// Reads the config: the file that `--config` names, else `casewire.toml` when it is there, else the
    /// file that `CASEWIRE_CONFIG` names.
    ///
    /// # Errors
    /// When there is no such file, or it is wrong (exit code 78 both).
    pub(crate) fn load_config(&self) -> Result<Config, Failure> {
        Config::read(&self.config_path()?)
    }

    /// Standard output, buffered: flush it when done.
    pub(crate) fn output(&self) -> Output {
        Output(BufWriter::with_capacity(64 * 1024, io::stdout()))
    }

    fn config_path(&self) -> Result<PathBuf, Failure> {
        let named = std::env::var_os(CONFIG_VARIABLE).filter(|name| !name.is_empty());
        let default = Path::new(DEFAULT_CONFIG);
        choose(self.config.as_deref(), default, named.map(PathBuf::from)).ok_or_else(|| {
            Failure::with_remedy(
                Exit::Config,
                format!("no config: `{DEFAULT_CONFIG}` is not in the working directory"),
                format!(
                    "make one with `casewire init`, name one with `--config FILE`, or set {CONFIG_VARIABLE}"
                ),
            )
        })
    }
}

/// Standard output, buffered.
#[derive(Debug)]
pub(crate) struct Output(BufWriter<Stdout>);

impl Output {
    /// Writes one object on a line of its own.
    ///
    /// # Errors
    /// When standard output can not be written to.
    pub(crate) fn write_json(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, object)?;
        self.0.write_all(b"\n")
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn choose(asked: Option<&Path>, default: &Path, named: Option<PathBuf>) -> Option<PathBuf> {
    match asked {
        Some(asked) => Some(asked.to_owned()),
        None if default.exists() => Some(default.to_owned()),
        None => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_then_the_file_at_hand_then_the_variable() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let gone = Path::new("no-such-folder/casewire.toml");
        let asked = Path::new("asked.toml");
        let named = || Some(PathBuf::from("named.toml"));
        assert_eq!(choose(Some(asked), &here, named()).unwrap(), asked);
        assert_eq!(choose(None, &here, named()).unwrap(), here);
        assert_eq!(choose(None, gone, named()), named());
        assert_eq!(choose(None, gone, None), None);
    }
}
