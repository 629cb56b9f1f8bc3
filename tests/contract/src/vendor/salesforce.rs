//! The Salesforce connector against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use casewire_salesforce::{
    ApiVersion, CustomerObject, Customers, Fields, RecordObject, Salesforce, SalesforceAuth,
    SalesforceConfig, SessionData, Statuses,
};
use casewire_sandbox::Sandbox;
use casewire_sandbox::salesforce::{self, Options, Org};

use super::Credentials;
use super::sandboxed::{Access, Crm, Sandboxed};

/// The connector's own pause: a daily limit does not say when it ends.
const DAILY_LIMIT_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The status in which the fake closes cases for good.
const CLOSED_FOR_GOOD: &str = "Closed for good";

/// Which of the org's objects stand for records, customers and sessions.
#[derive(Clone, Copy)]
pub(crate) struct Mapping {
    pub(crate) record: RecordObject,
    pub(crate) customer: CustomerObject,
    pub(crate) session_data: SessionData,
}

/// The usual mapping: cases of contacts, with tasks.
pub(crate) async fn salesforce(seed: u64) -> Sandboxed {
    let usual = Mapping {
        record: RecordObject::Case,
        customer: CustomerObject::Contact,
        session_data: SessionData::default(),
    };
    salesforce_with(seed, usual).await
}

pub(crate) async fn salesforce_with(seed: u64, mapping: Mapping) -> Sandboxed {
    let options = Options {
        org: org(mapping),
        ..Options::unlimited()
    };
    let crm = Crm {
        connect: Box::new(move |access| {
            Arc::new(Salesforce::new(config(access, mapping)).unwrap())
        }),
        storm: "lock=0.05,throttle=0.05,retry-after=0s,unavailable=0.05,reset=0.03,lost-answer=0.1,index-lag=30s",
        // A composite has no way to write its own references as plain text.
        kept_text: |text| text.replace("@{", "@\u{2060}{"),
        kept_tags: |_| Vec::new(),
        slow_down: |_| DAILY_LIMIT_PAUSE,
        writes_of: |_| 1,
        credentials: Credentials::Renewed,
    };
    Sandboxed::new(crm, Sandbox::salesforce_with(seed, options)).await
}

/// A new org in which people work with the objects of `mapping`.
fn org(mapping: Mapping) -> Org {
    Org {
        record_object: match mapping.record {
            RecordObject::Case => salesforce::RecordObject::Case,
            RecordObject::Opportunity => salesforce::RecordObject::Opportunity,
            RecordObject::Account | RecordObject::Contact | RecordObject::Lead => {
                salesforce::RecordObject::Task
            }
        },
        customer_object: match mapping.customer {
            CustomerObject::Account => salesforce::CustomerObject::Account,
            CustomerObject::Contact => salesforce::CustomerObject::Contact,
            CustomerObject::Lead => salesforce::CustomerObject::Lead,
            CustomerObject::PersonAccount => salesforce::CustomerObject::PersonAccount,
        },
        person_accounts: mapping.customer == CustomerObject::PersonAccount,
        ..Org::stock()
    }
}

fn config(access: Access, mapping: Mapping) -> SalesforceConfig {
    let mut statuses = Statuses::default();
    if mapping.record == RecordObject::Case {
        statuses.closed.insert(CLOSED_FOR_GOOD.to_owned());
    }
    SalesforceConfig {
        my_domain: "acme".to_owned(),
        auth: SalesforceAuth::OauthClientCredentials {
            client_id: "sandbox".to_owned(),
            client_secret: access.secret,
        },
        api_version: ApiVersion::default(),
        record_object: mapping.record,
        base_url: Some(access.base_url),
        default_user: None,
        auto_assign: false,
        statuses,
        fields: Fields::default(),
        customer: Customers {
            object: Some(mapping.customer),
            ..Customers::default()
        },
        session_data: mapping.session_data,
        record_values: [].into(),
        customer_values: [].into(),
        retry: access.retry,
    }
}
