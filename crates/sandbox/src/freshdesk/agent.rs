use jiff::Timestamp;
use serde_json::{Value, json};

use super::Freshdesk;
use super::call::{Call, ok};
use super::problem::Problem;
use super::time::stamp;
use crate::answer::Answer;

/// Somebody who works in the account.
#[derive(Clone, Debug)]
pub(super) struct Agent {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: Option<String>,
    pub(super) created_at: Timestamp,
}

impl Agent {
    fn shown(&self) -> Value {
        let created_at = stamp(self.created_at);
        json!({
            "available": true,
            "available_since": null,
            "contact": {
                "active": true,
                "created_at": created_at,
                "email": self.email,
                "job_title": null,
                "language": "en",
                "last_login_at": null,
                "mobile": null,
                "name": self.name,
                "phone": self.phone,
                "time_zone": "Eastern Time (US & Canada)",
                "updated_at": created_at,
            },
            "created_at": created_at,
            "deactivated": false,
            "id": self.id,
            "occasional": false,
            "signature": null,
            "ticket_scope": 1,
            "type": "support_agent",
            "updated_at": created_at,
        })
    }

    pub(super) fn as_requester(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "email": self.email, "mobile": null, "phone": self.phone })
    }
}

impl Freshdesk {
    pub(super) fn agent(&self, id: u64) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    pub(super) fn agent_with_email(&self, email: &str) -> Option<&Agent> {
        let mut agents = self.agents.iter();
        agents.find(|agent| agent.email.eq_ignore_ascii_case(email))
    }

    pub(super) fn list_agents(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        let page = call.page()?;
        let email = call.parameter("email");
        let phone = call.parameter("phone");
        let mobile = call.parameter("mobile");
        let state = call.choice("state", &["fulltime", "occasional"])?;
        call.finish_query()?;
        let found = self.agents.iter().filter(|agent| {
            let has_email = |email: &String| agent.email.eq_ignore_ascii_case(email);
            email.as_ref().is_none_or(has_email)
                && (phone.is_none() || agent.phone == phone)
                && mobile.is_none()
                && state != Some("occasional")
        });
        Ok(call.paged(page, found.map(|agent| || agent.shown())))
    }

    /// The agent whose key it is.
    pub(super) fn show_me(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let me = self.agent(self.me).ok_or_else(Problem::not_found)?;
        Ok(ok(&me.shown()))
    }

    pub(super) fn show_agent(&self, call: &mut Call<'_>) -> Result<Answer, Problem> {
        call.finish_query()?;
        let agent = self.agent(call.id()?).ok_or_else(Problem::not_found)?;
        Ok(ok(&agent.shown()))
    }
}
