//! The fake's answers beside recorded ones. The recordings are no part of the repository;
//! `CASEWIRE_RECORDINGS` names their folder.

use casewire_sandbox::salesforce::{CustomField, Org};
use casewire_sandbox::{Answer, Request};
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, encoded, sub, token};
use crate::client::header;
use crate::recordings::{compare, recorded};

fn recording(file: &str) -> Option<Value> {
    Some(recorded("salesforce", file)?["response"].clone())
}

/// The statuses and bodies are equal, ids and stamps of the org aside.
fn same(recorded: &Value, ours: &Answer) {
    assert_eq!(recorded["status"], ours.status.as_u16());
    assert_eq!(recorded["body"], ours.body_json());
}

fn with_ratings(object: &str, required: bool) -> Client {
    let rating = CustomField {
        values: vec!["Excellent".to_owned()],
        is_required: required,
        ..CustomField::text(object, "Rating__c")
    };
    Client::of(Org {
        custom_fields: vec![rating],
        ..Org::stock()
    })
}

#[test]
fn refused_writes_are_as_recorded() {
    let (Some(unknown), Some(missing), Some(restricted)) = (
        recording("err_400_invalid_field_dml.json"),
        recording("err_400_required_field_missing.json"),
        recording("err_400_restricted_picklist.json"),
    ) else {
        return;
    };
    let client = with_ratings("Account", false);
    same(
        &unknown,
        &client.post("/sobjects/Account", &json!({ "FavoritePet__c": "Dog" })),
    );
    same(
        &restricted,
        &client.post(
            "/sobjects/Account",
            &json!({ "Name": "Acme", "Rating__c": "Terrible" }),
        ),
    );
    let website = CustomField {
        is_required: true,
        ..CustomField::text("Account", "Website__c")
    };
    let client = Client::of(Org {
        custom_fields: vec![website],
        ..Org::stock()
    });
    same(
        &missing,
        &client.post("/sobjects/Account", &json!({ "Name": "Falcon 9" })),
    );
}

#[test]
fn refused_queries_are_as_recorded() {
    let (Some(unknown), Some(malformed)) = (
        recording("err_400_invalid_field_query.json"),
        recording("err_400_malformed_query.json"),
    ) else {
        return;
    };
    let client = Client::new();
    same(
        &unknown,
        &client.query("SELECT Bacon__c FROM Account LIMIT 2"),
    );
    same(&malformed, &client.query("SELEKT Name FROM Account"));
}

#[test]
fn ended_sessions_and_deleted_rows_are_as_recorded() {
    let (Some(session), Some(deleted)) = (
        recording("err_401_invalid_session.json"),
        recording("err_404_entity_is_deleted.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let request = Request::new(Method::POST, "/services/data/v51.0/sobjects/Account");
    let refused = client
        .sandbox
        .handle(&request.bearer("x").json(&json!({ "name": "Global Media" })));
    same(&session, &refused);
    assert_eq!(
        session["headers"]["WWW-Authenticate"],
        header(&refused, "www-authenticate").unwrap()
    );
    let id = client.create("Account", &json!({ "Name": "Acme" }));
    let path = format!("/sobjects/Account/{id}");
    client.delete(&path);
    same(&deleted, &client.delete(&path));
}

#[test]
fn writes_are_answered_as_recorded() {
    let (Some(created), Some(updated), Some(inserted), Some(upserted), Some(unknown)) = (
        recording("create_201.json"),
        recording("update_204.json"),
        recording("upsert_201_created.json"),
        recording("upsert_200_updated.json"),
        recording("upsert_404_unknown_extid_field.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let answer = client.post("/sobjects/Account", &json!({ "Name": "Acme" }));
    assert_eq!(created["status"], answer.status.as_u16());
    compare("created", &created["body"], &answer.body_json(), &[]);
    assert_eq!(
        created["headers"]["Content-Type"],
        header(&answer, "content-type").unwrap()
    );
    let id = answer.body_json()["id"].as_str().unwrap().to_owned();
    let path = format!("/sobjects/Account/{id}");
    let answer = client.patch(&path, &json!({ "Phone": "555" }));
    assert_eq!(
        (&updated["status"], answer.body.len()),
        (&json!(answer.status.as_u16()), 0)
    );
    assert!(header(&answer, "sforce-limit-info").is_some());
    let answer = client.patch(
        "/sobjects/Contact/Email/test_upsert_004%40example.com",
        &json!({ "LastName": "TestUser" }),
    );
    assert_eq!(inserted["status"], answer.status.as_u16());
    compare("inserted", &inserted["body"], &answer.body_json(), &[]);
    let answer = client.patch(
        &format!("/sobjects/Account/Id/{id}?updateOnly=true"),
        &json!({ "Phone": "555-UPDATED", "Website": "www.updated.com" }),
    );
    assert_eq!(upserted["status"], answer.status.as_u16());
    compare("upserted", &upserted["body"], &answer.body_json(), &[]);
    same(
        &unknown,
        &client.patch("/sobjects/Account/Namez/1", &json!({})),
    );
}

#[test]
fn composites_are_answered_as_recorded() {
    let (Some(missing), Some(mixed), Some(rolled_back)) = (
        recording("composite_200_subrequest_404.json"),
        recording("composite_200_mixed_query_error.json"),
        recording("composite_200_rolled_back.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let ours = client.composite(
        false,
        &json!([sub("CCI__RefId__0__", "GET", "/sobjects/Foo", Value::Null)]),
    );
    assert_eq!(missing["body"]["compositeResponse"], json!(ours));
    for _ in 0..17 {
        client.create("Account", &json!({ "Name": "Acme" }));
    }
    let ours = client.composite(
        false,
        &json!([
            sub(
                "refAccount",
                "GET",
                "/query/?q=select count() from Account",
                Value::Null
            ),
            sub(
                "refXYZZY",
                "GET",
                "/query/?q=select count() from XYZZY",
                Value::Null
            ),
        ]),
    );
    assert_eq!(mixed["body"]["compositeResponse"], json!(ours));
    let ours = client.composite(
        true,
        &json!([
            sub("a1", "POST", "/sobjects/Account", json!({ "Name": "ok" })),
            sub("a2", "POST", "/sobjects/Account", json!({ "XName": "bad" })),
        ]),
    );
    let mut theirs = rolled_back["body"]["compositeResponse"].clone();
    // This recording lacks the quotation marks that a later one has around the name.
    let message = &mut theirs[1]["body"][0]["message"];
    *message = json!(message.as_str().unwrap().replace("XName", "'XName'"));
    assert_eq!(theirs, json!(ours));
    assert_eq!(client.found("SELECT Id FROM Account").len(), 17);
}

#[test]
fn collections_and_queries_are_answered_as_recorded() {
    let (Some(collection), Some(cases), Some(parent), Some(versions)) = (
        recording("collections_200_failed_item.json"),
        recording("query_cases_v62.json"),
        recording("query_parent_relationship.json"),
        recording("versions.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let ours = client.patch("/composite/sobjects", &json!({ "allOrNone": false, "records": [
        { "attributes": { "type": "Account" }, "id": "001Sb00000000zz", "Name": "Updated Account Name" },
    ] }));
    same(&collection, &ours);
    client.create("Case", &json!({ "Subject": "Call" }));
    let ours = client.query(
        "SELECT Id, CaseNumber, Subject, Description, Status, Priority, Origin, Reason, Type, OwnerId, AccountId, ContactId, CreatedDate, \
         LastModifiedDate, SystemModstamp, ClosedDate, IsClosed, IsEscalated FROM Case ORDER BY SystemModstamp ASC",
    ).body_json();
    compare("answer", &cases["body"], &ours, &[]);
    compare(
        "record",
        &cases["body"]["records"][0],
        &ours["records"][0],
        &[],
    );
    client.create("Account", &json!({ "Name": "TestAccount5" }));
    let ours = client
        .query("SELECT Name, Owner.Name from Account LIMIT 1")
        .body_json();
    compare(
        "parent",
        &parent["body"]["records"][0],
        &ours["records"][0],
        &[],
    );
    compare(
        "owner",
        &parent["body"]["records"][0]["Owner"],
        &ours["records"][0]["Owner"],
        &[],
    );
    let ours = client
        .sandbox
        .handle(&Request::new(Method::GET, "/services/data"))
        .body_json();
    for version in versions["body"].as_array().unwrap() {
        assert!(ours.as_array().unwrap().contains(version), "{version}");
    }
}

#[test]
fn describes_have_the_recorded_keys_and_values() {
    let Some(recorded) = recording("describe_case_trimmed.json") else {
        return;
    };
    let client = Client::new();
    let ours = client.get("/sobjects/Case/describe").body_json();
    let theirs = &recorded["body"];
    compare(
        "describe",
        theirs,
        &ours,
        &["childRelationships", "recordTypeInfos"],
    );
    for their_field in theirs["fields"].as_array().unwrap() {
        let name = &their_field["name"];
        let fields = ours["fields"].as_array().unwrap();
        let our_field = fields.iter().find(|field| field["name"] == *name).unwrap();
        for (key, value) in their_field.as_object().unwrap() {
            // Picklists are 40 long in this recording and 255 in newer guides.
            if key != "length" || their_field["type"] != "picklist" {
                assert_eq!(our_field[key], *value, "{name} {key}");
            }
        }
    }
}

#[test]
fn token_answers_are_as_recorded() {
    let (Some(issued), Some(expired)) = (
        recording("oauth_token_200.json"),
        recording("oauth_400_refresh_expired.json"),
    ) else {
        return;
    };
    let client = Client::new();
    let ours = token(
        &client.sandbox,
        "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox",
    );
    compare("token", &issued["body"], &ours.body_json(), &["scope"]);
    same(
        &expired,
        &token(
            &client.sandbox,
            "grant_type=refresh_token&client_id=sandbox&refresh_token=old",
        ),
    );
}

#[test]
fn attested_errors_occur() {
    let Some(attested) = recorded("salesforce", "attested_shapes.json") else {
        return;
    };
    let of = |name: &str| {
        let mut cases = attested["cases"].as_array().unwrap().iter();
        let case = cases.find(|case| case["name"] == name).unwrap();
        case["body"].clone()
    };
    let client = Client::set_up();
    let halted = client.composite(
        false,
        &json!([
            sub(
                "findCase",
                "GET",
                &format!("/query?{}", encoded("SELECT Id FROM Case")),
                Value::Null
            ),
            sub(
                "append",
                "PATCH",
                "/sobjects/Case/@{findCase.records[0].Id}",
                json!({})
            ),
        ]),
    );
    assert_eq!(
        of("composite_empty_query_reference")["compositeResponse"],
        json!(halted)
    );
    client.create("Case", &json!({ "Casewire_Session__c": "1" }));
    let twice = client
        .post("/sobjects/Case", &json!({ "Casewire_Session__c": "1" }))
        .body_json();
    compare("duplicate value", &of("duplicate_value")[0], &twice[0], &[]);
    client.sandbox.inject(casewire_sandbox::Fault::LockRow);
    let locked = client.post("/sobjects/Case", &json!({})).body_json();
    compare("lock", &of("unable_to_lock_row")[0], &locked[0], &[]);
    let long = client
        .post("/sobjects/Case", &json!({ "Subject": "x".repeat(256) }))
        .body_json();
    compare("too long", &of("string_too_long")[0], &long[0], &[]);
}

#[test]
fn pages_and_ambiguous_keys_have_the_recorded_shape() {
    let (Some(page), Some(several)) = (
        recording("query_page1_next.json"),
        recording("upsert_300_multiple.json"),
    ) else {
        return;
    };
    let client = Client::set_up();
    let contact = json!({ "attributes": { "type": "Contact" }, "LastName": "Roe", "Casewire_External_Id__c": "77" });
    let contacts = vec![contact; 200];
    for _ in 0..11 {
        client.post("/composite/sobjects", &json!({ "records": contacts }));
    }
    let ours = client.query("SELECT LastName FROM Contact").body_json();
    compare("page", &page["body"], &ours, &[]);
    let tail = |next: &Value| {
        next.as_str()
            .unwrap()
            .rsplit_once('-')
            .unwrap()
            .1
            .to_owned()
    };
    let theirs = &page["body"]["nextRecordsUrl"];
    assert_eq!(tail(theirs), tail(&ours["nextRecordsUrl"]));
    let ours = client.patch("/sobjects/Contact/Casewire_External_Id__c/77", &json!({}));
    assert_eq!(several["status"], ours.status.as_u16());
    let ours = ours.body_json();
    for urls in [&several["body"], &ours] {
        let urls = urls.as_array().unwrap();
        let is_row = |url: &Value| url.as_str().unwrap().split('/').count() == 7;
        assert!(urls.len() > 1 && urls.iter().all(is_row));
    }
}
