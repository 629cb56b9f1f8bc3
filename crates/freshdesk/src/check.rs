//! Asking the account whether it is as needed.

use casewire_core::{Email, ErrorKind, Finding, Result, Severity, UserId};
use casewire_http::{DefaultUser, Request};

use crate::config::FreshdeskConfig;
use crate::connector::Freshdesk;
use crate::fields::{FieldNames, LEAF_QUEUE, SESSIONS, WantedField};
use crate::wire::{Agent, TicketField};

/// Freshdesk's own fields that every new ticket has.
const ALWAYS_SENT: [&str; 6] = [
    "description",
    "priority",
    "requester",
    "source",
    "status",
    "subject",
];

/// Freshdesk's own fields whose key in a ticket is another than their name.
const KEYS: [(&str, &str); 4] = [
    ("company", "company_id"),
    ("group", "group_id"),
    ("product", "product_id"),
    ("ticket_type", "type"),
];

impl Freshdesk {
    pub(crate) async fn findings(&self) -> Result<Vec<Finding>> {
        let me = Request::get("/api/v2/agents/me");
        let me: Agent = match self.read_collection(me).await {
            Ok(me) => me,
            Err(error) if error.kind() == ErrorKind::Auth => {
                return Ok(vec![Finding::new(
                    Severity::Denied,
                    format!(
                        "Freshdesk refuses the key in `api_key`: {}",
                        error.message()
                    ),
                )]);
            }
            Err(error) => return Err(error.context("asking who the API key belongs to")),
        };
        let mut findings = vec![Finding::new(
            Severity::Fine,
            "the key in `api_key` is an agent's",
        )];
        findings.push(self.check_agents(&me).await?);
        let fields = self.ticket_fields().await?;
        let named = self.config.fields.clone().map(FieldNames::from);
        let name = |of: fn(&FieldNames) -> &String| named.as_ref().map(of);
        findings.push(field(
            &fields,
            &LEAF_QUEUE,
            "leaf_queue",
            name(|names| &names.leaf_queue),
        ));
        findings.push(field(
            &fields,
            &SESSIONS,
            "sessions",
            name(|names| &names.sessions),
        ));
        findings.extend(required(&fields, &self.config));
        findings.extend(statuses(&fields, &self.config));
        findings.extend(self.check_default_user().await?);
        Ok(findings)
    }

    /// Owners are found by address (R16), which not every role may.
    async fn check_agents(&self, me: &Agent) -> Result<Finding> {
        let Some(email) = me.email().and_then(Email::parse) else {
            return Ok(Finding::new(
                Severity::Warning,
                "Freshdesk does not show the address of the agent whose key it is; owners may not be found",
            ));
        };
        match self.agent_by_email(&email).await {
            Ok(Some(_)) => Ok(Finding::new(Severity::Fine, "agents are found by address")),
            Ok(None) => Ok(Finding::new(
                Severity::Warning,
                "Freshdesk does not find the agent whose key it is by address; owners may not be found",
            )),
            Err(error) if error.kind() == ErrorKind::Auth => Ok(Finding::new(
                Severity::Denied,
                "the key in `api_key` may not list agents, so that no owner is found; give its agent a role that may",
            )),
            Err(error) => Err(error.context("looking for an agent by address")),
        }
    }

    async fn check_default_user(&self) -> Result<Option<Finding>> {
        let is_agent = match &self.config.default_user {
            None => return Ok(None),
            Some(DefaultUser::Email(email)) => self.agent_by_email(email).await?.is_some(),
            Some(DefaultUser::Id(UserId(id))) => {
                let request = Request::get("/api/v2/agents/{id}").fill("id", id);
                match self.read::<Agent>(request).await {
                    Ok(agent) => agent.is_active(),
                    Err(error) if error.kind() == ErrorKind::NotFound => false,
                    Err(error) => return Err(error.context("asking for `default_user`")),
                }
            }
        };
        Ok(Some(match is_agent {
            true => Finding::new(Severity::Fine, "`default_user` is an agent"),
            false => Finding::new(
                Severity::Missing,
                "`default_user` is no active agent of Freshdesk; set it to one",
            ),
        }))
    }
}

fn field(
    fields: &[TicketField],
    wanted: &WantedField,
    key: &str,
    name: Option<&String>,
) -> Finding {
    let (label, kind) = (wanted.label, wanted.kind);
    let Some(name) = name else {
        return match wanted.find(fields) {
            Some(_) => Finding::new(
                Severity::Fine,
                format!("the ticket field `{label}` is there"),
            ),
            None => Finding::new(
                Severity::Missing,
                format!("there is no {kind} field `{label}`; run `casewire setup`"),
            ),
        };
    };
    let fits = |field: &&TicketField| field.name == *name && field.kind == kind && !field.archived;
    match fields.iter().find(fits) {
        Some(_) => Finding::new(
            Severity::Fine,
            format!("the ticket field in `fields.{key}` is there"),
        ),
        None => Finding::new(
            Severity::Missing,
            format!(
                "`fields.{key}` = `{name}` is no ticket field of type {kind}; set it to one, or remove `fields` and run `casewire setup`"
            ),
        ),
    }
}

/// A field that agents have to fill in has to be filled in here too.
fn required(fields: &[TicketField], config: &FreshdeskConfig) -> Vec<Finding> {
    let is_given = |field: &TicketField| {
        let name = field.name.as_str();
        if field.default && (ALWAYS_SENT.contains(&name) || name == "agent") {
            // Without a default user nobody owns a ticket of an agent whom Freshdesk does not know.
            return name != "agent" || config.default_user.is_some();
        }
        let key = KEYS.iter().find(|(of, _)| field.default && *of == name);
        config.ticket_values.has(key.map_or(name, |(_, key)| key))
    };
    let missing = fields
        .iter()
        .filter(|field| field.required_for_agents && !field.archived && !is_given(field));
    missing
        .map(|field| {
            let name = &field.name;
            let mend = match name.as_str() {
                "agent" if field.default => "set `default_user`".to_owned(),
                _ => format!("give `{name}` a value in `ticket_values`"),
            };
            Finding::new(
                Severity::Missing,
                format!(
                    "the ticket field `{name}` is required, so that Freshdesk refuses new tickets; {mend}, or make it optional"
                ),
            )
        })
        .collect()
}

/// Statuses of the config that the account does not have.
fn statuses(fields: &[TicketField], config: &FreshdeskConfig) -> Option<Finding> {
    let field = fields.iter().find(|field| field.kind == "default_status")?;
    let known = field.choices.as_object()?;
    let unknown: Vec<_> = config
        .statuses
        .named()
        .into_iter()
        .map(|status| status.to_string())
        .filter(|status| !known.contains_key(status))
        .collect();
    Some(match unknown.is_empty() {
        true => Finding::new(Severity::Fine, "the account has all statuses in `statuses`"),
        false => Finding::new(
            Severity::Missing,
            format!(
                "`statuses` names what is no status of the account: {}; its statuses are {}",
                unknown.join(", "),
                known.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn fields(given: Value) -> Vec<TicketField> {
        serde_json::from_value(given).unwrap()
    }

    fn config(changes: Value) -> FreshdeskConfig {
        let mut config = json!({ "domain": "acme", "api_key": { "env": "KEY" } });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).unwrap()
    }

    #[test]
    fn required_fields_without_a_value_are_named() {
        let own = |name: &str| json!({ "name": name, "type": "x", "default": true, "required_for_agents": true });
        let custom = |name: &str, required: bool| json!({ "name": name, "type": "x", "required_for_agents": required });
        let fields = fields(json!([
            own("subject"),
            own("requester"),
            own("ticket_type"),
            own("agent"),
            custom("cf_brand", true),
            custom("cf_other", false),
            custom("subject", true),
        ]));
        let names = |config: FreshdeskConfig| -> Vec<String> {
            let findings = required(&fields, &config);
            let name = |finding: Finding| {
                assert_eq!(finding.severity, Severity::Missing);
                finding.message.split('`').nth(1).unwrap().to_owned()
            };
            findings.into_iter().map(name).collect()
        };
        assert_eq!(
            names(config(json!({}))),
            ["ticket_type", "agent", "cf_brand", "subject"]
        );
        let given = json!({ "default_user": 7, "ticket_values": { "type": "Question", "cf_brand": "acme" } });
        assert_eq!(names(config(given)), ["subject"]);
    }

    #[test]
    fn statuses_that_the_account_has_not_are_named() {
        let choices =
            json!({ "2": ["Open", "Being Processed"], "3": ["Pending", ""], "4": [], "5": [] });
        let fields =
            fields(json!([{ "name": "status", "type": "default_status", "choices": choices }]));
        let of = |given| statuses(&fields, &config(json!({ "statuses": given }))).unwrap();
        assert_eq!(of(json!({})).severity, Severity::Fine);
        let finding = of(json!({ "resolved": [4, 5, 9], "default_open": 8 }));
        assert_eq!(finding.severity, Severity::Missing);
        assert!(finding.message.contains("account: 8, 9;"), "{finding:?}");
        assert!(
            finding.message.ends_with("are 2, 3, 4, 5"),
            "{}",
            finding.message
        );
    }
}
