use serde_json::json;

use crate::client::{Client, encoded, ids};

fn search(client: &Client, query: &str) -> Vec<u64> {
    let answer = client.get(&format!("/api/v2/users/search?{}", encoded("query", query)));
    assert_eq!(answer.status, 200, "{query}: {}", answer.body_json());
    ids(&answer.body_json()["users"])
}

#[test]
fn finds_by_email_phone_and_external_id() {
    let client = Client::new();
    let id = client.user(&json!({
        "name": "Customer", "email": "Someone@example.com", "phone": "+15550100100", "external_id": "Tel:1",
        "skip_verify_email": true,
    }));
    client.user(&json!({ "name": "Other", "phone": "+15550100101" }));
    assert_eq!(search(&client, "email:\"someone@example.com\""), [id]);
    assert_eq!(search(&client, "role:end-user phone:*5550100100"), [id]);
    assert!(
        search(&client, "phone:*+15550100100").is_empty(),
        "the vendor finds digits only"
    );
    let by_external_id = client
        .get("/api/v2/users/search?external_id=tel:1")
        .body_json();
    assert_eq!(ids(&by_external_id["users"]), [id]);
    assert_eq!(client.get("/api/v2/users/search").status, 400);
    assert_eq!(client.get("/api/v2/users/search?query=fone:1").status, 422);
}

#[test]
fn query_is_behind_and_external_id_is_not() {
    let client = Client::new();
    client.sandbox.set_faults("index-lag=30s".parse().unwrap());
    let id =
        client.user(&json!({ "name": "Customer", "email": "a@example.com", "external_id": "x" }));
    assert!(search(&client, "email:a@example.com").is_empty());
    assert_eq!(
        ids(&client.get("/api/v2/users/search?external_id=x").body_json()["users"]),
        [id]
    );
    client.pass(30);
    assert_eq!(search(&client, "email:a@example.com"), [id]);
}

#[test]
fn email_and_external_id_are_unique() {
    let client = Client::new();
    client.user(&json!({ "name": "A", "email": "a@example.com", "external_id": "x" }));
    for (key, value) in [("email", "A@example.com"), ("external_id", "X")] {
        let answer = client.post(
            "/api/v2/users",
            &json!({ "user": { "name": "B", key: value } }),
        );
        assert_eq!(answer.status, 422);
        assert_eq!(
            answer.body_json()["details"][key][0]["error"],
            "DuplicateValue"
        );
    }
}

#[test]
fn wrong_users_are_refused() {
    let client = Client::new();
    for user in [
        json!({ "email": "a@example.com" }),
        json!({ "name": " " }),
        json!({ "name": "n".repeat(256) }),
        json!({ "name": "A", "phone": "555 0100" }),
        json!({ "name": "A", "email": "nobody" }),
        json!({ "name": "A", "role": "customer" }),
        json!({ "name": "A", "telephone": "+15550100100" }),
    ] {
        assert_eq!(
            client
                .post("/api/v2/users", &json!({ "user": user }))
                .status,
            422,
            "{user}"
        );
    }
}

#[test]
fn further_email_is_secondary_and_second_phone_is_shared() {
    let client = Client::new();
    let first =
        client.user(&json!({ "name": "A", "email": "a@example.com", "phone": "+15550100100" }));
    let second = client.user(&json!({ "name": "B", "phone": "+15550100100" }));
    client.put(
        &format!("/api/v2/users/{first}"),
        &json!({ "user": { "email": "b@example.com" } }),
    );
    let shown = |id: u64| client.get(&format!("/api/v2/users/{id}")).body_json()["user"].clone();
    assert_eq!(shown(first)["email"], "a@example.com");
    assert_eq!(shown(first)["shared_phone_number"], false);
    assert_eq!(shown(second)["shared_phone_number"], true);
    let identities = client
        .get(&format!("/api/v2/users/{first}/identities"))
        .body_json();
    let values: Vec<_> = identities["identities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|identity| identity["value"].clone())
        .collect();
    assert_eq!(values, ["a@example.com", "b@example.com", "+15550100100"]);
    let phones = client
        .get(&format!(
            "/api/v2/users/{second}/identities?type[]=phone_number"
        ))
        .body_json();
    assert_eq!(phones["identities"], json!([]));
}

#[test]
fn create_or_update_matches_external_id_but_no_phone() {
    let client = Client::new();
    let send = |user: serde_json::Value| {
        client.post("/api/v2/users/create_or_update", &json!({ "user": user }))
    };
    let first =
        send(json!({ "name": "A", "external_id": "tel:+15550100100", "phone": "+15550100100" }));
    assert_eq!(first.status, 201);
    let again = send(json!({ "name": "A2", "external_id": "TEL:+15550100100" }));
    assert_eq!(again.status, 200);
    assert_eq!(
        again.body_json()["user"]["id"],
        first.body_json()["user"]["id"]
    );
    let other = send(json!({ "name": "B", "phone": "+15550100100" }));
    assert_eq!(other.status, 201);
}
