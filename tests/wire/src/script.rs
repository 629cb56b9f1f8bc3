//! A Zendesk that plays a script: the n-th request gets the n-th answer.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use casewire_http::{RetryPolicy, SecretSource};
use casewire_zendesk::{Fields, Statuses, Zendesk, ZendeskAuth, ZendeskConfig};
use serde_json::Value;
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::golden;

/// Secrets, and what stands for them in files.
pub(crate) const SECRETS: [(&str, &str); 5] = [
    ("access-token-1", "[access token]"),
    ("client-secret-1", "[client secret]"),
    ("refresh-token-1", "[refresh token]"),
    // `ana@example.com/token:api-token-1`
    (
        "YW5hQGV4YW1wbGUuY29tL3Rva2VuOmFwaS10b2tlbi0x",
        "[address and API token]",
    ),
    ("api-token-1", "[API token]"),
];

/// The custom fields' ids in the documented answers.
pub(crate) const FIELDS: Fields = Fields {
    leaf_queue: 360_000_071,
    sessions: 360_000_072,
};

/// One request and its answer.
pub(crate) struct Exchange {
    request: &'static str,
    answer: ResponseTemplate,
}

/// The request and the answer of one name.
pub(crate) fn exchange(operation: &'static str) -> Exchange {
    answered(operation, golden::answer(operation))
}

/// The request of one name and another answer.
pub(crate) fn answered(request: &'static str, answer: ResponseTemplate) -> Exchange {
    Exchange { request, answer }
}

/// An answer that is not documented as a file.
pub(crate) fn json(status: u16, body: impl Into<Value>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body.into())
}

pub(crate) struct Script {
    server: MockServer,
    requests: Vec<&'static str>,
    secret: NamedTempFile,
}

struct Player {
    next: AtomicUsize,
    answers: Vec<ResponseTemplate>,
}

impl Respond for Player {
    fn respond(&self, _request: &Request) -> ResponseTemplate {
        let next = self.next.fetch_add(1, Ordering::SeqCst);
        let over = || ResponseTemplate::new(500).set_body_string("the script is over");
        self.answers.get(next).cloned().unwrap_or_else(over)
    }
}

impl Script {
    /// A server that plays `exchanges`, after the one for an access token.
    pub(crate) async fn of<const N: usize>(exchanges: [Exchange; N]) -> Self {
        let mut all = vec![exchange("oauth_token")];
        all.extend(exchanges);
        Self::without_token(all).await
    }

    pub(crate) async fn without_token(exchanges: Vec<Exchange>) -> Self {
        let (requests, answers) = exchanges
            .into_iter()
            .map(|exchange| (exchange.request, exchange.answer))
            .unzip();
        let player = Player {
            next: AtomicUsize::new(0),
            answers,
        };
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(player).mount(&server).await;
        Self {
            server,
            requests,
            secret: NamedTempFile::new().unwrap(),
        }
    }

    /// A config for the server whose secret is `secret`.
    pub(crate) fn config(&self, secret: &str) -> ZendeskConfig {
        let mut file = self.secret.reopen().unwrap();
        file.write_all(secret.as_bytes()).unwrap();
        ZendeskConfig {
            subdomain: "acme".to_owned(),
            auth: ZendeskAuth::OauthClientCredentials {
                client_id: "casewire".to_owned(),
                client_secret: self.secret_source(),
            },
            base_url: Some(self.server.uri()),
            default_user: None,
            statuses: Statuses::default(),
            fields: Some(FIELDS),
            reopen_custom_status_id: None,
            retry: RetryPolicy {
                tries: 1,
                first_delay: Duration::from_millis(1),
                max_delay: Duration::from_millis(1),
                wait_budget: Duration::ZERO,
            },
        }
    }

    /// The file that [`Script::config`] wrote the secret to.
    pub(crate) fn secret_source(&self) -> SecretSource {
        SecretSource::File {
            file: self.secret.path().to_owned(),
        }
    }

    pub(crate) fn secret_file(&self) -> std::path::PathBuf {
        self.secret.path().to_owned()
    }

    pub(crate) fn connector(&self) -> Zendesk {
        Zendesk::new(self.config("client-secret-1")).unwrap()
    }

    /// The body of the request at `place`, counted from 0.
    pub(crate) async fn sent_body(&self, place: usize) -> Value {
        let sent = self.server.received_requests().await.unwrap();
        sent[place].body_json().unwrap()
    }

    /// Fails unless exactly the script's requests were sent, each as its file says.
    pub(crate) async fn assert_played(&self) {
        let sent = self.server.received_requests().await.unwrap();
        let paths: Vec<_> = sent
            .iter()
            .map(|request| format!("{} {}", request.method, request.url.path()))
            .collect();
        assert_eq!(sent.len(), self.requests.len(), "sent: {paths:#?}");
        for (operation, request) in self.requests.iter().zip(&sent) {
            golden::assert_request(operation, request);
        }
    }
}
