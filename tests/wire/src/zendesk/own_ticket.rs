//! Requests that look for a session's own ticket.

use casewire_core::{CrmConnector as _, LookUp, Trace, TraceSearch};
use serde_json::json;

use super::account::{GOLDEN, connector, exchange, play};
use crate::script::{answered, json};
use crate::story::{by_phone, session, who};

fn without_customer() -> LookUp {
    LookUp {
        session: session(),
        customer: None,
        records: None,
        trace: TraceSearch::Thorough,
    }
}

#[tokio::test]
async fn finds_its_own_ticket_by_external_id() {
    let script = play([exchange("tickets_by_external_id")]).await;
    let found = connector(&script)
        .look_up(&without_customer())
        .await
        .unwrap();
    script.assert_played().await;
    assert_eq!(found.own.unwrap().id.0, "4711");
}

#[tokio::test]
async fn finds_its_own_ticket_by_the_sessions_field() {
    let mut hits = GOLDEN.answer_body("search_open_by_email");
    let ours = json!([{ "id": 360_000_072, "value": "call/986@aaaaaa call/987@e0e480" }]);
    hits["results"][0]["custom_fields"] = ours.clone();
    let mut now = GOLDEN.answer_body("ticket_show");
    now["ticket"]["custom_fields"] = ours;
    let script = play([
        exchange("user_search_by_phone"),
        answered(
            "requested_tickets",
            json(200, json!({ "tickets": [], "count": 0 })),
        ),
        answered(
            "tickets_by_external_id",
            json(200, json!({ "tickets": [] })),
        ),
        answered("search_by_trace", json(200, hits)),
        answered("ticket_show", json(200, now)),
    ])
    .await;
    let query = LookUp {
        trace: TraceSearch::Thorough,
        ..who(by_phone())
    };
    let found = connector(&script).look_up(&query).await.unwrap();
    script.assert_played().await;
    assert_eq!(found.own.unwrap().id.0, "4711");
}

#[tokio::test]
async fn reads_the_comments_when_the_sessions_field_was_edited() {
    let mut edited = GOLDEN.answer_body("tickets_by_external_id");
    edited["tickets"][0]["custom_fields"][1]["value"] = json!("see Ana");
    let script = play([
        answered("tickets_by_external_id", json(200, edited)),
        exchange("ticket_comments"),
        exchange("ticket_comments_next_page"),
    ])
    .await;
    let found = connector(&script)
        .look_up(&without_customer())
        .await
        .unwrap();
    script.assert_played().await;
    let whole = "call/987@e0e480 call/987@e0e480#ended:1b2c3d see Ana";
    assert_eq!(found.own.unwrap().trace, Trace::parse(whole));
}
