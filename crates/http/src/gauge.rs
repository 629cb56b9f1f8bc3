//! One limit, as far as the CRM's answers tell of it. No clock and no waiting: the caller says what time it is.

use std::time::Duration;

use tokio::time::Instant;

use crate::Reading;
use crate::refusal::MAX_DELAY;

/// Readings are whole seconds, and whether they are rounded up or down is not told.
const ROUNDING: Duration = Duration::from_secs(1);

/// How long the first request after a reset has for its answer before the next one goes too.
const TURN: Duration = Duration::from_secs(1);

/// A moment, as exactly as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) earliest: Instant,
    pub(crate) latest: Instant,
}

/// What is known of one limit, and how many requests are on their way to it.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    in_flight: u64,
    window: Option<Window>,
    paused_until: Option<Instant>,
    /// Whether it was logged that the limit is used up.
    pub(crate) is_told: bool,
}

/// The time from one reset to the next, in which so many requests are allowed.
#[derive(Debug)]
struct Window {
    /// The fewest that an answer said were left: answers overtake each other, and the count only falls.
    remaining: u64,
    resets: Moment,
    /// When the last request went after the reset, with nothing known of the window after this one.
    asked_at: Option<Instant>,
}

impl Moment {
    /// The later of two, as exactly as it is known.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            earliest: self.earliest.max(other.earliest),
            latest: self.latest.max(other.latest),
        }
    }
}

impl Gauge {
    /// When there is a place; at `now` when it is no later. Until the earliest no answer is likely to show one.
    pub(crate) fn opens(&self, now: Instant) -> Moment {
        let paused = self.paused_until.unwrap_or(now);
        let (earliest, latest) = match &self.window {
            Some(window) if window.resets.latest <= now => {
                (now, window.asked_at.map_or(now, |asked_at| asked_at + TURN))
            }
            Some(window) if window.remaining == 0 => (window.resets.latest, window.resets.latest),
            // Some of those in flight may be counted in `remaining` already: their answers will tell.
            Some(window) if window.remaining <= self.in_flight => (now, window.resets.latest),
            Some(_) | None => (now, now),
        };
        Moment { earliest, latest }.max(Moment {
            earliest: paused,
            latest: paused,
        })
    }

    /// A request takes a place.
    pub(crate) fn enter(&mut self, now: Instant) {
        self.in_flight += 1;
        // Of a new window nothing is known, least of all that it has begun. One request at a time finds out: its answer
        // opens the window for all, so the others lose one round trip, and no more than one is refused if it is early.
        if let Some(window) = self.window.as_mut()
            && window.resets.latest <= now
        {
            window.asked_at = Some(now);
        }
    }

    /// A request gives its place back.
    pub(crate) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The answer to a request sent at `sent_at` says this.
    pub(crate) fn read(&mut self, reading: &Reading, sent_at: Instant, now: Instant) {
        // The answer was written at some time between.
        let resets_in = reading.resets_in.min(MAX_DELAY);
        let resets = Moment {
            earliest: sent_at + resets_in.saturating_sub(ROUNDING),
            latest: now + resets_in + ROUNDING,
        };
        match &mut self.window {
            // It tells of the window before, and was overtaken by answers of this one.
            Some(window) if resets.latest < window.resets.earliest => {}
            Some(window)
                if sent_at < window.resets.latest && resets.earliest <= window.resets.latest =>
            {
                window.remaining = window.remaining.min(reading.remaining);
                window.resets.earliest = window.resets.earliest.max(resets.earliest);
                window.resets.latest = window.resets.latest.min(resets.latest);
            }
            Some(_) | None => {
                self.window = Some(Window {
                    remaining: reading.remaining,
                    resets,
                    asked_at: None,
                });
                self.is_told = false;
            }
        }
    }

    /// The answer to a request sent at `sent_at` says nothing of this limit.
    pub(crate) fn read_nothing(&mut self, sent_at: Instant) {
        self.lose();
        // Not every answer tells of every limit. Nobody waits for a reading that may never come.
        self.window
            .take_if(|window| window.resets.latest <= sent_at);
    }

    /// The request that took a place was not sent: if it was its turn to find out, it is the next one's.
    pub(crate) fn pass(&mut self) {
        if let Some(window) = self.window.as_mut() {
            window.asked_at = None;
        }
    }

    /// An answer is lost: its request may have been counted.
    pub(crate) fn lose(&mut self) {
        if let Some(window) = self.window.as_mut() {
            window.remaining = window.remaining.saturating_sub(1);
        }
    }

    /// There are no places until then, or until a later time that was named before.
    pub(crate) fn pause(&mut self, until: Instant, now: Instant) {
        let paused_until = self.paused_until.filter(|paused_until| *paused_until > now);
        if paused_until.is_none() {
            self.is_told = false;
        }
        self.paused_until = paused_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bucket;

    /// Seconds after the beginning.
    fn at(begin: Instant, seconds: f64) -> Instant {
        begin + Duration::from_secs_f64(seconds)
    }

    fn reading(remaining: u64, seconds: u64) -> Reading {
        Reading {
            bucket: Bucket::Account,
            remaining,
            resets_in: Duration::from_secs(seconds),
        }
    }

    /// A gauge that was told at `begin` that so many requests are left for 30 s.
    fn told(remaining: u64, begin: Instant) -> Gauge {
        let mut gauge = Gauge::default();
        gauge.read(&reading(remaining, 30), begin, begin);
        gauge
    }

    fn is_open(gauge: &Gauge, now: Instant) -> bool {
        gauge.opens(now).latest <= now
    }

    /// Takes places at `now` as long as there are any, and counts them.
    fn fill(gauge: &mut Gauge, now: Instant) -> u64 {
        let before = gauge.in_flight;
        while is_open(gauge, now) && gauge.in_flight < before + 1_000 {
            gauge.enter(now);
        }
        gauge.in_flight - before
    }

    #[test]
    fn a_limit_that_was_never_told_is_none() {
        let now = Instant::now();
        assert_eq!(fill(&mut Gauge::default(), now), 1_000);
    }

    #[test]
    fn those_in_flight_have_their_places() {
        let begin = Instant::now();
        let mut gauge = told(3, begin);
        assert_eq!(fill(&mut gauge, begin), 3);
        let opens = gauge.opens(begin);
        assert_eq!(opens.earliest, begin, "an answer may show room");
        assert_eq!(opens.latest, at(begin, 31.0));
    }

    #[test]
    fn an_answer_that_was_overtaken_raises_nothing() {
        let begin = Instant::now();
        let mut gauge = told(10, begin);
        assert_eq!(fill(&mut gauge, begin), 10);
        for remaining in [7, 9, 8] {
            gauge.leave();
            gauge.read(&reading(remaining, 29), begin, at(begin, 1.0));
            assert!(!is_open(&gauge, at(begin, 1.0)));
        }
        // Others were not so lucky as to be counted too.
        for _ in 0..7 {
            gauge.leave();
        }
        assert_eq!(fill(&mut gauge, at(begin, 2.0)), 7);
    }

    #[test]
    fn an_empty_limit_opens_when_its_reset_is_certain() {
        let begin = Instant::now();
        let mut gauge = told(1, begin);
        // It was 29.0 to 29.99 s then, or 28.01 to 29.0.
        gauge.read(&reading(0, 29), at(begin, 0.5), at(begin, 0.75));
        let reset = at(begin, 30.75);
        let opens = Moment {
            earliest: reset,
            latest: reset,
        };
        assert_eq!(gauge.opens(at(begin, 1.0)), opens);
        assert!(is_open(&gauge, reset));
    }

    #[test]
    fn after_the_reset_one_goes_and_its_answer_lets_the_others() {
        let begin = Instant::now();
        let mut gauge = told(0, begin);
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1);
        let opens = gauge.opens(at(begin, 31.0));
        assert_eq!(opens.earliest, at(begin, 31.0));
        gauge.leave();
        gauge.read(&reading(9, 60), at(begin, 31.0), at(begin, 31.2));
        assert_eq!(fill(&mut gauge, at(begin, 31.2)), 9);
    }

    #[test]
    fn after_the_reset_a_slow_answer_holds_the_others_for_a_second() {
        let begin = Instant::now();
        let mut gauge = told(0, begin);
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1);
        assert_eq!(fill(&mut gauge, at(begin, 31.9)), 0);
        assert_eq!(fill(&mut gauge, at(begin, 32.0)), 1);
    }

    #[test]
    fn whoever_does_not_leave_hands_on_the_turn() {
        let begin = Instant::now();
        let mut gauge = told(0, begin);
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1);
        gauge.leave();
        gauge.pass();
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1);
    }

    #[test]
    fn an_answer_of_the_window_before_says_nothing_of_this_one() {
        let begin = Instant::now();
        let mut gauge = told(0, begin);
        gauge.read(&reading(99, 60), at(begin, 31.0), at(begin, 31.1));
        // Written before the reset, and long on its way.
        gauge.read(&reading(0, 2), at(begin, 28.0), at(begin, 36.0));
        assert_eq!(fill(&mut gauge, at(begin, 36.0)), 99);
    }

    #[test]
    fn an_answer_of_the_next_window_opens_it_early() {
        let begin = Instant::now();
        let mut gauge = told(0, begin);
        gauge.read(&reading(99, 60), at(begin, 29.8), at(begin, 30.3));
        assert_eq!(fill(&mut gauge, at(begin, 30.3)), 99);
    }

    #[test]
    fn windows_of_a_second_follow_one_another() {
        let begin = Instant::now();
        let mut gauge = Gauge::default();
        gauge.read(&reading(0, 1), begin, begin);
        assert_eq!(fill(&mut gauge, at(begin, 1.9)), 0);
        assert_eq!(fill(&mut gauge, at(begin, 2.0)), 1);
        gauge.leave();
        gauge.read(&reading(4, 1), at(begin, 2.0), at(begin, 2.1));
        assert_eq!(fill(&mut gauge, at(begin, 2.1)), 4);
    }

    #[test]
    fn a_lost_answer_may_have_been_counted() {
        let begin = Instant::now();
        let mut gauge = told(3, begin);
        gauge.enter(begin);
        gauge.leave();
        gauge.lose();
        assert_eq!(fill(&mut gauge, begin), 2);
    }

    #[test]
    fn a_limit_that_answers_stop_telling_of_is_none_after_its_reset() {
        let begin = Instant::now();
        let mut gauge = told(3, begin);
        gauge.read_nothing(begin);
        assert_eq!(fill(&mut gauge, begin), 2);
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1);
        gauge.read_nothing(at(begin, 31.0));
        assert_eq!(fill(&mut gauge, at(begin, 31.0)), 1_000);
    }

    #[test]
    fn the_longest_pause_counts() {
        let begin = Instant::now();
        let mut gauge = told(99, begin);
        gauge.pause(at(begin, 5.0), begin);
        gauge.pause(at(begin, 2.0), begin);
        assert_eq!(gauge.opens(begin).earliest, at(begin, 5.0));
        assert_eq!(fill(&mut gauge, at(begin, 4.9)), 0);
        assert_eq!(fill(&mut gauge, at(begin, 5.0)), 99);
    }
}
