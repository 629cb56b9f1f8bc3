//! Access tokens: asked for once for all callers, renewed before they end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use oauth2::TokenResponse;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::Instrument;

use crate::token_endpoint::{TokenAnswer, TokenEndpoint};
use crate::{BaseUrl, Grant};

/// A token is renewed this long before it ends, or a fifth of its life when that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// Gives the current access token.
#[derive(Clone)]
pub(crate) struct TokenSource(Arc<Source>);

struct Source {
    endpoint: TokenEndpoint,
    /// Where requests go, unless the answer with a token says otherwise.
    base: BaseUrl,
    state: Mutex<State>,
    /// How many renewals have ended, well or not.
    renewals: AtomicU64,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    /// A token whose refresh token is not saved yet: it must not be used, and must not be lost either.
    unsaved: Option<(SecretString, Result<Token>)>,
    generation: u64,
    /// Why the last renewal failed, for the callers that waited for it.
    failure: Option<(ErrorKind, String)>,
}

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// Where the token is shown, and nowhere else.
    pub(crate) base: BaseUrl,
    /// Counts the tokens of a source, so that each is renewed once, however many callers it failed.
    pub(crate) generation: u64,
    pub(crate) scopes: BTreeSet<String>,
    stale_at: Option<Instant>,
}

impl TokenSource {
    pub(crate) fn new(endpoint: TokenEndpoint, base: BaseUrl) -> Self {
        Self(Arc::new(Source {
            endpoint,
            base,
            state: Mutex::default(),
            renewals: AtomicU64::new(0),
        }))
    }

    /// The current token, or a new one when it is about to end or its generation is not after `rejected`.
    pub(crate) async fn token(&self, rejected: Option<u64>) -> Result<Token> {
        let renewals = self.0.renewals.load(Ordering::SeqCst);
        if let Some(token) = self.0.state.lock().await.usable(rejected) {
            return Ok(token);
        }
        let source = Arc::clone(&self.0);
        // In a task of its own: a caller that gives up meanwhile must not take a rotated refresh token along.
        tokio::spawn(async move { source.renew(rejected, renewals).await }.in_current_span())
            .await
            .map_err(|error| {
                Error::new(
                    ErrorKind::Unavailable,
                    "asking for an access token was cut short",
                )
                .with_source(error)
            })?
    }
}

impl State {
    fn usable(&self, rejected: Option<u64>) -> Option<Token> {
        self.current.clone().filter(|token| {
            rejected.is_none_or(|rejected| token.generation > rejected)
                && token
                    .stale_at
                    .is_none_or(|stale_at| Instant::now() < stale_at)
        })
    }
}

impl Source {
    /// Renews the token, unless another caller has done so, or failed to, since `renewals` were counted.
    async fn renew(&self, rejected: Option<u64>, renewals: u64) -> Result<Token> {
        let mut state = self.state.lock().await;
        if let Some(token) = state.usable(rejected) {
            return Ok(token);
        }
        if self.renewals.load(Ordering::SeqCst) != renewals
            && let Some((kind, message)) = &state.failure
        {
            return Err(Error::new(*kind, message.as_str()));
        }
        let result = self.renew_alone(&mut state).await;
        state.failure = result
            .as_ref()
            .err()
            .map(|error| (error.kind(), error.message().to_owned()));
        self.renewals.fetch_add(1, Ordering::SeqCst);
        result
    }

    async fn renew_alone(&self, state: &mut State) -> Result<Token> {
        let (refresh, token) = match state.unsaved.take() {
            Some((refresh, token)) => (Some(refresh), token),
            None => {
                let answer = self.endpoint.ask().await?;
                state.generation += 1;
                let refresh = answer
                    .refresh_token()
                    .map(|token| SecretString::from(token.secret().as_str()));
                (refresh, self.token_of(&answer, state.generation))
            }
        };
        if let (Some(refresh), Grant::RefreshToken { store, .. }) =
            (refresh, &self.endpoint.oauth.grant)
            && let Err(error) = store.save(&refresh).await
        {
            state.unsaved = Some((refresh, token));
            return Err(error.context(
                "the CRM replaced the refresh token, and the access token that came with it waits until the new one is kept",
            ));
        }
        let token = token?;
        state.current = Some(token.clone());
        Ok(token)
    }

    fn token_of(&self, answer: &TokenAnswer, generation: u64) -> Result<Token> {
        let base = match &answer.extra_fields().instance_url {
            Some(url) => self.base.sibling(url).ok_or_else(|| self.untrusted())?,
            None => self.base.clone(),
        };
        let scopes = match answer.scopes() {
            Some(scopes) => scopes.iter().map(|scope| scope.to_string()).collect(),
            // No scope in the answer means the one asked for (RFC 6749 section 5.1).
            None => self.endpoint.oauth.scopes.iter().cloned().collect(),
        };
        Ok(Token {
            secret: SecretString::from(answer.access_token().secret().as_str()),
            base,
            generation,
            scopes,
            stale_at: answer
                .expires_in()
                .and_then(|life| Instant::now().checked_add(life - MARGIN.min(life / 5))),
        })
    }

    fn untrusted(&self) -> Error {
        // What the CRM named is not told: it may be anything.
        Error::new(
            ErrorKind::Config,
            format!(
                "the `instance_url` that came with the access token is not of the same vendor as {}, so the token is not used; \
                 check the account's host name and that of the login",
                self.base
            ),
        )
    }
}
