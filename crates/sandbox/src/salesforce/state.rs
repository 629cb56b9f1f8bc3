use serde_json::{Value, json};

use super::casewire::{CUSTOMER, EXTERNAL_ID, KEY, LEAF_QUEUE, RECORD};
use super::control::{closed_field, status_field};
use super::database::Database;
use super::store::Row;
use super::time::parse_stamp;

/// The custom object that holds sessions where tasks do not.
const ENTRY: &str = "Casewire_Session_Entry__c";

impl Database {
    /// The records in the shape that every fake's state has.
    pub(super) fn records(&self) -> Vec<Value> {
        let rows = ["Case", "Opportunity", "Task"].map(|object| self.rows_of(object));
        let rows = rows.into_iter().flatten();
        rows.filter(|row| self.is_record(row))
            .map(|row| self.record(row))
            .collect()
    }

    /// Contacts, leads and those accounts that are customers.
    pub(super) fn customers(&self) -> Vec<Value> {
        let contacts = self.rows_of("Contact");
        let contacts = contacts.filter(|contact| !contact.is("IsPersonAccount"));
        let leads = self.rows_of("Lead").filter(|lead| !lead.is("IsConverted"));
        let accounts = self.rows_of("Account").filter(|account| {
            let marked = [CUSTOMER, EXTERNAL_ID].map(|field| !account.value(field).is_null());
            account.is("IsPersonAccount") || marked.contains(&true)
        });
        let rows = contacts.chain(leads).chain(accounts);
        rows.map(|row| self.customer(row)).collect()
    }

    pub(super) fn customer(&self, row: &Row) -> Value {
        json!({
            "id": row.id.as_str(),
            "phone": phone(row),
            "email": email(row),
            "external_id": row.value(EXTERNAL_ID),
        })
    }

    pub(super) fn record(&self, row: &Row) -> Value {
        let title = match row.object.as_str() {
            "Opportunity" => row.value("Name"),
            _ => row.value("Subject"),
        };
        let closed_at = match row.is("IsClosed") {
            true => time(row.value(closed_field(&row.object))),
            false => Value::Null,
        };
        let owner = row.reference("OwnerId").filter(|owner| *owner != self.user);
        let entries = self.entries(row);
        json!({
            "id": row.id.as_str(),
            "title": title,
            "state": self.state_of(row).as_str(),
            "status": row.value(status_field(&row.object)),
            "queue": row.value(LEAF_QUEUE),
            "customer": self.address_of(row),
            "tags": [],
            "sessions": sessions(&entries),
            "notes": entries.iter().filter_map(|entry| note(entry)).collect::<Vec<_>>(),
            "public_notes": self.public_notes(row, &entries),
            "created_at": time(row.value("CreatedDate")),
            "closed_at": closed_at,
            "follow_up_of": row.value("ParentId"),
            "owner": owner.as_ref().map(super::id::Id::as_str),
        })
    }

    /// The rows that say what happened on a record, in the order of their insertion.
    fn entries<'a>(&'a self, record: &'a Row) -> Vec<&'a Row> {
        let id = record.id.as_str();
        let tasks = self.rows_with("Task", RECORD, id);
        let entries = self.rows_with(ENTRY, RECORD, id);
        let rows = tasks.chain(entries).filter(|row| row.text(KEY).is_some());
        rows.collect()
    }

    fn public_notes(&self, record: &Row, entries: &[&Row]) -> usize {
        let comments = self.rows_with("CaseComment", "ParentId", record.id.as_str());
        let comments = comments.filter(|comment| comment.is("IsPublished")).count();
        let visible = entries
            .iter()
            .filter(|row| row.is("IsVisibleInSelfService"));
        comments + visible.count()
    }

    /// What the record's customer is told apart by.
    fn address_of(&self, record: &Row) -> Option<String> {
        let fields = match record.object.as_str() {
            "Task" => ["WhoId", "AccountId"],
            _ => ["ContactId", "AccountId"],
        };
        fields
            .iter()
            .find_map(|field| address(self.row(record.reference(field)?)?))
    }
}

/// What a person is told apart by.
fn address(row: &Row) -> Option<String> {
    let text = phone(row).as_str().or(email(row).as_str());
    text.or(row.text(EXTERNAL_ID)).map(str::to_owned)
}

fn phone(row: &Row) -> &Value {
    first(row, ["Phone", "MobilePhone", "PersonMobilePhone"])
}

fn email(row: &Row) -> &Value {
    first(row, ["Email", "PersonEmail"])
}

fn first<'a, const N: usize>(row: &'a Row, fields: [&str; N]) -> &'a Value {
    let mut values = fields.into_iter().map(|field| row.value(field));
    values
        .find(|value| !value.is_null())
        .unwrap_or(&Value::Null)
}

/// The distinct sessions of entries.
fn sessions<'a>(entries: &[&'a Row]) -> Vec<&'a str> {
    let mut sessions = Vec::new();
    for entry in entries {
        let (session, _) = token(entry.text(KEY).unwrap_or_default());
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    sessions
}

/// An entry without a text only says that a session joined the record.
fn note(entry: &Row) -> Option<Value> {
    let text = entry.text("Description").or(entry.text("Text__c"))?;
    let (session, kind) = token(entry.text(KEY)?);
    Some(json!({ "session": session, "kind": kind, "text": text }))
}

/// Reads `call/987@3f2a9c#ended:1b2c3d` into the session's key and the note's kind; without a
/// kind it is the note that linked the session.
fn token(text: &str) -> (&str, &str) {
    let (session, kind) = text.split_once('#').unwrap_or((text, "linked"));
    let session = session.split('@').next().unwrap_or(session);
    (session, kind.split(':').next().unwrap_or(kind))
}

/// A time as all fakes write it.
fn time(stamp: &Value) -> Value {
    let at = stamp.as_str().and_then(parse_stamp);
    at.map_or(Value::Null, |at| Value::from(at.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_session_and_kind() {
        assert_eq!(token("call/987@3f2a9c"), ("call/987", "linked"));
        assert_eq!(token("call/987@3f2a9c#ended:1b2c3d"), ("call/987", "ended"));
        assert_eq!(token("chat/5@3f2a9c#late"), ("chat/5", "late"));
    }
}
