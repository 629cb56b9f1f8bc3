//! Events from a file or from standard input, with a progress bar.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use casewire_intake::{Events, InputError, InputErrorKind};
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::{Exit, Failure};
use crate::term::Terminal;

/// The source of sessions whose format names none: metadata files and call or chat objects.
pub(crate) const DEFAULT_SOURCE: &str = "//contact-center/import";

/// An open input.
pub(crate) struct Input {
    /// Its events.
    pub(crate) events: Events<Box<dyn BufRead>>,
    /// How it is called in messages.
    pub(crate) name: String,
    /// How far it is read.
    pub(crate) bar: ProgressBar,
}

impl Input {
    /// Opens `file`; `-` is standard input.
    ///
    /// # Errors
    /// When it can not be opened.
    pub(crate) fn open(file: &Path, terminal: Terminal) -> Result<Self, Failure> {
        let (name, bytes, reader): (_, _, Box<dyn Read>) = if file == Path::new("-") {
            ("standard input".to_owned(), None, Box::new(io::stdin()))
        } else {
            let name = file.display().to_string();
            let opened = File::open(file).and_then(|open| Ok((open.metadata()?.len(), open)));
            let (bytes, open) = opened.map_err(|error| {
                Failure::with_remedy(
                    Exit::BadInput,
                    format!("reading events from `{name}`: {error}"),
                    "name a file of session events, or `-` for standard input",
                )
            })?;
            (name, Some(bytes), Box::new(open))
        };
        let bar = progress_bar(bytes, terminal);
        let reader = BufReader::with_capacity(256 * 1024, bar.wrap_read(reader));
        let source = Arc::from(DEFAULT_SOURCE);
        Ok(Self {
            events: casewire_intake::read(Box::new(reader), &source),
            name,
            bar,
        })
    }

    /// The failure for an event that can not be read.
    pub(crate) fn malformed(&self, error: &InputError) -> Failure {
        let exit = match error.kind {
            InputErrorKind::Io => Exit::Io,
            InputErrorKind::Malformed => Exit::BadInput,
        };
        Failure::new(
            exit,
            format!("reading events from `{}`: {error}", self.name),
        )
    }
}

fn progress_bar(bytes: Option<u64>, terminal: Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match bytes {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "reading {bar:30} {bytes}/{total_bytes}, {eta} left {msg}",
        ),
        None => (ProgressBar::new_spinner(), "reading {bytes} {msg}"),
    };
    styled(bar, template)
}

/// `bar` with `template`, which is one of ours and right.
pub(crate) fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
