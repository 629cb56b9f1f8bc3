//! A signed-in client of a fake Salesforce whose clock stands still.

use std::time::Duration;

use casewire_sandbox::salesforce::{Options, Org};
use casewire_sandbox::{Answer, Request, Sandbox};
use http::{HeaderName, Method};
use serde_json::{Value, json};

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    pub(crate) token: String,
}

/// The version that tests use.
pub(crate) const DATA: &str = "/services/data/v66.0";

impl Client {
    /// Of a stock org.
    pub(crate) fn new() -> Self {
        Self::of(Org::stock())
    }

    /// Of an org where Casewire is set up.
    pub(crate) fn set_up() -> Self {
        Self::of(Org::set_up())
    }

    pub(crate) fn of(org: Org) -> Self {
        Self::with(Options {
            org,
            ..Options::unlimited()
        })
    }

    pub(crate) fn with(options: Options) -> Self {
        let sandbox = Sandbox::salesforce_with(1, options);
        sandbox.freeze("2026-05-01T07:25:37.25Z".parse().unwrap());
        let answer = token(
            &sandbox,
            "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox",
        );
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        let token = answer.body_json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { sandbox, token }
    }

    /// A request to a path below the version.
    pub(crate) fn request(&self, method: Method, below: &str) -> Request {
        Request::new(method, &format!("{DATA}{below}")).bearer(&self.token)
    }

    pub(crate) fn send(&self, method: Method, below: &str, body: &Value) -> Answer {
        self.sandbox.handle(&self.request(method, below).json(body))
    }

    pub(crate) fn send_with(
        &self,
        method: Method,
        below: &str,
        header: (&'static str, &str),
        body: &Value,
    ) -> Answer {
        let request = self.request(method, below).json(body);
        let name = HeaderName::from_static(header.0);
        self.sandbox.handle(&request.header(name, header.1))
    }

    pub(crate) fn get(&self, below: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::GET, below))
    }

    pub(crate) fn post(&self, below: &str, body: &Value) -> Answer {
        self.send(Method::POST, below, body)
    }

    pub(crate) fn patch(&self, below: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, below, body)
    }

    pub(crate) fn delete(&self, below: &str) -> Answer {
        self.sandbox.handle(&self.request(Method::DELETE, below))
    }

    /// Creates a row and says its id.
    pub(crate) fn create(&self, object: &str, values: &Value) -> String {
        let answer = self.post(&format!("/sobjects/{object}"), values);
        assert_eq!(answer.status, 201, "{}", answer.body_json());
        answer.body_json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn shown(&self, object: &str, id: &str) -> Value {
        let answer = self.get(&format!("/sobjects/{object}/{id}"));
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()
    }

    pub(crate) fn query(&self, soql: &str) -> Answer {
        self.get(&format!("/query?{}", encoded(soql)))
    }

    /// The records that a query finds.
    pub(crate) fn found(&self, soql: &str) -> Vec<Value> {
        let answer = self.query(soql);
        assert_eq!(answer.status, 200, "{soql}: {}", answer.body_json());
        answer.body_json()["records"].as_array().unwrap().clone()
    }

    /// Sends a composite and says its subrequests' answers.
    pub(crate) fn composite(&self, all_or_none: bool, subrequests: &Value) -> Vec<Value> {
        let answer = self.post("/composite", &json!({
            "allOrNone": all_or_none, "collateSubrequests": false, "compositeRequest": subrequests,
        }));
        assert_eq!(answer.status, 200, "{}", answer.body_json());
        answer.body_json()["compositeResponse"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// A control request; needs no token.
    pub(crate) fn control(&self, method: Method, route: &str, body: &Value) -> Answer {
        let request = Request::new(method, &format!("/_sandbox/{route}"));
        self.sandbox.handle(&request.json(body))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds));
    }
}

/// Posts a form to the token endpoint.
pub(crate) fn token(sandbox: &Sandbox, form: &str) -> Answer {
    let mut request = Request::new(Method::POST, "/services/oauth2/token").header(
        http::header::CONTENT_TYPE,
        "application/x-www-form-urlencoded",
    );
    request.body = form.as_bytes().to_vec();
    sandbox.handle(&request)
}

/// A query as the parameter `q`.
pub(crate) fn encoded(query: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", query)
        .finish()
}

/// A subrequest of a composite.
pub(crate) fn sub(id: &str, method: &str, below: &str, body: Value) -> Value {
    let mut subrequest =
        json!({ "referenceId": id, "method": method, "url": format!("{DATA}{below}") });
    if !body.is_null() {
        subrequest["body"] = body;
    }
    subrequest
}

/// The code of an answer's first error.
pub(crate) fn code(body: &Value) -> &str {
    body[0]["errorCode"].as_str().unwrap_or_default()
}
