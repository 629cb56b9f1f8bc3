use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::error::Refusal;
use crate::answer::Answer;

/// How long a key is remembered.
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// The longest key taken.
const MAX_KEY_BYTES: usize = 255;

/// Answers to ticket creations by their `Idempotency-Key`.
#[derive(Debug, Default)]
pub(super) struct Idempotency {
    by_key: HashMap<String, Kept>,
    oldest_first: VecDeque<(Timestamp, String)>,
}

#[derive(Debug)]
struct Kept {
    body: [u8; 32],
    answer: Answer,
}

impl Idempotency {
    /// The kept answer of this key, if there is one for the same body.
    pub(super) fn look_up(
        &mut self,
        key: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Answer>, Refusal> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Refusal::bad_attribute(
                "Idempotency-Key must have 1 to 255 characters",
            ));
        }
        self.forget_expired(now);
        let Some(kept) = self.by_key.get(key) else {
            return Ok(None);
        };
        if kept.body != digest(body) {
            return Err(Refusal::other_idempotent_body());
        }
        let mut answer = kept.answer.clone();
        answer.set("x-idempotency-lookup", "hit");
        Ok(Some(answer))
    }

    pub(super) fn keep(&mut self, key: &str, body: &[u8], answer: &Answer, now: Timestamp) {
        self.oldest_first.push_back((now, key.to_owned()));
        let kept = Kept {
            body: digest(body),
            answer: answer.clone(),
        };
        self.by_key.insert(key.to_owned(), kept);
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.oldest_first.front() {
            if now.duration_since(*at).unsigned_abs() < LIFETIME {
                return;
            }
            if let Some((_, key)) = self.oldest_first.pop_front() {
                self.by_key.remove(&key);
            }
        }
    }
}

fn digest(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}
