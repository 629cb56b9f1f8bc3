//! What surrounds an engine whose sessions are drawn from a seed, and what goes wrong there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use casewire_core::{ErrorKind, Rules};
use casewire_engine::{Engine, Options, Routes};
use fastrand::Rng;
use tempfile::TempDir;

use crate::crm::{Crm, Fate};
use crate::story::*;

pub(crate) const ENDPOINT: &str = "https://a.example.com";

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// All that `CASEWIRE_SEEDS` counts, or `CASEWIRE_SEED` alone.
pub(crate) fn seeds() -> Vec<u64> {
    match number("CASEWIRE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("CASEWIRE_SEEDS").unwrap_or(60)).collect(),
    }
}

/// What went wrong, over all seeds.
#[derive(Debug, Default)]
pub(crate) struct Suffered {
    crashes: AtomicUsize,
    hangs: AtomicUsize,
    errors: AtomicUsize,
}

impl Suffered {
    fn note(&self, fate: Fate) {
        let count = match fate {
            Fate::Hang | Fate::WriteThenHang => &self.hangs,
            Fate::Fail(_) | Fate::WriteThenFail(_) => &self.errors,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// A run in which nothing went wrong would prove nothing. Only a seed alone may be so.
    pub(crate) fn assert_enough(&self) {
        let all = [&self.crashes, &self.hangs, &self.errors];
        let is_enough = all.iter().all(|count| count.load(Ordering::Relaxed) > 0);
        assert!(is_enough || seeds().len() == 1, "too little: {self:?}");
    }
}

/// An engine's surroundings, which outlive it.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) routes: Routes,
    pub(crate) crm: Arc<Crm>,
    suffered: Arc<Suffered>,
    /// For what is asserted.
    pub(crate) what: String,
    _folder: TempDir,
}

impl World {
    pub(crate) fn new(seed: u64, crm: Arc<Crm>, rules: Rules, suffered: &Arc<Suffered>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            options: Options {
                clock: tokios_clock(),
                endpoints: vec![ENDPOINT.into()],
                ..options(folder.path())
            },
            routes: routes(&crm, rules),
            crm,
            suffered: Arc::clone(suffered),
            what: format!("repeat with CASEWIRE_SEED={seed}"),
            _folder: folder,
        }
    }

    pub(crate) fn start(&self) -> Engine {
        Engine::start(self.options.clone(), self.routes.clone()).unwrap()
    }

    pub(crate) async fn crash(&self, engine: Engine) -> Engine {
        self.suffered.crashes.fetch_add(1, Ordering::Relaxed);
        self.restart(engine).await
    }

    pub(crate) async fn restart(&self, engine: Engine) -> Engine {
        restart_with(engine, &self.options, &self.routes).await
    }

    /// In so many of a hundred requests something goes wrong, as `trouble` draws it for a write or another request.
    pub(crate) fn given_trouble(
        &self,
        percent: u32,
        mut random: Rng,
        trouble: impl Fn(&mut Rng, bool) -> Fate + Send + 'static,
    ) {
        let suffered = Arc::clone(&self.suffered);
        self.crm.script(move |asked| {
            if random.u32(..100) >= percent {
                return Fate::Fine;
            }
            let is_write = asked.starts_with("create") || asked.starts_with("append");
            let fate = trouble(&mut random, is_write);
            suffered.note(fate);
            fate
        });
    }

    /// All is well again, and what hangs ends with the process.
    pub(crate) async fn calm(&self, engine: Engine) -> Engine {
        self.crm.set(Fate::Fine);
        let engine = self.restart(engine).await;
        self.until_idle(&engine).await;
        engine
    }

    pub(crate) async fn until_idle(&self, engine: &Engine) {
        let idle = async || {
            let depth = engine.depth().await.unwrap();
            let mut lanes = depth.connectors.iter();
            lanes.all(|lanes| lanes.ready_lanes + lanes.waiting_lanes == 0)
        };
        until(&format!("no lane has work: {}", self.what), idle).await;
    }
}

/// Trouble that passes with time.
pub(crate) fn passing(random: &mut Rng, is_write: bool) -> Fate {
    let retry_after = Duration::from_secs(random.u64(..20));
    match random.u8(..9) {
        0 | 1 => Fate::Fail(ErrorKind::Unavailable),
        2 => Fate::Fail(ErrorKind::RateLimited { retry_after }),
        3 => Fate::Fail(ErrorKind::Auth),
        4 if is_write => Fate::Fail(ErrorKind::Uncertain),
        5 | 6 if is_write => Fate::WriteThenFail(ErrorKind::Uncertain),
        7 if is_write => Fate::WriteThenHang,
        8 if is_write => Fate::Hang,
        _ => Fate::Slow(random.u64(..50)),
    }
}

/// Trouble that may come to need a person.
pub(crate) fn lasting(random: &mut Rng, is_write: bool) -> Fate {
    match random.u8(..5) {
        0 if is_write => Fate::WriteThenFail(ErrorKind::Protocol),
        1 if is_write => Fate::Fail(ErrorKind::Conflict),
        2 if is_write => Fate::Fail(ErrorKind::Rejected),
        3 => Fate::Fail(ErrorKind::Rejected),
        _ => Fate::Fail(ErrorKind::Protocol),
    }
}
