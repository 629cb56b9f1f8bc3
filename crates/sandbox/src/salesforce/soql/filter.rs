use std::collections::HashSet;

use serde_json::Value;

use super::datum::{Datum, Operand};
use super::literal::Pattern;
use super::query::{Comparison, Membership};
use super::rows::{ColumnType, Rows};

/// A condition whose names exist and whose literals fit.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Reach, Check),
}

#[derive(Clone, Debug)]
pub(super) enum Check {
    Compare(Comparison, Operand),
    In(Membership, Vec<Operand>),
    Join(Membership, HashSet<String>),
    Like(Pattern),
}

/// A value that can be read from a row or from one of its parents.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) hops: Vec<Hop>,
    pub(super) field: String,
    pub(super) column_type: ColumnType,
}

/// One step to a parent.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    /// The relationship's exact name.
    pub(super) relationship: String,
    /// The field with the parent's id.
    pub(super) field: String,
    /// The parent's object.
    pub(super) object: String,
}

impl Reach {
    fn value<R: Rows>(&self, rows: &R, row: R::Row) -> Value {
        let parent = self
            .hops
            .iter()
            .try_fold(row, |row, hop| parent(rows, row, &hop.field));
        parent.map_or(Value::Null, |row| rows.value(row, &self.field))
    }

    pub(super) fn datum<R: Rows>(&self, rows: &R, row: R::Row) -> Option<Datum> {
        self.column_type.datum(&self.value(rows, row))
    }
}

/// The row that a field refers to.
pub(super) fn parent<R: Rows>(rows: &R, row: R::Row, field: &str) -> Option<R::Row> {
    rows.row(rows.value(row, field).as_str()?)
}

impl Filter {
    pub(super) fn holds<R: Rows>(&self, rows: &R, row: R::Row) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.holds(rows, row)),
            Self::Any(filters) => filters.iter().any(|filter| filter.holds(rows, row)),
            Self::Not(filter) => !filter.holds(rows, row),
            Self::Test(reach, check) => check.holds(reach.datum(rows, row).as_ref()),
        }
    }

    /// At least the rows that hold, by an index and in any order; `None` when all have to be looked at.
    pub(super) fn candidates<R: Rows>(&self, rows: &R, object: &str) -> Option<Vec<R::Row>> {
        match self {
            Self::All(filters) => {
                let found = filters.iter().filter_map(|f| f.candidates(rows, object));
                found.min_by_key(Vec::len)
            }
            Self::Any(filters) => {
                let found = filters.iter().map(|f| f.candidates(rows, object));
                let found: Vec<_> = found.collect::<Option<_>>()?;
                Some(found.concat())
            }
            Self::Not(_) => None,
            Self::Test(reach, check) => {
                let texts = check.texts()?;
                with_texts(rows, object, &reach.hops, &reach.field, &texts)
            }
        }
    }
}

fn with_texts<R: Rows>(
    rows: &R,
    object: &str,
    hops: &[Hop],
    field: &str,
    texts: &[&str],
) -> Option<Vec<R::Row>> {
    let Some((hop, farther)) = hops.split_first() else {
        return rows.candidates(object, field, texts);
    };
    let parents = with_texts(rows, &hop.object, farther, field, texts)?;
    let ids: Vec<_> = parents.iter().map(|parent| rows.id(*parent)).collect();
    rows.candidates(object, &hop.field, &ids)
}

impl Check {
    fn holds(&self, datum: Option<&Datum>) -> bool {
        match self {
            Self::Compare(comparison, operand) => operand.holds(*comparison, datum),
            Self::In(membership, operands) => {
                let is_in = operands.iter().any(|operand| operand.equals(datum));
                is_in == (*membership == Membership::In)
            }
            Self::Join(membership, ids) => {
                let is_in = matches!(datum, Some(Datum::Text(id)) if ids.contains(id));
                is_in == (*membership == Membership::In)
            }
            Self::Like(pattern) => {
                matches!(datum, Some(Datum::Text(text)) if pattern.matches(text))
            }
        }
    }

    /// The texts one of which a value must be; `None` when there is no such list.
    fn texts(&self) -> Option<Vec<&str>> {
        let text = |operand| match operand {
            &Operand::Datum(Datum::Text(ref text)) => Some(text.as_str()),
            _ => None,
        };
        match self {
            Self::Compare(Comparison::Equal, operand) => Some(vec![text(operand)?]),
            Self::In(Membership::In, operands) => operands.iter().map(text).collect(),
            Self::Join(Membership::In, ids) => Some(ids.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}
