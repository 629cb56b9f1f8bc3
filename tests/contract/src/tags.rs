//! R13 from a session's events to what a person sees on the record: rules and profile say which tags and how they are
//! written, and the connector adds them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{
    Agent, EventData, EventId, EventKind, Outcome, Queue, QueueId, QueueStep, RecordState, Rules,
    SessionEvent, Settings,
};
use casewire_engine::{Flow, Patience, replay};

use crate::story::{HOUR, MINUTE, QUEUE, kim, session};
use crate::vendor::{GivenRecord, Sandboxed, Vendor, freshdesk, kustomer, salesforce, zendesk};

const IVR: &str = "Voice Inbound (IVR)";
const WEB_CHAT: &str = "Messaging Inbound (Web Chat)";

/// How a CRM's records have the tags of a call, of a chat, and of the platform.
struct Written {
    ivr: &'static str,
    web_chat: &'static str,
    platform: &'static str,
}

/// The CRMs that have tags.
async fn crms() -> [(Sandboxed, Written); 3] {
    let of_zendesk = Written {
        ivr: "voice_inbound_ivr",
        web_chat: "messaging_inbound_web_chat",
        // Zendesk keeps tags in lower case, whatever is sent.
        platform: "ujet",
    };
    let of_kustomer = Written {
        ivr: "Voice Inbound - IVR",
        web_chat: "Messaging Inbound - Web Chat",
        platform: "UJET",
    };
    let of_freshdesk = Written {
        ivr: IVR,
        web_chat: WEB_CHAT,
        platform: "UJET",
    };
    [
        (zendesk(0).await, of_zendesk),
        (kustomer(0).await, of_kustomer),
        (freshdesk(0).await, of_freshdesk),
    ]
}

#[tokio::test]
async fn r13_new_record_has_the_sessions_tags() {
    for (v, written) in crms().await {
        let outcome = linked(&v, &rules(), "call/987", IVR).await;
        assert_eq!(outcome, Outcome::Created);
        assert_tags(&v, &[written.ivr, written.platform]);
    }
}

#[tokio::test]
async fn r13_sessions_that_join_add_theirs_to_peoples() {
    for (v, written) in crms().await {
        given(&v, RecordState::Open, &["vip", "Callback"]);
        let kept = v.kept_tags(&["vip", "Callback"]);
        let [vip, callback] = [&*kept[0], &*kept[1]];
        let Written { ivr, platform, .. } = written;

        let outcome = linked(&v, &rules(), "call/987", IVR).await;
        assert_eq!(outcome, Outcome::Appended);
        assert_tags(&v, &[vip, callback, ivr, platform]);

        // By a process that knows nothing of the first.
        let outcome = linked(&v, &rules(), "chat/5", WEB_CHAT).await;
        assert_eq!(outcome, Outcome::Appended);
        assert_tags(&v, &[vip, callback, ivr, platform, written.web_chat]);

        linked(&v, &rules(), "call/988", IVR).await;
        assert_tags(&v, &[vip, callback, ivr, platform, written.web_chat]);
    }
}

#[tokio::test]
async fn r13_reopened_record_keeps_peoples_tags() {
    for (v, written) in crms().await {
        given(&v, RecordState::Resolved, &["vip"]);
        let outcome = linked(&v, &rules(), "call/987", IVR).await;
        assert_eq!(outcome, Outcome::Reopened);
        assert_tags(&v, &["vip", written.ivr, written.platform]);
    }
}

#[tokio::test]
async fn r13_follow_up_has_the_tags_of_both() {
    for (v, written) in crms().await {
        given(&v, RecordState::Closed, &["vip"]);
        let outcome = linked(&v, &rules(), "call/987", IVR).await;
        assert_eq!(outcome, Outcome::FollowUp);
        assert_tags(&v, &["vip", written.ivr, written.platform]);
    }
}

/// Commas, ampersands and parentheses, and more than 32 characters.
#[tokio::test]
async fn r13_tags_are_written_as_the_crm_takes_them() {
    let session_type = "Messaging Inbound, A&B (Mobile SDK App)";
    let rules = Rules {
        platform_tag: "Acme, Inc. (EU)".to_owned(),
        ..rules()
    };
    let [zendesk, kustomer, freshdesk] = crms().await.map(|(v, _)| v);
    for (v, tags) in [
        (
            zendesk,
            ["messaging_inbound_a_b_mobile_sdk_app", "acme_inc_eu"],
        ),
        (
            kustomer,
            ["Messaging Inbound A B - Mobile SDK App", "Acme Inc. EU"],
        ),
        (
            freshdesk,
            ["Messaging Inbound A&B (Mobile SD", "Acme Inc. (EU)"],
        ),
    ] {
        let outcome = linked(&v, &rules, "chat/5", session_type).await;
        assert_eq!(outcome, Outcome::Created);
        assert_tags(&v, &tags);
        linked(&v, &rules, "chat/6", session_type).await;
        assert_tags(&v, &tags);
    }
}

/// Of a comma nothing is left in any CRM.
#[tokio::test]
async fn r13_tag_without_a_character_that_the_crm_takes_is_left_out() {
    let rules = Rules {
        platform_tag: ",".to_owned(),
        ..rules()
    };
    for (v, _) in crms().await {
        let outcome = linked(&v, &rules, "chat/5", ",").await;
        assert_eq!(outcome, Outcome::Created);
        assert_tags(&v, &[]);
    }
}

#[tokio::test]
async fn r13_freshdesk_keeps_a_persons_spelling_of_the_same_tag() {
    let v = freshdesk(0).await;
    given(&v, RecordState::Open, &["Ujet", "voice inbound (IVR)"]);
    linked(&v, &rules(), "call/987", IVR).await;
    assert_tags(&v, &["Ujet", "voice inbound (IVR)"]);
}

#[tokio::test]
async fn r13_tags_are_an_error_at_start_on_salesforce_alone() {
    let settings = Settings::uniform(rules());
    let v = salesforce(0).await;
    let unsupported = settings.unsupported(v.connect().profile());
    let keys: Vec<_> = unsupported.iter().map(|refused| refused.key).collect();
    assert_eq!(keys, ["tag_session_type", "tag_platform"]);
    for (v, _) in crms().await {
        assert_eq!(settings.unsupported(v.connect().profile()), []);
    }
}

/// Tags are on, and sessions join.
fn rules() -> Rules {
    Rules {
        append_to_open: true,
        append_to_closed_within_days: NonZeroU32::new(7),
        tag_session_type: true,
        tag_platform: true,
        ..Rules::default()
    }
}

/// A person's record of Kim's.
fn given(v: &dyn Vendor, state: RecordState, tags: &[&str]) {
    v.given_record(&GivenRecord {
        customer: &v.given_customer(&kim()),
        queue: QUEUE,
        state,
        created_at: v.now() - HOUR,
        closed_at: (state != RecordState::Open).then(|| v.now() - MINUTE),
        tags,
    });
}

/// What becomes of a session of Kim's, which an agent is given a minute from now.
async fn linked(v: &dyn Vendor, rules: &Rules, subject: &str, session_type: &str) -> Outcome {
    v.pass(MINUTE);
    let patience = Patience {
        tries: 1,
        first_wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
    };
    let flow = Flow::new(v.connect(), Arc::new(Settings::uniform(rules.clone())));
    let events = vec![assigned(v, subject, session_type)];
    let receipts = replay(&flow, patience, events, 1, |_| ()).await;
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].error, None, "{receipts:#?}");
    receipts[0].outcome
}

fn assigned(v: &dyn Vendor, subject: &str, session_type: &str) -> SessionEvent {
    let queue = QueueStep {
        id: QueueId(QUEUE.into()),
        name: "Billing".into(),
    };
    SessionEvent {
        id: EventId(format!("{subject}-assigned").into()),
        session: session(subject),
        kind: EventKind::Assigned,
        time: v.now(),
        rank: 0,
        data: EventData {
            session_type: Some(session_type.into()),
            queue: Some(Arc::new(Queue::new(Vec::new(), queue))),
            customer: kim(),
            agent: Some(Agent::default()),
            ..EventData::default()
        },
    }
}

/// What is on the record that the last session is on.
fn assert_tags(v: &dyn Vendor, tags: &[&str]) {
    let mut shown = v.records().pop().unwrap();
    shown.tags.sort();
    let mut tags = tags.to_vec();
    tags.sort_unstable();
    assert_eq!(shown.tags, tags, "{}", v.connect().profile().name);
}
