//! Who may send what, and read what.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, FORWARDED, HOST};
use axum::http::{HeaderMap, HeaderName, Uri};
use casewire_intake::{ChatWebhookHeaders, ChatWebhookKeys, SigningKeys, WebhookHeaders};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::Endpoint;
use crate::app::{App, Peer};
use crate::headers::text;
use crate::problem::{Kind, Problem};

/// What requests are checked against, and outgoing messages signed with.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// What events are signed with, per Standard Webhooks. With neither these nor `chat_webhooks`, unsigned events are
    /// taken, but only by a server that listens on a loopback address.
    pub signing: Option<SigningKeys>,
    /// What the platform signs its chat webhooks with (`X-Signature`).
    pub chat_webhooks: Option<ChatWebhookKeys>,
    /// What Pub/Sub sends along with each push. Without it, pushes are taken as unsigned events are.
    pub pubsub_token: Option<SecretString>,
    /// What readers of receipts and of the stream send along. Without it only this machine may read.
    pub token: Option<SecretString>,
    /// Where messages are sent, and what they are signed with.
    pub endpoints: BTreeMap<Endpoint, Arc<SigningKeys>>,
}

const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Refuses events that are not signed with one of the keys.
pub(crate) fn verify(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    let keys = app.keys();
    let now = Timestamp::now();
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let platform = keys
        .chat_webhooks
        .as_ref()
        .filter(|_| keys.signing.is_none() || headers.contains_key(X_SIGNATURE));
    let signed = match (platform, &keys.signing) {
        (Some(platform), _) => {
            let headers = ChatWebhookHeaders {
                signature: header(ChatWebhookHeaders::SIGNATURE),
                timestamp: header(ChatWebhookHeaders::TIMESTAMP),
            };
            platform.verify(headers, body, now)
        }
        (None, Some(signing)) => {
            let headers = WebhookHeaders {
                id: header(WebhookHeaders::ID),
                timestamp: header(WebhookHeaders::TIMESTAMP),
                signature: header(WebhookHeaders::SIGNATURE),
            };
            signing.verify(headers, body, now)
        }
        (None, None) if app.is_local && is_from_here(headers) => return Ok(()),
        (None, None) => {
            return Err(Problem::new(
                Kind::Forbidden,
                "the server has no secret that events could be signed with",
            )
            .remedy(
                "name one in `secrets` of `[intake]`; make one with `openssl rand -base64 32`",
            ));
        }
    };
    signed.map_err(Problem::signature)
}

/// Refuses pushes of Pub/Sub that do not bring the token, be it in the query or as a bearer.
pub(crate) fn verify_push(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = &app.keys().pubsub_token else {
        if app.is_local && is_from_here(headers) {
            return Ok(());
        }
        return Err(Problem::new(
            Kind::Forbidden,
            "the server has no token that pushes could bring",
        )
        .remedy("name one as `pubsub_token` in `[intake]`, and add `?token=` to the subscription's address"));
    };
    let in_query = uri.query().and_then(|query| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(name, _)| name == "token")
            .map(|(_, value)| value)
    });
    if in_query.is_some_and(|given| is_same(&given, token)) {
        return Ok(());
    }
    expect_bearer(headers, token, "`pubsub_token`")
}

/// Refuses readers of what carries ids of sessions.
pub(crate) fn may_read(app: &App, peer: Peer, headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(token) = &app.keys().token {
        return expect_bearer(headers, token, "`token`");
    }
    if peer.0.ip().is_loopback() && is_from_here(headers) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        "without a token only this machine may read here",
    )
    .remedy("name a secret as `token` in `[intake]`, and send it as `authorization: Bearer`"))
}

/// Whether a request that came over the loopback address was made by this machine itself. A proxy may speak for anybody,
/// and a page that this machine's browser shows may have given its own name this machine's address.
fn is_from_here(headers: &HeaderMap) -> bool {
    let is_forwarded = headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR);
    !is_forwarded && names_this_machine(headers)
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, &HOST) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn expect_bearer(headers: &HeaderMap, token: &SecretString, key: &str) -> Result<(), Problem> {
    let given = text(headers, &AUTHORIZATION).and_then(|value| {
        let (scheme, given) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| given.trim())
    });
    if given.is_some_and(|given| is_same(given, token)) {
        return Ok(());
    }
    let detail = match given {
        Some(_) => "the token is not the one that is configured here",
        None => "the token is missing",
    };
    Err(Problem::new(Kind::Token, detail)
        .field("authorization")
        .remedy(format!(
            "send the secret that {key} of `[intake]` names as `authorization: Bearer SECRET`"
        )))
}

/// In a time that does not tell how much of it is right.
fn is_same(given: &str, secret: &SecretString) -> bool {
    given
        .as_bytes()
        .ct_eq(secret.expose_secret().as_bytes())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        let named = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            names_this_machine(&headers)
        };
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8080",
            "127.8.9.10",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(named(host), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "10.0.0.1",
            "",
            ":80",
        ] {
            assert!(!named(host), "{host}");
        }
        assert!(!names_this_machine(&HeaderMap::new()));
    }
}
