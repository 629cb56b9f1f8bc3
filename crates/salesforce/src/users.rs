//! Users of the org: who owns a record (R16).

use casewire_core::{Email, Result, UserId};
use std::time::Duration;
use tokio::time::Instant;

use crate::composite::{Answers, Composite, Rows};
use crate::config::DefaultUser;
use crate::connector::Salesforce;
use crate::soql;

/// How long it is believed that nobody has an address.
const MISS_LASTS: Duration = Duration::from_secs(600);

impl Salesforce {
    /// The active user with this e-mail address; of several the one created last.
    pub(crate) async fn user_by_email(&self, email: &Email) -> Result<Option<UserId>> {
        if let Some(known) = self.users.find(email) {
            return Ok(Some(known));
        }
        if let Some(missed_at) = self.missed_users.find(email)
            && missed_at.elapsed() < MISS_LASTS
        {
            return Ok(None);
        }
        let soql = format!(
            "SELECT Id FROM User WHERE Email = {} AND IsActive = true ORDER BY CreatedDate DESC LIMIT 1",
            soql::text(email.as_str())
        );
        let asked = Composite::apart(&self.version).query("user", &soql);
        let mut answers: Answers = self.api.read(asked.request()).await?;
        let rows: Rows = answers.body("user")?;
        let id = rows.records.first().and_then(|row| row.text("Id"));
        let user = id.map(|id| UserId(id.to_owned()));
        match &user {
            Some(user) => self.users.remember(email.clone(), user.clone()),
            None => self.missed_users.remember(email.clone(), Instant::now()),
        }
        Ok(user)
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
