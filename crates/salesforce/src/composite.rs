//! The envelope of `/composite`: several requests in one call, in order.
//!
//! Source: REST API Developer Guide, "Composite".

use std::collections::BTreeMap;

use casewire_core::{Error, ErrorKind, Result};
use casewire_http::{Repeat, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::errors::{self, Refused};
use crate::row::{NewRow, Row};

/// What a query may keep unescaped in a URL: nothing that has a meaning there.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Several requests in one call. They are done in order: by default Salesforce may bundle and reorder them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Composite {
    all_or_none: bool,
    collate_subrequests: bool,
    composite_request: Vec<Part>,
    #[serde(skip)]
    version: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    method: &'static str,
    reference_id: String,
    url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    http_headers: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<NewRow>,
}

impl Composite {
    /// Requests that stand alone: of one that fails the others learn nothing.
    pub(crate) fn apart(version: &str) -> Self {
        Self::new(version, false)
    }

    /// Requests of which all are done or none.
    pub(crate) fn as_one(version: &str) -> Self {
        Self::new(version, true)
    }

    fn new(version: &str, all_or_none: bool) -> Self {
        Self {
            all_or_none,
            collate_subrequests: false,
            composite_request: Vec::new(),
            version: version.to_owned(),
        }
    }

    fn push(&mut self, method: &'static str, name: &str, path: &str) -> &mut Part {
        let version = &self.version;
        self.composite_request.push(Part {
            method,
            reference_id: name.to_owned(),
            url: format!("/services/data/v{version}/{path}"),
            http_headers: BTreeMap::new(),
            body: None,
        });
        let last = self.composite_request.len() - 1;
        &mut self.composite_request[last]
    }

    /// Adds a SOQL query.
    #[must_use]
    pub(crate) fn query(mut self, name: &str, soql: &str) -> Self {
        let soql = utf8_percent_encode(soql, QUERY);
        self.push("GET", name, &format!("query?q={soql}"));
        self
    }

    /// Adds a read of the `fields` of one row.
    #[must_use]
    pub(crate) fn read(mut self, name: &str, sobject: &str, id: &str, fields: &str) -> Self {
        let path = format!("sobjects/{sobject}/{id}?fields={fields}");
        self.push("GET", name, &path);
        self
    }

    /// Adds the insert of a row.
    #[must_use]
    pub(crate) fn insert(
        mut self,
        name: &str,
        sobject: &str,
        headers: &[(&'static str, &'static str)],
        body: NewRow,
    ) -> Self {
        let part = self.push("POST", name, &format!("sobjects/{sobject}"));
        part.http_headers = headers.iter().copied().collect();
        part.body = Some(body);
        self
    }

    /// Adds the update of a row.
    #[must_use]
    pub(crate) fn update(
        mut self,
        name: &str,
        sobject: &str,
        id: &str,
        headers: &[(&'static str, &'static str)],
        body: NewRow,
    ) -> Self {
        let part = self.push("PATCH", name, &format!("sobjects/{sobject}/{id}"));
        part.http_headers = headers.iter().copied().collect();
        part.body = Some(body);
        self
    }

    /// The call. Queries may be asked again, and so may writes: each begins with an insert whose key only one row can
    /// have, or with a comparison that a second time fails.
    pub(crate) fn request(&self) -> Request {
        let is_read = self
            .composite_request
            .iter()
            .all(|part| part.method == "GET");
        let repeat = match is_read {
            true => Repeat::Safe,
            false => Repeat::Keyed,
        };
        Request::post("/services/data/v{version}/composite")
            .fill("version", &self.version)
            .json(self)
            .repeat(repeat)
            .verdict(errors::passing)
    }
}

/// What came of each part.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answers {
    composite_response: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    body: Value,
    http_status_code: u16,
    reference_id: String,
}

impl Answers {
    /// The body of the part `name`.
    ///
    /// # Errors
    /// When the part failed, or has another shape.
    pub(crate) fn body<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let answer = self
            .composite_response
            .iter_mut()
            .find(|answer| answer.reference_id == name)
            .ok_or_else(|| unreadable(name))?;
        if !is_success(answer.http_status_code) {
            return Err(Refused::read(&answer.body)
                .error()
                .context(format!("reading `{name}`")));
        }
        serde_json::from_value(answer.body.take()).map_err(|_| unreadable(name))
    }

    /// Why an atomic call was rolled back; none when it was done.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let mut failed = self
            .composite_response
            .iter()
            .filter(|answer| !is_success(answer.http_status_code))
            .map(|answer| (answer, Refused::read(&answer.body)))
            .peekable();
        failed.peek()?;
        // All others of the call say that they were rolled back with it.
        let guilty = failed.find(|(_, refused)| !refused.is_halted());
        Some(match guilty {
            Some((answer, refused)) => Failure::Refused {
                part: answer.reference_id.clone(),
                refused,
            },
            None => Failure::NoReference,
        })
    }
}

/// Why an atomic call was rolled back.
pub(crate) enum Failure {
    /// This part was refused.
    Refused {
        /// Its name.
        part: String,
        /// Why.
        refused: Refused,
    },
    /// A part refers to a row that a query before it did not find.
    NoReference,
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn unreadable(name: &str) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("the composite's answer has no `{name}` that can be read"),
    )
}

/// The rows that a query found.
#[derive(Default, Deserialize)]
pub(crate) struct Rows {
    #[serde(default)]
    pub(crate) records: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_can_not_leave_its_url() {
        let composite =
            Composite::apart("66.0").query("q", "SELECT Id FROM Case WHERE Subject = 'a&b=c #+%'");
        assert_eq!(
            composite.composite_request[0].url,
            "/services/data/v66.0/query?q=SELECT%20Id%20FROM%20Case%20WHERE%20Subject%20%3D%20%27a%26b%3Dc%20%23%2B%25%27"
        );
    }

    fn answers(parts: Value) -> Answers {
        serde_json::from_value(json!({ "compositeResponse": parts })).unwrap()
    }

    fn halted(name: &str) -> Value {
        json!({
            "body": [{ "errorCode": "PROCESSING_HALTED", "message": "The transaction was rolled back since another operation in the same transaction failed." }],
            "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name,
        })
    }

    #[test]
    fn the_guilty_part_is_told_from_those_rolled_back_with_it() {
        let guilty = json!({
            "body": [{ "errorCode": "DUPLICATE_VALUE", "message": "duplicate value found: <unknown>", "fields": [] }],
            "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "note0",
        });
        let answers = answers(json!([halted("record"), guilty, halted("read")]));
        match answers.failure() {
            Some(Failure::Refused { part, refused }) => {
                assert_eq!(part, "note0");
                assert!(refused.has_code("DUPLICATE_VALUE"));
            }
            _ => panic!("nobody is guilty"),
        }
    }

    #[test]
    fn when_all_are_rolled_back_a_reference_was_missing() {
        let failure = answers(json!([halted("guard"), halted("note0")])).failure();
        assert!(matches!(failure, Some(Failure::NoReference)));
        let done = json!({ "body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "record" });
        assert!(answers(json!([done])).failure().is_none());
    }
}
