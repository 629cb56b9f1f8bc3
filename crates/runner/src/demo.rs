//! `casewire demo`: a sample day into a sandbox of each CRM on this machine, faults included.

mod crm;
mod report;

use std::io::{self, Write as _};
use std::sync::Arc;

use casewire_core::{Outcome, SessionEvent};
use casewire_engine::Receipt;
use futures::future::{join_all, try_join_all};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use self::crm::DemoCrm;
use crate::cli::DemoArgs;
use crate::context::{Context, Output};
use crate::crm::Crm;
use crate::exit::{Exit, Failure};
use crate::input::styled;
use crate::sandbox::interrupted;

/// The day: calls and chats as webhooks deliver them, some late, some twice.
const DAY: &str = include_str!("../demo/day.ndjson");

/// Where the day's events come from.
const SOURCE: &str = "//contact-center/sample";

/// What goes wrong while the day is replayed.
const FAULTS: &str = "throttle=0.02,retry-after=0s,unavailable=0.02,lost-answer=0.03,index-lag=30s";

/// Replays the day twice into every CRM: the second time nothing may change.
pub(crate) async fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let crms = try_join_all(Crm::ALL.iter().map(|crm| DemoCrm::start(*crm))).await?;
    let events = events()?;
    let mut output = context.output();
    introduce(&mut output, &crms, events.len())?;

    for crm in &crms {
        crm.sandbox.set_faults(FAULTS.parse().map_err(broken)?);
    }
    let first = replay_day(&crms, &events, "first time", context).await;
    let states: Vec<_> = crms.iter().map(|crm| crm.sandbox.state()).collect();
    let again = replay_day(&crms, &events, "once more", context).await;

    writeln!(output, "{}\n", report::decisions(&crms, &first).trim_fmt())?;
    writeln!(output, "{}\n", report::holdings(&crms, &states).trim_fmt())?;
    let mut all_same = true;
    for ((crm, before), receipts) in crms.iter().zip(&states).zip(&again) {
        let changed = receipts.iter().filter(|receipt| receipt.changed()).count();
        let is_same = crm.holds_what(before);
        let verdict = match is_same {
            true => "the same records as before",
            false => "DIFFERENT records",
        };
        writeln!(
            output,
            "Replayed once more into {}: {changed} sessions changed anything, {verdict}.",
            crm.label()
        )?;
        all_same &= is_same;
    }
    for (crm, state) in crms.iter().zip(&states) {
        writeln!(output, "\nSome records in {}:", crm.label())?;
        for record in report::worth_reading(state) {
            writeln!(output, "\n{}", report::as_read(record).trim_end())?;
        }
    }
    if !args.once {
        writeln!(output, "\nThe fakes are still there:")?;
        for crm in &crms {
            writeln!(output, "  curl http://{}/_sandbox/state", crm.address)?;
        }
        writeln!(output, "Ctrl-C ends them.")?;
    }
    output.flush()?;
    if !args.once {
        interrupted().await;
    }
    let is_parked = |receipt: &Receipt| receipt.outcome == Outcome::Parked;
    let is_whole = !first.iter().flatten().any(is_parked);
    Ok(match is_whole && all_same {
        true => Exit::Success,
        false => Exit::Unfinished,
    })
}

fn introduce(output: &mut Output, crms: &[DemoCrm], events: usize) -> io::Result<()> {
    writeln!(output, "A sample day of {events} events into")?;
    for crm in crms {
        writeln!(output, "  a fake {} on http://{}", crm.label(), crm.address)?;
    }
    writeln!(
        output,
        "each of which throttles, fails, loses answers and lags:\n  {FAULTS}\n"
    )?;
    output.flush()
}

/// The demo's own parts do not fit together: a mistake in this build.
fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Io, format!("reading the sample day: {error}"))
}

fn events() -> Result<Vec<SessionEvent>, Failure> {
    casewire_intake::read(DAY.as_bytes(), &Arc::from(SOURCE))
        .map(|incoming| incoming.map(|incoming| incoming.event).map_err(broken))
        .collect()
}

/// Replays the day into all CRMs side by side; receipts in the order of `crms`.
async fn replay_day(
    crms: &[DemoCrm],
    events: &[SessionEvent],
    what: &str,
    context: &Context,
) -> Vec<Vec<Receipt>> {
    let bars = MultiProgress::with_draw_target(match context.terminal.shows_progress() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    });
    let replays = crms.iter().map(|crm| {
        let bar = bars.add(ProgressBar::new(0));
        let bar = styled(bar, "{prefix:>12} {bar:40} {pos}/{len} sessions, {msg}");
        let bar = bar.with_prefix(crm.label()).with_message(what.to_owned());
        crm.replay(events.to_vec(), bar)
    });
    let receipts = join_all(replays).await;
    // A terminal that can not be written to has no bars to clear.
    let _ = bars.clear();
    receipts
}
