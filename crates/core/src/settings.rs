//! The settings of the pane "CRM record creation details" (docs/RULES.md §1).

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Profile, Queue, QueueId, Session, Title};

/// The record rules' settings. Every key may also be set per leaf queue.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Append call or chat session to latest open record in the same leaf queue (R9). Default: false.
    pub append_to_open: bool,
    /// Also append to closed records in the same leaf queue, closed within the last _ days (R10).
    /// At least 1; needs `append_to_open`. Default: absent.
    pub append_to_closed_within_days: Option<NonZeroU32>,
    /// Also set an open record that a session joins to the default open status. A re-opened one always
    /// gets it. Default: false.
    pub reset_status_on_append: bool,
    /// Delay call record until call is connected (R2, R3). Default: false.
    pub delay_call_until_connected: bool,
    /// Delay chat record until chat has a minimum of _ messages sent by consumer (R6). At least 1.
    /// Default: absent.
    pub delay_chat_until_messages: Option<NonZeroU32>,
    /// Create CRM records for abandoned calls (R4). Default: false.
    pub abandoned_calls: bool,
    /// Create CRM records for abandoned chats (R7): `"none"`, `"all"` or `{ at_least_messages = N }`.
    /// Default: `"none"`.
    pub abandoned_chats: AbandonedChats,
    /// A short abandoned call makes no record even with `abandoned_calls` on. Default: false.
    pub ignore_short_abandoned_calls: bool,
    /// A call abandoned sooner than this many seconds after it was created is short. Default: 10.
    pub short_abandon_call_seconds: u32,
    /// A chat abandoned sooner than this many seconds after it was created is short. Default: 10.
    pub short_abandon_chat_seconds: u32,
    /// CRM record title. Names in braces are replaced: `CALL_TYPE`, `CALL_ID`, `MENU_PATH`,
    /// `PHONE_NUMBER`, `LANGUAGE`, `TIMESTAMP`; `{{` and `}}` are literal braces.
    /// Default: `{CALL_TYPE} - {MENU_PATH} - {CALL_ID}`.
    pub title: Title,
    /// Zone of times in titles and notes, an IANA name. Default: `UTC`.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    #[schemars(with = "String")]
    pub timezone: TimeZone,
    /// Add session type tags to records (R13). Default: false.
    pub tag_session_type: bool,
    /// Add platform tag to records (R13). Default: false.
    pub tag_platform: bool,
    /// The tag that `tag_platform` adds. Default: `UJET`.
    #[serde(deserialize_with = "not_blank")]
    pub platform_tag: String,
    /// Skip CRM account lookup. Default: false.
    pub skip_customer_lookup: bool,
    /// Skip CRM account creation. Default: false.
    pub skip_customer_creation: bool,
    /// Skip CRM record creation (R12). Default: false.
    pub skip_record_creation: bool,
    /// What a withheld caller becomes. Default: `"separate"`.
    pub anonymous: AnonymousCustomers,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            append_to_open: false,
            append_to_closed_within_days: None,
            reset_status_on_append: false,
            delay_call_until_connected: false,
            delay_chat_until_messages: None,
            abandoned_calls: false,
            abandoned_chats: AbandonedChats::None,
            ignore_short_abandoned_calls: false,
            short_abandon_call_seconds: 10,
            short_abandon_chat_seconds: 10,
            title: Title::default(),
            timezone: TimeZone::UTC,
            tag_session_type: false,
            tag_platform: false,
            platform_tag: "UJET".to_owned(),
            skip_customer_lookup: false,
            skip_customer_creation: false,
            skip_record_creation: false,
            anonymous: AnonymousCustomers::Separate,
        }
    }
}

fn not_blank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim().is_empty() {
        true => Err(D::Error::custom("a tag can not be blank")),
        false => Ok(text),
    }
}

/// Which abandoned chats make a record (R7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbandonedChats {
    /// None.
    None,
    /// All, short ones too.
    All,
    /// Those in which the consumer sent at least so many messages.
    AtLeastMessages(NonZeroU32),
}

/// What a withheld caller becomes in the CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnonymousCustomers {
    /// A new customer each.
    Separate,
    /// One customer that all withheld callers share.
    Shared,
    /// No customer.
    None,
}

/// The rules for every leaf queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The rules where no queue has its own.
    pub rules: Rules,
    /// The whole rules of each leaf queue that overrides some.
    pub queues: BTreeMap<QueueId, Rules>,
    /// Names these settings in receipts, for example a digest of the config file.
    pub version: String,
}

/// A setting that another one silences: legal, and worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silenced {
    /// The leaf queue whose rules these are; absent for the global ones.
    pub queue: Option<QueueId>,
    /// The key that has no effect, or less than its name says.
    pub key: &'static str,
    /// The key that is the cause.
    pub by: &'static str,
    /// What follows.
    pub effect: &'static str,
}

/// A setting that the connector can not honour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} can not honour `{key}`{}: turn it off", .connector, in_queue(.queue))]
pub struct Unsupported {
    /// The leaf queue whose rules these are; absent for the global ones.
    pub queue: Option<QueueId>,
    /// The key.
    pub key: &'static str,
    /// The connector's name.
    pub connector: &'static str,
}

fn in_queue(queue: &Option<QueueId>) -> String {
    queue
        .as_ref()
        .map(|queue| format!(" in queue {}", queue.0))
        .unwrap_or_default()
}

impl Settings {
    /// The same rules for every queue.
    pub fn uniform(rules: Rules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The rules that hold in `queue`.
    pub fn rules_in(&self, queue: Option<&QueueId>) -> &Rules {
        queue
            .and_then(|queue| self.queues.get(queue))
            .unwrap_or(&self.rules)
    }

    /// The rules that hold for `session`: those of its leaf queue.
    pub fn rules_of(&self, session: &Session) -> &Rules {
        self.rules_in(session.queue().map(Queue::leaf))
    }

    fn scopes(&self) -> impl Iterator<Item = (Option<&QueueId>, &Rules)> {
        let queues = self
            .queues
            .iter()
            .map(|(queue, rules)| (Some(queue), rules));
        [(None, &self.rules)].into_iter().chain(queues)
    }

    /// The settings that others silence, global ones first.
    pub fn silenced(&self) -> Vec<Silenced> {
        let mut found = Vec::new();
        for (queue, rules) in self.scopes() {
            found.extend(rules.silenced().map(|(key, by, effect)| Silenced {
                queue: queue.cloned(),
                key,
                by,
                effect,
            }));
        }
        found
    }

    /// The settings that a connector with `profile` can not honour, global ones first.
    pub fn unsupported(&self, profile: &Profile) -> Vec<Unsupported> {
        let mut found = Vec::new();
        for (queue, rules) in self.scopes() {
            let refused = rules
                .switched_on()
                .filter(|key| profile.refuses.contains(key));
            found.extend(refused.map(|key| Unsupported {
                queue: queue.cloned(),
                key,
                connector: profile.name,
            }));
        }
        found
    }
}

impl Rules {
    /// The keys of switches that are on and that some CRMs can not honour.
    fn switched_on(&self) -> impl Iterator<Item = &'static str> {
        [
            ("tag_session_type", self.tag_session_type),
            ("tag_platform", self.tag_platform),
            ("skip_customer_lookup", self.skip_customer_lookup),
            ("skip_customer_creation", self.skip_customer_creation),
            ("skip_record_creation", self.skip_record_creation),
        ]
        .into_iter()
        .filter_map(|(key, on)| on.then_some(key))
    }

    fn silenced(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let closed_window = self.append_to_closed_within_days.is_some();
        [
            (
                self.abandoned_calls && self.delay_call_until_connected,
                "abandoned_calls",
                "delay_call_until_connected",
                "an abandoned call makes no record, because only calls connected to an agent do (R5)",
            ),
            (
                closed_window && !self.append_to_open,
                "append_to_closed_within_days",
                "append_to_open = false",
                "no session joins a closed record (R9, R10)",
            ),
            (
                self.reset_status_on_append && !self.append_to_open,
                "reset_status_on_append",
                "append_to_open = false",
                "no session joins an open record (R9)",
            ),
            (
                self.ignore_short_abandoned_calls && !self.abandoned_calls,
                "ignore_short_abandoned_calls",
                "abandoned_calls = false",
                "no abandoned call makes a record anyway (R5)",
            ),
            (
                self.skip_record_creation && !self.append_to_open,
                "skip_record_creation",
                "append_to_open = false",
                "nothing is ever written: no record is made and none is joined (R12)",
            ),
            (
                self.append_to_open && self.skip_customer_lookup,
                "append_to_open",
                "skip_customer_lookup",
                "no session joins a record, because no customer is known (R9)",
            ),
            (
                self.skip_record_creation && self.append_to_open && self.skip_customer_lookup,
                "skip_record_creation",
                "skip_customer_lookup",
                "nothing is ever written: no record is made and none is joined (R12)",
            ),
            (
                self.ignore_short_abandoned_calls && self.delay_call_until_connected,
                "ignore_short_abandoned_calls",
                "delay_call_until_connected",
                "no abandoned call makes a record anyway (R5)",
            ),
            (
                self.anonymous != AnonymousCustomers::Separate && self.skip_customer_creation,
                "anonymous",
                "skip_customer_creation",
                "a withheld caller's record has no customer",
            ),
            (
                self.platform_tag != Self::default().platform_tag && !self.tag_platform,
                "platform_tag",
                "tag_platform = false",
                "the platform tag is not added (R13)",
            ),
        ]
        .into_iter()
        .filter_map(|(silenced, key, by, effect)| silenced.then_some((key, by, effect)))
    }

    /// What agents will notice of the delays that are on; empty when none is.
    pub fn delays(&self) -> Vec<&'static str> {
        let call = self.delay_call_until_connected.then_some(
            "delay_call_until_connected: a call's record appears some seconds after the agent is \
             connected, not when the call is assigned; tell the agents",
        );
        let chat = self.delay_chat_until_messages.map(|_| {
            "delay_chat_until_messages: a chat's record appears some seconds after the consumer's \
             last needed message, not when the chat is assigned; tell the agents"
        });
        call.into_iter().chain(chat).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_with_its_own_rules_uses_them() {
        let own = QueueId("13".into());
        let mut settings = Settings::default();
        let strict = Rules {
            delay_call_until_connected: true,
            ..Rules::default()
        };
        settings.queues.insert(own.clone(), strict);
        assert!(settings.rules_in(Some(&own)).delay_call_until_connected);
        assert!(
            !settings
                .rules_in(Some(&QueueId("4".into())))
                .delay_call_until_connected
        );
        assert!(!settings.rules_in(None).delay_call_until_connected);
    }

    #[test]
    fn silenced_settings_name_both_keys() {
        let settings = Settings::uniform(Rules {
            abandoned_calls: true,
            delay_call_until_connected: true,
            ..Rules::default()
        });
        let [silenced] = &settings.silenced()[..] else {
            panic!("one pair is silenced");
        };
        assert_eq!(silenced.key, "abandoned_calls");
        assert_eq!(silenced.by, "delay_call_until_connected");
    }

    #[test]
    fn defaults_silence_nothing() {
        assert_eq!(Settings::default().silenced(), []);
    }

    #[test]
    fn abandoned_chats_reads_words_and_a_count() {
        let read = |text| serde_json::from_str::<AbandonedChats>(text);
        assert_eq!(read("\"none\"").unwrap(), AbandonedChats::None);
        assert_eq!(read("\"all\"").unwrap(), AbandonedChats::All);
        let two = NonZeroU32::new(2).unwrap();
        assert_eq!(
            read("{\"at_least_messages\": 2}").unwrap(),
            AbandonedChats::AtLeastMessages(two)
        );
        assert!(read("{\"at_least_messages\": 0}").is_err());
        assert!(read("\"some\"").is_err());
    }
}
