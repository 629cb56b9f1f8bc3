use casewire_sandbox::freshdesk::{Options, PrivateNote};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use super::client::{Client, complaints};
use crate::client::header;

#[test]
fn one_request_makes_ticket_and_contact() {
    let client = Client::new();
    let body = json!({
        "phone": "+15550100100", "name": "Kim", "unique_external_id": "casewire:tel:+15550100100",
        "subject": "Call", "description": "a &lt;b&gt;<br>c", "status": 2, "priority": 1, "source": 3,
        "tags": ["Voice Inbound (IVR)", "UJET", "ujet"],
    });
    let request = client.request(Method::POST, "/tickets").json(&body);
    let host = HeaderName::from_static("host");
    let answer = client.sandbox.handle(&request.header(host, "127.0.0.1:9"));
    assert_eq!(answer.status, 201);
    assert_eq!(
        header(&answer, "location"),
        Some("http://127.0.0.1:9/api/v2/tickets/1")
    );
    let ticket = answer.body_json();
    assert_eq!(ticket["tags"], json!(["Voice Inbound (IVR)", "UJET"]));
    assert_eq!(ticket["description"], "<div>a &lt;b&gt;<br>c</div>");
    assert_eq!(ticket["description_text"], "a <b>\nc");
    assert_eq!(ticket["due_by"], Value::Null);
    let contact = client.shown(&format!("/contacts/{}", ticket["requester_id"]));
    assert_eq!(contact["phone"], "+15550100100");
    assert_eq!(contact["unique_external_id"], "casewire:tel:+15550100100");
    assert!(ticket["requester_id"].as_u64() > Some(u64::from(u32::MAX)));
    client.pass(3);
    assert_eq!(
        client.shown("/tickets/1")["due_by"],
        "2026-01-27T01:14:06Z",
        "filled in later"
    );
}

#[test]
fn the_surest_key_finds_the_requester() {
    let client = Client::new();
    let contact = |keys: Value| client.create("/contacts", &keys)["id"].clone();
    let by_id = contact(json!({ "name": "A", "unique_external_id": "c-7" }));
    let by_email = contact(json!({ "name": "B", "email": "b@example.com" }));
    let by_phone = contact(json!({ "name": "C", "mobile": "+15550100102" }));
    let requester = |keys: Value| {
        let id = client.ticket(&keys);
        client.shown(&format!("/tickets/{id}"))["requester_id"].clone()
    };
    let all = json!({ "name": "D", "phone": "+15550100102", "email": "B@example.com", "unique_external_id": "c-7" });
    assert_eq!(requester(all), by_id);
    let two = json!({ "name": "D", "phone": "+15550100102", "email": "B@example.com" });
    assert_eq!(requester(two), by_email);
    assert_eq!(
        requester(json!({ "name": "D", "phone": "+15550100102" })),
        by_phone
    );
    let new =
        requester(json!({ "name": "D", "phone": "+15550100103", "unique_external_id": "c-8" }));
    assert_eq!(requester(json!({ "unique_external_id": "c-8" })), new);
    let agent = client.shown("/agents/me")["id"].clone();
    assert_eq!(requester(json!({ "requester_id": agent })), agent);
}

#[test]
fn an_update_changes_what_it_names_and_replaces_tags() {
    let client = Client::new();
    let [queue, sessions] = client.casewire_fields();
    let id = client.ticket(
        &json!({ "tags": ["a", "b"], "custom_fields": { &queue: "13", &sessions: "call/1@3f" } }),
    );
    client.pass(5);
    let path = format!("/tickets/{id}");
    let updated = client.put(
        &path,
        &json!({ "tags": ["b", "c"], "custom_fields": { &sessions: "call/1@3f call/2@3f" } }),
    );
    assert_eq!(updated.status, 200);
    let shown = client.shown(&path);
    assert_eq!(shown["tags"], json!(["b", "c"]));
    assert_eq!(
        shown["custom_fields"],
        json!({ &queue: "13", &sessions: "call/1@3f call/2@3f" })
    );
    assert_eq!(shown["subject"], "Call");
    assert_eq!(shown["updated_at"], "2026-01-24T01:14:11Z");
    client.pass(5);
    client.put(&path, &json!({ "tags": ["b", "c"] }));
    assert_eq!(
        client.shown(&path)["updated_at"],
        "2026-01-24T01:14:11Z",
        "nothing changed"
    );
}

#[test]
fn statuses_leave_their_times() {
    let client = Client::new();
    let id = client.ticket(&json!({}));
    let path = format!("/tickets/{id}");
    let stats = |status: u64| {
        client.pass(60);
        client.put(&path, &json!({ "status": status }));
        let stats = client.shown(&format!("{path}?include=stats"))["stats"].clone();
        ["resolved_at", "closed_at", "reopened_at", "pending_since"]
            .map(|key| stats[key].as_str().map(|at| at[14..16].to_owned()))
    };
    let at = |minute: &str| Some(minute.to_owned());
    assert_eq!(stats(3), [None, None, None, at("15")]);
    assert_eq!(stats(4), [at("16"), None, None, None]);
    assert_eq!(stats(5), [at("16"), at("17"), None, None]);
    assert_eq!(
        stats(2),
        [None, None, at("18"), None],
        "a closed ticket opens again"
    );
    assert_eq!(
        client.shown(&path).get("stats"),
        None,
        "only when asked for"
    );
}

#[test]
fn deleted_and_spam_tickets_are_seen_but_not_written_to() {
    let client = Client::new();
    let [deleted, spam] = [(); 2].map(|()| client.ticket(&json!({})));
    assert_eq!(client.delete(&format!("/tickets/{deleted}")).status, 204);
    client.control(
        Method::PATCH,
        &format!("records/{spam}"),
        &json!({ "status": "spam" }),
    );
    assert_eq!(
        client.shown(&format!("/tickets/{deleted}"))["deleted"],
        true
    );
    assert_eq!(client.shown(&format!("/tickets/{spam}"))["spam"], true);
    for id in [deleted, spam] {
        let update = client.put(&format!("/tickets/{id}"), &json!({ "status": 2 }));
        let note = client.post(&format!("/tickets/{id}/notes"), &json!({ "body": "a" }));
        for answer in [update, note, client.delete(&format!("/tickets/{id}"))] {
            assert_eq!((answer.status.as_u16(), answer.body.len()), (405, 0));
            assert_eq!(header(&answer, "allow"), Some("GET"));
        }
    }
    assert_eq!(client.shown("/tickets"), json!([]));
    let listed = |filter: &str| client.shown(&format!("/tickets?filter={filter}"))[0]["id"].clone();
    assert_eq!(listed("deleted"), deleted);
    assert_eq!(listed("spam"), spam);
    assert_eq!(
        client
            .put(&format!("/tickets/{deleted}/restore"), &Value::Null)
            .status,
        204
    );
    assert_eq!(
        client
            .put(&format!("/tickets/{deleted}"), &json!({ "status": 3 }))
            .status,
        200
    );
}

#[test]
fn closed_tickets_are_archived_when_nothing_happens() {
    let client = Client::new();
    let [closed, resolved] = [5, 4].map(|status| client.ticket(&json!({ "status": status })));
    client.pass_days(119);
    assert_eq!(client.get(&format!("/tickets/{closed}")).status, 200);
    assert_eq!(
        client.get(&format!("/tickets/archived/{closed}")).status,
        404
    );
    client.pass_days(2);
    let path = format!("/tickets/{closed}");
    let answers = [
        client.get(&path),
        client.put(&path, &json!({ "status": 2 })),
        client.post(&format!("{path}/notes"), &json!({ "body": "a" })),
        client.get(&format!("{path}/conversations")),
    ];
    for answer in answers {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(
        client.shown(&format!("/tickets/archived/{closed}"))["id"],
        closed
    );
    let listed = client.shown("/tickets?updated_since=2000-01-01T00:00:00Z");
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], resolved);
}

#[test]
fn whether_a_private_note_touches_its_ticket_can_be_chosen() {
    for (private_note, expected) in [
        (PrivateNote::TouchesTicket, "2026-01-24T01:15:06Z"),
        (PrivateNote::LeavesTicket, "2026-01-24T01:14:06Z"),
    ] {
        let client = Client::with(Options {
            private_note,
            ..Options::default()
        });
        let id = client.ticket(&json!({}));
        client.pass(60);
        client.note(id, "a");
        assert_eq!(
            client.shown(&format!("/tickets/{id}"))["updated_at"],
            expected
        );
    }
}

#[test]
fn accounts_can_want_more_fields() {
    let options = Options {
        required_for_agents: ["ticket_type".to_owned()].into(),
        required_for_closure: ["agent".to_owned()].into(),
        ..Options::default()
    };
    let client = Client::with(options);
    let mut ticket =
        json!({ "email": "kim@example.com", "subject": "Call", "description": "A call" });
    let refused = client.post("/tickets", &ticket);
    assert_eq!(
        complaints(&refused),
        [("type".to_owned(), "missing_field".to_owned())]
    );
    ticket["type"] = json!("Question");
    client.create("/tickets", &ticket);
    let refused = client.put("/tickets/1", &json!({ "status": 4 }));
    assert_eq!(
        complaints(&refused),
        [("responder_id".to_owned(), "missing_field".to_owned())]
    );
    let me = client.shown("/agents/me")["id"].clone();
    assert_eq!(
        client
            .put("/tickets/1", &json!({ "status": 4, "responder_id": me }))
            .status,
        200
    );
    let fields = client.shown("/ticket_fields?type=default_ticket_type");
    assert_eq!(fields[0]["required_for_agents"], true);
}
