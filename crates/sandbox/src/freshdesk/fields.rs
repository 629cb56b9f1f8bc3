use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::form::MAX_LINE;
use super::options::{FieldKind, Options};
use super::problem::FieldProblem;
use super::time::stamp;

/// The label of the custom field that holds a record's leaf queue.
pub(super) const LEAF_QUEUE: &str = "Casewire leaf queue";

/// The label of the custom field that holds a record's sessions.
pub(super) const SESSIONS: &str = "Casewire sessions";

/// The longest text of many lines; what the vendor takes is not documented.
const MAX_PARAGRAPH: usize = 65_535;

/// A custom ticket field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) label_for_customers: String,
    pub(super) kind: FieldKind,
    pub(super) customers_can_edit: bool,
    pub(super) displayed_to_customers: bool,
    pub(super) position: usize,
    pub(super) created_at: Timestamp,
}

impl FieldKind {
    /// The kinds that can be added by the API; the fake does not model a dropdown's choices there.
    pub(super) const NAMES: &[&str] = &[
        "custom_text",
        "custom_paragraph",
        "custom_checkbox",
        "custom_number",
        "custom_decimal",
        "custom_date",
    ];

    /// The kind with one of these names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "custom_checkbox" => Self::Checkbox,
            "custom_date" => Self::Date,
            "custom_decimal" => Self::Decimal,
            "custom_number" => Self::Number,
            "custom_paragraph" => Self::Paragraph,
            "custom_text" => Self::Text,
            _ => return None,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Checkbox => "custom_checkbox",
            Self::Date => "custom_date",
            Self::Decimal => "custom_decimal",
            Self::Dropdown(_) => "custom_dropdown",
            Self::Number => "custom_number",
            Self::Paragraph => "custom_paragraph",
            Self::Text => "custom_text",
        }
    }
}

impl Field {
    /// What is wrong with a value; any field may be emptied.
    pub(super) fn check(&self, value: &Value) -> Result<(), FieldProblem> {
        let path = format!("custom_fields.{}", self.name);
        let mismatch = |expected: &str| Err(FieldProblem::mismatch(&path, value, expected));
        if value.is_null() {
            return Ok(());
        }
        match &self.kind {
            FieldKind::Checkbox if !value.is_boolean() => mismatch("Boolean"),
            FieldKind::Decimal if !value.is_number() => mismatch("Float"),
            FieldKind::Number if value.as_i64().is_none() => mismatch("Integer"),
            FieldKind::Checkbox | FieldKind::Decimal | FieldKind::Number => Ok(()),
            kind => match value.as_str() {
                None => mismatch("String"),
                Some(text) => check_text(kind, text, &path),
            },
        }
    }

    /// As `GET /ticket_fields` lists it.
    fn item(&self, options: &Options) -> Value {
        let mut item = json!({
            "created_at": stamp(self.created_at),
            "customers_can_edit": self.customers_can_edit,
            "default": false,
            "description": "",
            "displayed_to_customers": self.displayed_to_customers,
            "id": self.id,
            "label": self.label,
            "label_for_customers": self.label_for_customers,
            "name": self.name,
            "position": self.position,
            "required_for_agents": options.required_for_agents.contains(&self.name),
            "required_for_closure": options.required_for_closure.contains(&self.name),
            "required_for_customers": false,
            "type": self.kind.name(),
            "updated_at": stamp(self.created_at),
        });
        if let FieldKind::Dropdown(choices) = &self.kind {
            item["choices"] = json!(choices);
        }
        item
    }

    /// As the administrator's routes show it.
    pub(super) fn shown_to_admin(&self, options: &Options) -> Value {
        let mut shown = self.item(options);
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("description");
        }
        shown["archived"] = json!(false);
        shown
    }
}

fn check_text(kind: &FieldKind, text: &str, path: &str) -> Result<(), FieldProblem> {
    let length = text.chars().count();
    match kind {
        FieldKind::Text if length > MAX_LINE => Err(FieldProblem::too_long(path, length, MAX_LINE)),
        FieldKind::Paragraph if length > MAX_PARAGRAPH => {
            Err(FieldProblem::too_long(path, length, MAX_PARAGRAPH))
        }
        FieldKind::Date if text.parse::<jiff::civil::Date>().is_err() || text.len() != 10 => Err(
            FieldProblem::invalid(path, "It should be in the 'yyyy-mm-dd' format"),
        ),
        FieldKind::Dropdown(choices) if !choices.iter().any(|choice| choice == text) => {
            Err(FieldProblem::none_of(path, choices))
        }
        _ => Ok(()),
    }
}

/// The account's custom ticket fields.
#[derive(Debug, Default)]
pub(super) struct Fields {
    custom: Vec<Field>,
}

impl Fields {
    pub(super) fn named(&self, name: &str) -> Option<&Field> {
        self.custom.iter().find(|field| field.name == name)
    }

    pub(super) fn labelled(&self, label: &str) -> Option<&Field> {
        self.custom.iter().find(|field| field.label == label)
    }

    pub(super) fn all(&self) -> &[Field] {
        &self.custom
    }

    /// Adds a field and makes up its name.
    pub(super) fn add(&mut self, mut field: Field, suffix: Option<u64>) -> &Field {
        let words = field.label.to_lowercase();
        let words = words.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let mut name = format!("cf_{}", words.join("_"));
        match suffix {
            Some(suffix) => name = format!("{name}_{suffix}"),
            None if self.named(&name).is_some() => name = format!("{name}_{}", field.id),
            None => {}
        }
        field.name = name;
        field.position = self.custom.len() + 20;
        let index = self.custom.len();
        self.custom.push(field);
        &self.custom[index]
    }

    /// The custom fields of a ticket that was given no values: all are there.
    pub(super) fn blank_values(&self) -> Map<String, Value> {
        let names = self.custom.iter();
        names
            .map(|field| {
                let empty = match field.kind {
                    FieldKind::Checkbox => json!(false),
                    _ => Value::Null,
                };
                (field.name.clone(), empty)
            })
            .collect()
    }

    /// The custom fields as `GET /ticket_fields` lists them.
    pub(super) fn items(&self, options: &Options) -> impl Iterator<Item = Value> {
        self.custom.iter().map(|field| field.item(options))
    }
}
