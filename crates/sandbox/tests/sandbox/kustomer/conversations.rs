use casewire_sandbox::kustomer::{Deleted, ExternalIds};
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, error, refused, text};

#[test]
fn conversation_is_created_with_all_that_it_may_hold() {
    let client = Client::new();
    client.define(&["leafQueueStr", "sessionsTxt"]);
    let agent = client.control(
        Method::POST,
        "customers",
        &json!({ "email": "ana@example.com", "role": "agent" }),
    );
    let agent = text(&agent.body_json()["id"]);
    let tagged = client.conversation(&json!({}));
    let tags = client.post(&format!("{tagged}/tags"), &json!(["UJET"]));
    let tag = tags.body_json()["data"]["attributes"]["tags"][0].clone();
    let path = client.conversation(&json!({
        "id": "58228e05d4e96711004eccb7", "externalId": "casewire:call:987:3f2a9c", "name": "Voice Inbound (IVR) 987",
        "status": "open", "direction": "in", "tags": [tag], "assignedUsers": [agent], "priority": 3,
        "custom": { "leafQueueStr": "13", "sessionsTxt": "call/987@3f2a9c" },
    }));
    assert_eq!(path, "/v1/conversations/58228e05d4e96711004eccb7");
    let attributes = client.attributes(&path);
    for (key, value) in [
        ("externalId", json!("casewire:call:987:3f2a9c")),
        ("name", json!("Voice Inbound (IVR) 987")),
        ("status", json!("open")),
        ("direction", json!("in")),
        ("tags", json!([tag])),
        ("assignedUsers", json!([agent])),
        ("priority", json!(3)),
        (
            "custom",
            json!({ "leafQueueStr": "13", "sessionsTxt": "call/987@3f2a9c" }),
        ),
        ("createdAt", json!("2026-01-24T01:14:06.250Z")),
        ("rev", json!(1)),
    ] {
        assert_eq!(attributes[key], value, "{key}");
    }
    let by_external_id = client.get("/v1/conversations/externalId=casewire%3Acall%3A987%3A3f2a9c");
    assert_eq!(
        by_external_id.body_json()["data"]["id"],
        "58228e05d4e96711004eccb7"
    );
    assert_eq!(client.listed("/v1/conversations").len(), 2);
}

#[test]
fn second_conversation_of_an_external_id_is_refused_or_taken() {
    let body = |customer: &str| json!({ "customer": customer, "externalId": "casewire:call:1:ab" });
    let found = "/v1/conversations/externalId=casewire%3Acall%3A1%3Aab";
    let client = Client::new();
    assert_eq!(refused(&client.get(found)), (404, "externalId".to_owned()));
    let customer = client.customer();
    client.created("/v1/conversations", &body(&customer));
    let twice = client.post("/v1/conversations", &body(&customer));
    assert_eq!(refused(&twice), (409, "externalId".to_owned()));
    assert_eq!(client.listed("/v1/conversations").len(), 1);
    let lenient = Client::with(|options| options.external_ids = ExternalIds::Repeatable);
    let customer = lenient.customer();
    let first = lenient.created("/v1/conversations", &body(&customer));
    lenient.created("/v1/conversations", &body(&customer));
    assert_eq!(lenient.get(found).body_json()["data"]["id"], json!(first));
    assert_eq!(lenient.listed("/v1/conversations").len(), 2);
}

#[test]
fn update_changes_what_it_names_and_moves_the_rev() {
    let client = Client::new();
    client.define(&["leafQueueStr", "sessionsTxt"]);
    let path = client
        .conversation(&json!({ "custom": { "leafQueueStr": "13", "sessionsTxt": "call/1@ab" } }));
    let custom =
        json!({ "custom": { "sessionsTxt": "call/2@ab", "leafQueueStr": null }, "rev": 1 });
    let answer = client.put(&path, &custom);
    assert_eq!(answer.status, 200, "{}", answer.body_json());
    let attributes = client.attributes(&path);
    assert_eq!(attributes["custom"], json!({ "sessionsTxt": "call/2@ab" }));
    assert_eq!(attributes["name"], "Call");
    assert_eq!(attributes["rev"], 2);
    let stale = client.put(&path, &json!({ "status": "done", "rev": 1 }));
    assert_eq!(refused(&stale), (409, "rev".to_owned()));
    assert!(text(&error(&stale)["title"]).contains("optimistic locking"));
    assert_eq!(client.attributes(&path)["status"], "open");
    let blind = client.put(&path, &json!({ "status": "done" }));
    assert_eq!(blind.status, 200, "without a rev the last write wins");
}

#[test]
fn done_conversations_tell_when_and_how_often() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let put = |status: &str| {
        client.pass(60);
        let answer = client.put(&path, &json!({ "status": status }));
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()["data"]["attributes"].clone()
    };
    let done = put("done");
    assert_eq!(done["lastDone"]["createdAt"], "2026-01-24T01:15:06.250Z");
    assert_eq!(
        done["modificationHistory"]["statusAt"],
        "2026-01-24T01:15:06.250Z"
    );
    let open = put("open");
    assert_eq!(
        (&open["reopenCount"], &open["reopenFromDoneCount"]),
        (&json!(1), &json!(1))
    );
    put("snoozed");
    let again = put("done");
    assert_eq!(again["doneCount"], 2);
    assert_eq!(again["firstDone"], done["lastDone"]);
    assert_eq!(again["lastDone"]["createdAt"], "2026-01-24T01:18:06.250Z");
}

#[test]
fn locked_conversation_is_only_unlocked() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    client.put(&path, &json!({ "status": "done", "locked": true }));
    let reopening = client.put(&path, &json!({ "status": "open" }));
    assert_eq!(refused(&reopening), (400, "locked".to_owned()));
    let stale = client.put(&path, &json!({ "status": "open", "rev": 1 }));
    assert_eq!(refused(&stale), (409, "rev".to_owned()), "rev comes first");
    let tagging = client.post(&format!("{path}/tags"), &json!(["UJET"]));
    assert_eq!(refused(&tagging), (400, "locked".to_owned()));
    assert_eq!(client.listed("/v1/tags"), Vec::<String>::new());
    let unlocking = client.put(&path, &json!({ "locked": false, "status": "open" }));
    assert_eq!(unlocking.status, 200);
}

#[test]
fn deleted_conversation_is_hidden_or_marked() {
    for (deleted, status) in [(Deleted::Hidden, 404), (Deleted::Marked, 200)] {
        let client = Client::with(|options| options.deleted = deleted);
        let path = client.conversation(&json!({ "externalId": "casewire:call:1:ab" }));
        assert_eq!(client.put(&path, &json!({ "deleted": true })).status, 200);
        let read = client.get(&path);
        assert_eq!(read.status, status);
        let attributes = &read.body_json()["data"]["attributes"];
        assert_eq!(
            attributes["deleted"],
            if status == 200 {
                json!(true)
            } else {
                Value::Null
            }
        );
        assert_eq!(
            client.listed("/v1/conversations").len(),
            usize::from(status == 200)
        );
        assert_eq!(client.put(&path, &json!({ "status": "open" })).status, 404);
        let note = client.post(&format!("{path}/notes"), &json!({ "body": "x" }));
        assert_eq!(note.status, 404);
        let found = client.get("/v1/conversations/externalId=casewire%3Acall%3A1%3Aab");
        assert_eq!(found.status, 404);
        assert_eq!(client.sandbox.state()["records"], json!([]));
    }
}

#[test]
fn conversation_moves_to_another_customer() {
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let other = client.customer();
    let mixed = client.put(&path, &json!({ "customer": other, "status": "done" }));
    assert_eq!(refused(&mixed), (400, "customer".to_owned()));
    let moved = client.put(&path, &json!({ "customer": other }));
    assert_eq!(
        moved.body_json()["data"]["relationships"]["customer"]["data"],
        json!({ "type": "customer", "id": other })
    );
    assert_eq!(
        client
            .listed(&format!("/v1/customers/{other}/conversations"))
            .len(),
        1
    );
}

#[test]
fn changed_external_id_is_found_and_the_old_one_free() {
    let client = Client::new();
    let path = client.conversation(&json!({ "externalId": "old" }));
    assert_eq!(
        client.put(&path, &json!({ "externalId": "new" })).status,
        200
    );
    assert_eq!(client.get("/v1/conversations/externalId=new").status, 200);
    assert_eq!(client.get("/v1/conversations/externalId=old").status, 404);
    client.conversation(&json!({ "externalId": "old" }));
    let taken = client.put(&path, &json!({ "externalId": "old" }));
    assert_eq!(refused(&taken), (409, "externalId".to_owned()));
}
