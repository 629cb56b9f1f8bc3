//! The Zendesk account of these tests.

use casewire_core::{QueueId, Record, RecordId, RecordState, Trace};
use casewire_zendesk::{Fields, Statuses, Zendesk, ZendeskAuth, ZendeskConfig};

use crate::golden::Golden;
use crate::script::{Exchange, Script, answered, one_try};

pub(super) static GOLDEN: Golden = Golden {
    vendor: "zendesk",
    headers: &["accept", "authorization", "content-type", "idempotency-key"],
    secrets: &[
        ("access-token-1", "[access token]"),
        ("client-secret-1", "[client secret]"),
        ("refresh-token-1", "[refresh token]"),
        // `ana@example.com/token:api-token-1`
        (
            "YW5hQGV4YW1wbGUuY29tL3Rva2VuOmFwaS10b2tlbi0x",
            "[address and API token]",
        ),
        ("api-token-1", "[API token]"),
    ],
    tidy: |_| {},
    tests: &[
        include_str!("account.rs"),
        include_str!("answers.rs"),
        include_str!("own_ticket.rs"),
        include_str!("requests.rs"),
        include_str!("setting_up.rs"),
    ],
};

/// The custom fields' ids in the documented answers.
const FIELDS: Fields = Fields {
    leaf_queue: 360_000_071,
    sessions: 360_000_072,
};

/// The request and the answer of one name.
pub(super) fn exchange(operation: &'static str) -> Exchange {
    answered(operation, GOLDEN.answer(operation))
}

/// A server that plays `exchanges`, after the one for an access token.
pub(super) async fn play<const N: usize>(exchanges: [Exchange; N]) -> Script {
    let mut all = vec![exchange("oauth_token")];
    all.extend(exchanges);
    play_without_token(all).await
}

pub(super) async fn play_without_token(exchanges: Vec<Exchange>) -> Script {
    Script::of(&GOLDEN, |_| exchanges).await
}

/// A config for the server whose secret is `secret`.
pub(super) fn config(script: &Script, secret: &str) -> ZendeskConfig {
    ZendeskConfig {
        subdomain: "acme".to_owned(),
        auth: ZendeskAuth::OauthClientCredentials {
            client_id: "casewire".to_owned(),
            client_secret: script.secret(secret),
        },
        base_url: Some(script.uri()),
        default_user: None,
        statuses: Statuses::default(),
        fields: Some(FIELDS),
        reopen_custom_status_id: None,
        retry: one_try(),
    }
}

pub(super) fn connector(script: &Script) -> Zendesk {
    Zendesk::new(config(script, "client-secret-1")).unwrap()
}

/// Ticket 4711 as it was read.
pub(super) fn record(state: RecordState) -> Record {
    Record {
        id: RecordId("4711".to_owned()),
        customer: None,
        queue: Some(QueueId("13".into())),
        state,
        created_at: "2026-01-24T01:14:06Z".parse().unwrap(),
        closed_at: None,
        tags: vec!["casewire".to_owned(), "vip".to_owned()],
        trace: Trace::parse("call/986@aaaaaa"),
        version: Some("2026-01-24T01:20:00Z".to_owned()),
        url: None,
    }
}

#[test]
fn every_file_is_used_by_a_test() {
    GOLDEN.assert_every_file_is_used();
}
