//! Users of the org: who owns a record (R16).

use casewire_core::{Email, Result, UserId};
use casewire_http::DefaultUser;

use crate::composite::{Answers, Composite, Rows};
use crate::connector::Salesforce;
use crate::soql;

impl Salesforce {
    /// The active user with this e-mail address; of several the one created last.
    pub(crate) async fn user_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        self.users.find(email, self.find_active_user(email)).await
    }

    async fn find_active_user(&self, email: &Email) -> Result<Option<UserId>> {
        let soql = format!(
            "SELECT Id FROM User WHERE Email = {} AND IsActive = true ORDER BY CreatedDate DESC LIMIT 1",
            soql::text(email.as_str())
        );
        let asked = Composite::apart(&self.version).query("user", &soql);
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("user")?;
        let id = rows.records.first().and_then(|row| row.text("Id"));
        Ok(id.map(|id| UserId(id.to_owned())))
    }

    /// The configured default user: who owns a record when no agent does.
    pub(crate) async fn default_user(&self) -> Result<Option<UserId>> {
        match &self.config.default_user {
            Some(DefaultUser::Id(id)) => Ok(Some(id.clone())),
            Some(DefaultUser::Email(email)) => self.user_by_email(email).await,
            None => Ok(None),
        }
    }
}
