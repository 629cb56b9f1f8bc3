//! What the bodies of requests may hold, after the vendor's OpenAPI document.

use super::schema::{Kind, Schema};

/// How many tags a conversation has at most.
pub(super) const MAX_TAGS: usize = 20;

pub(super) const TAGS: Kind = Kind::List(MAX_TAGS, &Kind::Tag);

const TEXT: Kind = Kind::Text(0, 256);
const EXTERNAL_ID: Kind = Kind::Text(1, 256);
const USERS: Kind = Kind::List(10, &Kind::Id);

pub(super) const CREATE_CONVERSATION: Schema = Schema {
    required: &["customer"],
    keys: &[
        ("assignedTeams", USERS),
        ("assignedUsers", USERS),
        ("createdAt", Kind::Time),
        ("custom", Kind::Custom),
        ("customer", Kind::Id),
        ("defaultLang", Kind::Nullable(&Kind::Text(0, 100))),
        ("direction", Kind::Word(&["in", "out"])),
        ("externalId", EXTERNAL_ID),
        ("id", Kind::Id),
        ("importedAt", Kind::Time),
        ("name", TEXT),
        ("priority", Kind::Integer(1, 5)),
        ("queue", QUEUE),
        ("replyChannel", Kind::Nullable(&TEXT)),
        ("status", Kind::Word(&["open", "done"])),
        ("tags", TAGS),
    ],
};

const QUEUE: Kind = Kind::Object(&Schema {
    required: &[],
    keys: &[
        ("external", Kind::Nullable(&Kind::Word(&["amazon-connect"]))),
        ("id", Kind::Nullable(&TEXT)),
    ],
});

pub(super) const UPDATE_CONVERSATION: Schema = Schema {
    required: &[],
    keys: &[
        ("assignedTeams", USERS),
        ("assignedUsers", USERS),
        ("custom", Kind::Custom),
        ("customer", Kind::Id),
        ("deleted", Kind::Flag),
        ("ended", Kind::Flag),
        ("endedAt", Kind::Nullable(&Kind::Time)),
        ("endedBy", Kind::Nullable(&Kind::Id)),
        (
            "endedByType",
            Kind::Nullable(&Kind::Word(&["user", "customer"])),
        ),
        ("endedReason", Kind::Nullable(&TEXT)),
        ("externalId", EXTERNAL_ID),
        ("locked", Kind::Flag),
        ("name", TEXT),
        ("priority", Kind::Integer(1, 5)),
        ("queue", QUEUE),
        ("replyChannel", Kind::Nullable(&TEXT)),
        ("rev", Kind::Integer(0, i64::MAX)),
        ("snooze", Kind::Nullable(&SNOOZE)),
        ("status", Kind::Word(&["open", "snoozed", "done"])),
        ("subStatus", Kind::Nullable(&TEXT)),
        ("tags", TAGS),
    ],
};

const SNOOZE: Kind = Kind::Object(&Schema {
    required: &[],
    keys: &[
        ("status", Kind::Word(&["scheduled", "canceled", "elapsed"])),
        ("time", Kind::Time),
    ],
});

pub(super) const CREATE_CUSTOMER: Schema = Schema {
    required: &[],
    keys: &[
        ("custom", Kind::Custom),
        ("emails", EMAILS),
        ("externalId", EXTERNAL_ID),
        ("externalIds", EXTERNAL_IDS),
        ("name", Kind::Nullable(&TEXT)),
        ("phones", PHONES),
        ("username", Kind::Nullable(&TEXT)),
    ],
};

/// An update that leaves the company out detaches it; the fake's customers have none.
pub(super) const UPDATE_CUSTOMER: Schema = Schema {
    required: &[],
    keys: &[
        ("company", Kind::Unmodelled),
        ("custom", Kind::Custom),
        ("emails", EMAILS),
        ("externalId", EXTERNAL_ID),
        ("externalIds", EXTERNAL_IDS),
        ("name", Kind::Nullable(&TEXT)),
        ("phones", PHONES),
        ("rev", Kind::Integer(0, i64::MAX)),
        ("username", Kind::Nullable(&TEXT)),
    ],
};

const EMAILS: Kind = Kind::List(
    10,
    &Kind::Object(&Schema {
        required: &["email"],
        keys: &[
            ("email", Kind::Email),
            ("type", Kind::Word(&["home", "work", "other"])),
            ("verified", Kind::Flag),
        ],
    }),
);

const PHONES: Kind = Kind::List(
    10,
    &Kind::Object(&Schema {
        required: &["phone"],
        keys: &[
            ("phone", Kind::Phone),
            (
                "type",
                Kind::Word(&["mobile", "home", "work", "fax", "other"]),
            ),
            ("verified", Kind::Flag),
        ],
    }),
);

const EXTERNAL_IDS: Kind = Kind::List(
    10,
    &Kind::Object(&Schema {
        required: &["externalId"],
        keys: &[("externalId", EXTERNAL_ID), ("verified", Kind::Flag)],
    }),
);

pub(super) const CREATE_NOTE: Schema = Schema {
    required: &["body"],
    keys: &[
        ("attachments", Kind::Unmodelled),
        ("body", Kind::Text(1, 10_240)),
        ("conversation", Kind::Id),
        ("createdAt", Kind::Time),
        ("createdBy", Kind::Id),
        ("externalId", EXTERNAL_ID),
        ("id", Kind::Id),
        ("importedAt", Kind::Time),
        ("lang", Kind::Nullable(&TEXT)),
        ("modifiedAt", Kind::Time),
        ("modifiedBy", Kind::Id),
        ("userMentions", Kind::List(20, &Kind::Id)),
    ],
};

pub(super) const CREATE_MESSAGE: Schema = Schema {
    required: &["channel", "app"],
    keys: &[
        ("app", TEXT),
        ("attachments", Kind::Unmodelled),
        ("auto", Kind::Flag),
        ("channel", Kind::Word(CHANNELS)),
        ("conversation", Kind::Id),
        ("createdAt", Kind::Time),
        ("custom", Kind::Custom),
        ("customer", Kind::Id),
        ("direction", Kind::Word(&["in", "out"])),
        ("externalId", EXTERNAL_ID),
        ("id", Kind::Id),
        ("importedAt", Kind::Time),
        ("meta", Kind::Free),
        ("preview", Kind::Text(0, 10_240)),
        ("sentAt", Kind::Time),
        ("size", Kind::Number),
        ("status", Kind::Word(&["sent", "received", "error"])),
        ("subject", TEXT),
    ],
};

const CHANNELS: &[&str] = &[
    "email",
    "sms",
    "chat",
    "facebook",
    "twitter-dm",
    "twitter-tweet",
    "voice",
    "instagram",
    "whatsapp",
];

pub(super) const CREATE_KOBJECT: Schema = Schema {
    required: &["title"],
    keys: &[
        ("custom", Kind::Custom),
        ("data", Kind::Free),
        ("description", Kind::Text(0, 10_240)),
        ("externalId", EXTERNAL_ID),
        ("importedAt", Kind::Time),
        ("title", TEXT),
    ],
};

pub(super) const UPDATE_METADATA: Schema = Schema {
    required: &["properties"],
    keys: &[("properties", Kind::Free)],
};

pub(super) const UPDATE_ATTRIBUTE: Schema = Schema {
    required: &[],
    keys: &[
        ("displayName", TEXT),
        ("enumeration", Kind::List(100, &TEXT)),
        ("multi", Kind::Flag),
        ("target", TEXT),
    ],
};

/// Local dates and `timeZone` are not modelled.
pub(super) const SEARCH: Schema = Schema {
    required: &["queryContext"],
    keys: &[
        ("and", Kind::Any),
        ("not", Kind::Any),
        ("or", Kind::Any),
        ("queryContext", Kind::Word(&["customer", "conversation"])),
        ("sort", Kind::Any),
    ],
};
