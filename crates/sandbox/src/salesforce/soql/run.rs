use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::datum::Datum;
use super::error::SoqlError;
use super::filter::{Filter, Reach};
use super::query::{Clauses, Direction, Nulls, Query, Select};
use super::resolve::{Joins, Resolver};
use super::rows::{Entity, Rows};
use super::shape::Shape;

/// What a query found, in its order.
#[derive(Clone, Debug)]
pub(crate) struct Found<Row> {
    /// How many; for `count()` there is no row to show.
    pub(crate) total: usize,
    pub(crate) rows: Vec<Row>,
}

impl Query {
    /// Everything that the query finds among the rows.
    pub(crate) fn run<R: Rows>(&self, rows: &R) -> Result<Found<R::Row>, SoqlError> {
        self.run_among(rows, |_| true)
    }

    /// What the query finds among the rows that are wanted.
    pub(crate) fn run_among<R: Rows>(
        &self,
        rows: &R,
        wanted: impl Fn(R::Row) -> bool,
    ) -> Result<Found<R::Row>, SoqlError> {
        let resolver = Resolver {
            rows,
            text: &self.text,
        };
        let entity = resolver.entity(&self.object)?;
        if let Select::Items(items) = &self.select {
            Shape::new(&resolver, &entity, items)?;
        }
        let plan = Plan::new(&resolver, &entity, &self.clauses, Joins::Allowed)?;
        let mut matched = matching(rows, &entity.name, plan.filter.as_ref());
        matched.retain(|row| wanted(*row));
        let mut found = plan.arrange(rows, matched);
        let total = found.len();
        if matches!(self.select, Select::Count) {
            found.clear();
        }
        Ok(Found { total, rows: found })
    }

    /// Rows as the query's answer shows them; `version` is that of the path, such as `66.0`.
    pub(crate) fn records<R: Rows>(
        &self,
        rows: &R,
        found: &[R::Row],
        version: &str,
    ) -> Result<Vec<Value>, SoqlError> {
        let resolver = Resolver {
            rows,
            text: &self.text,
        };
        let entity = resolver.entity(&self.object)?;
        let Select::Items(items) = &self.select else {
            return Ok(Vec::new());
        };
        let shape = Shape::new(&resolver, &entity, items)?;
        let records = found.iter().map(|row| shape.record(rows, *row, version));
        Ok(records.collect())
    }
}

/// The rows of an object that a filter lets through.
pub(super) fn matching<R: Rows>(rows: &R, object: &str, filter: Option<&Filter>) -> Vec<R::Row> {
    let Some(filter) = filter else {
        return rows.rows(object);
    };
    let Some(candidates) = filter.candidates(rows, object) else {
        let mut found = rows.rows(object);
        found.retain(|row| filter.holds(rows, *row));
        return found;
    };
    let found = candidates
        .into_iter()
        .filter(|row| filter.holds(rows, *row));
    // Each once, and as if all rows had been looked at.
    let found: BTreeMap<_, _> = found.map(|row| (rows.id(row), row)).collect();
    found.into_values().collect()
}

/// Clauses whose names exist.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) filter: Option<Filter>,
    order: Vec<Sort>,
    limit: Option<usize>,
    offset: usize,
}

#[derive(Clone, Debug)]
struct Sort {
    reach: Reach,
    direction: Direction,
    nulls: Nulls,
}

impl Plan {
    pub(super) fn new<R: Rows>(
        resolver: &Resolver<'_, R>,
        entity: &Entity,
        clauses: &Clauses,
        joins: Joins,
    ) -> Result<Self, SoqlError> {
        let filter = clauses.filter.as_ref();
        let filter = filter.map(|condition| resolver.filter(entity, condition, joins));
        let order = clauses.order.iter().map(|order| {
            Ok(Sort {
                reach: resolver.sortable(entity, &order.path)?,
                direction: order.direction,
                nulls: order.nulls,
            })
        });
        Ok(Self {
            filter: filter.transpose()?,
            order: order.collect::<Result<_, SoqlError>>()?,
            limit: clauses.limit,
            offset: clauses.offset,
        })
    }

    /// Sorts, skips and cuts off. Rows that sort alike stay in their order.
    pub(super) fn arrange<R: Rows>(&self, rows: &R, found: Vec<R::Row>) -> Vec<R::Row> {
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.order.is_empty() {
            return found.into_iter().skip(self.offset).take(limit).collect();
        }
        let mut keyed: Vec<_> = found
            .into_iter()
            .map(|row| {
                let keys = self.order.iter().map(|sort| sort.reach.datum(rows, row));
                (keys.collect::<Vec<_>>(), row)
            })
            .collect();
        keyed.sort_by(|(left, _), (right, _)| {
            let keys = self.order.iter().zip(left.iter().zip(right));
            keys.map(|(sort, (left, right))| sort.compare(left.as_ref(), right.as_ref()))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        let sorted = keyed.into_iter().map(|(_, row)| row);
        sorted.skip(self.offset).take(limit).collect()
    }
}

impl Sort {
    fn compare(&self, left: Option<&Datum>, right: Option<&Datum>) -> Ordering {
        let by_presence = left.is_some().cmp(&right.is_some());
        let (Some(left), Some(right)) = (left, right) else {
            return match self.nulls {
                Nulls::First => by_presence,
                Nulls::Last => by_presence.reverse(),
            };
        };
        let order = left.partial_cmp(right).unwrap_or(Ordering::Equal);
        match self.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    }
}
