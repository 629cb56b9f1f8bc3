use http::{Method, StatusCode};
use serde_json::json;

use super::client::Client;
use crate::client::header;

/// Of the fake's clock in the first minute.
const RESETS_AT: &str = "1769217307";

#[test]
fn organisation_is_counted_in_every_answer() {
    let client = Client::with(|options| options.limits.organisation = 2);
    let found = client.get("/v1/tags");
    for (name, value) in [
        ("x-ratelimit-limit", Some("2")),
        ("x-ratelimit-remaining", Some("1")),
        ("x-ratelimit-reset", None),
        ("x-kustomer-pod", Some("prod1")),
    ] {
        assert_eq!(header(&found, name), value, "{name}");
    }
    client.pass(20);
    let missing = client.get("/v1/customers/externalId=9999");
    assert_eq!(missing.status, 404);
    assert_eq!(header(&missing, "x-ratelimit-remaining"), Some("0"));
    let refused = client.get("/v1/tags");
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.body_json(),
        json!({ "errors": [{ "status": 429, "code": "toomanyrequests", "title": "Too Many Requests" }] })
    );
    for (name, value) in [
        ("x-ratelimit-limit", Some("2")),
        ("x-ratelimit-remaining", Some("0")),
        // The window began at 01:14:06.25.
        ("x-ratelimit-reset", Some(RESETS_AT)),
        ("retry-after", None),
    ] {
        assert_eq!(header(&refused, name), value, "{name}");
    }
    client.pass(40);
    assert_eq!(client.get("/v1/tags").status, 200);
}

#[test]
fn creations_are_limited_by_customer_and_kind() {
    let client = Client::with(|options| options.limits.creates_per_customer = 2);
    let (kim, lee) = (client.customer(), client.customer());
    let create = |customer: &str, keys: &[(&str, &str)]| {
        let mut body = json!({ "customer": customer });
        for (key, value) in keys {
            body[*key] = json!(value);
        }
        client.post("/v1/conversations", &body).status
    };
    assert_eq!(create(&kim, &[]), StatusCode::CREATED);
    let id = client.created("/v1/conversations", &json!({ "customer": kim }));
    assert_eq!(create(&kim, &[]), StatusCode::TOO_MANY_REQUESTS);
    let imported = [("importedAt", "2026-01-01T00:00:00Z")];
    assert_eq!(create(&kim, &imported), StatusCode::CREATED);
    assert_eq!(create(&lee, &[]), StatusCode::CREATED);
    let note = |keys| {
        let answer = client.post(&format!("/v1/conversations/{id}/notes"), &keys);
        (
            answer.status.as_u16(),
            header(&answer, "x-ratelimit-reset").map(str::to_owned),
        )
    };
    assert_eq!(note(json!({ "body": "1" })), (201, None));
    assert_eq!(note(json!({ "body": "2" })), (201, None));
    let imported = json!({ "body": "3", "importedAt": "2026-01-01T00:00:00Z" });
    assert_eq!(note(imported), (429, Some(RESETS_AT.to_owned())));
    client.pass(60);
    assert_eq!(create(&kim, &[]), StatusCode::CREATED);
}

#[test]
fn all_updates_of_one_object_count() {
    let client = Client::with(|options| options.limits.updates_per_object = 4);
    let (one, two) = (
        client.conversation(&json!({})),
        client.conversation(&json!({})),
    );
    let update = |path: &str| client.put(path, &json!({ "name": "x" })).status;
    assert_eq!(update(&one), 200);
    assert_eq!(client.send(Method::PATCH, &one, &json!({})).status, 200);
    let tags = format!("{one}/tags");
    assert_eq!(client.post(&tags, &json!(["a"])).status, 200);
    assert_eq!(
        client.send(Method::DELETE, &tags, &json!(["a"])).status,
        200
    );
    assert_eq!(client.post(&tags, &json!(["b"])).status, 429);
    assert_eq!(update(&one), 429);
    assert_eq!(update(&two), 200);
}

#[test]
fn searches_have_a_limit_of_their_own() {
    let client = Client::with(|options| options.limits.searches = 1);
    let search = || {
        client.post(
            "/v1/customers/search",
            &json!({ "queryContext": "customer" }),
        )
    };
    assert_eq!(search().status, 200);
    assert_eq!(search().status, 429);
    assert_eq!(client.get("/v1/tags").status, 200);
}
