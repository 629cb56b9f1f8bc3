use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::literal::Pattern;

/// A query that is well-formed. Whether its names exist is found when it is run.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// What was asked, to quote in a refusal.
    pub(crate) text: String,
    pub(crate) object: Name,
    pub(crate) select: Select,
    pub(crate) clauses: Clauses,
}

#[derive(Clone, Debug)]
pub(crate) enum Select {
    /// `count()`: only how many.
    Count,
    Items(Vec<Item>),
}

#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A subquery on a child relationship.
    Children(Query),
    Path(Path),
}

/// What can follow the object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clauses {
    pub(crate) filter: Option<Condition>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: usize,
}

/// An object or a child relationship, and the byte where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) at: usize,
}

/// Parent relationships, nearest first, then a field; and the byte where the path begins.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) parents: Vec<String>,
    pub(crate) field: String,
    pub(crate) at: usize,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parent in &self.parents {
            write!(f, "{parent}.")?;
        }
        f.write_str(&self.field)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) path: Path,
    pub(crate) direction: Direction,
    pub(crate) nulls: Nulls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// Where rows without a value go. First by default, in either direction, says the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    First,
    Last,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Path, Test),
}

#[derive(Clone, Debug)]
pub(crate) enum Test {
    Compare(Comparison, Literal),
    In(Membership, Vec<Literal>),
    /// `IN` or `NOT IN` with a query.
    Join(Membership, Box<Query>),
    Like(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    In,
    NotIn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
    NotEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Boolean(bool),
    Date(Date),
    DateTime(Timestamp),
    /// From so many days before today until the end of today.
    LastDays(u32),
    Null,
    Number(f64),
    Text(String),
}
