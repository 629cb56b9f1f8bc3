//! Search over customers and conversations. It lags: an object that came to be a moment ago is
//! not found.

use std::cmp::Ordering;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Kustomer;
use super::body::Body;
use super::call::Call;
use super::conversation::Conversation;
use super::customer::{Contact, Customer};
use super::id::Id;
use super::limits::Bucket;
use super::page::Page;
use super::problem::Problem;
use super::schema::Attributes;
use super::schemas;
use super::view::{stamp, texts};
use crate::answer::Answer;

const MAX_SIZE: usize = 500;
const LAST_PAGE: usize = 100;

/// A query that can be tried on what is indexed of an object.
#[derive(Debug)]
struct Query {
    and: Vec<Condition>,
    or: Vec<Condition>,
    not: Vec<Condition>,
}

#[derive(Debug)]
struct Condition {
    attribute: String,
    operator: Operator,
    operand: Value,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Contains,
    Equals,
    Greater,
    GreaterOrEqual,
    In,
    Less,
    LessOrEqual,
    NotSet,
}

impl Operator {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "contains" => Some(Self::Contains),
            "equals" => Some(Self::Equals),
            "gt" => Some(Self::Greater),
            "gte" => Some(Self::GreaterOrEqual),
            "in" => Some(Self::In),
            "lt" => Some(Self::Less),
            "lte" => Some(Self::LessOrEqual),
            "not_set" => Some(Self::NotSet),
            _ => None,
        }
    }

    fn holds(self, value: &Value, operand: &Value) -> bool {
        let order = || order(value, operand);
        match self {
            Self::Contains => match (value.as_str(), operand.as_str()) {
                (Some(text), Some(part)) => text.to_lowercase().contains(&part.to_lowercase()),
                _ => false,
            },
            Self::Equals => value == operand,
            Self::Greater => order().is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
            Self::In => operand.as_array().is_some_and(|all| all.contains(value)),
            Self::Less => order().is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order().is_some_and(Ordering::is_le),
            Self::NotSet => false,
        }
    }
}

/// The order of two times or numbers.
fn order(value: &Value, operand: &Value) -> Option<Ordering> {
    if let (Some(value), Some(operand)) = (value.as_f64(), operand.as_f64()) {
        return value.partial_cmp(&operand);
    }
    let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    Some(time(value)?.cmp(&time(operand)?))
}

impl Condition {
    /// Reads `{"conversation_status": {"equals": "open"}}`.
    fn read(item: &Value, context: &str, custom: &Attributes) -> Result<Self, Problem> {
        let single = |value: &Value| {
            let members = value.as_object().filter(|members| members.len() == 1);
            let (key, value) = members?.iter().next()?;
            Some((key.clone(), value.clone()))
        };
        let shape = || Problem::bad("query", "Not one attribute with one operator");
        let (attribute, rest) = single(item).ok_or_else(shape)?;
        if !is_indexed(&attribute, context, custom) {
            return Err(Problem::additional(&attribute, "/properties/and/items"));
        }
        let (word, operand) = single(&rest).ok_or_else(shape)?;
        let operator =
            Operator::parse(&word).ok_or_else(|| Problem::bad(&word, "Not an operator"))?;
        Ok(Self {
            attribute,
            operator,
            operand,
        })
    }

    fn holds(&self, indexed: &Map<String, Value>) -> bool {
        let values = match indexed.get(&self.attribute) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        match self.operator {
            Operator::NotSet => values.is_empty(),
            operator => values
                .iter()
                .any(|value| operator.holds(value, &self.operand)),
        }
    }
}

impl Query {
    fn read(body: &Body, context: &str, custom: &Attributes) -> Result<Self, Problem> {
        let conditions = |key: &str| {
            let items = match body.0.get(key) {
                None => Vec::new(),
                Some(Value::Array(items)) => items.clone(),
                Some(item) => vec![item.clone()],
            };
            let conditions = items
                .iter()
                .map(|item| Condition::read(item, context, custom));
            conditions.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            and: conditions("and")?,
            or: conditions("or")?,
            not: conditions("not")?,
        })
    }

    fn finds(&self, indexed: &Map<String, Value>) -> bool {
        let holds = |condition: &Condition| condition.holds(indexed);
        self.and.iter().all(holds)
            && (self.or.is_empty() || self.or.iter().any(holds))
            && !self.not.iter().any(holds)
    }
}

/// Whether objects of this context have such an attribute. Conversations have no external id here.
fn is_indexed(attribute: &str, context: &str, custom: &Attributes) -> bool {
    let Some(name) = attribute
        .strip_prefix(context)
        .and_then(|rest| rest.strip_prefix('_'))
    else {
        return false;
    };
    if let Some(name) = name.strip_prefix("custom_") {
        return custom.contains_key(name);
    }
    match context {
        "customer" => matches!(
            name,
            "created_at" | "email" | "external_id" | "phone" | "updated_at"
        ),
        _ => matches!(
            name,
            "created_at"
                | "customer_id"
                | "last_done_created_at"
                | "status"
                | "tags"
                | "updated_at"
        ),
    }
}

impl Kustomer {
    pub(super) fn search(&mut self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = Page::read_up_to(MAX_SIZE, call)?;
        let ids_only = call.parameter("idsOnly");
        call.finish()?;
        if page.number > LAST_PAGE {
            return Err(Problem::bad(
                "page",
                format!("After {LAST_PAGE}, the last page"),
            ));
        }
        self.limits.take(Bucket::Searches, call.now)?;
        let body = call.body(&schemas::SEARCH, &Attributes::new())?;
        let context = body.text("queryContext").unwrap_or_default();
        let query = Query::read(&body, context, self.metadata.of(context)?)?;
        let horizon = call
            .now
            .saturating_sub(self.index_lag)
            .unwrap_or(Timestamp::MIN);
        let mut found = match context {
            "customer" => self.found_customers(&query, horizon),
            _ => self.found_conversations(&query, horizon),
        };
        match body.0.get("sort") {
            Some(sort) if context == "customer" => self.sort_customers(&mut found, sort)?,
            Some(_) => return Err(Problem::bad("sort", "Only customers can be sorted")),
            None => found.sort_by_key(|id| id.place()),
        }
        let part = found.iter().skip(page.before()).take(page.size);
        let shown = part.filter_map(|id| match ids_only.as_deref() {
            Some("true") => Some(json!({ "type": context, "id": id.to_string() })),
            _ => self.shown_with_id(*id),
        });
        let total = found.len();
        let pages = total.div_ceil(page.size);
        let mut links = page.links(call, total);
        links["last"] = page.link(call, pages.max(1)).into();
        let found = json!({
            "meta": { "pageSize": page.size, "page": page.number, "total": total, "totalPages": pages, "aggregations": {} },
            "data": shown.collect::<Vec<_>>(),
            "links": links,
        });
        Ok(Answer::json(StatusCode::OK, &found))
    }

    fn found_customers(&self, query: &Query, horizon: Timestamp) -> Vec<Id> {
        let all = self.store.customers.values();
        all.filter(|customer| !customer.is_deleted && customer.created_at <= horizon)
            .filter(|customer| query.finds(&indexed_customer(customer)))
            .map(|customer| customer.id)
            .collect()
    }

    fn found_conversations(&self, query: &Query, horizon: Timestamp) -> Vec<Id> {
        let all = self.store.conversations.values();
        all.filter(|conversation| !conversation.is_deleted && conversation.created_at <= horizon)
            .filter(|conversation| query.finds(&indexed_conversation(conversation)))
            .map(|conversation| conversation.id)
            .collect()
    }

    /// Sorts by the one attribute that is named, as in `[{"customer_updated_at": "asc"}]`.
    fn sort_customers(&self, found: &mut [Id], sort: &Value) -> Result<(), Problem> {
        let item = sort
            .as_array()
            .and_then(|items| items.first())
            .unwrap_or(sort);
        let time: fn(&Customer) -> Timestamp =
            match item.as_object().and_then(|item| item.keys().next()) {
                Some(key) if key == "customer_created_at" => |customer| customer.created_at,
                Some(key) if key == "customer_updated_at" => |customer| customer.modified_at,
                _ => return Err(Problem::bad("sort", "Not modelled by the sandbox")),
            };
        found.sort_by_key(|id| self.store.customers.get(id).map(time));
        if item
            .as_object()
            .is_some_and(|item| item.values().any(|order| order == "desc"))
        {
            found.reverse();
        }
        Ok(())
    }

    fn shown_with_id(&self, id: Id) -> Option<Value> {
        let customer = self.store.customers.get(&id);
        let customer = customer.map(|customer| self.shown_customer(customer));
        customer.or_else(|| Some(self.shown(self.store.conversations.get(&id)?)))
    }
}

fn indexed_customer(customer: &Customer) -> Map<String, Value> {
    let values = |contacts: &[Contact]| -> Vec<String> {
        contacts
            .iter()
            .map(|contact| contact.value.clone())
            .collect()
    };
    indexed(
        "customer",
        [
            ("created_at", json!(stamp(customer.created_at))),
            ("email", json!(values(&customer.emails))),
            ("external_id", json!(customer.external_ids)),
            ("phone", json!(values(&customer.phones))),
            ("updated_at", json!(stamp(customer.modified_at))),
        ],
        &customer.custom,
    )
}

fn indexed_conversation(conversation: &Conversation) -> Map<String, Value> {
    indexed(
        "conversation",
        [
            ("created_at", json!(stamp(conversation.created_at))),
            ("customer_id", json!(conversation.customer.to_string())),
            (
                "last_done_created_at",
                json!(conversation.last_done.map(stamp)),
            ),
            ("status", json!(conversation.status.as_str())),
            ("tags", json!(texts(&conversation.tags))),
            ("updated_at", json!(stamp(conversation.updated_at))),
        ],
        &conversation.custom,
    )
}

fn indexed<const N: usize>(
    context: &str,
    attributes: [(&str, Value); N],
    custom: &Map<String, Value>,
) -> Map<String, Value> {
    let own = attributes
        .into_iter()
        .map(|(name, value)| (format!("{context}_{name}"), value));
    let custom = custom
        .iter()
        .map(|(name, value)| (format!("{context}_custom_{name}"), value.clone()));
    own.chain(custom).collect()
}
