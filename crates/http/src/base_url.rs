//! The one origin a client talks to.

use std::fmt;

use casewire_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// The origin of a CRM. A client sends its credentials there and nowhere else, unless the CRM itself names another
/// origin of the same vendor with an access token.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    root: Url,
    /// The vendor's domain; none on this machine.
    domain: Option<String>,
}

impl BaseUrl {
    /// `https://{host}`, where `host` is one or more labels before `suffix`: `acme.example.com` for
    /// `example.com`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when `host` is anything but a plain host name below `suffix`: an address,
    /// another domain, a port, a user, a path.
    pub fn vendor(host: &str, suffix: &str) -> Result<Self> {
        let refused = || {
            Error::new(
                ErrorKind::Config,
                format!(
                    "the host `{host}` is not a plain host name below `{suffix}`; set the account's name as it stands in the CRM's address"
                ),
            )
        };
        let account = host
            .strip_suffix(suffix)
            .and_then(|rest| rest.strip_suffix('.'))
            .ok_or_else(refused)?;
        if !account.split('.').all(is_label) || host.len() > 253 {
            return Err(refused());
        }
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| refused())?;
        // The parser maps some names to others (xn-- forms, numbers). A name that it changes is not plain.
        if url.host_str() != Some(host) {
            return Err(refused());
        }
        Ok(Self {
            root: url,
            domain: Some(suffix.to_owned()),
        })
    }

    /// An explicit origin on this machine, for tests and sandboxes: `http` or `https` on 127.0.0.0/8, `::1` or
    /// `localhost`, with any port.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for any other host or scheme, and for a user, path, query or fragment.
    pub fn loopback(url: &str) -> Result<Self> {
        let refused = |why: &str| {
            Error::new(
                ErrorKind::Config,
                format!(
                    "`base_url` {why}; it is for tests and sandboxes, such as `http://127.0.0.1:9001`"
                ),
            )
        };
        let url = Url::parse(url).map_err(|_| refused("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("contains a user or password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(refused("has more than scheme, host and port"));
        }
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if !is_loopback {
            return Err(refused("is not on this machine"));
        }
        Ok(Self {
            root: url,
            domain: None,
        })
    }

    /// The URL of the origin's root.
    pub(crate) fn root(&self) -> &Url {
        &self.root
    }

    /// Whether requests stay on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.domain.is_none()
    }

    /// The origin `url`, which the CRM named, if credentials for this one may go there: both are below one vendor's
    /// domain, or both on this machine.
    pub(crate) fn sibling(&self, url: &str) -> Option<Self> {
        let Some(domain) = &self.domain else {
            return Self::loopback(url).ok();
        };
        let root = Url::parse(url).ok()?;
        let sibling = Self::vendor(root.host_str()?, domain).ok()?;
        // The same host with another scheme, a port, a user or a path is not it.
        (sibling.root == root).then_some(sibling)
    }

    /// What to check when there is no way to the origin.
    pub(crate) fn advice(&self) -> &'static str {
        match self.is_loopback() {
            true => "check `base_url`, and that a server runs there",
            false => {
                "check the account's name in the config (such as `subdomain`), and the network"
            }
        }
    }

    /// `link` as a URL of this origin; a relative link is joined.
    pub(crate) fn join(&self, link: &str) -> Result<Url> {
        let refused = |why: &str| {
            Error::new(
                ErrorKind::Protocol,
                format!(
                    "refused to follow the CRM's link: it {why}, and credentials go to {self} only"
                ),
            )
        };
        let url = self.root.join(link).map_err(|_| refused("is not a URL"))?;
        if url.origin() != self.root.origin() {
            return Err(refused("leads to another origin"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("contains a user or password"));
        }
        Ok(url)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root.origin().ascii_serialization())
    }
}

fn is_label(label: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(is_plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_takes_plain_names_below_the_suffix() {
        for host in [
            "acme.example.com",
            "acme--box.sandbox.example.com",
            "a1-b2.example.com",
        ] {
            let base = BaseUrl::vendor(host, "example.com").unwrap();
            assert_eq!(base.to_string(), format!("https://{host}"));
            assert!(!base.is_loopback());
        }
    }

    #[test]
    fn vendor_refuses_everything_else() {
        for host in [
            "",
            ".example.com",
            "example.com",
            "acme.example.com.",
            "acme.example.com.evil.test",
            "acmeexample.com",
            "evil.test/.example.com",
            "evil.test#.example.com",
            "evil.test?.example.com",
            "evil.test\\.example.com",
            "evil.test:443.example.com",
            "user@acme.example.com",
            "acme.example.com:8443",
            "acme.example.com/path",
            "169.254.169.254",
            "127.0.0.1",
            "[::1]",
            "ACME.example.com",
            "a..example.com",
            "-acme.example.com",
            "acme-.example.com",
            "ac me.example.com",
            "acme\n.example.com",
            "acmé.example.com",
            "%61cme.example.com",
        ] {
            let error = BaseUrl::vendor(host, "example.com").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{host}");
        }
    }

    #[test]
    fn loopback_takes_this_machine_only() {
        for url in [
            "http://127.0.0.1:9001",
            "http://127.8.9.10",
            "http://[::1]:9001/",
            "http://localhost:9001",
            "https://localhost",
        ] {
            assert!(BaseUrl::loopback(url).unwrap().is_loopback(), "{url}");
        }
        for url in [
            "http://example.com",
            "http://10.0.0.1",
            "http://169.254.169.254/",
            "http://0.0.0.0:80",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.evil.test",
            "http://127.0.0.1.evil.test",
            "http://user@127.0.0.1",
            "http://user:word@127.0.0.1",
            "http://127.0.0.1/path",
            "http://127.0.0.1/?q",
            "http://127.0.0.1@evil.test",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "127.0.0.1:9001",
            "",
        ] {
            assert_eq!(
                BaseUrl::loopback(url).unwrap_err().kind(),
                ErrorKind::Config,
                "{url}"
            );
        }
    }

    #[test]
    fn a_sibling_is_below_the_same_domain() {
        let base = BaseUrl::vendor("acme.example.com", "example.com").unwrap();
        for url in [
            "https://eu1.example.com",
            "https://ACME.my.example.com:443/",
        ] {
            let sibling = base.sibling(url).unwrap();
            assert_eq!(sibling.domain, base.domain, "{url}");
        }
        for url in [
            "http://eu1.example.com",
            "https://example.com",
            "https://eu1.example.com:8443",
            "https://eu1.example.com/path",
            "https://eu1.example.com/?q",
            "https://user@eu1.example.com",
            "https://eu1.example.com.evil.test",
            "https://evil.test/.example.com",
            "https://evil.test",
            "https://127.0.0.1",
            "http://127.0.0.1:9001",
            "//eu1.example.com",
            "eu1.example.com",
            "",
        ] {
            assert_eq!(base.sibling(url), None, "{url}");
        }
    }

    #[test]
    fn a_sibling_of_this_machine_is_on_this_machine() {
        let base = BaseUrl::loopback("http://127.0.0.1:9001").unwrap();
        let sibling = base.sibling("http://localhost:9002").unwrap();
        assert!(sibling.is_loopback());
        for url in ["https://eu1.example.com", "http://10.0.0.1:9001"] {
            assert_eq!(base.sibling(url), None, "{url}");
        }
    }

    #[test]
    fn links_stay_on_the_origin() {
        let base = BaseUrl::vendor("acme.example.com", "example.com").unwrap();
        for link in [
            "/next?page=2",
            "https://acme.example.com/next?page=2",
            "https://acme.example.com:443/next?page=2",
        ] {
            assert_eq!(
                base.join(link).unwrap().as_str(),
                "https://acme.example.com/next?page=2"
            );
        }
        for link in [
            "http://acme.example.com/next",
            "https://other.example.com/next",
            "https://acme.example.com:444/next",
            "//evil.test/next",
            "\\\\evil.test/next",
            "https://user@acme.example.com/next",
            "data:text/plain,x",
        ] {
            assert_eq!(
                base.join(link).unwrap_err().kind(),
                ErrorKind::Protocol,
                "{link}"
            );
        }
    }
}
