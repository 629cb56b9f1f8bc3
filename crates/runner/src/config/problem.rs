//! What is wrong with a config file, where, and how to mend it.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
};

use crate::term::Stream;

/// How many problems are told in full: a file that is no config at all has thousands.
const SHOWN: usize = 10;

/// One thing that is wrong with a config file. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The path of the key, for example `rules.append_to_open`; empty for the file as a whole.
    pub key: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// How to mend it.
    pub remedy: String,
}

/// Everything that is wrong with a config file.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: PathBuf,
    /// The file's text, secrets masked; spans fit it as they fit the file.
    masked: String,
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn new(file: PathBuf, masked: String, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        Self {
            file,
            masked,
            problems,
        }
    }

    /// What is wrong, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Line and column of a problem's start, both counted from 1, the column in characters.
    pub fn place(&self, problem: &Problem) -> (usize, usize) {
        let before = self
            .masked
            .get(..problem.span.start)
            .unwrap_or(&self.masked);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[line_start..].chars().count() + 1)
    }

    /// The first ten problems with excerpts of the file, for people, and how many more there are.
    pub fn excerpts(&self, stream: Stream) -> String {
        let theme = match stream {
            Stream::Colour => GraphicalTheme::unicode(),
            Stream::Plain => GraphicalTheme::unicode_nocolor(),
            Stream::Piped => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut shown = String::new();
        for problem in self.problems.iter().take(SHOWN) {
            // Writing to a string can not fail.
            let _ = handler.render_report(&mut shown, self.report(problem).as_ref());
            shown.push('\n');
        }
        if let Some(more) = self.more() {
            shown.push_str(&format!("{more}\n"));
        }
        shown
    }

    /// What stands for the problems that are not told.
    fn more(&self) -> Option<String> {
        let more = self.problems.len().checked_sub(SHOWN)?;
        (more > 0).then(|| format!("and {more} more"))
    }

    fn report(&self, problem: &Problem) -> Report {
        let (line, column) = self.place(problem);
        let label = match problem.key.as_str() {
            "" => format!("line {line}, column {column}"),
            key => format!("`{key}`, line {line}, column {column}"),
        };
        let diagnostic = MietteDiagnostic::new(problem.message.clone())
            .with_help(problem.remedy.clone())
            .with_label(LabeledSpan::new_with_span(
                Some(label),
                problem.span.clone(),
            ));
        Report::new(diagnostic).with_source_code(NamedSource::new(
            self.file.display().to_string(),
            self.masked.clone(),
        ))
    }
}

/// One line for each of the first ten problems (file, line, column, key, what is wrong, how to mend it), and how
/// many more there are.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(SHOWN).enumerate() {
            let (line, column) = self.place(problem);
            let separator = if index == 0 { "" } else { "\n" };
            let file = self.file.display();
            let Problem {
                message,
                key,
                remedy,
                ..
            } = problem;
            write!(
                f,
                "{separator}{file}:{line}:{column}: {key}: {message} ({remedy})"
            )?;
        }
        match self.more() {
            Some(more) => write!(f, "\n{more}"),
            None => Ok(()),
        }
    }
}

/// Without the file's text.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigError")
            .field("file", &self.file)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ConfigError {}
