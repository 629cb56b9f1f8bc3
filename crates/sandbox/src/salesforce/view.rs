use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::access::{Actor, Use};
use super::database::Database;
use super::id::Id;
use super::schema::{Field, Kind, Object, Place};
use super::soql::{Child, Column, ColumnType, Entity, Parent, Rows};
use super::store::Row;

/// The org as queries of the integration user see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) database: &'a Database,
    pub(super) part: Part,
    pub(super) now: Timestamp,
}

/// Which API asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Data,
    Tooling,
}

/// What the rows have in common that a reference to several objects can go to.
const NAME: &str = "Name";
const NAME_COLUMNS: &[(&str, ColumnType)] = &[("Id", ColumnType::Id), ("Name", ColumnType::Text)];

impl View<'_> {
    /// Whether the search index knows a row by now.
    pub(super) fn is_indexed(&self, row: &Row, lag: Duration) -> bool {
        let horizon = self.now.saturating_sub(lag).unwrap_or(Timestamp::MIN);
        row.indexed_from <= horizon
    }

    fn object_named(&self, name: &str) -> Option<&Object> {
        let mut objects = self.database.schema.objects();
        let object = objects.find(|object| object.name.eq_ignore_ascii_case(name))?;
        let is_here = match self.part {
            Part::Data => object.is_in_data(),
            Part::Tooling => object.place != Place::Data,
        };
        let visible = is_here && self.database.may(Actor::Integration, Use::Read, object);
        visible.then_some(object)
    }

    fn parents(&self, fields: &[&Field]) -> Vec<Parent> {
        let parents = fields.iter().filter_map(|field| {
            let Kind::Reference(targets) = &field.kind else {
                return None;
            };
            Some(Parent {
                relationship: field.relationship.clone()?,
                field: field.name.clone(),
                object: match targets.as_slice() {
                    [target] => target.clone(),
                    _ => NAME.to_owned(),
                },
            })
        });
        parents.collect()
    }

    fn children(&self, parent: &Object) -> Vec<Child> {
        let mut children = Vec::new();
        for object in self.database.schema.objects() {
            for field in object
                .fields
                .iter()
                .filter(|field| field.refers_to(&parent.name))
            {
                if let Some(relationship) = &field.children
                    && self.database.sees(Actor::Integration, object, field)
                {
                    children.push(Child {
                        relationship: relationship.clone(),
                        object: object.name.clone(),
                        field: field.name.clone(),
                    });
                }
            }
        }
        children
    }
}

impl<'a> Rows for View<'a> {
    type Row = &'a Row;

    fn entity(&self, name: &str) -> Option<Entity> {
        if name.eq_ignore_ascii_case(NAME) {
            let columns = NAME_COLUMNS.iter().map(|(name, column_type)| Column {
                name: (*name).to_owned(),
                column_type: *column_type,
            });
            return Some(Entity {
                name: NAME.to_owned(),
                columns: columns.collect(),
                parents: Vec::new(),
                children: Vec::new(),
            });
        }
        let object = self.object_named(name)?;
        let sees = |field: &&Field| self.database.sees(Actor::Integration, object, field);
        let fields: Vec<_> = object.fields.iter().filter(sees).collect();
        let columns = fields.iter().map(|field| Column {
            name: field.name.clone(),
            column_type: column_type(field),
        });
        Some(Entity {
            name: object.name.clone(),
            columns: columns.collect(),
            parents: self.parents(&fields),
            children: self.children(object),
        })
    }

    fn rows(&self, object: &str) -> Vec<&'a Row> {
        self.database.rows_of(object).collect()
    }

    fn candidates(&self, object: &str, field: &str, texts: &[&str]) -> Option<Vec<&'a Row>> {
        let object = self.database.schema.object(object)?;
        let described = object.field(field)?;
        if described.name == "Id" {
            let ids = texts.iter().filter_map(|text| Id::parse(text));
            let rows = ids.filter_map(|id| self.database.row(id));
            return Some(rows.filter(|row| row.object == object.name).collect());
        }
        if !described.is_indexed() || described.formula.is_some() {
            return None;
        }
        let store = &self.database.store;
        let found = texts.iter().flat_map(|text| {
            let long = match described.kind {
                Kind::Reference(_) => Id::parse(text),
                _ => None,
            };
            let text = long.as_ref().map_or(*text, Id::as_str);
            store.with(object, field, text).collect::<Vec<_>>()
        });
        Some(found.collect())
    }

    fn row(&self, id: &str) -> Option<&'a Row> {
        self.database.row(Id::parse(id)?)
    }

    fn object(&self, row: &'a Row) -> &str {
        &row.object
    }

    fn id(&self, row: &'a Row) -> &str {
        row.id.as_str()
    }

    fn value(&self, row: &'a Row, field: &str) -> Value {
        if let Some(value) = row.values.get(field) {
            return value.clone();
        }
        match self.database.schema.formula(&row.object, field) {
            Some(formula) => self.database.value(row, formula),
            // Cases go by their number where others have a name.
            None if field == "Name" => row.value("CaseNumber").clone(),
            None => Value::Null,
        }
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

fn column_type(field: &Field) -> ColumnType {
    match field.kind {
        Kind::Boolean => ColumnType::Boolean,
        Kind::Date => ColumnType::Date,
        Kind::DateTime => ColumnType::DateTime,
        Kind::Double(..) | Kind::Int => ColumnType::Number,
        Kind::Email => ColumnType::Email,
        Kind::Id | Kind::Reference(_) => ColumnType::Id,
        Kind::LongText(_) if !field.filterable() => ColumnType::LongText,
        Kind::Phone => ColumnType::Phone,
        Kind::Text(_) if field.case_sensitive => ColumnType::CaseSensitiveText,
        Kind::LongText(_) | Kind::Picklist(_) | Kind::Text(_) | Kind::Url => ColumnType::Text,
    }
}
