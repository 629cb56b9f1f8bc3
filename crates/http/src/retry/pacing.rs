//! Many callers against a fake CRM that counts, under virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{MAX_JITTER, Patience, RetryPolicy, take_place};
use crate::limits::Limits;
use crate::{Bucket, Reading};

const MINUTE: Duration = Duration::from_secs(60);
const CALLERS: usize = 32;

/// How the fake CRM tells a time that is no whole number of seconds.
#[derive(Clone, Copy, Debug)]
enum Rounding {
    Down,
    Up,
}

/// When a window of the fake CRM begins.
#[derive(Clone, Copy, Debug)]
enum Begins {
    /// One after the other, whatever is asked.
    ByTheClock,
    /// With the first request after the last one's end.
    WithARequest,
}

/// A limit of the fake CRM: a fixed number of requests in each minute.
struct Counter {
    bucket: Bucket,
    limit: u64,
    rounding: Rounding,
    begins: Begins,
    started_at: Instant,
    used: u64,
    refused: u64,
    /// The windows that are over: when they began, and how many requests were let through.
    over: Vec<(Instant, u64)>,
}

impl Counter {
    fn new(bucket: Bucket, limit: u64, rounding: Rounding, begins: Begins) -> Self {
        Self {
            bucket,
            limit,
            rounding,
            begins,
            started_at: Instant::now(),
            used: 0,
            refused: 0,
            over: Vec::new(),
        }
    }

    /// Counts a request, or refuses it.
    fn count(&mut self) -> Reading {
        let now = Instant::now();
        while now - self.started_at >= MINUTE {
            self.over.push((self.started_at, self.used));
            self.used = 0;
            self.started_at = match self.begins {
                Begins::ByTheClock => self.started_at + MINUTE,
                Begins::WithARequest => now,
            };
        }
        if self.used < self.limit {
            self.used += 1;
        } else {
            self.refused += 1;
        }
        let rest = self.started_at + MINUTE - now;
        let up = Duration::from_nanos(999_999_999);
        let seconds = match self.rounding {
            Rounding::Down => rest.as_secs(),
            Rounding::Up => (rest + up).as_secs(),
        };
        Reading {
            bucket: self.bucket.clone(),
            remaining: self.limit - self.used,
            resets_in: Duration::from_secs(seconds),
        }
    }

    fn let_through(&self) -> u64 {
        self.over.iter().map(|(_, used)| used).sum()
    }

    /// Each of the first ten windows was used up, and they followed one another closely.
    fn assert_used(&self, what: &str) {
        let windows = &self.over[..10];
        for (_, used) in windows {
            assert!(used * 100 >= self.limit * 97, "{what}: {:?}", self.over);
        }
        let end = self
            .over
            .get(10)
            .map_or(self.started_at, |(began, _)| *began);
        let minutes = (end - windows[0].0).as_secs_f64() / 60.0;
        let used: u64 = windows.iter().map(|(_, used)| used).sum();
        let share = used as f64 / (self.limit as f64 * minutes);
        assert!(share >= 0.97, "{what}: {share}");
    }
}

/// One way: mostly some ten milliseconds, now and then seconds, so that answers overtake each other.
async fn travel() {
    let millis = match fastrand::u8(..100) {
        0 => fastrand::u64(1_000..8_000),
        _ => fastrand::u64(20..200),
    };
    sleep(Duration::from_millis(millis)).await;
}

/// [`CALLERS`] callers send requests one after another for more than ten minutes: every `nth` one counts for the
/// second counter too. One answer in two hundred is lost.
async fn run(account: Counter, own: Counter, nth: usize) -> (Counter, Counter) {
    fastrand::seed(7);
    let end = Instant::now() + 11 * MINUTE;
    let bucket = own.bucket.clone();
    let counters = Arc::new(Mutex::new((account, own)));
    let limits = Arc::new(Limits::default());
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (counters, limits) = (Arc::clone(&counters), Arc::clone(&limits));
        let bucket = bucket.clone();
        callers.spawn(async move {
            let policy = policy(90);
            for number in 1_usize.. {
                let own = number.is_multiple_of(nth).then_some(&bucket);
                let mut patience = Patience::new(&policy);
                let Ok(mut place) = take_place(&limits, own, &mut patience).await else {
                    panic!("no place within 90 s");
                };
                if Instant::now() >= end {
                    break;
                }
                place.send();
                travel().await;
                let readings = {
                    let mut counters = counters.lock().unwrap();
                    let of_account = counters.0.count();
                    let of_own = own.map(|_| counters.1.count());
                    [of_account].into_iter().chain(of_own).collect()
                };
                travel().await;
                if fastrand::u8(..200) > 0 {
                    place.answered(readings);
                }
            }
        });
    }
    callers.join_all().await;
    Arc::into_inner(counters).unwrap().into_inner().unwrap()
}

fn assert_hardly_refused(counter: &Counter, what: &str) {
    let sent = counter.let_through() + counter.refused;
    assert!(
        counter.refused * 1_000 <= sent * 2,
        "{what}: {} of {sent} refused",
        counter.refused
    );
}

fn updates(limit: u64, rounding: Rounding, begins: Begins) -> Counter {
    Counter::new(Bucket::Named("update".to_owned()), limit, rounding, begins)
}

#[tokio::test(start_paused = true)]
async fn an_accounts_limit_is_used_up_and_hardly_ever_overrun() {
    for rounding in [Rounding::Down, Rounding::Up] {
        for begins in [Begins::ByTheClock, Begins::WithARequest] {
            let what = format!("{rounding:?}, {begins:?}");
            let account = Counter::new(Bucket::Account, 700, rounding, begins);
            let own = updates(u64::MAX, rounding, begins);
            let (account, _) = run(account, own, usize::MAX).await;
            account.assert_used(&what);
            assert_hardly_refused(&account, &what);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_its_own_is_used_up_and_hardly_ever_overrun() {
    for rounding in [Rounding::Down, Rounding::Up] {
        for begins in [Begins::ByTheClock, Begins::WithARequest] {
            let what = format!("{rounding:?}, {begins:?}");
            let account = Counter::new(Bucket::Account, 700, rounding, begins);
            let own = updates(100, rounding, begins);
            let (account, own) = run(account, own, 3).await;
            own.assert_used(&what);
            for counter in [&account, &own] {
                assert_hardly_refused(counter, &what);
            }
        }
    }
}

fn policy(wait_budget: u64) -> RetryPolicy {
    RetryPolicy {
        wait_budget: Duration::from_secs(wait_budget),
        ..RetryPolicy::default()
    }
}

/// Answers one request: so many are left for a minute.
fn told(limits: &Limits, remaining: u64) {
    let mut place = limits.take(None).ok().unwrap();
    place.send();
    place.answered(vec![left(remaining)]);
}

fn left(remaining: u64) -> Reading {
    Reading {
        bucket: Bucket::Account,
        remaining,
        resets_in: MINUTE,
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_comes_back_when_the_reset_is_certain_and_hardly_later() {
    let limits = Limits::default();
    told(&limits, 0);
    let begin = Instant::now();
    let place = take_place(&limits, None, &mut Patience::new(&policy(90))).await;
    assert!(place.is_ok());
    let certain = MINUTE + Duration::from_secs(1);
    // The clock of the runtime goes by milliseconds.
    let latest = certain + MAX_JITTER + Duration::from_millis(1);
    let waited = begin.elapsed();
    assert!((certain..=latest).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_not_begun() {
    let limits = Limits::default();
    told(&limits, 0);
    let begin = Instant::now();
    let wait = take_place(&limits, None, &mut Patience::new(&policy(30))).await;
    assert_eq!(wait.err(), Some(MINUTE + Duration::from_secs(1)));
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_shows_room_ends_the_wait() {
    let limits = Limits::default();
    told(&limits, 1);
    let mut first = limits.take(None).ok().unwrap();
    first.send();
    let begin = Instant::now();
    let answer = async {
        sleep(Duration::from_millis(100)).await;
        // The CRM had counted it before it said how many are left.
        first.answered(vec![left(1)]);
    };
    // The reset would be too far off.
    let policy = policy(30);
    let mut patience = Patience::new(&policy);
    let (place, ()) = tokio::join!(take_place(&limits, None, &mut patience), answer);
    assert!(place.is_ok());
    assert_eq!(begin.elapsed(), Duration::from_millis(100));
    assert_eq!(patience.waited, Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_answer_ends_with_the_budget() {
    let limits = Limits::default();
    told(&limits, 1);
    let _never_answered = limits.take(None).ok().unwrap();
    let begin = Instant::now();
    let wait = take_place(&limits, None, &mut Patience::new(&policy(30))).await;
    assert!(wait.is_err());
    let waited = begin.elapsed();
    assert_eq!(waited.as_secs(), 30);
}
