//! Who may do what: keys, permissions, media types, routes, limits.

use casewire_sandbox::Request;
use casewire_sandbox::freshdesk::{Limits, Options, Permission};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, Method};
use serde_json::{Value, json};

use super::client::{Client, field, keyed};
use crate::client::header;

#[test]
fn only_the_key_is_taken() {
    let client = Client::new();
    let me = |pair: &str| {
        let request = Request::new(Method::GET, "/api/v2/agents/me");
        client.sandbox.handle(&keyed(request, pair))
    };
    assert_eq!(me("sandbox:X").status, 200);
    assert_eq!(me("sandbox:unused_with_api_key").status, 200);
    let plain = Request::new(Method::GET, "/api/v2/agents/me");
    let refused = [
        me("sandbox2:X"),
        me(":sandbox"),
        client.sandbox.handle(&plain),
        client.sandbox.handle(&plain.clone().bearer("sandbox")),
        client
            .sandbox
            .handle(&plain.clone().header(AUTHORIZATION, "Basic ?")),
    ];
    for answer in refused {
        assert_eq!(answer.status, 401);
        let expected = json!({ "code": "invalid_credentials", "message": "You have to be logged in to perform this action." });
        assert_eq!(answer.body_json(), expected);
        assert_eq!(header(&answer, "x-ratelimit-total"), None, "nobody's limit");
    }
}

#[test]
fn roles_can_lack_permissions() {
    let body = json!({});
    for (missing, method, below, body) in [
        (
            Permission::AddNotes,
            Method::POST,
            "/tickets/1/notes",
            &body,
        ),
        (Permission::CreateTickets, Method::POST, "/tickets", &body),
        (
            Permission::DeleteTickets,
            Method::DELETE,
            "/tickets/1",
            &Value::Null,
        ),
        (Permission::EditContacts, Method::POST, "/contacts", &body),
        (Permission::EditTickets, Method::PUT, "/tickets/1", &body),
        (
            Permission::ManageFields,
            Method::POST,
            "/admin/ticket_fields",
            &field("Queue", "custom_text"),
        ),
        (Permission::ViewAgents, Method::GET, "/agents", &Value::Null),
        (
            Permission::ViewContacts,
            Method::GET,
            "/contacts",
            &Value::Null,
        ),
        (
            Permission::ViewTickets,
            Method::GET,
            "/tickets/1",
            &Value::Null,
        ),
    ] {
        let client = Client::with(Options {
            missing: [missing].into(),
            ..Options::default()
        });
        let answer = client.send(method.clone(), below, body);
        assert_eq!(answer.status, 403, "{missing:?}");
        let expected = json!({ "code": "access_denied", "message": "You are not authorized to perform this action." });
        assert_eq!(answer.body_json(), expected);
        let all = Client::new();
        assert_ne!(all.send(method, below, body).status, 403, "{missing:?}");
    }
    let client = Client::with(Options {
        missing: [Permission::ViewAgents].into(),
        ..Options::default()
    });
    assert_eq!(
        client.get("/agents/me").status,
        200,
        "everybody sees himself"
    );
}

#[test]
fn unknown_routes_and_verbs_are_refused() {
    let client = Client::new();
    for below in [
        "/nothing",
        "/tickets/1/watchers",
        "/tickets/x",
        "/tickets/7",
        "/tickets.json",
        "/tickets/",
    ] {
        let answer = client.get(below);
        assert_eq!(answer.status, 404, "{below}");
        assert_eq!(answer.body, b"", "{below}");
    }
    let wrong = client.put("/tickets", &json!({}));
    assert_eq!(wrong.status, 405);
    assert_eq!(header(&wrong, "allow"), Some("GET, POST"));
    assert_eq!(client.post("/agents/me", &json!({})).status, 405);
}

#[test]
fn only_json_is_spoken() {
    let client = Client::new();
    let accepting = |kinds: &str| {
        let request = client.request(Method::GET, "/tickets");
        client.sandbox.handle(&request.header(ACCEPT, kinds)).status
    };
    assert_eq!(accepting("application/json"), 200);
    assert_eq!(accepting("text/html, */*;q=0.1"), 200);
    assert_eq!(accepting("text/html"), 406);
    let sending = |kind: &str| {
        let request = client.request(Method::POST, "/tickets").json(&json!({}));
        client
            .sandbox
            .handle(&request.header(CONTENT_TYPE, kind))
            .status
    };
    assert_eq!(sending("application/json; charset=utf-8"), 400);
    assert_eq!(sending("text/plain"), 415);
    let mut broken = client.request(Method::POST, "/tickets").json(&Value::Null);
    broken.body = b"{".to_vec();
    assert_eq!(
        client.sandbox.handle(&broken).body_json()["code"],
        "invalid_json"
    );
}

#[test]
fn credits_are_counted_by_the_minute() {
    let limits = Limits {
        account: 12,
        ..Limits::default()
    };
    let client = Client::with(Options {
        limits,
        ..Options::default()
    });
    client.ticket(&json!({}));
    let numbers = |below: &str| {
        let answer = client.get(below);
        let number = |name| header(&answer, name).unwrap().to_owned();
        assert_eq!(number("x-ratelimit-total"), "12");
        (
            answer.status.as_u16(),
            number("x-ratelimit-remaining"),
            number("x-ratelimit-used-currentrequest"),
        )
    };
    let expected = |status: u16, left: &str, used: &str| (status, left.to_owned(), used.to_owned());
    assert_eq!(
        numbers("/tickets/1?include=conversations,stats"),
        expected(200, "8", "3")
    );
    assert_eq!(numbers("/tickets?include=stats"), expected(200, "5", "3"));
    assert_eq!(
        numbers("/tickets?colour=red"),
        expected(400, "4", "1"),
        "failed calls count"
    );
    assert_eq!(
        numbers("/tickets?include=stats,requester"),
        expected(429, "4", "5")
    );
    client.pass(20);
    let refused = client.get("/tickets?include=stats,requester");
    assert_eq!(header(&refused, "retry-after"), Some("40"));
    client.pass(40);
    assert_eq!(numbers("/tickets/1"), expected(200, "11", "1"));
    assert_eq!(header(&client.get("/tickets/1"), "retry-after"), None);
}

#[test]
fn some_requests_have_limits_of_their_own() {
    let limits = Limits {
        contact_lists: 1,
        ticket_creates: 1,
        ticket_lists: 1,
        ticket_updates: 1,
        ..Limits::growth()
    };
    let client = Client::with(Options {
        limits,
        ..Options::default()
    });
    let ticket = json!({ "email": "kim@example.com", "subject": "Call", "description": "A call" });
    for (method, below, body) in [
        (Method::GET, "/contacts?phone=1", Value::Null),
        (Method::POST, "/tickets", ticket),
        (Method::GET, "/tickets", Value::Null),
        (Method::PUT, "/tickets/1", json!({ "status": 3 })),
    ] {
        assert!(
            client
                .send(method.clone(), below, &body)
                .status
                .is_success(),
            "{below}"
        );
        let second = client.send(method, below, &body);
        assert_eq!(second.status, 429, "{below}");
        assert_eq!(header(&second, "retry-after"), Some("60"));
        let left: u32 = header(&second, "x-ratelimit-remaining")
            .unwrap()
            .parse()
            .unwrap();
        assert!(left > 0, "the headers tell of the account only");
    }
    assert_eq!(client.get("/tickets/1").status, 200);
}

#[test]
fn every_answer_names_the_version() {
    let client = Client::new();
    for below in ["/tickets", "/nothing"] {
        let answer = client.get(below);
        assert_eq!(
            header(&answer, "x-freshdesk-api-version"),
            Some("latest=v2; requested=v2")
        );
    }
    let unkeyed = Request::new(Method::GET, "/api/v2/tickets")
        .header(HeaderName::from_static("accept"), "*/*");
    assert_eq!(client.sandbox.handle(&unkeyed).status, 401);
}
