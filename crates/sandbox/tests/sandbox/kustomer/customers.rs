use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, refused, text};

fn kim() -> Value {
    json!({
        "name": "Kim", "externalId": "crm-42",
        "phones": [{ "type": "mobile", "phone": "+15550100100" }],
        "emails": [{ "type": "home", "email": "Kim@example.com" }],
    })
}

#[test]
fn customer_is_found_by_each_key() {
    let client = Client::new();
    let id = client.created("/v1/customers", &kim());
    for key in [
        "phone=%2B15550100100",
        "phone=+15550100100",
        "email=kim%40example.com",
        "externalId=crm-42",
        id.as_str(),
    ] {
        let found = client.get(&format!("/v1/customers/{key}"));
        assert_eq!(found.body_json()["data"]["id"], json!(id), "{key}");
    }
    for (key, parameter) in [
        ("phone=%2B15550100199", "phone"),
        ("email=lee%40example.com", "email"),
        ("externalId=crm-43", "externalId"),
        ("5849765dc41e372700cc84a3", "id"),
    ] {
        let missing = client.get(&format!("/v1/customers/{key}"));
        assert_eq!(refused(&missing), (404, parameter.to_owned()));
    }
    let national = client.get("/v1/customers/phone=5550100100");
    assert_eq!(refused(&national), (400, "phone".to_owned()));
}

#[test]
fn what_is_one_customers_is_no_others() {
    let client = Client::new();
    client.created("/v1/customers", &kim());
    for (body, parameter) in [
        (json!({ "phones": [{ "phone": "+15550100100" }] }), "phone"),
        (
            json!({ "emails": [{ "email": "KIM@example.com" }] }),
            "email",
        ),
        (json!({ "externalId": "crm-42" }), "externalId"),
        (
            json!({ "externalIds": [{ "externalId": "crm-42" }] }),
            "externalId",
        ),
    ] {
        let twice = client.post("/v1/customers", &body);
        assert_eq!(refused(&twice), (409, parameter.to_owned()));
    }
    let anonymous = json!({ "name": "Kim" });
    assert_ne!(
        client.created("/v1/customers", &anonymous),
        client.created("/v1/customers", &anonymous)
    );
}

#[test]
fn update_changes_what_it_names_and_replaces_lists() {
    let client = Client::new();
    let id = client.created("/v1/customers", &kim());
    let path = format!("/v1/customers/{id}");
    let update = json!({ "name": null, "phones": [{ "phone": "+15550100101" }], "rev": 1 });
    let answer = client.put(&format!("{path}?replace=false"), &update);
    assert_eq!(answer.status, 200, "{}", answer.body_json());
    let attributes = client.attributes(&path);
    assert_eq!(attributes["name"], json!(null));
    assert_eq!(attributes["externalId"], "crm-42");
    assert_eq!(attributes["rev"], 2);
    assert_eq!(client.get("/v1/customers/phone=%2B15550100100").status, 404);
    assert_eq!(client.get("/v1/customers/phone=%2B15550100101").status, 200);
    let stale = client.put(&path, &json!({ "name": "Kim", "rev": 1 }));
    assert_eq!(refused(&stale), (409, "rev".to_owned()));
    let replacing = client.put(&format!("{path}?replace=true"), &json!({}));
    assert_eq!(refused(&replacing), (400, "replace".to_owned()));
}

#[test]
fn conversations_are_counted_by_status() {
    let client = Client::new();
    let id = client.customer();
    let path = format!("/v1/customers/{id}");
    assert_eq!(client.attributes(&path)["progressiveStatus"], json!(null));
    let open = client.created(&format!("{path}/conversations"), &json!({}));
    client.created(
        "/v1/conversations",
        &json!({ "customer": id, "status": "done" }),
    );
    let attributes = client.attributes(&path);
    assert_eq!(
        attributes["conversationCounts"],
        json!({ "all": 2, "open": 1, "snoozed": 0, "done": 1 })
    );
    assert_eq!(attributes["progressiveStatus"], "open");
    client.control(Method::DELETE, &format!("records/{open}"), &json!(null));
    let attributes = client.attributes(&path);
    assert_eq!(attributes["conversationCounts"]["all"], 1);
    assert_eq!(attributes["progressiveStatus"], "done");
}

#[test]
fn deleted_customer_is_nobodys() {
    let client = Client::new();
    let id = client.created("/v1/customers", &kim());
    let path = format!("/v1/customers/{id}");
    let request = client.request(Method::DELETE, &path);
    assert_eq!(
        client.sandbox.handle(&request).status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(client.get(&path).status, 404);
    assert_eq!(client.get("/v1/customers/externalId=crm-42").status, 404);
    let late = client.post("/v1/conversations", &json!({ "customer": id }));
    assert_eq!(refused(&late), (400, "customer".to_owned()));
    assert_eq!(client.get(&format!("{path}/conversations")).status, 404);
    assert_ne!(client.created("/v1/customers", &kim()), id);
}

#[test]
fn lists_have_all_pages_and_no_order() {
    let client = Client::new();
    let customer = client.customer();
    let path = format!("/v1/customers/{customer}/conversations");
    let mut made = Vec::new();
    for _ in 0..150 {
        client.pass(1);
        made.push(client.created(&path, &json!({})));
    }
    let listed = client.listed(&format!("{path}?page=1&pageSize=100"));
    assert_ne!(listed, made);
    let mut sorted = listed;
    sorted.sort();
    assert_eq!(sorted, made, "ids grow");
    let first = client.get(&format!("{path}?pageSize=100")).body_json();
    assert_eq!(first["meta"], json!({ "page": 1, "pageSize": 100 }));
    assert_eq!(
        first["links"],
        json!({
            "self": format!("{path}?page=1&pageSize=100"), "first": format!("{path}?page=1&pageSize=100"),
            "prev": null, "next": format!("{path}?page=2&pageSize=100"),
        })
    );
    let second = client.get(&text(&first["links"]["next"])).body_json();
    assert_eq!(second["data"].as_array().unwrap().len(), 50);
    assert_eq!(second["links"]["prev"], first["links"]["self"]);
    assert_eq!(second["links"]["next"], json!(null));
    let beyond = client.get(&format!("{path}?page=3&pageSize=100"));
    assert_eq!(beyond.body_json()["data"], json!([]));
}
