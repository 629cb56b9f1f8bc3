use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::access::Actor;
use super::problem::Problem;
use super::route::Route;
use super::write::{Assignment, Duplicates, Writing};
use crate::answer::Answer;

/// The oldest and the newest version that the fake serves, and the oldest that was retired.
pub(super) const OLDEST: u32 = 31;
pub(super) const NEWEST: u32 = 66;
const OLDEST_RETIRED: u32 = 7;

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u32);

impl Version {
    /// Reads `v66.0`.
    pub(super) fn parse(segment: &str) -> Result<Self, Problem> {
        let number = segment
            .strip_prefix('v')
            .and_then(|rest| rest.strip_suffix(".0"))
            .and_then(|number| number.parse().ok());
        match number {
            Some(number) if (OLDEST..=NEWEST).contains(&number) => Ok(Self(number)),
            Some(number) if (OLDEST_RETIRED..OLDEST).contains(&number) => Err(Problem::new(
                StatusCode::GONE,
                "UNSUPPORTED_API_VERSION",
                "The API version is retired",
            )),
            _ => Err(Problem::not_found()),
        }
    }

    /// The path below which all resources are.
    pub(super) fn path(self) -> String {
        format!("/services/data/v{}.0", self.0)
    }

    pub(super) fn row(self, object: &str, id: &str) -> String {
        format!("{}/sobjects/{object}/{id}", self.path())
    }
}

/// One request to a resource, alone or in a composite.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) route: Route,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    pub(super) now: Timestamp,
}

impl Call {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Refuses parameters beside these. The vendor ignores them; a misspelt one should fail.
    pub(super) fn permit(&self, known: &[&str]) -> Result<(), Problem> {
        match self
            .query
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => Err(Problem::bad(
                "INVALID_QUERY_PARAMETER",
                format!(
                    "{name} is no parameter of this resource, or the sandbox does not model it"
                ),
            )),
        }
    }

    pub(super) fn object_body(&self) -> Result<&Map<String, Value>, Problem> {
        let body = self.body.as_ref().and_then(Value::as_object);
        body.ok_or_else(|| {
            Problem::json("The HTTP entity body is required and must be a JSON object")
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn writing(&self) -> Writing {
        let skips = self
            .header("sforce-auto-assign")
            .is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let saves = self
            .header("sforce-duplicate-rule-header")
            .is_some_and(|value| {
                let mut parts = value.split(';').map(str::trim);
                parts.any(|part| part.eq_ignore_ascii_case("allowSave=true"))
            });
        Writing {
            now: self.now,
            actor: Actor::Integration,
            assignment: match skips {
                true => Assignment::Skip,
                false => Assignment::Run,
            },
            duplicates: match saves {
                true => Duplicates::Save,
                false => Duplicates::Refuse,
            },
        }
    }
}

/// What a resource answers, alone or in a composite.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) body: Option<Value>,
    /// Whether an atomic composite is undone by it.
    pub(super) failed: bool,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            location: None,
            body: Some(body),
            failed: false,
        }
    }

    pub(super) fn created(body: Value, location: String) -> Self {
        Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..Self::ok(body)
        }
    }

    pub(super) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            location: None,
            body: None,
            failed: false,
        }
    }

    pub(super) fn refused(problem: &Problem) -> Self {
        Self {
            status: problem.status,
            location: None,
            body: Some(Value::Array(vec![problem.to_json()])),
            failed: true,
        }
    }

    pub(super) fn answer(self) -> Answer {
        let Some(body) = self.body else {
            return Answer::empty(self.status);
        };
        let mut answer = json_answer(self.status, &body);
        if let Some(location) = &self.location {
            answer.set("location", location);
        }
        answer
    }
}

/// JSON with the vendor's spelling of its content type.
pub(super) fn json_answer(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Answer::json(status, body);
    answer.set("content-type", "application/json;charset=UTF-8");
    answer
}

/// Headers out of a composite's object; names that no header can have are left out.
pub(super) fn headers(sent: &Map<String, Value>) -> HeaderMap {
    let pairs = sent.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_str(value.as_str()?).ok()?;
        Some((name, value))
    });
    pairs.collect()
}
