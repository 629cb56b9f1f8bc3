//! The CRM's token endpoint: one request, in the encoding the vendor reads.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, Scope, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use crate::exchange::{NoAnswer, exchange};
use crate::refusal::retry_after;
use crate::{BaseUrl, Grant, OAuth, TokenEncoding};

/// A token endpoint's answers are short.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

pub(crate) struct TokenEndpoint {
    pub(crate) oauth: OAuth,
    pub(crate) base: BaseUrl,
    pub(crate) url: Url,
    pub(crate) http: reqwest::Client,
    pub(crate) timeout: Duration,
}

impl TokenEndpoint {
    /// Asks for an access token once.
    pub(crate) async fn ask(&self) -> Result<BasicTokenResponse> {
        let client = BasicClient::new(ClientId::new(self.oauth.client_id.clone()))
            .set_token_uri(TokenUrl::from_url(self.url.clone()))
            .set_auth_type(AuthType::RequestBody);
        let scopes = self.oauth.scopes.iter().cloned().map(Scope::new);
        let answer = match &self.oauth.grant {
            Grant::ClientCredentials { client_secret } => {
                client
                    .set_client_secret(exposed(client_secret))
                    .exchange_client_credentials()
                    .add_scopes(scopes)
                    .request_async(self)
                    .await
            }
            Grant::RefreshToken {
                client_secret,
                store,
            } => {
                // Read each time: another process may have signed in or refreshed since.
                let Some(refresh) = store.load().await? else {
                    return Err(Error::new(
                        ErrorKind::Auth,
                        "there is no refresh token yet; put one where `auth` says it is kept",
                    ));
                };
                let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
                let client = match client_secret {
                    Some(secret) => client.set_client_secret(exposed(secret)),
                    None => client,
                };
                client
                    .exchange_refresh_token(&refresh)
                    .add_scopes(scopes)
                    .request_async(self)
                    .await
            }
        };
        answer.map_err(|error| {
            self.explain(error)
                .context(format_args!("POST {}", self.url))
        })
    }

    /// Sends what the `oauth2` crate wrote, in the encoding the vendor reads.
    async fn post(&self, request: HttpRequest) -> Result<HttpResponse> {
        let (mut parts, mut body) = request.into_parts();
        if self.oauth.encoding == TokenEncoding::Json {
            // The crate only writes forms. The fields are the same.
            let fields: BTreeMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
            body = serde_json::to_vec(&fields).map_err(|_| unreadable())?;
            parts
                .headers
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = self
            .http
            .post(self.url.clone())
            .headers(parts.headers)
            .body(body)
            .build()
            .map_err(|_| Error::new(ErrorKind::Config, "the token request can not be written"))?;
        let answer = exchange(&self.http, request, self.oauth.token_path, MAX_ANSWER_BYTES)
            .await
            .map_err(|error| {
                let message = error.told(&self.base, self.timeout);
                match error {
                    NoAnswer::Lost(error) | NoAnswer::Unsent(error) => {
                        Error::new(ErrorKind::Unavailable, message).with_source(error)
                    }
                    NoAnswer::TooLarge { .. } => Error::new(ErrorKind::Protocol, message),
                }
            })?;
        let status = answer.status;
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(&answer.headers).unwrap_or_default();
            return Err(Error::new(
                ErrorKind::RateLimited { retry_after },
                "the CRM gives no access token for now: too many requests",
            ));
        }
        if status.is_server_error() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("the CRM answered {status}"),
            ));
        }
        let is_readable = status.is_success()
            || serde_json::from_slice::<BasicErrorResponse>(&answer.body).is_ok();
        if !is_readable {
            return Err(Error::new(
                ErrorKind::Auth,
                format!(
                    "the CRM answered {status}; check the account's name and `client_id` in `auth`"
                ),
            ));
        }
        let mut response = HttpResponse::new(answer.body);
        // The crate takes 200 alone for a success; Zendesk says 201.
        *response.status_mut() = if status.is_success() {
            StatusCode::OK
        } else {
            status
        };
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    fn explain(&self, error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
        let answer = match error {
            RequestTokenError::Request(error) => return error,
            RequestTokenError::ServerResponse(answer) => answer,
            // These may quote the answer, and with it a token.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => return unreadable(),
        };
        let advice = match answer.error() {
            BasicErrorResponseType::InvalidClient => {
                "check `client_id` and `client_secret` in `auth`"
            }
            BasicErrorResponseType::InvalidGrant => match self.oauth.grant {
                Grant::ClientCredentials { .. } => {
                    "check `client_id` in `auth`, and that the CRM lets this client act on its own"
                }
                Grant::RefreshToken { .. } => {
                    "the refresh token is used up or revoked; put a new one where `auth` says it is kept"
                }
            },
            BasicErrorResponseType::InvalidScope => {
                "allow the scopes asked for in the CRM's settings of the client in `client_id`"
            }
            BasicErrorResponseType::UnauthorizedClient
            | BasicErrorResponseType::UnsupportedGrantType => {
                "allow this flow in the CRM's settings of the client in `client_id`, or choose another `type` in `auth`"
            }
            BasicErrorResponseType::InvalidRequest | BasicErrorResponseType::Extension(_) => {
                "check `auth`"
            }
        };
        Error::new(
            ErrorKind::Auth,
            format!(
                "the CRM gives no access token ({}): {advice}",
                code(answer.error())
            ),
        )
    }
}

/// The `oauth2` crate's HTTP client is ours.
impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.post(request))
    }
}

/// The error's code, if it looks like one. Its description is the CRM's free text and is left out.
fn code(error: &BasicErrorResponseType) -> &str {
    let code = error.as_ref();
    let is_plain = code.len() <= 40
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_plain {
        code
    } else {
        "an error of its own"
    }
}

fn exposed(secret: &SecretString) -> ClientSecret {
    ClientSecret::new(secret.expose_secret().to_owned())
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Protocol,
        "the answer can not be read as an access token",
    )
}
