use casewire_sandbox::zendesk::{Options, Strictness};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use crate::client::{Client, header, ids};

#[test]
fn creates_and_shows_a_ticket() {
    let client = Client::new();
    let requester = client.user(&json!({ "name": "Customer", "phone": "+15550100100" }));
    let answer = client.post("/api/v2/tickets", &json!({ "ticket": {
        "subject": "Voice Inbound", "requester_id": requester, "external_id": "a-1", "tags": ["ujet", "Voice_Inbound"],
        "comment": { "body": "Call & <b>more</b>", "public": false }, "metadata": { "session": "call/987" },
    } }));
    assert_eq!(answer.status, 201);
    let body = answer.body_json();
    assert!(
        header(&answer, "location")
            .unwrap()
            .ends_with("/api/v2/tickets/1.json")
    );
    assert_eq!(body["ticket"]["status"], "new");
    assert_eq!(body["ticket"]["tags"], json!(["ujet", "voice_inbound"]));
    assert_eq!(body["ticket"]["is_public"], false);
    assert_eq!(body["ticket"]["created_at"], "2026-01-24T01:14:06Z");
    assert_eq!(body["audit"]["metadata"]["custom"]["session"], "call/987");
    assert_eq!(body["audit"]["events"][0]["body"], "Call & more");
    assert_eq!(client.shown(1), body["ticket"]);
    let audits = client.get("/api/v2/tickets/1/audits").body_json();
    assert_eq!(audits["audits"], json!([body["audit"]]));
}

#[test]
fn same_key_and_body_create_once_for_two_hours() {
    let client = Client::new();
    let create = |body: &str| {
        let ticket = json!({ "ticket": { "comment": { "body": body } } });
        let request = client
            .request(Method::POST, "/api/v2/tickets")
            .json(&ticket);
        client
            .sandbox
            .handle(&request.header(HeaderName::from_static("idempotency-key"), "k1"))
    };
    let first = create("one");
    assert_eq!(header(&first, "x-idempotency-lookup"), Some("miss"));
    let second = create("one");
    assert_eq!(header(&second, "x-idempotency-lookup"), Some("hit"));
    assert_eq!(first.body, second.body);
    let other = create("two");
    assert_eq!(other.status, 400);
    assert_eq!(other.body_json()["error"], "IdempotentRequestError");
    client.pass(2 * 60 * 60);
    let third = create("two");
    assert_eq!(third.body_json()["ticket"]["id"], 2);
}

#[test]
fn refused_creation_is_not_kept_and_creates_no_requester() {
    let client = Client::new();
    let customers = || {
        client.sandbox.state()["customers"]
            .as_array()
            .unwrap()
            .len()
    };
    let ticket = json!({ "ticket": {
        "comment": { "body": "x" }, "requester": { "name": "N", "email": "n@example.com" },
        "custom_fields": [{ "id": 1, "value": "x" }],
    } });
    let request = client
        .request(Method::POST, "/api/v2/tickets")
        .json(&ticket);
    let request = request.header(HeaderName::from_static("idempotency-key"), "k1");
    assert_eq!(client.sandbox.handle(&request).status, 422);
    assert_eq!(customers(), 0);
    client.ticket(&json!({ "requester": { "name": "N", "email": "n@example.com" } }));
    client.ticket(&json!({ "requester": { "name": "N", "email": "N@example.com" } }));
    assert_eq!(customers(), 1);
}

#[test]
fn unknown_keys_are_refused_and_named() {
    let client = Client::new();
    for (ticket, name) in [
        (
            json!({ "comment": { "body": "x" }, "sbject": "y" }),
            "ticket.sbject",
        ),
        (
            json!({ "comment": { "body": "x", "text": "y" } }),
            "ticket.comment.text",
        ),
        (
            json!({ "comment": { "body": "x" }, "requester": { "email": "a@example.com", "phone": "+15550100100" } }),
            "ticket.requester.phone",
        ),
        (
            json!({ "comment": { "body": "x" }, "updated_stamp": "2026-01-24T01:14:06Z" }),
            "ticket.updated_stamp",
        ),
    ] {
        let answer = client.post("/api/v2/tickets", &json!({ "ticket": ticket }));
        assert_eq!(answer.status, 422, "{name}");
        let warning = header(&answer, "x-zendesk-api-warn").unwrap();
        assert_eq!(
            warning,
            format!(
                "{{:allowed_parameters=>{{:controller=>\"tickets\", :action=>\"create\", :unpermitted_keys=>[\"{name}\"], :invalid_values=>[]}}}}"
            )
        );
    }
    assert_eq!(
        client.get("/api/v2/tickets/count").body_json()["count"]["value"],
        0
    );
}

#[test]
fn vendor_strictness_ignores_unknown_keys_but_warns() {
    let client = Client::with(Options {
        strictness: Strictness::Vendor,
        ..Options::default()
    });
    let id = client.ticket(&json!({}));
    let answer = client.update(id, &json!({ "id": id, "subject": "New" }));
    assert_eq!(answer.status, 200);
    assert!(
        header(&answer, "x-zendesk-api-warn")
            .unwrap()
            .contains("[\"ticket.id\"]")
    );
    assert_eq!(client.shown(id)["subject"], "New");
}

#[test]
fn wrong_values_are_refused() {
    let client = Client::new();
    for ticket in [
        json!({}),
        json!({ "comment": {} }),
        json!({ "comment": { "body": "x", "public": "no" } }),
        json!({ "comment": { "body": "x" }, "status": "opened" }),
        json!({ "comment": { "body": "x" }, "priority": "medium" }),
        json!({ "comment": { "body": "x" }, "requester_id": 5 }),
        json!({ "comment": { "body": "x" }, "assignee_id": "ana" }),
        json!({ "comment": { "body": "x" }, "requester": { "email": "nobody" } }),
        json!({ "comment": { "body": "x" }, "tags": [1] }),
        json!({ "comment": { "body": "x" }, "via_followup_source_id": 99 }),
        json!({ "comment": { "body": "x".repeat(65_536) } }),
        json!({ "comment": { "body": "x", "uploads": ["token"] } }),
    ] {
        let answer = client.post("/api/v2/tickets", &json!({ "ticket": ticket }));
        assert_eq!(answer.status, 422, "{ticket}");
        assert_eq!(answer.body_json()["error"], "RecordInvalid");
    }
    let request = client.request(Method::POST, "/api/v2/tickets");
    assert_eq!(client.sandbox.handle(&request).status, 415);
    assert_eq!(client.post("/api/v2/tickets", &json!([])).status, 400);
}

#[test]
fn unknown_routes_parameters_and_ids_are_refused() {
    let client = Client::new();
    let missing = client.get("/api/v2/nothing");
    assert_eq!(
        (
            missing.status.as_u16(),
            missing.body_json()["error"].clone()
        ),
        (404, json!("InvalidEndpoint"))
    );
    let unknown = client.get("/api/v2/tickets/77");
    assert_eq!(
        (
            unknown.status.as_u16(),
            unknown.body_json()["error"].clone()
        ),
        (404, json!("RecordNotFound"))
    );
    assert_eq!(client.get("/api/v2/tickets/abc").status, 400);
    assert_eq!(client.get("/api/v2/tickets?externalid=1").status, 422);
    assert_eq!(client.get("/api/v2/tickets?sort_by=age").status, 400);
    assert_eq!(client.get("/api/v2/tickets?per_page=101").status, 400);
    assert_eq!(client.get("/api/v2/tickets?page=0").status, 400);
}

#[test]
fn safe_update_wants_the_current_stamp() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    client.pass(1);
    let append = |stamp: &str| {
        client.update(id, &json!({ "safe_update": true, "updated_stamp": stamp, "comment": { "body": "More", "public": false } }))
    };
    assert_eq!(append("2026-01-24T01:14:06Z").status, 200);
    let repeated = append("2026-01-24T01:14:06Z");
    assert_eq!(repeated.status, 409);
    assert_eq!(repeated.body_json()["error"], "UpdateConflict");
    assert_eq!(append("2026-01-24T01:14:07Z").status, 200);
    assert_eq!(
        append("2026-01-24T01:14:07Z").status,
        200,
        "stamps are whole seconds, as the vendor's"
    );
    assert_eq!(
        client.update(id, &json!({ "safe_update": false })).status,
        422
    );
    assert_eq!(
        client.update(id, &json!({ "safe_update": true })).status,
        422
    );
}

#[test]
fn update_without_a_change_leaves_no_trace() {
    let client = Client::new();
    let id = client.ticket(&json!({ "tags": ["a"] }));
    client.pass(5);
    assert_eq!(
        client
            .update(id, &json!({ "tags": ["a"], "subject": "Call" }))
            .status,
        200
    );
    assert_eq!(client.shown(id)["updated_at"], "2026-01-24T01:14:06Z");
    let audits = client
        .get(&format!("/api/v2/tickets/{id}/audits"))
        .body_json();
    assert_eq!(audits["count"], 1);
}

#[test]
fn comment_without_public_is_as_the_ticket() {
    let client = Client::new();
    let public = |id: u64| {
        let comments = client
            .get(&format!("/api/v2/tickets/{id}/comments"))
            .body_json();
        comments["comments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|comment| comment["public"].clone())
            .collect::<Vec<_>>()
    };
    let id = client.ticket(&json!({ "comment": { "body": "One" } }));
    client.update(id, &json!({ "comment": { "body": "Two" } }));
    client.update(
        id,
        &json!({ "comment": { "body": "Three", "public": false } }),
    );
    assert_eq!(public(id), [true, true, false]);
    let private = client.ticket(&json!({}));
    client.update(private, &json!({ "comment": { "body": "Two" } }));
    assert_eq!(public(private), [false, false]);
}

#[test]
fn tags_are_replaced_by_put_and_added_by_the_tags_route() {
    let client = Client::new();
    let id = client.ticket(&json!({ "tags": ["a", "b"] }));
    let route = format!("/api/v2/tickets/{id}/tags");
    client.update(id, &json!({ "tags": ["c", "bad(tag)", "Two Words"] }));
    assert_eq!(client.shown(id)["tags"], json!(["c", "two", "words"]));
    assert_eq!(
        client
            .put(&route, &json!({ "tags": ["d", "c"] }))
            .body_json()["tags"],
        json!(["c", "two", "words", "d"])
    );
    let removed = client
        .sandbox
        .handle(&client.request(Method::DELETE, &format!("{route}?tags=two,words")));
    assert_eq!(removed.body_json()["tags"], json!(["c", "d"]));
    let set = client.post(&route, &json!({ "tags": ["e"] }));
    assert_eq!(
        (set.status.as_u16(), set.body_json()["tags"].clone()),
        (201, json!(["e"]))
    );
    let stale =
        json!({ "tags": ["f"], "updated_stamp": "2020-01-01T00:00:00Z", "safe_update": "true" });
    assert_eq!(client.put(&route, &stale).status, 409);
}

#[test]
fn custom_fields_are_checked_and_merged() {
    let client = Client::new();
    let queue = client.field("Queue", "text");
    let count = client.field("Count", "integer");
    let field = json!({ "ticket_field": { "title": "Kind", "type": "tagger", "custom_field_options": [{ "name": "One", "value": "kind_one" }] } });
    let kind = client.post("/api/v2/ticket_fields", &field).body_json()["ticket_field"]["id"]
        .as_u64()
        .unwrap();
    let id = client.ticket(&json!({ "custom_fields": [{ "id": queue, "value": "13" }, { "id": kind, "value": "kind_one" }] }));
    assert_eq!(client.shown(id)["tags"], json!(["kind_one"]));
    assert_eq!(
        client
            .update(
                id,
                &json!({ "custom_fields": [{ "id": count, "value": 3 }] })
            )
            .status,
        200
    );
    let expected = json!([{ "id": queue, "value": "13" }, { "id": count, "value": 3 }, { "id": kind, "value": "kind_one" }]);
    assert_eq!(client.shown(id)["custom_fields"], expected);
    for (field, value) in [
        (queue, json!(13)),
        (count, json!("x")),
        (kind, json!("One")),
        (5, json!("x")),
    ] {
        let answer = client.update(
            id,
            &json!({ "custom_fields": [{ "id": field, "value": value }] }),
        );
        assert_eq!(answer.status, 422, "{value}");
    }
    client.update(
        id,
        &json!({ "custom_fields": [{ "id": kind, "value": null }] }),
    );
    assert_eq!(client.shown(id)["tags"], json!([]));
}

#[test]
fn field_needs_a_known_type_and_a_title() {
    let client = Client::new();
    for field in [
        json!({ "title": "T", "type": "string" }),
        json!({ "type": "text" }),
        json!({ "title": "T" }),
        json!({ "title": "T", "type": "text", "id": 1 }),
    ] {
        assert_eq!(
            client
                .post("/api/v2/ticket_fields", &json!({ "ticket_field": field }))
                .status,
            422
        );
    }
    let fields = client.get("/api/v2/ticket_fields").body_json();
    assert!(
        fields["ticket_fields"]
            .as_array()
            .unwrap()
            .iter()
            .all(|field| field["removable"] == false)
    );
}

#[test]
fn lists_are_not_behind_and_page_both_ways() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=60s".parse().unwrap());
    let requester = client.user(&json!({ "name": "Customer" }));
    for number in 0..3 {
        client.ticket(&json!({ "requester_id": requester, "external_id": "same", "subject": format!("Call {number}") }));
        client.pass(1);
    }
    client.ticket(&json!({}));
    let route = format!("/api/v2/users/{requester}/tickets/requested");
    let first = client
        .get(&format!(
            "{route}?sort_by=created_at&sort_order=desc&per_page=2&include=users"
        ))
        .body_json();
    assert_eq!(ids(&first["tickets"]), [3, 2]);
    assert_eq!(first["count"], 3);
    assert!(ids(&first["users"]).contains(&requester));
    let next = first["next_page"]
        .as_str()
        .unwrap()
        .replace("https://sandbox.zendesk.com", "");
    assert_eq!(ids(&client.get(&next).body_json()["tickets"]), [1]);
    let cursor = client
        .get(&format!(
            "{route}?page[size]=2&sort=-updated_at&exclude_archived=true"
        ))
        .body_json();
    assert_eq!(ids(&cursor["tickets"]), [3, 2]);
    assert_eq!(cursor["meta"]["has_more"], true);
    let next = cursor["links"]["next"]
        .as_str()
        .unwrap()
        .replace("https://sandbox.zendesk.com", "");
    assert_eq!(ids(&client.get(&next).body_json()["tickets"]), [1]);
    assert_eq!(
        client
            .get(&format!("{route}?page[size]=2&sort=-created_at"))
            .status,
        400
    );
    assert_eq!(
        client
            .get(&format!("{route}?exclude_count=true"))
            .body_json()["count"],
        Value::Null
    );
    assert_eq!(
        ids(&client.get("/api/v2/tickets?external_id=same").body_json()["tickets"]),
        [1, 2, 3]
    );
    assert_eq!(
        ids(&client
            .get("/api/v2/tickets/show_many?ids=4,2,99")
            .body_json()["tickets"]),
        [4, 2]
    );
}

#[test]
fn comments_come_newest_first_on_request() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    client.update(
        id,
        &json!({ "comment": { "html_body": "<p>Two &amp; <b>bold</b></p>", "public": false } }),
    );
    let comments = client
        .get(&format!(
            "/api/v2/tickets/{id}/comments?sort=-created_at&page[size]=1"
        ))
        .body_json();
    assert_eq!(comments["comments"][0]["plain_body"], "Two & bold");
    assert_eq!(comments["meta"]["has_more"], true);
}

#[test]
fn deleted_ticket_is_not_found() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let request = client.request(Method::DELETE, &format!("/api/v2/tickets/{id}"));
    assert_eq!(client.sandbox.handle(&request).status, 204);
    assert_eq!(client.get(&format!("/api/v2/tickets/{id}")).status, 404);
    assert_eq!(client.found("type:ticket"), [] as [u64; 0]);
}
