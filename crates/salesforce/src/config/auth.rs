//! The keys of `auth`.

use std::fmt;
use std::path::PathBuf;

use casewire_core::Result;
use casewire_http::{Auth, Grant, OAuth, SecretSource, TokenEncoding};
use schemars::JsonSchema;
use serde::Deserialize;

use super::my_domain::is_test_org;
use crate::login::meaning;

/// The credentials of an external client app (or a connected app) of the org.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SalesforceAuth {
    /// The app acts as the user that its policy names: for servers.
    OauthClientCredentials {
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret.
        client_secret: SecretSource,
    },
    /// The app acts as a user who is approved for it, by a signature: no secret is sent.
    OauthJwtBearer {
        /// The app's consumer key.
        client_id: String,
        /// The user's name, as at sign-in.
        username: String,
        /// The RSA key in PEM whose certificate the app has.
        private_key: SecretSource,
        /// Where the user signs in. Default: `test.salesforce.com` for a sandbox or scratch org, else
        /// `login.salesforce.com`.
        login_host: Option<LoginHost>,
    },
    /// A person's consent, as a refresh token in a file. Where the app rotates tokens, the file then keeps the new one.
    OauthRefreshToken {
        /// The app's consumer key.
        client_id: String,
        /// The app's consumer secret, if the app wants one.
        client_secret: Option<SecretSource>,
        /// The file that keeps the refresh token: put the first one there. Default: `salesforce-refresh-token` in the
        /// working directory.
        #[serde(default = "default_token_file")]
        token_file: PathBuf,
    },
}

/// Where the users of an org sign in: what a signature is made out to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum LoginHost {
    /// Production and developer orgs.
    #[serde(rename = "login.salesforce.com")]
    Login,
    /// Sandboxes and scratch orgs.
    #[serde(rename = "test.salesforce.com")]
    Test,
}

impl LoginHost {
    fn of(my_domain: &str) -> Self {
        match is_test_org(my_domain) {
            true => Self::Test,
            false => Self::Login,
        }
    }

    fn audience(self) -> &'static str {
        match self {
            Self::Login => "https://login.salesforce.com",
            Self::Test => "https://test.salesforce.com",
        }
    }
}

fn default_token_file() -> PathBuf {
    PathBuf::from("salesforce-refresh-token")
}

impl fmt::Debug for SalesforceAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OauthClientCredentials { .. } => "OauthClientCredentials",
            Self::OauthJwtBearer { .. } => "OauthJwtBearer",
            Self::OauthRefreshToken { .. } => "OauthRefreshToken",
        })
    }
}

impl SalesforceAuth {
    /// The credentials for the org `my_domain`; reads the secrets.
    pub(super) fn resolve(&self, my_domain: &str) -> Result<Auth> {
        let (client_id, grant) = match self {
            Self::OauthClientCredentials {
                client_id,
                client_secret,
            } => (client_id, Grant::client_credentials(client_secret)?),
            Self::OauthJwtBearer {
                client_id,
                username,
                private_key,
                login_host,
            } => {
                let login_host = login_host.unwrap_or_else(|| LoginHost::of(my_domain));
                let grant = Grant::JwtBearer {
                    private_key: private_key.resolve()?,
                    subject: username.clone(),
                    audience: login_host.audience().to_owned(),
                };
                (client_id, grant)
            }
            Self::OauthRefreshToken {
                client_id,
                client_secret,
                token_file,
            } => {
                let grant = Grant::refresh_token(client_secret.as_ref(), token_file)?;
                (client_id, grant)
            }
        };
        Ok(Auth::OAuth(OAuth {
            client_id: client_id.clone(),
            grant,
            // The org's own host serves every flow, and client credentials nowhere else.
            token_path: "/services/oauth2/token",
            encoding: TokenEncoding::Form,
            // The app's own settings say what a token may do.
            scopes: Vec::new(),
            refusal: meaning,
        }))
    }
}

#[cfg(test)]
mod tests {
    use casewire_core::ErrorKind;
    use serde_json::{Value, json};

    use super::*;

    fn auth(keys: Value) -> SalesforceAuth {
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn a_signature_is_made_out_to_where_the_user_signs_in() {
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), "some key").unwrap();
        for (my_domain, login_host, expected) in [
            ("acme", None, "https://login.salesforce.com"),
            ("acme-dev-ed.develop", None, "https://login.salesforce.com"),
            ("acme--box.sandbox", None, "https://test.salesforce.com"),
            ("acme.scratch", None, "https://test.salesforce.com"),
            (
                "acme",
                Some("test.salesforce.com"),
                "https://test.salesforce.com",
            ),
        ] {
            let auth = auth(json!({
                "type": "oauth_jwt_bearer", "client_id": "a", "username": "ana@example.com",
                "private_key": { "file": key.path() }, "login_host": login_host,
            }));
            let Auth::OAuth(oauth) = auth.resolve(my_domain).unwrap() else {
                panic!("{my_domain}: no OAuth");
            };
            let Grant::JwtBearer { audience, .. } = oauth.grant else {
                panic!("{my_domain}: another grant");
            };
            assert_eq!(audience, expected, "{my_domain}");
        }
    }

    #[test]
    fn without_a_refresh_token_its_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let auth =
            auth(json!({ "type": "oauth_refresh_token", "client_id": "a", "token_file": file }));
        let refused = || {
            let error = auth.resolve("acme").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            error.message().to_owned()
        };
        let absent = refused();
        assert!(absent.contains("`token_file`"), "{absent}");
        assert!(absent.contains(&file.display().to_string()), "{absent}");
        std::fs::write(&file, "\n").unwrap();
        assert!(refused().contains("is empty"));
        std::fs::write(&file, "some-token\n").unwrap();
        assert!(auth.resolve("acme").is_ok());
    }
}
