//! The Zendesk connector against the sandbox.

use std::sync::Arc;

use casewire_sandbox::zendesk::Options;
use casewire_sandbox::{Request, Sandbox};
use casewire_zendesk::{Fields, Statuses, Zendesk, ZendeskAuth, ZendeskConfig};
use http::{Method, header};

use super::Credentials;
use super::sandboxed::{Access, Crm, Sandboxed};

pub(crate) async fn zendesk(seed: u64) -> Sandboxed {
    let crm = Crm {
        connect: Box::new(|access| Arc::new(connector(access, None))),
        storm: "throttle=0.05,retry-after=0s,unavailable=0.05,reset=0.03,lost-answer=0.1,index-lag=30s",
        kept_text: str::to_owned,
        kept_tags: |tags| tags.iter().map(|tag| tag.to_lowercase()).collect(),
        slow_down: |asked| asked,
        writes_of: |_| 1,
        credentials: Credentials::Renewed,
    };
    Sandboxed::new(crm, Sandbox::zendesk_with(seed, Options::unlimited())).await
}

/// A connector that knows the fields' ids from its config.
pub(crate) fn zendesk_with_field_ids(v: &Sandboxed) -> Zendesk {
    // `integration@example.com/token:sandbox`
    let authorization = "Basic aW50ZWdyYXRpb25AZXhhbXBsZS5jb20vdG9rZW46c2FuZGJveA==";
    let list = Request::new(Method::GET, "/api/v2/ticket_fields")
        .header(header::AUTHORIZATION, authorization);
    let list = v.ask(&list);
    let id = |title: &str| {
        let mut fields = list["ticket_fields"].as_array().unwrap().iter();
        let field = fields.find(|field| field["title"] == title);
        field.unwrap()["id"].as_u64().unwrap()
    };
    let fields = Fields {
        leaf_queue: id("Casewire leaf queue"),
        sessions: id("Casewire sessions"),
    };
    connector(v.access(), Some(fields))
}

fn connector(access: Access, fields: Option<Fields>) -> Zendesk {
    let auth = ZendeskAuth::OauthClientCredentials {
        client_id: "sandbox".to_owned(),
        client_secret: access.secret,
    };
    let config = ZendeskConfig {
        subdomain: "acme".to_owned(),
        auth,
        base_url: Some(access.base_url),
        default_user: None,
        statuses: Statuses::default(),
        fields,
        reopen_custom_status_id: None,
        retry: access.retry,
    };
    Zendesk::new(config).unwrap()
}
