use std::collections::BTreeSet;

use super::limits::Limits;

/// How a fake Freshdesk account is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The limits per minute.
    pub limits: Limits,
    /// What the agent whose key it is may not do.
    pub missing: BTreeSet<Permission>,
    /// Statuses beside Freshdesk's own; they count as open.
    pub custom_statuses: Vec<CustomStatus>,
    /// Custom ticket fields that the account has from the start.
    pub custom_fields: Vec<CustomField>,
    /// Names of ticket fields, such as `ticket_type` or `cf_region`, that every new ticket needs.
    pub required_for_agents: BTreeSet<String>,
    /// Names of ticket fields that a ticket needs before it is resolved or closed.
    pub required_for_closure: BTreeSet<String>,
    /// A number that the names of all new custom fields end in. Without one only the names that are taken get it.
    pub name_suffix: Option<u64>,
    /// Whether a private note changes the ticket's `updated_at`; not documented.
    pub private_note: PrivateNote,
    /// What a list of tickets of nobody known answers; not documented.
    pub unknown_requester: UnknownRequester,
}

impl Options {
    /// Without limits, for bulk runs.
    pub fn unlimited() -> Self {
        Self {
            limits: Limits::unlimited(),
            ..Self::default()
        }
    }
}

/// What a role may allow an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Adding and changing notes and replies.
    AddNotes,
    /// Making tickets.
    CreateTickets,
    /// Deleting and restoring tickets.
    DeleteTickets,
    /// Making, changing and deleting contacts.
    EditContacts,
    /// Changing tickets.
    EditTickets,
    /// What an administrator does to ticket fields.
    ManageFields,
    /// Seeing other agents.
    ViewAgents,
    /// Seeing contacts.
    ViewContacts,
    /// Seeing tickets and what is said on them.
    ViewTickets,
}

/// A status that an administrator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomStatus {
    /// Its number, 8 or above.
    pub number: u64,
    /// Its name for agents.
    pub label: String,
}

/// A ticket field that an administrator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// Its label; the name is made of it.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a custom ticket field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// True or false.
    Checkbox,
    /// A day.
    Date,
    /// A number with a fraction.
    Decimal,
    /// One of these texts.
    Dropdown(Vec<String>),
    /// A whole number.
    Number,
    /// A text of many lines.
    Paragraph,
    /// A line of at most 255 characters.
    Text,
}

/// Whether a private note changes the ticket's `updated_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateNote {
    /// It stays.
    LeavesTicket,
    /// It becomes the time of the note.
    #[default]
    TouchesTicket,
}

/// What a list of tickets by an e-mail address or external id that no contact has answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownRequester {
    /// 200 and an empty list.
    #[default]
    Empty,
    /// 400 that names the parameter.
    Refused,
}
