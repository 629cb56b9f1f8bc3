use std::collections::VecDeque;

use http::StatusCode;
use serde_json::{Value, json};

use super::Salesforce;
use super::call::{Call, Reply};
use super::id::Id;
use super::problem::Problem;
use super::soql::{self, SoqlError};
use super::view::{Part, View};

/// How many rows an answer has at most, and at least when the client asks for fewer.
const MAX_PAGE: usize = 2000;
const MIN_PAGE: usize = 200;

/// How many results a user can have open.
const MAX_OPEN: usize = 10;

/// Results that did not fit into one answer, oldest first.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    opened: u64,
    open: VecDeque<Cursor>,
}

#[derive(Debug)]
struct Cursor {
    id: Id,
    total: usize,
    page: usize,
    records: Vec<Value>,
}

impl Salesforce {
    /// `GET query?q=...`, of data or of the org's own description.
    pub(super) fn query(&mut self, call: &Call, part: Part) -> Result<Reply, Problem> {
        call.permit(&["q"])?;
        let text = call
            .parameter("q")
            .ok_or_else(|| Problem::bad("MALFORMED_QUERY", "A query string has to be specified"))?;
        let version = format!("{}.0", call.version.0);
        let view = View {
            database: &self.database,
            part,
            now: call.now,
        };
        let query = soql::parse(text)?;
        let found = query.run(&view)?;
        let records = query.records(&view, &found.rows, &version)?;
        let page = page_size(call);
        if records.len() <= page {
            return Ok(Reply::ok(
                json!({ "totalSize": found.total, "done": true, "records": records }),
            ));
        }
        let total = found.total;
        let id = self.cursors.open(total, page, records);
        self.page(call, id, 0)
    }

    /// `GET query/LOCATOR`.
    pub(super) fn query_more(&self, call: &Call, locator: &str) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let (id, start) = locator
            .split_once('-')
            .and_then(|(id, start)| Some((Id::parse(id)?, start.parse().ok()?)))
            .ok_or_else(invalid_locator)?;
        self.page(call, id, start)
    }

    fn page(&self, call: &Call, id: Id, start: usize) -> Result<Reply, Problem> {
        let cursor = self.cursors.open.iter().find(|cursor| cursor.id == id);
        let cursor = cursor.ok_or_else(invalid_locator)?;
        let end = cursor.records.len().min(start + cursor.page);
        let records = cursor.records.get(start..end).ok_or_else(invalid_locator)?;
        let done = end == cursor.records.len();
        let mut body = json!({ "totalSize": cursor.total, "done": done, "records": records });
        if !done {
            body["nextRecordsUrl"] = json!(format!("{}/query/{id}-{end}", call.version.path()));
        }
        Ok(Reply::ok(body))
    }
}

impl Cursors {
    fn open(&mut self, total: usize, page: usize, records: Vec<Value>) -> Id {
        self.opened += 1;
        let id = Id::numbered("01g", self.opened);
        if self.open.len() == MAX_OPEN {
            self.open.pop_front();
        }
        self.open.push_back(Cursor {
            id,
            total,
            page,
            records,
        });
        id
    }
}

/// `Sforce-Query-Options: batchSize=200`. The vendor takes it as a hint.
fn page_size(call: &Call) -> usize {
    let asked = call
        .header("sforce-query-options")
        .and_then(|options| options.trim().strip_prefix("batchSize="))
        .and_then(|size| size.trim().parse().ok());
    asked.unwrap_or(MAX_PAGE).clamp(MIN_PAGE, MAX_PAGE)
}

fn invalid_locator() -> Problem {
    Problem::bad("INVALID_QUERY_LOCATOR", "invalid query locator")
}

impl From<SoqlError> for Problem {
    fn from(error: SoqlError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.code, error.message)
    }
}
