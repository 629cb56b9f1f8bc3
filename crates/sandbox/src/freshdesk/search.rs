use serde_json::{Value, json};

use super::Freshdesk;
use super::call::{Call, ok};
use super::html;
use super::problem::{FieldProblem, Problem};
use super::query::Query;
use super::ticket::Ticket;
use crate::answer::Answer;

/// The size of a page of hits, which nobody can change, and the last page.
const PAGE: usize = 30;
const MAX_PAGE: usize = 10;

/// What tickets can be searched by, and the key that has it; custom fields come to it. Not by requester or subject.
const TICKET_FIELDS: &[(&str, &str)] = &[
    ("agent_id", "responder_id"),
    ("created_at", "created_at"),
    ("due_by", "due_by"),
    ("fr_due_by", "fr_due_by"),
    ("group_id", "group_id"),
    ("priority", "priority"),
    ("status", "status"),
    ("tag", "tags"),
    ("type", "type"),
    ("updated_at", "updated_at"),
];

const CONTACT_FIELDS: &[(&str, &str)] = &[
    ("active", "active"),
    ("company_id", "company_id"),
    ("created_at", "created_at"),
    ("email", "email"),
    ("language", "language"),
    ("mobile", "mobile"),
    ("phone", "phone"),
    ("tag", "tags"),
    ("time_zone", "time_zone"),
    ("twitter_id", "twitter_id"),
    ("updated_at", "updated_at"),
];

/// Searches read an index that stays behind: the fault `index-lag` says how far.
impl Freshdesk {
    pub(super) fn search_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let (query, page) = read(call)?;
        let is_custom = |name: &str| self.fields.named(name).is_some();
        check_fields(&query, |name| {
            key(TICKET_FIELDS, name).is_some() || is_custom(name)
        })?;
        let value_of = |ticket: &Ticket, name: &str| match key(TICKET_FIELDS, name) {
            Some(key) => ticket.item(&self.fields, call.now)[key].clone(),
            None => ticket.custom_fields.get(name).cloned().unwrap_or_default(),
        };
        let all = self.tickets.indexed(call.now, self.index_lag);
        let found: Vec<_> = all
            .filter(|ticket| ticket.is_current() && !ticket.is_archived(call.now))
            .filter(|ticket| query.holds(&|name| value_of(ticket, name)))
            .collect();
        let shown = found.iter().rev().map(|ticket| {
            let mut item = ticket.item(&self.fields, call.now);
            item["description"] = json!(ticket.description);
            item["description_text"] = json!(html::plain(&ticket.description));
            item
        });
        Ok(hits(found.len(), page, shown))
    }

    pub(super) fn search_contacts(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let (query, page) = read(call)?;
        check_fields(&query, |name| key(CONTACT_FIELDS, name).is_some())?;
        let all = self.contacts.indexed(call.now, self.index_lag);
        let found: Vec<_> = all
            .filter(|contact| !contact.is_deleted)
            .filter(|contact| {
                let shown = contact.shown();
                let value_of = |name: &str| match key(CONTACT_FIELDS, name) {
                    Some(key) => shown[key].clone(),
                    None => Value::Null,
                };
                query.holds(&value_of)
            })
            .collect();
        let shown = found.iter().rev().map(|contact| contact.item());
        Ok(hits(found.len(), page, shown))
    }
}

fn read(call: &mut Call<'_>) -> Result<(Query, usize), Problem> {
    let page = call.number("page")?.unwrap_or(1);
    let sent = call.parameter("query");
    call.finish_query()?;
    if page > MAX_PAGE {
        let message = "It should be a Positive Integer less than or equal to 10";
        return Err(FieldProblem::invalid("page", message).into());
    }
    let sent = sent.ok_or_else(|| FieldProblem::missing("query", "It should be a/an String"))?;
    let query = Query::parse(&sent).map_err(|problem| FieldProblem::invalid("query", &problem))?;
    Ok((query, page))
}

fn check_fields(query: &Query, is_known: impl Fn(&str) -> bool) -> Result<(), Problem> {
    let unknown: Vec<_> = query
        .fields()
        .into_iter()
        .filter(|name| !is_known(name))
        .map(FieldProblem::unexpected)
        .collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(Problem::validation(&unknown)),
    }
}

fn key(known: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let mut known = known.iter();
    known.find(|(field, _)| *field == name).map(|(_, key)| *key)
}

fn hits(total: usize, page: usize, shown: impl Iterator<Item = Value>) -> Answer {
    let shown: Vec<_> = shown.skip((page - 1) * PAGE).take(PAGE).collect();
    ok(&json!({ "total": total, "results": shown }))
}
