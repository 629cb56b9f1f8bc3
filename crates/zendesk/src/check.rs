//! Asking the account whether it is as needed.

use casewire_core::{ErrorKind, Finding, Result, Severity, UserId};
use casewire_http::{DefaultUser, Request};

use crate::config::{WORK_SCOPES, ZendeskAuth};
use crate::connector::{API_TOKENS_END, Zendesk};
use crate::fields::{LEAF_QUEUE, SESSIONS, WantedField};
use crate::user::{User, UserAnswer};
use crate::wire::{CustomStatusList, TicketField, TokenAnswer};

impl Zendesk {
    pub(crate) async fn findings(&self) -> Result<Vec<Finding>> {
        let me: UserAnswer = match self.api.read(Request::get("/api/v2/users/me")).await {
            Ok(me) => me,
            Err(error) if error.kind() == ErrorKind::Auth => {
                return Ok(vec![Finding::new(Severity::Denied, error.message())]);
            }
            Err(error) => return Err(error.context("asking who the credentials belong to")),
        };
        let credentials = credentials(&me.user);
        if credentials.severity == Severity::Denied {
            return Ok(vec![credentials]);
        }
        let mut findings = vec![credentials, self.check_scopes().await?];
        findings.extend(self.check_fields().await?);
        findings.extend(self.check_default_user().await?);
        findings.extend(self.check_reopen_status().await?);
        Ok(findings)
    }

    async fn check_scopes(&self) -> Result<Finding> {
        if let ZendeskAuth::ApiToken { .. } = self.config.auth {
            return Ok(Finding::new(Severity::Warning, API_TOKENS_END));
        }
        let answer: TokenAnswer = self
            .api
            .read(Request::get("/api/v2/oauth/tokens/current"))
            .await?;
        Ok(scopes(&answer.token.scopes))
    }

    async fn check_fields(&self) -> Result<Vec<Finding>> {
        let fields = self.ticket_fields().await?;
        let ids = self.config.fields;
        Ok(vec![
            field(
                &fields,
                &LEAF_QUEUE,
                "leaf_queue",
                ids.map(|ids| ids.leaf_queue),
            ),
            field(&fields, &SESSIONS, "sessions", ids.map(|ids| ids.sessions)),
        ])
    }

    async fn check_default_user(&self) -> Result<Option<Finding>> {
        let is_agent = match &self.config.default_user {
            None => return Ok(None),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await?.is_some(),
            Some(DefaultUser::Id(UserId(id))) => {
                let request = Request::get("/api/v2/users/{id}").fill("id", id);
                match self.api.read::<UserAnswer>(request).await {
                    Ok(UserAnswer { user }) => user.is_agent() && !user.is_suspended(),
                    Err(error) if error.kind() == ErrorKind::NotFound => false,
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(Some(match is_agent {
            true => Finding::new(Severity::Fine, "`default_user` is an agent"),
            false => Finding::new(
                Severity::Missing,
                "`default_user` is no agent or admin in Zendesk that is not suspended; set it to one",
            ),
        }))
    }

    async fn check_reopen_status(&self) -> Result<Option<Finding>> {
        let Some(id) = self.config.reopen_custom_status_id else {
            return Ok(None);
        };
        let list: CustomStatusList = self
            .api
            .read(Request::get("/api/v2/custom_statuses"))
            .await?;
        let default_open = serde_json::to_value(self.config.statuses.default_open()).ok();
        let category = default_open.as_ref().and_then(serde_json::Value::as_str);
        let fits = list.custom_statuses.iter().any(|status| {
            status.id == id && status.active && status.status_category.as_deref() == category
        });
        Ok(Some(match fits {
            true => Finding::new(
                Severity::Fine,
                "`reopen_custom_status_id` is an active status",
            ),
            false => Finding::new(
                Severity::Missing,
                "`reopen_custom_status_id` is no active custom status in the category of `default_open`; set it to one, or remove it",
            ),
        }))
    }
}

/// Zendesk answers wrong credentials here with an anonymous user, and with success.
fn credentials(me: &User) -> Finding {
    if me.id.is_none() {
        return Finding::new(
            Severity::Denied,
            "Zendesk does not know the credentials; check the secrets in `auth`",
        );
    }
    if !me.is_agent() {
        return Finding::new(
            Severity::Denied,
            "the credentials in `auth` belong to a user who is neither agent nor admin; use an agent's",
        );
    }
    Finding::new(Severity::Fine, "the credentials are an agent's")
}

fn scopes(granted: &[String]) -> Finding {
    let missing: Vec<_> = WORK_SCOPES
        .iter()
        .copied()
        .filter(|wanted| {
            let broad = wanted.rsplit(':').next().unwrap_or(wanted);
            !granted
                .iter()
                .any(|scope| scope == wanted || scope == broad)
        })
        .collect();
    if missing.is_empty() {
        return Finding::new(Severity::Fine, "the OAuth client has the scopes it needs");
    }
    let message = format!(
        "the OAuth client in `auth` lacks the scopes {}; allow them in Zendesk's Admin Center",
        missing.join(", ")
    );
    Finding::new(Severity::Denied, message)
}

fn field(fields: &[TicketField], wanted: &WantedField, key: &str, id: Option<u64>) -> Finding {
    let Some(id) = id else {
        let title = wanted.title;
        return match wanted.find(fields) {
            Some(_) => Finding::new(
                Severity::Fine,
                format!("the ticket field `{title}` is there"),
            ),
            None => Finding::new(
                Severity::Missing,
                format!(
                    "there is no active {} field `{title}`; run `casewire setup`",
                    wanted.kind
                ),
            ),
        };
    };
    let fits = |field: &&TicketField| field.id == id && field.active && field.kind == wanted.kind;
    match fields.iter().find(fits) {
        Some(_) => Finding::new(
            Severity::Fine,
            format!("the ticket field in `fields.{key}` is there"),
        ),
        None => Finding::new(
            Severity::Missing,
            format!(
                "`fields.{key}` = {id} is no active ticket field of type {}; set it to one, or remove `fields` and run `casewire setup`",
                wanted.kind
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_scopes_are_named() {
        let granted = |scopes: &[&str]| -> Vec<String> {
            scopes.iter().map(|&scope| scope.to_owned()).collect()
        };
        for enough in [&["read", "write"][..], WORK_SCOPES] {
            assert_eq!(scopes(&granted(enough)).severity, Severity::Fine);
        }
        let finding = scopes(&granted(&["read", "tickets:write"]));
        assert_eq!(finding.severity, Severity::Denied);
        assert!(finding.message.contains("scopes users:write;"));
    }
}
