//! Events to write into files.

use serde_json::{Value, json};

/// An event of `subject` at `second` of a minute.
pub(crate) fn event(subject: &str, kind: &str, second: u32, data: Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{subject}-{kind}-{second}"),
        "source": "//contact-center/acme",
        "type": format!("session.{kind}"),
        "subject": subject,
        "time": format!("2026-01-24T01:14:{second:02}Z"),
        "data": data,
    })
}

/// A call that an agent answered.
pub(crate) fn answered(subject: &str, phone: &str, from: u32) -> Vec<Value> {
    let queue = json!({ "id": "13", "path": [{ "id": "4", "name": "Support" }, { "id": "13", "name": "Billing" }] });
    let first = json!({ "session_type": "Voice Inbound (IVR)", "customer": { "phone": phone }, "queue": queue });
    vec![
        event(subject, "created", from, first),
        event(subject, "assigned", from + 4, json!({})),
        event(subject, "ended", from + 9, json!({ "outcome": "finished" })),
    ]
}

/// One event per line.
pub(crate) fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}
