use serde_json::json;

use crate::client::Client;

#[test]
fn many_customers_with_many_tickets_keep_their_own() {
    let client = Client::new();
    let queue = client.field("Queue", "text");
    let mut customers = Vec::new();
    for number in 0..200 {
        let phone = format!("+1555{number:07}");
        let id = client.user(&json!({ "name": "Customer", "phone": phone }));
        customers.push((id, phone));
    }
    for round in 0..4 {
        for (customer, phone) in &customers {
            let digits = phone.trim_start_matches('+');
            let found = client.get(&format!("/api/v2/users/search?query=phone:*{digits}"));
            assert_eq!(found.body_json()["users"][0]["id"], *customer);
            let query = format!("type:ticket requester:{customer} custom_field_{queue}:13");
            assert_eq!(client.found(&query).len(), round);
            client.ticket(&json!({
                "requester_id": customer, "custom_fields": [{ "id": queue, "value": "13" }],
            }));
        }
    }
    let listed = client.get(&format!(
        "/api/v2/users/{}/tickets/requested",
        customers[7].0
    ));
    assert_eq!(listed.body_json()["count"], 4);
    assert_eq!(
        client.sandbox.state()["records"].as_array().unwrap().len(),
        800
    );
}
