//! A fake org and a connector to it.

use std::time::Duration;

use casewire_core::{Change, CrmConnector, Finding, Severity};
use casewire_http::{RetryPolicy, SecretSource};
use casewire_salesforce::{Salesforce, SalesforceConfig};
use casewire_sandbox::salesforce::{self, Options};
use casewire_sandbox::{Request, Sandbox};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use wiremock::matchers::{any, body_string_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) struct Org {
    pub(crate) sandbox: Sandbox,
    server: MockServer,
    secret: NamedTempFile,
}

impl Org {
    /// An org without anything of Casewire.
    pub(crate) async fn bare() -> Self {
        Self::with(Options::default()).await
    }

    /// An org that its admins have made so.
    pub(crate) async fn made(org: salesforce::Org) -> Self {
        Self::with(Options {
            org,
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::salesforce_with(7, options);
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(sandbox.responder())
            .mount(&server)
            .await;
        let secret = NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "sandbox\n").unwrap();
        Self {
            sandbox,
            server,
            secret,
        }
    }

    pub(crate) fn secret(&self) -> SecretSource {
        SecretSource::File {
            file: self.secret.path().to_owned(),
        }
    }

    /// The smallest config with `changes`.
    pub(crate) fn config(&self, changes: Value) -> SalesforceConfig {
        let mut keys = json!({
            "my_domain": "acme",
            "auth": {
                "type": "oauth_client_credentials",
                "client_id": "sandbox",
                "client_secret": { "file": self.secret.path() },
            },
            "base_url": self.server.uri(),
        });
        for (key, value) in changes.as_object().unwrap() {
            keys[key] = value.clone();
        }
        let mut config: SalesforceConfig = serde_json::from_value(keys).unwrap();
        config.retry = RetryPolicy {
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
            ..RetryPolicy::default()
        };
        config
    }

    pub(crate) fn connector(&self, changes: Value) -> Salesforce {
        Salesforce::new(self.config(changes)).unwrap()
    }

    /// Answers composites whose text holds `part` with these parts, `times` times, instead of the org.
    pub(crate) async fn answers(&self, part: &str, times: u64, parts: Value) {
        let answer =
            ResponseTemplate::new(200).set_body_json(json!({ "compositeResponse": parts }));
        Mock::given(body_string_contains(part))
            .respond_with(answer)
            .up_to_n_times(times)
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    /// The parts of all composites that were sent so far.
    pub(crate) async fn sent_parts(&self) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap_or_default();
        let bodies = requests
            .iter()
            .filter_map(|request| serde_json::from_slice::<Value>(&request.body).ok());
        let parts = bodies.filter_map(|body| body["compositeRequest"].as_array().cloned());
        parts.flatten().collect()
    }

    /// What the API answers to an admin's program.
    pub(crate) fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let form = "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox";
        let kind = "application/x-www-form-urlencoded";
        let path_of_token = "/services/oauth2/token".to_owned();
        let token = self.send(Method::POST, path_of_token, &[("content-type", kind)], form);
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        let headers = [
            ("authorization", &*bearer),
            ("content-type", "application/json"),
        ];
        let path = format!("/services/data/v66.0/{path}");
        self.send(method, path, &headers, &text_of(body))
    }

    /// The rows that a query finds there.
    pub(crate) fn query(&self, place: &str, soql: &str) -> Vec<Value> {
        let path = format!("{place}?q={}", soql.replace(' ', "+"));
        let found = self.ask(Method::GET, &path, &Value::Null);
        found["records"].as_array().unwrap().clone()
    }

    fn send(
        &self,
        method: Method,
        path: String,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Value {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        let mut all: HeaderMap = headers.collect();
        all.insert("host", self.server.address().to_string().parse().unwrap());
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let answer = self.sandbox.handle(&Request {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: all,
            body: body.as_bytes().to_vec(),
        });
        assert!(answer.status.is_success(), "{}", answer.body_json());
        match answer.body.is_empty() {
            true => Value::Null,
            false => answer.body_json(),
        }
    }
}

fn text_of(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        body => body.to_string(),
    }
}

pub(crate) fn worst(findings: &[Finding]) -> &Finding {
    findings
        .iter()
        .max_by_key(|finding| finding.severity)
        .unwrap()
}

/// What `check` finds, but for what is fine.
pub(crate) async fn faults(salesforce: &Salesforce) -> Vec<(Severity, String)> {
    let findings = salesforce.check().await.unwrap();
    let faults = findings
        .into_iter()
        .filter(|finding| finding.severity != Severity::Fine);
    faults
        .map(|finding| (finding.severity, finding.message))
        .collect()
}

pub(crate) fn whats(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.what.as_str()).collect()
}
