//! Several connectors in one config: each source's sessions go to its own CRM.

use serde_json::{Value, json};

use crate::day::{answered, lines};
use crate::process::{Crm, Setup, sandbox};

/// The sessions of all records of a fake.
fn sessions(setup: &Setup) -> Vec<Value> {
    let records = setup.records();
    records
        .iter()
        .map(|record| record["sessions"].clone())
        .collect()
}

#[test]
fn each_source_writes_to_its_own_crm_only() {
    let [kustomer, freshdesk] = [Crm::Kustomer, Crm::Freshdesk].map(|crm| sandbox(crm, "", &[]));
    let config = format!(
        "[connectors.a]\n{}\n[connectors.b]\n{}\n[sources.\"//contact-center/acme\"]\nconnector = \"a\"\n\n\
         [sources.\"//contact-center/other\"]\nconnector = \"b\"\n",
        kustomer.connector("sandbox"),
        freshdesk.connector("sandbox"),
    );
    kustomer.write("casewire.toml", &config);
    let mut events = answered("call/1", "+15550100100", 1);
    let others = ["call/1", "call/2"].map(|call| answered(call, "+15550100101", 20));
    for mut event in others.concat() {
        event["source"] = json!("//contact-center/other");
        events.push(event);
    }
    kustomer.write("day.ndjson", &lines(&events));

    let replayed = kustomer.run(&["replay", "day.ndjson"]);
    assert_eq!(replayed.code, 0, "{replayed:?}");
    assert_eq!(sessions(&kustomer), [json!(["call/1"])]);
    let mut others = sessions(&freshdesk);
    others.sort_by_key(ToString::to_string);
    assert_eq!(others, [json!(["call/1"]), json!(["call/2"])]);

    let again = kustomer.run(&["replay", "day.ndjson"]);
    assert!(
        again.err.contains("nothing changed in the CRM"),
        "{again:?}"
    );
}
