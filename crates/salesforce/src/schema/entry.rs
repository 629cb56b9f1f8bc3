//! The fields of an entry: one row for each note, and for each session that joins without one.

use super::{FieldKind, Index, SESSION, WantedField};
use crate::config::RecordObject;
use crate::entry::ENTRY_OBJECT;
use crate::records::{KEY, RECORD};

pub(crate) const ENTRY_LABEL: &str = "Casewire session entry";
pub(crate) const ENTRY_PLURAL: &str = "Casewire session entries";

/// The fields by which an entry is known, on tasks or on entries of their own.
pub(super) fn key_fields(object: &'static str) -> [WantedField; 2] {
    [
        WantedField::new(object, KEY, "Casewire key", FieldKind::Text { length: 255 })
            .index(Index::Unique)
            .description(
                "Keeps Casewire from writing a note twice. Written by Casewire; do not edit.",
            ),
        WantedField::new(
            object,
            RECORD,
            "Casewire record",
            FieldKind::Text { length: 18 },
        )
        .index(Index::ExternalId)
        .description("The id of the record this belongs to. Written by Casewire; do not edit."),
    ]
}

/// All fields of an entry of its own.
pub(super) fn fields(record: RecordObject) -> Vec<WantedField> {
    let text = |length| FieldKind::Text { length };
    let session = WantedField::new(ENTRY_OBJECT, SESSION, "Casewire session", text(255));
    let plain = [
        ("Kind__c", "Kind", text(40)),
        ("Text__c", "Text", FieldKind::LongText { length: 32_768 }),
        ("Type__c", "Type", text(255)),
        ("Started__c", "Started", FieldKind::DateTime),
        ("Ended__c", "Ended", FieldKind::DateTime),
        ("Duration__c", "Duration in seconds", FieldKind::Number),
        ("Wait__c", "Wait in seconds", FieldKind::Number),
        ("Disposition__c", "Disposition", text(255)),
        ("Rating__c", "Rating", FieldKind::Number),
    ];
    let plain = plain
        .into_iter()
        .map(|(name, label, kind)| WantedField::new(ENTRY_OBJECT, name, label, kind));
    let lookups = parents(record)
        .iter()
        .map(|&(name, to)| WantedField::new(ENTRY_OBJECT, name, to, FieldKind::Lookup { to }));
    key_fields(ENTRY_OBJECT)
        .into_iter()
        .chain([session.index(Index::ExternalId)])
        .chain(plain)
        .chain(lookups)
        .collect()
}

/// What an entry can hang on, by the fields' names.
fn parents(record: RecordObject) -> &'static [(&'static str, &'static str)] {
    match record {
        RecordObject::Case => &[
            ("Case__c", "Case"),
            ("Account__c", "Account"),
            ("Contact__c", "Contact"),
        ],
        RecordObject::Opportunity => &[
            ("Opportunity__c", "Opportunity"),
            ("Account__c", "Account"),
            ("Contact__c", "Contact"),
        ],
        RecordObject::Account => &[("Account__c", "Account")],
        RecordObject::Contact => &[("Contact__c", "Contact"), ("Account__c", "Account")],
        RecordObject::Lead => &[("Lead__c", "Lead")],
    }
}
