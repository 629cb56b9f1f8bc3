//! A CRM that plays a script: the n-th request gets the n-th answer.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use casewire_http::{RetryPolicy, SecretSource};
use serde_json::Value;
use tempfile::NamedTempFile;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::golden::Golden;

/// One request and its answer.
pub(crate) struct Exchange {
    request: &'static str,
    answer: ResponseTemplate,
}

/// The request of one name and an answer.
pub(crate) fn answered(request: &'static str, answer: ResponseTemplate) -> Exchange {
    Exchange { request, answer }
}

/// An answer that is not documented as a file.
pub(crate) fn json(status: u16, body: impl Into<Value>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body.into())
}

/// What a script's connector does about failures: nothing.
pub(crate) fn one_try() -> RetryPolicy {
    RetryPolicy {
        tries: 1,
        first_delay: Duration::from_millis(1),
        max_delay: Duration::from_millis(1),
        wait_budget: Duration::ZERO,
    }
}

pub(crate) struct Script {
    golden: &'static Golden,
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
    /// A server that plays the exchanges that `write` gives, for the server's address. Their requests are in the files
    /// of `golden`.
    pub(crate) async fn of(
        golden: &'static Golden,
        write: impl FnOnce(&str) -> Vec<Exchange>,
    ) -> Self {
        let server = MockServer::start().await;
        let (requests, answers) = write(&server.uri())
            .into_iter()
            .map(|exchange| (exchange.request, exchange.answer))
            .unzip();
        let player = Player {
            next: AtomicUsize::new(0),
            answers,
        };
        Mock::given(any()).respond_with(player).mount(&server).await;
        Self {
            golden,
            server,
            requests,
            secret: NamedTempFile::new().unwrap(),
        }
    }

    pub(crate) fn uri(&self) -> String {
        self.server.uri()
    }

    /// A file with `secret`.
    pub(crate) fn secret(&self, secret: &str) -> SecretSource {
        std::fs::write(self.secret_file(), secret).unwrap();
        SecretSource::File {
            file: self.secret_file(),
        }
    }

    /// The file that [`Script::secret`] writes to.
    pub(crate) fn secret_file(&self) -> PathBuf {
        self.secret.path().to_owned()
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
            self.golden.assert_request(operation, request);
        }
    }
}
