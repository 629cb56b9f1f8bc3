//! Refusals of parts of a call.

use std::time::Duration;

use casewire_core::{Append, ErrorKind, StatusChange, UserId};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{halted, parts, refused};
use super::refusals::{CONCURRENT, DAILY, plain, refused_append, refused_read};

fn reopening() -> Append {
    Append {
        owner: Some(UserId("005000000000777AAA".to_owned())),
        status: StatusChange::DefaultOpen,
        ..plain()
    }
}

/// An append that was rolled back because of its entry.
fn rolled_back(why: Value) -> ResponseTemplate {
    parts([
        ("guard", 400, halted()),
        ("read", 400, halted()),
        ("entry0", 400, why),
    ])
}

#[tokio::test]
async fn a_part_that_asks_says_what_to_do_next() {
    let quoted = "\nSELECT Id FROM Contact WHERE Email = 'kim@example.com'\n ^\nERROR at Row:1:Column:8\nNo such column 'Phone' on entity 'Contact'.";
    for (status, code, message, kind) in [
        (400, "INVALID_FIELD", quoted, ErrorKind::Config),
        (400, "INVALID_TYPE", quoted, ErrorKind::Config),
        (400, "MALFORMED_QUERY", quoted, ErrorKind::Rejected),
        (400, "QUERY_TIMEOUT", quoted, ErrorKind::Unavailable),
        (
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
            ErrorKind::NotFound,
        ),
    ] {
        let answer = parts([("record", status, refused(code, message))]);
        let error = refused_read(answer, Vec::new()).await;
        assert_eq!(error.kind(), kind, "{code}: {error}");
        assert!(error.message().contains(code), "{error}");
    }
}

#[tokio::test]
async fn a_part_that_writes_says_what_to_do_next() {
    let locked =
        "unable to obtain exclusive access to this record or 1 records: 500000000000001AAA";
    let in_trigger = "Tr: execution of AfterInsert\n\ncaused by: System.DmlException: Update failed. First exception on row 0 with id 001000000000001AAA; first error: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record or 1 records: 001000000000001AAA: []";
    let daily = ErrorKind::RateLimited {
        retry_after: Duration::from_secs(15 * 60),
    };
    for (code, message, kind) in [
        ("UNABLE_TO_LOCK_ROW", locked, ErrorKind::Unavailable),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            in_trigger,
            ErrorKind::Unavailable,
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Tr: kim@example.com",
            ErrorKind::Rejected,
        ),
        ("SERVER_UNAVAILABLE", "busy", ErrorKind::Unavailable),
        (
            "TXN_SECURITY_METERING_ERROR",
            "timed out",
            ErrorKind::Unavailable,
        ),
        ("REQUEST_LIMIT_EXCEEDED", CONCURRENT, ErrorKind::Unavailable),
        ("REQUEST_LIMIT_EXCEEDED", DAILY, daily),
        (
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "+15550100100 is no number of kim@example.com",
            ErrorKind::Rejected,
        ),
        (
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [Region__c]",
            ErrorKind::Rejected,
        ),
        (
            "STRING_TOO_LONG",
            "Subject: data value too large: kim@example.com (max length=255)",
            ErrorKind::Rejected,
        ),
        (
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Status: bad value for restricted picklist field: Completed",
            ErrorKind::Rejected,
        ),
        (
            "INVALID_FIELD",
            "No such column 'Casewire_Key__c' on sobject of type Task",
            ErrorKind::Config,
        ),
        (
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id",
            ErrorKind::Rejected,
        ),
        (
            "STORAGE_LIMIT_EXCEEDED",
            "storage limit exceeded",
            ErrorKind::Config,
        ),
    ] {
        let answer = rolled_back(refused(code, message));
        let error = refused_append(answer, &plain()).await;
        assert_eq!(error.kind(), kind, "{code}: {error}");
        assert!(error.message().contains(code), "{error}");
    }
}

#[tokio::test]
async fn a_lock_that_a_list_of_rows_tells_is_one_too() {
    let list = json!([{ "success": false, "errors": [
        { "statusCode": "UNABLE_TO_LOCK_ROW", "message": "for kim@example.com", "fields": [] },
    ] }]);
    let error = refused_append(rolled_back(list), &plain()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_rule_against_opening_again_tells_of_the_setting() {
    let rule = refused(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Closed cases stay closed",
    );
    let answer = parts([
        ("guard", 400, halted()),
        ("record", 400, rule),
        ("read", 400, halted()),
        ("entry0", 400, halted()),
    ]);
    let error = refused_append(answer, &reopening()).await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    for word in ["Closed cases stay closed", "`statuses.closed`"] {
        assert!(error.message().contains(word), "{error}");
    }
}
