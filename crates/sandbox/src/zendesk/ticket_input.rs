use jiff::Timestamp;
use serde_json::{Map, Value};

use super::call::Call;
use super::error::Refusal;
use super::params::{Given, Params};
use super::tags;
use super::text::{plain_of_html, strip_tags};
use super::ticket::Status;

const PRIORITIES: &[&str] = &["urgent", "high", "normal", "low"];
const TYPES: &[&str] = &["problem", "incident", "question", "task"];

/// The longest comment taken, in bytes.
const MAX_COMMENT_BYTES: usize = 65_535;

/// The longest subject kept, in characters; the vendor cuts without a word.
const MAX_SUBJECT_CHARS: usize = 255;

/// Which of the two ticket writes a body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Create,
    Update,
}

/// The body of a ticket write, read but not yet checked against the account.
#[derive(Debug)]
pub(super) struct TicketInput {
    pub(super) subject: Given<String>,
    pub(super) comment: Option<CommentInput>,
    pub(super) status: Option<Status>,
    pub(super) custom_status_id: Option<u64>,
    pub(super) priority: Given<&'static str>,
    pub(super) kind: Given<&'static str>,
    /// As stored.
    pub(super) tags: Option<Vec<String>>,
    pub(super) external_id: Given<String>,
    pub(super) custom_fields: Vec<(u64, Value)>,
    pub(super) assignee_id: Given<u64>,
    pub(super) assignee_email: Option<String>,
    pub(super) group_id: Given<u64>,
    pub(super) requester: Option<RequesterInput>,
    pub(super) submitter_id: Option<u64>,
    pub(super) custom: Map<String, Value>,
    pub(super) followup_source: Option<u64>,
    /// The `updated_at` that a safe update insists on.
    pub(super) expected_stamp: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct CommentInput {
    pub(super) plain: String,
    /// Absent when it follows from the plain text.
    pub(super) html: Option<String>,
    /// Absent means: as the ticket's last comment.
    pub(super) public: Option<bool>,
    pub(super) author_id: Option<u64>,
}

#[derive(Debug)]
pub(super) enum RequesterInput {
    Id(u64),
    Person { name: Option<String>, email: String },
}

impl TicketInput {
    pub(super) fn read(call: &mut Call<'_>, write: Write) -> Result<Self, Refusal> {
        let mut body = Params::body(&call.request.body)?;
        let mut sent = body.required("ticket")?;
        let input = Self {
            subject: cut(sent.text("subject")?),
            comment: CommentInput::take(&mut sent, &mut call.unpermitted)?,
            status: sent
                .choice("status", Status::WORDS)?
                .value()
                .and_then(Status::parse),
            custom_status_id: sent.id("custom_status_id")?.value(),
            priority: sent.choice("priority", PRIORITIES)?,
            kind: sent.choice("type", TYPES)?,
            tags: sent.words("tags")?.map(|words| tags::stored(&words)),
            external_id: sent.text("external_id")?,
            custom_fields: take_custom_fields(&mut sent, &mut call.unpermitted)?,
            assignee_id: sent.id("assignee_id")?,
            assignee_email: sent.text("assignee_email")?.value(),
            group_id: sent.id("group_id")?,
            requester: RequesterInput::take(&mut sent, &mut call.unpermitted)?,
            submitter_id: match write {
                Write::Create => sent.id("submitter_id")?.value(),
                Write::Update => None,
            },
            custom: match sent.raw("metadata") {
                Given::Absent | Given::Null => Map::new(),
                Given::Value(Value::Object(custom)) => custom,
                Given::Value(_) => {
                    return Err(Refusal::invalid_as(
                        "metadata",
                        "ticket.metadata: expected an object",
                        "InvalidValue",
                    ));
                }
            },
            followup_source: match write {
                Write::Create => sent.id("via_followup_source_id")?.value(),
                Write::Update => None,
            },
            expected_stamp: match write {
                Write::Create => None,
                Write::Update => take_stamp(&mut sent, |sent| *sent == true)?,
            },
        };
        if write == Write::Create && input.comment.is_none() {
            return Err(Refusal::invalid_as(
                "comment",
                "Comment: cannot be blank",
                "BlankValue",
            ));
        }
        sent.finish(&mut call.unpermitted);
        body.finish(&mut call.unpermitted);
        call.permit()?;
        Ok(input)
    }
}

impl CommentInput {
    fn take(ticket: &mut Params, unpermitted: &mut Vec<String>) -> Result<Option<Self>, Refusal> {
        let Some(mut sent) = ticket.object("comment")? else {
            return Ok(None);
        };
        let body = sent.text("body")?.value();
        let html_body = sent.text("html_body")?.value();
        let public = sent.flag("public")?;
        let author_id = sent.id("author_id")?.value();
        if !sent.words("uploads")?.unwrap_or_default().is_empty() {
            return Err(Refusal::invalid(
                "base",
                "Upload: the token is unknown; the sandbox takes no uploads",
            ));
        }
        sent.finish(unpermitted);
        let plain = match (&html_body, body) {
            (Some(html), _) => plain_of_html(html),
            (None, body) => strip_tags(&body.unwrap_or_default()),
        };
        if plain.trim().is_empty() {
            return Err(Refusal::invalid_as(
                "comment",
                "Comment: cannot be blank",
                "BlankValue",
            ));
        }
        if plain.len().max(html_body.as_ref().map_or(0, String::len)) > MAX_COMMENT_BYTES {
            return Err(Refusal::invalid_as(
                "comment",
                "Comment: is too long (65535 bytes at most)",
                "ValueTooLong",
            ));
        }
        Ok(Some(Self {
            plain,
            html: html_body,
            public,
            author_id,
        }))
    }
}

impl RequesterInput {
    /// `requester_id` wins over `requester`.
    fn take(ticket: &mut Params, unpermitted: &mut Vec<String>) -> Result<Option<Self>, Refusal> {
        let id = ticket.id("requester_id")?.value();
        let sent = ticket.raw("requester");
        let person = match sent {
            Given::Absent | Given::Null => None,
            Given::Value(Value::String(email)) => Some(Self::Person { name: None, email }),
            Given::Value(Value::Number(number)) => number.as_u64().map(Self::Id),
            Given::Value(object) => {
                let mut person = Params::item("ticket.requester", object)?;
                let name = person.text("name")?.value();
                let email = person.text("email")?.value();
                person.text("locale")?;
                person.id("locale_id")?;
                person.choice("role", &["end-user"])?;
                person.flag("verified")?;
                person.finish(unpermitted);
                match email {
                    Some(email) => Some(Self::Person { name, email }),
                    None => {
                        return Err(Refusal::invalid_as(
                            "requester",
                            "Requester: Email: cannot be blank",
                            "BlankValue",
                        ));
                    }
                }
            }
        };
        Ok(id.map(Self::Id).or(person))
    }
}

fn take_custom_fields(
    ticket: &mut Params,
    unpermitted: &mut Vec<String>,
) -> Result<Vec<(u64, Value)>, Refusal> {
    let mut fields = Vec::new();
    for item in ticket.array("custom_fields")?.unwrap_or_default() {
        let mut item = Params::item("ticket.custom_fields", item)?;
        let id = item.id("id")?.value();
        let value = item.raw("value").value().unwrap_or(Value::Null);
        item.finish(unpermitted);
        let id =
            id.ok_or_else(|| Refusal::invalid("custom_fields", "Custom fields: each needs an id"))?;
        fields.push((id, value));
    }
    Ok(fields)
}

/// A false `safe_update` means the same as a true one to the vendor, which nobody intends; a
/// true one without a stamp protects nothing.
pub(super) fn take_stamp(
    sent: &mut Params,
    is_true: impl Fn(&Value) -> bool,
) -> Result<Option<Timestamp>, Refusal> {
    let stamp = sent.time("updated_stamp")?;
    let wants = match sent.raw("safe_update") {
        Given::Absent | Given::Null => None,
        Given::Value(value) => Some(is_true(&value)),
    };
    match (wants, stamp) {
        (None, None) => Ok(None),
        (Some(true), Some(stamp)) => Ok(Some(stamp)),
        (Some(false), _) => Err(Refusal::invalid(
            "safe_update",
            "Safe update: send true, or leave it out",
        )),
        (Some(true), None) => Err(Refusal::invalid(
            "updated_stamp",
            "Updated stamp: is required by safe_update",
        )),
        (None, Some(_)) => Err(Refusal::invalid(
            "safe_update",
            "Safe update: is required by updated_stamp",
        )),
    }
}

fn cut(subject: Given<String>) -> Given<String> {
    match subject {
        Given::Value(text) => Given::Value(text.chars().take(MAX_SUBJECT_CHARS).collect()),
        other => other,
    }
}
