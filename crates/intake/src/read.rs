//! Whole inputs: files and streams.

use std::collections::VecDeque;
use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

use casewire_core::SessionEvent;
use serde_json::Value;

use crate::cloudevent;
use crate::clues::Clues;
use crate::elements::{Elements, Shape};
use crate::error::{Fault, InputError, explain};
use crate::log;
use crate::shared::Shared;
use crate::snapshot;

/// An event, and what the reader had to leave out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The event.
    pub event: SessionEvent,
    /// What was there but could not be used, without the value itself.
    pub warning: Option<String>,
}

impl From<SessionEvent> for Incoming {
    fn from(event: SessionEvent) -> Self {
        Self {
            event,
            warning: None,
        }
    }
}

/// Reads newline-delimited JSON, a JSON array or one object, of any of the formats, even mixed.
///
/// Elements are read one by one, so that memory does not grow with the input; see the crate's
/// documentation for what milestone logs keep. `default_source` is the source of events that name none.
/// Begins to read at once, as far as [`Events::shape`] needs.
pub fn read<R: BufRead>(input: R, default_source: &Arc<str>) -> Events<R> {
    Events {
        elements: Elements::new(input),
        reading: Reading::new(default_source),
        ready: VecDeque::new(),
        ended: false,
    }
}

/// The events of an input, in its order; one element may give several.
///
/// An error inside an element leaves the rest readable: the next call goes on with the next element. After
/// an error that leaves no way on (a broken array, a failing input) the iterator ends.
#[derive(Debug)]
pub struct Events<R> {
    elements: Elements<R>,
    reading: Reading,
    ready: VecDeque<Incoming>,
    ended: bool,
}

impl<R: BufRead> Events<R> {
    /// Whether the input is an array, whose events may be in any order, or a stream of objects.
    pub fn shape(&self) -> Shape {
        self.elements.shape()
    }

    /// Log entries passed over so far that tell nothing about a session.
    pub fn skipped(&self) -> usize {
        self.reading.skipped
    }
}

impl<R: BufRead> Iterator for Events<R> {
    type Item = Result<Incoming, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(incoming) = self.ready.pop_front() {
                return Some(Ok(incoming));
            }
            if self.ended {
                return None;
            }
            match self.elements.next() {
                Err(error) => return Some(Err(error)),
                Ok(None) => {
                    self.ended = true;
                    self.ready.extend(self.reading.clues.conclude());
                }
                Ok(Some((element, place))) => {
                    match self.reading.element(element, &mut self.ready) {
                        Ok(None) => {}
                        Ok(Some(incoming)) => return Some(Ok(incoming)),
                        Err(fault) => return Some(Err(fault.at(place, element))),
                    }
                }
            }
        }
    }
}

/// What reading needs beside the input.
pub(crate) struct Reading {
    shared: Shared,
    clues: Clues,
    /// Log entries passed over so far.
    pub(crate) skipped: usize,
    specversion: memchr::memmem::Finder<'static>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

impl Reading {
    pub(crate) fn new(default_source: &Arc<str>) -> Self {
        Self {
            shared: Shared::new(default_source),
            clues: Clues::default(),
            skipped: 0,
            specversion: memchr::memmem::Finder::new(b"\"specversion\""),
        }
    }

    /// Reads an element. The event of a `CloudEvent` comes back by itself, the events of another format come to
    /// what is ready.
    pub(crate) fn element(
        &mut self,
        element: &[u8],
        ready: &mut impl Extend<Incoming>,
    ) -> Result<Option<Incoming>, Fault> {
        if self.is_cloud_event(element) {
            return cloudevent::structured(element, &mut self.shared).map(Some);
        }
        self.read_foreign(element, ready)?;
        Ok(None)
    }

    fn is_cloud_event(&self, element: &[u8]) -> bool {
        self.specversion.find(element).is_some()
    }

    /// Reads an element that is no `CloudEvent`.
    fn read_foreign(
        &mut self,
        element: &[u8],
        ready: &mut impl Extend<Incoming>,
    ) -> Result<(), Fault> {
        let value: Value =
            serde_json::from_slice(element).map_err(|_| explain::<Value>(element))?;
        if !log::is_envelope(&value) {
            return self.read_value(&value, element, ready);
        }
        match log::opened(&value)? {
            Some(inner) => self
                .read_enclosed(&inner, ready)
                .map_err(|fault| fault.encoded_in(log::ENCLOSED)),
            None => {
                self.skipped += 1;
                Ok(())
            }
        }
    }

    /// Reads what a Pub/Sub envelope encloses.
    fn read_enclosed(
        &mut self,
        inner: &[u8],
        ready: &mut impl Extend<Incoming>,
    ) -> Result<(), Fault> {
        if self.is_cloud_event(inner) {
            ready.extend([cloudevent::structured(inner, &mut self.shared)?]);
            return Ok(());
        }
        let value: Value = serde_json::from_slice(inner).map_err(|_| explain::<Value>(inner))?;
        if log::is_storage_notification(&value) {
            self.skipped += 1;
            return Ok(());
        }
        self.read_value(&value, inner, ready)
    }

    fn read_value(
        &mut self,
        value: &Value,
        element: &[u8],
        ready: &mut impl Extend<Incoming>,
    ) -> Result<(), Fault> {
        if log::is_entry(value) {
            let events = log::read_entry(value, &mut self.shared, &mut self.clues)?;
            self.skipped += usize::from(events.is_empty());
            ready.extend(events);
            return Ok(());
        }
        if snapshot::is_snapshot(value) {
            ready.extend(snapshot::read(value, element, &mut self.shared)?);
            return Ok(());
        }
        Err(unknown_format(value))
    }
}

fn unknown_format(value: &Value) -> Fault {
    if value["subject"].is_string() || value["source"].is_string() {
        return Fault::new(
            "specversion",
            "it is missing",
            "add `\"specversion\": \"1.0\"` to a CloudEvent",
        );
    }
    Fault::new(
        "",
        "not an event of a known format: no `specversion`, `jsonPayload`, `call_type` or `chat_type`",
        "send a CloudEvent, a milestone log entry, a session metadata file or a call or chat object",
    )
}
