//! The fake's answers beside recorded ones: every key that the vendor sent, the fake sends. The
//! recordings are no part of the repository; `CASEWIRE_RECORDINGS` names their folder.

use std::collections::BTreeSet;
use std::path::PathBuf;

use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

fn recording(file: &str) -> Option<Value> {
    recorded("zendesk", file)
}

/// A recording of a vendor.
#[expect(clippy::print_stdout, reason = "a skipped test has to say so")]
pub(crate) fn recorded(vendor: &str, file: &str) -> Option<Value> {
    let Some(folder) = std::env::var_os("CASEWIRE_RECORDINGS") else {
        println!("skipped: CASEWIRE_RECORDINGS is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(vendor).join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

fn keys(value: &Value) -> BTreeSet<String> {
    let keys = value.as_object().unwrap().keys();
    keys.filter(|key| !key.starts_with("_trimmed_"))
        .cloned()
        .collect()
}

/// Fails when the fake lacks a recorded key that is not among the exceptions, or adds one
/// that is neither recorded nor an exception.
pub(crate) fn compare(what: &str, recorded: &Value, ours: &Value, exceptions: &[&str]) {
    let (recorded, ours) = (keys(recorded), keys(ours));
    let differing: Vec<_> = recorded
        .symmetric_difference(&ours)
        .filter(|key| !exceptions.contains(&key.as_str()))
        .collect();
    assert!(differing.is_empty(), "{what}: {differing:?}");
}

#[test]
fn ticket_writes_have_the_recorded_keys() {
    let Some(recorded) = recording("zenpy_ticket_create_then_update.json") else {
        return;
    };
    let client = Client::new();
    let created = client
        .post(
            "/api/v2/tickets",
            &json!({ "ticket": { "subject": "test", "comment": { "body": "test" } } }),
        )
        .body_json();
    let updated = client.update(1, &json!({ "subject": "other" })).body_json();
    for (index, ours) in [created, updated].iter().enumerate() {
        let theirs = &recorded["interactions"][index]["response"]["body"];
        compare("answer", theirs, ours, &[]);
        // Later recordings than this one have the timestamp.
        compare(
            "ticket",
            &theirs["ticket"],
            &ours["ticket"],
            &["generated_timestamp"],
        );
        compare("audit", &theirs["audit"], &ours["audit"], &[]);
        compare(
            "event",
            &theirs["audit"]["events"][0],
            &ours["audit"]["events"][0],
            &[],
        );
        compare("via", &theirs["ticket"]["via"], &ours["ticket"]["via"], &[]);
        assert_eq!(theirs["ticket"]["status"], ours["ticket"]["status"]);
    }
}

#[test]
fn users_have_the_recorded_keys() {
    let Some(recorded) = recording("zenpy_user_create_then_update.json") else {
        return;
    };
    let client = Client::new();
    let ours = client
        .post("/api/v2/users", &json!({ "user": { "name": "testUser" } }))
        .body_json();
    let theirs = &recorded["interactions"][0]["response"]["body"];
    compare("answer", theirs, &ours, &[]);
    compare("user", &theirs["user"], &ours["user"], &[]);
    for key in [
        "role",
        "verified",
        "active",
        "suspended",
        "phone",
        "email",
        "shared_phone_number",
        "ticket_restriction",
    ] {
        assert_eq!(theirs["user"][key], ours["user"][key], "{key}");
    }
}

#[test]
fn fields_have_the_recorded_keys() {
    let Some(recorded) = recording("zenpy_ticket_field_create_then_update.json") else {
        return;
    };
    let client = Client::new();
    let field = json!({ "ticket_field": { "title": "I AM A TEST", "type": "text" } });
    let ours = client.post("/api/v2/ticket_fields", &field).body_json();
    let mut theirs = recorded["interactions"][0]["response"]["body"]["ticket_field"].clone();
    let mut ours = ours["ticket_field"].clone();
    compare("field", &theirs, &ours, &[]);
    for key in ["id", "url", "created_at", "updated_at"] {
        theirs[key] = Value::Null;
        ours[key] = Value::Null;
    }
    assert_eq!(theirs, ours);
}

#[test]
fn comments_and_searches_have_the_recorded_keys() {
    let (Some(comments), Some(search)) = (
        recording("zenpy_ratelimit_headers_upload_ticket_comments_redact.json"),
        recording("go_search_ticket.json"),
    ) else {
        return;
    };
    let client = Client::new();
    client.ticket(&json!({}));
    let ours = client
        .get("/api/v2/tickets/1/comments.json?include_inline_images=false&page%5Bsize%5D=100")
        .body_json();
    let theirs = &comments["interactions"][2]["response"]["body"];
    compare("comments", theirs, &ours, &[]);
    compare("comment", &theirs["comments"][0], &ours["comments"][0], &[]);
    compare("meta", &theirs["meta"], &ours["meta"], &[]);
    let ours = client.search("type:ticket").body_json();
    compare("search", &search["body"], &ours, &[]);
    // The recording is older than these keys.
    let newer = [
        "custom_status_id",
        "from_messaging_channel",
        "generated_timestamp",
        "satisfaction_probability",
    ];
    compare(
        "result",
        &search["body"]["results"][0],
        &ours["results"][0],
        &newer,
    );
}

#[test]
fn errors_and_anonymous_users_are_as_recorded() {
    let (Some(missing), Some(anonymous)) = (
        recording("zenpy_ticket_update_404.json"),
        recording("node_users_me_no_credentials_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let ours = client.update(9_223_372_036_854_775_807, &json!({ "subject": "test" }));
    let theirs = &missing["interactions"][0]["response"];
    assert_eq!(theirs["status"], ours.status.as_u16());
    assert_eq!(theirs["body"], ours.body_json());
    let request = casewire_sandbox::Request::new(Method::GET, "/api/v2/users/me.json");
    let ours = client.sandbox.handle(&request);
    let theirs = anonymous["interactions"].get(0).unwrap_or(&anonymous);
    assert_eq!(theirs["response"], ours.body_json());
}

#[test]
fn documented_error_bodies_occur() {
    let Some(catalog) = recording("errors_catalog.json") else {
        return;
    };
    let client = Client::new();
    client.ticket(&json!({ "status": "closed" }));
    client.ticket(&json!({}));
    let anonymous = casewire_sandbox::Request::new(Method::GET, "/api/v2/tickets/1");
    let answers = [
        client.sandbox.handle(&anonymous),
        client.sandbox.handle(&anonymous.clone().bearer("x")),
        client.get("/api/v2/tickets/77"),
        client.get("/api/v2/nothing"),
        client.update(1, &json!({ "subject": "x" })),
        client.get("/api/v2/search?query=type:ticket&page=11"),
    ];
    let catalog = catalog.as_array().unwrap();
    for answer in answers {
        let body = answer.body_json();
        let known = catalog
            .iter()
            .any(|entry| entry["status"] == answer.status.as_u16() && entry["body"] == body);
        assert!(known, "{} {body}", answer.status);
    }
}
