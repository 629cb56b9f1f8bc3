use casewire_sandbox::freshdesk::{Options, UnknownRequester};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use super::client::{Client, complaints};
use crate::client::{header, ids};

const EVER: &str = "updated_since=2000-01-01T00:00:00Z";

#[test]
fn pages_have_thirty_items_and_name_the_next() {
    let client = Client::new();
    for _ in 0..65 {
        client.ticket(&json!({}));
    }
    assert_eq!(
        ids(&client.shown("/tickets")),
        (36..=65).rev().collect::<Vec<_>>()
    );
    let request = client.request(Method::GET, "/tickets?order_type=asc&page=1&per_page=50");
    let first = client
        .sandbox
        .handle(&request.header(HeaderName::from_static("host"), "acme.example:9"));
    let next =
        "< http://acme.example:9/api/v2/tickets?order_type=asc&per_page=50&page=2>;rel=\"next\"";
    assert_eq!(header(&first, "link"), Some(next));
    let second = client.get("/tickets?order_type=asc&per_page=50&page=2");
    assert_eq!(ids(&second.body_json()), (51..=65).collect::<Vec<_>>());
    assert_eq!(header(&second, "link"), None);
    assert_eq!(client.shown("/tickets?page=300"), json!([]));
    let repeated = client.shown("/tickets?per_page=1&per_page=2&per_page=2");
    assert_eq!(repeated.as_array().unwrap().len(), 2, "the last one counts");
}

#[test]
fn old_tickets_are_hidden_without_updated_since() {
    let client = Client::new();
    let old = client.ticket(&json!({}));
    client.pass_days(31);
    let new = client.ticket(&json!({}));
    assert_eq!(ids(&client.shown("/tickets")), [new]);
    assert_eq!(ids(&client.shown(&format!("/tickets?{EVER}"))), [new, old]);
    assert_eq!(
        ids(&client.shown("/tickets?updated_since=2026-02-01")),
        [new]
    );
    client.put(&format!("/tickets/{old}"), &json!({ "status": 3 }));
    assert_eq!(
        ids(&client.shown("/tickets?updated_since=2026-02-01T00:00:00%2B05:30")),
        [new, old]
    );
}

#[test]
fn lists_are_of_one_requester_and_never_lag() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=5m".parse().unwrap());
    let kim = client
        .ticket(&json!({ "email": "kim@example.com", "name": "Kim", "unique_external_id": "c-7" }));
    let lee = client.ticket(&json!({ "phone": "+15550100101", "name": "Lee" }));
    let contact = client.shown(&format!("/tickets/{lee}"))["requester_id"].clone();
    for (query, expected) in [
        ("email=KIM%40example.com".to_owned(), vec![kim]),
        ("unique_external_id=c-7".to_owned(), vec![kim]),
        (format!("requester_id={contact}"), vec![lee]),
        (
            format!("requester_id={contact}&email=kim%40example.com"),
            vec![],
        ),
        ("filter=new_and_my_open".to_owned(), vec![lee, kim]),
        ("filter=watching".to_owned(), vec![]),
        ("order_by=status&order_type=asc".to_owned(), vec![kim, lee]),
    ] {
        assert_eq!(
            ids(&client.shown(&format!("/tickets?{query}"))),
            expected,
            "{query}"
        );
    }
}

#[test]
fn lists_of_nobody_known_are_empty_or_refused() {
    let refusing = Options {
        unknown_requester: UnknownRequester::Refused,
        ..Options::default()
    };
    for (filter, value) in [
        ("email", "nobody%40example.com"),
        ("unique_external_id", "c-9"),
    ] {
        let below = format!("/tickets?{filter}={value}");
        assert_eq!(Client::new().shown(&below), json!([]));
        let refused = Client::with(refusing.clone()).get(&below);
        assert_eq!(refused.status, 400);
        assert_eq!(
            complaints(&refused),
            [(filter.to_owned(), "invalid_value".to_owned())]
        );
    }
}

#[test]
fn items_carry_what_is_asked_for() {
    let client = Client::new();
    client.ticket(&json!({ "tags": ["a"] }));
    let plain = client.shown("/tickets")[0].clone();
    assert_eq!(plain["tags"], json!(["a"]));
    for key in [
        "stats",
        "requester",
        "description",
        "conversations",
        "attachments",
    ] {
        assert_eq!(plain.get(key), None, "{key}");
    }
    let full = client.shown("/tickets?include=stats,requester,description")[0].clone();
    assert_eq!(full["stats"]["closed_at"], Value::Null);
    assert_eq!(full["requester"]["email"], "kim@example.com");
    assert_eq!(full["description"], "<div>A call</div>");
}

#[test]
fn agents_are_found_by_address() {
    let client = Client::new();
    let agent = json!({ "email": "ana@example.com", "role": "agent", "name": "Ana" });
    let id = client
        .control(Method::POST, "customers", &agent)
        .body_json()["id"]
        .clone();
    let found = client.shown("/agents?email=ANA%40example.com");
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["id"].to_string(), id.as_str().unwrap());
    assert_eq!(
        client.shown(&format!("/agents/{}", id.as_str().unwrap()))["contact"]["name"],
        "Ana"
    );
    assert_eq!(
        client.shown("/agents?email=nobody%40example.com"),
        json!([])
    );
    assert_eq!(
        client.shown("/agents?state=fulltime&per_page=1&page=2"),
        found
    );
    assert_eq!(client.get("/agents/7").status, 404);
    assert_eq!(
        client.shown("/agents/me")["contact"]["email"],
        "integration@example.com"
    );
}
