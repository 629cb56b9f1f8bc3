use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::json_answer;
use super::database::USERNAME;
use super::id::Id;
use crate::answer::Answer;
use crate::random::Random;
use crate::request::Request;

/// The only client, its secret, and the first refresh token.
const CLIENT: &str = "sandbox";
const SECRET: &str = "sandbox";

/// How long a session lasts after its last use.
const SESSION: Duration = Duration::from_secs(2 * 60 * 60);

/// How far in the future an assertion may end, and how long after its end it is taken: three minutes, and what clocks may
/// differ.
const MAX_ASSERTION: Duration = Duration::from_secs(5 * 60);

/// Whether a refresh token is replaced when it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshTokens {
    /// It stays the same.
    Kept,
    /// Each answer has a new one; using an old one again ends them all.
    #[default]
    Rotated,
}

/// The tokens of the integration user.
#[derive(Debug)]
pub(super) struct Auth {
    random: Random,
    refresh_tokens: RefreshTokens,
    /// Access tokens and when they were last used.
    sessions: BTreeMap<String, Timestamp>,
    /// None once it was revoked.
    refresh: Option<String>,
    used_up: BTreeSet<String>,
}

/// Why no token is given.
type Refused = (&'static str, &'static str);

/// Whose tokens they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) organization: Id,
    pub(super) user: Id,
    /// Whether an admin named a user for the client to run as.
    pub(super) runs_as: bool,
}

impl Auth {
    pub(super) fn seeded(seed: u64, refresh_tokens: RefreshTokens) -> Self {
        Self {
            random: Random::seeded(seed ^ 0x7366_6F72),
            refresh_tokens,
            sessions: BTreeMap::new(),
            refresh: Some(SECRET.to_owned()),
            used_up: BTreeSet::new(),
        }
    }

    /// Ends all access tokens; refresh tokens stay valid.
    pub(super) fn expire_tokens(&mut self) {
        self.sessions.clear();
    }

    /// Whether the request has a valid session, which its use prolongs.
    pub(super) fn admits(&mut self, request: &Request, now: Timestamp) -> bool {
        let header = request.header_text("authorization").unwrap_or_default();
        let Some(token) = header.strip_prefix("Bearer ") else {
            return false;
        };
        let Some(used) = self.sessions.get_mut(token) else {
            return false;
        };
        let valid = now.duration_since(*used).unsigned_abs() < SESSION;
        if valid {
            *used = now;
        }
        valid
    }

    /// Any path below `/services/oauth2`.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        identity: Identity,
        now: Timestamp,
    ) -> Answer {
        let path = request.path.trim_start_matches("/services/oauth2/");
        match (&request.method, path) {
            (&Method::POST, "token") => match self.token(request, identity, now) {
                Ok(body) => json_answer(StatusCode::OK, &body),
                Err(refused) => refusal(refused),
            },
            (&Method::POST, "revoke") => {
                let form = Form::read(&request.body);
                self.revoke(form.get("token").unwrap_or_default())
            }
            (&Method::GET | &Method::POST, "userinfo") => match self.admits(request, now) {
                true => json_answer(StatusCode::OK, &userinfo(identity)),
                false => Answer {
                    body: b"Bad_OAuth_Token".to_vec(),
                    ..Answer::empty(StatusCode::FORBIDDEN)
                },
            },
            (&Method::POST, "introspect") => {
                let form = Form::read(&request.body);
                match client(request, &form) {
                    Ok(()) => json_answer(StatusCode::OK, &self.introspect(&form, now)),
                    Err(refused) => refusal(refused),
                }
            }
            _ => Answer::empty(StatusCode::NOT_FOUND),
        }
    }

    fn token(
        &mut self,
        request: &Request,
        identity: Identity,
        now: Timestamp,
    ) -> Result<Value, Refused> {
        let content_type = request.header_text("content-type").unwrap_or_default();
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            return Err((
                "invalid_request",
                "content type must be application/x-www-form-urlencoded",
            ));
        }
        let form = Form::read(&request.body);
        let origin = origin(request);
        let mut next = None;
        match form.get("grant_type") {
            Some("client_credentials") => {
                client(request, &form)?;
                if !identity.runs_as {
                    return Err(("invalid_grant", "no client credentials user enabled"));
                }
            }
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
                let assertion = form.get("assertion").unwrap_or_default();
                check_assertion(assertion, &origin, identity, now)?;
            }
            Some("refresh_token") => {
                let known = form.get("client_id") == Some(CLIENT);
                // A public client has no secret; a wrong one is refused.
                if !known
                    || form
                        .get("client_secret")
                        .is_some_and(|secret| secret != SECRET)
                {
                    client(request, &form)?;
                }
                next = self.refresh(form.get("refresh_token").unwrap_or_default())?;
            }
            _ => return Err(("unsupported_grant_type", "grant type not supported")),
        }
        let token = format!(
            "{}!{}",
            &identity.organization.as_str()[..15],
            self.random.token()
        );
        self.sessions.insert(token.clone(), now);
        let mut body = json!({
            "access_token": token,
            "signature": STANDARD.encode(self.random.token()),
            "scope": "api",
            "instance_url": origin,
            "id": identity.url(),
            "token_type": "Bearer",
            "issued_at": now.as_millisecond().to_string(),
        });
        if let Some(next) = next {
            body["refresh_token"] = json!(next);
            body["scope"] = json!("api refresh_token");
        }
        Ok(body)
    }

    /// Uses a refresh token; the next one, if they rotate.
    fn refresh(&mut self, sent: &str) -> Result<Option<String>, Refused> {
        let expired = ("invalid_grant", "expired access/refresh token");
        if self.used_up.contains(sent) {
            // Somebody else may have it: the newest is not trusted either.
            self.refresh = None;
            self.sessions.clear();
            return Err(expired);
        }
        if sent.is_empty() || self.refresh.as_deref() != Some(sent) {
            return Err(expired);
        }
        if self.refresh_tokens == RefreshTokens::Kept {
            return Ok(None);
        }
        let next = self.random.token();
        self.used_up.insert(sent.to_owned());
        self.refresh = Some(next.clone());
        Ok(Some(next))
    }

    fn revoke(&mut self, token: &str) -> Answer {
        let was_refresh = self.refresh.as_deref() == Some(token);
        if was_refresh {
            self.refresh = None;
            self.sessions.clear();
        }
        match self.sessions.remove(token).is_some() || was_refresh {
            true => Answer::empty(StatusCode::OK),
            false => refusal(("unsupported_token_type", "this token type is not supported")),
        }
    }

    fn introspect(&self, form: &Form, now: Timestamp) -> Value {
        let token = form.get("token").unwrap_or_default();
        let used = self.sessions.get(token);
        let ends = used.and_then(|used| used.saturating_add(SESSION).ok());
        match ends.filter(|ends| now < *ends) {
            Some(ends) => json!({
                "active": true, "scope": "api", "client_id": CLIENT, "username": USERNAME,
                "token_type": "access_token", "exp": ends.as_second(),
            }),
            None => json!({ "active": false }),
        }
    }
}

impl Identity {
    fn url(&self) -> String {
        format!(
            "https://login.salesforce.com/id/{}/{}",
            self.organization, self.user
        )
    }
}

/// The client's id and secret, in the form or in a Basic header.
fn client(request: &Request, form: &Form) -> Result<(), Refused> {
    let basic = request
        .header_text("authorization")
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok());
    let (id, secret) = match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (form.get("client_id"), form.get("client_secret")),
    };
    match (id, secret) {
        (Some(CLIENT), Some(SECRET)) => Ok(()),
        (Some(CLIENT), _) => Err(("invalid_client", "invalid client credentials")),
        _ => Err(("invalid_client_id", "client identifier invalid")),
    }
}

/// The claims of an assertion. Its signature is only looked at for its form: the fake knows no
/// certificate.
fn check_assertion(
    assertion: &str,
    origin: &str,
    identity: Identity,
    now: Timestamp,
) -> Result<(), Refused> {
    let invalid = ("invalid_grant", "invalid assertion");
    let parts: Vec<_> = assertion.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err(invalid);
    };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let parsed = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).ok();
    let (Some(header), Some(claims), Some(signature)) =
        (parsed(header), parsed(claims), decoded(signature))
    else {
        return Err(invalid);
    };
    // RS256 with keys of 2,048 bits or more.
    if header["alg"] != "RS256" || signature.len() < 256 {
        return Err(invalid);
    }
    if claims["iss"] != CLIENT {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let audiences = [
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        origin,
    ];
    if !claims["aud"]
        .as_str()
        .is_some_and(|aud| audiences.contains(&aud))
    {
        return Err(("invalid_grant", "audience is invalid"));
    }
    // The vendor reads digits in quotation marks too; an independent client sends them.
    let exp = &claims["exp"];
    let seconds = exp.as_i64().or_else(|| exp.as_str()?.parse().ok());
    let ends = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let ends = ends.ok_or(invalid)?;
    let distance = ends.duration_since(now).unsigned_abs();
    if distance > MAX_ASSERTION {
        return Err(("invalid_grant", "invalid assertion"));
    }
    match claims["sub"] == USERNAME && identity.runs_as {
        true => Ok(()),
        false => Err(("invalid_grant", "user hasn't approved this consumer")),
    }
}

fn userinfo(identity: Identity) -> Value {
    json!({
        "sub": identity.url(),
        "user_id": identity.user.as_str(),
        "organization_id": identity.organization.as_str(),
        "preferred_username": USERNAME,
        "nickname": "integration",
        "name": "Casewire Integration",
        "email": USERNAME,
        "email_verified": true,
        "given_name": "Casewire",
        "family_name": "Integration",
        "zoneinfo": "GMT",
        "locale": "en_US",
        "language": "en_US",
        "user_type": "STANDARD",
        "active": true,
    })
}

fn refusal((error, description): Refused) -> Answer {
    json_answer(
        StatusCode::BAD_REQUEST,
        &json!({ "error": error, "error_description": description }),
    )
}

/// The address as the client reaches it.
fn origin(request: &Request) -> String {
    match request.header_text("host") {
        Some(host) => format!("http://{host}"),
        None => "https://sandbox.my.salesforce.com".to_owned(),
    }
}

/// A form's first value of each name.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
