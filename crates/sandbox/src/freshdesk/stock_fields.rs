use serde_json::{Map, Value, json};

use super::Freshdesk;

pub(super) const TYPES: &[&str] = &[
    "Question",
    "Incident",
    "Problem",
    "Feature Request",
    "Refund",
];

/// Freshdesk's own statuses: number, name for agents, name for customers.
pub(super) const STATUSES: &[(u64, &str, &str)] = &[
    (2, "Open", "Being Processed"),
    (3, "Pending", "Awaiting your Reply"),
    (4, "Resolved", "This ticket has been Resolved"),
    (5, "Closed", "This ticket has been Closed"),
    (6, "Waiting on Customer", "Awaiting your Reply"),
    (7, "Waiting on Third Party", "Being Processed"),
];

pub(super) const SOURCES: &[(u64, &str)] = &[
    (1, "Email"),
    (2, "Portal"),
    (3, "Phone"),
    (4, "Forum"),
    (5, "Twitter"),
    (6, "Facebook"),
    (7, "Chat"),
    (9, "Feedback Widget"),
    (10, "Outbound Email"),
];

pub(super) const PRIORITIES: &[(u64, &str)] =
    &[(1, "Low"), (2, "Medium"), (3, "High"), (4, "Urgent")];

/// Whether the form asks agents for a field, and what customers see of it.
#[derive(Clone, Copy)]
struct Form {
    is_required: bool,
    is_public: bool,
}

const HIDDEN: Form = Form {
    is_required: false,
    is_public: false,
};
const PUBLIC: Form = Form {
    is_required: false,
    is_public: true,
};
const REQUIRED: Form = Form {
    is_required: true,
    is_public: true,
};
const REQUIRED_OF_AGENTS: Form = Form {
    is_required: true,
    is_public: false,
};

/// Name, label, type after `default_`, form.
const STOCK: &[(&str, &str, &str, Form)] = &[
    ("requester", "Search a requester", "requester", REQUIRED),
    ("subject", "Subject", "subject", REQUIRED),
    ("ticket_type", "Type", "ticket_type", HIDDEN),
    ("source", "Source", "source", HIDDEN),
    ("status", "Status", "status", REQUIRED_OF_AGENTS),
    ("priority", "Priority", "priority", REQUIRED_OF_AGENTS),
    ("group", "Group", "group", HIDDEN),
    ("agent", "Agent", "agent", HIDDEN),
    ("product", "Product", "product", PUBLIC),
    ("description", "Description", "description", REQUIRED),
];

impl Freshdesk {
    /// Freshdesk's own ticket fields as `GET /ticket_fields` lists them.
    pub(super) fn stock_fields(&self) -> Vec<Value> {
        let fields = STOCK.iter().zip(1_u64..);
        fields
            .map(|(&(name, label, kind, form), position)| {
                let is_required =
                    form.is_required || self.options.required_for_agents.contains(name);
                let mut field = json!({
                    "created_at": "2014-11-30T09:10:02Z",
                    "customers_can_edit": form.is_public,
                    "default": true,
                    "description": format!("Ticket {}", label.to_lowercase()),
                    "displayed_to_customers": form.is_public,
                    "id": position,
                    "label": label,
                    "label_for_customers": label,
                    "name": name,
                    "position": position,
                    "required_for_agents": is_required,
                    "required_for_closure": self.options.required_for_closure.contains(name),
                    "required_for_customers": form.is_required && form.is_public,
                    "type": format!("default_{kind}"),
                    "updated_at": "2014-11-30T09:10:02Z",
                });
                if name == "requester" {
                    field["portal_cc"] = json!(false);
                    field["portal_cc_to"] = json!("company");
                }
                if let Some(choices) = self.choices(name) {
                    field["choices"] = choices;
                }
                field
            })
            .collect()
    }

    /// The choices of a stock field: of the status numbers to names, of others names to numbers.
    fn choices(&self, field: &str) -> Option<Value> {
        let by_name = |known: &[(u64, &str)]| {
            let choices = known.iter();
            choices
                .map(|(number, name)| ((*name).to_owned(), json!(number)))
                .collect::<Map<_, _>>()
        };
        Some(match field {
            "ticket_type" => json!(TYPES),
            "source" => by_name(SOURCES).into(),
            "priority" => by_name(PRIORITIES).into(),
            "status" => {
                let own = STATUSES.iter().map(|(number, agents, customers)| {
                    (number.to_string(), json!([agents, customers]))
                });
                let custom = self.options.custom_statuses.iter().map(|status| {
                    (
                        status.number.to_string(),
                        json!([status.label, status.label]),
                    )
                });
                own.chain(custom).collect::<Map<_, _>>().into()
            }
            "agent" => {
                let agents = self.agents.iter();
                agents
                    .map(|agent| (agent.name.clone(), json!(agent.id)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "group" | "product" => json!({}),
            _ => return None,
        })
    }

    /// The numbers of all statuses.
    pub(super) fn status_numbers(&self) -> Vec<u64> {
        let own = STATUSES.iter().map(|(number, ..)| *number);
        let custom = self.options.custom_statuses.iter();
        own.chain(custom.map(|status| status.number)).collect()
    }

    /// What agents call a status.
    pub(super) fn status_label(&self, number: u64) -> &str {
        let own = STATUSES.iter().map(|(known, label, _)| (*known, *label));
        let custom = self.options.custom_statuses.iter();
        let custom = custom.map(|status| (status.number, status.label.as_str()));
        let mut all = own.chain(custom);
        let found = all.find(|(known, _)| *known == number);
        found.map_or("", |(_, label)| label)
    }
}
