//! One run: clients send, the process is killed and started again, and at the end all is looked at.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use casewire_sandbox::{Faults, Sandbox};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::crm::facts;
use super::judge;
use super::plan::{Plan, Request};
use super::tally::Tally;
use crate::http;
use crate::process::{Crm, binary};
use crate::sender::{SECRET, Sender};
use crate::serving::{INTAKE, PATIENCE, Serving, is_settled, receipt_in, receipt_path};

/// What a run shows that did not go as it has to.
pub(super) type Problems = Vec<String>;

/// A run while it goes on.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) sandbox: Sandbox,
    folder: TempDir,
    crm: String,
    /// Serves the CRM for as long as it is there.
    _crm_ends: oneshot::Sender<()>,
    sender: Sender,
    /// Where the process listens now.
    address: Mutex<String>,
    /// How many requests were taken.
    taken: AtomicUsize,
    /// How many requests had to be sent again, because nothing was answered that says they were taken.
    resent: AtomicUsize,
    /// How many events were told to be known already.
    repeated: AtomicUsize,
    started: Instant,
    log: Mutex<Vec<String>>,
}

/// Does the run of `seed`: the CRM that it was with and what it counted, or what was wrong with it.
pub(super) fn run(seed: u64, runtime: &Handle) -> Result<(Crm, Tally), String> {
    let run = Run::prepare(Plan::draw(seed), runtime);
    match run.go() {
        (tally, problems) if problems.is_empty() => Ok((run.plan.crm, tally)),
        (_, problems) => Err(run.report(&problems)),
    }
}

impl Run {
    fn prepare(plan: Plan, runtime: &Handle) -> Self {
        let sandbox = (facts(plan.crm).sandbox)(plan.seed);
        if !plan.clock_ticks {
            sandbox.freeze(Timestamp::now());
        }
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a free port");
        let crm = listener.local_addr().expect("its address").to_string();
        let (end, ended) = oneshot::channel::<()>();
        let ended = async {
            // Dropped or sent: either way it is to end.
            let _ = ended.await;
        };
        runtime.spawn(casewire_sandbox::serve(listener, sandbox.clone(), ended));
        let run = Self {
            folder: TempDir::new().expect("a folder"),
            crm,
            _crm_ends: end,
            sandbox,
            sender: Sender::new(),
            address: Mutex::default(),
            taken: AtomicUsize::new(0),
            resent: AtomicUsize::new(0),
            repeated: AtomicUsize::new(0),
            started: Instant::now(),
            log: Mutex::default(),
            plan,
        };
        run.write("secret", "sandbox");
        run.write("signing", SECRET);
        run.write("casewire.toml", &run.config());
        let set_up = Command::new(binary())
            .args(["setup", "--yes"])
            .current_dir(run.folder.path())
            .env_remove("CASEWIRE_CONFIG")
            .output();
        let set_up = set_up.expect("the command runs");
        assert!(set_up.status.success(), "{set_up:?}");
        run
    }

    fn config(&self) -> String {
        format!(
            "[connector]\n{}\n[rules]\n{}{INTAKE}",
            self.plan.crm.connector("sandbox", &self.crm),
            self.plan.rules.to_toml()
        )
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a written file");
    }

    /// Does all of it, and looks at what came of it.
    fn go(&self) -> (Tally, Problems) {
        let mut tally = Tally {
            runs: 1,
            ..Tally::default()
        };
        self.set_faults(&self.plan.faults);
        let mut serving = match self.start() {
            Ok(serving) => serving,
            Err(problem) => return (tally, vec![problem]),
        };
        let killed = thread::scope(|scope| {
            let clients = self.plan.clients.iter().enumerate();
            for (number, requests) in clients {
                scope.spawn(move || self.send_all(number, requests));
            }
            if let Some(after) = self.plan.resolves_after {
                scope.spawn(move || self.resolve_all(after));
            }
            self.kill_all(&mut serving, &mut tally)
        });
        let total = self.plan.clients.iter().map(Vec::len).sum();
        let mut problems: Problems = killed.err().into_iter().collect();
        if self.taken.load(Ordering::Relaxed) < total {
            problems.push("not all requests were taken".to_owned());
        }
        if !problems.is_empty() {
            return (tally, problems);
        }
        thread::sleep(self.plan.faults_last);
        self.set_faults("");
        self.log("the CRM works again");
        let receipts = self.settle(&serving);
        tally.count_metrics(serving.try_get("/metrics"));
        let ended = serving.end();
        self.keep_log(&ended.said);
        if !ended.status.success() {
            problems.push(format!("it ended with {}", ended.status));
        }
        tally.resent = self.resent.load(Ordering::Relaxed);
        tally.repeated = self.repeated.load(Ordering::Relaxed);
        let state = self.sandbox.state();
        tally.count_requests(&state["requests"]);
        match receipts {
            Ok(receipts) => problems.extend(judge::problems(&self.plan, &state, &receipts)),
            Err(problem) => problems.push(problem),
        }
        (tally, problems)
    }

    fn set_faults(&self, faults: &str) {
        let faults: Faults = faults.parse().expect("faults as they are written");
        self.sandbox.set_faults(faults);
    }

    /// Starts the process on the run's store.
    fn start(&self) -> Result<Serving, String> {
        let serving = Serving::start(self.folder.path())
            .map_err(|stopped| format!("it did not start: {stopped:?}"))?;
        let mut address = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        address.clone_from(&serving.address);
        self.log("started");
        Ok(serving)
    }

    /// Kills the process at its moments, and starts it again at once.
    fn kill_all(&self, serving: &mut Serving, tally: &mut Tally) -> Result<(), String> {
        for kill in &self.plan.kills {
            if !self.wait_for_taken(kill.after) {
                return Err(format!("{} requests were never taken", kill.after));
            }
            thread::sleep(kill.wait);
            tally.count_metrics(serving.try_get("/metrics"));
            let killed = serving.kill();
            self.log("killed");
            self.keep_log(&killed.said);
            if !killed.was_killed() {
                return Err(format!("it ended by itself: {killed:?}"));
            }
            tally.kills += 1;
            *serving = self.start()?;
        }
        Ok(())
    }

    fn wait_for_taken(&self, requests: usize) -> bool {
        let end = Instant::now() + PATIENCE;
        while self.taken.load(Ordering::Relaxed) < requests {
            if Instant::now() > end {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// A client: one request after another, each again until it is taken.
    fn send_all(&self, client: usize, requests: &[Request]) {
        for request in requests {
            thread::sleep(request.pause);
            if !self.send_until_taken(client, request) {
                return;
            }
            self.taken.fetch_add(1, Ordering::Relaxed);
            if request.twice {
                // Whatever becomes of it, it has been taken.
                let _ = self.sender.send(&self.address(), &request.events);
            }
        }
    }

    fn send_until_taken(&self, client: usize, request: &Request) -> bool {
        let ids = request.events.iter().map(|event| event["id"].as_str());
        let ids: Vec<_> = ids.map(Option::unwrap_or_default).collect();
        let end = Instant::now() + PATIENCE;
        loop {
            let told = match self.sender.send(&self.address(), &request.events) {
                Ok(answer) if answer.status == 202 => {
                    let repeated = answer.json()["repeated"].as_u64().unwrap_or(0);
                    self.repeated
                        .fetch_add(usize::try_from(repeated).unwrap_or(0), Ordering::Relaxed);
                    self.log(&format!("client {client}: {ids:?}: {}", answer.body));
                    return true;
                }
                Ok(answer) => format!("{} {}", answer.status, answer.body),
                Err(error) => error.kind().to_string(),
            };
            if Instant::now() > end {
                self.log(&format!("client {client}: {ids:?} given up: {told}"));
                return false;
            }
            self.log(&format!("client {client}: {ids:?}: {told}"));
            self.resent.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn address(&self) -> String {
        let address = self.address.lock();
        address.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A person resolves all open records in the CRM.
    fn resolve_all(&self, after: usize) {
        if !self.wait_for_taken(after) {
            return;
        }
        let state = self.sandbox.state();
        let records = state["records"].as_array().into_iter().flatten();
        for record in records.filter(|record| record["state"] == "open") {
            let id = record["id"].as_str().unwrap_or_default();
            let line = format!("PATCH /_sandbox/records/{id}");
            let change = r#"{"state":"resolved"}"#;
            let done = http::send(
                &self.crm,
                &line,
                &[("content-type", "application/json")],
                change,
            );
            let done = done.expect("an answer of the sandbox");
            assert_eq!(done.status, 200, "{done:?}");
            self.log(&format!("a person resolved {id}"));
        }
    }

    /// Waits until nothing is left to be written, and gives the receipts of all sessions, in their order.
    fn settle(&self, serving: &Serving) -> Result<Vec<Value>, String> {
        let end = Instant::now() + 2 * PATIENCE;
        let mut receipts = Vec::new();
        for session in &self.plan.sessions {
            loop {
                let answer = serving.try_get(&receipt_path(&session.key));
                let answer =
                    answer.map_err(|error| format!("it is not there any more: {error}"))?;
                let receipt = receipt_in(&answer);
                let is_open = receipt["phase"] == "waiting" && !session.is_due;
                if is_settled(&receipt) || is_open {
                    receipts.push(receipt);
                    break;
                }
                if Instant::now() > end {
                    return Err(format!("{} is never settled: {receipt}", session.key));
                }
                thread::sleep(Duration::from_millis(30));
            }
        }
        self.log("settled");
        Ok(receipts)
    }

    fn log(&self, what: &str) {
        let at = self.started.elapsed().as_millis();
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(format!("{at:>6} ms  {what}"));
    }

    fn keep_log(&self, said: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend(said.lines().map(|line| format!("    {line}")));
    }

    /// All that a person needs to find out what happened. The store stays where it is.
    fn report(mut self, problems: &Problems) -> String {
        self.folder.disable_cleanup(true);
        let folder: PathBuf = self.folder.path().to_owned();
        let log = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n");
        format!(
            "seed {seed}: repeat it with CASEWIRE_CRASH_SEED={seed}; the store is in {}\n\
             {log}\n{:#?}\n{:#}\nconfig:\n{}\nproblems of seed {seed}:\n- {}",
            folder.display(),
            self.plan,
            self.sandbox.state(),
            self.config(),
            problems.join("\n- "),
            seed = self.plan.seed,
        )
    }
}
