use super::*;
use serde_json::{Value, json};

/// The smallest config with `changes`.
pub(crate) fn config(changes: Value) -> serde_json::Result<SalesforceConfig> {
    let mut config = json!({
        "my_domain": "acme",
        "auth": {
            "type": "oauth_client_credentials",
            "client_id": "a",
            "client_secret": { "env": "CASEWIRE_NO_SUCH_SECRET" },
        },
    });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    serde_json::from_value(config)
}

#[test]
fn the_smallest_config_keeps_cases_of_contacts_in_setups_fields() {
    let config = config(json!({})).unwrap();
    assert_eq!(config.record_object, RecordObject::Case);
    assert_eq!(config.customer_object(), CustomerObject::Contact);
    assert_eq!(config.api_version.to_string(), "66.0");
    assert_eq!(config.fields.leaf_queue.as_str(), "Casewire_Leaf_Queue__c");
    assert_eq!(config.session_data.object, SessionDataObject::Activity);
}

#[test]
fn the_customer_follows_the_record() {
    for (record, customer) in [
        ("case", CustomerObject::Contact),
        ("opportunity", CustomerObject::Account),
        ("account", CustomerObject::Account),
        ("contact", CustomerObject::Contact),
        ("lead", CustomerObject::Lead),
    ] {
        let config = config(json!({ "record_object": record })).unwrap();
        assert_eq!(config.customer_object(), customer, "{record}");
    }
}

#[test]
fn named_fields_are_those_of_the_first_object_alone() {
    let config = config(json!({ "customer": {
        "second": "person_account", "phone_fields": ["Direct__c"], "email_field": "Mail__c",
    } }))
    .unwrap();
    assert_eq!(config.phone_fields(CustomerObject::Contact), ["Direct__c"]);
    assert_eq!(
        config.email_field(CustomerObject::Contact).as_deref(),
        Some("Mail__c")
    );
    let second = CustomerObject::PersonAccount;
    assert_eq!(config.phone_fields(second)[0], "Phone");
    assert_eq!(config.email_field(second).as_deref(), Some("PersonEmail"));
}

#[test]
fn a_config_that_can_not_work_is_refused_with_a_reason() {
    for (changes, reason) in [
        (json!({ "mydomain": "acme" }), "unknown field"),
        (
            json!({ "my_domain": "https://acme.my.salesforce.com" }),
            "whole address",
        ),
        (json!({ "auth": { "type": "password" } }), "unknown variant"),
        (
            json!({ "auth": { "type": "oauth_client_credentials", "client_id": "a", "client_secret": "plain" } }),
            "never the secret",
        ),
        (
            json!({ "auth": {
                "type": "oauth_jwt_bearer", "client_id": "a", "username": "u",
                "private_key": { "env": "K" }, "login_host": "acme.example.com",
            } }),
            "unknown variant",
        ),
        (json!({ "api_version": "51.0" }), "too old"),
        (json!({ "api_version": 66.0 }), "expected a string"),
        (json!({ "record_object": "task" }), "unknown variant"),
        (json!({ "default_user": "Ana" }), "queue's id"),
        (
            json!({ "fields": { "leaf_queue": "Queue.Name" } }),
            "API name",
        ),
        (
            json!({ "fields": { "leaf_queue": "A__c", "session": "A__c" } }),
            "the same field",
        ),
        (json!({ "fields": { "sessions": "A__c" } }), "unknown field"),
        (
            json!({ "customer": { "object": "lead" } }),
            "can not belong to one",
        ),
        (
            json!({ "customer": { "second": "lead" } }),
            "`customer.second`",
        ),
        (
            json!({ "customer": { "second": "contact" } }),
            "the same object",
        ),
        (json!({ "customer": { "record_type_id": "500" } }), "012"),
        (json!({ "customer": { "phone_fields": [] } }), "is empty"),
        (
            json!({ "record_object": "account", "customer": { "object": "contact" } }),
            "`record_object` = \"account\"",
        ),
        (
            json!({ "record_object": "contact", "customer": { "object": "person_account" } }),
            "`record_object` = \"contact\"",
        ),
        (
            json!({ "record_object": "lead", "customer": { "object": "account" } }),
            "`record_object` = \"lead\"",
        ),
        (
            json!({ "record_object": "lead", "session_data": { "attach_to": "account" } }),
            "a lead has no account",
        ),
        (
            json!({ "record_object": "opportunity", "statuses": { "closed": ["Closed Won"] } }),
            "for cases alone",
        ),
        (
            json!({ "statuses": { "closed": ["Merged"], "default_open": "Merged" } }),
            "is among",
        ),
        (
            json!({ "record_values": { "ownerid": "005" } }),
            "writes that field itself",
        ),
        (
            json!({ "record_values": { "Casewire_Session__c": "x" } }),
            "writes that field itself",
        ),
        (
            json!({ "record_values": { "Tags__c": ["a"] } }),
            "expected text",
        ),
        (
            json!({ "customer_values": { "Phone": "1" } }),
            "writes that field itself",
        ),
        (json!({ "customer_values": { "A.B": "1" } }), "API name"),
    ] {
        let error = config(changes.clone()).unwrap_err().to_string();
        assert!(error.contains(reason), "{changes}: {error}");
    }
}

#[test]
fn a_config_built_in_code_is_refused_too() {
    let mut config = config(json!({})).unwrap();
    config.customer.object = Some(CustomerObject::Lead);
    let error = config.client().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("`customer.object`"), "{error}");
    config.customer.object = None;
    config.my_domain = "evil.test/".to_owned();
    assert_eq!(config.base().unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn only_salesforce_or_this_machine_is_talked_to() {
    let base = |changes| config(changes).unwrap().base();
    for (my_domain, url) in [
        ("Acme", "https://acme.my.salesforce.com"),
        (
            "acme--box.sandbox",
            "https://acme--box.sandbox.my.salesforce.com",
        ),
    ] {
        let base = base(json!({ "my_domain": my_domain })).unwrap();
        assert_eq!(base.to_string(), url);
    }
    assert!(base(json!({ "base_url": "http://127.0.0.1:9001" })).is_ok());
    assert!(base(json!({ "base_url": "https://acme.example.com" })).is_err());
}

#[test]
fn the_readme_tells_of_every_key() {
    let readme = include_str!("../../README.md");
    let schema = schemars::schema_for!(SalesforceConfig).to_value();
    let auth = schema["$defs"]["SalesforceAuth"]["oneOf"]
        .as_array()
        .unwrap();
    let tables = ["Customers", "Fields", "SessionData", "Statuses"];
    let tables = tables.map(|table| &schema["$defs"][table]);
    let mut told = 0;
    for table in auth.iter().chain([&schema]).chain(tables) {
        for key in table["properties"].as_object().unwrap().keys() {
            assert!(
                readme.contains(&format!("`{key}`")),
                "the README lacks `{key}`"
            );
            told += 1;
        }
    }
    assert!(told > 30, "{told}");
}

#[test]
fn debug_tells_no_address_and_no_value() {
    let config = config(json!({
        "default_user": "kim@example.com",
        "record_values": { "Origin": "kim@example.com" },
        "auth": {
            "type": "oauth_jwt_bearer", "client_id": "a", "username": "kim@example.com",
            "private_key": { "env": "K" },
        },
    }))
    .unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("example.com"), "{shown}");
}
