use serde_json::{Value, json};

use super::client::{Client, encoded, sub};

#[test]
fn creates_customer_record_and_note_at_once() {
    let client = Client::set_up();
    let answers = client.composite(
        true,
        &json!([
            sub("customer", "POST", "/sobjects/Contact", json!({ "LastName": "Call", "Phone": "+15550100100", "Casewire_Customer__c": "tel:+15550100100" })),
            sub("record", "POST", "/sobjects/Case", json!({ "ContactId": "@{customer.id}", "Subject": "Call", "Casewire_Leaf_Queue__c": "13", "Casewire_Session__c": "call/987@3f2a9c" })),
            sub("read", "GET", "/sobjects/Case/@{record.id}?fields=Id,Status,IsClosed,AccountId,ContactId", Value::Null),
            sub("note0", "POST", "/sobjects/Task", json!({
                "WhatId": "@{record.id}", "WhoId": "@{read.ContactId}", "Subject": "Call began", "Description": "Call began\nQueue: Billing",
                "Status": "Completed", "Casewire_Key__c": "call/987@3f2a9c", "Casewire_Record__c": "@{record.id}",
            })),
            sub("note1", "POST", "/sobjects/Task", json!({
                "WhatId": "@{record.id}", "Subject": "Call ended", "Description": "It ended", "TaskSubtype": "Call", "CallType": "Inbound",
                "Status": "Completed", "Casewire_Key__c": "call/987@3f2a9c#ended:1b2c3d", "Casewire_Record__c": "@{record.id}",
            })),
        ]),
    );
    let statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer["httpStatusCode"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 201, 200, 201, 201], "{answers:?}");
    let id = answers[1]["body"]["id"].as_str().unwrap();
    assert_eq!(
        client.sandbox.state()["records"],
        json!([{
            "id": id, "title": "Call", "state": "open", "status": "New", "queue": "13", "customer": "+15550100100",
            "tags": [], "sessions": ["call/987"],
            "notes": [
                { "session": "call/987", "kind": "linked", "text": "Call began\nQueue: Billing" },
                { "session": "call/987", "kind": "ended", "text": "It ended" },
            ],
            "public_notes": 0, "owner": null,
            "created_at": "2026-05-01T07:25:37Z", "closed_at": null, "follow_up_of": null,
        }])
    );
}

#[test]
fn guard_that_finds_nothing_undoes_all() {
    let client = Client::set_up();
    let id = client.create("Case", &json!({ "Subject": "Call" }));
    let guard = |stamp: &str| {
        let soql = format!(
            "SELECT Id, AccountId, ContactId FROM Case WHERE Id = '{id}' AND SystemModstamp = {stamp}"
        );
        client.composite(true, &json!([
            sub("guard", "GET", &format!("/query?{}", encoded(&soql)), Value::Null),
            sub("record", "PATCH", "/sobjects/Case/@{guard.records[0].Id}", json!({ "Status": "Working" })),
            sub("note0", "POST", "/sobjects/Task", json!({ "WhatId": "@{guard.records[0].Id}", "Subject": "Note", "Status": "Completed" })),
            sub("read", "GET", &format!("/sobjects/Case/{id}?fields=Id,Status,SystemModstamp"), Value::Null),
        ]))
    };
    let fits = guard("2026-05-01T07:25:37.000Z");
    assert_eq!(fits[3]["body"]["Status"], "Working", "{fits:?}");
    client.pass(5);
    client.patch(
        &format!("/sobjects/Case/{id}"),
        &json!({ "Status": "Escalated" }),
    );
    let stale = guard("2026-05-01T07:25:37.000Z");
    let codes: Vec<_> = stale
        .iter()
        .map(|answer| answer["body"][0]["errorCode"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(codes, ["PROCESSING_HALTED"; 4]);
    assert!(
        stale[1]["body"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with(
                "Invalid reference specified. No value for guard.records[0].Id found in guard."
            )
    );
    assert_eq!(client.shown("Case", &id)["Status"], "Escalated");
    assert_eq!(client.found("SELECT Id FROM Task").len(), 1);
}

#[test]
fn wrong_envelopes_are_refused_as_a_whole() {
    let client = Client::new();
    let ok = sub("a", "POST", "/sobjects/Case", json!({}));
    let with = |key: &str, value: Value| {
        let mut subrequest = ok.clone();
        subrequest[key] = value;
        subrequest
    };
    let query = |number: usize| {
        sub(
            &format!("q{number}"),
            "GET",
            "/query?q=SELECT+Id+FROM+Case",
            Value::Null,
        )
    };
    let many: Vec<_> = (0..26)
        .map(|number| sub(&format!("a{number}"), "POST", "/sobjects/Case", json!({})))
        .collect();
    for (what, envelope) in [
        ("no subrequests", json!({ "compositeRequest": [] })),
        (
            "unknown key",
            json!({ "compositeRequest": [ok], "allOrNon": true }),
        ),
        (
            "flag as text",
            json!({ "compositeRequest": [ok], "allOrNone": "true" }),
        ),
        ("same id twice", json!({ "compositeRequest": [ok, ok] })),
        (
            "id with a hyphen",
            json!({ "compositeRequest": [with("referenceId", json!("a-b"))] }),
        ),
        (
            "id begins with underscore",
            json!({ "compositeRequest": [with("referenceId", json!("_a"))] }),
        ),
        (
            "no id",
            json!({ "compositeRequest": [with("referenceId", Value::Null)] }),
        ),
        (
            "unknown method",
            json!({ "compositeRequest": [with("method", json!("post"))] }),
        ),
        (
            "header of the request",
            json!({ "compositeRequest": [with("httpHeaders", json!({ "Content-Type": "x" }))] }),
        ),
        ("too many", json!({ "compositeRequest": many })),
        (
            "too many queries",
            json!({ "compositeRequest": (0..6).map(query).collect::<Vec<_>>() }),
        ),
    ] {
        let answer = client.post("/composite", &envelope);
        assert_eq!(answer.status, 400, "{what}: {}", answer.body_json());
    }
    assert_eq!(client.found("SELECT Id FROM Case").len(), 0);
    let five = client.composite(false, &json!((0..5).map(query).collect::<Vec<_>>()));
    assert!(five.iter().all(|answer| answer["httpStatusCode"] == 200));
}

#[test]
fn what_failed_alone_stays_alone_when_not_atomic() {
    let client = Client::new();
    let answers = client.composite(
        false,
        &json!([
            sub("bad", "POST", "/sobjects/Contact", json!({})),
            sub(
                "good",
                "POST",
                "/sobjects/Contact",
                json!({ "LastName": "Roe" })
            ),
            sub(
                "uses_bad",
                "POST",
                "/sobjects/Case",
                json!({ "ContactId": "@{bad.id}" })
            ),
            sub(
                "search",
                "GET",
                "/search?q=FIND+%7Bx%7D+RETURNING+Contact",
                Value::Null
            ),
        ]),
    );
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer["body"][0]["errorCode"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(
        codes,
        [
            "REQUIRED_FIELD_MISSING",
            "",
            "PROCESSING_HALTED",
            "NOT_FOUND"
        ]
    );
    let location = answers[1]["httpHeaders"]["Location"].as_str().unwrap();
    assert!(location.starts_with("/services/data/v66.0/sobjects/Contact/003"));
    assert_eq!(client.found("SELECT Id FROM Contact").len(), 1);
}

#[test]
fn rolled_back_rows_leave_no_trace() {
    let client = Client::set_up();
    let kept = client.create("Case", &json!({ "Casewire_Session__c": "call/1@a" }));
    let before = (
        client.shown("Case", &kept),
        client.sandbox.state()["records"].clone(),
    );
    client.pass(60);
    let answers = client.composite(
        true,
        &json!([
            sub(
                "change",
                "PATCH",
                &format!("/sobjects/Case/{kept}"),
                json!({ "Status": "Closed", "Casewire_Session__c": "call/2@a" })
            ),
            sub(
                "new",
                "POST",
                "/sobjects/Case",
                json!({ "Casewire_Session__c": "call/1@a", "Comments": "x" })
            ),
            sub(
                "gone",
                "DELETE",
                &format!("/sobjects/Case/{kept}"),
                Value::Null
            ),
            sub("bad", "POST", "/sobjects/Case", json!({ "Colour": "red" })),
        ]),
    );
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer["body"][0]["errorCode"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(
        codes,
        [
            "PROCESSING_HALTED",
            "PROCESSING_HALTED",
            "PROCESSING_HALTED",
            "INVALID_FIELD"
        ]
    );
    assert_eq!(
        (
            client.shown("Case", &kept),
            client.sandbox.state()["records"].clone()
        ),
        before
    );
    assert_eq!(client.found("SELECT Id FROM CaseComment").len(), 0);
    // The undone values are free, the kept one is not.
    client.create("Case", &json!({ "Casewire_Session__c": "call/2@a" }));
    let taken = client.post(
        "/sobjects/Case",
        &json!({ "Casewire_Session__c": "call/1@a" }),
    );
    assert_eq!(taken.status, 400);
}

#[test]
fn references_may_be_null_but_not_unselected() {
    let client = Client::new();
    let case = client.create("Case", &json!({}));
    let answers = client.composite(
        false,
        &json!([
            sub(
                "read",
                "GET",
                &format!("/sobjects/Case/{case}?fields=Id,ContactId"),
                Value::Null
            ),
            sub(
                "null",
                "POST",
                "/sobjects/Task",
                json!({ "WhatId": "@{read.Id}", "WhoId": "@{read.ContactId}" })
            ),
            sub(
                "unselected",
                "POST",
                "/sobjects/Task",
                json!({ "WhatId": "@{read.AccountId}" })
            ),
            sub(
                "in_url",
                "GET",
                "/sobjects/Contact/@{read.ContactId}",
                Value::Null
            ),
        ]),
    );
    let statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer["httpStatusCode"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [200, 201, 400, 400]);
}

#[test]
fn texts_that_look_like_references_halt() {
    let client = Client::new();
    let answers = client.composite(
        true,
        &json!([sub(
            "a",
            "POST",
            "/sobjects/Case",
            json!({ "Description": "The customer typed @{name}" })
        ),]),
    );
    assert_eq!(answers[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    // Outside a composite it is a text like any other.
    client.create(
        "Case",
        &json!({ "Description": "The customer typed @{name}" }),
    );
}

#[test]
fn inner_collections_are_as_atomic_as_the_composite() {
    let client = Client::new();
    let rows = json!({ "allOrNone": false, "records": [
        { "attributes": { "type": "Contact" }, "LastName": "Roe" }, { "attributes": { "type": "Contact" } },
    ] });
    let answers = client.composite(
        true,
        &json!([
            sub("case", "POST", "/sobjects/Case", json!({})),
            sub("rows", "POST", "/composite/sobjects", rows),
        ]),
    );
    assert_eq!(answers[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(
        client.found("SELECT Id FROM Case").len() + client.found("SELECT Id FROM Contact").len(),
        0
    );
}
