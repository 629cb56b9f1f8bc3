//! Customers and their records.

use casewire_core::{CrmConnector, CustomerId, RecordCustomer, TraceSearch};
use casewire_sandbox::salesforce;
use serde_json::{Value, json};

use crate::org::Org;
use crate::story::{append, by_email, by_phone, linked, new_of, new_record, query, ready, session};

/// The record of the customer with `phone` is found, joined, found again and read as that customer's.
async fn assert_joins(org: &Org, config: Value, phone: &str, customer: &str) {
    let salesforce = org.connector(config.clone());
    let customer = CustomerId(customer.to_owned());
    let subject = format!("call/{}", phone.trim_start_matches('+'));
    let made = salesforce
        .create_record(&new_of(&subject, &customer.0))
        .await
        .unwrap();
    assert_eq!(made.customer, Some(customer.clone()), "{config} {phone}");
    let joins = append(&format!("{subject}1"), &[linked("Call")]);
    for connector in [&salesforce, &org.connector(config.clone())] {
        let found = connector.look_up(&query(&by_phone(phone))).await.unwrap();
        assert_eq!(found.customer, Some(customer.clone()), "{config} {phone}");
        assert_eq!(found.records.len(), 1, "{config} {phone}");
        assert_eq!(found.records[0].id, made.id);
        let joined = connector.append(&found.records[0], &joins).await.unwrap();
        assert_eq!(joined.customer, Some(customer.clone()), "{config} {phone}");
        let read = connector.read_record(&made.id).await.unwrap().unwrap();
        assert_eq!(read.customer, Some(customer.clone()), "{config} {phone}");
    }
}

#[tokio::test]
async fn contacts_and_companies_keep_their_records_apart() {
    for (record, first, second) in [
        ("case", "contact", "account"),
        ("case", "account", "contact"),
        ("opportunity", "account", "contact"),
    ] {
        let org = ready().await;
        let account = org.add(
            "Account",
            json!({ "Name": "Example", "Phone": "+15550100100" }),
        );
        let contact = org.add(
            "Contact",
            json!({ "LastName": "Example", "Phone": "+15550100200", "AccountId": account }),
        );
        let config = json!({
            "record_object": record, "customer": { "object": first, "second": second },
        });
        assert_joins(&org, config.clone(), "+15550100200", &contact).await;
        assert_joins(&org, config, "+15550100100", &account).await;
    }
}

#[tokio::test]
async fn people_and_contacts_of_companies_keep_their_records_apart() {
    for (first, second) in [("contact", "person_account"), ("person_account", "contact")] {
        let org = Org::made(salesforce::Org {
            person_accounts: true,
            ..salesforce::Org::set_up()
        })
        .await;
        let company = org.add("Account", json!({ "Name": "Example" }));
        let contact = org.add(
            "Contact",
            json!({ "LastName": "Example", "Phone": "+15550100200", "AccountId": company }),
        );
        let person = org.add(
            "Account",
            json!({ "LastName": "Example", "Phone": "+15550100100" }),
        );
        let config = json!({ "customer": { "object": first, "second": second } });
        assert_joins(&org, config.clone(), "+15550100200", &contact).await;
        assert_joins(&org, config, "+15550100100", &person).await;
    }
}

#[tokio::test]
async fn a_record_that_a_person_gave_to_another_contact_is_the_others() {
    let org = ready().await;
    let salesforce = org.connector(json!({}));
    let (kim, lee) = (org.contact("+15550100100"), org.contact("+15550100200"));
    let made = salesforce
        .create_record(&new_of("call/1", &kim))
        .await
        .unwrap();
    org.change("Case", &made.id.0, json!({ "ContactId": lee }));
    for (phone, records) in [("+15550100100", 0), ("+15550100200", 1)] {
        let found = salesforce.look_up(&query(&by_phone(phone))).await.unwrap();
        assert_eq!(found.records.len(), records, "{phone}");
    }
}

#[tokio::test]
async fn nothing_in_an_address_or_id_is_a_query() {
    let org = ready().await;
    org.contact("+15550100100");
    let salesforce = org.connector(json!({}));
    for (number, address) in [
        r"kim'--@example.com",
        r"kim\'/**/or/**/id!='@example.com",
        "kim%@example.com",
        "kim+a&b=c@example.com",
        "@{own.records[0].id}@example.com",
    ]
    .into_iter()
    .enumerate()
    {
        let identity = by_email(address);
        let found = salesforce.look_up(&query(&identity)).await.unwrap();
        assert_eq!(found.customer, None, "{address}");
        let id = crate::story::by_external_id(address);
        let subject = format!("chat/{number}");
        let new = new_record(&subject, RecordCustomer::New(id.clone()));
        let made = salesforce.create_record(&new).await.unwrap();
        let found = org.connector(json!({})).look_up(&query(&id)).await.unwrap();
        assert_eq!(found.customer, made.customer, "{address}");
        assert_eq!(found.records.len(), 1, "{address}");
    }
}

#[tokio::test]
async fn sessions_whose_ids_differ_in_case_are_two() {
    let org = Org::made(salesforce::Org {
        custom_fields: vec![salesforce::CustomField {
            is_external_id: true,
            ..salesforce::CustomField::text("Case", "Session__c")
        }],
        ..salesforce::Org::set_up()
    })
    .await;
    let salesforce = org.connector(json!({ "fields": { "session": "Session__c" } }));
    let new = new_record("call/abc", RecordCustomer::Anonymous);
    let made = salesforce.create_record(&new).await.unwrap();
    for (subject, own) in [("call/abc", Some(made.id)), ("call/ABC", None)] {
        let mut query = query(&by_phone("+15550100100"));
        query.session = session(subject);
        query.trace = TraceSearch::Thorough;
        let found = salesforce.look_up(&query).await.unwrap();
        assert_eq!(found.own.map(|own| own.id), own, "{subject}");
    }
}
