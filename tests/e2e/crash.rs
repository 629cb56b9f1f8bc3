//! The process is killed at random moments, over and over, while the CRM throttles, resets connections, lags and loses
//! answers; and each session has its one record all the same. The four CRMs take turns.
//!
//! `CASEWIRE_CRASH_RUNS` sets how many runs there are, 200 when it is not set; `CASEWIRE_CRASH_SEED` repeats the run of
//! one seed, which also tells the CRM. A seed repeats what is sent, what goes wrong and when the process is killed, but
//! not how the machine shares its time among all of them: what one run in a hundred shows may take several to show again.

mod crm;
mod judge;
mod plan;
mod run;
mod session;
mod tally;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use tally::Tally;

use crate::process::Crm;

/// So many runs go on side by side: each waits most of the time.
const SIDE_BY_SIDE: usize = 6;

/// So many runs with one CRM have all that can go wrong among them.
const MANY: usize = 40;

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let value = text.parse().ok();
    assert!(value.is_some(), "{name}: `{text}` is no number");
    value
}

/// What the runs with each CRM came to, by its name.
type Tallies = BTreeMap<&'static str, Tally>;

/// Does the runs of `seeds`, and gives what they came to, or the report of the first that shows a problem.
fn campaign(seeds: std::ops::Range<u64>) -> Result<Tallies, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime for the CRMs");
    let next = AtomicU64::new(seeds.start);
    let (told, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            let (next, told, runtime, seeds) = (&next, told.clone(), runtime.handle(), &seeds);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more when one has failed.
                    if !seeds.contains(&seed) || told.send(run::run(seed, runtime)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(told);
        let mut tallies = Tallies::new();
        for result in results {
            let (crm, tally) = result?;
            tallies.entry(crm.name()).or_default().add(tally);
        }
        Ok(tallies)
    })
}

#[test]
fn no_kill_loses_or_doubles_anything() {
    let runs = variable("CASEWIRE_CRASH_RUNS").unwrap_or(200);
    let seeds = match variable::<u64>("CASEWIRE_CRASH_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..runs,
    };
    let tallies = campaign(seeds).unwrap_or_else(|report| panic!("{report}"));
    let _ = writeln!(std::io::stderr(), "{tallies:#?}");
    for crm in Crm::ALL {
        let tally = tallies.get(crm.name()).filter(|tally| tally.runs >= MANY);
        let too_calm = tally.map(|tally| tally.too_calm(crm));
        assert_eq!(
            too_calm.unwrap_or_default(),
            Vec::<String>::new(),
            "{crm:?}: {tally:?}"
        );
    }
}
