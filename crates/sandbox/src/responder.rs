use std::panic;

use wiremock::{Respond, ResponseTemplate};

use crate::answer::Delivery;
use crate::request::Request;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// The fake as a responder of a wiremock server; mount it for any request.
    pub fn responder(&self) -> impl Respond + use<> {
        Responder(self.clone())
    }
}

struct Responder(Sandbox);

impl Respond for Responder {
    fn respond(&self, received: &wiremock::Request) -> ResponseTemplate {
        let answer = self.0.handle(&Request {
            method: received.method.clone(),
            path: received.url.path().to_owned(),
            query: received.url.query().unwrap_or_default().to_owned(),
            headers: received.headers.clone(),
            body: received.body.clone(),
        });
        if answer.delivery == Delivery::Dropped {
            // wiremock can only answer. Unwinding ends the task that serves this connection, which
            // closes it without a byte; unlike `panic!` it prints nothing. No lock is held here.
            panic::resume_unwind(Box::new("the sandbox dropped the connection"));
        }
        let mut template = ResponseTemplate::new(answer.status).set_delay(answer.delay);
        for (name, value) in &answer.headers {
            template = template.insert_header(name, value);
        }
        let content_type = answer
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        match content_type {
            Some(content_type) => template.set_body_raw(answer.body, content_type),
            None => template,
        }
    }
}
