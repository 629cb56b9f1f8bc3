use serde_json::{Value, json};

use super::client::{Client, refused, text};

fn found(client: &Client, body: &Value) -> Vec<String> {
    let answer = client.post("/v1/customers/search?page=1&pageSize=100", body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.body_json());
    let data = answer.body_json()["data"].clone();
    data.as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["id"]))
        .collect()
}

#[test]
fn conversations_are_found_by_their_attributes() {
    let client = Client::new();
    client.define(&["leafQueueStr"]);
    let customer = client.customer();
    let create = |status: &str, queue: &str| {
        client.pass(60);
        let custom = json!({ "leafQueueStr": queue });
        client.created(
            "/v1/conversations",
            &json!({ "customer": customer, "status": status, "custom": custom }),
        )
    };
    let (one, two, done) = (
        create("open", "13"),
        create("open", "14"),
        create("done", "13"),
    );
    let search = |and: Value| {
        found(
            &client,
            &json!({ "queryContext": "conversation", "and": and, "or": [], "not": [] }),
        )
    };
    assert_eq!(
        search(json!([
            { "conversation_customer_id": { "equals": customer } },
            { "conversation_status": { "in": ["open", "snoozed"] } },
            { "conversation_custom_leafQueueStr": { "equals": "13" } },
        ])),
        [one.as_str()]
    );
    assert_eq!(
        search(json!({ "conversation_custom_leafQueueStr": { "contains": "4" } })),
        [two.as_str()]
    );
    assert_eq!(
        search(json!({ "conversation_created_at": { "gte": "2026-01-24T01:17:00Z" } })),
        [done.as_str()]
    );
    assert_eq!(
        search(json!({ "conversation_last_done_created_at": { "not_set": "" } })).len(),
        2
    );
    let not = json!({ "queryContext": "conversation", "not": [{ "conversation_status": { "equals": "open" } }] });
    assert_eq!(found(&client, &not), [done]);
}

#[test]
fn customers_are_found_and_sorted() {
    let client = Client::new();
    let kim = client.created(
        "/v1/customers",
        &json!({ "phones": [{ "phone": "+15550100100" }] }),
    );
    client.pass(1);
    let lee = client.customer();
    let by_phone = json!({ "queryContext": "customer", "or": [{ "customer_phone": { "equals": "+15550100100" } }] });
    assert_eq!(found(&client, &by_phone), [kim.as_str()]);
    let sorted = |order: &str| json!({ "queryContext": "customer", "sort": [{ "customer_updated_at": order }] });
    assert_eq!(found(&client, &sorted("asc")), [kim.as_str(), lee.as_str()]);
    assert_eq!(
        found(&client, &sorted("desc")),
        [lee.as_str(), kim.as_str()]
    );
    let page = client.post(
        "/v1/customers/search?page=2&pageSize=1&idsOnly=true",
        &sorted("asc"),
    );
    let page = page.body_json();
    assert_eq!(page["data"], json!([{ "type": "customer", "id": lee }]));
    assert_eq!(
        page["meta"],
        json!({ "pageSize": 1, "page": 2, "total": 2, "totalPages": 2, "aggregations": {} })
    );
    assert_eq!(
        page["links"]["last"],
        "/v1/customers/search?page=2&pageSize=1&idsOnly=true"
    );
    assert_eq!(page["links"]["next"], json!(null));
}

#[test]
fn only_search_lags() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=30s".parse().unwrap());
    let id = client.created("/v1/customers", &json!({ "externalId": "1" }));
    let all = json!({ "queryContext": "customer" });
    assert_eq!(found(&client, &all), Vec::<String>::new());
    assert_eq!(client.get("/v1/customers/externalId=1").status, 200);
    client.pass(30);
    assert_eq!(found(&client, &all), [id]);
}

#[test]
fn unknown_parts_of_a_query_are_refused() {
    let client = Client::new();
    let target = "/v1/customers/search";
    for (body, parameter) in [
        (json!({}), "queryContext"),
        (json!({ "queryContext": "ticket" }), "queryContext"),
        (
            json!({ "queryContext": "customer", "timeZone": "GMT" }),
            "timeZone",
        ),
        (
            json!({ "queryContext": "conversation", "and": { "conversation_external_id": { "equals": "1" } } }),
            "conversation_external_id",
        ),
        (
            json!({ "queryContext": "conversation", "and": { "conversation_custom_otherStr": { "equals": "1" } } }),
            "conversation_custom_otherStr",
        ),
        (
            json!({ "queryContext": "customer", "and": { "customer_phone": { "is": "1" } } }),
            "is",
        ),
        (json!({ "queryContext": "customer", "and": ["x"] }), "query"),
        (
            json!({ "queryContext": "conversation", "sort": [{ "conversation_updated_at": "asc" }] }),
            "sort",
        ),
    ] {
        let answer = client.post(target, &body);
        assert_eq!(refused(&answer), (400, parameter.to_owned()), "{body}");
    }
    let context = json!({ "queryContext": "customer" });
    let deep = client.post(&format!("{target}?page=101"), &context);
    assert_eq!(refused(&deep), (400, "page".to_owned()));
    let large = client.post(&format!("{target}?pageSize=501"), &context);
    assert_eq!(refused(&large), (400, "pageSize".to_owned()));
}
