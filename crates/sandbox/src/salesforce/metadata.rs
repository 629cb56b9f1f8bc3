use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::schema::{Kind, Picklist};

/// The keys of a field's or object's metadata, taken one by one.
#[derive(Clone, Debug)]
pub(super) struct Metadata(Map<String, Value>);

impl Metadata {
    pub(super) fn new(sent: &Map<String, Value>) -> Self {
        Self(sent.clone())
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Takes keys that change nothing here.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(*name);
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Problem> {
        match self.0.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(missing(name)),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(wrong(name, "must be true or false")),
        }
    }

    pub(super) fn number(&mut self, name: &str, from: u64, to: u64) -> Result<u64, Problem> {
        let number = self.0.remove(name).ok_or_else(|| missing(name))?;
        let number = number
            .as_u64()
            .filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| wrong(name, &format!("must be from {from} to {to}")))
    }

    pub(super) fn kind(&mut self, name: &str) -> Result<Kind, Problem> {
        Ok(match name {
            "Checkbox" => Kind::Boolean,
            "Date" => Kind::Date,
            "DateTime" => Kind::DateTime,
            "Email" => Kind::Email,
            "LongTextArea" => {
                if !self.0.contains_key("visibleLines") {
                    return Err(missing("visibleLines"));
                }
                Kind::LongText(self.number("length", 256, 131_072)? as usize)
            }
            "Lookup" => Kind::Reference(vec![self.text("referenceTo")?]),
            "Number" => {
                let precision = self.number("precision", 1, 18)? as u32;
                let scale = self.number("scale", 0, 17)? as u32;
                let digits = precision.checked_sub(scale);
                Kind::Double(
                    digits.ok_or_else(|| wrong("scale", "is more than precision"))?,
                    scale,
                )
            }
            "Phone" => Kind::Phone,
            "Picklist" => {
                let set = self
                    .0
                    .remove("valueSet")
                    .ok_or_else(|| missing("valueSet"))?;
                let values = set["valueSetDefinition"]["value"].as_array();
                let names = values.into_iter().flatten();
                let names = names.filter_map(|value| value["fullName"].as_str());
                Kind::Picklist(Picklist {
                    values: names.map(str::to_owned).collect(),
                    restricted: set["restricted"] == json!(true),
                })
            }
            "Text" => Kind::Text(self.number("length", 1, 255)? as usize),
            "Url" => Kind::Url,
            _ => return Err(wrong("type", "is none that the sandbox models")),
        })
    }

    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(wrong(
                name,
                "is no key of it, or the sandbox does not model it",
            )),
        }
    }
}

pub(super) fn missing(name: &str) -> Problem {
    wrong(name, "is required")
}

pub(super) fn wrong(name: &str, problem: &str) -> Problem {
    Problem::bad(
        "FIELD_INTEGRITY_EXCEPTION",
        format!("Metadata: {name} {problem}"),
    )
    .on([])
}
