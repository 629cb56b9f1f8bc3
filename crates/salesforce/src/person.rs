//! Customers as Salesforce's rows: how they are found, and what a new one is. Customer data, so without a Debug.

use casewire_core::{
    CustomerId, CustomerIdentity, CustomerKey, Email, ExternalId, Phone, RecordCustomer, SessionKey,
};

use crate::config::{CustomerObject, SalesforceConfig};
use crate::row::{NewRow, Row, plain};
use crate::soql;

/// The unique field of a customer that Casewire made, so that none is made twice.
pub(crate) const GUARD: &str = "Casewire_Customer__c";

/// Of those that match a customer's keys, so many are looked at.
const MOST_CUSTOMERS: usize = 50;

/// Salesforce wants a last name, of people and leads a company: its own word for what is not known.
const NOT_PROVIDED: &str = "[not provided]";

/// Who withholds a number.
const UNKNOWN_CALLER: &str = "Unknown caller";

/// The fields of customers of one kind.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) object: CustomerObject,
    /// Whether contacts that are people's accounts are customers by that account.
    knows_person_accounts: bool,
    external_id: String,
    phones: Vec<String>,
    pub(crate) email: Option<String>,
}

impl People {
    /// Those of the kinds in the config: the first is looked in first, and new customers are of it.
    pub(crate) fn of(config: &SalesforceConfig) -> Vec<Self> {
        let objects = [Some(config.customer_object()), config.customer.second];
        let all = objects.into_iter().flatten().map(|object| Self {
            object,
            knows_person_accounts: objects.contains(&Some(CustomerObject::PersonAccount)),
            external_id: config.customer.external_id_field.to_string(),
            phones: config.phone_fields(object),
            email: config.email_field(object),
        });
        all.collect()
    }

    fn fields(&self) -> Vec<&str> {
        let mut fields = vec!["Id", "CreatedDate", GUARD, &self.external_id];
        fields.extend(self.phones.iter().map(String::as_str));
        fields.extend(self.email.as_deref());
        fields
    }

    /// Rows that are no customers of this kind, or none to write to any more.
    fn restriction(&self) -> Option<&'static str> {
        match self.object {
            CustomerObject::Contact if self.knows_person_accounts => {
                Some("IsPersonAccount = false")
            }
            CustomerObject::Contact | CustomerObject::Account => None,
            CustomerObject::PersonAccount => Some("IsPersonAccount = true"),
            CustomerObject::Lead => Some("IsConverted = false"),
        }
    }

    /// A condition that customers with a key of `identity`, or one of `ids`, meet. `path` is empty, or leads to the
    /// customer, such as `Contact.`; `id` is the field with the customer's id.
    pub(crate) fn condition(
        &self,
        path: &str,
        id: &str,
        identity: &CustomerIdentity,
        ids: &[CustomerId],
    ) -> String {
        let mut any = Vec::new();
        let ids = ids.iter().map(|CustomerId(id)| id);
        let ids = ids.filter(|id| id.starts_with(self.object.prefix()));
        if let Some(known) = soql::list(ids) {
            any.push(format!("{id} IN {known}"));
        }
        if let Some(guards) = soql::list(guards(identity)) {
            any.push(format!("{path}{GUARD} IN {guards}"));
        }
        if let Some(external_id) = &identity.external_id {
            let value = soql::text(external_id.as_str());
            any.push(format!("{path}{} = {value}", self.external_id));
        }
        if let (Some(field), Some(email)) = (&self.email, &identity.email) {
            any.push(format!("{path}{field} = {}", soql::text(email.as_str())));
        }
        if let Some(phone) = &identity.phone {
            let value = soql::text(phone.as_str());
            any.extend(
                self.phones
                    .iter()
                    .map(|field| format!("{path}{field} = {value}")),
            );
        }
        any.join(" OR ")
    }

    /// The customers who have a key of `identity`, or one of `ids`.
    pub(crate) fn query(&self, identity: &CustomerIdentity, ids: &[CustomerId]) -> String {
        let mut condition = self.condition("", "Id", identity, ids);
        if let Some(restriction) = self.restriction() {
            condition = format!("({condition}) AND {restriction}");
        }
        format!(
            "SELECT {} FROM {} WHERE {condition} ORDER BY CreatedDate DESC LIMIT {MOST_CUSTOMERS}",
            self.fields().join(","),
            self.object.sobject()
        )
    }

    /// The customer with this guard.
    pub(crate) fn guarded(&self, guard: &str) -> String {
        let sobject = self.object.sobject();
        let fields = match self.object {
            CustomerObject::Lead => "Id,IsConverted",
            _ => "Id",
        };
        format!(
            "SELECT {fields} FROM {sobject} WHERE {GUARD} = {} LIMIT 1",
            soql::text(guard)
        )
    }

    /// The customers with these ids, a list for IN.
    pub(crate) fn with_ids(&self, ids: &str) -> String {
        let (fields, sobject) = (self.fields().join(","), self.object.sobject());
        let only = self.restriction().map(|only| format!(" AND {only}"));
        let only = only.unwrap_or_default();
        format!("SELECT {fields} FROM {sobject} WHERE Id IN {ids}{only}")
    }

    /// What a phone search brings of customers of this kind.
    pub(crate) fn returning(&self) -> String {
        let restriction = self
            .restriction()
            .map_or_else(String::new, |only| format!(" WHERE {only}"));
        format!(
            "{}({}{restriction} ORDER BY CreatedDate DESC LIMIT {MOST_CUSTOMERS})",
            self.object.sobject(),
            self.fields().join(",")
        )
    }

    /// Whether the row has `key`.
    pub(crate) fn has_key(&self, row: &Row, key: &CustomerKey) -> bool {
        if row.text(GUARD) == Some(&*plain(guard(key))) {
            return true;
        }
        match key {
            CustomerKey::ExternalId(id) => row.text(&self.external_id).is_some_and(|of_row| {
                // Salesforce compares text without case.
                of_row.to_lowercase() == id.as_str().to_lowercase()
            }),
            CustomerKey::Phone(phone) => {
                let mut written = self.phones.iter().filter_map(|field| row.text(field));
                written.any(|text| phone.is_written(text))
            }
            CustomerKey::Email(email) => {
                let of_row = self.email.as_deref().and_then(|field| row.text(field));
                of_row.and_then(Email::parse).as_ref() == Some(email)
            }
        }
    }

    /// Of the rows with `key`, the one created last.
    pub(crate) fn newest<'r>(&self, rows: &'r [Row], key: &CustomerKey) -> Option<&'r Row> {
        let matching = rows.iter().filter(|row| self.has_key(row, key));
        matching.max_by_key(|row| (row.time("CreatedDate"), row.text("Id")))
    }

    /// The row of a new customer; none when there is to be none.
    pub(crate) fn new_row(
        &self,
        customer: &RecordCustomer,
        session: &SessionKey,
        config: &SalesforceConfig,
    ) -> Option<NewRow> {
        let anonymous = CustomerIdentity::default();
        let (identity, guard) = match customer {
            RecordCustomer::New(identity) => (identity, guards(identity).into_iter().next()?),
            RecordCustomer::Anonymous => (&anonymous, format!("anonymous:{}", session.token())),
            RecordCustomer::SharedAnonymous => (&anonymous, "anonymous".to_owned()),
            RecordCustomer::Known(_) | RecordCustomer::None => return None,
        };
        let mut row = self.named(identity);
        row.set(GUARD, guard);
        if let Some(id) = &identity.external_id {
            row.set(&self.external_id, id.as_str());
        }
        if let (Some(field), Some(phone)) = (self.phones.first(), &identity.phone) {
            row.set(field, phone.as_str());
        }
        if let (Some(field), Some(email)) = (&self.email, &identity.email) {
            row.set(field, email.as_str());
        }
        if let Some(id) = &config.customer.record_type_id {
            row.set("RecordTypeId", id.as_str());
        }
        for (field, value) in &config.customer_values {
            row.set(field.as_str(), value);
        }
        Some(row)
    }

    fn named(&self, identity: &CustomerIdentity) -> NewRow {
        let mut row = NewRow::new();
        let mut set = |field: &str, value: &str, limit| {
            row.set_cut(field, value, limit);
        };
        // The last word of a person's name is the last name; what stands for a name has no parts.
        let name = identity.name.as_ref().map(|name| name.as_str().trim());
        let called = name
            .or_else(|| stand_in(identity))
            .unwrap_or(UNKNOWN_CALLER);
        let parts = name.and_then(|name| name.rsplit_once(char::is_whitespace));
        match parts {
            _ if self.object == CustomerObject::Account => set("Name", called, 255),
            Some((first, last)) if last.chars().any(char::is_alphabetic) => {
                set("FirstName", first.trim_end(), 40);
                set("LastName", last, 80);
            }
            _ => set("LastName", called, 80),
        }
        if self.object == CustomerObject::Lead {
            set("Company", NOT_PROVIDED, 255);
        }
        row
    }
}

/// The guard of a customer known by `key`.
fn guard(key: &CustomerKey) -> String {
    match key {
        CustomerKey::ExternalId(id) => format!("id:{}", id.as_str()),
        CustomerKey::Phone(phone) => format!("tel:{}", phone.as_str()),
        CustomerKey::Email(email) => format!("mailto:{}", email.as_str()),
    }
}

/// The guards of all keys of `identity`. A new customer gets the first: external id, then phone, then e-mail address.
fn guards(identity: &CustomerIdentity) -> Vec<String> {
    let keys = identity.keys(casewire_core::SessionKind::Call);
    keys.map(|key| plain(guard(&key))).collect()
}

/// What a customer without a name is called by.
fn stand_in(identity: &CustomerIdentity) -> Option<&str> {
    let external_id = identity.external_id.as_ref().map(ExternalId::as_str);
    let phone = identity.phone.as_ref().map(Phone::as_str);
    let email = identity.email.as_ref().map(Email::as_str);
    external_id.or(phone).or(email)
}

#[cfg(test)]
mod tests {
    use casewire_core::PersonName;
    use serde_json::{Value, json};

    use super::*;

    fn config(changes: &Value) -> SalesforceConfig {
        let mut config = json!({
            "my_domain": "acme",
            "auth": { "type": "oauth_client_credentials", "client_id": "a", "client_secret": { "env": "A" } },
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).unwrap()
    }

    fn people(changes: &Value) -> People {
        People::of(&config(changes)).remove(0)
    }

    fn kim() -> CustomerIdentity {
        CustomerIdentity {
            phone: Phone::parse("+12015550123"),
            email: Email::parse("kim@example.com"),
            external_id: ExternalId::parse("O'Neil-7"),
            name: PersonName::parse("Kim van Example"),
        }
    }

    fn row(json: Value) -> Row {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_condition_names_each_key_and_quotes_each_value() {
        let people = people(&json!({ "customer": { "phone_fields": ["Phone"] } }));
        let ids = [CustomerId("003000000000001AAA".to_owned())];
        assert_eq!(
            people.condition("Contact.", "ContactId", &kim(), &ids),
            r"ContactId IN ('003000000000001AAA') OR Contact.Casewire_Customer__c IN ('id:O\'Neil-7','tel:+12015550123','mailto:kim@example.com') OR Contact.Casewire_External_Id__c = 'O\'Neil-7' OR Contact.Email = 'kim@example.com' OR Contact.Phone = '+12015550123'"
        );
    }

    #[test]
    fn leads_that_were_converted_are_no_customers() {
        let people = people(&json!({ "record_object": "lead" }));
        let query = people.query(&kim(), &[]);
        assert!(
            query.contains(") AND IsConverted = false ORDER BY"),
            "{query}"
        );
        assert!(people.returning().contains("WHERE IsConverted = false"));
    }

    #[test]
    fn a_hit_is_compared_by_number_not_by_text() {
        let people = people(&json!({}));
        let key = CustomerKey::Phone(Phone::parse("+12015550123").unwrap());
        for (field, text, is) in [
            ("Phone", "(201) 555-0123", true),
            ("MobilePhone", "+1 201 555 0123", true),
            ("Phone", "(201) 555-0124", false),
            ("Fax", "(201) 555-0123", false),
        ] {
            let row = row(json!({ "Id": "003", field: text }));
            assert_eq!(people.has_key(&row, &key), is, "{field} {text}");
        }
    }

    #[test]
    fn of_two_rows_the_one_created_last_is_meant() {
        let people = people(&json!({}));
        let made = |id: &str, at: &str| {
            row(json!({ "Id": id, "Email": "KIM@example.com", "CreatedDate": at }))
        };
        let rows = [
            made("003A", "2026-05-01T07:25:37.000+0000"),
            made("003B", "2026-05-02T07:25:37.000+0000"),
            made("003C", "2026-04-30T07:25:37.000+0000"),
        ];
        let key = CustomerKey::Email(Email::parse("kim@example.com").unwrap());
        assert_eq!(people.newest(&rows, &key).unwrap().text("Id"), Some("003B"));
    }

    #[test]
    fn a_new_customer_has_what_is_known_and_nothing_invented() {
        let session = SessionKey::parse(&std::sync::Arc::from("//a"), "call/9").unwrap();
        let config =
            config(&json!({ "customer_values": { "LeadSource": "Phone", "DoNotCall": true } }));
        let people = &People::of(&config)[0];
        let row = people.new_row(&RecordCustomer::New(kim()), &session, &config);
        assert_eq!(
            json!(row),
            json!({
                "FirstName": "Kim van", "LastName": "Example", "Phone": "+12015550123", "Email": "kim@example.com",
                "Casewire_External_Id__c": "O'Neil-7", "Casewire_Customer__c": "id:O'Neil-7",
                "LeadSource": "Phone", "DoNotCall": true,
            })
        );
        let by_phone = CustomerIdentity {
            phone: kim().phone,
            ..CustomerIdentity::default()
        };
        let row = people
            .new_row(&RecordCustomer::New(by_phone), &session, &config)
            .unwrap();
        assert_eq!(row.text("LastName"), Some("+12015550123"));
        assert_eq!(row.text("Email"), None);
        let row = people
            .new_row(&RecordCustomer::Anonymous, &session, &config)
            .unwrap();
        assert_eq!(row.text("LastName"), Some("Unknown caller"));
        assert_eq!(row.text("FirstName"), None);
        assert_eq!(
            row.text("Casewire_Customer__c"),
            Some(&*format!("anonymous:{}", session.token()))
        );
        assert!(
            people
                .new_row(&RecordCustomer::None, &session, &config)
                .is_none()
        );
    }

    #[test]
    fn a_lead_has_a_company_and_an_account_a_whole_name() {
        let session = SessionKey::parse(&std::sync::Arc::from("//a"), "call/9").unwrap();
        for (record, field, value) in [
            ("lead", "Company", "[not provided]"),
            ("account", "Name", "Kim van Example"),
        ] {
            let config = config(&json!({ "record_object": record }));
            let people = &People::of(&config)[0];
            let row = people
                .new_row(&RecordCustomer::New(kim()), &session, &config)
                .unwrap();
            assert_eq!(row.text(field), Some(value));
        }
    }
}
