//! Records that the CRM is assumed to have, from `--records SEED.json`.

use casewire_core::{CustomerKey, RecordState};
use jiff::Timestamp;
use serde::Deserialize;

/// A record that exists when the simulation begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRecord {
    /// Its id.
    pub id: String,
    /// Its customer: a phone number in E.164, an e-mail address or an external id.
    #[serde(deserialize_with = "customer")]
    pub customer: CustomerKey,
    /// Its leaf queue's id.
    pub queue: String,
    /// Its state.
    pub state: SeedState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was resolved or closed; needed for those.
    #[serde(default)]
    pub closed_at: Option<Timestamp>,
}

/// The state of a [`SeedRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeedState {
    /// Being worked on.
    Open,
    /// Done; may be opened again.
    Resolved,
    /// Done for good.
    Closed,
}

impl From<SeedState> for RecordState {
    fn from(state: SeedState) -> Self {
        match state {
            SeedState::Open => Self::Open,
            SeedState::Resolved => Self::Resolved,
            SeedState::Closed => Self::Closed,
        }
    }
}

fn customer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CustomerKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    CustomerKey::parse(&text).ok_or_else(|| serde::de::Error::custom("a customer can not be blank"))
}

/// Why the seed can not be used.
#[derive(Debug, thiserror::Error)]
#[error("{}field `{field}`: {problem}", told(.place))]
pub struct SeedError {
    /// The line and column, from 1, where they are known.
    pub place: Option<(usize, usize)>,
    /// The field, for example `[2].state`; `.` for the whole.
    pub field: String,
    problem: String,
}

fn told(place: &Option<(usize, usize)>) -> String {
    place
        .map(|(line, column)| format!("line {line}, column {column}, "))
        .unwrap_or_default()
}

/// Reads a JSON array of records.
///
/// # Errors
/// When it is no such array, with the place; or when a record that is not open has no `closed_at`, or two have the same id.
pub fn read_seed(json: &str) -> Result<Vec<SeedRecord>, SeedError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let records: Vec<SeedRecord> =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let field = error.path().to_string();
            let cause = error.into_inner();
            SeedError {
                place: Some((cause.line(), cause.column())),
                field,
                problem: without_place(&cause.to_string()),
            }
        })?;
    deserializer.end().map_err(|error| SeedError {
        place: Some((error.line(), error.column())),
        field: ".".to_owned(),
        problem: "something stands after the array".to_owned(),
    })?;
    let mut ids = std::collections::HashSet::new();
    for (place, record) in records.iter().enumerate() {
        let error = |field: &str, problem: &str| SeedError {
            place: None,
            field: format!("[{place}].{field}"),
            problem: problem.to_owned(),
        };
        if record.state != SeedState::Open && record.closed_at.is_none() {
            return Err(error(
                "closed_at",
                "a resolved or closed record needs the time it was closed at",
            ));
        }
        if record.id.starts_with("sim-") {
            return Err(error(
                "id",
                "`sim-` begins the ids of records that the simulation makes",
            ));
        }
        if !ids.insert(&record.id) {
            return Err(error("id", "another record has the same id"));
        }
    }
    Ok(records)
}

/// The parser's message without the place that it ends in.
fn without_place(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_records() {
        let json = r#"[{"id":"41","customer":"+15550100100","queue":"13","state":"resolved",
            "created_at":"2026-01-20T00:00:00Z","closed_at":"2026-01-21T00:00:00Z"}]"#;
        let records = read_seed(json).unwrap();
        assert_eq!(records[0].state, SeedState::Resolved);
        assert!(matches!(records[0].customer, CustomerKey::Phone(_)));
    }

    #[test]
    fn errors_name_their_place() {
        let table = [
            (
                "[\n {\"id\":\"1\",\"customer\":\"a@b.example\",\"queue\":\"1\",\"state\":\"done\"",
                2,
                "[0].state",
            ),
            ("[{\"id\":1}]", 1, "[0].id"),
            ("[{\"colour\":1}]", 1, "[0].colour"),
            ("{}", 1, "."),
            ("[] x", 1, "."),
        ];
        for (json, line, field) in table {
            let error = read_seed(json).unwrap_err();
            assert_eq!(
                (error.place.unwrap().0, error.field.as_str()),
                (line, field),
                "{json}: {error}"
            );
        }
    }

    #[test]
    fn a_closed_record_needs_its_time() {
        let json = r#"[{"id":"41","customer":"c-7","queue":"13","state":"closed","created_at":"2026-01-20T00:00:00Z"}]"#;
        assert_eq!(read_seed(json).unwrap_err().field, "[0].closed_at");
    }
}
