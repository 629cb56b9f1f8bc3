//! One try of a request, and what came of it.

use std::error::Error as StdError;
use std::time::Duration;

use casewire_core::{Error, ErrorKind};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use crate::calls::{self, Call};
use crate::client::Inner;
use crate::exchange::{Answer, NoAnswer, exchange};
use crate::limits::Place;
use crate::refusal::retry_after;
use crate::token::Token;
use crate::{Auth, BaseUrl, Bucket, Refusal, Request, Response};

/// Why a try failed, and what that means for the next.
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) meaning: Meaning,
    /// How long the CRM wants to be left alone.
    pub(crate) wait: Duration,
}

/// What failed.
pub(crate) enum Cause {
    /// The request.
    Request {
        kind: ErrorKind,
        message: String,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// What it needs before it is sent, an access token or an address; the error says of itself what was done.
    Preparation(Error),
}

/// What a failed try means for the next.
pub(crate) enum Meaning {
    /// The access token of this generation was refused, and nothing was done.
    Expired(u64),
    /// The CRM has decided.
    Final,
    /// It may have been done.
    MayBeDone,
    /// It was not done, for a reason that passes.
    NotDone,
}

impl Inner {
    /// Sends `request` once, on its `place`, with a token newer than the one `rejected`.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        rejected: Option<u64>,
        mut place: Place<'_>,
    ) -> Result<Response, Failure> {
        let token = match &self.tokens {
            Some(tokens) => Some(tokens.token(rejected).await.map_err(Failure::unprepared)?),
            None => None,
        };
        let base = self.base(token.as_ref());
        let url = request.url(base).map_err(Failure::unprepared)?;
        let prepared = self.prepare(request, url, token.as_ref())?;
        place.send();
        let answer = match self.exchange(request, prepared).await {
            Ok(answer) => answer,
            Err(error) => {
                if let NoAnswer::Unsent(_) = error {
                    place.unsent();
                }
                return Err(self.unanswered(base, error));
            }
        };
        place.answered((self.config.readings)(&answer.headers));
        if let Some(refusal) = self.refusal(request, &answer) {
            return Err(self.refused(request, &answer, refusal, token.as_ref()));
        }
        Ok(Response {
            request: request.to_string(),
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        })
    }

    /// Where a request with `token` goes: the origin may change with each.
    fn base<'a>(&'a self, token: Option<&'a Token>) -> &'a BaseUrl {
        token.map_or(&self.config.base, |token| &token.base)
    }

    fn prepare(
        &self,
        request: &Request,
        url: Url,
        token: Option<&Token>,
    ) -> Result<reqwest::Request, Failure> {
        let mut builder = self
            .http
            .request(request.method().clone(), url)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = request.body() {
            builder = builder
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.to_vec());
        }
        builder = builder.headers(request.headers().clone());
        builder = match (&self.config.auth, token) {
            (Auth::Basic { user, password }, _) => {
                builder.basic_auth(user.expose_secret(), Some(password.expose_secret()))
            }
            (Auth::Bearer(secret), _) => builder.bearer_auth(secret.expose_secret()),
            (Auth::OAuth(_), Some(token)) => builder.bearer_auth(token.secret.expose_secret()),
            (Auth::OAuth(_), None) => builder,
        };
        builder.build().map_err(|_| {
            Failure::last(
                ErrorKind::Config,
                "the request can not be written; check the connector's secrets for line breaks",
            )
        })
    }

    /// Sends and records.
    async fn exchange(
        &self,
        request: &Request,
        prepared: reqwest::Request,
    ) -> Result<Answer, NoAnswer> {
        let started_at = Timestamp::now();
        let started = Instant::now();
        let max_bytes = self.config.max_response_bytes;
        let result = exchange(&self.http, prepared, request.template(), max_bytes).await;
        calls::record(Call {
            method: request.method().clone(),
            path: request.template(),
            status: match &result {
                Ok(answer) => Some(answer.status),
                Err(error) => error.status(),
            },
            started_at,
            elapsed: started.elapsed(),
        });
        result
    }

    fn unanswered(&self, base: &BaseUrl, error: NoAnswer) -> Failure {
        let message = error.told(base, self.config.timeout);
        match error {
            NoAnswer::Lost(error) => Failure::without_answer(Meaning::MayBeDone, message, error),
            NoAnswer::TooLarge { .. } => Failure::last(ErrorKind::Protocol, message),
            NoAnswer::Unsent(error) => Failure::without_answer(Meaning::NotDone, message, error),
        }
    }

    /// What the answer refuses, if anything.
    fn refusal(&self, request: &Request, answer: &Answer) -> Option<Refusal> {
        if answer.status.is_success() {
            return request.refusal_in(&answer.body);
        }
        if request.allows(answer.status) {
            return None;
        }
        let Answer {
            status,
            headers,
            body,
        } = answer;
        Some((self.config.refusal)(*status, headers, body))
    }

    fn refused(
        &self,
        request: &Request,
        answer: &Answer,
        refusal: Refusal,
        token: Option<&Token>,
    ) -> Failure {
        let Answer {
            status, headers, ..
        } = answer;
        let kind = refusal.kind.unwrap_or_else(|| kind_of(*status, headers));
        let mut message = format!("the CRM answered {status}");
        if !refusal.text.is_empty() {
            message.push_str(": ");
            message.push_str(&refusal.text);
        }
        if let Some(advice) = advice(self.base(token), *status, headers) {
            message.push_str("; ");
            message.push_str(&advice);
        }
        let asked = retry_after(headers).unwrap_or_default();
        let (meaning, wait) = match (kind, token) {
            (ErrorKind::Auth, Some(token)) if *status == StatusCode::UNAUTHORIZED => {
                (Meaning::Expired(token.generation), Duration::ZERO)
            }
            (ErrorKind::RateLimited { retry_after }, _) => {
                let wait = asked.max(retry_after);
                // Whoever hits the same limit next need not ask to learn of it. When the headers name the empty bucket,
                // it is noted already, and may be one that concerns a single record.
                let mut empty = (self.config.readings)(headers);
                empty.retain(|reading| reading.remaining == 0);
                if empty.is_empty() {
                    let bucket = request.limit().unwrap_or(&Bucket::Account);
                    self.limits.pause(bucket, wait);
                    self.limits.tell_of(bucket);
                }
                for reading in &empty {
                    self.limits.tell_of(&reading.bucket);
                }
                (Meaning::NotDone, wait)
            }
            (ErrorKind::Unavailable, _) => (Meaning::NotDone, asked),
            (ErrorKind::Uncertain, _) => (Meaning::MayBeDone, asked),
            _ => (Meaning::Final, Duration::ZERO),
        };
        Failure {
            meaning,
            wait,
            ..Failure::last(kind, message)
        }
    }
}

impl Failure {
    /// A failure of which the CRM has said the last word.
    pub(crate) fn last(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            cause: Cause::Request {
                kind,
                message: message.into(),
                source: None,
            },
            meaning: Meaning::Final,
            wait: Duration::ZERO,
        }
    }

    fn without_answer(meaning: Meaning, message: String, error: reqwest::Error) -> Self {
        let kind = match meaning {
            Meaning::MayBeDone => ErrorKind::Uncertain,
            _ => ErrorKind::Unavailable,
        };
        Self {
            cause: Cause::Request {
                kind,
                message,
                source: Some(error.into()),
            },
            meaning,
            wait: Duration::ZERO,
        }
    }

    fn unprepared(error: Error) -> Self {
        let (meaning, wait) = match error.kind() {
            ErrorKind::RateLimited { retry_after } => (Meaning::NotDone, retry_after),
            ErrorKind::Unavailable => (Meaning::NotDone, Duration::ZERO),
            _ => (Meaning::Final, Duration::ZERO),
        };
        Self {
            cause: Cause::Preparation(error),
            meaning,
            wait,
        }
    }
}

/// What to mend, for an answer from `base`.
fn advice(base: &BaseUrl, status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if status.is_redirection() {
        // The path and query of the target are not told: they may carry anything.
        let target = headers
            .get(LOCATION)
            .and_then(|location| base.root().join(location.to_str().ok()?).ok())
            .map_or("elsewhere".to_owned(), |url| {
                format!("to {}", url.origin().ascii_serialization())
            });
        return Some(format!(
            "a redirect {target}, which is not followed: set the account's own host name"
        ));
    }
    match status {
        StatusCode::UNAUTHORIZED => {
            Some("check the connector's credentials in the config".to_owned())
        }
        StatusCode::FORBIDDEN => {
            Some("give the connector's user the permission for this".to_owned())
        }
        _ => None,
    }
}

/// The meaning of a status, as in the table of [`Refusal::by_status`](crate::Refusal::by_status).
fn kind_of(status: StatusCode, headers: &HeaderMap) -> ErrorKind {
    let retry_after = retry_after(headers);
    match status.as_u16() {
        300..=399 => ErrorKind::Config,
        401 | 403 => ErrorKind::Auth,
        404 | 410 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited {
            retry_after: retry_after.unwrap_or_default(),
        },
        // Maintenance, with the time when it ends: everybody waits for that.
        503 if let Some(retry_after) = retry_after => ErrorKind::RateLimited { retry_after },
        408 | 500..=599 => ErrorKind::Uncertain,
        _ => ErrorKind::Rejected,
    }
}
