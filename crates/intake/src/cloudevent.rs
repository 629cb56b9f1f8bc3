//! CloudEvents 1.0 in JSON. Strict: this format is ours.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use casewire_core::{EventData, EventId, EventKind, SessionEvent, SessionKey};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::data::Data;
use crate::error::{self, Fault, InputError, Place};
use crate::object::Object;
use crate::read::Incoming;
use crate::scalar::{Moment, Text};
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

/// Reads one event in binary mode: the attributes by name, and the data.
pub(crate) fn binary<'a>(
    attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
    data: &'a [u8],
    shared: &mut Shared,
) -> Result<Incoming, InputError> {
    let in_attribute = |fault: Fault| fault.at(Place::START, b"");
    let mut envelope = Envelope::default();
    for (name, value) in attributes {
        let text = Some(Text(Cow::Borrowed(value)));
        match name {
            "specversion" => envelope.specversion = text,
            "id" => envelope.id = text,
            "source" => envelope.source = text,
            "type" => envelope.kind = text,
            "subject" => envelope.subject = text,
            "time" => {
                envelope.time = Some(
                    Moment::parse(value).map_err(|problem| in_attribute(fault("time", problem)))?,
                )
            }
            "datacontenttype" => envelope.datacontenttype = text,
            _ => {}
        }
    }
    if !data.iter().all(u8::is_ascii_whitespace) {
        envelope.data = serde_json::from_slice(data).map_err(|_| {
            let mut error = error::explain::<Object<Data<'_>>>(data).at(Place::START, data);
            error.field = Some(match error.field {
                Some(field) => format!("data.{field}"),
                None => "data".to_owned(),
            });
            error
        })?;
    }
    envelope.into_incoming(shared).map_err(in_attribute)
}

/// The context attributes and the data.
#[derive(Debug, Default)]
struct Envelope<'a> {
    specversion: Option<Text<'a>>,
    id: Option<Text<'a>>,
    source: Option<Text<'a>>,
    kind: Option<Text<'a>>,
    subject: Option<Text<'a>>,
    time: Option<Moment>,
    datacontenttype: Option<Text<'a>>,
    data: Option<Object<Data<'a>>>,
    data_base64: Option<Text<'a>>,
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
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "specversion" => {
                            member(&mut envelope.specversion, "specversion", &mut map)?;
                        }
                        "id" => member(&mut envelope.id, "id", &mut map)?,
                        "source" => member(&mut envelope.source, "source", &mut map)?,
                        "type" => member(&mut envelope.kind, "type", &mut map)?,
                        "subject" => member(&mut envelope.subject, "subject", &mut map)?,
                        "time" => member(&mut envelope.time, "time", &mut map)?,
                        "datacontenttype" => {
                            member(&mut envelope.datacontenttype, "datacontenttype", &mut map)?;
                        }
                        "data" => member(&mut envelope.data, "data", &mut map)?,
                        "data_base64" => {
                            member(&mut envelope.data_base64, "data_base64", &mut map)?;
                        }
                        name if is_attribute_name(name) => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => return Err(de::Error::custom(NO_ATTRIBUTE)),
                    }
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

const NO_ATTRIBUTE: &str = "an attribute's name has lower-case letters and digits only";

fn member<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(de::Error::duplicate_field(name));
    }
    *slot = map.next_value()?;
    Ok(())
}

fn is_attribute_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

impl<'a> Envelope<'a> {
    fn into_incoming(mut self, shared: &mut Shared) -> Result<Incoming, Fault> {
        let specversion = required("specversion", self.specversion.as_ref())?;
        if specversion != "1.0" {
            return Err(fault("specversion", "not `1.0`"));
        }
        let id = EventId(required("id", self.id.as_ref())?.into());
        let source = shared.source(required("source", self.source.as_ref())?);
        let kind = EventKind::parse(required("type", self.kind.as_ref())?);
        let subject = required("subject", self.subject.as_ref())?;
        let session = SessionKey::parse(&source, subject)
            .ok_or_else(|| fault("subject", "not `call/<id>` or `chat/<id>`"))?;
        let Moment(time) = self.time.ok_or_else(|| missing("time"))?;
        if let Some(Text(media_type)) = &self.datacontenttype
            && !is_json(media_type)
        {
            return Err(fault("datacontenttype", "not a JSON media type"));
        }
        let mut warning = None;
        let data = match (self.data.take(), &self.data_base64) {
            (Some(Object(data)), None) => data
                .into_event_data(shared, &mut warning)
                .map_err(|fault| fault.under("data"))?,
            (None, None) => EventData::default(),
            (Some(_), Some(_)) => return Err(fault("data_base64", "`data` is there, too")),
            (None, Some(Text(encoded))) => {
                let json = STANDARD
                    .decode(encoded.as_bytes())
                    .map_err(|_| fault("data_base64", "not base64 (RFC 4648)"))?;
                from_encoded(&json, shared, &mut warning)
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

fn from_encoded(
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
