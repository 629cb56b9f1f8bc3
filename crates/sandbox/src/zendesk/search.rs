use jiff::Timestamp;
use serde_json::{Value, json};

use super::Zendesk;
use super::call::{Call, ok};
use super::error::Refusal;
use super::limits::Bucket;
use super::page::Page;
use super::query::{Kind, Person, Query, Test, order_field};
use super::ticket::Ticket;
use super::users::User;
use crate::answer::Answer;

/// Search shows no result beyond this one.
const MAX_RESULTS: usize = 1000;

impl Zendesk {
    /// `GET /api/v2/search`, behind the records by the index lag.
    pub(super) fn search(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        self.limits
            .take(Bucket::Searches, call.now, &mut call.readings)?;
        let query = call.parameter("query").unwrap_or_default();
        let sort_by = call
            .parameter("sort_by")
            .map(|name| order_field(&name))
            .transpose()?;
        let sort_order = call.choice("sort_order", &["asc", "desc"])?;
        let with_users = !call.include(&["tickets(users)"])?.is_empty();
        if call.parameter("page[size]").is_some() {
            return Err(Refusal::bad_attribute(
                "Invalid parameter: page must be an integer",
            ));
        }
        let page = Page::read_offset(call)?;
        call.permit()?;
        let (start, size) = page.span();
        if start.saturating_add(size) > MAX_RESULTS {
            return Err(Refusal::search_limit());
        }
        let query = Query::parse(&query, None)?;
        let origin = call.origin();
        let mut users = Value::Null;
        let (total, items) = match query.kind {
            Kind::Ticket => {
                let mut found = self.find_tickets(&query, call.now);
                order(&mut found, sort_by.or(query.order_by));
                if sort_order.map(|order| order == "desc").or(query.descending) == Some(true) {
                    found.reverse();
                }
                let shown: Vec<_> = found.iter().copied().skip(start).take(size).collect();
                users = self.users_of(call, &shown);
                let items = shown.iter().map(|ticket| self.ticket_json(call, ticket));
                (found.len(), typed(items, "ticket"))
            }
            Kind::User => {
                let found = self.find_users(&query, call.now);
                let items = found
                    .iter()
                    .skip(start)
                    .take(size)
                    .map(|user| user.to_json(&origin));
                (found.len(), typed(items, "user"))
            }
        };
        let mut body = page.body(call, "results", items, total);
        body.insert("facets".to_owned(), Value::Null);
        if with_users {
            body.insert("users".to_owned(), users);
        }
        Ok(ok(body))
    }

    /// Users as the index shows them, in order of creation. A phone narrows the scan, as a
    /// requester does for tickets, which keeps a long run fast.
    pub(super) fn find_users(&self, query: &Query, now: Timestamp) -> Vec<&User> {
        let phones = query.positive("phone");
        let tail = match phones.as_slice() {
            [Test::Phone(pattern)] => pattern.phone_tail(),
            _ => None,
        };
        let candidates: Box<dyn Iterator<Item = _>> = match &tail {
            Some(tail) => Box::new(self.users.with_phone_tail(tail)),
            None => Box::new(self.users.all()),
        };
        candidates
            .filter_map(|user| user.found(now, self.index_lag))
            .filter(|user| holds(query, |test| user_passes(user, test)))
            .collect()
    }

    /// Tickets as the index shows them, in order of creation.
    fn find_tickets(&self, query: &Query, now: Timestamp) -> Vec<&Ticket> {
        let requesters = query.positive("requester");
        let requester = match requesters.as_slice() {
            [Test::Requester(Person::Id(id))] => Some(*id),
            [Test::Requester(Person::Email(email))] => {
                Some(self.users.with_email(email).map_or(0, |user| user.id))
            }
            _ => None,
        };
        let candidates: Box<dyn Iterator<Item = _>> = match requester {
            Some(user) => Box::new(self.tickets.of_requester(user)),
            None => Box::new(self.tickets.all()),
        };
        candidates
            .filter_map(|stored| stored.ticket.found(now, self.index_lag))
            .filter(|ticket| holds(query, |test| self.ticket_passes(ticket, test)))
            .collect()
    }

    fn ticket_passes(&self, ticket: &Ticket, test: &Test) -> bool {
        match test {
            Test::Assignee(person) => self.is_person(ticket.assignee_id, person),
            Test::Created(comparison, moment) => moment.holds(*comparison, ticket.created_at),
            Test::CustomField(id, pattern) => {
                let Some(value) = ticket.custom_fields.get(id) else {
                    return false;
                };
                match (
                    self.fields.custom_with_id(*id).map(|field| field.kind),
                    value,
                ) {
                    (Some("text" | "textarea" | "regexp"), Value::String(text)) => {
                        pattern.matches(text)
                    }
                    (_, Value::String(text)) => pattern.equals(text),
                    (_, Value::Array(items)) => items
                        .iter()
                        .any(|item| item.as_str().is_some_and(|text| pattern.equals(text))),
                    (_, value) => pattern.equals(&value.to_string()),
                }
            }
            Test::Priority(word) => ticket.priority.unwrap_or("none") == word,
            Test::Requester(person) => self.is_person(Some(ticket.requester_id), person),
            Test::Solved(comparison, moment) => ticket
                .metrics
                .solved_at
                .is_some_and(|at| moment.holds(*comparison, at)),
            Test::Status(comparison, status) => comparison.holds(&ticket.status, status),
            Test::Subject(pattern) => ticket
                .subject
                .as_ref()
                .is_some_and(|subject| pattern.matches(subject)),
            Test::Tags(tags) => tags.iter().all(|tag| ticket.tags.contains(tag)),
            Test::TicketType(word) => ticket.kind.unwrap_or("none") == word,
            Test::Updated(comparison, moment) => moment.holds(*comparison, ticket.updated_at),
            Test::Words(pattern) => {
                pattern.matches(ticket.subject.as_deref().unwrap_or_default())
                    || pattern.matches(&ticket.description)
            }
            Test::Email(_)
            | Test::ExternalId(_)
            | Test::Name(_)
            | Test::Phone(_)
            | Test::Role(_) => false,
        }
    }

    fn is_person(&self, id: Option<u64>, person: &Person) -> bool {
        let user = id.and_then(|id| self.users.find(id));
        match (person, user) {
            (Person::Nobody, user) => user.is_none(),
            (_, None) => false,
            (Person::Id(wanted), Some(user)) => user.id == *wanted,
            (Person::Email(email), Some(user)) => {
                user.emails.iter().any(|known| known.value == *email)
            }
            (Person::Named(pattern), Some(user)) => pattern.matches(&user.name),
        }
    }
}

fn user_passes(user: &User, test: &Test) -> bool {
    match test {
        Test::Created(comparison, moment) => moment.holds(*comparison, user.created_at),
        Test::Updated(comparison, moment) => moment.holds(*comparison, user.updated_at),
        Test::Email(pattern) => user
            .emails
            .iter()
            .any(|email| pattern.matches(&email.value)),
        Test::ExternalId(id) => user
            .external_id
            .as_ref()
            .is_some_and(|known| known.to_lowercase() == *id),
        Test::Name(pattern) => pattern.matches(&user.name),
        Test::Phone(pattern) => user
            .phone
            .as_ref()
            .is_some_and(|phone| pattern.matches_digits(phone)),
        Test::Role(role) => user.role == *role,
        Test::Tags(tags) => tags.iter().all(|tag| user.tags.contains(tag)),
        Test::Words(pattern) => {
            pattern.matches(&user.name)
                || user
                    .emails
                    .iter()
                    .any(|email| pattern.matches(&email.value))
        }
        _ => false,
    }
}

/// Different properties are all wanted, terms of one property are alternatives.
fn holds(query: &Query, passes: impl Fn(&Test) -> bool) -> bool {
    query.terms.iter().all(|term| match term.negated {
        true => !passes(&term.test),
        false => query.positive(&term.property).into_iter().any(&passes),
    })
}

fn order(tickets: &mut [&Ticket], by: Option<&str>) {
    match by {
        Some("created_at") => tickets.sort_by_key(|ticket| (ticket.created_at, ticket.id)),
        Some("updated_at") => tickets.sort_by_key(|ticket| (ticket.updated_at, ticket.id)),
        Some("status") => tickets.sort_by_key(|ticket| (ticket.status, ticket.id)),
        Some("priority") => tickets.sort_by_key(|ticket| {
            let urgency = ["low", "normal", "high", "urgent"];
            (
                urgency
                    .iter()
                    .position(|word| Some(*word) == ticket.priority),
                ticket.id,
            )
        }),
        Some("ticket_type") => tickets.sort_by_key(|ticket| (ticket.kind, ticket.id)),
        _ => {}
    }
}

fn typed(items: impl Iterator<Item = Value>, kind: &str) -> Vec<Value> {
    items
        .map(|mut item| {
            item["result_type"] = json!(kind);
            item
        })
        .collect()
}
