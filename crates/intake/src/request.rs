//! Events in requests.

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::percent_decode;

use crate::cloudevent;
use crate::elements::Elements;
use crate::error::{InputError, Place, shown};
use crate::read::{Incoming, Reading};
use crate::shared::Shared;

/// What a request brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// The events, in the order of the body.
    pub events: Vec<Incoming>,
    /// Log entries that tell nothing about a session. A request may well consist of such: it is to be
    /// acknowledged, since to send it again changes nothing.
    pub skipped: usize,
}

/// Why a request is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// What it brings can not be read (status 422).
    #[error(transparent)]
    Malformed(#[from] InputError),
    /// Its content type is none of those that events come in (status 415).
    #[error(
        "the content type carries no events; send `application/cloudevents+json`, \
         `application/cloudevents-batch+json` or `application/json`"
    )]
    MediaType,
    /// It brings more events than are taken at once (status 413). The place is that of the element which is too
    /// much.
    #[error(transparent)]
    TooManyEvents(InputError),
}

/// Reads a request by its headers and body, in any of the content modes of `CloudEvents` (HTTP binding 1.0.2).
///
/// Other headers than `content-type` and those that begin with `ce-` are passed over. The content type decides:
/// `application/cloudevents+json` and `application/cloudevents-batch+json` are read as [`parse_body`] does,
/// whichever of both the body is, and so is `application/json` without headers that begin with `ce-`. With such
/// headers any other content type, or none, is binary mode, which [`parse_binary`] reads: one event, whatever
/// `max_events`.
///
/// # Errors
/// Why all of the request is refused.
pub fn parse_request<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = (N, V)>,
    body: &[u8],
    default_source: &Arc<str>,
    max_events: usize,
) -> Result<Received, RequestError> {
    let headers: Vec<(N, V)> = headers.into_iter().collect();
    let media_type = headers
        .iter()
        .find(|(name, _)| is_content_type(name.as_ref()))
        .map(|(_, value)| essence(value.as_ref()));
    let mut names = headers.iter().map(|(name, _)| name.as_ref());
    match media_type.as_deref() {
        Some(b"application/cloudevents+json" | b"application/cloudevents-batch+json") => {
            parse_body(body, default_source, max_events)
        }
        _ if names.any(|name| attribute(name).is_some()) => Ok(Received {
            events: vec![parse_binary(headers, body)?],
            skipped: 0,
        }),
        Some(b"application/json") => parse_body(body, default_source, max_events),
        _ => Err(RequestError::MediaType),
    }
}

/// The media type alone, in lower case.
fn essence(content_type: &[u8]) -> Vec<u8> {
    let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
    content_type[..end].trim_ascii().to_ascii_lowercase()
}

/// Reads a request body: one object, or an array of objects, which may be empty; of any of the formats. All or
/// nothing: the first error refuses the body, and so does the first element that makes more than `max_events`
/// events.
///
/// A body is a piece of a log, never the whole of it: what follows only from a whole log is not concluded here,
/// while [`read`](crate::read()) does. So an element gives the same events with the same ids, whatever comes with
/// it and however often.
///
/// # Errors
/// What is wrong with the first element that can not be read.
pub fn parse_body(
    body: &[u8],
    default_source: &Arc<str>,
    max_events: usize,
) -> Result<Received, RequestError> {
    let mut elements = Elements::of_body(body);
    let mut reading = Reading::new(default_source);
    let mut events = Vec::new();
    while let Some((element, place)) = elements.next()? {
        let event = reading
            .element(element, &mut events)
            .map_err(|fault| fault.at(place, element))?;
        events.extend(event);
        if events.len() > max_events {
            let error = place.error(
                format!("with this there are more than {max_events} events"),
                "send them in several requests",
            );
            return Err(RequestError::TooManyEvents(error));
        }
    }
    Ok(Received {
        events,
        skipped: reading.skipped,
    })
}

/// Reads a `CloudEvent` in binary mode: its attributes from the headers that begin with `ce-` and from
/// `content-type`, and the body as data, none when it is blank. Other headers are passed over.
///
/// # Errors
/// What is wrong. The field is a header's name, or a path that begins with `data`; line and column count within
/// the body, and are those of its start when a header is at fault.
pub fn parse_binary<N: AsRef<str>, V: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = (N, V)>,
    body: &[u8],
) -> Result<Incoming, InputError> {
    let mut attributes = Vec::new();
    for (header, value) in headers {
        let (header, value) = (header.as_ref(), value.as_ref());
        let (name, value) = match attribute(header) {
            Some(name) => (name, decoded(value)),
            None if is_content_type(header) => (
                "datacontenttype".to_owned(),
                str::from_utf8(value).ok().map(str::to_owned),
            ),
            None => continue,
        };
        let refused = |problem: &str, remedy| InputError {
            field: Some(shown(&header.to_ascii_lowercase())),
            ..Place::START.error(problem, remedy)
        };
        if matches!(&*name, "data" | "data_base64") {
            return Err(refused("it is no attribute", "send the data as the body"));
        }
        let value = value.ok_or_else(|| {
            refused(
                "it is not UTF-8",
                "write it in UTF-8, and each byte beyond ASCII as `%` and two hexadecimal digits",
            )
        })?;
        attributes.push((name, value));
    }
    let mut shared = Shared::new(&Arc::from(""));
    cloudevent::binary(&attributes, body, &mut shared)
}

fn is_content_type(header: &str) -> bool {
    header.eq_ignore_ascii_case("content-type")
}

/// The name of the attribute that this header carries.
fn attribute(header: &str) -> Option<String> {
    let (prefix, name) = header.split_at_checked(3)?;
    prefix
        .eq_ignore_ascii_case("ce-")
        .then(|| name.to_ascii_lowercase())
}

/// The value of an attribute from that of its header: unquoted, then decoded once (HTTP binding §3.1.3.2).
fn decoded(value: &[u8]) -> Option<String> {
    let value = match value.trim_ascii() {
        [b'"', quoted @ .., b'"'] => Cow::Owned(unescaped(quoted)),
        plain => Cow::Borrowed(plain),
    };
    let decoded = percent_decode(&value).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// The text of a quoted string: a backslash stands for the character after it (RFC 9110 §5.6.4).
fn unescaped(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        text.extend(match byte {
            b'\\' => bytes.next(),
            byte => Some(byte),
        });
    }
    text
}
