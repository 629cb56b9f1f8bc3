use jiff::Timestamp;
use serde_json::Value;

/// What a query can see: an org through the eyes of a caller. What he must not see is not there.
pub(crate) trait Rows {
    /// A handle of a row.
    type Row: Copy;

    /// The object with this name in any case.
    fn entity(&self, name: &str) -> Option<Entity>;

    /// All rows of an object, in the order of their ids: so come results that are not sorted.
    fn rows(&self, object: &str) -> Vec<Self::Row>;

    /// At least the rows that have one of these texts in the field, in any case; `None` when
    /// there is no index to tell. Saves looking at all rows.
    fn candidates(&self, object: &str, field: &str, texts: &[&str]) -> Option<Vec<Self::Row>>;

    /// The row with this long id.
    fn row(&self, id: &str) -> Option<Self::Row>;

    /// The row's object, by its exact name.
    fn object(&self, row: Self::Row) -> &str;

    /// The row's long id.
    fn id(&self, row: Self::Row) -> &str;

    /// A value as answers show it; null when the row has no such field.
    fn value(&self, row: Self::Row, field: &str) -> Value;

    /// The time that relative dates count from, for users who live in UTC.
    fn now(&self) -> Timestamp;
}

/// An object as the caller sees it.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) parents: Vec<Parent>,
    pub(crate) children: Vec<Child>,
}

/// A field with its exact name.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) column_type: ColumnType,
}

/// A way from a row to the row it refers to.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    /// What paths call it.
    pub(crate) relationship: String,
    /// The field that holds the parent's id.
    pub(crate) field: String,
    /// Has the columns that paths can end with. Not every parent row need be of this object: a
    /// reference to several objects goes to one with the columns they have in common and without
    /// [`Rows::candidates`].
    pub(crate) object: String,
}

/// A way from a row to the rows that refer to it.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    /// What subqueries call it.
    pub(crate) relationship: String,
    pub(crate) object: String,
    /// The child's field that holds the parent's id.
    pub(crate) field: String,
}

/// What a column can be compared with, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Boolean,
    /// Text that is the same only in the same case.
    CaseSensitiveText,
    Date,
    DateTime,
    Email,
    /// The row's own id or a reference.
    Id,
    /// Text that can be read but neither filtered nor sorted by.
    LongText,
    Number,
    Phone,
    Text,
}

impl Entity {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn parent(&self, relationship: &str) -> Option<&Parent> {
        let mut parents = self.parents.iter();
        parents.find(|parent| parent.relationship.eq_ignore_ascii_case(relationship))
    }

    pub(super) fn child(&self, relationship: &str) -> Option<&Child> {
        let mut children = self.children.iter();
        children.find(|child| child.relationship.eq_ignore_ascii_case(relationship))
    }
}
