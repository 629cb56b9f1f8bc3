use casewire_sandbox::kustomer::{ErrorShape, Key};
use casewire_sandbox::{Fault, Request};
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::json;

use super::client::{Client, error};
use crate::client::header;

const USERS: &str = "/v1/users?page=1&pageSize=100";

#[test]
fn only_the_key_of_this_region_is_taken() {
    let client = Client::new();
    let bare = Request::new(Method::GET, USERS);
    for request in [
        bare.clone(),
        bare.clone().bearer("sandbox2"),
        bare.clone().header(AUTHORIZATION, "Basic c2FuZGJveA=="),
    ] {
        let refused = client.sandbox.handle(&request);
        assert_eq!(refused.status, 401);
        assert_eq!(
            error(&refused),
            json!({ "status": 401, "code": "unauthorized", "title": "Unauthorized" })
        );
    }
    assert_eq!(client.get(USERS).status, 200);
    let elsewhere = Client::with(|options| options.key = Key::OtherPod).get(USERS);
    assert_eq!(elsewhere.status, 401);
    assert_eq!(
        error(&elsewhere)["title"],
        "Auth token associated with pod prod2 but request is being handled by prod1"
    );
}

#[test]
fn expired_key_is_refused_as_long_as_the_fault_lasts() {
    let client = Client::new();
    client.sandbox.set_faults("expire-token".parse().unwrap());
    for _ in 0..2 {
        let refused = client.get(USERS);
        assert_eq!(refused.status, 401);
        assert_eq!(error(&refused)["title"], "Expired token");
    }
    client.sandbox.set_faults("".parse().unwrap());
    assert_eq!(client.get(USERS).status, 200);
    client.sandbox.inject(Fault::ExpireToken);
    assert_eq!(client.get(USERS).status, 401);
    assert_eq!(client.get(USERS).status, 200, "only that request met it");
    client.sandbox.set_faults("expire-token=1".parse().unwrap());
    assert_eq!(client.get(USERS).status, 401);
    client.control(Method::POST, "reset", &json!(null));
    assert_eq!(client.get(USERS).status, 200);
}

#[test]
fn token_says_its_roles() {
    let client = Client::with(|options| {
        options.roles = ["org.user".to_owned()].into();
    });
    let token = client.attributes("/v1/auth/tokens/current");
    assert_eq!(token["roles"], json!(["org.user"]));
    assert_eq!(
        client.attributes("/v1/users/current")["userType"],
        "machine"
    );
}

#[test]
fn each_operation_needs_its_role() {
    let customer = Client::new().customer();
    for (role, method, path) in [
        (
            "conversation.create",
            Method::POST,
            "/v1/conversations".to_owned(),
        ),
        (
            "conversation.read",
            Method::GET,
            "/v1/conversations".to_owned(),
        ),
        (
            "conversation.update",
            Method::PUT,
            format!("/v1/conversations/{customer}"),
        ),
        (
            "conversation.update",
            Method::POST,
            format!("/v1/conversations/{customer}/tags"),
        ),
        (
            "conversation.delete",
            Method::DELETE,
            format!("/v1/conversations/{customer}/tags"),
        ),
        ("customer.create", Method::POST, "/v1/customers".to_owned()),
        (
            "customer.read",
            Method::GET,
            "/v1/customers/externalId=1".to_owned(),
        ),
        (
            "customer.update",
            Method::PUT,
            format!("/v1/customers/{customer}"),
        ),
        (
            "message.create",
            Method::POST,
            format!("/v1/conversations/{customer}/messages"),
        ),
        (
            "metadata.read",
            Method::GET,
            "/v1/metadata/conversation".to_owned(),
        ),
        (
            "metadata.update",
            Method::PUT,
            "/v1/metadata/conversation".to_owned(),
        ),
        (
            "note.create",
            Method::POST,
            format!("/v1/conversations/{customer}/notes"),
        ),
        (
            "note.read",
            Method::GET,
            format!("/v1/conversations/{customer}/notes"),
        ),
        (
            "search.create",
            Method::POST,
            "/v1/customers/search".to_owned(),
        ),
    ] {
        let role = format!("org.permission.{role}");
        let client = Client::with(|options| {
            assert!(options.roles.remove(&role), "{role}");
        });
        let refused = client.send(method.clone(), &path, &json!({}));
        assert_eq!(refused.status, 403, "{method} {path}");
        assert_eq!(error(&refused)["code"], "forbidden");
        let allowed = Client::new().send(method.clone(), &path, &json!({}));
        assert_ne!(allowed.status, 403, "{method} {path}");
    }
}

#[test]
fn older_roles_are_enough() {
    let client = Client::with(|options| {
        options.roles = ["org.user.customer.write", "org.admin.metadata"]
            .map(str::to_owned)
            .into();
    });
    let customer = client.customer();
    assert_eq!(client.get("/v1/metadata/customer").status, 200);
    assert_eq!(client.get(&format!("/v1/customers/{customer}")).status, 403);
}

#[test]
fn only_admins_say_when_and_by_whom() {
    let note = json!({ "body": "Call", "createdAt": "2026-01-01T00:00:00Z" });
    let client = Client::new();
    let path = client.conversation(&json!({}));
    assert_eq!(client.post(&format!("{path}/notes"), &note).status, 403);
    let admin = Client::with(|options| {
        options.roles.insert("org.admin".to_owned());
    });
    let path = admin.conversation(&json!({}));
    assert_eq!(admin.post(&format!("{path}/notes"), &note).status, 201);
}

#[test]
fn errors_can_have_the_other_documented_shape() {
    let client = Client::with(|options| options.errors = ErrorShape::Documented);
    let missing = client.get("/v1/customers/externalId=9999");
    assert_eq!(missing.status, 404);
    assert_eq!(
        error(&missing),
        json!({ "code": "notfound", "message": "Not Found", "meta": { "parameter": "externalId" } })
    );
}

#[test]
fn unknown_paths_have_no_envelope() {
    let client = Client::new();
    let missing = client.get("/v1/tickets");
    assert_eq!(missing.status, 404);
    assert!(missing.body_json().is_null());
    assert_eq!(header(&missing, "x-kustomer-pod"), None);
}
