//! The client: one origin, one set of credentials, one way to send.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;

use crate::limits::Limits;
use crate::retry;
use crate::token::TokenSource;
use crate::token_endpoint::TokenEndpoint;
use crate::{Auth, BaseUrl, Reading, Refusal, Request, Response, RetryPolicy};

/// Connecting takes this long at most: a connection that fails was surely not used.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a [`Client`] is built from.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The origin that is talked to, unless [`OAuth`](crate::OAuth) leads to another of the same vendor.
    pub base: BaseUrl,
    /// The credentials.
    pub auth: Auth,
    /// The `User-Agent` header. Default `casewire/<version>`.
    pub user_agent: String,
    /// How long one try may take, from connecting to the last byte read. Default 30 s.
    pub timeout: Duration,
    /// The largest answer that is read. Default 8 MiB.
    pub max_response_bytes: usize,
    /// How often and how long a request is tried.
    pub retry: RetryPolicy,
    /// What an answer's headers say about the vendor's limits. Default: nothing.
    pub readings: fn(&HeaderMap) -> Vec<Reading>,
    /// What an answer that is not a success means. Default: [`Refusal::by_status`].
    pub refusal: fn(StatusCode, &HeaderMap, &[u8]) -> Refusal,
}

impl ClientConfig {
    /// A configuration with the defaults.
    pub fn new(base: BaseUrl, auth: Auth) -> Self {
        Self {
            base,
            auth,
            user_agent: concat!("casewire/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeout: Duration::from_secs(30),
            max_response_bytes: 8 * 1024 * 1024,
            retry: RetryPolicy::default(),
            readings: |_| Vec::new(),
            refusal: Refusal::by_status,
        }
    }
}

/// Talks to one CRM account. Clones share connections, access token and limits.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: ClientConfig,
    pub(crate) http: reqwest::Client,
    pub(crate) tokens: Option<TokenSource>,
    pub(crate) limits: Limits,
}

impl Client {
    /// A client of `config`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when TLS can not be set up, a setting can not be sent, a key can not be read, or the token
    /// endpoint is not of the same vendor.
    pub fn new(config: ClientConfig) -> Result<Self> {
        let http = http_client(&config)?;
        let tokens = match &config.auth {
            Auth::OAuth(oauth) => {
                let endpoint = TokenEndpoint::new(oauth, &config, http.clone())?;
                Some(TokenSource::new(endpoint, config.base.clone()))
            }
            Auth::Basic { .. } | Auth::Bearer(_) => None,
        };
        Ok(Self(Arc::new(Inner {
            config,
            http,
            tokens,
            limits: Limits::default(),
        })))
    }

    /// Sends `request` and reads the answer, repeating tries as the request's [`Repeat`](crate::Repeat) allows.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`], with its promise kept: [`ErrorKind::Uncertain`], whatever the last try said, once a try of
    /// a write may have been done. All others say that nothing was written, [`ErrorKind::Protocol`] apart.
    pub async fn send(&self, request: Request) -> Result<Response> {
        retry::send(&self.0, &request).await
    }

    /// The scopes of the access token, which is asked for if there is none yet; an answer that names none grants what
    /// was asked. None when the credentials are not OAuth.
    ///
    /// # Errors
    ///
    /// Those of asking for a token, which is tried once.
    pub async fn granted_scopes(&self) -> Result<Option<BTreeSet<String>>> {
        match &self.0.tokens {
            Some(tokens) => Ok(Some(tokens.token(None).await?.scopes)),
            None => Ok(None),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.config).finish()
    }
}

fn http_client(config: &ClientConfig) -> Result<reqwest::Client> {
    // reqwest takes the process's provider. An error says that the process has chosen one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // reqwest's own repeats stay on: they cover only what the CRM says (HTTP/2 GOAWAY, REFUSED_STREAM) it never began.
    let mut builder = reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .timeout(config.timeout)
        .connect_timeout(config.timeout.min(CONNECT_TIMEOUT))
        .redirect(Policy::none())
        .referer(false);
    if config.base.is_loopback() {
        // Plain http must not leave the machine by way of a proxy.
        builder = builder.no_proxy();
    } else {
        builder = builder.https_only(true);
    }
    builder.build().map_err(|error| {
        Error::new(
            ErrorKind::Config,
            "the HTTP client can not be set up; check the system's certificates and `user_agent`",
        )
        .with_source(error)
    })
}
