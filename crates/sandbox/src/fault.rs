use std::collections::VecDeque;
use std::str::FromStr;
use std::time::Duration;

use crate::random::Random;
use crate::requests::Effect;

/// One thing that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every access token issued so far stops being valid before the request is handled.
    ExpireToken,
    /// The write finds its row locked by another, where the vendor locks rows; waits for the
    /// next write.
    LockRow,
    /// The write is committed and the connection closed without an answer; waits for the next write.
    LostAnswer,
    /// The connection is closed and the request not handled.
    Reset,
    /// 429 with `retry-after`; the request is not handled.
    Throttle,
    /// 503; the request is not handled.
    Unavailable,
}

/// How often things go wrong. Reads as `throttle=0.05,slow=200ms`; empty text means never.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// When access tokens are invalidated.
    pub expire_token: Expiry,
    /// How far search stays behind the records.
    pub index_lag: Duration,
    /// Probability that a write finds its row locked, where the vendor locks rows.
    pub lock: f64,
    /// Probability that a write's answer is lost.
    pub lost_answer: f64,
    /// Probability that the connection is closed before the request is handled.
    pub reset: f64,
    /// What `retry-after` says on a throttled request, in whole seconds.
    pub retry_after: Duration,
    /// How long every answer is delayed.
    pub slow: Duration,
    /// Probability of 429.
    pub throttle: f64,
    /// Probability of 503.
    pub unavailable: f64,
}

/// When all access tokens issued so far stop being valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expiry {
    /// Before each request with this probability.
    Drawn(f64),
    /// When their own time is over.
    Never,
    /// Once, before the next request.
    Once,
}

/// Why a list of faults cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "faults: {problem} at character {position}; write {}",
    FaultsError::GRAMMAR
)]
pub struct FaultsError {
    problem: String,
    position: usize,
}

impl FaultsError {
    const GRAMMAR: &str = "a comma-separated list of throttle, unavailable, reset, lost-answer, lock or expire-token \
         with =PROBABILITY from 0 to 1, expire-token alone, and slow, index-lag or retry-after with =DURATION such as 200ms, 30s or 2m";
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            expire_token: Expiry::Never,
            index_lag: Duration::ZERO,
            lock: 0.0,
            lost_answer: 0.0,
            reset: 0.0,
            retry_after: Duration::from_secs(1),
            slow: Duration::ZERO,
            throttle: 0.0,
            unavailable: 0.0,
        }
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        if text.trim().is_empty() {
            return Ok(faults);
        }
        let mut position = 1;
        for item in text.split(',') {
            faults
                .read(item.trim())
                .map_err(|problem| FaultsError { problem, position })?;
            position += item.chars().count() + 1;
        }
        Ok(faults)
    }
}

impl Faults {
    fn read(&mut self, item: &str) -> Result<(), String> {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (item, None),
        };
        match (name, value) {
            ("expire-token", None) => self.expire_token = Expiry::Once,
            ("expire-token", Some(value)) => self.expire_token = Expiry::Drawn(probability(value)?),
            ("index-lag", Some(value)) => self.index_lag = duration(value)?,
            ("lock", Some(value)) => self.lock = probability(value)?,
            ("lost-answer", Some(value)) => self.lost_answer = probability(value)?,
            ("reset", Some(value)) => self.reset = probability(value)?,
            ("retry-after", Some(value)) => self.retry_after = duration(value)?,
            ("slow", Some(value)) => self.slow = duration(value)?,
            ("throttle", Some(value)) => self.throttle = probability(value)?,
            ("unavailable", Some(value)) => self.unavailable = probability(value)?,
            (
                "index-lag" | "lock" | "lost-answer" | "reset" | "retry-after" | "slow"
                | "throttle" | "unavailable",
                None,
            ) => return Err(format!("`{name}` needs a value")),
            _ => return Err(format!("unknown fault `{name}`")),
        }
        Ok(())
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err(format!("`{text}` is no probability from 0 to 1")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(format!("`{text}` is no duration")),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is no duration"))
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(crate) struct Mishap {
    pub(crate) expire_token: bool,
    /// Only a request that is handled can find a row locked.
    pub(crate) lock_row: bool,
    /// Only a request that is handled can lose its answer.
    pub(crate) lost_answer: bool,
    pub(crate) refusal: Option<Refused>,
}

/// What decides which faults a request can meet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) effect: Effect,
    /// Whether it counts towards the vendor's limits.
    pub(crate) is_limited: bool,
}

impl Arrival {
    fn can_be(self, refused: Refused) -> bool {
        refused != Refused::Throttled || self.is_limited
    }
}

/// How a request ends that is not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Reset,
    Throttled,
    Unavailable,
}

/// The faults in force, the single ones waiting, and the generator that draws them.
#[derive(Debug)]
pub(crate) struct FaultPlan {
    pub(crate) faults: Faults,
    waiting: VecDeque<Fault>,
    random: Random,
    /// Draws locks, so that a CRM without them sees the same faults.
    locks: Random,
}

impl FaultPlan {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            waiting: VecDeque::new(),
            random: Random::seeded(seed),
            locks: Random::seeded(seed ^ 0x6C6F_636B),
        }
    }

    /// No faults from now on, neither those in force nor those waiting.
    pub(crate) fn clear(&mut self) {
        self.faults = Faults::default();
        self.waiting.clear();
    }

    pub(crate) fn inject(&mut self, fault: Fault) {
        self.waiting.push_back(fault);
    }

    /// Decides one request's fate. Every request draws the same number of times, so that a
    /// seed repeats whatever is switched on.
    pub(crate) fn draw(&mut self, arrival: Arrival) -> Mishap {
        let expiry = match self.faults.expire_token {
            Expiry::Drawn(probability) => probability,
            Expiry::Never => 0.0,
            Expiry::Once => {
                self.faults.expire_token = Expiry::Never;
                1.0
            }
        };
        let mut mishap = Mishap {
            expire_token: self.random.chance(expiry),
            ..Mishap::default()
        };
        let loses_answer = self.random.chance(self.faults.lost_answer);
        for (refused, probability) in [
            (Refused::Reset, self.faults.reset),
            (Refused::Throttled, self.faults.throttle),
            (Refused::Unavailable, self.faults.unavailable),
        ] {
            let drawn = self.random.chance(probability);
            if drawn && arrival.can_be(refused) && mishap.refusal.is_none() {
                mishap.refusal = Some(refused);
            }
        }
        let locks = self.locks.chance(self.faults.lock);
        let writes = arrival.effect == Effect::Write && mishap.refusal.is_none();
        mishap.lost_answer = loses_answer && writes;
        mishap.lock_row = locks && writes;
        self.add_waiting(&mut mishap, arrival);
        mishap
    }

    /// Adds the first injected fault that fits the request.
    fn add_waiting(&mut self, mishap: &mut Mishap, arrival: Arrival) {
        let writes = arrival.effect == Effect::Write && mishap.refusal.is_none();
        let fits = |fault: &Fault| match fault {
            Fault::LockRow | Fault::LostAnswer => writes,
            Fault::Throttle => arrival.can_be(Refused::Throttled),
            Fault::ExpireToken | Fault::Reset | Fault::Unavailable => true,
        };
        let Some(index) = self.waiting.iter().position(fits) else {
            return;
        };
        match self.waiting.remove(index) {
            Some(Fault::ExpireToken) => mishap.expire_token = true,
            Some(Fault::LockRow) => mishap.lock_row = true,
            Some(Fault::LostAnswer) => mishap.lost_answer = true,
            Some(Fault::Reset) => mishap.refusal = Some(Refused::Reset),
            Some(Fault::Throttle) => mishap.refusal = Some(Refused::Throttled),
            Some(Fault::Unavailable) => mishap.refusal = Some(Refused::Unavailable),
            None => return,
        }
        if mishap.refusal.is_some() {
            mishap.lock_row = false;
            mishap.lost_answer = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Arrival = Arrival {
        effect: Effect::Read,
        is_limited: true,
    };
    const WRITE: Arrival = Arrival {
        effect: Effect::Write,
        ..READ
    };

    #[test]
    fn reads_probabilities_and_durations() {
        let faults: Faults = "throttle=0.5, slow=200ms,index-lag=30s,expire-token"
            .parse()
            .unwrap();
        assert_eq!(faults.throttle, 0.5);
        assert_eq!(faults.slow, Duration::from_millis(200));
        assert_eq!(faults.index_lag, Duration::from_secs(30));
        assert_eq!(faults.expire_token, Expiry::Once);
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
    }

    #[test]
    fn errors_name_the_fault_and_its_position() {
        for (text, expected) in [
            ("throtle=1", "unknown fault `throtle` at character 1"),
            (
                "slow=1s,reset=2",
                "`2` is no probability from 0 to 1 at character 9",
            ),
            ("slow=fast", "`fast` is no duration at character 1"),
            ("slow", "`slow` needs a value at character 1"),
            ("reset=NaN", "`NaN` is no probability"),
            ("slow=99999999999999999999s", "is no duration"),
        ] {
            let error = text.parse::<Faults>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn same_seed_draws_the_same_faults() {
        let draw = |seed| {
            let mut plan = FaultPlan::seeded(seed);
            plan.faults = "throttle=0.3,reset=0.3".parse().unwrap();
            (0..50).map(|_| plan.draw(READ).refusal).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).contains(&Some(Refused::Throttled)) && draw(1).contains(&None));
    }

    #[test]
    fn lost_answer_waits_for_a_write() {
        let mut plan = FaultPlan::seeded(0);
        plan.inject(Fault::LostAnswer);
        assert!(!plan.draw(READ).lost_answer);
        assert!(plan.draw(WRITE).lost_answer);
        assert!(!plan.draw(WRITE).lost_answer);
    }

    #[test]
    fn throttle_waits_for_a_limited_request() {
        let mut plan = FaultPlan::seeded(0);
        plan.inject(Fault::Throttle);
        let token = Arrival {
            is_limited: false,
            ..READ
        };
        assert_eq!(plan.draw(token).refusal, None);
        assert_eq!(plan.draw(READ).refusal, Some(Refused::Throttled));
    }
}
