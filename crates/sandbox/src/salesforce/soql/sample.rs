use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::id::Id;
use super::rows::{Child, Column, ColumnType, Entity, Parent, Rows};

/// A small org: cases with tasks, their contacts and accounts, leads and users.
pub(crate) struct Sample {
    entities: Vec<Entity>,
    rows: BTreeMap<Id, Row>,
    /// Whether equality is answered from an index, as far as there is one.
    pub(crate) lookup: Lookup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Index,
    Scan,
}

pub(crate) struct Row {
    id: Id,
    object: &'static str,
    values: Map<String, Value>,
}

const PREFIXES: [(&str, &str); 6] = [
    ("Account", "001"),
    ("Case", "500"),
    ("Contact", "003"),
    ("Lead", "00Q"),
    ("Task", "00T"),
    ("User", "005"),
];

pub(crate) fn id(object: &str, number: u64) -> String {
    let prefix = PREFIXES.into_iter().find(|(name, _)| *name == object);
    Id::numbered(prefix.unwrap().1, number).to_string()
}

impl Sample {
    pub(crate) fn new() -> Self {
        let mut sample = Self {
            entities: entities(),
            rows: BTreeMap::new(),
            lookup: Lookup::Index,
        };
        sample.fill();
        sample
    }

    fn fill(&mut self) {
        self.add("Account", 1, json!({ "Name": "Example & Sons" }));
        self.add(
            "User",
            1,
            json!({ "Name": "Uma Agent", "Email": "uma@example.com" }),
        );
        self.add("Contact", 1, json!({ "Name": "Ana Example", "Email": "Ana@Example.com", "Phone": "+1 (555) 010-0100", "AccountId": id("Account", 1), "CreatedDate": "2026-05-01T07:25:37.000+0000" }));
        self.add("Contact", 2, json!({ "Name": "Ben O'Neil", "Phone": "555.010.0101", "Description": "Long.", "CreatedDate": "2026-05-02T07:25:37.000+0000" }));
        self.add("Contact", 3, json!({ "Name": "Cy 100%", "Email": "cy@example.com", "Phone": "+15550100100", "CreatedDate": "2026-05-03T07:25:37.000+0000" }));
        self.add(
            "Lead",
            1,
            json!({ "Name": "Lea Lead", "Phone": "15550100100", "IsConverted": false }),
        );
        self.add(
            "Lead",
            2,
            json!({ "Name": "Leo Lead", "Phone": "15550100100", "IsConverted": true }),
        );
        self.add("Case", 1, json!({ "Subject": "First", "ContactId": id("Contact", 1), "OwnerId": id("User", 1), "IsClosed": false, "Score": 2, "Queue": "13", "CreatedDate": "2026-05-04T10:00:00.000+0000" }));
        self.add("Case", 2, json!({ "Subject": "second", "ContactId": id("Contact", 3), "OwnerId": id("User", 1), "IsClosed": true, "ClosedDate": "2026-05-08T10:00:00.000+0000", "Score": 10, "Queue": "13", "CreatedDate": "2026-05-05T10:00:00.000+0000" }));
        self.add("Case", 3, json!({ "Subject": "Third", "IsClosed": true, "ClosedDate": "2026-05-10T00:00:00.000+0000", "Queue": "7", "Key": "Ab", "CreatedDate": "2026-05-06T10:00:00.000+0000" }));
        self.add(
            "Task",
            1,
            json!({ "Key": "call/1@a", "WhatId": id("Case", 1), "ActivityDate": "2026-05-04" }),
        );
        self.add("Task", 2, json!({ "Key": "call/1@a#ended:1", "WhatId": id("Case", 1), "ActivityDate": "2026-05-10" }));
        self.add("Task", 3, json!({ "WhatId": id("Case", 2) }));
    }

    fn add(&mut self, object: &'static str, number: u64, values: Value) {
        let id = Id::parse(&id(object, number)).unwrap();
        let Value::Object(mut values) = values else {
            panic!("values are an object");
        };
        values.insert("Id".to_owned(), Value::from(id.as_str()));
        self.rows.insert(id, Row { id, object, values });
    }
}

impl<'a> Rows for &'a Sample {
    type Row = &'a Row;

    fn entity(&self, name: &str) -> Option<Entity> {
        let mut entities = self.entities.iter();
        entities
            .find(|entity| entity.name.eq_ignore_ascii_case(name))
            .cloned()
    }

    fn rows(&self, object: &str) -> Vec<&'a Row> {
        let rows = self.rows.values();
        rows.filter(|row| row.object == object).collect()
    }

    fn candidates(&self, object: &str, field: &str, texts: &[&str]) -> Option<Vec<&'a Row>> {
        if self.lookup == Lookup::Scan || field == "Subject" {
            return None;
        }
        let is_wanted = |row: &&Row| {
            let value = row.values.get(field).and_then(Value::as_str);
            value.is_some_and(|value| texts.iter().any(|text| text.eq_ignore_ascii_case(value)))
        };
        let mut found: Vec<_> = self.rows(object).into_iter().filter(is_wanted).collect();
        // Neither in order nor once: the index promises neither.
        found.reverse();
        found.extend(found.clone());
        Some(found)
    }

    fn row(&self, id: &str) -> Option<&'a Row> {
        self.rows.get(&Id::parse(id)?)
    }

    fn object(&self, row: &'a Row) -> &str {
        row.object
    }

    fn id(&self, row: &'a Row) -> &str {
        row.id.as_str()
    }

    fn value(&self, row: &'a Row, field: &str) -> Value {
        row.values.get(field).cloned().unwrap_or_default()
    }

    fn now(&self) -> Timestamp {
        "2026-05-10T12:00:00Z".parse().unwrap()
    }
}

fn entities() -> Vec<Entity> {
    use ColumnType::{
        Boolean, CaseSensitiveText, Date, DateTime, Email, Id, LongText, Number, Phone, Text,
    };
    let contact = [
        ("Name", Text),
        ("Email", Email),
        ("Phone", Phone),
        ("AccountId", Id),
        ("Description", LongText),
        ("CreatedDate", DateTime),
    ];
    let case = [
        ("Subject", Text),
        ("ContactId", Id),
        ("OwnerId", Id),
        ("IsClosed", Boolean),
        ("ClosedDate", DateTime),
        ("Score", Number),
        ("Queue", Text),
        ("Key", CaseSensitiveText),
        ("CreatedDate", DateTime),
    ];
    vec![
        entity("Account", &[("Name", Text)], &[], &[]),
        entity("User", &[("Name", Text), ("Email", Email)], &[], &[]),
        entity(
            "Contact",
            &contact,
            &[("Account", "AccountId", "Account")],
            &[("Cases", "Case", "ContactId")],
        ),
        entity(
            "Lead",
            &[("Name", Text), ("Phone", Phone), ("IsConverted", Boolean)],
            &[],
            &[],
        ),
        entity(
            "Case",
            &case,
            &[
                ("Contact", "ContactId", "Contact"),
                ("Owner", "OwnerId", "User"),
            ],
            &[("Tasks", "Task", "WhatId")],
        ),
        entity(
            "Task",
            &[
                ("Key", CaseSensitiveText),
                ("WhatId", Id),
                ("ActivityDate", Date),
            ],
            &[("What", "WhatId", "Account")],
            &[],
        ),
    ]
}

fn entity(
    name: &str,
    columns: &[(&str, ColumnType)],
    parents: &[(&str, &str, &str)],
    children: &[(&str, &str, &str)],
) -> Entity {
    let columns = [("Id", ColumnType::Id)].iter().chain(columns);
    let columns = columns.map(|(name, column_type)| Column {
        name: (*name).to_owned(),
        column_type: *column_type,
    });
    let parents = parents.iter().map(|(relationship, field, object)| Parent {
        relationship: (*relationship).to_owned(),
        field: (*field).to_owned(),
        object: (*object).to_owned(),
    });
    let children = children.iter().map(|(relationship, object, field)| Child {
        relationship: (*relationship).to_owned(),
        object: (*object).to_owned(),
        field: (*field).to_owned(),
    });
    Entity {
        name: name.to_owned(),
        columns: columns.collect(),
        parents: parents.collect(),
        children: children.collect(),
    }
}
