//! What refusals mean.

use super::*;
use serde_json::json;

fn meaning(status: u16, body: &str) -> (Option<ErrorKind>, String) {
    let status = StatusCode::from_u16(status).unwrap();
    let Refusal { kind, text } = refusal(status, &HeaderMap::new(), body.as_bytes());
    (kind, text)
}

#[test]
fn each_shape_of_error_is_read() {
    for (status, body, kind, part) in [
        (
            401,
            r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
            Some(ErrorKind::Auth),
            "INVALID_SESSION_ID",
        ),
        (
            401,
            r#"[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]"#,
            Some(ErrorKind::Config),
            "INVALID_SESSION_ID",
        ),
        (
            403,
            r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            Some(ErrorKind::RateLimited {
                retry_after: DAILY_LIMIT_PAUSE,
            }),
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (
            403,
            r#"[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            Some(ErrorKind::Unavailable),
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (
            404,
            r#"[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]"#,
            Some(ErrorKind::Config),
            "check `api_version`",
        ),
        (
            410,
            "<html>gone</html>",
            Some(ErrorKind::Config),
            "check `api_version`",
        ),
        (420, "", Some(ErrorKind::Unavailable), ""),
        (
            503,
            r#"[{"message":"busy","errorCode":"SERVER_UNAVAILABLE"}]"#,
            Some(ErrorKind::Unavailable),
            "SERVER_UNAVAILABLE",
        ),
        (
            200,
            r#"[{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"x","fields":[]}]}]"#,
            Some(ErrorKind::Unavailable),
            "UNABLE_TO_LOCK_ROW",
        ),
        (
            300,
            r#"["/services/data/v66.0/sobjects/Contact/003"]"#,
            None,
            "",
        ),
        (502, "<html>no instance</html>", None, ""),
    ] {
        let (found, text) = meaning(status, body);
        assert_eq!(found, kind, "{status} {body}");
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_query_is_never_told() {
    let body = r#"[{"message":"\nSELECT Id FROM Contact WHERE Email = 'kim@example.com'\n ^\nERROR at Row:1:Column:8\nNo such column","errorCode":"INVALID_FIELD"}]"#;
    let (kind, text) = meaning(400, body);
    assert_eq!(kind, Some(ErrorKind::Config));
    assert!(
        !text.contains("kim") && text.contains("casewire setup"),
        "{text}"
    );
}

#[test]
fn a_validation_rule_is_told_without_data() {
    let refused = Refused::read(&json!([{
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "A reason is needed for kim@example.com, +15550100100",
        "fields": ["Reason__c"],
    }]));
    let text = refused
        .error_with(Some("record_values"))
        .message()
        .to_owned();
    assert!(
        text.contains("(Reason__c) \"A reason is needed for … …\""),
        "{text}"
    );
    assert!(text.contains("record_values"), "{text}");
}

#[test]
fn only_a_failure_that_passes_is_one_of_the_whole_call() {
    let part = |code: &str| {
        json!({ "compositeResponse": [
            { "httpStatusCode": 400, "referenceId": "a", "body": [{ "errorCode": "PROCESSING_HALTED", "message": "" }] },
            { "httpStatusCode": 400, "referenceId": "b", "body": [{ "errorCode": code, "message": "" }] },
        ] })
        .to_string()
    };
    assert_eq!(
        passing(part("UNABLE_TO_LOCK_ROW").as_bytes()).unwrap().kind,
        Some(ErrorKind::Unavailable)
    );
    assert!(passing(part("DUPLICATE_VALUE").as_bytes()).is_none());
    let said = json!({ "compositeResponse": [
        { "httpStatusCode": 200, "referenceId": "a", "body": { "records": [{ "Subject": "UNABLE_TO_LOCK_ROW" }] } },
    ] });
    assert!(passing(said.to_string().as_bytes()).is_none());
}

#[test]
fn of_several_errors_the_permanent_one_decides() {
    let refused = Refused::read(&json!([
        { "errorCode": "UNABLE_TO_LOCK_ROW", "message": "" },
        { "errorCode": "INVALID_FIELD", "message": "" },
    ]));
    assert_eq!(refused.error().kind(), ErrorKind::Config);
}
