//! Recorded traffic of the reference product becomes the right tickets.

use std::io::Write as _;

use crate::process::zendesk;
use serde_json::json;

#[test]
fn recorded_logs_make_one_ticket_each_and_none_again() {
    let Some(folder) = std::env::var_os("CASEWIRE_RECORDINGS") else {
        let _ = writeln!(std::io::stderr(), "skipped: CASEWIRE_RECORDINGS is not set");
        return;
    };
    let setup = zendesk("tag_session_type = true\ntag_platform = true", &[]);
    let file = |name: &str| {
        std::path::Path::new(&folder)
            .join("ccaip")
            .join(name)
            .display()
            .to_string()
    };
    let call = file("expected_logs_call-987.json");
    let chat = file("expected_logs_chat-135.json");
    for recording in [&call, &chat] {
        let ended = setup.run(&["replay", recording]);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let records = setup.records();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0]["title"],
        "Voice Scheduled (API) - schedule_call - 987"
    );
    assert_eq!(records[0]["tags"], json!(["voice_scheduled_api", "ujet"]));
    assert_eq!(records[0]["queue"], "83");
    assert_eq!(records[0]["sessions"], json!(["call/987"]));
    assert_eq!(records[0]["notes"].as_array().unwrap().len(), 2);
    assert_eq!(
        records[1]["title"],
        "Messaging Inbound (Web Chat) - web_3 - 135"
    );
    assert_eq!(
        records[1]["tags"],
        json!(["messaging_inbound_web_chat", "ujet"])
    );
    assert_eq!(records[1]["queue"], "13");
    assert_eq!(records[1]["notes"].as_array().unwrap().len(), 2);
    for recording in [&call, &chat] {
        let ended = setup.run(&["replay", recording]);
        assert!(
            ended.err.contains("1 session: nothing changed in the CRM"),
            "{ended:?}"
        );
    }
    assert_eq!(setup.records(), records);
}
