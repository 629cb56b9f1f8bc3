use serde_json::json;

use super::client::{Client, complaints};

fn query(query: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("query", query)
        .finish()
}

#[test]
fn tickets_are_found_when_the_lag_ends() {
    let client = Client::new();
    let [queue, _] = client.casewire_fields();
    client.sandbox.set_faults("index-lag=2m".parse().unwrap());
    let id = client.ticket(&json!({ "tags": ["vip"], "custom_fields": { &queue: "13" } }));
    let search = query(&format!("\"{queue}:'13' AND status:2\""));
    let found = || client.shown(&format!("/search/tickets?{search}"))["total"].clone();
    assert_eq!(found(), 0);
    client.pass(121);
    assert_eq!(found(), 1);
    client.put(&format!("/tickets/{id}"), &json!({ "status": 4 }));
    assert_eq!(found(), 1, "as it was");
    client.pass(121);
    assert_eq!(found(), 0);
    client.sandbox.set_faults("".parse().unwrap());
    let shown = client.shown(&format!(
        "/search/tickets?{}",
        query("\"tag:'vip' OR priority:4\"")
    ));
    assert_eq!(shown["results"][0]["description_text"], "A call");
}

#[test]
fn contacts_are_found_by_either_number() {
    let client = Client::new();
    client.create(
        "/contacts",
        &json!({ "name": "A", "phone": "+15550100100" }),
    );
    client.create(
        "/contacts",
        &json!({ "name": "B", "mobile": "+15550100100" }),
    );
    let both = query("\"phone:'+15550100100' OR mobile:'+15550100100'\"");
    let found = client.shown(&format!("/search/contacts?{both}"));
    assert_eq!(found["total"], 2);
    assert_eq!(found["results"][0]["name"], "B");
}

#[test]
fn pages_are_ten_of_thirty() {
    let client = Client::new();
    for _ in 0..31 {
        client.ticket(&json!({}));
    }
    let search = query("\"status:2\"");
    let second = client.shown(&format!("/search/tickets?{search}&page=2"));
    assert_eq!(second["total"], 31);
    assert_eq!(second["results"].as_array().unwrap().len(), 1);
    assert_eq!(
        client
            .get(&format!("/search/tickets?{search}&page=11"))
            .status,
        400
    );
}

#[test]
fn malformed_searches_are_refused() {
    let client = Client::new();
    for (parameters, field, code) in [
        (query("status:2"), "query", "invalid_value"),
        (query("\"requester_id:7\""), "requester_id", "invalid_field"),
        (query("\"subject:'Call'\""), "subject", "invalid_field"),
        (query("\"cf_none:'a'\""), "cf_none", "invalid_field"),
        (
            query(&format!("\"tag:'{}'\"", "x".repeat(512))),
            "query",
            "invalid_value",
        ),
        (String::new(), "query", "missing_field"),
        (
            "query=%22status:2%22&per_page=10".to_owned(),
            "per_page",
            "invalid_field",
        ),
    ] {
        let answer = client.get(&format!("/search/tickets?{parameters}"));
        assert_eq!(answer.status, 400, "{parameters}");
        assert_eq!(
            complaints(&answer),
            [(field.to_owned(), code.to_owned())],
            "{parameters}"
        );
    }
}
