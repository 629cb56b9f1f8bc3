//! One request out, one answer in.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::BaseUrl;

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// It was sent, as far as is known, and the answer did not come whole.
    Lost(reqwest::Error),
    /// The answer is longer than is read.
    TooLarge {
        max_bytes: usize,
        status: StatusCode,
    },
    /// It never left: there was no connection.
    Unsent(reqwest::Error),
}

impl NoAnswer {
    /// The status, where one came.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Lost(_) | Self::Unsent(_) => None,
            Self::TooLarge { status, .. } => Some(*status),
        }
    }

    /// What happened on the way to `base`, and how to mend it.
    pub(crate) fn told(&self, base: &BaseUrl, timeout: Duration) -> String {
        match self {
            Self::Lost(error) if error.is_timeout() => {
                format!("no answer from {base} within {timeout:?}")
            }
            Self::Lost(_) => format!("the connection to {base} was lost before the answer came"),
            Self::TooLarge { max_bytes, .. } => {
                format!("the answer is longer than {max_bytes} bytes")
            }
            Self::Unsent(error) => {
                let class = class_of(error);
                format!("no connection to {base} ({class}); {}", base.advice())
            }
        }
    }
}

/// Sends `request` once and reads at most `max_bytes` of its answer's body. `path` stands for the URL in the log.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    path: &'static str,
    max_bytes: usize,
) -> Result<Answer, NoAnswer> {
    let method = request.method().clone();
    let started = Instant::now();
    let result = answer_to(http, request, max_bytes).await;
    let (status, request_id) = match &result {
        Ok(answer) => (Some(answer.status), request_id(&answer.headers)),
        Err(error) => (error.status(), None),
    };
    tracing::debug!(
        %method,
        path,
        status = status.map(|status| status.as_u16()),
        millis = started.elapsed().as_millis(),
        request_id,
        "called the CRM"
    );
    result
}

async fn answer_to(
    http: &reqwest::Client,
    request: reqwest::Request,
    max_bytes: usize,
) -> Result<Answer, NoAnswer> {
    // The URL may hold customer data in its query.
    let mut response = http.execute(request).await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            NoAnswer::Unsent(error.without_url())
        } else {
            NoAnswer::Lost(error.without_url())
        }
    })?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| NoAnswer::Lost(error.without_url()))?
    {
        if body.len() + chunk.len() > max_bytes {
            return Err(NoAnswer::TooLarge { max_bytes, status });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

/// Why there was no connection, in words.
fn class_of(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        return "name not found";
    }
    if error.is_timeout() {
        return "timed out";
    }
    let chain = || successors(error.source(), |&error| error.source());
    if chain().any(is_of_tls) {
        return "TLS failed";
    }
    let kind = chain().find_map(|error| Some(error.downcast_ref::<io::Error>()?.kind()));
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "network not reachable"
        }
        _ => "cut off",
    }
}

/// Whether the error is rustls's, which comes inside of I/O errors.
fn is_of_tls(error: &(dyn StdError + 'static)) -> bool {
    let inner = || error.downcast_ref::<io::Error>()?.get_ref();
    error.is::<rustls::Error>() || inner().is_some_and(|inner| is_of_tls(inner))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reqwest::dns::{Name, Resolve, Resolving};

    use super::*;

    struct NoNames;

    impl Resolve for NoNames {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(std::future::ready(Err("no such name".into())))
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_told() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(NoNames))
            .no_proxy()
            .build()
            .unwrap();
        let base = BaseUrl::vendor("acme.example.com", "example.com").unwrap();
        let request = http.get(base.root().clone()).build().unwrap();
        let Err(error) = exchange(&http, request, "/", 100).await else {
            panic!("there is no such name");
        };
        assert_eq!(
            error.told(&base, Duration::ZERO),
            "no connection to https://acme.example.com (name not found); check the account's name in the config \
             (such as `subdomain`), and the network"
        );
    }
}
