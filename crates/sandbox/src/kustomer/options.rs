use std::collections::BTreeSet;

use super::limits::Limits;

/// How a fake Kustomer organisation is set up. What the vendor's documents leave open can be
/// had either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The rate limits.
    pub limits: Limits,
    /// The roles of the API key. A shorter name than a role's gives all roles below it: `org.user`
    /// gives `org.user.note.write`.
    pub roles: BTreeSet<String>,
    /// Where the API key is good.
    pub key: Key,
    /// Which of the two documented shapes errors have.
    pub errors: ErrorShape,
    /// Whether two conversations, two notes or two messages can have the same external id.
    pub external_ids: ExternalIds,
    /// What a new note or message does to the `rev` of its conversation.
    pub children: Children,
    /// What is answered when a deleted conversation is read.
    pub deleted: Deleted,
    /// Whether a deleted conversation, with its notes and messages, keeps its external ids.
    pub deleted_ids: DeletedIds,
    /// The classes of custom objects.
    pub klasses: BTreeSet<String>,
    /// The e-mail addresses of users who were switched off.
    pub inactive_users: BTreeSet<String>,
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

/// Whether the API key is one of this region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// The key is good here.
    #[default]
    Here,
    /// The key belongs to another pod, which the answer names.
    OtherPod,
}

/// The shapes of an error: both are documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorShape {
    /// `code`, `message` and `meta`.
    Documented,
    /// `status`, `source.parameter`, `code`, `title` and `detail`.
    #[default]
    Recorded,
}

/// Whether external ids of conversations, notes and messages are unique. Those of customers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExternalIds {
    /// A second one is taken; a look-up finds the first.
    Repeatable,
    /// A second one is refused with 409.
    #[default]
    Unique,
}

/// Whether notes and messages count as changes of their conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Children {
    /// `rev` stays.
    LeaveRev,
    /// `rev` moves on.
    #[default]
    MoveRev,
}

/// How deleted conversations are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deleted {
    /// 404, and lists leave them out.
    #[default]
    Hidden,
    /// They are shown with `deleted: true`; nothing can be written to them.
    Marked,
}

/// What becomes of the external ids of a deleted conversation, its notes and its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletedIds {
    /// Others can have them.
    #[default]
    Free,
    /// Others are refused as having them twice.
    Kept,
}

/// The roles of the default API key: all that the routes ask for.
const ROLES: [&str; 15] = [
    "org.permission.conversation.create",
    "org.permission.conversation.delete",
    "org.permission.conversation.read",
    "org.permission.conversation.update",
    "org.permission.customer.create",
    "org.permission.customer.delete",
    "org.permission.customer.read",
    "org.permission.customer.update",
    "org.permission.message.create",
    "org.permission.message.read",
    "org.permission.metadata.read",
    "org.permission.metadata.update",
    "org.permission.note.create",
    "org.permission.note.read",
    "org.permission.search.create",
];

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            roles: ROLES.into_iter().map(str::to_owned).collect(),
            key: Key::default(),
            errors: ErrorShape::default(),
            external_ids: ExternalIds::default(),
            children: Children::default(),
            deleted: Deleted::default(),
            deleted_ids: DeletedIds::default(),
            klasses: BTreeSet::new(),
            inactive_users: BTreeSet::new(),
        }
    }
}

impl Options {
    /// Whether the key has a role, itself or by a shorter name.
    pub(super) fn has_role(&self, wanted: &str) -> bool {
        let gives = |role: &String| match wanted.strip_prefix(role.as_str()) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        self.roles.iter().any(gives)
    }
}
