//! What has to hold when a run is over, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::plan::Plan;
use super::session::{Kind, Person, Planned};

/// A record in the CRM.
struct Record<'a> {
    id: &'a str,
    is_open: bool,
    sessions: Vec<&'a str>,
    notes: Vec<Note<'a>>,
}

struct Note<'a> {
    session: &'a str,
    kind: &'a str,
    text: &'a str,
}

/// Looks at a run that is over.
struct Judge<'a> {
    plan: &'a Plan,
    /// In the order in which they were made.
    records: Vec<Record<'a>>,
    problems: Vec<String>,
}

/// All that does not hold. `receipts` are those of the sessions, in their order.
pub(super) fn problems(plan: &Plan, state: &Value, receipts: &[Value]) -> Vec<String> {
    let mut records: Vec<_> = list(&state["records"]).map(Record::read).collect();
    // The ids of all CRMs grow: numbers become longer, others keep their length.
    records.sort_by_key(|record| (record.id.len(), record.id));
    let mut judge = Judge {
        plan,
        records,
        problems: Vec::new(),
    };
    for (session, receipt) in plan.sessions.iter().zip(receipts) {
        judge.look_at_session(session, receipt);
    }
    judge.look_at_strangers();
    judge.look_at_lanes(receipts);
    judge.look_at_customers(state);
    judge.problems
}

impl<'a> Record<'a> {
    fn read(value: &'a Value) -> Self {
        let notes = list(&value["notes"]).map(|note| Note {
            session: text(&note["session"]),
            kind: text(&note["kind"]),
            text: text(&note["text"]),
        });
        Self {
            id: text(&value["id"]),
            is_open: value["state"] == "open",
            sessions: list(&value["sessions"]).map(text).collect(),
            notes: notes.collect(),
        }
    }

    /// Its sessions in the order in which they were linked.
    fn linked(&self) -> impl Iterator<Item = &'a str> {
        let notes = self.notes.iter().filter(|note| note.kind == "linked");
        notes.map(|note| note.session)
    }
}

impl Judge<'_> {
    fn claim(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(problem());
        }
    }

    /// It has one outcome, and is on the one record that this names, or on none.
    fn look_at_session(&mut self, session: &Planned, receipt: &Value) {
        let key = session.key.as_str();
        let on: Vec<_> = self
            .records
            .iter()
            .filter(|record| record.sessions.contains(&key))
            .map(|record| record.id)
            .collect();
        let phase = text(&receipt["phase"]);
        if !session.is_due {
            self.claim(on.is_empty(), || {
                format!("{key} has no record due, and is on {on:?}")
            });
            let is_told = matches!(phase, "never" | "waiting") && receipt["record"].is_null();
            self.claim(is_told, || format!("{key} has no record due: {receipt}"));
            return;
        }
        let record = text(&receipt["record"]);
        self.claim(on == [record], || {
            format!("{key} is on records {on:?}: {receipt}")
        });
        let is_done = phase == "done" && receipt["error"].is_null();
        self.claim(is_done, || format!("{key} is not done: {receipt}"));
        self.look_at_notes(session);
    }

    /// Its notes are on its record, each of them once.
    fn look_at_notes(&mut self, session: &Planned) {
        let key = session.key.as_str();
        let all = self.records.iter().flat_map(|record| &record.notes);
        let own: Vec<_> = all
            .filter(|note| note.session == key)
            .map(|note| (note.kind, note.text.to_owned()))
            .collect();
        let count = |kind| own.iter().filter(|(of, _)| *of == kind).count();
        let (linked, transferred, ended, late) = (
            count("linked"),
            count("transferred"),
            count("ended"),
            count("late"),
        );
        let has_ended = session.steps.iter().any(|step| step.kind == "ended");
        let expected = (1, session.transfers, usize::from(has_ended));
        self.claim((linked, transferred, ended) == expected, || {
            format!("{key} has other notes than {expected:?}: {own:#?}")
        });
        let told_late = session.late.len();
        self.claim(
            late <= told_late && linked + transferred + ended + late == own.len(),
            || format!("{key} has too many notes: {own:#?}"),
        );
        let distinct: BTreeSet<_> = own.iter().collect();
        self.claim(distinct.len() == own.len(), || {
            format!("{key} has a note twice: {own:#?}")
        });
        let last = own
            .iter()
            .rfind(|(kind, _)| matches!(*kind, "ended" | "late"))
            .map_or("", |(_, text)| text);
        for fact in &session.late {
            self.claim(last.lines().any(|line| line == fact), || {
                format!("{key}: `{fact}` is not in the last note of its end: {own:#?}")
            });
        }
    }

    /// There is nothing that no session left there.
    fn look_at_strangers(&mut self) {
        let keys: Vec<_> = self
            .plan
            .sessions
            .iter()
            .map(|session| session.key.as_str())
            .collect();
        let mut strange = Vec::new();
        for record in &self.records {
            let notes = record.notes.iter().map(|note| note.session);
            let is_own = |key: &&str| record.sessions.contains(key) && keys.contains(key);
            if record.sessions.is_empty() || !notes.chain(record.linked()).all(|key| is_own(&key)) {
                strange.push(format!("record {} holds what is not its own", record.id));
            }
        }
        self.problems.extend(strange);
    }

    /// Each lane has the records that it should have, in the order in which its sessions became due.
    fn look_at_lanes(&mut self, receipts: &[Value]) {
        let mut lanes: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for &number in self.plan.due.iter().flatten() {
            let session = &self.plan.sessions[number];
            // A withheld caller is in a lane alone.
            let alone = session.lane().is_none().then_some(number);
            lanes
                .entry((session.lane(), alone))
                .or_default()
                .push(number);
        }
        for ((lane, _), due) in lanes {
            let is_everywhere = lane.is_some_and(|(person, _)| person == Person::Everywhere);
            self.look_at_lane(&due, is_everywhere, receipts);
        }
    }

    fn look_at_lane(&mut self, due: &[usize], in_any_order: bool, receipts: &[Value]) {
        let key = |number: &usize| self.plan.sessions[*number].key.as_str();
        let expected: Vec<Vec<_>> = self
            .groups(due)
            .iter()
            .map(|group| group.iter().map(key).collect())
            .collect();
        let mine = self.records.iter().filter(|record| {
            due.iter()
                .any(|number| record.sessions.contains(&key(number)))
        });
        let open = mine.clone().filter(|record| record.is_open).count();
        let found: Vec<Vec<_>> = mine.map(|record| record.linked().collect()).collect();
        let is_touched = self.plan.resolves_after.is_some();
        // What a person resolved may be followed by a new record; the order stays.
        let has_groups = match (in_any_order, is_touched) {
            (false, false) => found == expected,
            (false, true) => found.concat() == expected.concat(),
            (true, false) => found.len() == expected.len(),
            (true, true) => true,
        };
        self.claim(has_groups, || {
            format!("records with {found:?} instead of {expected:?}")
        });
        let has_voicemail = due
            .iter()
            .any(|number| self.plan.sessions[*number].kind == Kind::Voicemail);
        let is_single = open <= 1 || has_voicemail || !self.plan.rules.append;
        self.claim(is_single, || {
            format!("{open} records of {found:?} are open")
        });
        self.claim(is_touched || open == found.len(), || {
            format!("not all of {found:?} are open")
        });
        for group in &found {
            self.look_at_outcomes(group, receipts);
        }
    }

    /// The first session of a record made it, the others joined it.
    fn look_at_outcomes(&mut self, group: &[&str], receipts: &[Value]) {
        for (place, key) in group.iter().enumerate() {
            let receipt = receipts.iter().find(|receipt| receipt["session"] == *key);
            let outcome = receipt.map_or("", |receipt| text(&receipt["outcome"]));
            let may_reopen = self.plan.resolves_after.is_some() && self.plan.rules.closed_days;
            let fits = match place {
                0 => outcome == "created",
                _ => outcome == "appended" || (may_reopen && outcome == "reopened"),
            };
            self.claim(fits, || {
                format!("{key}, number {place} of {group:?}, was {outcome}")
            });
        }
    }

    /// The sessions of a lane by the records that they should be on, when nobody else changes any.
    fn groups(&self, due: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for &number in due {
            let session = &self.plan.sessions[number];
            let may_join = self.plan.rules.append
                && session.kind != Kind::Voicemail
                && session.person != Person::Anonymous;
            match groups.last_mut() {
                Some(last) if may_join => last.push(number),
                _ => groups.push(vec![number]),
            }
        }
        groups
    }

    /// Whoever has a record is in the CRM once, and nobody else is.
    fn look_at_customers(&mut self, state: &Value) {
        let due = self.plan.due.iter().flatten();
        let people: Vec<_> = due
            .map(|number| self.plan.sessions[*number].person)
            .collect();
        let withheld = people
            .iter()
            .filter(|person| **person == Person::Anonymous)
            .count();
        let known: BTreeSet<_> = people
            .iter()
            .filter(|person| **person != Person::Anonymous)
            .collect();
        let customers: Vec<_> = list(&state["customers"]).collect();
        for person in &known {
            let (phone, email) = person.addresses();
            let found = customers.iter().filter(|customer| {
                let has = |key: &str, value: &Option<String>| {
                    value
                        .as_ref()
                        .is_some_and(|value| customer[key] == value.as_str())
                };
                has("phone", &phone) || has("email", &email)
            });
            let found = found.count();
            self.claim(found == 1, || {
                format!("{person:?} is {found} customers: {customers:#?}")
            });
        }
        let expected = known.len() + withheld;
        self.claim(customers.len() == expected, || {
            format!(
                "{} customers instead of {expected}: {customers:#?}",
                customers.len()
            )
        });
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
