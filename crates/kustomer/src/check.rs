//! Asking the organisation whether it is as needed.

use casewire_core::{Error, ErrorKind, Finding, Result, Severity, UserId};
use casewire_http::{DefaultUser, Request};

use crate::connector::Kustomer;
use crate::wire::{Item, MetadataAttributes, One, TokenAttributes};

/// What a key may do: the role for it, and the older one that does as well.
type Role = (&'static str, &'static str);

/// What the API key is used for.
const ROLES: [Role; 8] = [
    (
        "org.permission.conversation.create",
        "org.user.conversation.write",
    ),
    (
        "org.permission.conversation.read",
        "org.user.conversation.read",
    ),
    (
        "org.permission.conversation.update",
        "org.user.conversation.write",
    ),
    ("org.permission.customer.create", "org.user.customer.write"),
    ("org.permission.customer.read", "org.user.customer.read"),
    ("org.permission.metadata.read", "org.admin.metadata.read"),
    ("org.permission.note.create", "org.user.note.write"),
    ("org.permission.note.read", "org.user.note.read"),
];

/// What it is used for when calls have messages.
const MESSAGE_ROLES: [Role; 2] = [
    ("org.permission.message.create", "org.user.message.write"),
    ("org.permission.message.read", "org.user.message.read"),
];

impl Kustomer {
    pub(crate) async fn findings(&self) -> Result<Vec<Finding>> {
        let answer = self.api.send(Request::get("/v1/auth/tokens/current")).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind(), ErrorKind::Auth | ErrorKind::Config) => {
                return Ok(vec![denied(&error)]);
            }
            Err(error) => return Err(error.context("asking what the API key may do")),
        };
        let pod = answer.headers().get("x-kustomer-pod");
        tracing::info!(
            pod = pod.and_then(|pod| pod.to_str().ok()),
            "Kustomer answered"
        );
        let One { data } = answer.json::<One<Item<TokenAttributes>>>()?;
        let mut needed = ROLES.to_vec();
        if self.config.call_messages {
            needed.extend(MESSAGE_ROLES);
        }
        let mut findings = vec![roles(&needed, &data.attributes.roles)];
        findings.extend(self.check_attributes().await?);
        findings.push(self.check_users().await?);
        findings.push(self.check_tags().await?);
        Ok(findings)
    }

    async fn check_attributes(&self) -> Result<Vec<Finding>> {
        let properties = match self.metadata().await {
            Ok(MetadataAttributes { properties }) => properties,
            Err(error) if error.kind() == ErrorKind::Auth => return Ok(vec![denied(&error)]),
            Err(error) => return Err(error),
        };
        let attributes = self.config.fields.shown_names().into_iter();
        let found = attributes.map(|(name, _)| match properties.contains_key(name) {
            true => Finding::new(Severity::Fine, format!("the attribute `{name}` of conversations is there")),
            false => Finding::new(
                Severity::Missing,
                format!("conversations have no attribute `{name}`; run `casewire setup`, or name another in `fields`"),
            ),
        });
        Ok(found.collect())
    }

    async fn check_users(&self) -> Result<Finding> {
        let users = match self.all_users().await {
            Ok(users) => users,
            Err(error) if error.kind() == ErrorKind::Auth => return Ok(denied(&error)),
            Err(error) => return Err(error.context("listing the users")),
        };
        let has_default = self.config.default_user.as_ref().is_none_or(|wanted| {
            users.iter().any(|user| {
                let email = user.attributes.agent_email();
                match wanted {
                    DefaultUser::Email(wanted) => email.as_ref() == Some(wanted),
                    DefaultUser::Id(UserId(id)) => user.id == *id && email.is_some(),
                }
            })
        });
        Ok(match has_default {
            true => Finding::new(Severity::Fine, "agents are found by e-mail address"),
            false => Finding::new(
                Severity::Missing,
                "`default_user` is no active user of the organisation; set it to one",
            ),
        })
    }

    async fn check_tags(&self) -> Result<Finding> {
        match self.all_tags().await {
            Ok(_) => Ok(Finding::new(Severity::Fine, "the tags can be listed")),
            Err(error) if error.is_transient() => Err(error.context("listing the tags")),
            Err(_) => Ok(Finding::new(
                Severity::Warning,
                "the API key can not list the tags: each new conversation with tags takes one call more",
            )),
        }
    }
}

fn roles(needed: &[Role], granted: &[String]) -> Finding {
    let missing: Vec<_> = needed
        .iter()
        .filter(|(role, older)| !has(granted, role) && !has(granted, older))
        .map(|(role, _)| *role)
        .collect();
    if missing.is_empty() {
        return Finding::new(Severity::Fine, "the API key has the roles it needs");
    }
    let message = format!(
        "the API key in `api_key` lacks the roles {}; roles can not be added, so make another key with them",
        missing.join(", ")
    );
    Finding::new(Severity::Denied, message)
}

/// Whether `wanted` is granted, alone or with all below a shorter name.
fn has(granted: &[String], wanted: &str) -> bool {
    granted.iter().any(|role| {
        let rest = wanted.strip_prefix(role.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn denied(error: &Error) -> Finding {
    Finding::new(Severity::Denied, error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_roles_are_named() {
        let granted =
            |roles: &[&str]| -> Vec<String> { roles.iter().map(|&role| role.to_owned()).collect() };
        let new: Vec<_> = ROLES.iter().map(|(role, _)| *role).collect();
        let older: Vec<_> = ROLES.iter().map(|(_, older)| *older).collect();
        for enough in [
            &new[..],
            &older,
            &["org.admin", "org.user"],
            &["org.permission"],
        ] {
            assert_eq!(
                roles(&ROLES, &granted(enough)).severity,
                Severity::Fine,
                "{enough:?}"
            );
        }
        let finding = roles(&ROLES, &granted(&[&new[..6], &["org.user.notes"]].concat()));
        assert_eq!(finding.severity, Severity::Denied);
        let lacks = "roles org.permission.note.create, org.permission.note.read;";
        assert!(finding.message.contains(lacks), "{}", finding.message);
    }
}
