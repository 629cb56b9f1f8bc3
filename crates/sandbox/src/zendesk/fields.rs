use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::call::{Call, created, ok};
use super::error::Refusal;
use super::params::Params;
use super::{Ids, Zendesk, stamp};
use crate::answer::Answer;

/// The title of the custom field that holds the leaf queue's id.
pub(super) const LEAF_QUEUE: &str = "Casewire leaf queue";
/// The title of the custom field that holds the traces of sessions.
pub(super) const SESSIONS: &str = "Casewire sessions";

/// The system fields every account has: type and title.
const SYSTEM: &[(&str, &str)] = &[
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("tickettype", "Type"),
    ("priority", "Priority"),
    ("group", "Group"),
    ("assignee", "Assignee"),
];

/// The custom types the fake can create.
const CUSTOM: &[&str] = &[
    "text",
    "textarea",
    "checkbox",
    "date",
    "integer",
    "decimal",
    "regexp",
    "tagger",
    "multiselect",
];

/// The account's ticket fields, in the order of their creation.
#[derive(Debug)]
pub(super) struct Fields {
    all: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) id: u64,
    pub(super) kind: &'static str,
    pub(super) title: String,
    description: String,
    position: usize,
    is_custom: bool,
    options: Vec<FieldOption>,
    regexp: Option<String>,
    created_at: Timestamp,
}

#[derive(Clone, Debug)]
struct FieldOption {
    id: u64,
    name: String,
    value: String,
}

impl Fields {
    pub(super) fn of_new_account(ids: &mut Ids) -> Self {
        let system = SYSTEM
            .iter()
            .enumerate()
            .map(|(position, (kind, title))| Field {
                id: ids.next(),
                kind,
                title: (*title).to_owned(),
                description: (*title).to_owned(),
                position: position + 1,
                is_custom: false,
                options: Vec::new(),
                regexp: None,
                created_at: Timestamp::UNIX_EPOCH,
            });
        Self {
            all: system.collect(),
        }
    }

    pub(super) fn custom(&self) -> impl Iterator<Item = &Field> {
        self.all.iter().filter(|field| field.is_custom)
    }

    pub(super) fn titled(&self, title: &str) -> Option<u64> {
        self.custom()
            .find(|field| field.title == title)
            .map(|field| field.id)
    }

    pub(super) fn custom_with_id(&self, id: u64) -> Option<&Field> {
        self.custom().find(|field| field.id == id)
    }

    /// The id of a system field.
    pub(super) fn system(&self, kind: &str) -> u64 {
        self.all
            .iter()
            .find(|field| field.kind == kind)
            .map_or(0, |field| field.id)
    }

    /// Adds a custom text field unless one has this title; says its id.
    pub(super) fn ensure(
        &mut self,
        title: &str,
        kind: &'static str,
        ids: &mut Ids,
        now: Timestamp,
    ) -> u64 {
        if let Some(id) = self.titled(title) {
            return id;
        }
        let id = ids.next();
        self.all.push(Field {
            id,
            kind,
            title: title.to_owned(),
            description: title.to_owned(),
            position: 9999,
            is_custom: true,
            options: Vec::new(),
            regexp: None,
            created_at: now,
        });
        id
    }
}

impl Field {
    /// Whether a ticket may hold this value in the field.
    pub(super) fn admits(&self, value: &Value) -> bool {
        match (self.kind, value) {
            (_, Value::Null) => true,
            ("text" | "textarea" | "regexp", Value::String(_)) => true,
            ("checkbox", value) => value.is_boolean(),
            ("integer", value) => {
                value.is_i64()
                    || value
                        .as_str()
                        .is_some_and(|text| text.parse::<i64>().is_ok())
            }
            ("decimal", value) => {
                value.is_number()
                    || value
                        .as_str()
                        .is_some_and(|text| text.parse::<f64>().is_ok())
            }
            ("date", Value::String(text)) => text.parse::<Date>().is_ok(),
            ("tagger", Value::String(text)) => self.has_option(text),
            ("multiselect", Value::Array(items)) => items
                .iter()
                .all(|item| item.as_str().is_some_and(|text| self.has_option(text))),
            _ => false,
        }
    }

    fn has_option(&self, value: &str) -> bool {
        self.options.iter().any(|option| option.value == value)
    }

    /// The tags that this value puts on the ticket.
    pub(super) fn tags_of(&self, value: Option<&Value>) -> Vec<String> {
        match (self.kind, value) {
            ("tagger", Some(Value::String(text))) => vec![text.clone()],
            ("multiselect", Some(Value::Array(items))) => items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn to_json(&self, origin: &str) -> Value {
        let mut field = json!({
            "url": format!("{origin}/api/v2/ticket_fields/{}.json", self.id),
            "id": self.id, "type": self.kind, "title": self.title, "raw_title": self.title,
            "description": self.description, "raw_description": self.description, "position": self.position,
            "active": true, "required": false, "collapsed_for_agents": false, "regexp_for_validation": self.regexp,
            "title_in_portal": self.title, "raw_title_in_portal": self.title, "visible_in_portal": false,
            "editable_in_portal": false, "required_in_portal": false, "tag": null,
            "created_at": stamp(self.created_at), "updated_at": stamp(self.created_at),
            "removable": self.is_custom, "key": null, "agent_description": null,
        });
        if matches!(self.kind, "tagger" | "multiselect") {
            field["custom_field_options"] = self.options.iter().map(|option| json!({
                "id": option.id, "name": option.name, "raw_name": option.name, "value": option.value, "default": false,
            })).collect();
        }
        field
    }
}

impl Zendesk {
    /// All fields at once, as the vendor answers when no page is asked for.
    pub(super) fn list_fields(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        call.permit()?;
        let origin = call.origin();
        let fields: Vec<_> = self
            .fields
            .all
            .iter()
            .map(|field| field.to_json(&origin))
            .collect();
        let count = fields.len();
        Ok(ok(
            json!({ "ticket_fields": fields, "next_page": null, "previous_page": null, "count": count }),
        ))
    }

    pub(super) fn show_field(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let id = call.route.id(call.request)?;
        call.permit()?;
        let field = self.fields.all.iter().find(|field| field.id == id);
        let field = field.ok_or_else(Refusal::not_found)?;
        Ok(ok(json!({ "ticket_field": field.to_json(&call.origin()) })))
    }

    pub(super) fn create_field(&mut self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let mut body = Params::body(&call.request.body)?;
        let mut sent = body.required("ticket_field")?;
        let kind = sent.choice("type", CUSTOM)?.value();
        let kind =
            kind.ok_or_else(|| Refusal::invalid_as("type", "Type: cannot be blank", "BlankValue"))?;
        let title = sent
            .text("title")?
            .value()
            .filter(|title| !title.trim().is_empty());
        let title = title
            .ok_or_else(|| Refusal::invalid_as("title", "Title: cannot be blank", "BlankValue"))?;
        let description = sent.text("description")?.value();
        let regexp = sent.text("regexp_for_validation")?.value();
        sent.flag("active")?;
        let options = self.read_options(&mut sent, &mut call.unpermitted)?;
        if matches!(kind, "tagger" | "multiselect") != !options.is_empty() {
            return Err(Refusal::invalid(
                "custom_field_options",
                "Field options: needed by, and only by, tagger and multiselect",
            ));
        }
        sent.finish(&mut call.unpermitted);
        body.finish(&mut call.unpermitted);
        call.permit()?;
        let field = Field {
            id: self.ids.next(),
            kind,
            description: description.unwrap_or_else(|| title.clone()),
            title,
            position: 9999,
            is_custom: true,
            options,
            regexp,
            created_at: call.now,
        };
        let body = field.to_json(&call.origin());
        self.fields.all.push(field);
        let location = body["url"].as_str().unwrap_or_default().to_owned();
        Ok(created(&json!({ "ticket_field": body }), &location))
    }

    fn read_options(
        &mut self,
        sent: &mut Params,
        unpermitted: &mut Vec<String>,
    ) -> Result<Vec<FieldOption>, Refusal> {
        let mut options = Vec::new();
        for item in sent.array("custom_field_options")?.unwrap_or_default() {
            let mut item = Params::item("ticket_field.custom_field_options", item)?;
            let (name, value) = (item.text("name")?.value(), item.text("value")?.value());
            item.finish(unpermitted);
            let (Some(name), Some(value)) = (name, value) else {
                return Err(Refusal::invalid(
                    "custom_field_options",
                    "Field options: need a name and a value",
                ));
            };
            options.push(FieldOption {
                id: self.ids.next(),
                name,
                value,
            });
        }
        Ok(options)
    }
}
