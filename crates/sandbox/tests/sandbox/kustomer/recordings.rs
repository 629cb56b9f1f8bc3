//! The fake's answers beside recorded and documented ones. The recordings are no part of the
//! repository; `CASEWIRE_RECORDINGS` names their folder.

use casewire_sandbox::Answer;
use serde_json::{Value, json};

use super::client::{Client, text};
use crate::client::header;
use crate::recordings::{compare, recorded};

fn recording(file: &str) -> Option<Value> {
    recorded("kustomer", file)
}

/// Every relationship that the vendor shows is there, with the same members and types.
fn same_relationships(theirs: &Value, ours: &Value) {
    for (name, their) in theirs["relationships"].as_object().unwrap() {
        let our = &ours["relationships"][name];
        compare(name, their, our, &[]);
        assert_eq!(their["data"]["type"], our["data"]["type"], "{name}");
    }
    compare("data", theirs, ours, &[]);
    assert_eq!(theirs["type"], ours["type"]);
}

/// The status and the headers that are the vendor's own, not its proxies'.
fn same_head(recorded: &Value, ours: &Answer) {
    assert_eq!(recorded["status"], ours.status.as_u16());
    let headers = &recorded["headers"];
    for (name, key) in [
        ("content-type", "Content-Type"),
        ("x-kustomer-pod", "X-Kustomer-Pod"),
        ("cache-control", "Cache-Control"),
        ("x-ratelimit-limit", "X-Ratelimit-Limit"),
    ] {
        assert_eq!(headers[key].as_str(), header(ours, name), "{name}");
    }
    let recorded_date = headers["Date"].as_str().map(str::len);
    assert_eq!(recorded_date, header(ours, "date").map(str::len));
    let remaining = header(ours, "x-ratelimit-remaining").map(str::parse::<u32>);
    assert!(remaining.is_some_and(|remaining| remaining.is_ok()));
    assert_eq!(header(ours, "x-ratelimit-reset"), None);
}

/// With the vendor's own limits, and a class of custom objects.
fn shop() -> Client {
    let client = Client::with(|options| {
        options.limits = casewire_sandbox::kustomer::Limits::default();
        options.klasses.insert("order".to_owned());
    });
    let properties = json!({ "orderIdNum": {}, "orderCreatedAt": {}, "orderNumberStr": {} });
    let defined = client.put(
        "/v1/metadata/kobject.order",
        &json!({ "properties": properties }),
    );
    assert_eq!(defined.status, 200);
    client
}

#[test]
fn customers_are_found_as_recorded() {
    let (Some(found), Some(missing)) = (
        recording("rec_customer_by_externalId_200.json"),
        recording("rec_customer_by_externalId_404.json"),
    ) else {
        return;
    };
    let client = shop();
    let id = client.created("/v1/customers", &json!({
        "name": "", "externalId": "6", "emails": [{ "type": "home", "email": "johndoe@example.com" }],
        "username": "johndoe@example.com",
    }));
    let orders = format!("/v1/customers/{id}/klasses/order");
    client.created(&orders, &json!({ "title": "Order" }));
    let ours = client.get("/v1/customers/externalId=6");
    let theirs = &found["response"];
    same_head(theirs, &ours);
    let (theirs, ours) = (&theirs["body"]["data"], &ours.body_json()["data"]);
    compare(
        "attributes",
        &theirs["attributes"],
        &ours["attributes"],
        &[],
    );
    same_relationships(theirs, ours);
    let (theirs, ours) = (&theirs["attributes"], &ours["attributes"]);
    compare(
        "item",
        &theirs["recentItems"][0],
        &ours["recentItems"][0],
        &[],
    );
    for key in [
        "name",
        "displayName",
        "externalId",
        "externalIds",
        "username",
        "emails",
        "phones",
        "sharedPhones",
        "conversationCounts",
        "lastConversation",
        "progressiveStatus",
        "preview",
        "deleted",
        "verified",
    ] {
        assert_eq!(theirs[key], ours[key], "{key}");
    }
    let ours = client.get("/v1/customers/externalId=9999");
    same_head(&missing["response"], &ours);
    assert_eq!(missing["response"]["body"], ours.body_json());
}

#[test]
fn custom_objects_are_created_and_refused_as_recorded() {
    let (Some(created), Some(refused)) = (
        recording("rec_kobject_create_201.json"),
        recording("rec_400_undefined_custom_attribute.json"),
    ) else {
        return;
    };
    let client = shop();
    let orders = format!("/v1/customers/{}/klasses/order", client.customer());
    let ours = client.post(&orders, &created["request"]["body"]);
    let theirs = &created["response"];
    same_head(theirs, &ours);
    let (theirs, ours) = (&theirs["body"]["data"], &ours.body_json()["data"]);
    compare(
        "attributes",
        &theirs["attributes"],
        &ours["attributes"],
        &[],
    );
    same_relationships(theirs, ours);
    for key in ["title", "custom", "rev", "tags"] {
        assert_eq!(theirs["attributes"][key], ours["attributes"][key], "{key}");
    }
    let ours = client.post(&orders, &refused["request"]["body"]);
    same_head(&refused["response"], &ours);
    assert_eq!(refused["response"]["body"], ours.body_json());
    let conversation = client.conversation(&json!({}));
    let ours = client.put(
        &conversation,
        &json!({ "custom": { "notAnActualAttribute": "foobar" } }),
    );
    assert_eq!(refused["response"]["body"], ours.body_json());
}

/// Attributes that real conversations have, and the documented examples lack.
const NEWER: [&str; 9] = [
    "custom",
    "doneCount",
    "externalId",
    "firstDone",
    "lastActivityAt",
    "lastDone",
    "modificationHistory",
    "reopenCount",
    "reopenFromDoneCount",
];

#[test]
fn conversations_are_as_documented() {
    let (Some(created), Some(done), Some(tagged)) = (
        recording("doc_conversation_create_201.json"),
        recording("doc_conversation_get_done_200.json"),
        recording("doc_conversation_tags_append_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let body = json!({ "customer": client.customer(), "name": "Foobar", "direction": "in" });
    let ours = client.post("/v1/conversations", &body);
    assert_eq!(ours.status, 201);
    let ours = ours.body_json();
    let path = format!("/v1/conversations/{}", text(&ours["data"]["id"]));
    client.put(&path, &json!({ "status": "done" }));
    let read = client.get(&path).body_json();
    let appended = client.post(
        &format!("{path}/tags"),
        &json!(["Voice Inbound - IVR", "UJET"]),
    );
    let appended = appended.body_json();
    for (theirs, ours) in [(&created, &ours), (&done, &read), (&tagged, &appended)] {
        let (theirs, ours) = (&theirs["data"], &ours["data"]);
        compare(
            "attributes",
            &theirs["attributes"],
            &ours["attributes"],
            &NEWER,
        );
        same_relationships(theirs, ours);
        assert_eq!(theirs["attributes"]["status"], ours["attributes"]["status"]);
        let tags = |data: &Value| data["attributes"]["tags"].as_array().unwrap().len();
        assert_eq!(tags(theirs), tags(ours));
    }
    let (mut theirs, mut ours) = (
        created["data"]["attributes"].clone(),
        ours["data"]["attributes"].clone(),
    );
    for key in ["createdAt", "updatedAt", "modifiedAt"]
        .iter()
        .chain(&NEWER)
    {
        for attributes in [&mut theirs, &mut ours] {
            attributes.as_object_mut().unwrap().remove(*key);
        }
    }
    assert_eq!(theirs, ours);
}

#[test]
fn messages_are_as_documented() {
    let Some(theirs) = recording("doc_message_get_200.json") else {
        return;
    };
    let client = Client::new();
    let path = client.conversation(&json!({}));
    let sent = [
        "externalId",
        "channel",
        "app",
        "direction",
        "preview",
        "meta",
        "status",
        "sentAt",
    ];
    let mut body = json!({});
    for key in sent {
        body[key] = theirs["data"]["attributes"][key].clone();
    }
    let id = client.created(&format!("{path}/messages"), &body);
    let ours = client.get(&format!("/v1/messages/{id}")).body_json();
    let (theirs, ours) = (&theirs["data"], &ours["data"]);
    compare(
        "attributes",
        &theirs["attributes"],
        &ours["attributes"],
        &["lang", "sentiment"],
    );
    for key in sent {
        assert_eq!(theirs["attributes"][key], ours["attributes"][key], "{key}");
    }
    for (name, their) in theirs["relationships"].as_object().unwrap() {
        assert_eq!(
            their["data"]["type"], ours["relationships"][name]["data"]["type"],
            "{name}"
        );
    }
}

#[test]
fn documented_customers_metadata_and_lists_have_our_keys() {
    let (Some(customer), Some(metadata), Some(list), Some(tags)) = (
        recording("doc_customer_get_200.json"),
        recording("doc_metadata_put_request_and_response_shape.json"),
        recording("syn_customer_conversations_list_200.json"),
        recording("syn_tags_list_200.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let id = client.customer();
    let ours = client.get(&format!("/v1/customers/{id}")).body_json();
    let (theirs, ours) = (&customer["data"], &ours["data"]);
    same_relationships(theirs, ours);
    let (theirs, ours) = (&theirs["attributes"], &ours["attributes"]);
    // The example is older than the recording that the fake follows.
    let ours: Vec<_> = ours.as_object().unwrap().keys().collect();
    let gone = [
        "avatarUrl",
        "birthdayAt",
        "gender",
        "lastSeenAt",
        "locale",
        "presence",
        "timeZone",
    ];
    for key in theirs.as_object().unwrap().keys() {
        assert_ne!(ours.contains(&key), gone.contains(&key.as_str()), "{key}");
    }
    let ours = client
        .put("/v1/metadata/conversation", &metadata["request"]["body"])
        .body_json();
    compare(
        "metadata",
        &metadata["response_200"]["data"],
        &ours["data"],
        &[],
    );
    compare(
        "attribute",
        &metadata["response_200"]["data"]["attributes"]["properties"]["myCustomStr"],
        &ours["data"]["attributes"]["properties"]["leafQueueStr"],
        &["enumeration"],
    );
    let path = client.conversation(
        &json!({ "externalId": "1", "custom": { "leafQueueStr": "Billing" }, "status": "done" }),
    );
    client.post(&format!("{path}/tags"), &json!(["UJET"]));
    let of =
        client.get(&path).body_json()["data"]["relationships"]["customer"]["links"]["self"].clone();
    let ours = client
        .get(&format!("{}/conversations?page=1&pageSize=100", text(&of)))
        .body_json();
    compare("list", &list, &ours, &[]);
    compare("links", &list["links"], &ours["links"], &[]);
    assert_eq!(list["meta"], ours["meta"]);
    compare(
        "listed",
        &list["data"][0]["attributes"],
        &ours["data"][0]["attributes"],
        &[
            "direction",
            "firstDone",
            "modificationHistory",
            "reopenFromDoneCount",
        ],
    );
    let ours = client
        .get("/v1/tags?page=1&pageSize=100&deleted=false")
        .body_json();
    compare("tags", &tags, &ours, &[]);
    compare(
        "tag",
        &tags["data"][0]["attributes"],
        &ours["data"][0]["attributes"],
        &["createdAt", "updatedAt"],
    );
}

#[test]
fn error_envelopes_are_as_documented() {
    let (Some(shapes), Some(made_up)) = (
        recording("doc_errors_two_shapes.json"),
        recording("syn_errors_409_429_401.json"),
    ) else {
        return;
    };
    let client = Client::with(|options| options.limits.organisation = 3);
    let missing = client.get("/v1/customers/externalId=9999").body_json();
    assert_eq!(shapes["shape_b_recorded"], missing);
    let documented =
        Client::with(|options| options.errors = casewire_sandbox::kustomer::ErrorShape::Documented);
    let ours = documented.get("/v1/customers/externalId=9999").body_json();
    compare(
        "shape a",
        &shapes["shape_a"]["errors"][0],
        &ours["errors"][0],
        &[],
    );
    client.created("/v1/customers", &json!({ "externalId": "1" }));
    let answers = [
        client.post("/v1/customers", &json!({ "externalId": "1" })),
        client.get("/v1/tags"),
        client
            .sandbox
            .handle(&client.request(http::Method::GET, "/v1/tags").bearer("x")),
    ];
    for (theirs, ours) in made_up.as_array().unwrap().iter().zip(&answers) {
        assert_eq!(theirs["status"], ours.status.as_u16());
        let (theirs_error, ours_error) =
            (&theirs["body"]["errors"][0], &ours.body_json()["errors"][0]);
        compare("error", theirs_error, ours_error, &["source"]);
        for name in theirs["headers"].as_object().unwrap().keys() {
            assert!(ours.headers.contains_key(name), "{name}");
        }
    }
}
