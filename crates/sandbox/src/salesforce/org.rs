use std::collections::BTreeSet;

/// What the admins of an org have made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Org {
    /// The values of a case's status, in order.
    pub case_statuses: Vec<Status>,
    /// The stages of an opportunity, in order.
    pub opportunity_stages: Vec<Status>,
    /// The values of a task's status, in order.
    pub task_statuses: Vec<Status>,
    /// Custom fields that everybody sees, beside those that are made through the API.
    pub custom_fields: Vec<CustomField>,
    /// Checks of a row before it is saved.
    pub validation_rules: Vec<ValidationRule>,
    /// Searches for rows like a new one.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// Whether accounts can be people.
    pub person_accounts: bool,
    /// What the integration user may not do. Empty: everything.
    pub missing: BTreeSet<Permission>,
    /// The e-mails of users who left.
    pub inactive_users: Vec<String>,
    /// The names of the queues that own cases, leads and tasks.
    pub queues: Vec<String>,
    /// The queue to which the active assignment rule of cases gives every case whose writer
    /// does not switch the rule off.
    pub case_assignment: Option<String>,
    /// What the control routes add and show as a record.
    pub record_object: RecordObject,
    /// What the control routes add as a customer.
    pub customer_object: CustomerObject,
    /// Whether the Tooling API adds custom objects; sources disagree.
    pub tooling_creates_objects: bool,
    /// Whether Casewire's custom fields are there from the start, and visible.
    pub is_set_up: bool,
}

/// One value of a status or stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The value, which is its label too.
    pub name: String,
    /// Whether a record with it is closed.
    pub is_closed: bool,
    /// Whether control routes show a record with it as `closed` and not as `resolved`.
    pub is_final: bool,
}

/// A custom field of text on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// The object's API name; `Activity` for tasks and events.
    pub object: String,
    /// The field's API name, which ends with `__c`.
    pub name: String,
    /// The values of a restricted picklist; empty: a text of 255 characters.
    pub values: Vec<String>,
    /// Whether every row must have it.
    pub is_required: bool,
    /// Whether rows can be found by it.
    pub is_external_id: bool,
}

/// A check that refuses rows with `FIELD_CUSTOM_VALIDATION_EXCEPTION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationRule {
    /// The object's API name.
    pub object: String,
    /// Which rows it refuses.
    pub refuses: Refuses,
    /// What the user is told.
    pub message: String,
    /// The field it is shown at; none: the top of the page.
    pub field: Option<String>,
}

/// Which rows a validation rule refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Rows with this value in this field.
    Having(String, String),
    /// Rows without a value in this field.
    Lacking(String),
    /// Rows that were closed and would be open.
    Reopening,
}

/// A rule that looks for rows like a new one, by equal e-mail, phone or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateRule {
    /// Its developer name.
    pub name: String,
    /// The object's API name.
    pub object: String,
    /// The fields of which one must be equal.
    pub fields: Vec<String>,
    /// What happens when there is such a row.
    pub action: DuplicateAction,
}

/// What a duplicate rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateAction {
    /// Refuses, unless the writer says that the row is to be saved.
    Alert,
    /// Refuses.
    Block,
}

/// What the integration user may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Use the API at all.
    ApiEnabled,
    /// Give a permission set to a user.
    AssignPermissionSets,
    /// Be the user that a client's credentials run as.
    ClientCredentials,
    /// Add fields and objects.
    CustomizeApplication,
    /// Create rows of this object.
    Create(String),
    /// Delete rows of this object.
    Delete(String),
    /// Change rows of this object.
    Edit(String),
    /// Make permission sets and what they grant.
    ManagePermissionSets,
    /// See this object.
    Read(String),
    /// Read the org's limits.
    ViewSetup,
}

/// What a customer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CustomerObject {
    /// An account that is a company; it has no e-mail.
    Account,
    /// A contact.
    #[default]
    Contact,
    /// A lead.
    Lead,
    /// An account that is a person; the org must have them.
    PersonAccount,
}

impl CustomerObject {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account | Self::PersonAccount => "Account",
            Self::Contact => "Contact",
            Self::Lead => "Lead",
        }
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordObject {
    /// A case.
    #[default]
    Case,
    /// An opportunity.
    Opportunity,
    /// A task on a customer.
    Task,
}

impl RecordObject {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Case => "Case",
            Self::Opportunity => "Opportunity",
            Self::Task => "Task",
        }
    }
}

impl Status {
    /// A value of open records.
    pub fn open(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_closed: false,
            is_final: false,
        }
    }

    /// A value of closed records that may open again.
    pub fn closed(name: &str) -> Self {
        Self {
            is_closed: true,
            ..Self::open(name)
        }
    }

    /// A value of closed records that stay closed.
    pub fn closed_for_good(name: &str) -> Self {
        Self {
            is_final: true,
            ..Self::closed(name)
        }
    }
}

impl CustomField {
    /// An optional text field.
    pub fn text(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            values: Vec::new(),
            is_required: false,
            is_external_id: false,
        }
    }
}

impl Org {
    /// A new org: the vendor's own statuses, no rules, one queue, nothing of Casewire.
    pub fn stock() -> Self {
        Self {
            case_statuses: ["New", "Working", "Escalated"]
                .map(Status::open)
                .into_iter()
                .chain([Status::closed("Closed")])
                .collect(),
            opportunity_stages: [
                "Prospecting",
                "Qualification",
                "Needs Analysis",
                "Proposal/Price Quote",
                "Negotiation/Review",
            ]
            .map(Status::open)
            .into_iter()
            .chain(["Closed Won", "Closed Lost"].map(Status::closed))
            .collect(),
            task_statuses: vec![
                Status::open("Not Started"),
                Status::open("In Progress"),
                Status::closed("Completed"),
                Status::open("Waiting on someone else"),
                Status::open("Deferred"),
            ],
            custom_fields: Vec::new(),
            validation_rules: Vec::new(),
            duplicate_rules: Vec::new(),
            person_accounts: false,
            missing: BTreeSet::new(),
            inactive_users: Vec::new(),
            queues: vec!["Support".to_owned()],
            case_assignment: None,
            record_object: RecordObject::Case,
            customer_object: CustomerObject::Contact,
            tooling_creates_objects: true,
            is_set_up: false,
        }
    }

    /// A stock org with Casewire's custom fields, visible to the integration user.
    pub fn set_up() -> Self {
        Self {
            is_set_up: true,
            ..Self::stock()
        }
    }

    pub(super) fn default_case_status(&self) -> &str {
        first_open(&self.case_statuses)
    }

    pub(super) fn default_task_status(&self) -> &str {
        first_open(&self.task_statuses)
    }

    pub(super) fn statuses(&self, object: &str) -> &[Status] {
        match object {
            "Case" => &self.case_statuses,
            "Opportunity" => &self.opportunity_stages,
            "Task" => &self.task_statuses,
            _ => &[],
        }
    }

    pub(super) fn may(&self, permission: &Permission) -> bool {
        !self.missing.contains(permission)
    }
}

fn first_open(statuses: &[Status]) -> &str {
    let open = statuses.iter().find(|status| !status.is_closed);
    open.map_or("", |status| &status.name)
}

impl Default for Org {
    fn default() -> Self {
        Self::stock()
    }
}
