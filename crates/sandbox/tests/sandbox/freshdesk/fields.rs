use casewire_sandbox::freshdesk::Options;
use serde_json::json;

use super::client::{Client, complaints, field};

#[test]
fn fields_get_names_of_their_own() {
    let client = Client::new();
    assert_eq!(client.field("Leaf Queue", "custom_text"), "cf_leaf_queue");
    let second = client.field("Leaf (queue)", "custom_paragraph");
    assert!(
        second.starts_with("cf_leaf_queue_") && second.len() > 14,
        "{second}"
    );
    let shown = client.shown("/ticket_fields?type=custom_paragraph");
    assert_eq!(shown[0]["name"], second.as_str());
    assert_eq!(shown[0]["label"], "Leaf (queue)");
    assert_eq!(
        client
            .shown("/admin/ticket_fields")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let suffixed = Client::with(Options {
        name_suffix: Some(297_457),
        ..Options::default()
    });
    assert_eq!(
        suffixed.field("Leaf Queue", "custom_text"),
        "cf_leaf_queue_297457"
    );
}

#[test]
fn old_tickets_show_new_fields() {
    let client = Client::new();
    client.ticket(&json!({}));
    let name = client.field("Queue", "custom_text");
    assert_eq!(
        client.shown("/tickets/1")["custom_fields"],
        json!({ &name: null })
    );
    assert_eq!(
        client.shown("/tickets")[0]["custom_fields"],
        json!({ &name: null })
    );
}

#[test]
fn malformed_fields_are_refused() {
    let client = Client::new();
    client.field("Queue", "custom_text");
    for (body, status, name, code) in [
        (
            field("Queue", "custom_text"),
            409,
            "label",
            "duplicate_value",
        ),
        (field("Other", "text"), 400, "type", "invalid_value"),
        (field("", "custom_text"), 400, "label", "missing_field"),
        (
            json!({ "label": "Other", "type": "custom_text" }),
            400,
            "label_for_customers",
            "missing_field",
        ),
        (
            json!({ "label": "Other", "label_for_customers": "Other", "type": "custom_text", "name": "cf_other" }),
            400,
            "name",
            "invalid_field",
        ),
    ] {
        let answer = client.post("/admin/ticket_fields", &body);
        assert_eq!(answer.status, status, "{body}");
        assert!(
            complaints(&answer).contains(&(name.to_owned(), code.to_owned())),
            "{body}: {:?}",
            complaints(&answer)
        );
    }
}

#[test]
fn stock_fields_tell_statuses_and_sources() {
    let client = Client::new();
    let choices =
        |kind: &str| client.shown(&format!("/ticket_fields?type={kind}"))[0]["choices"].clone();
    assert_eq!(
        choices("default_status")["2"],
        json!(["Open", "Being Processed"])
    );
    assert_eq!(choices("default_source")["Phone"], 3);
    assert_eq!(
        choices("default_agent")["Integration"],
        client.shown("/agents/me")["id"]
    );
    let all = client.shown("/ticket_fields");
    let required: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field["required_for_agents"] == true)
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        required,
        ["requester", "subject", "status", "priority", "description"]
    );
}
