use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

/// A value and as much of its past as a lagging search index may still show.
#[derive(Debug)]
pub(crate) struct Indexed<T> {
    current: T,
    created_at: Timestamp,
    /// Oldest first.
    past: VecDeque<Past<T>>,
}

#[derive(Debug)]
struct Past<T> {
    value: T,
    until: Timestamp,
}

impl<T> Indexed<T> {
    pub(crate) fn new(value: T, now: Timestamp) -> Self {
        Self {
            current: value,
            created_at: now,
            past: VecDeque::new(),
        }
    }

    pub(crate) fn current(&self) -> &T {
        &self.current
    }

    pub(crate) fn replace(&mut self, value: T, now: Timestamp, lag: Duration) {
        let horizon = horizon(now, lag);
        while self.past.front().is_some_and(|past| past.until <= horizon) {
            self.past.pop_front();
        }
        let before = std::mem::replace(&mut self.current, value);
        if !lag.is_zero() {
            self.past.push_back(Past {
                value: before,
                until: now,
            });
        }
    }

    /// What search shows at `now`; `None` when the index does not know the value yet.
    pub(crate) fn found(&self, now: Timestamp, lag: Duration) -> Option<&T> {
        let horizon = horizon(now, lag);
        if self.created_at > horizon {
            return None;
        }
        let past = self.past.iter().find(|past| past.until > horizon);
        Some(past.map_or(&self.current, |past| &past.value))
    }
}

fn horizon(now: Timestamp, lag: Duration) -> Timestamp {
    now.saturating_sub(lag).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_each_value_only_after_the_lag() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let lag = Duration::from_secs(10);
        let mut value = Indexed::new("first", at(0));
        value.replace("second", at(5), lag);
        assert_eq!(value.found(at(9), lag), None);
        assert_eq!(value.found(at(12), lag), Some(&"first"));
        assert_eq!(value.found(at(15), lag), Some(&"second"));
        assert_eq!(value.found(at(5), Duration::ZERO), Some(&"second"));
        assert_eq!(value.current(), &"second");
    }
}
