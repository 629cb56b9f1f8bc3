use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{AgentKind, EventKind, SessionKind, SessionOutcome};
use casewire_intake::Shape;
use serde_json::{Value, json};

use crate::{at, read, source, try_read};

pub(crate) fn whole() -> Value {
    json!({
        "specversion": "1.0", "id": "e-3", "source": "//contact-center/acme", "type": "session.assigned",
        "subject": "call/987", "time": "2026-01-24T02:14:06+01:00", "datacontenttype": "application/json",
        "traceparent": "00-1", "sequence": 7,
        "data": {
            "session_type": "Voice Inbound (IVR)", "started_at": "2026-01-24T01:13:49.250Z",
            "queue": {"id": "13", "path": [{"id": "4", "name": "Support"}, {"id": "13", "name": "Billing"}]},
            "language": "en", "dialed_number": "+15550100300",
            "customer": {"phone": "+1 201-555-0100", "email": "Kim@example.com", "external_id": "c-1", "name": "Kim \"K\" \u{1F600}"},
            "agent": {"id": "5", "email": "ana@example.com", "name": "Ana", "kind": "virtual"},
            "consumer_messages": 3, "outcome": "abandoned",
            "links": [{"rel": "recording", "href": "https://media.example.com/1.mp3"}],
            "rating": 4, "disposition": "Solved", "duration_seconds": 12, "wait_seconds": 6
        }
    })
}

#[test]
fn every_field_arrives() {
    let events = read(whole().to_string());
    let [event] = &events[..] else { panic!() };
    assert_eq!(&*event.id.0, "e-3");
    assert_eq!(event.session.kind(), SessionKind::Call);
    assert_eq!(event.session.id(), "987");
    assert_eq!(&**event.session.source(), "//contact-center/acme");
    assert_eq!((event.kind, event.rank), (EventKind::Assigned, 0));
    assert_eq!(Some(event.time), at("2026-01-24T01:14:06Z"));
    let data = &event.data;
    assert_eq!(data.session_type.as_deref(), Some("Voice Inbound (IVR)"));
    assert_eq!(data.started_at, at("2026-01-24T01:13:49.250Z"));
    let queue = data.queue.as_deref().unwrap();
    let names: Vec<&str> = queue.path().map(|step| &*step.name).collect();
    assert_eq!(
        (&*queue.leaf().0, &names[..]),
        ("13", &["Support", "Billing"][..])
    );
    assert_eq!(data.language.as_deref(), Some("en"));
    assert_eq!(data.dialed_number.as_deref(), Some("+15550100300"));
    let customer = &data.customer;
    assert_eq!(customer.phone.as_ref().unwrap().as_str(), "+12015550100");
    assert_eq!(customer.email.as_ref().unwrap().as_str(), "kim@example.com");
    assert_eq!(customer.external_id.as_ref().unwrap().as_str(), "c-1");
    assert_eq!(
        customer.name.as_ref().unwrap().as_str(),
        "Kim \"K\" \u{1F600}"
    );
    let agent = data.agent.as_ref().unwrap();
    assert_eq!(
        (agent.id.as_deref(), agent.kind),
        (Some("5"), AgentKind::Virtual)
    );
    assert_eq!(data.consumer_messages, Some(3));
    assert_eq!(data.outcome, Some(SessionOutcome::Abandoned));
    assert_eq!(&*data.links[0].rel, "recording");
    assert_eq!(
        (data.rating, data.disposition.as_deref()),
        (Some(4), Some("Solved"))
    );
    assert_eq!(
        (data.duration_seconds, data.wait_seconds),
        (Some(12), Some(6))
    );
}

#[test]
fn null_blank_and_redacted_are_absent() {
    let absent = [json!(null), json!(""), json!("  "), json!("<REDACTED>")];
    for nothing in absent {
        let mut event = whole();
        event["data"] = json!({
            "session_type": nothing, "language": nothing, "dialed_number": nothing, "disposition": nothing,
            "queue": {"id": nothing, "path": null},
            "customer": {"phone": nothing, "email": nothing, "external_id": nothing, "name": nothing},
            "agent": {"id": nothing, "email": nothing, "name": nothing}, "links": null, "outcome": null
        });
        let incoming = try_read(event.to_string()).remove(0).unwrap();
        assert_eq!(incoming.event.data, Default::default(), "{nothing}");
        assert_eq!(incoming.warning, None);
    }
}

#[test]
fn withheld_callers_are_anonymous_and_unreadable_ones_are_warned_of() {
    for (phone, warned) in [
        ("anonymous", false),
        ("+266696687", false),
        ("555-0100", true),
    ] {
        let mut event = whole();
        event["data"]["customer"] = json!({ "phone": phone });
        let incoming = try_read(event.to_string()).remove(0).unwrap();
        assert!(incoming.event.data.customer.is_anonymous());
        assert_eq!(incoming.warning.is_some(), warned, "{phone}");
        assert!(!incoming.warning.unwrap_or_default().contains(phone));
    }
}

#[test]
fn a_queue_without_path_is_a_path_of_one() {
    let mut event = whole();
    event["data"]["queue"] = json!({"id": "13"});
    let queue = read(event.to_string())[0].data.queue.clone().unwrap();
    let steps: Vec<_> = queue.path().collect();
    assert_eq!(
        (&*steps[0].id.0, &*steps[0].name, steps.len()),
        ("13", "13", 1)
    );
}

#[test]
fn equal_queues_and_sources_are_shared() {
    let mut other = whole();
    other["data"]["queue"]["path"][0]["name"] = json!("Sales");
    let events = read(format!("{}\n{}\n{}", whole(), whole(), other));
    let queue = |place: usize| events[place].data.queue.clone().unwrap();
    assert!(std::sync::Arc::ptr_eq(&queue(0), &queue(1)));
    assert_ne!(queue(0), queue(2));
    assert!(std::sync::Arc::ptr_eq(
        events[0].session.source(),
        events[2].session.source()
    ));
}

#[test]
fn reads_lines_arrays_and_single_objects_alike() {
    let (one, two) = (whole(), {
        let mut two = whole();
        two["id"] = json!("e-4");
        two
    });
    let both = json!([one, two]);
    let inputs = [
        (format!("{one}\n{two}\n"), Shape::Lines),
        (format!("\u{feff}{one}\r\n\r\n  {two}"), Shape::Lines),
        (format!("{one:#}\n{two:#}\n"), Shape::Lines),
        (both.to_string(), Shape::Array),
        (format!("\n {both:#}\n"), Shape::Array),
    ];
    for (input, shape) in inputs {
        let events = casewire_intake::read(input.as_bytes(), &source());
        assert_eq!(events.shape(), shape, "{input}");
        let ids: Vec<String> = events
            .map(|event| event.unwrap().event.id.0.into())
            .collect();
        assert_eq!(ids, ["e-3", "e-4"], "{input}");
    }
}

#[test]
fn data_may_come_as_base64() {
    let mut event = whole();
    event["data_base64"] = json!(STANDARD.encode(event["data"].to_string()));
    let direct = read(whole().to_string());
    event.as_object_mut().unwrap().remove("data");
    assert_eq!(read(event.to_string()), direct);
}

#[test]
fn json_media_types_are_json() {
    for (media_type, json) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/vnd.example+json", true),
        ("text/json", true),
        ("application/xml", false),
        ("json", false),
    ] {
        let mut event = whole();
        event["datacontenttype"] = json!(media_type);
        let read = try_read(event.to_string()).remove(0);
        assert_eq!(read.is_ok(), json, "{media_type}");
    }
}
