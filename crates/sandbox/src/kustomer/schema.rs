use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::id::Id;
use super::metadata::{Attribute, AttributeType};
use super::problem::Problem;

/// The custom attributes that a resource has, by their names.
pub(super) type Attributes = BTreeMap<String, Attribute>;

/// What an object of a body may hold; nothing else is allowed.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) required: &'static [&'static str],
    pub(super) keys: &'static [(&'static str, Kind)],
}

/// What a value has to be.
#[derive(Debug)]
pub(super) enum Kind {
    /// Whatever it is: the handler looks at it.
    Any,
    /// The organisation's own attributes.
    Custom,
    Email,
    Flag,
    /// Any object.
    Free,
    Id,
    Integer(i64, i64),
    /// At most so many different values.
    List(usize, &'static Self),
    Nullable(&'static Self),
    Number,
    Object(&'static Schema),
    /// In E.164.
    Phone,
    Tag,
    /// At least and at most so many UTF-16 units.
    Text(usize, usize),
    Time,
    /// Legal, but not modelled, so only null or empty.
    Unmodelled,
    Word(&'static [&'static str]),
}

const MAX_CUSTOM_KEYS: usize = 100;
const MAX_CUSTOM_TEXT: usize = 1024;

/// The length of a tag, in characters.
const MAX_TAG: usize = 64;

/// Where a value stands: the key it belongs to and its place in the schema.
struct Place<'a> {
    parameter: &'a str,
    path: String,
}

impl Place<'_> {
    fn below<'a>(&self, key: &'a str) -> Place<'a> {
        Place {
            parameter: key,
            path: format!("{}/properties/{key}", self.path),
        }
    }

    fn item(&self) -> Place<'_> {
        Place {
            parameter: self.parameter,
            path: format!("{}/items", self.path),
        }
    }

    fn refuse(&self, rule: &str, title: impl Into<String>) -> Problem {
        let detail = format!("{}/{rule}", self.path);
        Problem::schema(self.parameter, title, detail)
    }

    fn expect(&self, holds: bool, expected: &str) -> Result<(), Problem> {
        match holds {
            true => Ok(()),
            false => Err(self.refuse("type", format!("Not {expected}"))),
        }
    }
}

impl Schema {
    pub(super) fn check(
        &self,
        members: &Map<String, Value>,
        custom: &Attributes,
    ) -> Result<(), Problem> {
        let place = Place {
            parameter: "body",
            path: String::new(),
        };
        self.check_at(&place, members, custom)
    }

    fn check_at(
        &self,
        place: &Place<'_>,
        members: &Map<String, Value>,
        custom: &Attributes,
    ) -> Result<(), Problem> {
        for (key, value) in members {
            let Some((_, kind)) = self.keys.iter().find(|(name, _)| name == key) else {
                return Err(Problem::additional(key, &place.path));
            };
            kind.check(&place.below(key), value, custom)?;
        }
        match self
            .required
            .iter()
            .find(|key| !members.contains_key(**key))
        {
            None => Ok(()),
            Some(key) => {
                let detail = format!("{}/required", place.path);
                Err(Problem::schema(key, "Missing required property", detail))
            }
        }
    }
}

impl Kind {
    pub(super) fn check_body(&self, value: &Value) -> Result<(), Problem> {
        let place = Place {
            parameter: "body",
            path: String::new(),
        };
        self.check(&place, value, &Attributes::new())
    }

    fn check(&self, place: &Place<'_>, value: &Value, custom: &Attributes) -> Result<(), Problem> {
        match self {
            Self::Any => Ok(()),
            Self::Custom => check_custom(place, value, custom),
            Self::Email => {
                let is_email =
                    |text: &str| text.contains('@') && !text.contains(char::is_whitespace);
                place.expect(value.as_str().is_some_and(is_email), "an e-mail address")
            }
            Self::Flag => place.expect(value.is_boolean(), "a boolean"),
            Self::Free => place.expect(value.is_object(), "an object"),
            Self::Id => place.expect(is_id(value), "an object id"),
            Self::Integer(min, max) => {
                let fits = value
                    .as_i64()
                    .is_some_and(|number| (*min..=*max).contains(&number));
                place.expect(fits, &format!("an integer from {min} to {max}"))
            }
            Self::List(max, item) => check_list(place, value, *max, item),
            Self::Nullable(_) if value.is_null() => Ok(()),
            Self::Nullable(kind) => kind.check(place, value, custom),
            Self::Number => place.expect(value.is_number(), "a number"),
            Self::Object(schema) => match value.as_object() {
                Some(members) => schema.check_at(place, members, custom),
                None => place.expect(false, "an object"),
            },
            Self::Phone => place.expect(value.as_str().is_some_and(is_e164), "a phone in E.164"),
            Self::Tag => check_tag(place, value),
            Self::Text(min, max) => check_text(place, value, *min, *max),
            Self::Time => place.expect(is_time(value), "a date-time"),
            Self::Unmodelled => {
                let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                place.expect(is_empty, "modelled by the sandbox")
            }
            Self::Word(words) => {
                let known = value.as_str().is_some_and(|word| words.contains(&word));
                match known {
                    true => Ok(()),
                    false => {
                        Err(place
                            .refuse("enum", format!("{value} is none of {}", words.join(", "))))
                    }
                }
            }
        }
    }
}

fn check_list(place: &Place<'_>, value: &Value, max: usize, item: &Kind) -> Result<(), Problem> {
    let Some(items) = value.as_array() else {
        return place.expect(false, "an array");
    };
    if items.len() > max {
        return Err(place.refuse("maxItems", format!("More than {max} items")));
    }
    for (index, value) in items.iter().enumerate() {
        if items[..index].contains(value) {
            return Err(place.refuse("uniqueItems", "Items are not unique"));
        }
        item.check(&place.item(), value, &Attributes::new())?;
    }
    Ok(())
}

fn check_text(place: &Place<'_>, value: &Value, min: usize, max: usize) -> Result<(), Problem> {
    let Some(text) = value.as_str() else {
        return place.expect(false, "a string");
    };
    // The vendor does not say which unit it counts; this is the larger count.
    match text.encode_utf16().count() {
        length if length < min => {
            Err(place.refuse("minLength", format!("Shorter than {min} characters")))
        }
        length if length > max => {
            Err(place.refuse("maxLength", format!("Longer than {max} characters")))
        }
        _ => Ok(()),
    }
}

fn check_tag(place: &Place<'_>, value: &Value) -> Result<(), Problem> {
    check_text(place, value, 1, MAX_TAG)?;
    let fits = value.as_str().is_some_and(is_tag);
    match fits {
        true => Ok(()),
        false => Err(place.refuse("pattern", "Characters that tags do not have")),
    }
}

/// Letters of Latin 1, digits and `_/<>-.`; blanks, but not at the start.
pub(super) fn is_tag(text: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || ('À'..='ÿ').contains(&c) || "_/<>-.".contains(c);
    text.starts_with(is_plain) && text.chars().all(|c| is_plain(c) || c == ' ')
}

fn check_custom(place: &Place<'_>, value: &Value, custom: &Attributes) -> Result<(), Problem> {
    let Some(members) = value.as_object() else {
        return place.expect(false, "an object");
    };
    if members.len() > MAX_CUSTOM_KEYS {
        return Err(place.refuse("maxProperties", "Too many properties"));
    }
    for (name, value) in members {
        let Some(attribute) = custom.get(name) else {
            return Err(Problem::additional(name, &place.path));
        };
        if !value.is_null() {
            check_attribute(&place.below(name), value, attribute.kind)?;
        }
    }
    Ok(())
}

fn check_attribute(place: &Place<'_>, value: &Value, kind: AttributeType) -> Result<(), Problem> {
    match kind {
        AttributeType::Bool => place.expect(value.is_boolean(), "a boolean"),
        AttributeType::Date => place.expect(is_time(value), "a date-time"),
        AttributeType::Id => place.expect(is_id(value), "an object id"),
        AttributeType::Number => place.expect(value.is_number(), "a number"),
        AttributeType::Text | AttributeType::Url => check_text(place, value, 0, MAX_CUSTOM_TEXT),
    }
}

fn is_id(value: &Value) -> bool {
    value.as_str().and_then(Id::parse).is_some()
}

fn is_time(value: &Value) -> bool {
    let time = value.as_str().map(str::parse::<Timestamp>);
    time.is_some_and(|time| time.is_ok())
}

pub(super) fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}
