//! Recorded errors, served to the connector.

use casewire_core::{Append, CrmConnector as _, Error, ErrorKind, RecordState};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::org::{
    CASE, GOLDEN, case, connector, connector_with, exchange, halted, id, linked, parts, play, rows,
    token,
};
use super::recordings::{VENDOR, body, whole};
use crate::recorded::{answer_of, recording};
use crate::script::{Script, answered, json};
use crate::story;

/// A composite's answer with its part `from` called `to`.
fn renamed(mut answer: Value, from: &str, to: &str) -> ResponseTemplate {
    let parts = answer["compositeResponse"].as_array_mut().unwrap();
    let part = parts.iter_mut().find(|part| part["referenceId"] == from);
    part.unwrap()["referenceId"] = json!(to);
    json(200, answer)
}

/// The error of a look at the case that is answered so.
async fn refused_read(answer: ResponseTemplate) -> Error {
    let script = play([answered("case_read", answer)]).await;
    connector(&script).read_record(&id(CASE)).await.unwrap_err()
}

/// The error of an append that is answered so, and then finds the case unchanged.
async fn refused_append(answer: ResponseTemplate) -> Error {
    let script = play([
        exchange("statuses"),
        answered("case_append", answer),
        exchange("case_read"),
        answered("entries_known", parts([("known", 200, rows([]))])),
    ])
    .await;
    let what = Append {
        sessions: vec![story::joining(&[linked()])],
        ..story::append()
    };
    let appended = connector(&script)
        .append(&case(RecordState::Open), &what)
        .await;
    appended.unwrap_err()
}

/// An append that was rolled back because its entry was refused so.
fn rolled_back(status: u16, why: Value) -> ResponseTemplate {
    parts([
        ("guard", 400, halted()),
        ("read", 400, halted()),
        ("entry0", status, why),
    ])
}

#[tokio::test]
async fn an_expired_refresh_token_is_understood() {
    let Some(expired) = whole("oauth_400_refresh_expired.json") else {
        return;
    };
    let script = Script::of(&GOLDEN, |_| {
        vec![answered("oauth_token_by_refresh", expired)]
    })
    .await;
    script.secret("refresh-token-1");
    let changes = json!({ "auth": {
        "type": "oauth_refresh_token", "client_id": "casewire", "token_file": script.secret_file(),
    } });
    let connector = connector_with(&script, changes);
    let error = connector.read_record(&id(CASE)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.message().contains("sign in again"), "{error}");
}

#[tokio::test]
async fn a_call_that_was_rolled_back_tells_the_guilty_part() {
    let Some(rolled_back) = whole("composite_200_rolled_back.json") else {
        return;
    };
    let error = refused_append(rolled_back).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("INVALID_FIELD"), "{error}");
    assert!(!error.message().contains("XName"), "{error}");
}

#[tokio::test]
async fn a_part_that_failed_is_told_from_its_sibling() {
    let Some(mixed) = body("composite_200_mixed_query_error.json") else {
        return;
    };
    let error = refused_read(renamed(mixed.clone(), "refXYZZY", "record")).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.message().contains("XYZZY"), "{error}");
    let script = play([answered(
        "case_read",
        renamed(mixed, "refAccount", "record"),
    )])
    .await;
    let read = connector(&script).read_record(&id(CASE)).await;
    assert_eq!(
        read.unwrap(),
        None,
        "the sibling counted rows and found none"
    );
}

#[tokio::test]
async fn parts_that_were_not_found_or_not_changed_are_no_success() {
    let Some(missing) = body("composite_200_subrequest_404.json") else {
        return;
    };
    let error = refused_read(renamed(missing, "CCI__RefId__0__", "record")).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let Some(unchanged) = body("composite_200_conditional_304.json") else {
        return;
    };
    let error = refused_read(renamed(unchanged, "CCI__RefId__1__", "record")).await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn errors_say_what_to_do_next_and_nothing_private() {
    // Of the whole call, and of a part that writes.
    let rejected = ErrorKind::Rejected;
    for (file, outer, inner) in [
        (
            "err_400_invalid_field_dml.json",
            ErrorKind::Config,
            ErrorKind::Config,
        ),
        (
            "err_400_invalid_field_query.json",
            ErrorKind::Config,
            ErrorKind::Config,
        ),
        ("err_400_malformed_query.json", rejected, rejected),
        ("err_400_required_field_missing.json", rejected, rejected),
        ("err_400_restricted_picklist.json", rejected, rejected),
        (
            "err_404_entity_is_deleted.json",
            ErrorKind::Config,
            ErrorKind::NotFound,
        ),
        (
            "upsert_404_unknown_extid_field.json",
            ErrorKind::Config,
            ErrorKind::NotFound,
        ),
        ("upsert_300_multiple.json", ErrorKind::Config, rejected),
    ] {
        let Some(answer) = recording(VENDOR, file) else {
            return;
        };
        let answer = &answer["response"];
        let error = refused_read(answer_of(answer)).await;
        assert_eq!(error.kind(), outer, "{file}: {error}");
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        let error = refused_append(rolled_back(status, answer["body"].clone())).await;
        assert_eq!(error.kind(), inner, "{file}: {error}");
        let message = answer["body"][0]["message"]
            .as_str()
            .unwrap_or("/sobjects/");
        assert!(!error.message().contains(message), "{file}: {error}");
        let fields = answer["body"][0]["fields"].as_array();
        for field in fields.into_iter().flatten() {
            let field = field.as_str().unwrap();
            assert!(error.message().contains(field), "{file}: {error}");
        }
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() {
    let Some(expired) = whole("err_401_invalid_session.json") else {
        return;
    };
    let read_after = async |second: ResponseTemplate| {
        let script = Script::of(&GOLDEN, |uri| {
            let login = || answered("oauth_token", token("oauth_token", uri));
            let first = answered("case_read", expired.clone());
            vec![login(), first, login(), answered("case_read", second)]
        })
        .await;
        connector(&script).read_record(&id(CASE)).await
    };
    let read = read_after(GOLDEN.answer("case_read")).await;
    assert_eq!(read.unwrap().unwrap().id, id(CASE));
    let read = read_after(expired.clone()).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn rows_of_a_list_that_failed_are_understood() {
    let Some(list) = body("collections_200_failed_item.json") else {
        return;
    };
    let error = refused_append(rolled_back(400, list)).await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let code = "INVALID_CROSS_REFERENCE_KEY";
    assert!(error.message().contains(code), "{error}");
}

#[tokio::test]
async fn a_graph_is_no_composite_and_its_parts_are() {
    let Some(graph) = body("graph_200_failed_node.json") else {
        return;
    };
    let error = refused_append(json(200, graph.clone())).await;
    assert_eq!(error.kind(), ErrorKind::Protocol);
    let node = graph["graphs"][0]["graphResponse"].clone();
    let error = refused_append(json(200, node)).await;
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("(Rating__c)"), "{error}");
}

#[tokio::test]
async fn attested_errors_say_what_to_do_next() {
    let Some(attested) = recording(VENDOR, "attested_shapes.json") else {
        return;
    };
    for entry in attested["cases"].as_array().unwrap() {
        let (name, body) = (entry["name"].as_str().unwrap(), &entry["body"]);
        let error = match name.starts_with("oauth_") {
            true => refused_login(body).await,
            false if body.get("compositeResponse").is_some() => {
                refused_append(json(200, body.clone())).await
            }
            false => refused_append(rolled_back(400, body.clone())).await,
        };
        let kind = error.kind();
        let fits = match name {
            "unable_to_lock_row"
            | "unable_to_lock_row_in_trigger"
            | "request_limit_concurrent"
            | "oauth_concurrent_refresh" => kind == ErrorKind::Unavailable,
            "request_limit_daily" => matches!(kind, ErrorKind::RateLimited { .. }),
            "duplicates_detected" | "validation_rule" | "string_too_long" => {
                kind == ErrorKind::Rejected
            }
            // The entry is there, and not on the record.
            "duplicate_value" => kind == ErrorKind::Uncertain,
            "composite_empty_query_reference" => kind == ErrorKind::Conflict,
            "oauth_cc_wrong_domain" | "oauth_cc_no_run_as_user" => kind == ErrorKind::Config,
            "oauth_jwt_not_preauthorised" => kind == ErrorKind::Auth,
            other => panic!("{other} is not in this table"),
        };
        assert!(fits, "{name}: {error:?}");
    }
}

async fn refused_login(body: &Value) -> Error {
    let answer = json(400, body.clone());
    let script = Script::of(&GOLDEN, |_| vec![answered("oauth_token", answer)]).await;
    connector(&script).read_record(&id(CASE)).await.unwrap_err()
}
