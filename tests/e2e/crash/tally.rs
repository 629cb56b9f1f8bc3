//! What the runs came to: that things did go wrong.

use std::collections::BTreeMap;
use std::io;

use serde_json::Value;

use super::crm::{Facts, facts};
use crate::http::Answer;
use crate::process::Crm;

/// What runs counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) runs: usize,
    pub(super) kills: usize,
    /// Requests of clients that were sent again because they may not have been taken.
    pub(super) resent: usize,
    /// Events that were told to be known already.
    pub(super) repeated: usize,
    /// Requests that the CRM answered, by status; 0 for connections that it reset.
    pub(super) answers: BTreeMap<u16, u64>,
    /// What the process told of lanes that could not be served, by kind of error.
    pub(super) failures: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.kills += other.kills;
        self.resent += other.resent;
        self.repeated += other.repeated;
        for (status, count) in other.answers {
            *self.answers.entry(status).or_default() += count;
        }
        for (kind, count) in other.failures {
            *self.failures.entry(kind).or_default() += count;
        }
    }

    /// Counts the requests of a sandbox's state.
    pub(super) fn count_requests(&mut self, requests: &Value) {
        let mut reset = requests["total"].as_u64().unwrap_or(0);
        for (status, count) in requests["by_status"].as_object().into_iter().flatten() {
            let count = count.as_u64().unwrap_or(0);
            reset -= count;
            let status = status.parse().unwrap_or(0);
            *self.answers.entry(status).or_default() += count;
        }
        *self.answers.entry(0).or_default() += reset;
    }

    /// Counts the failures that the answered metrics show.
    pub(super) fn count_metrics(&mut self, metrics: io::Result<Answer>) {
        let metrics = metrics.map(|answer| answer.body).unwrap_or_default();
        let failures = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("casewire_lane_failures_total{"));
        for labels in failures {
            let rest = labels.split_once("kind=\"").map(|(_, rest)| rest);
            let Some((kind, _)) = rest.and_then(|rest| rest.split_once('"')) else {
                continue;
            };
            let count = labels.rsplit(' ').next();
            let count: u64 = count.and_then(|count| count.parse().ok()).unwrap_or(0);
            *self.failures.entry(kind.to_owned()).or_default() += count;
        }
    }

    /// What should have gone wrong and did not, in many runs with `crm`.
    pub(super) fn too_calm(&self, crm: Crm) -> Vec<String> {
        let Facts {
            throttled, lost, ..
        } = facts(crm);
        let mut calm = Vec::new();
        let mut expect = |what: &str, happened: bool| {
            if !happened {
                calm.push(what.to_owned());
            }
        };
        expect("each run has a kill", self.kills >= self.runs);
        expect("requests are sent again", self.resent > 0);
        expect("events come again", self.repeated > 0);
        for status in [0, 401, *throttled, 503] {
            let count = self.answers.get(&status);
            expect(&format!("the CRM answers {status}"), count.is_some());
        }
        for kind in *lost {
            expect("answers are lost", self.failures.contains_key(*kind));
        }
        calm
    }
}
