use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::Refusal;

/// The largest page of every list, and the size of a page when none is asked for.
const MAX_SIZE: usize = 100;

/// Offset pagination ends here.
const MAX_OFFSET_RECORDS: usize = 10_000;

/// Which part of a list is asked for.
#[derive(Debug)]
pub(super) enum Page {
    /// `page[size]`, `page[after]`; answers `meta` and `links`.
    Cursor { size: usize, after: usize },
    /// `page`, `per_page`; answers `next_page`, `previous_page` and `count`.
    Offset { number: usize, size: usize },
}

impl Page {
    /// Takes the pagination parameters of a list that knows both styles.
    pub(super) fn read(call: &mut Call<'_>) -> Result<Self, Refusal> {
        let Some(size) = number(call, "page[size]")? else {
            return Self::read_offset(call);
        };
        if size > MAX_SIZE {
            return Err(Refusal::pagination(
                "InvalidPaginationParameter",
                "page[size] must be from 1 to 100",
            ));
        }
        let after = match call.parameter("page[after]") {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| {
                Refusal::pagination("InvalidPaginationParameter", "page[after] is not valid")
            })?,
        };
        Ok(Self::Cursor { size, after })
    }

    /// Takes the pagination parameters of a list that knows offsets only.
    pub(super) fn read_offset(call: &mut Call<'_>) -> Result<Self, Refusal> {
        let page = number(call, "page")?.unwrap_or(1);
        let size = number(call, "per_page")?.unwrap_or(MAX_SIZE);
        if size > MAX_SIZE {
            return Err(Refusal::bad_attribute(
                "Invalid parameter: per_page must be from 1 to 100",
            ));
        }
        Ok(Self::Offset { number: page, size })
    }

    /// How many items come before the page, and how many it holds at most.
    pub(super) fn span(&self) -> (usize, usize) {
        match *self {
            Self::Cursor { size, after } => (after, size),
            Self::Offset { number, size } => ((number - 1).saturating_mul(size), size),
        }
    }

    /// Refuses what is too deep for offset pagination.
    pub(super) fn check_depth(&self) -> Result<(), Refusal> {
        let (start, size) = self.span();
        match self {
            Self::Offset { .. } if start.saturating_add(size) > MAX_OFFSET_RECORDS => {
                Err(Refusal::pagination(
                    "InvalidPaginationDepth",
                    "Offset pagination is limited to page 100 or 10000 records",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The page's items under `key`, with what the style adds.
    pub(super) fn body(
        &self,
        call: &Call<'_>,
        key: &str,
        items: Vec<Value>,
        total: usize,
    ) -> Map<String, Value> {
        let (start, _) = self.span();
        let end = start + items.len();
        let has_more = end < total;
        let mut body = Map::new();
        body.insert(key.to_owned(), items.into());
        match *self {
            Self::Cursor { .. } => {
                let next = has_more.then(|| call.url_with(&[("page[after]", &end.to_string())]));
                body.insert("meta".to_owned(), json!({ "has_more": has_more, "after_cursor": end.to_string(), "before_cursor": start.to_string() }));
                body.insert("links".to_owned(), json!({ "prev": null, "next": next }));
            }
            Self::Offset { number, .. } => {
                let at = |number: usize| call.url_with(&[("page", &number.to_string())]);
                body.insert(
                    "next_page".to_owned(),
                    has_more.then(|| at(number + 1)).into(),
                );
                body.insert(
                    "previous_page".to_owned(),
                    (number > 1).then(|| at(number - 1)).into(),
                );
                body.insert("count".to_owned(), total.into());
            }
        }
        body
    }
}

fn number(call: &mut Call<'_>, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(text) = call.parameter(name) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Refusal::bad_attribute(&format!(
            "Invalid parameter: {name} must be a positive integer"
        ))),
    }
}
