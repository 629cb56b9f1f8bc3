//! Whether the default user is there.

use casewire_core::{Finding, Result, Severity, UserId};
use casewire_http::{DefaultUser, Request};
use http::StatusCode;

use crate::connector::Salesforce;
use crate::row::Row;

impl Salesforce {
    pub(super) async fn check_default_user(&self) -> Result<Option<Finding>> {
        let can_own = match &self.config.default_user {
            None => return Ok(None),
            Some(DefaultUser::Email(email)) => self.user_by_email(email).await?.is_some(),
            Some(DefaultUser::Id(id)) => self.can_own(id).await?,
        };
        Ok(Some(match can_own {
            true => Finding::new(Severity::Fine, "`default_user` can own records"),
            false => Finding::new(
                Severity::Missing,
                "`default_user` is no active user and no queue of the org; set it to one",
            ),
        }))
    }

    async fn can_own(&self, UserId(id): &UserId) -> Result<bool> {
        // Ids of queues and of other groups begin so.
        let is_group = id.starts_with("00G");
        let (sobject, field) = match is_group {
            true => ("Group", "Type"),
            false => ("User", "IsActive"),
        };
        let request = Request::get("/services/data/v{version}/sobjects/{sobject}/{id}")
            .fill("version", &self.version)
            .fill("sobject", sobject)
            .fill("id", id)
            .query("fields", field)
            // An id whose checksum is wrong is no id at all.
            .allow(StatusCode::BAD_REQUEST)
            .allow(StatusCode::NOT_FOUND);
        let response = self.api.send(request).await?;
        if !response.status().is_success() {
            return Ok(false);
        }
        let row: Row = response.json()?;
        Ok(match is_group {
            true => row.text(field) == Some("Queue"),
            false => row.is(field),
        })
    }
}
