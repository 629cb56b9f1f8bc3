mod refusals;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::sample::{Lookup, Sample, id};
use super::{SoqlError, parse};

/// The records of a query's answer, which an index must not change.
fn records(text: &str) -> Result<Vec<Value>, SoqlError> {
    let mut sample = Sample::new();
    let by_index = records_of(&sample, text);
    sample.lookup = Lookup::Scan;
    assert_eq!(by_index, records_of(&sample, text), "{text}");
    by_index
}

fn records_of(sample: &Sample, text: &str) -> Result<Vec<Value>, SoqlError> {
    let query = parse(text)?;
    let found = query.run(&sample)?;
    assert_eq!(found.total, found.rows.len(), "{text}");
    query.records(&sample, &found.rows, "66.0")
}

/// The ids that a condition finds, as the numbers of the sample's rows.
fn found(object: &str, condition: &str) -> Vec<u64> {
    let records = records(&format!("SELECT Id FROM {object} WHERE {condition}")).unwrap();
    let ids = records.iter().map(|record| record["Id"].as_str().unwrap());
    let number = |wanted: &str| (1..10).find(|number| id(object, *number) == wanted);
    ids.map(|id| number(id).unwrap()).collect()
}

fn refusal(text: &str) -> SoqlError {
    match records(text) {
        Ok(records) => panic!("{text} found {records:?}"),
        Err(error) => error,
    }
}

#[test]
fn conditions_find_what_they_say() {
    let owner = id("User", 1);
    let short = &id("Case", 2)[..15];
    for (object, condition, expected) in [
        ("Contact", "Email = 'ana@EXAMPLE.com'", vec![1]),
        ("Contact", "Email != 'ana@example.com'", vec![2, 3]),
        ("Contact", "Email = null", vec![2]),
        ("Contact", "Email = ''", vec![2]),
        ("Contact", "Email <> NULL", vec![1, 3]),
        ("Contact", r"Name = 'Ben O\'Neil'", vec![2]),
        ("Contact", r"Name LIKE '%100\%'", vec![3]),
        (
            "Contact",
            "Name LIKE 'ben%' OR Name LIKE 'Cy____%'",
            vec![2, 3],
        ),
        (
            "Contact",
            "Email IN ('cy@example.com', 'ana@example.com', 'cy@example.com')",
            vec![1, 3],
        ),
        ("Contact", "Email NOT IN ('cy@example.com')", vec![1, 2]),
        ("Contact", "Email IN ('cy@example.com', null)", vec![2, 3]),
        (
            "Contact",
            "(NOT Name LIKE 'a%') AND CreatedDate < 2026-05-03T00:00:00Z",
            vec![2],
        ),
        ("Contact", "Account.Name = 'example & sons'", vec![1]),
        ("Contact", "Account.Name != 'example & sons'", vec![2, 3]),
        (
            "Case",
            "IsClosed = false OR ClosedDate >= 2026-05-09T00:00:00Z",
            vec![1, 3],
        ),
        (
            "Case",
            "Queue = '13' AND (Contact.Email = 'cy@example.com' OR ContactId = null)",
            vec![2],
        ),
        ("Case", "Contact.Account.Name LIKE 'Example%'", vec![1]),
        ("Case", "Contact.Account.Name = null", vec![2, 3]),
        ("Case", "Score > 2", vec![2]),
        ("Case", "Score >= 2.0", vec![1, 2]),
        ("Case", "Score IN (2, 3)", vec![1]),
        ("Case", "Key = 'Ab'", vec![3]),
        ("Case", "Key = 'ab'", vec![]),
        ("Case", "Key LIKE 'a%'", vec![]),
        ("Case", "Subject > 'First' AND Subject <= 'SECOND'", vec![2]),
        ("Case", &format!("Id = '{short}'"), vec![2]),
        (
            "Case",
            &format!("OwnerId = '{owner}' AND IsClosed = true"),
            vec![2],
        ),
        ("Case", "CreatedDate = 2026-05-04T10:00:00.000Z", vec![1]),
        (
            "Case",
            "CreatedDate > 2026-05-05T12:00:00.000+02:00",
            vec![3],
        ),
        ("Case", "ClosedDate = TODAY", vec![3]),
        ("Case", "ClosedDate = LAST_N_DAYS:2", vec![2, 3]),
        ("Case", "ClosedDate < LAST_N_DAYS:1", vec![2]),
        ("Case", "ClosedDate > today", vec![]),
        ("Task", "ActivityDate = 2026-05-04", vec![1]),
        ("Task", "ActivityDate >= TODAY", vec![2]),
        ("Task", "ActivityDate <= last_n_days:3", vec![1, 2]),
        (
            "Task",
            "Key = 'call/1@a' OR Key LIKE 'call/1@a#%'",
            vec![1, 2],
        ),
        (
            "Contact",
            "Id IN (SELECT ContactId FROM Case WHERE IsClosed = true)",
            vec![3],
        ),
        (
            "Contact",
            "Id NOT IN (SELECT ContactId FROM Case) AND Email = null",
            vec![2],
        ),
        (
            "Contact",
            "Id IN (SELECT ContactId FROM Case) AND Id NOT IN (SELECT ContactId FROM Case WHERE Score = 10)",
            vec![1],
        ),
    ] {
        assert_eq!(found(object, condition), expected, "{condition}");
    }
}

#[test]
fn an_escaped_injection_finds_nothing_and_a_forgotten_backslash_is_refused() {
    let vector = r"\' OR Name != '";
    let escaped = vector.replace('\\', r"\\").replace('\'', r"\'");
    assert!(found("Contact", &format!("Name = '{escaped}'")).is_empty());
    // Only the quotation mark escaped: the literal ends early, and two more tokens follow.
    let half = vector.replace('\'', r"\'");
    let query = format!("SELECT Id FROM Contact WHERE Name = '{half}'");
    assert_eq!(refusal(&query).code, "MALFORMED_QUERY");
    let open = format!("SELECT Id FROM Contact WHERE Name = '{vector}' ");
    assert_eq!(refusal(&open).code, "MALFORMED_QUERY");
}

#[test]
fn counts_without_records() {
    let sample = Sample::new();
    for (text, total) in [
        ("SELECT count() FROM Case", 3),
        ("select COUNT() from case where IsClosed = TRUE", 2),
        ("SELECT count() FROM Case LIMIT 1", 1),
    ] {
        let found = parse(text).unwrap().run(&&sample).unwrap();
        assert_eq!((found.total, found.rows.len()), (total, 0), "{text}");
    }
}

#[test]
fn records_show_fields_parents_and_children() {
    let text = "SELECT Id, subject, Contact.Email, contact.Account.name, (SELECT Key FROM Tasks WHERE Key != null ORDER BY Key DESC LIMIT 5) FROM Case ORDER BY CreatedDate LIMIT 2";
    let attributes = |object: &str, number| {
        let url = format!(
            "/services/data/v66.0/sobjects/{object}/{}",
            id(object, number)
        );
        json!({ "type": object, "url": url })
    };
    let expected = json!([
        {
            "attributes": attributes("Case", 1),
            "Id": id("Case", 1),
            "Subject": "First",
            "Contact": {
                "attributes": attributes("Contact", 1),
                "Email": "Ana@Example.com",
                "Account": { "attributes": attributes("Account", 1), "Name": "Example & Sons" },
            },
            "Tasks": {
                "totalSize": 2,
                "done": true,
                "records": [
                    { "attributes": attributes("Task", 2), "Key": "call/1@a#ended:1" },
                    { "attributes": attributes("Task", 1), "Key": "call/1@a" },
                ],
            },
        },
        {
            "attributes": attributes("Case", 2),
            "Id": id("Case", 2),
            "Subject": "second",
            "Contact": { "attributes": attributes("Contact", 3), "Email": "cy@example.com", "Account": null },
            "Tasks": null,
        },
    ]);
    assert_eq!(Value::Array(records(text).unwrap()), expected);
}

#[test]
fn sorts_then_skips_then_limits() {
    for (clauses, expected) in [
        (
            "ORDER BY ClosedDate",
            ["First", "second", "Third"].as_slice(),
        ),
        ("ORDER BY ClosedDate DESC", &["First", "Third", "second"]),
        (
            "ORDER BY ClosedDate DESC NULLS LAST",
            &["Third", "second", "First"],
        ),
        (
            "ORDER BY ClosedDate ASC NULLS LAST",
            &["second", "Third", "First"],
        ),
        ("ORDER BY Subject DESC", &["Third", "second", "First"]),
        (
            "ORDER BY IsClosed, CreatedDate DESC",
            &["First", "Third", "second"],
        ),
        (
            "ORDER BY Contact.Name DESC NULLS LAST",
            &["second", "First", "Third"],
        ),
        ("ORDER BY CreatedDate LIMIT 1 OFFSET 1", &["second"]),
        ("LIMIT 0", &[]),
        ("OFFSET 5", &[]),
    ] {
        let records = records(&format!("SELECT Subject FROM Case {clauses}")).unwrap();
        let subjects: Vec<_> = records
            .iter()
            .map(|record| record["Subject"].as_str().unwrap())
            .collect();
        assert_eq!(subjects, expected, "{clauses}");
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_is_answered_or_refused(end in "(Id |Score |Subject |= |> |1 |'a' |\\( |\\) |AND |OR |NOT |IN |LIKE |, |LIMIT |\\\\|'|[^a-z]){0,12}") {
        let text = format!("SELECT Id FROM Case WHERE {end}");
        if let Err(refusal) = records(&text) {
            let codes = ["MALFORMED_QUERY", "INVALID_FIELD", "INVALID_QUERY_FILTER_OPERATOR", "QUERY_TOO_COMPLICATED"];
            prop_assert!(codes.contains(&refusal.code), "{}", refusal);
        }
    }

    #[test]
    fn no_escaped_value_leaves_its_literal(value in "[a'\\\\ O\"%_=!Rme)(-]{0,12}") {
        let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
        let text = format!("SELECT Id FROM Contact WHERE Name = '{escaped}' AND Id = null");
        prop_assert_eq!(records(&text), Ok(vec![]));
    }
}
