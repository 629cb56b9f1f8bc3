use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::datum::{Datum, Operand};
use super::error::SoqlError;
use super::filter::{Check, Filter, Reach, parent};
use super::query::{Comparison, Item, Query, Select};
use super::resolve::{Joins, Resolver};
use super::rows::{ColumnType, Entity, Rows};
use super::run::{Plan, matching};

/// What a record shows: fields, parents with their own shape, and children.
#[derive(Debug, Default)]
pub(super) struct Shape {
    fields: Vec<String>,
    parents: Vec<ParentShape>,
    children: Vec<ChildShape>,
}

#[derive(Debug)]
struct ParentShape {
    relationship: String,
    field: String,
    shape: Shape,
}

#[derive(Debug)]
struct ChildShape {
    relationship: String,
    object: String,
    field: String,
    plan: Plan,
    shape: Shape,
}

impl Shape {
    pub(super) fn new<R: Rows>(
        resolver: &Resolver<'_, R>,
        entity: &Entity,
        items: &[Item],
    ) -> Result<Self, SoqlError> {
        let mut shape = Self::default();
        let mut selected = HashSet::new();
        for item in items {
            match item {
                Item::Path(path) => {
                    let reach = resolver.reach(entity, path)?;
                    let name = path.to_string();
                    if !selected.insert(name.to_ascii_lowercase()) {
                        let problem = format!("duplicate field selected: {name}");
                        return Err(SoqlError::new("INVALID_FIELD", problem));
                    }
                    shape.add(reach);
                }
                Item::Children(query) => shape
                    .children
                    .push(ChildShape::new(resolver, entity, query)?),
            }
        }
        Ok(shape)
    }

    fn add(&mut self, reach: Reach) {
        let mut shape = self;
        for hop in reach.hops {
            let known = shape
                .parents
                .iter()
                .position(|known| known.relationship == hop.relationship);
            let index = known.unwrap_or_else(|| {
                shape.parents.push(ParentShape {
                    relationship: hop.relationship,
                    field: hop.field,
                    shape: Self::default(),
                });
                shape.parents.len() - 1
            });
            shape = &mut shape.parents[index].shape;
        }
        shape.fields.push(reach.field);
    }

    pub(super) fn record<R: Rows>(&self, rows: &R, row: R::Row, version: &str) -> Value {
        let (object, id) = (rows.object(row), rows.id(row));
        let url = format!("/services/data/v{version}/sobjects/{object}/{id}");
        let mut record = Map::new();
        record.insert(
            "attributes".to_owned(),
            json!({ "type": object, "url": url }),
        );
        for field in &self.fields {
            record.insert(field.clone(), rows.value(row, field));
        }
        for shape in &self.parents {
            let parent = parent(rows, row, &shape.field);
            let shown = parent.map(|parent| shape.shape.record(rows, parent, version));
            record.insert(shape.relationship.clone(), shown.unwrap_or_default());
        }
        for shape in &self.children {
            record.insert(shape.relationship.clone(), shape.records(rows, id, version));
        }
        Value::Object(record)
    }
}

impl ChildShape {
    fn new<R: Rows>(
        resolver: &Resolver<'_, R>,
        parent: &Entity,
        query: &Query,
    ) -> Result<Self, SoqlError> {
        let (child, entity) = resolver.children(parent, &query.object)?;
        let Select::Items(items) = &query.select else {
            return Err(SoqlError::unexpected("count"));
        };
        Ok(Self {
            relationship: child.relationship.clone(),
            field: child.field.clone(),
            shape: Shape::new(resolver, &entity, items)?,
            plan: Plan::new(resolver, &entity, &query.clauses, Joins::Nested)?,
            object: entity.name,
        })
    }

    fn records<R: Rows>(&self, rows: &R, parent: &str, version: &str) -> Value {
        let of_parent = Filter::Test(
            Reach {
                hops: Vec::new(),
                field: self.field.clone(),
                column_type: ColumnType::Id,
            },
            Check::Compare(
                Comparison::Equal,
                Operand::Datum(Datum::Text(parent.to_owned())),
            ),
        );
        let mut found = matching(rows, &self.object, Some(&of_parent));
        if let Some(filter) = &self.plan.filter {
            found.retain(|row| filter.holds(rows, *row));
        }
        let found = self.plan.arrange(rows, found);
        if found.is_empty() {
            return Value::Null;
        }
        let records = found
            .iter()
            .map(|row| self.shape.record(rows, *row, version));
        let records: Vec<_> = records.collect();
        json!({ "totalSize": records.len(), "done": true, "records": records })
    }
}
