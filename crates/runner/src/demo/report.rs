//! What the demo tells: decisions and holdings with a column for each CRM, and records as an agent would read them.

use std::collections::BTreeMap;

use casewire_core::{Outcome, RuleId};
use casewire_engine::Receipt;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use super::crm::DemoCrm;
use crate::table::table;

/// How many sessions came to what, by which rule.
pub(super) fn decisions(crms: &[DemoCrm], receipts: &[Vec<Receipt>]) -> Table {
    let mut counted: BTreeMap<(Outcome, Option<RuleId>, &str), Vec<usize>> = BTreeMap::new();
    for (at, receipts) in receipts.iter().enumerate() {
        for receipt in receipts {
            let key = (receipt.outcome, receipt.rule, &*receipt.reason);
            counted.entry(key).or_insert_with(|| vec![0; crms.len()])[at] += 1;
        }
    }
    let mut table = by_crm(crms, ["outcome", "rule", "reason"]);
    for ((outcome, rule, reason), counts) in counted {
        let rule = rule.map_or_else(|| "-".to_owned(), |rule| rule.to_string());
        let mut row: Vec<_> = counts.iter().map(ToString::to_string).collect();
        row.extend([outcome.as_str().to_owned(), rule, reason.to_owned()]);
        table.add_row(row);
    }
    table
}

/// What each CRM holds in its state, in a few lines.
pub(super) fn holdings(crms: &[DemoCrm], states: &[Value]) -> Table {
    type Count = fn(&Value) -> usize;
    let rows: [(&str, Count); 9] = [
        ("records", |state| list(&state["records"]).len()),
        ("of them open", |state| in_state(state, "open")),
        ("of them resolved", |state| in_state(state, "resolved")),
        ("of them closed for good", |state| in_state(state, "closed")),
        ("sessions on them", |state| on_records(state, "sessions")),
        ("notes on them", |state| on_records(state, "notes")),
        ("customers", |state| list(&state["customers"]).len()),
        ("requests answered", |state| requests(state, "total")),
        ("of them writes", |state| requests(state, "writes")),
    ];
    let mut table = by_crm(crms, [""]);
    for (what, count) in rows {
        let counts = states.iter().map(|state| count(state).to_string());
        table.add_row(counts.chain([what.to_owned()]));
    }
    table
}

/// A table with a column of numbers for each CRM, then those of `more`.
fn by_crm<const N: usize>(crms: &[DemoCrm], more: [&'static str; N]) -> Table {
    let mut table = table(crms.iter().map(DemoCrm::label).chain(more));
    for column in table.column_iter_mut().take(crms.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn in_state(state: &Value, wanted: &str) -> usize {
    let records = list(&state["records"]).iter();
    records.filter(|record| record["state"] == wanted).count()
}

fn on_records(state: &Value, what: &str) -> usize {
    let records = list(&state["records"]).iter();
    records.map(|record| list(&record[what]).len()).sum()
}

fn requests(state: &Value, which: &str) -> usize {
    let count = state["requests"][which].as_u64();
    count.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX))
}

/// A record that several sessions joined, with late data, and a follow-up.
pub(super) fn worth_reading(state: &Value) -> impl Iterator<Item = &Value> {
    let records = list(&state["records"]);
    let is_transferred = |note: &Value| note["kind"] == "transferred";
    let joined = records.iter().find(|record| {
        list(&record["sessions"]).len() > 1 && list(&record["notes"]).iter().any(is_transferred)
    });
    let follow_up = records
        .iter()
        .find(|record| !record["follow_up_of"].is_null());
    joined.into_iter().chain(follow_up)
}

/// A record as an agent would read it.
pub(super) fn as_read(record: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let mut read = format!(
        "{}  {}  [{}]\n  queue {}, customer {}",
        text(&record["id"]),
        text(&record["title"]),
        text(&record["status"]),
        text(&record["queue"]),
        text(&record["customer"]),
    );
    let tags: Vec<_> = list(&record["tags"]).iter().map(text).collect();
    if !tags.is_empty() {
        read.push_str(&format!(", tags {}", tags.join(" ")));
    }
    if !record["follow_up_of"].is_null() {
        read.push_str(&format!(", follows up {}", text(&record["follow_up_of"])));
    }
    for note in list(&record["notes"]) {
        let indented = text(&note["text"]).replace('\n', "\n    | ");
        read.push_str(&format!("\n    | {indented}"));
    }
    read
}
