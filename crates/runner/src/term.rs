//! What standard output and standard error are: colours and progress bars only on a terminal.

use std::io::IsTerminal;

/// What standard output and standard error are connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Standard output.
    pub(crate) stdout: Stream,
    /// Standard error.
    pub(crate) stderr: Stream,
}

/// What a stream is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A terminal that shows colours.
    Colour,
    /// A terminal whose user wants no colours (`NO_COLOR`, or `TERM=dumb`).
    Plain,
    /// A file or a pipe.
    Piped,
}

impl Terminal {
    /// Looks at this process's streams and at `NO_COLOR` and `TERM`.
    pub(crate) fn of_process() -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let stream = |is_terminal: bool| match (is_terminal, no_color || dumb) {
            (false, _) => Stream::Piped,
            (true, false) => Stream::Colour,
            (true, true) => Stream::Plain,
        };
        Self {
            stdout: stream(std::io::stdout().is_terminal()),
            stderr: stream(std::io::stderr().is_terminal()),
        }
    }

    /// Whether a progress bar may be drawn. Bars go to standard error.
    pub(crate) fn shows_progress(self) -> bool {
        self.stderr != Stream::Piped
    }
}

impl Stream {
    /// Whether colours may be written.
    pub(crate) fn has_colour(self) -> bool {
        self == Self::Colour
    }
}
