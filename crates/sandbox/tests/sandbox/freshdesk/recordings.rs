//! The fake's answers beside recorded and documented ones: what the vendor sent, the fake sends.

use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::client::{Client, field};
use crate::client::header;
use crate::recordings::{compare, recorded};

fn recording(file: &str) -> Option<Value> {
    recorded("freshdesk", file)
}

#[test]
fn tickets_have_the_recorded_keys() {
    let (Some(shown), Some(list)) = (
        recording("rec_ticket_get_200_phone_source.json"),
        recording("rec_tickets_list_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    client.casewire_fields();
    let created = client.create("/tickets", &json!({ "email": "kim@example.com", "subject": "Call", "description": "A call", "source": 3 }));
    compare("created", &shown, &created, &[]);
    compare("shown", &shown, &client.shown("/tickets/1"), &[]);
    compare("listed", &list[0], &client.shown("/tickets")[0], &[]);
    for key in [
        "association_type",
        "attachments",
        "spam",
        "to_emails",
        "nr_escalated",
        "source",
        "status",
    ] {
        assert_eq!(shown[key], created[key], "{key}");
    }
}

#[test]
fn updates_and_stats_have_the_keys_of_a_real_client() {
    let (Some(shown), Some(updated)) = (
        recording("pyfd_ticket_1.json"),
        recording("pyfd_ticket_1_updated.json"),
    ) else {
        return;
    };
    let client = Client::new();
    client.ticket(&json!({}));
    // One key is the client's own; the others came to the vendor later.
    let newer = [
        "priority_name",
        "association_type",
        "internal_agent_id",
        "internal_group_id",
        "nr_due_by",
        "nr_escalated",
        "source_additional_info",
        "support_email",
        "ticket_cc_emails",
    ];
    let ours = client.shown("/tickets/1?include=stats,requester");
    compare("shown", &shown, &ours, &newer);
    compare("stats", &shown["stats"], &ours["stats"], &[]);
    compare("requester", &shown["requester"], &ours["requester"], &[]);
    let change = json!({ "subject": "Test subject update", "priority": 3, "status": 4, "tags": ["hello", "world"] });
    let ours = client.put("/tickets/1", &change).body_json();
    compare("updated", &updated, &ours, &newer);
    for key in ["subject", "priority", "status", "tags"] {
        assert_eq!(updated[key], ours[key], "{key}");
    }
}

#[test]
fn contacts_have_the_recorded_keys() {
    let (Some(created), Some(list)) = (
        recording("rec_contact_create_201.json"),
        recording("rec_contacts_list_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let mut ours = client.create(
        "/contacts",
        &json!({ "name": "John Doe", "email": "john@example.com" }),
    );
    compare("created", &created, &ours, &[]);
    compare(
        "listed",
        &list[0],
        &client.shown("/contacts?email=john%40example.com")[0],
        &[],
    );
    let mut theirs = created;
    for key in [
        "id",
        "visitor_id",
        "org_contact_id",
        "created_at",
        "updated_at",
    ] {
        assert_eq!(theirs[key].is_number(), ours[key].is_number(), "{key}");
        theirs[key] = Value::Null;
        ours[key] = Value::Null;
    }
    assert_eq!(theirs, ours);
}

#[test]
fn notes_and_agents_have_the_keys_of_a_real_client() {
    let (Some(note), Some(list), Some(documented), Some(agent)) = (
        recording("pyfd_note_1.json"),
        recording("pyfd_conversations.json"),
        recording("doc_note_create_201.json"),
        recording("pyfd_agent_1.json"),
    ) else {
        return;
    };
    let client = Client::new();
    client.ticket(&json!({}));
    let ours = client.note(1, "This is a private note");
    compare("note", &note, &ours, &[]);
    for key in [
        "body",
        "body_text",
        "incoming",
        "private",
        "source",
        "to_emails",
        "attachments",
    ] {
        assert_eq!(note[key], ours[key], "{key}");
    }
    let reply = client.create("/tickets/1/reply", &json!({ "body": "This is a reply" }));
    compare("reply", &list[1], &reply, &[]);
    assert_eq!(list[1]["source"], reply["source"]);
    let of_lists = [
        "bcc_emails",
        "cc_emails",
        "from_email",
        "source",
        "to_emails",
    ];
    let of_documents = ["notified_to", "structured_body"];
    compare(
        "documented",
        &documented,
        &ours,
        &[&of_lists[..], &of_documents].concat(),
    );
    let ours = client.shown("/agents/me");
    compare("agent", &agent, &ours, &["deactivated", "type"]);
    compare("its contact", &agent["contact"], &ours["contact"], &[]);
}

#[test]
fn fields_have_the_documented_keys() {
    let (Some(list), Some(created)) = (
        recording("doc_ticket_fields_200.json"),
        recording("doc_admin_ticket_field_create.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let ours = client.create("/admin/ticket_fields", &created["request"]["body"]);
    compare(
        "created",
        &created["response_201_documented_example"],
        &ours,
        &["section_mappings"],
    );
    let request = field("Leaf Queue", "custom_text");
    assert_eq!(created["request"]["body"], request);
    let fields = client.shown("/ticket_fields");
    for theirs in list.as_array().unwrap() {
        let same = |ours: &&Value| ours["type"] == theirs["type"];
        let Some(ours) = fields.as_array().unwrap().iter().find(same) else {
            continue;
        };
        compare(theirs["name"].as_str().unwrap(), theirs, ours, &[]);
        if ["default_status", "default_priority"].contains(&theirs["type"].as_str().unwrap()) {
            assert_eq!(theirs["choices"], ours["choices"]);
        }
        if theirs["default"] == true {
            assert_eq!(
                theirs["required_for_agents"], ours["required_for_agents"],
                "{}",
                theirs["name"]
            );
        }
    }
}

#[test]
fn refused_lengths_are_as_recorded() {
    let Some(recorded) = recording("rec_err_400_lengths.json") else {
        return;
    };
    let client = Client::new();
    assert_eq!(client.field("Page URL", "custom_text"), "cf_page_url");
    let mut ticket =
        json!({ "email": "kim@example.com", "subject": "Call", "description": "A call" });
    ticket["custom_fields"] = json!({ "cf_page_url": "x".repeat(2178) });
    let long = client.post("/tickets", &ticket);
    ticket["custom_fields"] = json!({});
    ticket["tags"] = json!(["x".repeat(33)]);
    for (theirs, ours) in [
        (&recorded[0], long),
        (&recorded[1], client.post("/tickets", &ticket)),
    ] {
        assert_eq!(theirs["status"], ours.status.as_u16());
        assert_eq!(theirs["body"], ours.body_json());
    }
}

#[test]
fn errors_and_headers_are_as_documented() {
    let (Some(documented), Some(uncertain)) = (
        recording("doc_errors.json"),
        recording("syn_errors_uncertain.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let anonymous = casewire_sandbox::Request::new(Method::GET, "/api/v2/tickets");
    assert_eq!(
        documented["auth_401"],
        client.sandbox.handle(&anonymous).body_json()
    );
    let names = |headers: &HeaderMap| -> Vec<String> {
        headers
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect()
    };
    let ours = names(&client.get("/tickets").headers);
    for (name, _) in documented["headers_200"].as_object().unwrap() {
        assert!(ours.contains(&name.to_lowercase()), "{name}");
    }
    let contact = json!({ "name": "John", "email": "john@example.com" });
    let id = client.create("/contacts", &contact)["id"].clone();
    let ours = client.post("/contacts", &contact);
    let mut theirs = uncertain["409_duplicate_contact"]["body"].clone();
    theirs["errors"][0]["additional_info"]["user_id"] = id;
    assert_eq!((ours.status.as_u16(), ours.body_json()), (409, theirs));
    client.ticket(&json!({}));
    client.delete("/tickets/1");
    let ours = client.put("/tickets/1", &json!({}));
    let theirs = &uncertain["405_deleted_ticket"];
    assert_eq!(theirs["status"], ours.status.as_u16());
    assert_eq!(theirs["headers"]["Allow"].as_str(), header(&ours, "allow"));
}

#[test]
fn searches_have_the_documented_keys() {
    let (Some(tickets), Some(contacts)) = (
        recording("doc_tickets_search_200.json"),
        recording("doc_contacts_search_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    client.ticket(&json!({}));
    let ours = client.shown("/search/tickets?query=%22status:2%22");
    compare("tickets", &tickets, &ours, &[]);
    let ours = ours["results"][0].as_object().unwrap();
    for key in tickets["results"][0].as_object().unwrap().keys() {
        assert!(
            ours.contains_key(key) || key == "structured_description",
            "{key}"
        );
    }
    let ours = client.shown("/search/contacts?query=%22email:'kim@example.com'%22");
    compare("contacts", &contacts, &ours, &[]);
    let ours = ours["results"][0].as_object().unwrap();
    for key in contacts["results"][0].as_object().unwrap().keys() {
        assert!(
            ours.contains_key(key) || key == "contact_type" || key == "social_handler",
            "{key}"
        );
    }
}

/// Every documented key is there; the documents are older than some that came since.
fn has_documented(what: &str, documented: &Value, ours: &Value, exceptions: &[&str]) {
    let ours = ours.as_object().unwrap();
    for key in documented.as_object().unwrap().keys() {
        let is_there = ours.contains_key(key) || exceptions.contains(&key.as_str());
        assert!(is_there, "{what}: {key}");
    }
}

#[test]
fn documented_keys_are_there() {
    let files = [
        "doc_ticket_create_201_custom_fields.json",
        "doc_ticket_update_200.json",
        "doc_tickets_list_200.json",
        "doc_contact_create_201.json",
        "doc_contacts_list_200.json",
        "syn_tickets_list_by_requester_with_stats_200.json",
    ];
    let Some(documented) = files.map(recording).into_iter().collect::<Option<Vec<_>>>() else {
        return;
    };
    let client = Client::new();
    let ticket = json!({ "email": "kim@example.com", "subject": "Call", "description": "Not given.", "priority": 2 });
    let created = client.create("/tickets", &ticket);
    has_documented("created", &documented[0], &created, &["urgent"]);
    client.pass(3);
    let updated = client
        .put("/tickets/1", &json!({ "status": 3 }))
        .body_json();
    has_documented(
        "updated",
        &documented[1],
        &updated,
        &["structured_description"],
    );
    for key in [
        "description",
        "description_text",
        "priority",
        "status",
        "tags",
    ] {
        assert_eq!(documented[1][key], updated[key], "{key}");
    }
    let listed = client.shown("/tickets")[0].clone();
    has_documented(
        "listed",
        &documented[2][0],
        &listed,
        &["structured_description"],
    );
    let contact = client.create(
        "/contacts",
        &json!({ "name": "Super Man", "email": "s@example.com" }),
    );
    has_documented(
        "contact",
        &documented[3],
        &contact,
        &["contact_type", "social_handler"],
    );
    let listed = client.shown("/contacts")[0].clone();
    let elsewhere = [
        "contact_type",
        "deleted",
        "other_companies",
        "social_handler",
    ];
    has_documented("listed contact", &documented[4][1], &listed, &elsewhere);
    client.put("/tickets/1", &json!({ "status": 5 }));
    let listed = client.shown("/tickets?email=kim%40example.com&include=stats")[0].clone();
    compare("with stats", &documented[5][0], &listed, &[]);
    compare("stats", &documented[5][0]["stats"], &listed["stats"], &[]);
    let filled = |stats: &Value| {
        ["closed_at", "resolved_at", "status_updated_at"].map(|key| stats[key].is_string())
    };
    assert_eq!(filled(&documented[5][0]["stats"]), filled(&listed["stats"]));
}
