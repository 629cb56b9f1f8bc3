use http::Method;
use serde_json::{Value, json};

use super::client::{Client, complaints};

#[test]
fn notes_are_private_unless_told_otherwise() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let note = client.note(id, "a &lt;b&gt;<br>c");
    assert_eq!(note["private"], true);
    assert_eq!(note["body"], "<div>a &lt;b&gt;<br>c</div>");
    assert_eq!(note["body_text"], "a <b>\nc");
    assert_eq!(note["user_id"], client.shown("/agents/me")["id"]);
    let public = client.create(
        &format!("/tickets/{id}/notes"),
        &json!({ "body": "a", "private": false }),
    );
    assert_eq!(public["private"], false);
    assert_eq!(client.records()[0]["public_notes"], 1);
}

#[test]
fn replies_go_to_the_customer() {
    let client = Client::new();
    let id = client.ticket(&json!({ "email": "kim@example.com" }));
    let reply = client.create(&format!("/tickets/{id}/reply"), &json!({ "body": "a" }));
    assert_eq!(
        (&reply["source"], &reply["private"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(reply["to_emails"], json!(["kim@example.com"]));
    let stats = client.shown(&format!("/tickets/{id}?include=stats"))["stats"].clone();
    assert_eq!(stats["first_responded_at"], "2026-01-24T01:14:06Z");
    assert_eq!(client.records()[0]["public_notes"], 1);
}

#[test]
fn a_ticket_comes_with_the_ten_oldest_conversations() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    for number in 1..=12 {
        client.note(id, &number.to_string());
    }
    let bodies = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|note| note["body_text"].as_str().unwrap().to_owned())
            .collect()
    };
    let included = client.shown(&format!("/tickets/{id}?include=conversations"));
    let numbers = |range: std::ops::RangeInclusive<u32>| {
        range.map(|number| number.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(bodies(&included["conversations"]), numbers(1..=10));
    let all = client.shown(&format!("/tickets/{id}/conversations?per_page=100"));
    assert_eq!(bodies(&all), numbers(1..=12));
    let second = client.shown(&format!("/tickets/{id}/conversations?per_page=5&page=2"));
    assert_eq!(bodies(&second), numbers(6..=10));
    assert_eq!(client.shown("/tickets")[0].get("conversations"), None);
    assert_eq!(client.get("/tickets?include=conversations").status, 400);
}

#[test]
fn notes_can_be_changed_and_deleted_and_replies_not() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let note = client.note(id, "a")["id"].clone();
    let path = format!("/conversations/{note}");
    assert_eq!(
        client.put(&path, &json!({ "body": "b" })).body_json()["body_text"],
        "b"
    );
    let reply =
        client.create(&format!("/tickets/{id}/reply"), &json!({ "body": "a" }))["id"].clone();
    assert_eq!(
        client
            .put(&format!("/conversations/{reply}"), &json!({ "body": "b" }))
            .status,
        403
    );
    assert_eq!(client.delete(&path).status, 204);
    assert_eq!(client.put(&path, &json!({ "body": "c" })).status, 404);
    assert_eq!(
        client
            .shown(&format!("/tickets/{id}/conversations"))
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn malformed_notes_are_refused() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    for (body, field, code) in [
        (json!({}), "body", "missing_field"),
        (json!({ "body": "  " }), "body", "missing_field"),
        (json!({ "body": 1 }), "body", "datatype_mismatch"),
        (
            json!({ "body": "a", "private": "true" }),
            "private",
            "datatype_mismatch",
        ),
        (
            json!({ "body": "a", "user_id": 7 }),
            "user_id",
            "invalid_value",
        ),
        (json!({ "body": "a", "text": "b" }), "text", "invalid_field"),
    ] {
        let answer = client.send(Method::POST, &format!("/tickets/{id}/notes"), &body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_eq!(
        client.shown(&format!("/tickets/{id}/conversations")),
        json!([])
    );
}
