use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::client::{Client, error, refused};

/// The parameter and the place in the schema that a body is refused for.
fn refusal(answer: &casewire_sandbox::Answer) -> (u16, Value, Value) {
    let error = error(answer);
    assert_eq!(error["code"], "badparam", "{error}");
    let parameter = error["source"]["parameter"].clone();
    (answer.status.as_u16(), parameter, error["detail"].clone())
}

#[test]
fn bodies_fit_their_schemas() {
    let client = Client::new();
    client.define(&[
        "leafQueueStr",
        "ordersNum",
        "seenAt",
        "vipBool",
        "orderId",
        "siteUrl",
    ]);
    let path = client.conversation(&json!({}));
    let notes = format!("{path}/notes");
    let messages = format!("{path}/messages");
    let id = "5849765dc41e372700cc84a3";
    let create = "/v1/conversations";
    let of = |keys: Value| {
        let mut body = json!({ "customer": id });
        for (key, value) in keys.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let put = |body: Value| (Method::PUT, path.as_str(), body);
    let post = |target, body: Value| (Method::POST, target, body);
    for ((method, target, body), parameter, detail) in [
        (post(create, json!({})), "customer", "/required"),
        (
            post(create, of(json!({ "customer": "1" }))),
            "customer",
            "/properties/customer/type",
        ),
        (
            post(create, of(json!({ "subject": "x" }))),
            "subject",
            "/additionalProperties",
        ),
        (
            post(create, of(json!({ "rev": 1 }))),
            "rev",
            "/additionalProperties",
        ),
        (
            post(create, of(json!({ "status": "snoozed" }))),
            "status",
            "/properties/status/enum",
        ),
        (
            post(create, of(json!({ "status": "closed" }))),
            "status",
            "/properties/status/enum",
        ),
        (
            post(create, of(json!({ "direction": null }))),
            "direction",
            "/properties/direction/enum",
        ),
        (
            post(create, of(json!({ "name": "x".repeat(257) }))),
            "name",
            "/properties/name/maxLength",
        ),
        (
            post(create, of(json!({ "name": "🙂".repeat(129) }))),
            "name",
            "/properties/name/maxLength",
        ),
        (
            post(create, of(json!({ "name": 5 }))),
            "name",
            "/properties/name/type",
        ),
        (
            post(create, of(json!({ "externalId": "x".repeat(257) }))),
            "externalId",
            "/properties/externalId/maxLength",
        ),
        (
            post(create, of(json!({ "priority": 6 }))),
            "priority",
            "/properties/priority/type",
        ),
        (
            post(create, of(json!({ "tags": vec!["a"; 21] }))),
            "tags",
            "/properties/tags/maxItems",
        ),
        (
            post(create, of(json!({ "tags": ["a", "a"] }))),
            "tags",
            "/properties/tags/uniqueItems",
        ),
        (
            post(create, of(json!({ "tags": ["a(b)"] }))),
            "tags",
            "/properties/tags/items/pattern",
        ),
        (
            post(create, of(json!({ "assignedUsers": ["ana"] }))),
            "assignedUsers",
            "/properties/assignedUsers/items/type",
        ),
        (
            post(create, of(json!({ "queue": { "external": "13" } }))),
            "external",
            "/properties/queue/properties/external/enum",
        ),
        (
            post(create, of(json!({ "custom": { "otherStr": "x" } }))),
            "otherStr",
            "/properties/custom/additionalProperties",
        ),
        (
            post(
                create,
                of(json!({ "custom": { "leafQueueStr": "x".repeat(1025) } })),
            ),
            "leafQueueStr",
            "/properties/custom/properties/leafQueueStr/maxLength",
        ),
        (
            put(json!({ "custom": { "ordersNum": "4" } })),
            "ordersNum",
            "/properties/custom/properties/ordersNum/type",
        ),
        (
            put(json!({ "custom": { "seenAt": "today" } })),
            "seenAt",
            "/properties/custom/properties/seenAt/type",
        ),
        (
            put(json!({ "custom": { "vipBool": 1 } })),
            "vipBool",
            "/properties/custom/properties/vipBool/type",
        ),
        (
            put(json!({ "custom": { "orderId": "4" } })),
            "orderId",
            "/properties/custom/properties/orderId/type",
        ),
        (
            put(json!({ "status": "solved" })),
            "status",
            "/properties/status/enum",
        ),
        (
            put(json!({ "createdAt": "2026-01-01T00:00:00Z" })),
            "createdAt",
            "/additionalProperties",
        ),
        (
            put(json!({ "locked": null })),
            "locked",
            "/properties/locked/type",
        ),
        (post(&notes, json!({})), "body", "/required"),
        (
            post(&notes, json!({ "body": "" })),
            "body",
            "/properties/body/minLength",
        ),
        (
            post(&notes, json!({ "body": "x".repeat(10_241) })),
            "body",
            "/properties/body/maxLength",
        ),
        (
            post(&notes, json!({ "body": "x", "text": "x" })),
            "text",
            "/additionalProperties",
        ),
        (
            post(&notes, json!({ "body": "x", "attachments": [{}] })),
            "attachments",
            "/properties/attachments/type",
        ),
        (
            post(&messages, json!({ "channel": "voice" })),
            "app",
            "/required",
        ),
        (
            post(&messages, json!({ "channel": "phone", "app": "x" })),
            "channel",
            "/properties/channel/enum",
        ),
        (
            post("/v1/customers", json!({ "id": id })),
            "id",
            "/additionalProperties",
        ),
        (
            post(
                "/v1/customers",
                json!({ "phones": [{ "phone": "555-0100" }] }),
            ),
            "phone",
            "/properties/phones/items/properties/phone/type",
        ),
        (
            post(
                "/v1/customers",
                json!({ "phones": [{ "phone": "+15550100100", "type": "cell" }] }),
            ),
            "type",
            "/properties/phones/items/properties/type/enum",
        ),
        (
            post("/v1/customers", json!({ "emails": [{ "type": "home" }] })),
            "email",
            "/properties/emails/items/required",
        ),
    ] {
        let answer = client.send(method, target, &body);
        assert_eq!(
            refusal(&answer),
            (400, json!(parameter), json!(detail)),
            "{body}"
        );
    }
    let legal = json!({ "custom": {
        "leafQueueStr": "x".repeat(1024), "ordersNum": 4, "seenAt": "2026-01-01T00:00:00Z", "vipBool": true,
        "orderId": id, "siteUrl": "https://example.com",
    } });
    assert_eq!(client.put(&path, &legal).status, 200);
    let nobodys = client.post(create, &of(json!({})));
    assert_eq!(refused(&nobodys), (400, "customer".to_owned()));
}

#[test]
fn parameters_are_known() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    for (target, parameter) in [
        ("/v1/tags?page=0", "page"),
        ("/v1/tags?page=x", "page"),
        ("/v1/tags?pageSize=101", "pageSize"),
        ("/v1/tags?deleted=no", "deleted"),
        ("/v1/tags?per_page=100", "per_page"),
        ("/v1/users?email=ana%40example.com", "email"),
        ("/v1/conversations?sort=desc", "sort"),
        ("/v1/conversations/4711", "id"),
        ("/v1/customers/phone=%2B15550100100?page=1", "page"),
        (&format!("{path}?include=notes"), "include"),
    ] {
        let answer = client.get(target);
        assert_eq!(refused(&answer), (400, parameter.to_owned()), "{target}");
    }
    for target in [
        "/v1/metadata/ticket",
        "/v1/users/5849765dc41e372700cc84a3",
        "/v1/notes/5849765dc41e372700cc84a3",
        "/v1/conversations/5849765dc41e372700cc84a3/notes",
    ] {
        let answer = client.get(target);
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(error(&answer)["code"], "notfound", "{target}");
    }
}

#[test]
fn bodies_are_json_of_a_hundred_kilobytes_at_most() {
    let client = Client::new();
    let send = |content_type: &str, body: &[u8]| {
        let request = client.request(Method::POST, "/v1/customers");
        let mut request = request.header(CONTENT_TYPE, content_type);
        request.body = body.to_vec();
        client.sandbox.handle(&request).status.as_u16()
    };
    assert_eq!(send("application/json; charset=utf-8", b"{}"), 201);
    assert_eq!(send("application/vnd.api+json", b"{}"), 415);
    assert_eq!(send("application/json", b"{"), 400);
    assert_eq!(send("application/json", b"[]"), 400);
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(100 * 1024));
    assert_eq!(send("application/json", large.as_bytes()), 413);
}

#[test]
fn path_says_whose_it_is() {
    let client = Client::new();
    let customer = client.customer();
    let twice = client.post(
        &format!("/v1/customers/{customer}/conversations"),
        &json!({ "customer": customer }),
    );
    assert_eq!(refused(&twice), (400, "customer".to_owned()));
    let path = client.conversation(&json!({}));
    let note = json!({ "body": "x", "conversation": customer });
    let elsewhere = client.post(&format!("{path}/notes"), &note);
    assert_eq!(refused(&elsewhere), (400, "conversation".to_owned()));
    let id = path.trim_start_matches("/v1/conversations/");
    let taken = client.post(
        "/v1/conversations",
        &json!({ "customer": customer, "id": id }),
    );
    assert_eq!(refused(&taken), (409, "id".to_owned()));
}

#[test]
fn metadata_names_end_in_types_and_the_rest_stays() {
    let client = Client::new();
    let put = |properties: Value| {
        client.put(
            "/v1/metadata/conversation",
            &json!({ "properties": properties }),
        )
    };
    let first =
        put(json!({ "totalOrdersNum": {}, "leafQueueStr": { "displayName": "Leaf Queue" } }));
    assert_eq!(first.status, 200);
    let second = put(json!({ "sessionsTxt": { "displayName": "Sessions" } })).body_json();
    let properties = &second["data"]["attributes"]["properties"];
    assert_eq!(properties.as_object().unwrap().len(), 3);
    assert_eq!(properties["totalOrdersNum"]["displayName"], "Total Orders");
    assert_eq!(properties["totalOrdersNum"]["type"], "number");
    assert_eq!(properties["leafQueueStr"]["displayName"], "Leaf Queue");
    for (properties, parameter) in [
        (json!({ "leafQueue": {} }), "leafQueue"),
        (json!({ "aStr": {}, "leaf queueStr": {} }), "leaf queueStr"),
        (json!({ "leafQueueStr": { "label": "x" } }), "label"),
        (json!({ "leafQueueStr": "Leaf Queue" }), "leafQueueStr"),
    ] {
        assert_eq!(refused(&put(properties)), (400, parameter.to_owned()));
    }
    let metadata = client.attributes("/v1/metadata/conversation");
    assert_eq!(metadata["properties"].as_object().unwrap().len(), 3);
}
