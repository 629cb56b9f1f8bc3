//! The Freshdesk connector against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use casewire_freshdesk::{Fields, Freshdesk, FreshdeskConfig, Statuses, TicketValues};
use casewire_sandbox::Sandbox;
use casewire_sandbox::freshdesk::{Options, PrivateNote, UnknownRequester};
use serde_json::json;

use super::Credentials;
use super::sandboxed::{Access, Crm, Sandboxed};

pub(crate) async fn freshdesk(seed: u64) -> Sandboxed {
    freshdesk_with(seed, Options::unlimited()).await
}

/// What Freshdesk's documents leave open, the other way.
pub(crate) async fn freshdesk_otherwise(seed: u64) -> Sandboxed {
    let options = Options {
        name_suffix: Some(2_042_001),
        private_note: PrivateNote::LeavesTicket,
        unknown_requester: UnknownRequester::Refused,
        ..Options::unlimited()
    };
    freshdesk_with(seed, options).await
}

async fn freshdesk_with(seed: u64, options: Options) -> Sandboxed {
    let crm = Crm {
        connect: Box::new(|access| Arc::new(connector(access))),
        storm: "throttle=0.05,retry-after=0s,unavailable=0.05,reset=0.03,lost-answer=0.1,index-lag=30s",
        kept_text: str::to_owned,
        kept_tags: |tags| tags.iter().map(|&tag| tag.to_owned()).collect(),
        slow_down: |asked| asked,
        // The fields, and one note that holds all notes.
        writes_of: |_| 2,
        credentials: Credentials::Fixed,
    };
    Sandboxed::new(crm, Sandbox::freshdesk_with(seed, options)).await
}

/// A connector that looks before every write, as the suite's people are fast.
fn connector(access: Access) -> Freshdesk {
    // Without a status that is closed for good there would be two states only.
    let statuses = json!({ "resolved": [4], "closed": [5] });
    let config = FreshdeskConfig {
        statuses: serde_json::from_value(statuses).unwrap(),
        reread_after_seconds: 0,
        ..config(access)
    };
    Freshdesk::new(config).unwrap()
}

/// A connector for which what was seen in a test was just seen, however slow the machine is.
pub(crate) fn freshdesk_that_just_looked(v: &Sandboxed, fields: Option<Fields>) -> Freshdesk {
    let config = FreshdeskConfig {
        fields,
        reread_after_seconds: 3600,
        ..config(v.access())
    };
    Freshdesk::new(config).unwrap()
}

fn config(access: Access) -> FreshdeskConfig {
    FreshdeskConfig {
        domain: "acme".to_owned(),
        api_key: access.secret,
        base_url: Some(access.base_url),
        default_user: None,
        statuses: Statuses::default(),
        fields: None,
        phone_formats: Vec::new(),
        ticket_values: TicketValues::default(),
        reread_after_seconds: 1,
        settle: Duration::from_millis(1),
        retry: access.retry,
    }
}
