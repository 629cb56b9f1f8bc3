//! `casewire schema`: JSON Schema of what goes in and out.

use std::io::Write as _;

use crate::cli::{SchemaArgs, SchemaOf};
use crate::config;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The shape of an event, kept by hand: the type that reads events borrows and is lenient about what is unknown.
const EVENT: &str = include_str!("schema/event.json");

pub(crate) fn run(args: SchemaArgs, context: &Context) -> Result<Exit, Failure> {
    let mut output = context.output();
    match args.of {
        SchemaOf::Config => writeln!(output, "{:#}", config::schema().as_value())?,
        SchemaOf::Event => output.write_all(EVENT.as_bytes())?,
        SchemaOf::Simulation => {
            let schema = schemars::schema_for!(casewire_simulate::Line);
            writeln!(output, "{:#}", schema.as_value())?;
        }
    }
    output.flush()?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;

    /// An event with every key of the schema.
    fn event() -> Value {
        json!({
            "specversion": "1.0",
            "id": "1",
            "source": "//contact-center/acme",
            "type": "session.ended",
            "subject": "call/987",
            "time": "2026-01-24T01:14:06Z",
            "datacontenttype": "application/json",
            "data": {
                "session_type": "Voice Inbound (IVR)",
                "started_at": "2026-01-24T01:13:49Z",
                "queue": { "id": "13", "path": [{ "id": "13", "name": "Billing" }] },
                "language": "en",
                "dialed_number": "+15550100300",
                "customer": {
                    "phone": "+15550100100",
                    "email": "kim@example.com",
                    "external_id": "c-7",
                    "name": "Kim"
                },
                "agent": { "id": "5", "email": "ana@example.com", "name": "Ana", "kind": "human" },
                "consumer_messages": 1,
                "outcome": "finished",
                "links": [{ "rel": "recording", "href": "https://media.example.com/call-987.mp3" }],
                "rating": 5,
                "disposition": "solved",
                "duration_seconds": 60,
                "wait_seconds": 5
            }
        })
    }

    fn read(event: &Value) -> Option<casewire_intake::Incoming> {
        let source = Arc::from("//contact-center/import");
        let text = event.to_string();
        casewire_intake::read(text.as_bytes(), &source).next()?.ok()
    }

    fn keys(object: &Value) -> Vec<&String> {
        object.as_object().unwrap().keys().collect()
    }

    #[test]
    fn an_event_with_every_key_of_the_schema_is_read_and_none_with_another() {
        let schema: Value = serde_json::from_str(EVENT).unwrap();
        let mut event = event();
        assert_eq!(keys(&schema["properties"]), keys(&event));
        for (shape, at) in [
            ("data", "/data"),
            ("queue", "/data/queue"),
            ("customer", "/data/customer"),
            ("agent", "/data/agent"),
            ("link", "/data/links/0"),
        ] {
            let shape = &schema["$defs"][shape];
            assert_eq!(shape["additionalProperties"], false, "{at}");
            assert_eq!(keys(&shape["properties"]), keys(event.pointer(at).unwrap()));
        }
        assert_eq!(read(&event).unwrap().warning, None);
        event["data"]["unknown"] = json!(1);
        assert!(read(&event).is_none());
    }
}
