//! The CRM's answer.

use std::fmt;

use casewire_core::Result;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::decode::decode;

/// An answer, read whole. Debug shows status and size only.
pub struct Response {
    /// What was asked: method and path template.
    pub(crate) request: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The status: a success, or one that the request allows.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body's bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as `T`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`](casewire_core::ErrorKind::Protocol), naming `T`, the place in the JSON and the body's
    /// shape without its values.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.headers, &self.body).map_err(|error| error.context(&self.request))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Response({}: {}, {} bytes)",
            self.request,
            self.status,
            self.body.len()
        )
    }
}
