use http::{HeaderName, Method};
use serde_json::{Value, json};

use super::client::{Client, code, encoded};

#[test]
fn big_results_come_in_pages() {
    let client = Client::new();
    let contacts: Vec<_> = (0..200)
        .map(|number| json!({ "attributes": { "type": "Contact" }, "LastName": format!("Roe {number:03}") }))
        .collect();
    for _ in 0..3 {
        client.post("/composite/sobjects", &json!({ "records": contacts }));
    }
    let soql = "SELECT LastName FROM Contact ORDER BY LastName";
    let request = client.request(Method::GET, &format!("/query?{}", encoded(soql)));
    let options = HeaderName::from_static("sforce-query-options");
    let mut page = client
        .sandbox
        .handle(&request.header(options, "batchSize=250"))
        .body_json();
    let mut sizes = Vec::new();
    loop {
        assert_eq!(page["totalSize"], 600);
        sizes.push(page["records"].as_array().unwrap().len());
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            break;
        };
        assert_eq!(page["done"], false);
        let next = next.strip_prefix(super::client::DATA).unwrap();
        page = client.get(next).body_json();
    }
    assert_eq!(sizes, [250, 250, 100]);
    assert_eq!(page["done"], true);
    assert_eq!(page["records"][99]["LastName"], "Roe 199");
    assert_eq!(
        code(&client.get("/query/01g-2000").body_json()),
        "INVALID_QUERY_LOCATOR"
    );
    let whole = client.query(soql).body_json();
    assert_eq!(whole["records"].as_array().unwrap().len(), 600);
}

#[test]
fn statuses_are_tables() {
    let client = Client::new();
    let cases = client.found("SELECT ApiName, MasterLabel, IsClosed, IsDefault, SortOrder FROM CaseStatus ORDER BY SortOrder");
    let shown: Vec<_> = cases
        .iter()
        .map(|status| {
            (
                status["ApiName"].as_str().unwrap(),
                status["IsClosed"] == true,
                status["IsDefault"] == true,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("New", false, true),
            ("Working", false, false),
            ("Escalated", false, false),
            ("Closed", true, false)
        ]
    );
    let stages = client.found("SELECT ApiName, IsClosed, IsWon, IsActive, SortOrder FROM OpportunityStage WHERE IsClosed = true");
    assert_eq!((stages.len(), &stages[0]["IsWon"]), (2, &json!(true)));
    let tasks = client.found("SELECT ApiName FROM TaskStatus WHERE IsClosed = true");
    assert_eq!(tasks[0]["ApiName"], "Completed");
}

#[test]
fn records_are_looked_up_with_their_entries() {
    let client = Client::set_up();
    let contact = client.create(
        "Contact",
        &json!({ "LastName": "Roe", "Email": "ana@example.com" }),
    );
    let open = client.create(
        "Case",
        &json!({ "ContactId": contact, "Casewire_Leaf_Queue__c": "13" }),
    );
    let closed = client.create(
        "Case",
        &json!({ "ContactId": contact, "Casewire_Leaf_Queue__c": "13", "Status": "Closed" }),
    );
    client.create(
        "Case",
        &json!({ "ContactId": contact, "Casewire_Leaf_Queue__c": "14" }),
    );
    for (case, key) in [
        (&open, "call/1@a"),
        (&open, "call/1@a#ended:1"),
        (&closed, "call/2@a"),
    ] {
        client.create(
            "Task",
            &json!({ "WhatId": case, "Casewire_Key__c": key, "Casewire_Record__c": case }),
        );
    }
    let found = client.found(
        "SELECT Id, Status, IsClosed, CreatedDate, ClosedDate, SystemModstamp, ContactId, AccountId, Casewire_Leaf_Queue__c, Casewire_Session__c, \
         (SELECT Casewire_Key__c FROM Tasks WHERE Casewire_Key__c != null ORDER BY CreatedDate ASC, Id ASC LIMIT 500) FROM Case \
         WHERE Casewire_Leaf_Queue__c = '13' AND (Contact.Email = 'ANA@example.com' OR Contact.Casewire_External_Id__c = '77') \
         AND (IsClosed = false OR ClosedDate >= 2026-04-01T00:00:00Z) ORDER BY IsClosed ASC, ClosedDate DESC NULLS LAST, CreatedDate DESC LIMIT 200",
    );
    assert_eq!(found.len(), 2);
    assert_eq!(
        (&found[0]["Id"], &found[1]["Id"]),
        (&json!(open), &json!(closed))
    );
    assert_eq!(found[0]["Tasks"]["totalSize"], 2);
    assert_eq!(
        found[0]["Tasks"]["records"][1]["Casewire_Key__c"],
        "call/1@a#ended:1"
    );
    let own = client.found("SELECT Casewire_Key__c, Casewire_Record__c, WhatId FROM Task WHERE Casewire_Key__c = 'call/2@a' OR Casewire_Key__c LIKE 'call/2@a#%' ORDER BY CreatedDate ASC LIMIT 1");
    assert_eq!(own[0]["WhatId"], closed);
}

#[test]
fn parents_of_several_kinds_share_a_name() {
    let client = Client::new();
    let case = client.create("Case", &json!({}));
    client.create("Task", &json!({ "WhatId": case }));
    let found = client.found("SELECT What.Id, Owner.Name, Who.Name FROM Task");
    assert_eq!(found[0]["What"]["attributes"]["type"], "Case");
    assert_eq!(found[0]["Owner"]["Name"], "Casewire Integration");
    assert_eq!(found[0]["Who"], Value::Null);
}

#[test]
fn an_id_finds_rows_of_the_object_asked_for_alone() {
    let client = Client::new();
    let account = client.post("/sobjects/Account", &json!({ "Name": "Acme" }));
    let id = account.body_json()["id"].as_str().unwrap().to_owned();
    for (object, count) in [("Account", 1), ("Contact", 0)] {
        let soql = format!("SELECT Id FROM {object} WHERE Id IN ('{id}')");
        assert_eq!(
            client.query(&soql).body_json()["totalSize"],
            count,
            "{object}"
        );
    }
}

#[test]
fn objects_are_described() {
    let client = Client::new();
    let about = client.get("/sobjects/Case").body_json();
    assert_eq!(about["objectDescribe"]["keyPrefix"], "500");
    let all = client.get("/sobjects").body_json();
    let names: Vec<_> = all["sobjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"Case") && !names.contains(&"CustomField"));
    let definitions = client
        .found("SELECT DurableId, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName = 'Case'");
    assert_eq!(definitions[0]["KeyPrefix"], "500");
    assert_eq!(
        client.get("/").body_json()["composite"],
        "/services/data/v66.0/composite"
    );
}
