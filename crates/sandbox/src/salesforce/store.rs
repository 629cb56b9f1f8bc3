use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::id::Id;
use super::schema::Object;

/// One row. A field without a value is not there; times and dates are in the wire's form.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: Id,
    /// The object's name.
    pub(super) object: String,
    pub(super) values: BTreeMap<String, Value>,
    /// When the row came to be, for the search index: finer than its `CreatedDate`.
    pub(super) indexed_from: Timestamp,
}

impl Row {
    pub(super) fn new(id: Id, object: &str, now: Timestamp) -> Self {
        let values = BTreeMap::from([("Id".to_owned(), Value::from(id.as_str()))]);
        Self {
            id,
            object: object.to_owned(),
            values,
            indexed_from: now,
        }
    }

    pub(super) fn value(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.value(field).as_str()
    }

    pub(super) fn is(&self, field: &str) -> bool {
        *self.value(field) == Value::Bool(true)
    }

    pub(super) fn reference(&self, field: &str) -> Option<Id> {
        Id::parse(self.text(field)?)
    }

    pub(super) fn set(&mut self, field: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => self.values.remove(field),
            value => self.values.insert(field.to_owned(), value),
        };
    }
}

/// All rows. Ids of an object grow, so that its rows are in the order of their insertion.
#[derive(Debug, Default)]
pub(super) struct Store {
    rows: BTreeMap<Id, Row>,
    deleted: BTreeSet<Id>,
    index: HashMap<Key, BTreeSet<Id>>,
    numbers: BTreeMap<String, u64>,
    /// What rows were before the request at hand changed them, oldest first.
    journal: Vec<Before>,
}

/// A place in the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Savepoint(usize);

/// An object's prefix, a field and a folded value.
type Key = (String, String, String);

#[derive(Debug)]
struct Before {
    id: Id,
    row: Option<Row>,
    was_deleted: bool,
    indexed: Vec<String>,
}

impl Store {
    pub(super) fn next_id(&mut self, object: &Object) -> Id {
        let number = self.numbers.entry(object.prefix.clone()).or_default();
        *number += 1;
        Id::numbered(&object.prefix, *number)
    }

    pub(super) fn row(&self, id: Id) -> Option<&Row> {
        self.rows.get(&id)
    }

    pub(super) fn is_deleted(&self, id: Id) -> bool {
        self.deleted.contains(&id)
    }

    pub(super) fn rows<'a>(&'a self, object: &Object) -> impl Iterator<Item = &'a Row> + use<'a> {
        let (first, last) = (
            Id::numbered(&object.prefix, 0),
            Id::numbered(&object.prefix, u64::MAX),
        );
        self.rows.range(first..=last).map(|(_, row)| row)
    }

    /// The rows with this text in an indexed field, whatever its case.
    pub(super) fn with(
        &self,
        object: &Object,
        field: &str,
        text: &str,
    ) -> impl Iterator<Item = &Row> {
        let found = self.index.get(&key(object, field, text));
        let ids = found.into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id))
    }

    pub(super) fn put(&mut self, object: &Object, row: Row) {
        let indexed = indexed(object);
        let id = row.id;
        let before = self.replace(id, Some(row), &indexed);
        let was_deleted = self.deleted.remove(&id);
        self.journal.push(Before {
            id,
            row: before,
            was_deleted,
            indexed,
        });
    }

    pub(super) fn delete(&mut self, object: &Object, id: Id) {
        let indexed = indexed(object);
        let before = self.replace(id, None, &indexed);
        let was_deleted = !self.deleted.insert(id);
        self.journal.push(Before {
            id,
            row: before,
            was_deleted,
            indexed,
        });
    }

    /// A point to which changes can be undone until the next request.
    pub(super) fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.len())
    }

    /// Undoes every change since the point.
    pub(super) fn roll_back(&mut self, to: Savepoint) {
        for before in self.journal.split_off(to.0).into_iter().rev() {
            self.replace(before.id, before.row, &before.indexed);
            match before.was_deleted {
                true => self.deleted.insert(before.id),
                false => self.deleted.remove(&before.id),
            };
        }
    }

    /// What was written so far stays.
    pub(super) fn settle(&mut self) {
        self.journal.clear();
    }

    fn replace(&mut self, id: Id, row: Option<Row>, indexed: &[String]) -> Option<Row> {
        let before = match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
        for field in indexed {
            let old = before.as_ref().and_then(|row| folded(row, field));
            let new = self.rows.get(&id).and_then(|row| folded(row, field));
            if old == new {
                continue;
            }
            let key = |text| (id.prefix().to_owned(), field.clone(), text);
            if let Some(text) = old {
                let key = key(text);
                if let Some(ids) = self.index.get_mut(&key) {
                    ids.remove(&id);
                    if ids.is_empty() {
                        self.index.remove(&key);
                    }
                }
            }
            if let Some(text) = new {
                self.index.entry(key(text)).or_default().insert(id);
            }
        }
        before
    }
}

fn indexed(object: &Object) -> Vec<String> {
    let fields = object.fields.iter().filter(|field| field.is_indexed());
    fields.map(|field| field.name.clone()).collect()
}

fn folded(row: &Row, field: &str) -> Option<String> {
    row.text(field).map(str::to_lowercase)
}

fn key(object: &Object, field: &str, text: &str) -> Key {
    (object.prefix.clone(), field.to_owned(), text.to_lowercase())
}
