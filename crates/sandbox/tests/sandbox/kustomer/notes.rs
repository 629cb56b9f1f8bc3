use casewire_sandbox::kustomer::{Children, DeletedIds, ExternalIds};
use serde_json::{Value, json};

use super::client::{Client, refused};

fn rev(client: &Client, path: &str) -> Value {
    client.attributes(path)["rev"].clone()
}

#[test]
fn notes_keep_their_exact_text() {
    let client = Client::new();
    let path = client.conversation(&json!({ "status": "done" }));
    let notes = format!("{path}/notes");
    let body = " Grüße 👋\n\n\tQueue: Billing ";
    let id = client.created(
        &notes,
        &json!({ "body": body, "externalId": "casewire:call:1:ab" }),
    );
    let note = client.attributes(&format!("/v1/notes/{id}"));
    assert_eq!(note["body"], body);
    assert_eq!(note["externalId"], "casewire:call:1:ab");
    assert_eq!(client.listed(&notes), [id]);
    let conversation = client.attributes(&path);
    assert_eq!(conversation["noteCount"], 1);
    assert_eq!(conversation["status"], "done", "a note reopens nothing");
}

#[test]
fn second_note_of_an_external_id_is_refused_or_taken() {
    for (external_ids, status) in [(ExternalIds::Unique, 409), (ExternalIds::Repeatable, 201)] {
        let client = Client::with(|options| options.external_ids = external_ids);
        let path = client.conversation(&json!({ "externalId": "casewire:call:1:ab" }));
        let note = json!({ "body": "Call", "externalId": "casewire:call:1:ab" });
        let notes = format!("{path}/notes");
        assert_eq!(
            client.post(&notes, &note).status,
            201,
            "a namespace of their own"
        );
        assert_eq!(client.post(&notes, &note).status, status);
        let elsewhere = client.conversation(&json!({}));
        let twice = client.post(&format!("{elsewhere}/notes"), &note);
        assert_eq!(twice.status, status);
    }
}

#[test]
fn notes_and_messages_move_the_rev_or_leave_it() {
    for (children, expected) in [(Children::MoveRev, 3), (Children::LeaveRev, 1)] {
        let client = Client::with(|options| options.children = children);
        let path = client.conversation(&json!({}));
        client.created(&format!("{path}/notes"), &json!({ "body": "x" }));
        let message = json!({ "channel": "voice", "app": "casewire" });
        client.created(&format!("{path}/messages"), &message);
        assert_eq!(rev(&client, &path), expected);
    }
}

#[test]
fn inbound_messages_reopen() {
    let client = Client::new();
    let path = client.conversation(&json!({ "status": "done" }));
    let messages = format!("{path}/messages");
    let out =
        json!({ "channel": "voice", "app": "casewire", "direction": "out", "preview": "Call" });
    let id = client.created(&messages, &out);
    assert_eq!(
        client.attributes(&format!("/v1/messages/{id}"))["preview"],
        "Call"
    );
    assert_eq!(client.attributes(&path)["status"], "done");
    client.created(
        &messages,
        &json!({ "channel": "voice", "app": "casewire", "direction": "in" }),
    );
    let conversation = client.attributes(&path);
    assert_eq!(conversation["status"], "open");
    assert_eq!(conversation["channels"], json!(["voice"]));
    assert_eq!(conversation["messageCount"], 2);
    assert_eq!(conversation["outboundMessageCount"], 1);
    assert_eq!(client.listed(&messages).len(), 2);
    assert_eq!(client.sandbox.state()["records"][0]["public_notes"], 2);
}

#[test]
fn message_of_a_customer_makes_a_conversation() {
    let client = Client::new();
    let customer = client.customer();
    let messages = format!("/v1/customers/{customer}/messages");
    let message = json!({ "channel": "voice", "app": "casewire" });
    client.created(&messages, &message);
    let listed = client.listed(&format!("/v1/customers/{customer}/conversations"));
    assert_eq!(listed.len(), 1);
    let mut of_one = message.clone();
    of_one["conversation"] = json!(listed[0]);
    client.created(&messages, &of_one);
    let others = client.conversation(&json!({}));
    of_one["conversation"] = json!(others.trim_start_matches("/v1/conversations/"));
    let wrong = client.post(&messages, &of_one);
    assert_eq!(refused(&wrong), (400, "conversation".to_owned()));
}

#[test]
fn deleted_conversation_leaves_its_external_ids_to_others() {
    let client = Client::new();
    let named = json!({ "externalId": "casewire:call:1:ab" });
    let note = json!({ "body": "Call", "externalId": "casewire:call:1:ab" });
    let message =
        json!({ "channel": "voice", "app": "casewire", "externalId": "casewire:call:1:ab" });
    for _ in 0..2 {
        let path = client.conversation(&named);
        client.created(&format!("{path}/notes"), &note);
        client.created(&format!("{path}/messages"), &message);
        assert_eq!(client.put(&path, &json!({ "deleted": true })).status, 200);
    }
}

#[test]
fn deleted_conversation_may_keep_its_external_ids() {
    let client = Client::with(|options| options.deleted_ids = DeletedIds::Kept);
    let named = json!({ "externalId": "casewire:call:1:ab" });
    let note = json!({ "body": "Call", "externalId": "casewire:call:1:ab" });
    let path = client.conversation(&named);
    client.created(&format!("{path}/notes"), &note);
    assert_eq!(client.put(&path, &json!({ "deleted": true })).status, 200);

    let customer = client.customer();
    let again = json!({ "customer": customer, "externalId": "casewire:call:1:ab" });
    let answer = client.post("/v1/conversations", &again);
    assert_eq!(refused(&answer), (409, "externalId".to_owned()));
    let lookup = client.get("/v1/conversations/externalId=casewire:call:1:ab");
    assert_eq!(lookup.status, 404);
    let other = client.conversation(&json!({}));
    let answer = client.post(&format!("{other}/notes"), &note);
    assert_eq!(refused(&answer), (409, "externalId".to_owned()));
}
