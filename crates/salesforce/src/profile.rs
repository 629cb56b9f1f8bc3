//! What is constant about Salesforce.

use casewire_core::Profile;

use crate::config::RecordObject;

/// What is constant about Salesforce, when records are of this kind.
pub fn profile(record: RecordObject) -> Profile {
    Profile {
        name: "salesforce",
        title_limit: match record {
            RecordObject::Opportunity => 120,
            _ => 255,
        },
        session_type_tag: str::to_owned,
        plain_tag: str::to_owned,
        record_without_customer: true,
        // R13: records have no tags.
        refuses: &["tag_session_type", "tag_platform"],
    }
}
