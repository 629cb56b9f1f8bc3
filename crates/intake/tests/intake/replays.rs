//! Entries of a log come in any order and more than once.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{entry, fold, read};

fn log() -> Vec<Value> {
    let chat = || json!({"id": 8, "type": "Messaging Inbound (Web Chat)", "lang": "de", "status": "finished"});
    let queue = json!({"id": 1, "menu_path_id": 13, "menu_path": "Support/Billing"});
    let agent = |user: u32| json!({"id": user, "type": "agent", "user_id": user});
    vec![
        entry("call_created", "00:00", json!({})),
        entry("call_connected", "00:01", json!({})),
        entry(
            "virtual_agent_session_started",
            "00:01",
            json!({"virtual_agent_session": {"id": 1}}),
        ),
        entry("call_queued", "00:10", json!({})),
        entry(
            "queue_entry_started",
            "00:10",
            json!({"queue_entry": queue}),
        ),
        entry("call_assigned", "00:10", json!({})),
        entry(
            "participant_connected",
            "00:10",
            json!({"participant": agent(5)}),
        ),
        entry(
            "agent_handle_started",
            "00:10",
            json!({"agent_handle": {"id": 2, "agent_id": 5, "menu_path_id": 13, "menu_path": "Support/Billing"}}),
        ),
        entry(
            "session_transfer_connected",
            "00:30",
            json!({"transfer": {"id": 3, "to_agent": {"id": 6}}}),
        ),
        entry(
            "participant_connected",
            "00:31",
            json!({"participant": agent(6)}),
        ),
        entry(
            "call_ended",
            "00:40",
            json!({"details": {"wait_duration": 9, "call_duration": 30}}),
        ),
        entry("call_updated", "00:40", json!({})),
        entry("chat_created", "00:00", json!({"chat": chat()})),
        entry("chat_assigned", "00:05", json!({"chat": chat()})),
        entry("chat_connected", "00:05", json!({"chat": chat()})),
        entry(
            "consumer_handle_ended",
            "00:20",
            json!({"chat": chat(), "consumer_handle": {"id": 4, "message_count": 2}}),
        ),
        entry(
            "chat_ended",
            "00:20",
            json!({"chat": chat(), "details": {"rating": 4}}),
        ),
        entry(
            "csat_session_completed",
            "00:21",
            json!({"chat": chat(), "csat_session": {"id": 4, "rating": 4}}),
        ),
    ]
}

fn shuffled() -> impl Strategy<Value = Vec<Value>> {
    let repeats = prop::collection::vec(prop::sample::select(log()), 0..12);
    repeats.prop_flat_map(|repeats| {
        let mut entries = log();
        entries.extend(repeats);
        Just(entries).prop_shuffle()
    })
}

proptest! {
    #[test]
    fn order_and_repeats_change_no_session(entries in shuffled()) {
        let expected = fold(&read(json!(log()).to_string()));
        prop_assert_eq!(&fold(&read(json!(entries).to_string())), &expected);
        let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
        prop_assert_eq!(&fold(&read(lines)), &expected);
    }

    #[test]
    fn nothing_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        crate::try_read(&bytes);
    }

    #[test]
    fn nothing_makes_a_request_panic(
        headers in prop::collection::vec(("(ce-)?[!-~]{0,8}|ce-(id|time|specversion)|content-type", any::<Vec<u8>>()), 0..5),
        content_type in "application/(cloudevents(-batch)?[+])?json|.{0,8}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        most in 0_usize..3,
    ) {
        let headers: Vec<_> = headers.into_iter().chain([("content-type".to_owned(), content_type.into())]).collect();
        let found = casewire_intake::parse_request(headers, &body, &crate::source(), most);
        prop_assert!(found.is_err() || body.trim_ascii().first() == Some(&b'['));
    }

    #[test]
    fn binary_mode_brings_what_structured_mode_brings(id in "\\PC{0,30}", source in "\\PC{0,30}", rating in any::<i64>()) {
        let data = json!({"rating": rating});
        let event = json!({
            "specversion": "1.0", "id": id, "source": source, "type": "session.ended", "subject": "chat/1",
            "time": "2026-01-24T01:14:06Z", "data": data
        });
        let encoded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
        let headers = [
            ("ce-specversion", encoded("1.0")), ("ce-id", encoded(&id)), ("ce-source", encoded(&source)),
            ("ce-type", encoded("session.ended")), ("ce-subject", encoded("chat/1")),
            ("ce-time", encoded("2026-01-24T01:14:06Z"))
        ];
        let structured = casewire_intake::parse_body(event.to_string().as_bytes(), &crate::source(), 1);
        let binary = casewire_intake::parse_request(headers, data.to_string().as_bytes(), &crate::source(), 1);
        prop_assert_eq!(structured.is_ok(), binary.is_ok());
        if let (Ok(structured), Ok(binary)) = (structured, binary) {
            prop_assert_eq!(structured, binary);
        }
    }

    #[test]
    fn broken_json_makes_an_error_in_range(cut in 0_usize..2000, flip in any::<u8>(), array in any::<bool>()) {
        let text = match array {
            true => json!(log()).to_string(),
            false => format!("{:#}", log()[0]),
        };
        let mut bytes = text.into_bytes();
        let place = cut % bytes.len();
        bytes[place] = flip;
        for read in crate::try_read(&bytes) {
            if let Err(error) = read {
                prop_assert!(error.line >= 1 && error.column >= 1);
                let lines = bytes.split(|byte| *byte == b'\n').count();
                prop_assert!(error.line <= lines, "{}", error);
            }
        }
    }
}
