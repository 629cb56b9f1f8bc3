//! `casewire simulate`: what the rules would do, without any CRM.
//!
//! Nothing here can reach a CRM: of the connectors only their constant profiles are used.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use casewire_core::{Outcome, Profile};
use casewire_intake::Shape;
use casewire_simulate::{Change, Diff, Line, Reorder, SeedRecord, Simulation, read_seed};
use jiff::SignedDuration;

use crate::cli::SimulateArgs;
use crate::config::Config;
use crate::context::{Context, Format, Output};
use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::replay::{counted, told};

/// Prints one line per session, or with `--diff` one per session that the other config decides differently.
pub(crate) fn run(args: SimulateArgs, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?;
    let other = args.diff.as_deref().map(Config::read).transpose()?;
    let seed = match &args.records {
        Some(file) => read_records(file)?,
        None => Vec::new(),
    };
    let mut input = Input::open(&args.file, context.terminal)?;
    let window = match input.events.shape() {
        // An array is sorted whole.
        Shape::Array => SignedDuration::MAX,
        _ => SignedDuration::try_from(args.reorder_window).unwrap_or(SignedDuration::MAX),
    };
    let mut report = Report::new(context);
    match other {
        None => simulate(&mut input, &config, &seed, window, &mut report)?,
        Some(other) => compare(&mut input, [&config, &other], &seed, window, &mut report)?,
    }
    report.finish()?;
    Ok(Exit::Success)
}

fn read_records(file: &Path) -> Result<Vec<SeedRecord>, Failure> {
    let name = file.display();
    let json = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(
            Exit::BadInput,
            format!("reading records from `{name}`: {error}"),
        )
    })?;
    read_seed(&json).map_err(|error| {
        Failure::with_remedy(
            Exit::BadInput,
            format!("reading records from `{name}`: {error}"),
            "a record is {\"id\",\"customer\",\"queue\",\"state\",\"created_at\",\"closed_at\"}",
        )
    })
}

/// The profile of the CRM that the config names first, or of one without limits or customs.
fn profile(config: &Config) -> Profile {
    let first = config.connectors.values().next();
    first
        .map(crate::config::ConnectorConfig::profile)
        .unwrap_or(Profile {
            name: "none",
            title_limit: 255,
            session_type_tag: str::to_owned,
            plain_tag: str::to_owned,
            record_without_customer: true,
            refuses: &[],
        })
}

fn simulate(
    input: &mut Input,
    config: &Config,
    seed: &[SeedRecord],
    window: SignedDuration,
    report: &mut Report,
) -> Result<(), Failure> {
    let profile = profile(config);
    let mut simulation = Simulation::new(&config.settings, &profile, seed, window);
    in_order(input, window, report, |event, warning, report| {
        simulation.observe(event, warning, &mut |line| report.line(&line));
    })?;
    report.ignored = simulation.finish(&mut |line| report.line(&line));
    Ok(())
}

fn compare(
    input: &mut Input,
    [config, other]: [&Config; 2],
    seed: &[SeedRecord],
    window: SignedDuration,
    report: &mut Report,
) -> Result<(), Failure> {
    let profiles = [profile(config), profile(other)];
    let mut before = Simulation::new(&config.settings, &profiles[0], seed, window);
    let mut after = Simulation::new(&other.settings, &profiles[1], seed, window);
    let mut diff = Diff::default();
    in_order(input, window, report, |event, warning, report| {
        before.observe(event, warning, &mut |line| report.change(diff.before(line)));
        after.observe(event, warning, &mut |line| report.change(diff.after(line)));
    })?;
    report.ignored = before.finish(&mut |line| report.change(diff.before(line)));
    after.finish(&mut |line| report.change(diff.after(line)));
    report.same = diff.same();
    Ok(())
}

/// Hands the input's events to `observe`, in order of time within `window`.
fn in_order(
    input: &mut Input,
    window: SignedDuration,
    report: &mut Report,
    mut observe: impl FnMut(&casewire_core::SessionEvent, Option<&str>, &mut Report),
) -> Result<(), Failure> {
    let mut reorder = Reorder::new(window);
    while let Some(next) = input.events.next() {
        let incoming = match next {
            Ok(incoming) => incoming,
            Err(error) => {
                report.flush()?;
                return Err(input.malformed(&error));
            }
        };
        reorder.push(incoming.event, incoming.warning);
        while let Some((event, warning)) = reorder.pop() {
            observe(&event, warning.as_deref(), report);
        }
        report.written()?;
    }
    while let Some((event, warning)) = reorder.pop_any() {
        observe(&event, warning.as_deref(), report);
        report.written()?;
    }
    input.bar.finish_and_clear();
    report.late = reorder.late();
    report.skipped = input.events.skipped();
    Ok(())
}

/// Writes lines as they are settled, and a summary at the end.
struct Report {
    output: Output,
    format: Format,
    failed: Option<io::Error>,
    outcomes: BTreeMap<Outcome, usize>,
    changed: usize,
    same: usize,
    late: u64,
    ignored: u64,
    skipped: usize,
    compares: bool,
}

impl Report {
    fn new(context: &Context) -> Self {
        Self {
            output: context.output(),
            format: context.format,
            failed: None,
            outcomes: BTreeMap::new(),
            changed: 0,
            same: 0,
            late: 0,
            ignored: 0,
            skipped: 0,
            compares: false,
        }
    }

    fn line(&mut self, line: &Line) {
        *self.outcomes.entry(line.outcome).or_default() += 1;
        let written = match self.format {
            Format::Json => self.output.write_json(line),
            Format::Table => writeln!(self.output, "{}", row(line)),
        };
        self.note(written);
    }

    fn change(&mut self, change: Option<Change>) {
        self.compares = true;
        let Some(change) = change else { return };
        self.changed += 1;
        let written = match self.format {
            Format::Json => self.output.write_json(&change),
            Format::Table => writeln!(
                self.output,
                "- {}\n+ {}",
                row(&change.before),
                row(&change.after)
            ),
        };
        self.note(written);
    }

    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// Whether all that was handed over could be written.
    fn written(&mut self) -> Result<(), Failure> {
        match self.failed.take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.written()?;
        Ok(self.output.flush()?)
    }

    /// Ends the lines; the summary goes to standard error, so that lines can be piped.
    fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        let mut summary = String::new();
        if self.compares {
            let all = self.same + self.changed;
            summary.push_str(&format!(
                "{} of {} would be decided differently",
                self.changed,
                counted(all)
            ));
        } else {
            let all: usize = self.outcomes.values().sum();
            summary.push_str(&counted(all));
            for (place, (outcome, count)) in self.outcomes.iter().enumerate() {
                let before = if place == 0 { ": " } else { ", " };
                summary.push_str(&format!("{before}{count} {}", outcome.as_str()));
            }
        }
        if self.late > 0 {
            summary.push_str(&format!(
                "; {} events came too late to be put in order, see --reorder-window",
                self.late
            ));
        }
        if self.ignored > 0 {
            summary.push_str(&format!(
                "; {} events came for sessions that were settled as none before, see --reorder-window",
                self.ignored
            ));
        }
        if self.skipped > 0 {
            summary.push_str(&format!("; {} entries told of no session", self.skipped));
        }
        Ok(writeln!(io::stderr(), "{summary}")?)
    }
}

fn row(line: &Line) -> String {
    let decided_at = line.decided_at.map(|at| at.to_string());
    let rule = line.rule.map(|rule| rule.to_string());
    format!(
        "{:<20}  {:<12}  {:<9}  {:<3}  {:<10}  {:<8}  {}",
        decided_at.as_deref().unwrap_or("-"),
        line.session,
        line.outcome.as_str(),
        rule.as_deref().unwrap_or("-"),
        line.record.as_deref().unwrap_or("-"),
        line.queue.as_deref().unwrap_or("-"),
        told(&line.reason, &line.warnings),
    )
}
