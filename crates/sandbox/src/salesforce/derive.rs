use serde_json::{Value, json};

use super::database::{Database, is_won};
use super::problem::Problem;
use super::schema::Object;
use super::store::Row;
use super::time::stamp;
use super::write::{Assignment, Writing};

impl Database {
    /// Fills what the vendor fills: owners, names, whether a row is closed and since when.
    /// `before` is the row as it was, `sent` the fields that the writer gave.
    pub(super) fn derive(
        &mut self,
        object: &Object,
        row: &mut Row,
        before: Option<&Row>,
        sent: &[String],
        writing: Writing,
    ) -> Result<(), Problem> {
        if object.field("OwnerId").is_some() && row.value("OwnerId").is_null() {
            row.set("OwnerId", self.user.as_str());
        }
        match object.name.as_str() {
            "Account" => self.derive_account(row),
            "Case" => self.derive_case(row, before, sent, writing),
            "Contact" | "Lead" | "User" => name_person(row),
            "Opportunity" => self.derive_opportunity(row, before, writing),
            "Task" | "Event" => self.derive_activity(object, row, before, writing)?,
            _ => {}
        }
        let numbered =
            object.is_custom() && object.field("Name").is_some_and(|name| !name.createable);
        if numbered && before.is_none() {
            let number = self.store.rows(object).count() + 1;
            row.set("Name", format!("{number:06}"));
        }
        Ok(())
    }

    fn derive_case(
        &mut self,
        row: &mut Row,
        before: Option<&Row>,
        sent: &[String],
        writing: Writing,
    ) {
        if before.is_none() {
            self.case_number += 1;
            row.set("CaseNumber", format!("{:08}", self.case_number));
        }
        if row.value("Status").is_null() {
            row.set("Status", self.org.default_case_status());
        }
        let was_sent = |field: &str| sent.iter().any(|name| name == field);
        if was_sent("ContactId") && !was_sent("AccountId") {
            let contact = row.reference("ContactId").and_then(|id| self.row(id));
            if let Some(contact) = contact {
                let account = contact.value("AccountId").clone();
                row.set("AccountId", account);
            }
        }
        self.close(row, before, "Status", "ClosedDate", writing);
        if writing.assignment == Assignment::Run
            && let Some(queue) = self.org.case_assignment.as_deref()
            && let Some(group) = self
                .rows_of("Group")
                .find(|group| group.text("Name") == Some(queue))
        {
            let owner = group.id;
            row.set("OwnerId", owner.as_str());
        }
    }

    fn derive_opportunity(&self, row: &mut Row, before: Option<&Row>, writing: Writing) {
        let stage = row.text("StageName").unwrap_or_default().to_owned();
        let closed = self.status("Opportunity", &stage);
        row.set("IsClosed", closed.is_some_and(|status| status.is_closed));
        row.set("IsWon", is_won(&stage));
        if before.is_none_or(|before| before.text("StageName") != Some(stage.as_str())) {
            row.set("LastStageChangeDate", stamp(writing.now));
        }
    }

    fn derive_activity(
        &self,
        object: &Object,
        row: &mut Row,
        before: Option<&Row>,
        writing: Writing,
    ) -> Result<(), Problem> {
        let who = row.reference("WhoId").and_then(|id| self.row(id));
        let what = row.reference("WhatId").and_then(|id| self.row(id));
        if what.is_some() && who.is_some_and(|who| who.object == "Lead") {
            return Err(Problem::bad(
                "FIELD_INTEGRITY_EXCEPTION",
                "Related To ID: a task on a lead cannot relate to another record",
            )
            .on(["WhatId"]));
        }
        let account = match what {
            Some(what) if what.object == "Account" => json!(what.id.as_str()),
            Some(what) if !what.value("AccountId").is_null() => what.value("AccountId").clone(),
            _ => who.map_or(Value::Null, |who| who.value("AccountId").clone()),
        };
        row.set("AccountId", account);
        if object.name == "Task" {
            self.close(row, before, "Status", "CompletedDateTime", writing);
        }
        Ok(())
    }

    /// Closed or not follows from the status, and since when from the change of it.
    fn close(
        &self,
        row: &mut Row,
        before: Option<&Row>,
        status: &str,
        date: &str,
        writing: Writing,
    ) {
        let value = row.text(status).unwrap_or_default();
        // A value that the table does not know is open.
        let closed = self.status(&row.object, value);
        let closed = closed.is_some_and(|status| status.is_closed);
        let was_closed = before.is_some_and(|before| before.is("IsClosed"));
        row.set("IsClosed", closed);
        match (was_closed, closed) {
            (false, true) => row.set(date, stamp(writing.now)),
            (true, false) => row.set(date, Value::Null),
            _ => {}
        }
    }

    fn derive_account(&self, row: &mut Row) {
        if !self.org.person_accounts {
            return;
        }
        let is_person = !row.value("LastName").is_null();
        row.set("IsPersonAccount", is_person);
        if is_person {
            name_person(row);
            let record_type = self
                .rows_of("RecordType")
                .find(|row| row.is("IsPersonType"));
            if let Some(record_type) = record_type
                && row.value("RecordTypeId").is_null()
            {
                row.set("RecordTypeId", record_type.id.as_str());
            }
        }
    }

    /// The contact that a person account is at the same time.
    pub(super) fn follow_person_account(
        &mut self,
        object: &Object,
        id: super::id::Id,
        writing: Writing,
    ) {
        let Some(account) = self
            .row(id)
            .filter(|row| row.is("IsPersonAccount") && row.object == "Account")
            .cloned()
        else {
            return;
        };
        let Some(described) = self.schema.object("Contact").map(std::sync::Arc::clone) else {
            return;
        };
        let known = account.reference("PersonContactId");
        let mut contact = match known.and_then(|id| self.row(id)) {
            Some(contact) => contact.clone(),
            None => Row::new(self.store.next_id(&described), "Contact", writing.now),
        };
        for (of_contact, of_account) in [
            ("FirstName", "FirstName"),
            ("LastName", "LastName"),
            ("Phone", "Phone"),
            ("MobilePhone", "PersonMobilePhone"),
            ("HomePhone", "PersonHomePhone"),
            ("OtherPhone", "PersonOtherPhone"),
            ("Email", "PersonEmail"),
            ("OwnerId", "OwnerId"),
        ] {
            contact.set(of_contact, account.value(of_account).clone());
        }
        contact.set("AccountId", id.as_str());
        contact.set("IsPersonAccount", true);
        name_person(&mut contact);
        self.touch(&mut contact, writing.now);
        let mut account = account;
        account.set("PersonContactId", contact.id.as_str());
        self.store.put(&described, contact);
        self.store.put(object, account);
    }
}

fn name_person(row: &mut Row) {
    let parts = ["FirstName", "LastName"].map(|part| row.text(part).unwrap_or_default());
    let name = parts.join(" ").trim().to_owned();
    row.set("Name", name);
}
