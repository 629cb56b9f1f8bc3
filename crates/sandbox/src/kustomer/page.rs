use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::id::Id;
use super::problem::Problem;
use crate::answer::Answer;

const MAX_SIZE: usize = 100;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    /// Takes `page` and `pageSize`.
    pub(super) fn read(call: &mut Call<'_>) -> Result<Self, Problem> {
        Self::read_up_to(MAX_SIZE, call)
    }

    pub(super) fn read_up_to(max_size: usize, call: &mut Call<'_>) -> Result<Self, Problem> {
        let page = Self {
            number: call.number("page")?.unwrap_or(1),
            size: call.number("pageSize")?.unwrap_or(MAX_SIZE),
        };
        match page.size <= max_size {
            true => Ok(page),
            false => Err(Problem::bad(
                "pageSize",
                format!("Larger than {max_size}, the maximum"),
            )),
        }
    }

    /// The page's part of the ids, in an order that means nothing.
    pub(super) fn of(self, mut ids: Vec<Id>) -> (Vec<Id>, usize) {
        ids.sort_by_key(|id| id.place());
        let total = ids.len();
        let part = ids.into_iter().skip(self.before()).take(self.size);
        (part.collect(), total)
    }

    /// How many objects come before the page.
    pub(super) fn before(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The answer with the page's objects, of so many in all.
    pub(super) fn answer(self, call: &Call<'_>, data: Vec<Value>, total: usize) -> Answer {
        let meta = json!({ "pageSize": self.size, "page": self.number });
        let links = self.links(call, total);
        Answer::json(
            StatusCode::OK,
            &json!({ "meta": meta, "data": data, "links": links }),
        )
    }

    /// The link to a page of this size: relative, as the vendor's are.
    pub(super) fn link(self, call: &Call<'_>, number: usize) -> String {
        let others = call.request.query_pairs().into_iter();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("page", &number.to_string())
            .append_pair("pageSize", &self.size.to_string())
            .extend_pairs(others.filter(|(name, _)| name != "page" && name != "pageSize"))
            .finish();
        format!("{}?{query}", call.request.path)
    }

    pub(super) fn links(self, call: &Call<'_>, total: usize) -> Value {
        let has_more = self.before().saturating_add(self.size) < total;
        json!({
            "self": self.link(call, self.number),
            "first": self.link(call, 1),
            "prev": (self.number > 1).then(|| self.link(call, self.number - 1)),
            "next": has_more.then(|| self.link(call, self.number + 1)),
        })
    }
}
