//! A client of a fake Freshdesk whose clock stands still.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use casewire_sandbox::freshdesk::Options;
use casewire_sandbox::{Answer, Request, Sandbox};
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(Options::unlimited())
    }

    pub(crate) fn with(options: Options) -> Self {
        let sandbox = Sandbox::freshdesk_with(1, options);
        sandbox.freeze("2026-01-24T01:14:06.25Z".parse().unwrap());
        Self { sandbox }
    }

    /// A request to a path below the version.
    pub(crate) fn request(&self, method: Method, below: &str) -> Request {
        keyed(
            Request::new(method, &format!("/api/v2{below}")),
            "sandbox:X",
        )
    }

    pub(crate) fn send(&self, method: Method, below: &str, body: &Value) -> Answer {
        self.sandbox.handle(&self.request(method, below).json(body))
    }

    pub(crate) fn get(&self, below: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::GET, below))
    }

    pub(crate) fn post(&self, below: &str, body: &Value) -> Answer {
        self.send(Method::POST, below, body)
    }

    pub(crate) fn put(&self, below: &str, body: &Value) -> Answer {
        self.send(Method::PUT, below, body)
    }

    pub(crate) fn delete(&self, below: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::DELETE, below))
    }

    /// The body of a successful answer.
    pub(crate) fn shown(&self, below: &str) -> Value {
        let answer = self.get(below);
        assert_eq!(answer.status, 200, "{below}: {}", answer.body_json());
        answer.body_json()
    }

    /// Creates what a body describes, and shows it.
    pub(crate) fn create(&self, below: &str, body: &Value) -> Value {
        let answer = self.post(below, body);
        assert_eq!(answer.status, 201, "{below}: {}", answer.body_json());
        answer.body_json()
    }

    /// Creates a ticket with the given keys beside the mandatory ones, and says its id.
    pub(crate) fn ticket(&self, keys: &Value) -> u64 {
        let mut ticket = json!({ "subject": "Call", "description": "A call" });
        for (key, value) in keys.as_object().unwrap() {
            ticket[key] = value.clone();
        }
        if !ticket
            .as_object()
            .unwrap()
            .keys()
            .any(|key| REQUESTER_KEYS.contains(&key.as_str()))
        {
            ticket["email"] = json!("kim@example.com");
        }
        self.create("/tickets", &ticket)["id"].as_u64().unwrap()
    }

    /// Adds a private note.
    pub(crate) fn note(&self, ticket: u64, body: &str) -> Value {
        self.create(
            &format!("/tickets/{ticket}/notes"),
            &json!({ "body": body }),
        )
    }

    /// Makes the fields of Casewire and says their names.
    pub(crate) fn casewire_fields(&self) -> [String; 2] {
        [
            ("Casewire leaf queue", "custom_text"),
            ("Casewire sessions", "custom_paragraph"),
        ]
        .map(|(label, kind)| self.field(label, kind))
    }

    /// Makes a field and says its name.
    pub(crate) fn field(&self, label: &str, kind: &str) -> String {
        let field = self.create("/admin/ticket_fields", &field(label, kind));
        field["name"].as_str().unwrap().to_owned()
    }

    /// A control request; needs no key.
    pub(crate) fn control(&self, method: Method, route: &str, body: &Value) -> Answer {
        let request = Request::new(method, &format!("/_sandbox/{route}"));
        self.sandbox.handle(&request.json(body))
    }

    pub(crate) fn records(&self) -> Value {
        self.sandbox.state()["records"].clone()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn pass_days(&self, days: u64) {
        self.pass(days * 24 * 60 * 60);
    }
}

const REQUESTER_KEYS: [&str; 4] = ["requester_id", "email", "phone", "unique_external_id"];

/// The request with a user and password.
pub(crate) fn keyed(request: Request, pair: &str) -> Request {
    request.header(AUTHORIZATION, &format!("Basic {}", BASE64.encode(pair)))
}

/// The body that makes a field.
pub(crate) fn field(label: &str, kind: &str) -> Value {
    json!({
        "label": label, "label_for_customers": label, "type": kind,
        "customers_can_edit": false, "displayed_to_customers": false,
    })
}

/// An error's fields and codes.
pub(crate) fn complaints(answer: &Answer) -> Vec<(String, String)> {
    let body = answer.body_json();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| (text(&error["field"]), text(&error["code"])))
        .collect()
}
