//! The schemas that the routes' documentation refers to.

use std::collections::BTreeMap;

use casewire_engine::{Linked, SessionView};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

use crate::events::Accepted;
use crate::health::{Live, Ready};
use crate::problem::Told;

/// The whole document of `api`, which has the routes: with the schemas of what is sent and of what is read.
pub(crate) fn document(mut api: OpenApi) -> Value {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<Accepted>();
    generator.subschema_for::<Event>();
    generator.subschema_for::<Linked>();
    generator.subschema_for::<Live>();
    generator.subschema_for::<Told>();
    generator.subschema_for::<Push>();
    generator.subschema_for::<Ready>();
    generator.subschema_for::<SessionView>();
    let mut schemas = generator.take_definitions(true);
    let one = json!({ "$ref": "#/components/schemas/Event" });
    let several = json!({ "type": "array", "items": one });
    schemas.insert(
        "EventOrEvents".to_owned(),
        json!({ "anyOf": [one, several] }),
    );
    schemas.insert("Events".to_owned(), several);
    let mut document = serde_json::to_value(api).unwrap_or_default();
    document["components"]["schemas"] = Value::Object(schemas);
    document
}

/// A CloudEvents 1.0 event about one call or chat. `casewire schema event` prints the whole shape of `data`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the intake reads events")]
struct Event {
    /// `1.0`.
    specversion: String,
    /// With `source` the event's identity: a second delivery changes nothing.
    id: String,
    /// Where sessions come from, for example `//contact-center/acme`.
    source: String,
    /// What happened, for example `session.assigned`.
    #[serde(rename = "type")]
    kind: String,
    /// The session within its source: `call/<id>` or `chat/<id>`.
    subject: String,
    /// When it happened, as of RFC 3339.
    time: String,
    /// What changed, or all that is known.
    data: Option<BTreeMap<String, Value>>,
}

/// The envelope of a push subscription.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the intake reads envelopes"
)]
struct Push {
    /// The message.
    message: PushMessage,
    /// The subscription's name.
    subscription: Option<String>,
}

/// What was published.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the intake reads envelopes"
)]
struct PushMessage {
    /// A log entry or an event as JSON, in base64.
    data: String,
    /// The message's id.
    #[serde(rename = "messageId")]
    message_id: Option<String>,
}
