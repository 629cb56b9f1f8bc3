//! A signed-in client of a fake Zendesk whose clock stands still.

use std::time::Duration;

use casewire_sandbox::zendesk::Options;
use casewire_sandbox::{Answer, Request, Sandbox};
use http::{HeaderName, Method};
use serde_json::{Value, json};

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    token: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(Options::unlimited())
    }

    pub(crate) fn with(options: Options) -> Self {
        let sandbox = Sandbox::zendesk_with(1, options);
        sandbox.freeze("2026-01-24T01:14:06.25Z".parse().unwrap());
        let token = sign_in(&sandbox, "sandbox", "read write");
        Self { sandbox, token }
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> Request {
        Request::new(method, target).bearer(&self.token)
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::GET, target))
    }

    pub(crate) fn send(&self, method: Method, target: &str, body: &Value) -> Answer {
        self.sandbox
            .handle(&self.request(method, target).json(body))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(Method::POST, target, body)
    }

    pub(crate) fn put(&self, target: &str, body: &Value) -> Answer {
        self.send(Method::PUT, target, body)
    }

    /// A control request; needs no token.
    pub(crate) fn control(&self, method: Method, route: &str, body: &Value) -> Answer {
        let request = Request::new(method, &format!("/_sandbox/{route}"));
        self.sandbox.handle(&request.json(body))
    }

    /// Creates a ticket from the given keys and says its id.
    pub(crate) fn ticket(&self, keys: &Value) -> u64 {
        let mut ticket =
            json!({ "subject": "Call", "comment": { "body": "First", "public": false } });
        merge(&mut ticket, keys);
        let answer = self.post("/api/v2/tickets", &json!({ "ticket": ticket }));
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        answer.body_json()["ticket"]["id"].as_u64().unwrap()
    }

    pub(crate) fn update(&self, id: u64, ticket: &Value) -> Answer {
        self.put(
            &format!("/api/v2/tickets/{id}"),
            &json!({ "ticket": ticket }),
        )
    }

    pub(crate) fn shown(&self, id: u64) -> Value {
        self.get(&format!("/api/v2/tickets/{id}")).body_json()["ticket"].clone()
    }

    pub(crate) fn user(&self, user: &Value) -> u64 {
        let answer = self.post("/api/v2/users", &json!({ "user": user }));
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        answer.body_json()["user"]["id"].as_u64().unwrap()
    }

    pub(crate) fn agent(&self) -> u64 {
        self.user(&json!({ "name": "Ana", "email": "ana@example.com", "role": "agent" }))
    }

    pub(crate) fn field(&self, title: &str, kind: &str) -> u64 {
        let field = json!({ "ticket_field": { "title": title, "type": kind } });
        let answer = self.post("/api/v2/ticket_fields", &field);
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        answer.body_json()["ticket_field"]["id"].as_u64().unwrap()
    }

    pub(crate) fn search(&self, query: &str) -> Answer {
        self.get(&format!("/api/v2/search?{}", encoded("query", query)))
    }

    /// The ids a search finds, in its order.
    pub(crate) fn found(&self, query: &str) -> Vec<u64> {
        let answer = self.search(query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.body_json());
        ids(&answer.body_json()["results"])
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn sign_in(sandbox: &Sandbox, client: &str, scope: &str) -> String {
    let answer = sandbox.handle(&Request::new(Method::POST, "/oauth/tokens").json(&json!({
        "grant_type": "client_credentials", "client_id": client, "client_secret": "sandbox", "scope": scope,
        "expires_in": 86_400,
    })));
    assert_eq!(answer.status, 201, "{}", answer.body_json());
    answer.body_json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub(crate) fn encoded(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish()
}

pub(crate) fn ids(items: &Value) -> Vec<u64> {
    let items = items.as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_u64().unwrap())
        .collect()
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &'static str) -> Option<&'a str> {
    answer
        .headers
        .get(HeaderName::from_static(name))?
        .to_str()
        .ok()
}

fn merge(into: &mut Value, keys: &Value) {
    for (key, value) in keys.as_object().unwrap() {
        into[key] = value.clone();
    }
}
