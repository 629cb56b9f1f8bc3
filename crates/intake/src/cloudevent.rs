//! CloudEvents 1.0 in JSON. Strict: this format is ours.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{EventData, EventId, EventKind, SessionEvent, SessionKey};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::data::Data;
use crate::error::{self, Fault, InputError, Place};
use crate::object::Object;
use crate::read::Incoming;
use crate::scalar::{Moment, Scalar, Text};
use crate::shared::Shared;

/// Reads one event in structured mode.
pub(crate) fn structured(json: &[u8], shared: &mut Shared) -> Result<Incoming, Fault> {
    // Checking the whole text at once is cheaper than string by string.
    let envelope: Option<Envelope<'_>> = str::from_utf8(json)
        .ok()
        .and_then(|text| serde_json::from_str(text).ok());
    let envelope = envelope.ok_or_else(|| error::explain::<Envelope<'_>>(json))?;
    envelope.into_incoming(shared)
}

/// Reads one event in binary mode: the attributes by name, and the body as data.
pub(crate) fn binary(
    attributes: &[(String, String)],
    body: &[u8],
    shared: &mut Shared,
) -> Result<Incoming, InputError> {
    // The same reader as in structured mode, so that both modes take and refuse the same.
    let members: Vec<String> = attributes
        .iter()
        .map(|(name, value)| {
            format!(
                "{}:{}",
                Value::from(name.as_str()),
                Value::from(value.as_str())
            )
        })
        .collect();
    let mut incoming = structured(format!("{{{}}}", members.join(",")).as_bytes(), shared)
        .map_err(|fault| fault.in_header().at(Place::START, b""))?;
    if !body.trim_ascii().is_empty() {
        incoming.event.data = data_alone(body, shared, &mut incoming.warning).map_err(|fault| {
            let error = fault.at(Place::START, body);
            let field = error
                .field
                .map_or_else(|| "data".to_owned(), |field| format!("data.{field}"));
            InputError {
                field: Some(field),
                ..error
            }
        })?;
    }
    Ok(incoming)
}

/// The context attributes and the data.
#[derive(Debug, Default)]
struct Envelope<'a> {
    specversion: Slot<Text<'a>>,
    id: Slot<Text<'a>>,
    source: Slot<Text<'a>>,
    kind: Slot<Text<'a>>,
    subject: Slot<Text<'a>>,
    time: Slot<Moment>,
    datacontenttype: Slot<Text<'a>>,
    data: Slot<Object<Data<'a>>>,
    data_base64: Slot<Text<'a>>,
}

/// The place of a member. It is taken once the member was there, even as null.
#[derive(Debug)]
struct Slot<T> {
    is_taken: bool,
    value: Option<T>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            is_taken: false,
            value: None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Slot<T> {
    fn read<A: MapAccess<'de>>(&mut self, name: &'static str, map: &mut A) -> Result<(), A::Error> {
        if std::mem::replace(&mut self.is_taken, true) {
            return Err(de::Error::duplicate_field(name));
        }
        self.value = map.next_value()?;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;
        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut envelope = Envelope::default();
                let mut extensions = BTreeSet::new();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "specversion" => envelope.specversion.read("specversion", &mut map)?,
                        "id" => envelope.id.read("id", &mut map)?,
                        "source" => envelope.source.read("source", &mut map)?,
                        "type" => envelope.kind.read("type", &mut map)?,
                        "subject" => envelope.subject.read("subject", &mut map)?,
                        "time" => envelope.time.read("time", &mut map)?,
                        "datacontenttype" => {
                            envelope.datacontenttype.read("datacontenttype", &mut map)?;
                        }
                        "data" => envelope.data.read("data", &mut map)?,
                        "data_base64" => envelope.data_base64.read("data_base64", &mut map)?,
                        extension => {
                            if !is_attribute_name(extension) {
                                return Err(de::Error::custom(error::no_attribute(extension)));
                            }
                            if extensions.contains(extension) {
                                return Err(de::Error::custom(error::repeated(extension)));
                            }
                            map.next_value::<Scalar>()?;
                            extensions.insert(name);
                        }
                    }
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

fn is_attribute_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

impl Envelope<'_> {
    fn into_incoming(self, shared: &mut Shared) -> Result<Incoming, Fault> {
        let specversion = required("specversion", self.specversion.value.as_ref())?;
        if specversion != "1.0" {
            return Err(fault("specversion", "not `1.0`"));
        }
        let id = EventId(required("id", self.id.value.as_ref())?.into());
        let source = shared.source(required("source", self.source.value.as_ref())?);
        let kind = EventKind::parse(required("type", self.kind.value.as_ref())?);
        let subject = required("subject", self.subject.value.as_ref())?;
        let session = SessionKey::parse(&source, subject)
            .ok_or_else(|| fault("subject", "not `call/<id>` or `chat/<id>`"))?;
        let Moment(time) = self.time.value.ok_or_else(|| missing("time"))?;
        if let Some(Text(media_type)) = &self.datacontenttype.value
            && !is_json(media_type)
        {
            return Err(fault("datacontenttype", "not a JSON media type"));
        }
        let mut warning = None;
        let data = match (self.data.value, &self.data_base64.value) {
            (Some(Object(data)), None) => data
                .into_event_data(shared, &mut warning)
                .map_err(|fault| fault.under("data"))?,
            (None, None) => EventData::default(),
            (Some(_), Some(_)) => return Err(fault("data_base64", "`data` is there, too")),
            (None, Some(Text(encoded))) => {
                let json = STANDARD
                    .decode(encoded.as_bytes())
                    .map_err(|_| fault("data_base64", "not base64 (RFC 4648)"))?;
                data_alone(&json, shared, &mut warning)
                    .map_err(|fault| fault.encoded_in("data_base64"))?
            }
        };
        Ok(Incoming {
            event: SessionEvent {
                id,
                session,
                kind,
                time,
                rank: 0,
                data,
            },
            warning,
        })
    }
}

/// Reads data that came by itself.
fn data_alone(
    json: &[u8],
    shared: &mut Shared,
    warning: &mut Option<String>,
) -> Result<EventData, Fault> {
    let Object(data): Object<Data<'_>> =
        serde_json::from_slice(json).map_err(|_| error::explain::<Object<Data<'_>>>(json))?;
    data.into_event_data(shared, warning)
}

fn required<'t>(name: &'static str, text: Option<&'t Text<'_>>) -> Result<&'t str, Fault> {
    Text::known(text).ok_or_else(|| missing(name))
}

fn missing(name: &'static str) -> Fault {
    Fault::new(name, "it is missing or blank", "add it")
}

fn fault(field: &'static str, problem: &str) -> Fault {
    let remedy = match field {
        "specversion" => "only CloudEvents 1.0 is read",
        "subject" => {
            "write it like call/987: the id has 1 to 200 characters, and no white space, `/`, `@`, `#`, `[` or `]`"
        }
        "datacontenttype" => "send JSON, and say application/json",
        "data_base64" => {
            "send either `data` or `data_base64`, the latter as base64 of a JSON object"
        }
        _ => error::remedy_of(problem),
    };
    Fault::new(field, problem, remedy)
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    subtype.eq_ignore_ascii_case("json") || subtype.to_ascii_lowercase().ends_with("+json")
}
