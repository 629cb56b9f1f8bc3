use serde_json::{Value, json};

use super::Zendesk;
use super::audit::Audit;
use super::call::{Call, ok};
use super::error::Refusal;
use super::page::Page;
use super::ticket::Ticket;
use super::tickets::Stored;
use crate::answer::Answer;

/// The orders in which ticket lists can be had; the vendor's list is longer.
const SORTS: &[&str] = &["id", "subject", "created_at", "updated_at", "status"];
const ORDERS: &[&str] = &["asc", "desc"];

/// The most ids `show_many` takes.
const MAX_IDS: usize = 100;

impl Zendesk {
    pub(super) fn show_ticket(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        let with_users = call.include_users()?;
        let reduced = call.flag("reduced_payload_size")?;
        let deduplicated = call.flag("remove_duplicate_fields")?;
        call.permit()?;
        let ticket = self.tickets.read(id)?.ticket.current();
        let mut shown = self.ticket_json(call, ticket);
        if reduced && let Some(fields) = shown["custom_fields"].as_array_mut() {
            fields.retain(|field| !field["value"].is_null());
        }
        if (reduced || deduplicated)
            && let Some(shown) = shown.as_object_mut()
        {
            shown.remove("fields");
        }
        let mut body = json!({ "ticket": shown });
        if with_users {
            body["users"] = self.users_of(call, &[ticket]);
        }
        Ok(ok(body))
    }

    pub(super) fn show_many_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let with_users = call.include_users()?;
        let ids = call.parameter("ids");
        call.permit()?;
        let ids = ids.ok_or_else(|| Refusal::bad_attribute("Parameter ids is required"))?;
        let ids: Vec<u64> = ids
            .split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| {
                Refusal::bad_attribute(
                    "Invalid parameter: ids must be integers separated by commas",
                )
            })?;
        if ids.len() > MAX_IDS {
            return Err(Refusal::too_many_values(MAX_IDS));
        }
        let found: Vec<_> = ids
            .iter()
            .filter_map(|id| self.tickets.find(*id))
            .map(|stored| stored.ticket.current())
            .collect();
        let tickets: Vec<_> = found
            .iter()
            .map(|ticket| self.ticket_json(call, ticket))
            .collect();
        let count = tickets.len();
        let mut body =
            json!({ "tickets": tickets, "next_page": null, "previous_page": null, "count": count });
        if with_users {
            body["users"] = self.users_of(call, &found);
        }
        Ok(ok(body))
    }

    /// `GET /api/v2/tickets`, optionally by external id; both without index lag.
    pub(super) fn list_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        match call.parameter("external_id") {
            Some(external_id) => {
                self.ticket_page(call, self.tickets.with_external_id(&external_id))
            }
            None => self.ticket_page(call, self.tickets.all()),
        }
    }

    /// `GET /api/v2/users/{id}/tickets/requested`, without index lag. The fake archives nothing.
    pub(super) fn list_requested_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let user = call.route.id(call.request)?;
        call.flag("exclude_archived")?;
        let without_count = call.flag("exclude_count")?;
        self.users.read(user)?;
        let mut answer = self.ticket_page(call, self.tickets.of_requester(user))?;
        if without_count {
            let mut body = answer.body_json();
            if let Some(body) = body.as_object_mut() {
                body.remove("count");
            }
            answer.body = body.to_string().into_bytes();
        }
        Ok(answer)
    }

    fn ticket_page<'a>(
        &'a self,
        call: &mut Call<'_>,
        tickets: impl Iterator<Item = &'a Stored>,
    ) -> Result<Answer, Refusal> {
        let with_users = call.include_users()?;
        let (sort, descending) = read_sort(call)?;
        let page = Page::read(call)?;
        call.permit()?;
        page.check_depth()?;
        let mut all: Vec<_> = tickets.map(|stored| stored.ticket.current()).collect();
        sort_tickets(&mut all, sort);
        if descending {
            all.reverse();
        }
        let (start, size) = page.span();
        let shown: Vec<_> = all.iter().copied().skip(start).take(size).collect();
        let items = shown
            .iter()
            .map(|ticket| self.ticket_json(call, ticket))
            .collect();
        let mut body = page.body(call, "tickets", items, all.len());
        if with_users {
            body.insert("users".to_owned(), self.users_of(call, &shown));
        }
        Ok(ok(body))
    }

    pub(super) fn count_tickets(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        call.permit()?;
        let refreshed_at = super::stamp(call.now);
        Ok(ok(
            json!({ "count": { "value": self.tickets.len(), "refreshed_at": refreshed_at } }),
        ))
    }

    pub(super) fn list_comments(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        let with_users = call.include_users()?;
        call.flag("include_inline_images")?;
        let newest_first = read_time_order(call)?;
        let page = Page::read(call)?;
        call.permit()?;
        page.check_depth()?;
        let comments: Vec<_> = self.tickets.read(id)?.comments().collect();
        let shown = slice(&comments, &page, newest_first);
        let authors = shown.iter().map(|(_, comment)| comment.author_id).collect();
        let items = shown
            .iter()
            .map(|(audit, comment)| audit.comment_json(comment))
            .collect();
        let mut body = page.body(call, "comments", items, comments.len());
        if with_users {
            body.insert("users".to_owned(), self.users_json(call, authors));
        }
        Ok(ok(body))
    }

    pub(super) fn list_audits(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        let newest_first = read_time_order(call)?;
        let page = Page::read(call)?;
        call.permit()?;
        page.check_depth()?;
        let audits = &self.tickets.read(id)?.audits;
        let items = slice(audits, &page, newest_first)
            .into_iter()
            .map(Audit::to_json)
            .collect();
        Ok(ok(page.body(call, "audits", items, audits.len())))
    }

    pub(super) fn show_ticket_metrics(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        let ticket = self.tickets.read(id)?.ticket.current();
        Ok(ok(
            json!({ "ticket_metric": ticket.metrics_json(&call.origin()) }),
        ))
    }

    pub(super) fn related_to_ticket(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        let ticket = self.tickets.read(id)?.ticket.current();
        let sources: Vec<_> = ticket.follow_up_of.iter().map(u64::to_string).collect();
        Ok(ok(json!({
            "topic_id": null, "jira_issue_ids": [], "followup_source_ids": sources, "from_archive": false, "incidents": 0,
        })))
    }

    pub(super) fn list_tags(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        Ok(ok(
            json!({ "tags": self.tickets.read(id)?.ticket.current().tags }),
        ))
    }

    pub(super) fn ticket_json(&self, call: &Call<'_>, ticket: &Ticket) -> Value {
        ticket.to_json(&call.origin(), &self.fields, &self.statuses)
    }

    /// The sideload of a ticket list: each person once.
    pub(super) fn users_of(&self, call: &Call<'_>, tickets: &[&Ticket]) -> Value {
        let people = tickets
            .iter()
            .flat_map(|ticket| {
                [
                    Some(ticket.requester_id),
                    Some(ticket.submitter_id),
                    ticket.assignee_id,
                ]
            })
            .flatten()
            .collect();
        self.users_json(call, people)
    }
}

impl Call<'_> {
    /// Takes `include`; the fake sideloads users only.
    pub(super) fn include_users(&mut self) -> Result<bool, Refusal> {
        Ok(!self.include(&["users"])?.is_empty())
    }
}

/// The sort of a ticket list: `sort_by` and `sort_order` with offsets, `sort` with cursors.
/// `sort_by` beside `page[size]` is ignored by the vendor, which hides a wrong order, so it is refused.
fn read_sort(call: &mut Call<'_>) -> Result<(&'static str, bool), Refusal> {
    let by = call.choice("sort_by", SORTS)?;
    let order = call.choice("sort_order", ORDERS)?;
    let is_cursor = call
        .request
        .query_pairs()
        .iter()
        .any(|(name, _)| name == "page[size]");
    let cursor_sort = call.parameter("sort");
    if is_cursor && (by.is_some() || order.is_some()) {
        return Err(Refusal::pagination(
            "InvalidPaginationParameter",
            "sort_by and sort_order do not go with page[size]",
        ));
    }
    let Some(sent) = cursor_sort else {
        return Ok((by.unwrap_or("id"), order == Some("desc")));
    };
    let name = sent.trim_start_matches('-');
    match ["id", "updated_at", "status"]
        .into_iter()
        .find(|known| *known == name)
    {
        Some(known) if is_cursor => Ok((known, sent.starts_with('-'))),
        _ => Err(Refusal::pagination(
            "InvalidPaginationParameter",
            "sort is not valid",
        )),
    }
}

/// Whether a list in order of time is asked for backwards.
fn read_time_order(call: &mut Call<'_>) -> Result<bool, Refusal> {
    let order = call.choice("sort_order", ORDERS)?;
    let sort = call.choice("sort", &["created_at", "-created_at"])?;
    Ok(order == Some("desc") || sort == Some("-created_at"))
}

fn sort_tickets(tickets: &mut [&Ticket], by: &str) {
    match by {
        "created_at" => tickets.sort_by_key(|ticket| (ticket.created_at, ticket.id)),
        "updated_at" => tickets.sort_by_key(|ticket| (ticket.updated_at, ticket.id)),
        "status" => tickets.sort_by_key(|ticket| (ticket.status, ticket.id)),
        "subject" => tickets.sort_by(|a, b| (&a.subject, a.id).cmp(&(&b.subject, b.id))),
        _ => tickets.sort_by_key(|ticket| ticket.id),
    }
}

fn slice<'a, T>(items: &'a [T], page: &Page, newest_first: bool) -> Vec<&'a T> {
    let (start, size) = page.span();
    match newest_first {
        true => items.iter().rev().skip(start).take(size).collect(),
        false => items.iter().skip(start).take(size).collect(),
    }
}
