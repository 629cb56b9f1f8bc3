//! What the org has of what it should have.
//!
//! Source: Tooling API Developer Guide, `CustomField` and `CustomObject`.

use std::collections::BTreeMap;

use casewire_core::Result;
use casewire_http::Request;

use crate::composite::Rows;
use crate::connector::Salesforce;
use crate::describe::{Described, DescribedField};
use crate::entry::ENTRY_OBJECT;
use crate::row::Row;
use crate::schema::{Maker, Schema, WantedField};
use crate::soql;

/// Where a query is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The org's rows.
    Data,
    /// The definitions of objects and fields, whoever may see them.
    Tooling,
}

/// The objects as the user of the credentials sees them, and what is hidden from that user.
pub(crate) struct Inventory {
    described: BTreeMap<&'static str, Described>,
    hidden: Hidden,
}

/// Custom fields and objects that the user does not see.
#[derive(Default)]
pub(crate) struct Hidden {
    entry_object: bool,
    /// By object and API name.
    fields: Vec<(String, String)>,
}

impl Inventory {
    /// The object, if the user sees it.
    pub(crate) fn object(&self, name: &str) -> Option<&Described> {
        self.described.get(name)
    }

    /// The field, if the user sees it.
    pub(crate) fn field(&self, wanted: &WantedField) -> Option<&DescribedField> {
        self.object(wanted.described_on())?.field(&wanted.name)
    }

    /// Whether the field is there and the user does not see it.
    pub(crate) fn hides(&self, wanted: &WantedField) -> bool {
        let mut hidden = self.hidden.fields.iter();
        hidden.any(|(object, name)| object == wanted.object && *name == wanted.name)
    }

    /// Whether the org has the custom object for entries.
    pub(crate) fn has_entry_object(&self) -> bool {
        self.hidden.entry_object || self.object(ENTRY_OBJECT).is_some()
    }

    /// Whether Casewire makes a field that the user does not see.
    pub(crate) fn lacks_any(&self, schema: &Schema) -> bool {
        !self.unseen(schema).is_empty()
    }

    fn unseen<'s>(&self, schema: &'s Schema) -> Vec<&'s WantedField> {
        let made = schema
            .fields
            .iter()
            .filter(|field| field.maker == Maker::Casewire);
        made.filter(|field| self.field(field).is_none()).collect()
    }

    /// With what the user does not see.
    pub(crate) fn with(self, hidden: Hidden) -> Self {
        Self { hidden, ..self }
    }
}

impl Salesforce {
    /// What the user sees.
    pub(crate) async fn inventory(&self, schema: &Schema) -> Result<Inventory> {
        let mut objects: Vec<_> = schema
            .fields
            .iter()
            .map(WantedField::described_on)
            .collect();
        objects.extend(schema.access.iter().map(|access| access.object));
        objects.sort_unstable();
        objects.dedup();
        let mut described = BTreeMap::new();
        for object in objects {
            if let Some(seen) = self.describe(object).await? {
                described.insert(object, seen);
            }
        }
        Ok(Inventory {
            described,
            hidden: Hidden::default(),
        })
    }

    /// Which of the fields and objects that the user does not see are there all the same. Takes the permission View
    /// Setup and Configuration.
    pub(crate) async fn hidden(&self, schema: &Schema, seen: &Inventory) -> Result<Hidden> {
        let unseen = seen.unseen(schema);
        let names = unseen.iter().map(|field| developer_name(&field.name));
        let Some(names) = soql::list(names) else {
            return Ok(Hidden::default());
        };
        let objects = format!(
            "SELECT Id FROM CustomObject WHERE DeveloperName = {} AND NamespacePrefix = null",
            soql::text(developer_name(ENTRY_OBJECT))
        );
        let objects = self.rows(Place::Tooling, &objects).await?;
        let entry_object = objects.first().and_then(|row| row.text("Id"));
        let fields = format!(
            "SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName IN {names} AND NamespacePrefix = null"
        );
        let fields = self.rows(Place::Tooling, &fields).await?;
        Ok(Hidden {
            entry_object: entry_object.is_some(),
            fields: fields
                .iter()
                .filter_map(|row| whose(row, entry_object))
                .collect(),
        })
    }

    pub(crate) async fn rows(&self, place: Place, soql: &str) -> Result<Vec<Row>> {
        let request = match place {
            Place::Data => Request::get("/services/data/v{version}/query"),
            Place::Tooling => Request::get("/services/data/v{version}/tooling/query"),
        };
        let request = request.fill("version", &self.version).query("q", soql);
        let rows: Rows = self.api.read(request).await?;
        Ok(rows.records)
    }
}

/// The object and the API name of a custom field. Its table is a standard object's name or a custom object's id.
fn whose(row: &Row, entry_object: Option<&str>) -> Option<(String, String)> {
    let table = row.text("TableEnumOrId")?;
    // Ids come with 15 characters and with 18, of which the last 3 are a checksum.
    let is_entry = entry_object.is_some_and(|id| id.len() >= 15 && id.get(..15) == table.get(..15));
    let object = if is_entry { ENTRY_OBJECT } else { table };
    let name = format!("{}__c", row.text("DeveloperName")?);
    Some((object.to_owned(), name))
}

fn developer_name(api_name: &str) -> &str {
    api_name.strip_suffix("__c").unwrap_or(api_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_told_by_its_object() {
        let id = "01I000000000001AAA";
        for (table, object) in [
            ("Case", "Case"),
            ("Activity", "Activity"),
            (id, ENTRY_OBJECT),
            ("01I000000000001", ENTRY_OBJECT),
            ("01I000000000002AAA", "01I000000000002AAA"),
        ] {
            let row = format!(r#"{{"DeveloperName":"Casewire_Key","TableEnumOrId":"{table}"}}"#);
            let row: Row = serde_json::from_str(&row).unwrap();
            let found = whose(&row, Some(id));
            let expected = (object.to_owned(), "Casewire_Key__c".to_owned());
            assert_eq!(found, Some(expected), "{table}");
        }
    }
}
