use http::Method;
use serde_json::{Value, json};

use super::client::{Client, refused};

fn tags(answer: &casewire_sandbox::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body_json());
    answer.body_json()["data"]["attributes"]["tags"].clone()
}

#[test]
fn appended_names_become_ids() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let append = |sent: Value| tags(&client.post(&format!("{path}/tags"), &sent));
    let both = append(json!(["Voice Inbound - IVR", "UJET"]));
    assert_eq!(both.as_array().unwrap().len(), 2);
    assert_eq!(append(json!(["UJET", both[0]])), both, "a set");
    assert_eq!(client.attributes(&path)["rev"], 3);
    let listed = client.get("/v1/tags?page=1&pageSize=100&deleted=false");
    let named = listed.body_json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tag| tag["id"] == both[1])
        .cloned()
        .unwrap();
    assert_eq!(named["attributes"]["name"], "UJET");
    assert_eq!(client.listed("/v1/tags?deleted=true"), Vec::<String>::new());
    let removed = client.send(Method::DELETE, &format!("{path}/tags"), &json!(["UJET"]));
    assert_eq!(tags(&removed), json!([both[0]]));
}

#[test]
fn names_fit_the_pattern() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    for (name, fits) in [
        ("Voice Inbound - IVR", true),
        ("Zürich/Nord_2", true),
        ("a<b>.c", true),
        ("Voice Inbound (IVR)", false),
        ("a,b", false),
        ("a:b", false),
        ("R&D", false),
        (" leading", false),
        ("日本", false),
        ("", false),
        (&"x".repeat(64), true),
        (&"x".repeat(65), false),
    ] {
        let answer = client.post(&format!("{path}/tags"), &json!([name]));
        let expected = if fits { 200 } else { 400 };
        assert_eq!(answer.status, expected, "{name}: {}", answer.body_json());
    }
}

#[test]
fn creation_and_update_take_ids_only() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let known = tags(&client.post(&format!("{path}/tags"), &json!(["UJET"])));
    let customer = client.customer();
    for sent in [json!(["UJET"]), json!(["5849765dc41e372700cc84a3"])] {
        let body = json!({ "customer": customer, "tags": sent });
        let created = client.post("/v1/conversations", &body);
        assert_eq!(refused(&created), (400, "tags".to_owned()));
        let updated = client.put(&path, &json!({ "tags": sent }));
        assert_eq!(refused(&updated), (400, "tags".to_owned()));
    }
    let unknown = client.post(
        &format!("{path}/tags"),
        &json!(["5849765dc41e372700cc84a3"]),
    );
    assert_eq!(refused(&unknown), (400, "tags".to_owned()));
    assert_eq!(tags(&client.put(&path, &json!({ "tags": known }))), known);
    assert_eq!(tags(&client.put(&path, &json!({ "tags": [] }))), json!([]));
}

#[test]
fn conversation_has_twenty_tags_at_most() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let names = |from: usize, to: usize| (from..to).map(|n| format!("tag {n}")).collect::<Vec<_>>();
    let append = |names: &[String]| client.post(&format!("{path}/tags"), &json!(names)).status;
    assert_eq!(append(&names(0, 21)), 400);
    assert_eq!(append(&names(0, 20)), 200);
    assert_eq!(append(&names(19, 20)), 200);
    assert_eq!(append(&names(20, 21)), 400);
    assert_eq!(
        client.listed("/v1/tags").len(),
        20,
        "nothing of what was refused"
    );
}
