//! Receives the body of a request, within its limits.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::Limits;
use crate::app::busy;
use crate::headers::text;
use crate::problem::{Kind, Problem};

/// Room for the bodies that are being received. A body takes room as it arrives, so a slow one that has sent little
/// keeps nobody out.
#[derive(Debug)]
pub(crate) struct Buffers {
    room: Semaphore,
    limits: Limits,
}

/// A body that was received, and the room it takes.
#[derive(Debug)]
pub(crate) struct Received<'b> {
    pub(crate) bytes: Vec<u8>,
    _room: Option<SemaphorePermit<'b>>,
}

impl Buffers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            room: Semaphore::new(limits.received_bytes),
            limits: limits.clone(),
        }
    }

    /// Refuses a body that says of itself that it is too large.
    pub(crate) fn refuse_too_large(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let announced = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        match announced.is_some_and(|length: u64| length > self.limits.body_bytes as u64) {
            true => Err(self.too_large()),
            false => Ok(()),
        }
    }

    /// The whole body.
    pub(crate) async fn receive(&self, body: Body) -> Result<Received<'_>, Problem> {
        let receiving = self.frames(body);
        match timeout(self.limits.body_time, receiving).await {
            Ok(received) => received,
            Err(_) => Err(Problem::new(
                Kind::Slow,
                format!("the body took longer than {:?}", self.limits.body_time),
            )
            .remedy("send it again, in smaller requests where the network is slow")),
        }
    }

    async fn frames(&self, mut body: Body) -> Result<Received<'_>, Problem> {
        let mut bytes = Vec::new();
        let mut room: Option<SemaphorePermit<'_>> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Problem::new(
                    Kind::BadRequest,
                    "the body ends too early or is not well framed",
                )
                .remedy("send the whole of it")
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > self.limits.body_bytes {
                return Err(self.too_large());
            }
            let more = self.room_for(data.len()).await?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Received { bytes, _room: room })
    }

    async fn room_for(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Problem> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        match timeout(self.limits.patience, self.room.acquire_many(bytes)).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) | Err(_) => Err(busy("too many bodies are being received")),
        }
    }

    fn too_large(&self) -> Problem {
        Problem::new(
            Kind::TooLarge,
            format!("the body has more than {} bytes", self.limits.body_bytes),
        )
        .remedy("send its events in several requests, or raise `max_body_bytes` in `[intake]`")
    }
}
