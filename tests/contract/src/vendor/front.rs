//! What stands before the fake: failures that are HTTP's rather than the CRM's.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::json;
use wiremock::{Request, Respond, ResponseTemplate};

use super::Often;

/// Where access tokens are given. What goes wrong with those is no scenario's matter.
const TOKEN_ROUTES: [&str; 2] = ["/oauth/", "/services/oauth2/"];

/// Whether access tokens are given at `path`.
pub(super) fn gives_tokens(path: &str) -> bool {
    TOKEN_ROUTES.iter().any(|route| path.starts_with(route))
}

/// Passes requests on to the fake, unless told otherwise.
#[derive(Clone, Default)]
pub(super) struct Front(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    broken: Option<Often>,
    failing: Option<Often>,
    failing_writes: Option<Often>,
    /// So many requests pass before credentials are refused.
    refusing_after: Option<usize>,
    authorizations: BTreeSet<String>,
}

impl Front {
    /// Answers are cut short.
    pub(super) fn breaks(&self, often: Often) {
        self.0.lock().unwrap().broken = Some(often);
    }

    /// Answers are 500.
    pub(super) fn fails(&self, often: Often) {
        self.0.lock().unwrap().failing = Some(often);
    }

    /// Answers to all but `GET` are 500.
    pub(super) fn fails_writes(&self, often: Often) {
        self.0.lock().unwrap().failing_writes = Some(often);
    }

    /// After so many requests answers are 401.
    pub(super) fn refuses_after(&self, requests: usize) {
        self.0.lock().unwrap().refusing_after = Some(requests);
    }

    pub(super) fn calm(&self) {
        let mut state = self.0.lock().unwrap();
        state.broken = None;
        state.failing = None;
        state.failing_writes = None;
        state.refusing_after = None;
    }

    /// The values of all `authorization` headers so far, without their scheme.
    pub(super) fn credentials(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        state.authorizations.iter().cloned().collect()
    }

    pub(super) fn before(&self, fake: impl Respond + 'static) -> impl Respond + 'static {
        Responder {
            front: self.clone(),
            fake,
        }
    }
}

struct Responder<F> {
    front: Front,
    fake: F,
}

impl<F: Respond> Respond for Responder<F> {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        // The fake may end this task to drop the connection, so the lock must be gone by then.
        let answer = self.front.0.lock().unwrap().answer(request);
        answer.unwrap_or_else(|| self.fake.respond(request))
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Option<ResponseTemplate> {
        let authorization = request.headers.get("authorization");
        let credentials = authorization.and_then(|value| value.to_str().ok()?.split_once(' '));
        if let Some((_, credentials)) = credentials {
            self.authorizations.insert(credentials.to_owned());
        }
        if gives_tokens(request.url.path()) {
            return None;
        }
        match &mut self.refusing_after {
            Some(0) => return Some(ResponseTemplate::new(401).set_body_json(json!({}))),
            Some(requests) => *requests -= 1,
            None => {}
        }
        let is_read = request.method.as_str() == "GET";
        if happens(&mut self.failing) || (!is_read && happens(&mut self.failing_writes)) {
            return Some(ResponseTemplate::new(500));
        }
        happens(&mut self.broken)
            .then(|| ResponseTemplate::new(200).set_body_raw(r#"{"id":"#, "application/json"))
    }
}

fn happens(fault: &mut Option<Often>) -> bool {
    let happens = fault.is_some();
    *fault = fault.filter(|often| *often == Often::Always);
    happens
}
