use serde_json::{Value, json};

use super::Salesforce;
use super::call::{Call, NEWEST, OLDEST, Reply};
use super::org::Permission;
use super::problem::Problem;
use super::sosl;
use super::view::{Part, View};

/// The resources of a version that the fake has.
const RESOURCES: &[&str] = &[
    "composite",
    "limits",
    "parameterizedSearch",
    "query",
    "search",
    "sobjects",
    "tooling",
];

/// `GET /services/data`: the versions, oldest first.
pub(super) fn versions() -> Value {
    let versions = (OLDEST..=NEWEST).map(|number| {
        json!({
            "label": release(number),
            "url": format!("/services/data/v{number}.0"),
            "version": format!("{number}.0"),
        })
    });
    Value::Array(versions.collect())
}

/// Three releases a year, named after seasons; version 31 was Summer '14.
fn release(number: u32) -> String {
    let since = number - OLDEST;
    match since % 3 {
        0 => format!("Summer '{}", 14 + since / 3),
        1 => format!("Winter '{}", 15 + since / 3),
        _ => format!("Spring '{}", 15 + since / 3),
    }
}

impl Salesforce {
    pub(super) fn list_resources(&self, call: &Call) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let path = call.version.path();
        let resources = RESOURCES.iter();
        let resources = resources.map(|name| ((*name).to_owned(), json!(format!("{path}/{name}"))));
        Ok(Reply::ok(Value::Object(resources.collect())))
    }

    pub(super) fn show_limits(&self, call: &Call) -> Result<Reply, Problem> {
        call.permit(&[])?;
        if !self.database.org.may(&Permission::ViewSetup) {
            return Err(Problem::new(
                http::StatusCode::FORBIDDEN,
                "INSUFFICIENT_ACCESS",
                "insufficient access rights on object id",
            ));
        }
        Ok(Reply::ok(json!({
            "DailyApiRequests": { "Max": self.usage.max(), "Remaining": self.usage.remaining() },
        })))
    }

    /// `GET search?q=FIND ...`.
    pub(super) fn search(&self, call: &Call) -> Result<Reply, Problem> {
        call.permit(&["q"])?;
        let text = call.parameter("q").ok_or_else(|| {
            Problem::bad("MALFORMED_SEARCH", "A search string has to be specified")
        })?;
        self.found(call, text)
    }

    /// `parameterizedSearch`, as far as one search group and fields of objects go.
    pub(super) fn parameterized_search(&self, call: &Call) -> Result<Reply, Problem> {
        let text = match &call.body {
            Some(body) => search_of(body)?,
            None => {
                return Err(Problem::bad(
                    "MALFORMED_SEARCH",
                    "The sandbox models the search with a body only",
                ));
            }
        };
        self.found(call, &text)
    }

    fn found(&self, call: &Call, text: &str) -> Result<Reply, Problem> {
        let view = View {
            database: &self.database,
            part: Part::Data,
            now: call.now,
        };
        let search = sosl::parse(text)?;
        let version = format!("{}.0", call.version.0);
        let found = search.run(&view, &version, |row| view.is_indexed(row, self.index_lag))?;
        Ok(Reply::ok(found))
    }
}

/// The same search in the search language.
fn search_of(body: &Value) -> Result<String, Problem> {
    let invalid =
        |what: &str| Problem::bad("MALFORMED_SEARCH", format!("{what} is missing or wrong"));
    let words = body["q"].as_str().ok_or_else(|| invalid("q"))?;
    let group = body["in"].as_str().unwrap_or("ALL");
    let fields = |value: &Value| {
        let names: Vec<_> = value.as_array()?.iter().filter_map(Value::as_str).collect();
        Some(names.join(", "))
    };
    let common = fields(&body["fields"]).unwrap_or_else(|| "Id".to_owned());
    let objects = body["sobjects"]
        .as_array()
        .ok_or_else(|| invalid("sobjects"))?;
    let mut returning = Vec::new();
    for object in objects {
        let name = object["name"].as_str().ok_or_else(|| invalid("name"))?;
        let fields = fields(&object["fields"]).unwrap_or_else(|| common.clone());
        let limit = object["limit"].as_u64();
        let limit = limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
        returning.push(format!("{name}({fields}{limit})"));
    }
    let limit = body["overallLimit"].as_u64().unwrap_or(2000);
    Ok(format!(
        "FIND {{{}}} IN {group} FIELDS RETURNING {} LIMIT {limit}",
        escaped(words),
        returning.join(", ")
    ))
}

fn escaped(words: &str) -> String {
    let reserved = |c: char| "?&|!{}[]()^~*:\\\"'+-".contains(c);
    let escaped = words
        .chars()
        .flat_map(|c| reserved(c).then_some('\\').into_iter().chain([c]));
    escaped.collect()
}
