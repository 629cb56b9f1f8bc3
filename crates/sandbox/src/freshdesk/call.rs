use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::problem::{FieldProblem, Problem};
use super::route::Route;
use crate::answer::Answer;
use crate::request::Request;

/// The largest page, and the size of one when none is asked for.
const MAX_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 30;

/// One request on its way through the fake, and what is left of its query.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) route: &'static Route,
    pub(super) now: Timestamp,
    query: Vec<(String, String)>,
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) number: usize,
    size: usize,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a Request, route: &'static Route, now: Timestamp) -> Self {
        Self {
            request,
            route,
            now,
            query: request.query_pairs(),
        }
    }

    /// The `{id}` of the path.
    pub(super) fn id(&self) -> Result<u64, Problem> {
        self.route.id(self.request)
    }

    /// Takes a query parameter; of several with one name the last counts.
    pub(super) fn parameter(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.query.retain_mut(|(key, value)| {
            if key == name {
                found = Some(std::mem::take(value));
            }
            key != name
        });
        found
    }

    /// Takes a query parameter with one of these values.
    pub(super) fn choice(
        &mut self,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(sent) = self.parameter(name) else {
            return Ok(None);
        };
        match words.iter().find(|word| **word == sent) {
            Some(word) => Ok(Some(word)),
            None => Err(FieldProblem::none_of(name, words).into()),
        }
    }

    /// Takes a query parameter that is an id.
    pub(super) fn id_parameter(&mut self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(sent) = self.parameter(name) else {
            return Ok(None);
        };
        sent.parse()
            .map(Some)
            .map_err(|_| FieldProblem::invalid(name, "It should be a/an Positive Integer").into())
    }

    /// Takes a query parameter that is a time or, without a zone, one in UTC.
    pub(super) fn time_parameter(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(sent) = self.parameter(name) else {
            return Ok(None);
        };
        let day = || {
            sent.parse::<jiff::civil::DateTime>()
                .ok()?
                .in_tz("UTC")
                .ok()
        };
        let read = sent.parse().ok().or_else(|| Some(day()?.timestamp()));
        read.map(Some).ok_or_else(|| {
            FieldProblem::invalid(
                name,
                "It should be in the 'combined date and time ISO8601' format",
            )
            .into()
        })
    }

    /// Takes the parameter `include`, whose parts must be known; says which were sent.
    pub(super) fn include(&mut self, known: &[&'static str]) -> Result<Vec<&'static str>, Problem> {
        let Some(sent) = self.parameter("include") else {
            return Ok(Vec::new());
        };
        let part = |part: &str| known.iter().copied().find(|known| *known == part);
        let parts: Option<_> = sent.split(',').map(part).collect();
        parts.ok_or_else(|| FieldProblem::none_of("include", known).into())
    }

    /// Takes the parameters of paging. A page larger than 100 is refused, not cut.
    pub(super) fn page(&mut self) -> Result<Page, Problem> {
        let number = self.number("page")?.unwrap_or(1);
        let size = self.number("per_page")?.unwrap_or(DEFAULT_PAGE);
        if size > MAX_PAGE {
            let message = "It should be a Positive Integer less than or equal to 100";
            return Err(FieldProblem::invalid("per_page", message).into());
        }
        Ok(Page { number, size })
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<usize>, Problem> {
        match self.id_parameter(name)? {
            Some(0) => {
                Err(FieldProblem::invalid(name, "It should be a/an Positive Integer").into())
            }
            Some(number) => Ok(usize::try_from(number).ok()),
            None => Ok(None),
        }
    }

    /// Called when all known parameters are taken: what is left is refused.
    pub(super) fn finish_query(&mut self) -> Result<(), Problem> {
        let unknown: Vec<_> = self
            .query
            .drain(..)
            .map(|(name, _)| FieldProblem::unexpected(&name))
            .collect();
        match unknown.is_empty() {
            true => Ok(()),
            false => Err(Problem::validation(&unknown)),
        }
    }

    /// How many parts the parameter `include` has.
    pub(super) fn includes(&self) -> u32 {
        let sent = self.query.iter().find(|(name, _)| name == "include");
        let parts = sent.map_or(0, |(_, parts)| parts.split(',').count());
        u32::try_from(parts).unwrap_or(u32::MAX)
    }

    /// The account's address as the client reaches it, without a slash at the end.
    pub(super) fn origin(&self) -> String {
        match self.request.header_text("host") {
            Some(host) => format!("http://{host}"),
            None => "https://sandbox.freshdesk.com".to_owned(),
        }
    }

    /// A page of a list. With more to come the header `link` says where, in the documented form with its stray space.
    pub(super) fn paged(
        &self,
        page: Page,
        items: impl Iterator<Item = impl FnOnce() -> Value>,
    ) -> Answer {
        let mut rest = items.skip((page.number - 1).saturating_mul(page.size));
        let shown: Vec<_> = rest.by_ref().take(page.size).map(|show| show()).collect();
        let mut answer = Answer::json(StatusCode::OK, &shown.into());
        if rest.next().is_some() {
            let kept = self.request.query_pairs().into_iter();
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(kept.filter(|(name, _)| name != "page"))
                .append_pair("page", &(page.number + 1).to_string())
                .finish();
            let url = format!("{}{}?{query}", self.origin(), self.request.path);
            answer.set("link", &format!("< {url}>;rel=\"next\""));
        }
        answer
    }
}

pub(super) fn ok(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body)
}

pub(super) fn created(body: &Value, location: &str) -> Answer {
    let mut answer = Answer::json(StatusCode::CREATED, body);
    answer.set("location", location);
    answer
}
