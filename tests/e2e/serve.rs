//! `casewire serve` as a process: how it starts, goes on and ends.

mod receiver;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::day::{answered, event};
use crate::process::{Setup, zendesk};
use crate::sender::{SECRET, Sender};
use crate::serving::{INTAKE, Serving, eventually};
use receiver::{Message, Receiver};

const PHONE: &str = "+15550100100";

/// A sandbox, and a config with `rules` that `serve` can use.
fn prepare(rules: &str) -> Setup {
    let setup = zendesk(&format!("{rules}{INTAKE}"), &[]);
    setup.write("signing", SECRET);
    setup
}

fn start(setup: &Setup) -> Serving {
    Serving::start(setup.folder.path()).unwrap_or_else(|stopped| panic!("{stopped:?}"))
}

fn deliver(serving: &Serving, events: &[Value]) {
    Sender::new().deliver(&serving.address, events);
}

/// The sessions of each record, in the order in which the records were made.
fn sessions_by_record(setup: &Setup) -> Vec<Value> {
    let records = setup.records();
    records
        .iter()
        .map(|record| record["sessions"].clone())
        .collect()
}

#[test]
fn says_where_it_listens_and_that_it_is_ready() {
    let setup = prepare("");
    let mut serving = start(&setup);
    assert_eq!(serving.get("/livez").json(), json!({ "status": "live" }));
    let ready = serving.get("/readyz");
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json()["connectors"][0]["paused"], false);
    assert!(serving.end().status.success());
}

#[test]
fn ends_on_sigterm_once_what_is_under_way_is_written() {
    let setup = prepare("append_to_open = true\n");
    setup.control("PUT", "faults", "slow=150ms");
    let mut serving = start(&setup);
    deliver(&serving, &answered("call/1", PHONE, 1));
    eventually("the CRM is asked for call/1", || {
        let asked = &setup.state()["requests"]["by_operation"];
        asked["GET /api/v2/users/search"].as_u64()
    });
    let ended = serving.end();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(
        sessions_by_record(&setup),
        [json!(["call/1"])],
        "{}",
        ended.said
    );

    // The notes of its end wait for others, and are not lost with the process.
    let mut serving = start(&setup);
    assert_eq!(serving.settled("call/1")["outcome"], "created");
    let records = setup.records();
    let kinds: Vec<_> = records[0]["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| &note["kind"])
        .collect();
    assert_eq!(kinds, ["linked", "ended"]);
    assert!(serving.end().status.success());
}

#[test]
fn takes_no_event_that_is_not_signed() {
    let setup = prepare("");
    let serving = start(&setup);
    let event = event("call/1", "assigned", 1, json!({})).to_string();
    let headers = [("content-type", "application/cloudevents+json")];
    let refused = crate::http::send(&serving.address, "POST /v1/events", &headers, &event).unwrap();
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(serving.receipt("call/1"), Value::Null);
}

#[test]
fn a_second_one_on_the_same_store_is_refused() {
    let setup = prepare("");
    let serving = start(&setup);
    let second = Serving::start(setup.folder.path()).expect_err("it does not start");
    assert_eq!(second.status.code(), Some(73), "{second:?}");
    for said in ["casewire.db", "another process"] {
        assert!(second.said.contains(said), "{second:?}");
    }
    assert_eq!(serving.get("/readyz").status, 200);
}

#[test]
fn a_changed_config_holds_from_sighup_on_and_a_wrong_one_does_not() {
    let setup = prepare("append_to_open = true\n");
    let serving = start(&setup);
    let call = |number: u32| {
        let key = format!("call/{number}");
        deliver(&serving, &answered(&key, PHONE, number));
        serving.settled(&key)["outcome"].clone()
    };
    assert_eq!(call(1), "created");

    setup.write("casewire.toml", "[rules]\nappend_to_opne = true\n");
    serving.signal("HUP");
    serving.wait_for("the changed config is not taken", 1);
    assert!(
        serving.said().contains("append_to_opne"),
        "{}",
        serving.said()
    );
    assert_eq!(call(2), "appended");

    setup.configure("sandbox", &format!("append_to_open = false\n{INTAKE}"));
    serving.signal("HUP");
    serving.wait_for("took the changed config", 1);
    assert_eq!(call(3), "created");
    assert_eq!(
        sessions_by_record(&setup),
        [json!(["call/1", "call/2"]), json!(["call/3"])]
    );
}

#[test]
fn refused_credentials_pause_the_connector_until_they_are_mended() {
    let setup = prepare("");
    setup.write("secret", "outdated");
    let serving = start(&setup);
    deliver(&serving, &answered("call/1", PHONE, 1));
    eventually("the connector is paused", || {
        let ready = serving.get("/readyz");
        assert_eq!(ready.status, 200, "events are taken all the same");
        (ready.json()["connectors"][0]["paused"] == true).then_some(())
    });
    assert!(setup.records().is_empty());

    setup.write("secret", "sandbox");
    serving.signal("HUP");
    assert_eq!(serving.settled("call/1")["outcome"], "created");
    assert_eq!(
        serving.get("/readyz").json()["connectors"][0]["paused"],
        false
    );
    assert!(!serving.said().contains("outdated"), "{}", serving.said());
}

#[test]
fn a_record_that_a_person_changed_meanwhile_takes_the_notes_of_the_end() {
    let setup = prepare("append_to_open = true\n");
    let serving = start(&setup);
    let call = answered("call/2", PHONE, 20);
    for begun in [&answered("call/1", PHONE, 1)[..2], &call[..2]] {
        deliver(&serving, begun);
        serving.settled(begun[0]["subject"].as_str().unwrap());
    }
    let linked_at = Timestamp::now();
    // The CRM tells changes apart by the second.
    eventually("the second is over", || {
        (Timestamp::now().as_second() > linked_at.as_second()).then_some(())
    });
    setup.control("PATCH", "records/1", r#"{"tags":["vip"]}"#);
    deliver(&serving, &call[2..]);
    assert_eq!(serving.settled("call/2")["notes_written"], 2);
    let record = &setup.records()[0];
    assert_eq!(record["notes"][2]["kind"], "ended");
    assert_eq!(record["tags"], json!(["vip"]));
}

#[test]
fn people_look_into_the_store_and_repair_it_beside_a_running_one() {
    let setup = prepare("");
    let serving = start(&setup);
    deliver(&serving, &answered("call/1", PHONE, 1));
    // The CRM takes no address without a dot in its domain.
    let customer = json!({ "email": "ana@intranet" });
    deliver(
        &serving,
        &[event(
            "chat/2",
            "assigned",
            5,
            json!({ "customer": customer }),
        )],
    );
    assert_eq!(serving.settled("call/1")["outcome"], "created");
    assert_eq!(serving.settled("chat/2")["outcome"], "parked");

    let told = setup.run(&["explain", "call/1"]);
    assert_eq!(told.code, 0, "{told:?}");
    for part in [
        "created",
        "R3",
        "/agent/tickets/1",
        "POST",
        "/api/v2/tickets",
    ] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let receipt = &setup.run(&["explain", "call/1", "--format", "json"]).json()[0];
    assert_eq!(*receipt, serving.receipt("call/1"));
    assert_eq!(setup.run(&["explain", "call/3"]).code, 1);

    let list = |args: &[&str]| -> Vec<Value> {
        let listed = setup.run(&[args, &["--format", "json"]].concat());
        assert_eq!(listed.code, 0, "{listed:?}");
        listed
            .json()
            .iter()
            .map(|line| line["session"].clone())
            .collect()
    };
    assert_eq!(list(&["sessions"]), ["chat/2", "call/1"]);
    assert_eq!(list(&["parked", "list"]), ["chat/2"]);

    setup.configure(
        "sandbox",
        &format!("skip_customer_creation = true\n{INTAKE}"),
    );
    serving.signal("HUP");
    serving.wait_for("took the changed config", 1);
    let retried = setup.run(&["parked", "retry", "chat/2"]);
    assert_eq!(retried.code, 0, "{retried:?}");
    eventually("chat/2 has its record", || {
        (serving.receipt("chat/2")["outcome"] == "created").then_some(())
    });
    assert_eq!(list(&["parked", "list"]), [] as [&str; 0]);
    assert_eq!(
        sessions_by_record(&setup),
        [json!(["call/1"]), json!(["chat/2"])]
    );
}

#[test]
fn a_webhook_that_was_not_answered_comes_again_after_a_kill() {
    let receiver = Receiver::start();
    let rules = format!(
        "{INTAKE}\n[[webhooks]]\nurl = \"http://{}/linked\"\nsecret = {{ file = \"signing\" }}\n",
        receiver.address
    );
    let setup = zendesk(&rules, &[]);
    setup.write("signing", SECRET);
    let mut serving = start(&setup);
    deliver(&serving, &answered("call/1", PHONE, 1));
    let first = receiver.next();
    // It is left without an answer.
    assert!(serving.kill().was_killed());

    let serving = start(&setup);
    let second = receiver.next();
    assert_eq!((&second.id, &second.body), (&first.id, &first.body));
    for message in [&first, &second] {
        let Message {
            id,
            timestamp,
            body,
            ..
        } = message;
        assert_eq!(message.signature, receiver::signature(id, timestamp, body));
    }
    let told: Value = serde_json::from_str(&second.body).unwrap();
    assert_eq!(told["type"], "record.linked");
    assert_eq!(told["data"]["session"], "call/1");
    assert_eq!(told["data"]["record"], setup.records()[0]["id"]);
    second.answer("204 No Content");
    eventually("the message is delivered", || {
        let metrics = serving.get("/metrics").body;
        metrics
            .contains("casewire_deliveries_waiting 0")
            .then_some(())
    });
}
