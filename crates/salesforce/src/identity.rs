//! Whom the credentials run as, and how much of the org's daily limit is used.
//!
//! Source: Salesforce Help, "User Info"; REST API Developer Guide, "Limit Info Header".

use casewire_core::{Error, ErrorKind, Result};
use casewire_http::Request;
use serde::Deserialize;

use crate::connector::Salesforce;
use crate::limits::Usage;
use crate::soql;

#[derive(Deserialize)]
struct UserInfo {
    user_id: String,
}

impl Salesforce {
    /// The id of the user that the credentials run as. Takes the scope `openid`.
    pub(crate) async fn user_id(&self) -> Result<String> {
        const DOING: &str = "asking whom the credentials run as (it takes the scope `openid`)";
        let request = Request::get("/services/oauth2/userinfo");
        let info: UserInfo = self
            .api
            .read(request)
            .await
            .map_err(|error| error.context(DOING))?;
        match soql::is_id(&info.user_id) {
            true => Ok(info.user_id),
            false => {
                Err(Error::new(ErrorKind::Protocol, "the answer has no user's id").context(DOING))
            }
        }
    }

    /// What of the daily limit is used, if the org says so.
    pub(crate) async fn usage(&self) -> Result<Option<Usage>> {
        let request = Request::get("/services/data/v{version}").fill("version", &self.version);
        let response = self.api.send(request).await?;
        Ok(Usage::of(response.headers()))
    }
}
