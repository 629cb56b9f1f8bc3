//! `casewire serve` as a process.

use std::fmt;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{self, Answer};
use crate::process::binary;

/// How long anything that is bound to happen may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of a config, after its rules: an intake on any free port, which takes what is signed with the secret in the file
/// `signing`.
pub(crate) const INTAKE: &str =
    "\n[intake]\nlisten = \"127.0.0.1:0\"\nsecrets = [{ file = \"signing\" }]\n";

const LISTENING: &str = "listening on http://";

/// A running `casewire serve`; it is killed when this is dropped.
pub(crate) struct Serving {
    /// Where it listens.
    pub(crate) address: String,
    child: Child,
    said: Arc<Said>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serving({})", self.address)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `casewire serve` that ended.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    /// How.
    pub(crate) status: ExitStatus,
    /// What it wrote to standard error.
    pub(crate) said: String,
}

impl Stopped {
    /// Whether it was killed, and did not end by itself.
    pub(crate) fn was_killed(&self) -> bool {
        const SIGKILL: i32 = 9;
        self.status.signal() == Some(SIGKILL)
    }
}

/// What a process writes to standard error, as it is written.
#[derive(Debug, Default)]
struct Said {
    state: Mutex<(String, bool)>,
    more: Condvar,
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, (String, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: Arc<Self>, stderr: ChildStderr) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut state = self.lock();
            state.0.push_str(&line);
            state.0.push('\n');
            self.more.notify_all();
        }
        self.lock().1 = true;
        self.more.notify_all();
    }

    /// Waits until `found` finds something in the text; none when the process falls silent for good or that is too long.
    fn wait<T>(&self, found: impl Fn(&str) -> Option<T>) -> Option<T> {
        let end = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if let Some(found) = found(&state.0) {
                return Some(found);
            }
            let left = end.saturating_duration_since(Instant::now());
            if state.1 || left.is_zero() {
                return None;
            }
            let waited = self.more.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Serving {
    /// Starts it in `folder`, where its config is, and waits until it listens; or how it ended before that.
    pub(crate) fn start(folder: &Path) -> Result<Self, Stopped> {
        let mut child = Command::new(binary())
            .args(["serve", "-v"])
            .current_dir(folder)
            .env_remove("CASEWIRE_CONFIG")
            .env_remove("CASEWIRE_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let said = Arc::new(Said::default());
        let stderr = child.stderr.take().expect("a piped standard error");
        let listener = Arc::clone(&said);
        thread::spawn(move || listener.listen(stderr));
        let address = said.wait(|text| {
            let (_, rest) = text.split_once(LISTENING)?;
            let (address, _) = rest.split_once('\n')?;
            Some(address.trim().to_owned())
        });
        let mut serving = Self {
            address: address.unwrap_or_default(),
            child,
            said,
        };
        match serving.address.is_empty() {
            true => Err(serving.stopped()),
            false => Ok(serving),
        }
    }

    /// Sends the signal `name`, for example `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("the command `kill`").success());
    }

    /// Kills it: nothing of it runs any more when this returns.
    pub(crate) fn kill(&mut self) -> Stopped {
        self.child.kill().expect("a process that may be killed");
        self.stopped()
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn end(&mut self) -> Stopped {
        self.signal("TERM");
        self.stopped()
    }

    /// How it ended. When it does not, it is killed, which its status tells.
    fn stopped(&mut self) -> Stopped {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a process of this one") {
                break status;
            }
            if Instant::now() > end {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(5));
        };
        // What is in the pipe is read to its end.
        self.said.wait(|_| None::<()>);
        Stopped {
            status,
            said: self.said(),
        }
    }

    /// What it wrote to standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().0.clone()
    }

    /// Waits until it says `text` on standard error, `times` times in all.
    pub(crate) fn wait_for(&self, text: &str, times: usize) {
        let found = self
            .said
            .wait(|said| (said.matches(text).count() >= times).then_some(()));
        assert!(found.is_some(), "waiting for `{text}`: {}", self.said());
    }

    /// Asks for `path`.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let answer = self.try_get(path);
        answer.unwrap_or_else(|error| panic!("{path}: {error}: {}", self.said()))
    }

    /// Asks for `path`.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) fn try_get(&self, path: &str) -> io::Result<Answer> {
        http::send(&self.address, &format!("GET {path}"), &[], "")
    }

    /// The receipt of `session`, null while it is not known.
    pub(crate) fn receipt(&self, session: &str) -> Value {
        receipt_in(&self.get(&receipt_path(session)))
    }

    /// Waits until nothing is left to be written for `session`, and gives its receipt.
    pub(crate) fn settled(&self, session: &str) -> Value {
        let settled = || Some(self.receipt(session)).filter(is_settled);
        eventually(&format!("{session} is settled"), settled)
    }
}

/// Where the receipt of `session` is.
pub(crate) fn receipt_path(session: &str) -> String {
    format!("/v1/sessions/{session}")
}

/// The receipt that was answered, null when the session is not known.
pub(crate) fn receipt_in(answer: &Answer) -> Value {
    match answer.status {
        200 => answer.json(),
        _ => Value::Null,
    }
}

/// Whether nothing is left to be written for the session of `receipt`.
pub(crate) fn is_settled(receipt: &Value) -> bool {
    let phase = receipt["phase"].as_str();
    matches!(phase, Some("done" | "never" | "parked")) && receipt["next_try_at"].is_null()
}

/// Looks again and again until `found` finds something.
pub(crate) fn eventually<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
