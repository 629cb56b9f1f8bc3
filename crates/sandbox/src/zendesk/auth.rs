use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::Refusal;
use super::params::{Given, Params};
use super::route::Scope;
use super::stamp;
use crate::random::Random;
use crate::request::Request;

/// The secret of every client, the API token, and the first refresh token.
const SECRET: &str = "sandbox";
const CLIENT: &str = "sandbox";
/// A client whose tokens are narrowed to `read` whatever they ask for.
const READ_ONLY_CLIENT: &str = "sandbox-read-only";

const DEFAULT_ACCESS_SECONDS: u64 = 30 * 60;
const DEFAULT_REFRESH_SECONDS: u64 = 30 * 24 * 60 * 60;

/// The documented scopes. An unknown name is dropped from what is granted, not refused.
const SCOPES: &[&str] = &[
    "read",
    "write",
    "impersonate",
    "apps:read",
    "apps:write",
    "auditlogs:read",
    "automations:read",
    "automations:write",
    "hc:read",
    "hc:write",
    "organizations:read",
    "organizations:write",
    "requests:read",
    "requests:write",
    "ticket_attachments:read",
    "ticket_attachments:write",
    "tickets:read",
    "tickets:write",
    "triggers:read",
    "triggers:write",
    "users:read",
    "users:write",
    "webhooks:read",
    "webhooks:write",
];

/// The OAuth clients' tokens.
#[derive(Debug)]
pub(super) struct Auth {
    random: Random,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    issued: u64,
}

#[derive(Debug)]
struct Access {
    id: u64,
    scopes: BTreeSet<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    refresh_expires_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Refresh {
    client: String,
    scopes: BTreeSet<String>,
    access: Option<String>,
    expires_at: Timestamp,
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    /// An API token acts as the user of this e-mail.
    ApiToken {
        email: String,
    },
    /// An OAuth token acts as the client's owner.
    OAuth {
        token: String,
    },
}

impl Auth {
    pub(super) fn seeded(seed: u64) -> Self {
        let first = Refresh {
            client: CLIENT.to_owned(),
            scopes: ["read", "write"].map(str::to_owned).into(),
            access: None,
            expires_at: Timestamp::MAX,
        };
        Self {
            random: Random::seeded(seed ^ 0x6F61_7574),
            access: HashMap::new(),
            refresh: HashMap::from([(SECRET.to_owned(), first)]),
            issued: 0,
        }
    }

    /// Ends all access tokens; refresh tokens stay valid.
    pub(super) fn expire_tokens(&mut self) {
        self.access.clear();
    }

    /// Reads the credentials. Wrong ones are an error, none are `Anonymous`.
    pub(super) fn identify(&self, request: &Request, now: Timestamp) -> Result<Caller, Refusal> {
        let Some(header) = request.header_text("authorization") else {
            return Ok(Caller::Anonymous);
        };
        if let Some(token) = header.strip_prefix("Bearer ") {
            return match self.access.get(token) {
                Some(access) if now < access.expires_at => Ok(Caller::OAuth {
                    token: token.to_owned(),
                }),
                _ => Err(Refusal::invalid_token()),
            };
        }
        let email = header
            .strip_prefix("Basic ")
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|decoded| String::from_utf8(decoded).ok())
            .and_then(|pair| {
                let email = pair.strip_suffix(&format!("/token:{SECRET}"))?;
                email.contains('@').then(|| email.to_owned())
            });
        match email {
            Some(email) => Ok(Caller::ApiToken { email }),
            None => Err(Refusal::unauthenticated()),
        }
    }

    /// Checks that the caller may use the route. An API token may do everything.
    pub(super) fn permit(
        &self,
        caller: &Caller,
        scope: Scope,
        method: &Method,
    ) -> Result<(), Refusal> {
        let token = match (caller, scope) {
            (_, Scope::Public) | (Caller::ApiToken { .. }, _) => return Ok(()),
            (Caller::Anonymous, _) => return Err(Refusal::unauthenticated()),
            (Caller::OAuth { token }, _) => token,
        };
        let Some(access) = self.access.get(token) else {
            return Err(Refusal::invalid_token());
        };
        let verb = match *method == Method::GET {
            true => "read",
            false => "write",
        };
        let resource = match scope {
            Scope::Public | Scope::Authenticated => return Ok(()),
            Scope::Broad => None,
            Scope::Tickets => Some("tickets"),
            Scope::Users => Some("users"),
        };
        let granted = access.scopes.contains(verb)
            || resource.is_some_and(|name| access.scopes.contains(&format!("{name}:{verb}")));
        match granted {
            true => Ok(()),
            false => Err(Refusal::forbidden()),
        }
    }

    /// `GET /api/v2/oauth/tokens/current`.
    pub(super) fn show(&self, token: &str, user_id: u64, url: &str) -> Result<Value, Refusal> {
        let access = self.access.get(token).ok_or_else(Refusal::not_found)?;
        Ok(json!({ "token": {
            "url": format!("{url}/api/v2/oauth/tokens/{}.json", access.id),
            "id": access.id,
            "user_id": user_id,
            "client_id": 1,
            "token": token.get(..10),
            "refresh_token": null,
            "created_at": stamp(access.created_at),
            "used_at": null,
            "expires_at": stamp(access.expires_at),
            "refresh_token_expires_at": access.refresh_expires_at.map(stamp),
            "scopes": access.scopes,
        } }))
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// `POST /oauth/tokens`.
    pub(super) fn issue(&mut self, body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
        let mut params =
            Params::body(body).map_err(|_| invalid_request("The body must be a JSON object"))?;
        let grant = text(&mut params, "grant_type")?;
        let client = text(&mut params, "client_id")?.unwrap_or_default();
        let secret = text(&mut params, "client_secret")?;
        let is_client = matches!(client.as_str(), CLIENT | READ_ONLY_CLIENT);
        if !is_client || secret.as_deref() != Some(SECRET) {
            return Err(Refusal::oauth(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
            ));
        }
        let lifetime =
            seconds(&mut params, "expires_in", 300, 172_800)?.unwrap_or(DEFAULT_ACCESS_SECONDS);
        let scope = params.raw("scope").value();
        let issued = match grant.as_deref() {
            Some("client_credentials") => {
                let scopes = granted(
                    &client,
                    scope
                        .as_ref()
                        .ok_or_else(|| invalid_scope("The scope is missing"))?,
                );
                let (token, scopes) = self.grant(scopes, now, lifetime, None);
                json!({ "access_token": token, "token_type": "bearer", "scope": scopes, "expires_in": lifetime })
            }
            Some("refresh_token") => {
                let refresh_lifetime =
                    seconds(&mut params, "refresh_token_expires_in", 604_800, 7_776_000)?
                        .unwrap_or(DEFAULT_REFRESH_SECONDS);
                let sent = text(&mut params, "refresh_token")?.unwrap_or_default();
                self.rotate(
                    &client,
                    &sent,
                    scope.as_ref(),
                    now,
                    lifetime,
                    refresh_lifetime,
                )?
            }
            _ => {
                return Err(Refusal::oauth(
                    StatusCode::BAD_REQUEST,
                    "unsupported_grant_type",
                    "The authorization grant type is not supported by the sandbox; use client_credentials or refresh_token.",
                ));
            }
        };
        let mut unknown = Vec::new();
        params.finish(&mut unknown);
        match unknown.is_empty() {
            true => Ok(issued),
            false => Err(invalid_request(&format!(
                "Unknown parameter: {}",
                unknown.join(", ")
            ))),
        }
    }

    fn rotate(
        &mut self,
        client: &str,
        sent: &str,
        scope: Option<&Value>,
        now: Timestamp,
        lifetime: u64,
        refresh_lifetime: u64,
    ) -> Result<Value, Refusal> {
        let known = self
            .refresh
            .get(sent)
            .is_some_and(|refresh| refresh.client == client && now < refresh.expires_at);
        let Some(old) = known.then(|| self.refresh.remove(sent)).flatten() else {
            return Err(Refusal::oauth(
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The provided authorization grant is invalid, expired, revoked, or was issued to another client.",
            ));
        };
        if let Some(access) = &old.access {
            self.access.remove(access);
        }
        let scopes = scope.map_or(old.scopes, |scope| granted(client, scope));
        let refresh_expires_at = after(now, refresh_lifetime);
        let (token, scope) = self.grant(scopes.clone(), now, lifetime, Some(refresh_expires_at));
        let next = self.random.token();
        let refresh = Refresh {
            client: client.to_owned(),
            scopes,
            access: Some(token.clone()),
            expires_at: refresh_expires_at,
        };
        self.refresh.insert(next.clone(), refresh);
        Ok(json!({
            "access_token": token, "refresh_token": next, "token_type": "bearer", "scope": scope,
            "expires_in": lifetime, "refresh_token_expires_in": refresh_lifetime,
        }))
    }

    fn grant(
        &mut self,
        scopes: BTreeSet<String>,
        now: Timestamp,
        lifetime: u64,
        refresh_expires_at: Option<Timestamp>,
    ) -> (String, String) {
        let token = self.random.token();
        let scope = scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        self.issued += 1;
        let access = Access {
            id: self.issued,
            scopes,
            created_at: now,
            expires_at: after(now, lifetime),
            refresh_expires_at,
        };
        self.access.insert(token.clone(), access);
        (token, scope)
    }
}

/// The known scopes of a space-separated string. Anything but a string gives a token that may
/// nothing, as the vendor's document warns.
fn granted(client: &str, scope: &Value) -> BTreeSet<String> {
    if client == READ_ONLY_CLIENT {
        return BTreeSet::from(["read".to_owned()]);
    }
    scope
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .filter(|name| SCOPES.contains(name))
        .map(str::to_owned)
        .collect()
}

fn text(params: &mut Params, key: &str) -> Result<Option<String>, Refusal> {
    match params.raw(key) {
        Given::Absent | Given::Null => Ok(None),
        Given::Value(Value::String(text)) => Ok(Some(text)),
        Given::Value(_) => Err(invalid_request(&format!("{key} must be a string"))),
    }
}

/// A life span in seconds, strictly between the bounds.
fn seconds(params: &mut Params, key: &str, above: u64, below: u64) -> Result<Option<u64>, Refusal> {
    match params.raw(key) {
        Given::Absent | Given::Null => Ok(None),
        Given::Value(value) => match value.as_u64() {
            Some(seconds) if above < seconds && seconds < below => Ok(Some(seconds)),
            _ => Err(invalid_request(&format!(
                "{key} must be an integer more than {above} and less than {below}"
            ))),
        },
    }
}

fn invalid_request(description: &str) -> Refusal {
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", description)
}

fn invalid_scope(description: &str) -> Refusal {
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_scope", description)
}

fn after(now: Timestamp, seconds: u64) -> Timestamp {
    now.saturating_add(Duration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
