//! A client of a fake Kustomer whose clock stands still.

use std::time::Duration;

use casewire_sandbox::kustomer::Options;
use casewire_sandbox::{Answer, Request, Sandbox};
use http::Method;
use serde_json::{Value, json};

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Without limits, but for those that the change sets.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::unlimited();
        change(&mut options);
        let sandbox = Sandbox::kustomer_with(1, options);
        sandbox.freeze("2026-01-24T01:14:06.25Z".parse().unwrap());
        Self { sandbox }
    }

    pub(crate) fn request(&self, method: Method, target: &str) -> Request {
        Request::new(method, target).bearer("sandbox")
    }

    pub(crate) fn send(&self, method: Method, target: &str, body: &Value) -> Answer {
        self.sandbox
            .handle(&self.request(method, target).json(body))
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::GET, target))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(Method::POST, target, body)
    }

    pub(crate) fn put(&self, target: &str, body: &Value) -> Answer {
        self.send(Method::PUT, target, body)
    }

    /// Posts, and says the id of what was created.
    pub(crate) fn created(&self, target: &str, body: &Value) -> String {
        let answer = self.post(target, body);
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        text(&answer.body_json()["data"]["id"])
    }

    pub(crate) fn customer(&self) -> String {
        self.created("/v1/customers", &json!({ "name": "Kim" }))
    }

    /// A conversation of a new customer; says its path.
    pub(crate) fn conversation(&self, keys: &Value) -> String {
        let mut body = json!({ "customer": self.customer(), "name": "Call" });
        for (key, value) in keys.as_object().unwrap() {
            body[key] = value.clone();
        }
        let id = self.created("/v1/conversations", &body);
        format!("/v1/conversations/{id}")
    }

    /// The attributes of the object at a path.
    pub(crate) fn attributes(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body_json());
        answer.body_json()["data"]["attributes"].clone()
    }

    /// Defines custom attributes of conversations.
    pub(crate) fn define(&self, names: &[&str]) {
        let mut properties = json!({});
        for name in names {
            properties[*name] = json!({});
        }
        let body = json!({ "properties": properties });
        let answer = self.put("/v1/metadata/conversation", &body);
        assert_eq!(answer.status, 200, "{}", answer.body_json());
    }

    /// All ids of a list, over its pages.
    pub(crate) fn listed(&self, first: &str) -> Vec<String> {
        let mut next = Some(first.to_owned());
        let mut found = Vec::new();
        while let Some(target) = next {
            let answer = self.get(&target);
            assert_eq!(answer.status, 200, "{target}: {}", answer.body_json());
            let page = answer.body_json();
            let data = page["data"].as_array().unwrap().iter();
            found.extend(data.map(|item| text(&item["id"])));
            next = page["links"]["next"].as_str().map(str::to_owned);
        }
        found
    }

    /// A control request; needs no key.
    pub(crate) fn control(&self, method: Method, route: &str, body: &Value) -> Answer {
        let request = Request::new(method, &format!("/_sandbox/{route}"));
        self.sandbox.handle(&request.json(body))
    }

    /// Adds a record as a person, and says its id.
    pub(crate) fn added(&self, record: &Value) -> String {
        let answer = self.control(Method::POST, "records", record);
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        text(&answer.body_json()["id"])
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The only error of an answer.
pub(crate) fn error(answer: &Answer) -> Value {
    let errors = answer.body_json()["errors"].clone();
    assert_eq!(errors.as_array().map(Vec::len), Some(1), "{errors}");
    errors[0].clone()
}

/// The parameter that an answer refuses, with its status.
pub(crate) fn refused(answer: &Answer) -> (u16, String) {
    let parameter = &error(answer)["source"]["parameter"];
    (
        answer.status.as_u16(),
        parameter.as_str().unwrap_or_default().to_owned(),
    )
}
