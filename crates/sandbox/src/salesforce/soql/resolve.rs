use std::collections::HashSet;

use super::datum::{Mismatch, Operand};
use super::error::SoqlError;
use super::filter::{Check, Filter, Hop, Reach};
use super::query::{
    Comparison, Condition, Item, Literal, Membership, Name, Path, Query, Select, Test,
};
use super::rows::{Child, Column, ColumnType, Entity, Rows};
use super::run::matching;

/// Finds what a query's names mean to the caller, and refuses what means nothing. The words of
/// refusals about semi-joins are not recorded; that they are refused is documented.
pub(super) struct Resolver<'a, R> {
    pub(super) rows: &'a R,
    /// The whole query, to quote.
    pub(super) text: &'a str,
}

/// Whether a condition stands where semi-joins may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    Allowed,
    Nested,
    UnderOr,
}

const MAX_JOINS: usize = 2;
/// Objects that the inner query of a semi-join cannot be about.
const NOT_JOINED: [&str; 5] = ["Attachment", "Event", "Note", "Tag", "Task"];

impl<R: Rows> Resolver<'_, R> {
    fn refusal(&self, code: &'static str, at: usize, problem: &str) -> SoqlError {
        SoqlError::at(code, self.text, at, problem)
    }

    pub(super) fn entity(&self, name: &Name) -> Result<Entity, SoqlError> {
        self.rows.entity(&name.text).ok_or_else(|| {
            let name_text = &name.text;
            let problem = format!(
                "sObject type '{name_text}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
            );
            self.refusal("INVALID_TYPE", name.at, &problem)
        })
    }

    pub(super) fn reach(&self, entity: &Entity, path: &Path) -> Result<Reach, SoqlError> {
        let mut hops = Vec::new();
        let mut farther = None;
        for relationship in &path.parents {
            let from = farther.as_ref().unwrap_or(entity);
            let parent = from.parent(relationship);
            let reached =
                parent.and_then(|parent| Some((parent, self.rows.entity(&parent.object)?)));
            let Some((parent, reached)) = reached else {
                let problem = no_relationship(relationship, "in field path");
                return Err(self.refusal("INVALID_FIELD", path.at, &problem));
            };
            hops.push(Hop {
                relationship: parent.relationship.clone(),
                field: parent.field.clone(),
                object: reached.name.clone(),
            });
            farther = Some(reached);
        }
        let column = self.column(farther.as_ref().unwrap_or(entity), path)?;
        Ok(Reach {
            hops,
            field: column.name.clone(),
            column_type: column.column_type,
        })
    }

    fn column<'e>(&self, entity: &'e Entity, path: &Path) -> Result<&'e Column, SoqlError> {
        entity.column(&path.field).ok_or_else(|| {
            let (field, object) = (&path.field, &entity.name);
            let problem = format!(
                "No such column '{field}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
            );
            self.refusal("INVALID_FIELD", path.at, &problem)
        })
    }

    /// The relationship that a subquery is on, and the object of its rows.
    pub(super) fn children<'e>(
        &self,
        parent: &'e Entity,
        name: &Name,
    ) -> Result<(&'e Child, Entity), SoqlError> {
        let child = parent.child(&name.text);
        let found = child.and_then(|child| Some((child, self.rows.entity(&child.object)?)));
        found.ok_or_else(|| {
            let problem = no_relationship(&name.text, "in FROM part of query call");
            self.refusal("INVALID_TYPE", name.at, &problem)
        })
    }

    pub(super) fn sortable(&self, entity: &Entity, path: &Path) -> Result<Reach, SoqlError> {
        self.reach_not_long(entity, path, "sorted")
    }

    fn reach_not_long(&self, entity: &Entity, path: &Path, done: &str) -> Result<Reach, SoqlError> {
        let reach = self.reach(entity, path)?;
        if reach.column_type != ColumnType::LongText {
            return Ok(reach);
        }
        let problem = format!("field '{}' can not be {done} in a query call", path.field);
        Err(self.refusal("INVALID_FIELD", path.at, &problem))
    }

    pub(super) fn filter(
        &self,
        entity: &Entity,
        condition: &Condition,
        joins: Joins,
    ) -> Result<Filter, SoqlError> {
        let under_or = match joins {
            Joins::Allowed => Joins::UnderOr,
            refused => refused,
        };
        let each = |conditions: &[Condition], joins| -> Result<Vec<_>, _> {
            let filters = conditions.iter().map(|c| self.filter(entity, c, joins));
            filters.collect()
        };
        match condition {
            Condition::All(conditions) => {
                if conditions.iter().map(semi_joins).sum::<usize>() > MAX_JOINS {
                    let problem = format!("Maximum {MAX_JOINS} semi join sub-selects are allowed");
                    return Err(SoqlError::malformed(problem));
                }
                Ok(Filter::All(each(conditions, joins)?))
            }
            Condition::Any(conditions) => Ok(Filter::Any(each(conditions, under_or)?)),
            Condition::Not(condition) => {
                let filter = self.filter(entity, condition, under_or)?;
                Ok(Filter::Not(Box::new(filter)))
            }
            Condition::Test(path, test) => {
                let reach = self.reach_not_long(entity, path, "filtered")?;
                let check = self.check(entity, path, &reach, test, joins)?;
                Ok(Filter::Test(reach, check))
            }
        }
    }

    fn check(
        &self,
        entity: &Entity,
        path: &Path,
        reach: &Reach,
        test: &Test,
        joins: Joins,
    ) -> Result<Check, SoqlError> {
        let column_type = reach.column_type;
        let operand = |literal| self.operand(path, column_type, literal);
        match test {
            Test::Compare(comparison, literal) => {
                let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
                let operand = operand(literal)?;
                if !is_equality
                    && (column_type == ColumnType::Boolean || matches!(operand, Operand::Null))
                {
                    return Err(self.refusal("INVALID_FIELD", path.at, "invalid operator"));
                }
                Ok(Check::Compare(*comparison, operand))
            }
            Test::In(membership, literals) => {
                let operands: Result<_, _> = literals.iter().map(operand).collect();
                Ok(Check::In(*membership, operands?))
            }
            Test::Join(membership, query) => {
                self.join(entity, path, reach, (*membership, query), joins)
            }
            Test::Like(_) if column_type == ColumnType::Id => {
                let problem = "invalid operator on id field";
                Err(self.refusal("INVALID_QUERY_FILTER_OPERATOR", path.at, problem))
            }
            Test::Like(_) if !column_type.is_text() => {
                Err(self.refusal("INVALID_FIELD", path.at, "invalid operator"))
            }
            Test::Like(pattern) if column_type == ColumnType::CaseSensitiveText => {
                Ok(Check::Like(pattern.clone()))
            }
            Test::Like(pattern) => Ok(Check::Like(pattern.folded())),
        }
    }

    fn operand(
        &self,
        path: &Path,
        column_type: ColumnType,
        literal: &Literal,
    ) -> Result<Operand, SoqlError> {
        let operand = column_type.operand(literal, self.rows.now());
        operand.map_err(|mismatch| match (mismatch, literal) {
            (Mismatch::Id, Literal::Text(text)) => {
                let problem = format!("invalid ID field: {text}");
                self.refusal("INVALID_QUERY_FILTER_OPERATOR", path.at, &problem)
            }
            _ => {
                let (name, form) = column_type.literal_form();
                let field = &path.field;
                let problem = format!(
                    "value of filter criterion for field '{field}' must be of type {name} and {form}"
                );
                self.refusal("INVALID_FIELD", path.at, &problem)
            }
        })
    }

    fn join(
        &self,
        entity: &Entity,
        path: &Path,
        reach: &Reach,
        (membership, query): (Membership, &Query),
        joins: Joins,
    ) -> Result<Check, SoqlError> {
        let malformed = |problem: &str| Err(SoqlError::malformed(problem));
        match joins {
            Joins::Allowed => {}
            Joins::Nested => return malformed("Nesting of semi join sub-selects is not supported"),
            Joins::UnderOr => {
                return malformed("Semi join sub-selects are not allowed with the 'OR' operator");
            }
        }
        let inner = self.entity(&query.object)?;
        if inner.name == entity.name {
            return malformed("The inner and outer selects should not be on the same object type");
        }
        if NOT_JOINED.contains(&inner.name.as_str()) {
            let problem = format!(
                "Entity '{}' is not supported for semi join inner selects",
                inner.name
            );
            return malformed(&problem);
        }
        let Select::Items(items) = &query.select else {
            return Err(SoqlError::unexpected("count"));
        };
        let [Item::Path(inner_path)] = items.as_slice() else {
            return Err(SoqlError::unexpected(","));
        };
        let inner_reach = self.reach(&inner, inner_path)?;
        for (reach, path) in [(reach, path), (&inner_reach, inner_path)] {
            if reach.column_type != ColumnType::Id || !path.parents.is_empty() {
                let problem = format!(
                    "Semi join sub-selects can only query id fields, cannot use: '{}'",
                    path.field
                );
                return Err(self.refusal("INVALID_FIELD", path.at, &problem));
            }
        }
        let filter = query.clauses.filter.as_ref();
        let filter = filter.map(|condition| self.filter(&inner, condition, Joins::Nested));
        let found = matching(self.rows, &inner.name, filter.transpose()?.as_ref());
        let ids = found.into_iter().filter_map(|row| {
            let id = self.rows.value(row, &inner_reach.field);
            id.as_str().map(str::to_owned)
        });
        Ok(Check::Join(membership, ids.collect::<HashSet<_>>()))
    }
}

fn semi_joins(condition: &Condition) -> usize {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            conditions.iter().map(semi_joins).sum()
        }
        Condition::Not(condition) => semi_joins(condition),
        Condition::Test(_, Test::Join(..)) => 1,
        Condition::Test(..) => 0,
    }
}

fn no_relationship(name: &str, place: &str) -> String {
    format!(
        "Didn't understand relationship '{name}' {place}. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
    )
}
