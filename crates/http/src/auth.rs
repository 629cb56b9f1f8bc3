//! How a client proves who it is.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use casewire_core::{ErrorKind, Result};
use secrecy::SecretString;

use crate::{FileTokenStore, SecretSource, TokenRefusal, TokenStore};

/// The credentials of a client. Debug shows the kind only.
#[derive(Clone)]
pub enum Auth {
    /// A token that does not change, as `Authorization: Bearer`.
    Bearer(SecretString),
    /// A user and password, as `Authorization: Basic` (RFC 7617).
    Basic {
        /// The user; some vendors want an API key here.
        user: SecretString,
        /// The password; some vendors want an API token, or just any text.
        password: SecretString,
    },
    /// Access tokens asked of the CRM's token endpoint (RFC 6749).
    OAuth(OAuth),
}

/// How to ask for access tokens.
///
/// Some vendors name in `instance_url`, with each token, the origin that takes it. Requests with that token go there,
/// if it is https below the domain of the client's own origin (or on this machine, where the client's is); any other
/// is [`ErrorKind::Config`].
#[derive(Clone, Debug)]
pub struct OAuth {
    /// The client's public name.
    pub client_id: String,
    /// What is shown in exchange for an access token.
    pub grant: Grant,
    /// The token endpoint: a path on the client's origin.
    pub token_path: &'static str,
    /// How the token request is written.
    pub encoding: TokenEncoding,
    /// The scopes asked for; none leaves it to the CRM.
    pub scopes: Vec<String>,
    /// What the vendor means by refusing a token: what to do next, and advice that follows the error's code. None
    /// leaves it to the code, which makes it [`ErrorKind::Auth`].
    ///
    /// `Unavailable` and `RateLimited` repeat the request that needs the token; any other kind is final.
    pub refusal: fn(&TokenRefusal<'_>) -> Option<(ErrorKind, &'static str)>,
}

/// What is shown in exchange for an access token.
#[derive(Clone)]
pub enum Grant {
    /// The client itself (RFC 6749 section 4.4).
    ClientCredentials {
        /// The client's secret.
        client_secret: SecretString,
    },
    /// A statement about a user that the client signs with RS256 (RFC 7523 section 2.1), valid for three minutes.
    JwtBearer {
        /// The client's RSA key, in PEM as PKCS#8 or PKCS#1, of 2048 bits at least.
        private_key: SecretString,
        /// Whom the client acts for.
        subject: String,
        /// Whom the statement is for: the vendor says how its token endpoint calls itself.
        audience: String,
    },
    /// A person's consent, kept as a refresh token (RFC 6749 section 6).
    RefreshToken {
        /// The client's secret; a public client has none.
        client_secret: Option<SecretString>,
        /// Where the refresh token is. It is read before each use, and a rotated one is saved before the
        /// access token that came with it is used.
        store: Arc<dyn TokenStore>,
    },
}

impl Grant {
    /// The client itself; reads its secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the secret can not be read.
    pub fn client_credentials(client_secret: &SecretSource) -> Result<Self> {
        let client_secret = client_secret.resolve()?;
        Ok(Self::ClientCredentials { client_secret })
    }

    /// A person's consent, kept in `token_file`; reads the client's secret, if it has one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when the secret can not be read, or the file holds no token.
    pub fn refresh_token(client_secret: Option<&SecretSource>, token_file: &Path) -> Result<Self> {
        Ok(Self::RefreshToken {
            client_secret: client_secret.map(SecretSource::resolve).transpose()?,
            store: Arc::new(FileTokenStore::holding(token_file)?),
        })
    }
}

/// How the fields of a token request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEncoding {
    /// `application/x-www-form-urlencoded`, as RFC 6749 has it.
    Form,
    /// One JSON object with the same fields, as Zendesk wants it.
    Json,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer(_) => f.write_str("Bearer"),
            Self::Basic { .. } => f.write_str("Basic"),
            Self::OAuth(oauth) => oauth.fmt(f),
        }
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCredentials { .. } => "ClientCredentials",
            Self::JwtBearer { .. } => "JwtBearer",
            Self::RefreshToken { .. } => "RefreshToken",
        })
    }
}
