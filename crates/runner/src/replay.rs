//! `casewire replay`: recorded events through the pipeline into the CRM.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write as _};
use std::sync::Arc;

use casewire_core::{CrmConnector, Outcome, Refused, RuleId, SessionEvent, SessionKey, Severity};
use casewire_engine::{Flow, Patience, Progress, Receipt, replay};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::Serialize;

use crate::check::exit_of;
use crate::cli::ReplayArgs;
use crate::config::Config;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};
use crate::input::{Input, styled};
use crate::table::table;
use crate::term::Terminal;

/// Lanes served side by side.
pub(crate) const LANES: usize = 8;

/// Malformed events shown before the rest is only counted.
const SHOWN_ERRORS: usize = 10;

/// Reads all events before the first is sent, so that a malformed file changes nothing.
pub(crate) async fn run(args: ReplayArgs, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?;
    let Read {
        events,
        mut warnings,
        skipped,
    } = read(Input::open(&args.file, context.terminal)?)?;
    let settings = Arc::new(config.settings.clone());
    let mut receipts = Vec::new();
    for (name, events) in by_connector(&config, events)? {
        let connector = connect(&config, &name).await?;
        let flow = Flow::new(connector, Arc::clone(&settings));
        let bar = progress_bar(&name, context.terminal);
        let patience = Patience::default();
        let told = replay(&flow, patience, events, LANES, |progress| {
            show(&bar, progress)
        })
        .await;
        receipts.extend(told);
        bar.finish_and_clear();
    }
    for receipt in &mut receipts {
        receipt
            .warnings
            .extend(warnings.remove(&receipt.session).unwrap_or_default());
    }
    write(&receipts, skipped, context)?;
    Ok(
        match receipts
            .iter()
            .any(|receipt| receipt.outcome == Outcome::Parked)
        {
            true => Exit::Unfinished,
            false => Exit::Success,
        },
    )
}

/// What an input holds.
struct Read {
    events: Vec<SessionEvent>,
    /// What was there and could not be used, by session.
    warnings: HashMap<SessionKey, Vec<String>>,
    /// Entries that told of no session.
    skipped: usize,
}

fn read(mut input: Input) -> Result<Read, Failure> {
    let mut events = Vec::new();
    let mut warnings: HashMap<SessionKey, Vec<String>> = HashMap::new();
    let mut errors = Vec::new();
    for next in input.events.by_ref() {
        match next {
            Ok(incoming) => {
                if let Some(warning) = incoming.warning {
                    let known = warnings.entry(incoming.event.session.clone()).or_default();
                    if !known.contains(&warning) {
                        known.push(warning);
                    }
                }
                events.push(incoming.event);
            }
            Err(error) => errors.push(error),
        }
    }
    input.bar.finish_and_clear();
    if errors.is_empty() {
        let skipped = input.events.skipped();
        return Ok(Read {
            events,
            warnings,
            skipped,
        });
    }
    let shown: Vec<_> = errors
        .iter()
        .take(SHOWN_ERRORS)
        .map(|error| format!("\n  {error}"))
        .collect();
    let more = match errors.len().saturating_sub(SHOWN_ERRORS) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    Err(Failure::with_remedy(
        Exit::BadInput,
        format!(
            "reading events from `{}`:{}{more}",
            input.name,
            shown.concat()
        ),
        "nothing was sent to the CRM; mend the file and replay it again",
    ))
}

/// The events of each connector, by its name.
fn by_connector(
    config: &Config,
    events: Vec<SessionEvent>,
) -> Result<BTreeMap<String, Vec<SessionEvent>>, Failure> {
    let mut names: HashMap<Arc<str>, String> = HashMap::new();
    let mut routed: BTreeMap<String, Vec<SessionEvent>> = BTreeMap::new();
    for event in events {
        let source = event.session.source();
        if !names.contains_key(source) {
            let (name, _) = config.connector_for(source)?;
            names.insert(Arc::clone(source), name.to_owned());
        }
        routed.entry(names[source].clone()).or_default().push(event);
    }
    Ok(routed)
}

/// Builds the connector and makes sure that the CRM is ready for it: one finding before the first write, not one
/// per session.
async fn connect(config: &Config, name: &str) -> Result<Arc<dyn CrmConnector>, Failure> {
    let connector: Arc<dyn CrmConnector> = config.connectors[name].connect()?.into();
    let findings = connector.check().await?;
    let wrong = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Missing);
    let wrong: Vec<_> = wrong
        .map(|finding| format!("\n  {}", finding.message))
        .collect();
    if wrong.is_empty() {
        return Ok(connector);
    }
    Err(Failure::with_remedy(
        exit_of(&findings),
        format!(
            "the CRM of connector `{name}` is not ready:{}",
            wrong.concat()
        ),
        "nothing was sent; `casewire check` tells more, `casewire setup --yes` creates what is missing",
    ))
}

fn progress_bar(name: &str, terminal: Terminal) -> ProgressBar {
    if !terminal.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = styled(
        ProgressBar::new(0),
        "{msg} {bar:30} {pos}/{len} sessions, {eta} left",
    );
    bar.with_message(name.to_owned())
}

pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.of as u64);
    bar.set_position(progress.done as u64);
}

/// A receipt, as it is printed.
#[derive(Serialize)]
struct Line<'a> {
    session: String,
    outcome: Outcome,
    rule: Option<RuleId>,
    reason: &'a str,
    decided_at: Option<Timestamp>,
    record: Option<&'a str>,
    chosen_by: Option<RuleId>,
    chosen_because: Option<&'a str>,
    changed: bool,
    repeated: bool,
    notes_written: usize,
    refused: &'a [Refused],
    settings: &'a str,
    warnings: &'a [String],
}

fn write(receipts: &[Receipt], skipped: usize, context: &Context) -> Result<(), Failure> {
    let mut output = context.output();
    match context.format {
        Format::Json => {
            for receipt in receipts {
                output.write_json(&Line {
                    session: receipt.session.to_string(),
                    outcome: receipt.outcome,
                    rule: receipt.rule,
                    reason: &receipt.reason,
                    decided_at: receipt.decided_at,
                    record: receipt.record.as_ref().map(|record| record.0.as_str()),
                    chosen_by: receipt.chosen.as_ref().map(|chosen| chosen.rule),
                    chosen_because: receipt.chosen.as_ref().map(|chosen| chosen.text.as_str()),
                    changed: receipt.changed(),
                    repeated: receipt.repeated,
                    notes_written: receipt.notes_written,
                    refused: &receipt.refused,
                    settings: &receipt.settings,
                    warnings: &receipt.warnings,
                })?;
            }
        }
        Format::Table if !receipts.is_empty() => {
            let mut table = table(["session", "outcome", "rule", "record", "notes", "reason"]);
            for receipt in receipts {
                let outcome = match receipt.repeated {
                    true => "there already".to_owned(),
                    false => receipt.outcome.as_str().to_owned(),
                };
                let rule = receipt.rule.map(|rule| rule.to_string());
                let record = receipt.record.as_ref().map(|record| record.0.clone());
                table.add_row([
                    receipt.session.to_string(),
                    outcome,
                    rule.unwrap_or_default(),
                    record.unwrap_or_default(),
                    receipt.notes_written.to_string(),
                    told(&receipt.reason, &receipt.warnings),
                ]);
            }
            writeln!(output, "{table}")?;
        }
        Format::Table => {}
    }
    output.flush()?;
    Ok(writeln!(io::stderr(), "{}", summary(receipts, skipped))?)
}

/// A reason, and what else a person should know.
pub(crate) fn told(reason: &str, warnings: &[String]) -> String {
    let all = std::iter::once(reason).chain(warnings.iter().map(String::as_str));
    all.collect::<Vec<_>>().join("; ")
}

/// Says in a line what the replay changed.
fn summary(receipts: &[Receipt], skipped: usize) -> String {
    let changed = receipts.iter().filter(|receipt| receipt.changed()).count();
    let parked = receipts
        .iter()
        .filter(|receipt| receipt.outcome == Outcome::Parked)
        .count();
    let sessions = receipts.len();
    let parked = match parked {
        0 => String::new(),
        parked => format!("; {parked} parked"),
    };
    let skipped = match skipped {
        0 => String::new(),
        skipped => format!("; {skipped} entries told of no session"),
    };
    let sessions = counted(sessions);
    match changed {
        0 => format!("{sessions}: nothing changed in the CRM{parked}{skipped}"),
        changed => format!("{sessions}: {changed} changed something in the CRM{parked}{skipped}"),
    }
}

/// So many sessions, in words.
pub(crate) fn counted(sessions: usize) -> String {
    match sessions {
        1 => "1 session".to_owned(),
        many => format!("{many} sessions"),
    }
}
