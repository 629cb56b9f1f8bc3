//! The keys of `auth`.

use std::fmt;
use std::path::PathBuf;

use casewire_core::Result;
use casewire_http::{Auth, Grant, OAuth, SecretSource, TokenEncoding};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

/// The credentials of a Zendesk account.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ZendeskAuth {
    /// A confidential OAuth client acting as the agent who owns it: for servers.
    OauthClientCredentials {
        /// The client's identifier.
        client_id: String,
        /// The client's secret.
        client_secret: SecretSource,
    },
    /// A person's consent, as a refresh token in a file. Zendesk replaces the token at each use, and the file then
    /// keeps the new one.
    OauthRefreshToken {
        /// The client's identifier.
        client_id: String,
        /// The client's secret; a public client has none.
        client_secret: Option<SecretSource>,
        /// The file that keeps the refresh token: put the first one there. Default: `zendesk-refresh-token` in the
        /// working directory.
        #[serde(default = "default_token_file")]
        token_file: PathBuf,
    },
    /// An agent's e-mail address with an API token. Zendesk ends API tokens on 2027-04-30.
    ApiToken {
        /// The agent's e-mail address.
        email: String,
        /// The token.
        token: SecretSource,
    },
}

fn default_token_file() -> PathBuf {
    PathBuf::from("zendesk-refresh-token")
}

impl fmt::Debug for ZendeskAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OauthClientCredentials { .. } => "OauthClientCredentials",
            Self::OauthRefreshToken { .. } => "OauthRefreshToken",
            Self::ApiToken { .. } => "ApiToken",
        })
    }
}

impl ZendeskAuth {
    /// The credentials; reads the secrets.
    pub(super) fn resolve(&self, scopes: &[&str]) -> Result<Auth> {
        let (client_id, grant) = match self {
            Self::OauthClientCredentials {
                client_id,
                client_secret,
            } => (client_id, Grant::client_credentials(client_secret)?),
            Self::OauthRefreshToken {
                client_id,
                client_secret,
                token_file,
            } => {
                let grant = Grant::refresh_token(client_secret.as_ref(), token_file)?;
                (client_id, grant)
            }
            Self::ApiToken { email, token } => {
                return Ok(Auth::Basic {
                    user: SecretString::from(format!("{email}/token")),
                    password: token.resolve()?,
                });
            }
        };
        Ok(Auth::OAuth(OAuth {
            client_id: client_id.clone(),
            grant,
            token_path: "/oauth/tokens",
            encoding: TokenEncoding::Json,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            refusal: |_| None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use casewire_core::ErrorKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn without_a_refresh_token_its_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let auth = json!({ "type": "oauth_refresh_token", "client_id": "a", "token_file": file });
        let auth: ZendeskAuth = serde_json::from_value(auth).unwrap();
        let refused = || {
            let error = auth.resolve(&[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            error.message().to_owned()
        };
        let absent = refused();
        assert!(absent.contains("`token_file`"), "{absent}");
        assert!(absent.contains(&file.display().to_string()), "{absent}");
        std::fs::write(&file, "\n").unwrap();
        assert!(refused().contains("is empty"));
        std::fs::write(&file, "some-token\n").unwrap();
        assert!(auth.resolve(&[]).is_ok());
    }
}
