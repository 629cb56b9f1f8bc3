use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, ok};
use super::error::Refusal;
use super::ticket::Status;
use super::{Ids, Zendesk, stamp};
use crate::answer::Answer;

/// The categories that have a custom status of their own; closed belongs to solved.
const CATEGORIES: [(Status, &str); 5] = [
    (Status::New, "New"),
    (Status::Open, "Open"),
    (Status::Pending, "Pending"),
    (Status::Hold, "On-hold"),
    (Status::Solved, "Solved"),
];

/// The default custom status of each category; the fake has no others.
#[derive(Debug)]
pub(super) struct CustomStatuses {
    ids: [u64; 5],
}

impl CustomStatuses {
    pub(super) fn of_new_account(ids: &mut Ids) -> Self {
        Self {
            ids: std::array::from_fn(|_| ids.next()),
        }
    }

    pub(super) fn default_of(&self, status: Status) -> u64 {
        self.ids[status.min(Status::Solved) as usize]
    }

    pub(super) fn category_of(&self, id: u64) -> Option<Status> {
        let index = self.ids.iter().position(|known| *known == id)?;
        Some(CATEGORIES[index].0)
    }
}

impl Zendesk {
    pub(super) fn list_custom_statuses(&self, call: &mut Call<'_>) -> Result<Answer, Refusal> {
        let categories = call.parameter("status_categories");
        let active = call.choice("active", &["true", "false"])?;
        let default = call.choice("default", &["true", "false"])?;
        call.permit()?;
        let wanted: Option<Vec<_>> = categories.as_deref().map(|list| list.split(',').collect());
        let is_wanted = |status: Status| match &wanted {
            None => true,
            Some(words) => words.contains(&status.as_str()),
        };
        let all_apply = active != Some("false") && default != Some("false");
        let found: Vec<_> = CATEGORIES
            .iter()
            .filter(|(status, _)| all_apply && is_wanted(*status))
            .map(|(status, label)| self.custom_status(*status, label))
            .collect();
        Ok(ok(json!({ "custom_statuses": found })))
    }

    fn custom_status(&self, status: Status, label: &str) -> Value {
        let created_at = stamp(Timestamp::UNIX_EPOCH);
        json!({
            "id": self.statuses.default_of(status), "status_category": status.as_str(), "agent_label": label,
            "raw_agent_label": label, "end_user_label": label, "raw_end_user_label": label, "description": "",
            "raw_description": "", "end_user_description": "", "raw_end_user_description": "", "active": true,
            "default": true, "created_at": created_at, "updated_at": created_at,
        })
    }
}
