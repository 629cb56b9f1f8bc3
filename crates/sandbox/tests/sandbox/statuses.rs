use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

fn closed_prevents_update(body: &Value) -> bool {
    body["details"]["status"][0]["description"] == "Status: closed prevents ticket update"
}

#[test]
fn status_rules_hold() {
    let client = Client::new();
    let agent = client.agent();
    let id = client.ticket(&json!({}));
    let unassigned = client.update(id, &json!({ "status": "solved" }));
    assert_eq!(unassigned.status, 422);
    assert_eq!(
        unassigned.body_json()["details"]["base"][0]["ticket_field_type"],
        "FieldAssignee"
    );
    assert_eq!(
        client.update(id, &json!({ "assignee_id": agent })).status,
        200
    );
    assert_eq!(
        client.shown(id)["status"],
        "open",
        "assigning a new ticket opens it"
    );
    assert_eq!(client.update(id, &json!({ "status": "new" })).status, 422);
    client.pass(60);
    let solved = client
        .update(id, &json!({ "status": "solved" }))
        .body_json();
    let events = solved["audit"]["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["field_name"] == "status" && event["previous_value"] == "open")
    );
    let metric = client
        .get(&format!("/api/v2/tickets/{id}/metrics"))
        .body_json();
    assert_eq!(metric["ticket_metric"]["solved_at"], "2026-01-24T01:15:06Z");
    client.update(id, &json!({ "status": "open" }));
    let metric = client
        .get(&format!("/api/v2/tickets/{id}/metrics"))
        .body_json();
    assert_eq!(metric["ticket_metric"]["solved_at"], Value::Null);
    assert_eq!(metric["ticket_metric"]["reopens"], 1);
}

#[test]
fn custom_status_moves_the_category() {
    let client = Client::new();
    let statuses = client
        .get("/api/v2/custom_statuses?status_categories=open&default=true")
        .body_json();
    let open = &statuses["custom_statuses"][0]["id"];
    let id = client.ticket(&json!({ "status": "pending" }));
    assert_eq!(
        client
            .update(id, &json!({ "custom_status_id": open }))
            .status,
        200
    );
    assert_eq!(client.shown(id)["status"], "open");
    assert_eq!(&client.shown(id)["custom_status_id"], open);
}

#[test]
fn customers_comment_reopens() {
    let client = Client::new();
    let requester = client.user(&json!({ "name": "Customer" }));
    let id = client.ticket(&json!({ "requester_id": requester, "status": "pending" }));
    client.update(
        id,
        &json!({ "comment": { "body": "Note", "public": false } }),
    );
    assert_eq!(client.shown(id)["status"], "pending");
    client.update(
        id,
        &json!({ "comment": { "body": "Hello?", "author_id": requester } }),
    );
    assert_eq!(client.shown(id)["status"], "open");
}

#[test]
fn closed_ticket_takes_no_update() {
    let client = Client::new();
    let id = client.ticket(&json!({ "status": "closed", "tags": ["kept"] }));
    let refused = client.update(id, &json!({ "comment": { "body": "More" } }));
    assert_eq!(refused.status, 422);
    assert!(closed_prevents_update(&refused.body_json()));
    let tags = client.put(
        &format!("/api/v2/tickets/{id}/tags"),
        &json!({ "tags": ["x"] }),
    );
    assert!(closed_prevents_update(&tags.body_json()));
}

#[test]
fn follow_up_links_a_closed_source_only() {
    let client = Client::new();
    let open = client.ticket(&json!({ "tags": ["parent"] }));
    let plain = client.ticket(&json!({ "via_followup_source_id": open }));
    assert_eq!(client.shown(plain)["via"]["source"]["rel"], Value::Null);
    client.control(
        Method::PATCH,
        &format!("records/{open}"),
        &json!({ "state": "closed" }),
    );
    let inheriting = client.ticket(&json!({ "via_followup_source_id": open }));
    let shown = client.shown(inheriting);
    assert_eq!(shown["via"]["source"]["rel"], "follow_up");
    assert_eq!(shown["tags"], json!(["parent"]));
    let own = client.ticket(&json!({ "via_followup_source_id": open, "tags": ["own"] }));
    assert_eq!(client.shown(own)["tags"], json!(["own"]));
    let related = client
        .get(&format!("/api/v2/tickets/{own}/related"))
        .body_json();
    assert_eq!(related["followup_source_ids"], json!([open.to_string()]));
    assert_eq!(client.shown(open)["followup_ids"], json!([inheriting, own]));
    assert_eq!(
        client.sandbox.state()["records"][3]["follow_up_of"],
        open.to_string()
    );
}

#[test]
fn ticket_takes_five_thousand_comments() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let append = || {
        let comment = json!({ "comment": { "body": "More", "public": false } });
        client.update(id, &comment).status.as_u16()
    };
    assert!((1..5000).all(|_| append() == 200));
    assert_eq!(append(), 422);
    assert_eq!(client.update(id, &json!({ "subject": "New" })).status, 200);
}
