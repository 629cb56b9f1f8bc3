//! The Kustomer connector against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use casewire_kustomer::{ExternalIdPrefix, Fields, Kustomer, KustomerConfig, Statuses};
use casewire_sandbox::Sandbox;
use casewire_sandbox::kustomer::{Children, Deleted, ErrorShape, ExternalIds, Options};

use super::sandboxed::{Access, Crm, Sandboxed};
use super::{Credentials, Shown};

pub(crate) async fn kustomer(seed: u64) -> Sandboxed {
    kustomer_with(seed, Options::unlimited(), CallMessages::Off).await
}

/// What Kustomer's documents leave open, the other way; and calls have messages.
pub(crate) async fn kustomer_otherwise(seed: u64) -> Sandboxed {
    let options = Options {
        children: Children::LeaveRev,
        deleted: Deleted::Marked,
        errors: ErrorShape::Documented,
        ..Options::unlimited()
    };
    kustomer_with(seed, options, CallMessages::On).await
}

/// That a second conversation, note or message with the same external id is refused is not documented either.
pub(crate) async fn kustomer_with_repeatable_ids(seed: u64) -> Sandboxed {
    let options = Options {
        external_ids: ExternalIds::Repeatable,
        ..Options::unlimited()
    };
    kustomer_with(seed, options, CallMessages::On).await
}

#[derive(Clone, Copy, PartialEq)]
enum CallMessages {
    Off,
    On,
}

async fn kustomer_with(seed: u64, options: Options, messages: CallMessages) -> Sandboxed {
    let crm = Crm {
        connect: Box::new(move |access| Arc::new(connector(access, messages))),
        storm: "throttle=0.05,retry-after=0s,unavailable=0.05,reset=0.03,lost-answer=0.1,index-lag=30s",
        kept_text: str::to_owned,
        kept_tags: |tags| tags.iter().map(|&tag| tag.to_owned()).collect(),
        // The end of a count is told in whole seconds.
        slow_down: |asked| asked + Duration::from_secs(1),
        // The attributes, and each note; perhaps a message before it.
        writes_of: match messages {
            CallMessages::Off => |notes| 1 + notes,
            CallMessages::On => |notes| 1 + 2 * notes,
        },
        credentials: Credentials::Fixed,
    };
    let vendor = Sandboxed::new(crm, Sandbox::kustomer_with(seed, options)).await;
    match messages {
        CallMessages::Off => vendor,
        CallMessages::On => vendor.with_meant(linked_calls),
    }
}

fn linked_calls(record: &Shown) -> usize {
    let notes = record.notes.iter();
    let linked = notes.filter(|note| note.kind == "linked" && note.session.starts_with("call/"));
    linked.count()
}

fn connector(access: Access, messages: CallMessages) -> Kustomer {
    let config = KustomerConfig {
        org: "acme".parse().unwrap(),
        api_key: access.secret,
        external_id_prefix: ExternalIdPrefix::default(),
        call_messages: messages == CallMessages::On,
        base_url: Some(access.base_url),
        default_user: None,
        statuses: Statuses::default(),
        fields: Fields::default(),
        retry: access.retry,
    };
    Kustomer::new(config).unwrap()
}
