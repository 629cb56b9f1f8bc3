//! Whether a connector can be worked with at the moment.

use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use jiff::Timestamp;
use serde::Serialize;

/// So many lanes have to fail one after another before it is the CRM, and not a record, that is out of order.
const IN_A_ROW: u32 = 5;

const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// How it stands with a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ConnectorState {
    /// Its name in the config.
    pub connector: String,
    /// Whether it is left alone until `until`, when one lane tries it again; sessions keep their place.
    pub paused: bool,
    /// What the CRM said, when paused.
    pub reason: Option<String>,
    /// Since when it is paused.
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// When it is tried again.
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
}

/// What is remembered of a connector's answers.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failures: u32,
    pause: Option<Pause>,
}

#[derive(Clone, Debug)]
struct Pause {
    reason: String,
    since: Timestamp,
    until: Timestamp,
    rests: u32,
}

/// How many lanes may be served now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// As many as there are places.
    All,
    /// One, to see whether the CRM is back.
    Probe,
    /// None before that time.
    NotBefore(Timestamp),
}

impl Health {
    pub(crate) fn allowed(&self, now: Timestamp) -> Allowed {
        match &self.pause {
            None => Allowed::All,
            Some(pause) if pause.until <= now => Allowed::Probe,
            // The clock was set back.
            Some(pause) if pause.until > now + 2 * LONGEST_REST => Allowed::Probe,
            Some(pause) => Allowed::NotBefore(pause.until),
        }
    }

    /// The CRM answered as it should, be it with a refusal. Says whether that ends a pause.
    pub(crate) fn note_answer(&mut self) -> bool {
        self.failures = 0;
        self.pause.take().is_some()
    }

    /// A lane could not be served. Says whether that begins a pause.
    pub(crate) fn note_failure(&mut self, error: &Error, now: Timestamp) -> bool {
        let at_once = match error.kind() {
            // Nothing will succeed until a person mends it.
            ErrorKind::Auth | ErrorKind::Config => true,
            ErrorKind::Protocol | ErrorKind::Unavailable | ErrorKind::Uncertain => false,
            // One record's matter, or a limit, which the client waits for by itself.
            _ => return false,
        };
        self.failures += 1;
        if !at_once && self.failures < IN_A_ROW && self.pause.is_none() {
            return false;
        }
        let (since, rests) = match &self.pause {
            // Lanes that were under way when the pause began do not make it longer.
            Some(pause) if pause.until > now => return false,
            Some(pause) => (pause.since, pause.rests + 1),
            None => (now, 0),
        };
        let rest = FIRST_REST
            .saturating_mul(2_u32.saturating_pow(rests))
            .min(LONGEST_REST);
        self.pause = Some(Pause {
            reason: error.to_string(),
            since,
            until: now + rest.mul_f64(0.75 + fastrand::f64() / 2.0),
            rests,
        });
        rests == 0
    }

    pub(crate) fn state(&self, connector: &str) -> ConnectorState {
        let pause = self.pause.as_ref();
        ConnectorState {
            connector: connector.to_owned(),
            paused: pause.is_some(),
            reason: pause.map(|pause| pause.reason.clone()),
            since: pause.map(|pause| pause.since),
            until: pause.map(|pause| pause.until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_769_000_000 + seconds).unwrap()
    }

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "asking")
    }

    #[test]
    fn refused_credentials_pause_at_once_and_a_good_answer_ends_it() {
        let mut health = Health::default();
        assert!(health.note_failure(&error(ErrorKind::Auth), at(0)));
        assert!(matches!(health.allowed(at(0)), Allowed::NotBefore(_)));
        assert_eq!(health.allowed(at(2)), Allowed::Probe);
        assert!(health.note_answer());
        assert_eq!(health.allowed(at(2)), Allowed::All);
    }

    #[test]
    fn one_record_in_trouble_pauses_nothing() {
        let mut health = Health::default();
        for _ in 0..3 {
            health.note_failure(&error(ErrorKind::Unavailable), at(0));
            health.note_answer();
        }
        for kind in [ErrorKind::Rejected, ErrorKind::Conflict] {
            assert!(!health.note_failure(&error(kind), at(0)));
        }
        assert_eq!(health.allowed(at(0)), Allowed::All);
    }

    #[test]
    fn a_crm_that_stays_away_is_asked_more_and_more_rarely() {
        let mut health = Health::default();
        for _ in 0..IN_A_ROW {
            health.note_failure(&error(ErrorKind::Unavailable), at(0));
        }
        let mut now = at(0);
        for _ in 0..10 {
            let Allowed::NotBefore(until) = health.allowed(now) else {
                panic!("{health:?}")
            };
            assert!(until.duration_since(now).as_secs() <= 38);
            now = until;
            assert_eq!(health.allowed(now), Allowed::Probe);
            health.note_failure(&error(ErrorKind::Unavailable), now);
        }
        let Allowed::NotBefore(until) = health.allowed(now) else {
            panic!("{health:?}")
        };
        assert!(until.duration_since(now).as_secs() >= 22);
        assert_eq!(health.state("crm").since, Some(at(0)));
    }
}
