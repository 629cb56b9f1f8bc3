//! The CRM's token endpoint: one request, in the encoding the vendor reads.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use casewire_core::{Error, ErrorKind, Result};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, Client, ClientId, ClientSecret, ExtraTokenFields, HttpRequest,
    HttpResponse, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::assertion::{self, Claims};
use crate::exchange::{NoAnswer, exchange};
use crate::refusal::retry_after;
use crate::{BaseUrl, ClientConfig, Grant, OAuth, TokenEncoding, TokenRefusal};

/// A token endpoint's answers are short.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// An answer with an access token.
pub(crate) type TokenAnswer = StandardTokenResponse<VendorFields, BasicTokenType>;

/// What an answer with an access token has beyond RFC 6749.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct VendorFields {
    /// The origin that takes the token; Salesforce names it.
    pub(crate) instance_url: Option<String>,
}

impl ExtraTokenFields for VendorFields {}

type TokenClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

type Refused = RequestTokenError<Error, BasicErrorResponse>;

pub(crate) struct TokenEndpoint {
    pub(crate) oauth: OAuth,
    base: BaseUrl,
    url: Url,
    http: reqwest::Client,
    timeout: Duration,
}

impl TokenEndpoint {
    pub(crate) fn new(oauth: &OAuth, config: &ClientConfig, http: reqwest::Client) -> Result<Self> {
        if let Grant::JwtBearer { private_key, .. } = &oauth.grant {
            // A broken key is told before the CRM is asked.
            assertion::signer(private_key)?;
        }
        Ok(Self {
            oauth: oauth.clone(),
            base: config.base.clone(),
            url: config.base.join(oauth.token_path)?,
            http,
            timeout: config.timeout,
        })
    }

    /// Asks for an access token once.
    pub(crate) async fn ask(&self) -> Result<TokenAnswer> {
        let client = TokenClient::new(ClientId::new(self.oauth.client_id.clone()))
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
            Grant::JwtBearer {
                private_key,
                subject,
                audience,
            } => {
                let claims = Claims::new(&self.oauth.client_id, subject, audience);
                let assertion = claims.sign(&*assertion::signer(private_key)?)?;
                self.exchange_assertion(&assertion).await
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

    /// Asks in exchange for `assertion`.
    async fn exchange_assertion(
        &self,
        assertion: &str,
    ) -> std::result::Result<TokenAnswer, Refused> {
        let request = self.assertion_request(assertion);
        let answer = self.post(request).await.map_err(Refused::Request)?;
        if answer.status() == StatusCode::OK {
            return serde_json::from_slice(answer.body())
                .map_err(|_| Refused::Request(unreadable()));
        }
        Err(match serde_json::from_slice(answer.body()) {
            Ok(refusal) => Refused::ServerResponse(refusal),
            Err(_) => Refused::Request(unreadable()),
        })
    }

    /// The request of RFC 7523, which the `oauth2` crate does not write.
    fn assertion_request(&self, assertion: &str) -> HttpRequest {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", JWT_BEARER)
            .append_pair("assertion", assertion);
        if !self.oauth.scopes.is_empty() {
            form.append_pair("scope", &self.oauth.scopes.join(" "));
        }
        let mut request = HttpRequest::new(form.finish().into_bytes());
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        request
    }

    /// Sends a token request, a form, in the encoding the vendor reads.
    async fn post(&self, request: HttpRequest) -> Result<HttpResponse> {
        let (mut parts, mut body) = request.into_parts();
        if self.oauth.encoding == TokenEncoding::Json {
            // The fields are the same.
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

    fn explain(&self, error: Refused) -> Error {
        let answer = match error {
            Refused::Request(error) => return error,
            Refused::ServerResponse(answer) => answer,
            // These may quote the answer, and with it a token.
            Refused::Parse(..) | Refused::Other(_) => return unreadable(),
        };
        let refusal = TokenRefusal {
            code: answer.error().as_ref(),
            description: answer.error_description().map(String::as_str),
        };
        let (kind, advice) = (self.oauth.refusal)(&refusal)
            .unwrap_or_else(|| (ErrorKind::Auth, self.advice(answer.error())));
        Error::new(
            kind,
            format!(
                "the CRM gives no access token ({}): {advice}",
                code(answer.error())
            ),
        )
    }

    /// What to mend when the vendor has nothing to add to the code.
    fn advice(&self, error: &BasicErrorResponseType) -> &'static str {
        match error {
            BasicErrorResponseType::InvalidClient => match self.oauth.grant {
                Grant::ClientCredentials { .. } | Grant::RefreshToken { .. } => {
                    "check `client_id` and `client_secret` in `auth`"
                }
                Grant::JwtBearer { .. } => "check `client_id` and the private key in `auth`",
            },
            BasicErrorResponseType::InvalidGrant => match self.oauth.grant {
                Grant::ClientCredentials { .. } => {
                    "check `client_id` in `auth`, and that the CRM lets this client act on its own"
                }
                Grant::JwtBearer { .. } => {
                    "check `client_id`, the user and the private key in `auth`, that the CRM lets this client act for the user, and this machine's clock"
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
        }
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
