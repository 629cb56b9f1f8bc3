use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::problem::Problem;

/// A resource below a version's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Collections,
    CollectionsUpsert(String, String),
    Composite,
    Describe(String),
    Limits,
    /// A row by an external id: object, field, value.
    Lookup(String, String, String),
    Object(String),
    Objects,
    ParameterizedSearch,
    Query,
    QueryMore(String),
    Resources,
    /// Object and id.
    Row(String, String),
    Search,
    ToolingObject(String),
    ToolingQuery,
    ToolingRow(String, String),
}

impl Route {
    /// Reads the path below the version, without it.
    pub(super) fn parse(path: &str) -> Result<Self, Problem> {
        let decoded: Vec<_> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let owned = str::to_owned;
        Ok(match segments.as_slice() {
            [] => Self::Resources,
            ["limits"] => Self::Limits,
            ["query"] => Self::Query,
            ["query", locator] => Self::QueryMore(owned(locator)),
            ["search"] => Self::Search,
            ["parameterizedSearch"] => Self::ParameterizedSearch,
            ["composite"] => Self::Composite,
            ["composite", "sobjects"] => Self::Collections,
            ["composite", "sobjects", object, field] => {
                Self::CollectionsUpsert(owned(object), owned(field))
            }
            ["sobjects"] => Self::Objects,
            ["sobjects", object] => Self::Object(owned(object)),
            ["sobjects", object, "describe"] => Self::Describe(owned(object)),
            ["sobjects", object, id] => Self::Row(owned(object), owned(id)),
            ["sobjects", object, field, value] => {
                Self::Lookup(owned(object), owned(field), owned(value))
            }
            ["tooling", "query"] => Self::ToolingQuery,
            ["tooling", "sobjects", object] => Self::ToolingObject(owned(object)),
            ["tooling", "sobjects", object, id] => Self::ToolingRow(owned(object), owned(id)),
            _ => return Err(Problem::not_found()),
        })
    }

    /// Refuses a method that the resource does not have.
    pub(super) fn check(&self, method: &Method) -> Result<(), Problem> {
        let allowed = self.methods();
        if allowed.contains(method) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            format!(
                "HTTP Method '{method}' not allowed. Allowed are {}",
                names.join(",")
            ),
        ))
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Self::Describe(_)
            | Self::Limits
            | Self::Objects
            | Self::Query
            | Self::QueryMore(_)
            | Self::Resources
            | Self::Search
            | Self::ToolingQuery => &[Method::GET],
            Self::Collections => &[Method::POST, Method::PATCH],
            Self::CollectionsUpsert(..) => &[Method::PATCH],
            Self::Composite | Self::ToolingObject(_) => &[Method::POST],
            Self::Object(_) => &[Method::GET, Method::POST],
            Self::ParameterizedSearch => &[Method::GET, Method::POST],
            Self::Lookup(..) => &[Method::GET, Method::PATCH],
            Self::Row(..) | Self::ToolingRow(..) => &[Method::GET, Method::PATCH, Method::DELETE],
        }
    }

    /// Whether a composite may hold it.
    pub(super) fn is_composable(&self) -> bool {
        match self {
            Self::Collections
            | Self::CollectionsUpsert(..)
            | Self::Describe(_)
            | Self::Lookup(..)
            | Self::Object(_)
            | Self::Objects
            | Self::Query
            | Self::QueryMore(_)
            | Self::Row(..) => true,
            Self::Composite
            | Self::Limits
            | Self::ParameterizedSearch
            | Self::Resources
            | Self::Search
            | Self::ToolingObject(_)
            | Self::ToolingQuery
            | Self::ToolingRow(..) => false,
        }
    }

    /// Queries and collections: a composite takes five.
    pub(super) fn is_heavy(&self) -> bool {
        matches!(
            self,
            Self::Collections | Self::CollectionsUpsert(..) | Self::Query | Self::QueryMore(_)
        )
    }

    /// Whether a request with this method may change rows; what a composite does is in its body.
    pub(super) fn writes(&self, method: &Method) -> bool {
        *method != Method::GET && !matches!(self, Self::ParameterizedSearch)
    }

    /// The name under which requests are counted: the path with ids and values replaced.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Collections => "/composite/sobjects".to_owned(),
            Self::CollectionsUpsert(object, field) => {
                format!("/composite/sobjects/{object}/{field}")
            }
            Self::Composite => "/composite".to_owned(),
            Self::Describe(object) => format!("/sobjects/{object}/describe"),
            Self::Limits => "/limits".to_owned(),
            Self::Lookup(object, field, _) => format!("/sobjects/{object}/{field}/{{value}}"),
            Self::Object(object) => format!("/sobjects/{object}"),
            Self::Objects => "/sobjects".to_owned(),
            Self::ParameterizedSearch => "/parameterizedSearch".to_owned(),
            Self::Query => "/query".to_owned(),
            Self::QueryMore(_) => "/query/{locator}".to_owned(),
            Self::Resources => "/".to_owned(),
            Self::Row(object, _) => format!("/sobjects/{object}/{{id}}"),
            Self::Search => "/search".to_owned(),
            Self::ToolingObject(object) => format!("/tooling/sobjects/{object}"),
            Self::ToolingQuery => "/tooling/query".to_owned(),
            Self::ToolingRow(object, _) => format!("/tooling/sobjects/{object}/{{id}}"),
        }
    }
}
