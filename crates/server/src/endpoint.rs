//! Where messages are sent.

use std::fmt;

use url::{Host, Url};

/// The address that messages are posted to: https, or http on this machine. Shown without its query, which may be a
/// secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint(Url);

/// Why an address can not be an endpoint. Does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Messages would cross the network unprotected.
    #[error("plain http is for this machine only: write `https://`")]
    NotHttps,
    /// It is no absolute URL of http or https.
    #[error("this is no URL: write for example `https://hooks.example.com/casewire`")]
    NotUrl,
    /// It has a user or password, which would be stored with each message.
    #[error("a URL with a user or password is not taken: messages are signed instead")]
    WithUser,
}

impl Endpoint {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::NotUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::WithUser);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_local(&url) => Ok(Self(url)),
            "http" => Err(EndpointError::NotHttps),
            _ => Err(EndpointError::NotUrl),
        }
    }

    /// The whole address: the engine's name of the endpoint.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_or_on_this_machine() {
        for url in [
            "https://hooks.example.com/casewire?key=1",
            "http://127.0.0.1:8080/hook",
            "http://localhost/hook",
            "http://[::1]:1",
        ] {
            assert!(Endpoint::parse(url).is_ok(), "{url}");
        }
        for (url, wrong) in [
            ("http://hooks.example.com", EndpointError::NotHttps),
            ("http://10.0.0.1", EndpointError::NotHttps),
            ("http://localhost.example.com", EndpointError::NotHttps),
            ("https://u:p@example.com", EndpointError::WithUser),
            ("ftp://example.com", EndpointError::NotUrl),
            ("hooks.example.com", EndpointError::NotUrl),
            ("", EndpointError::NotUrl),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap_err(), wrong, "{url}");
        }
    }

    #[test]
    fn the_path_and_query_are_not_shown() {
        let endpoint = Endpoint::parse("https://hooks.example.com/s3cret?key=s3cret").unwrap();
        let shown = format!("{endpoint} {endpoint:?}");
        assert!(
            shown.contains("hooks.example.com") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
