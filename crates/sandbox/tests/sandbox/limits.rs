use casewire_sandbox::zendesk::{Limits, Options};
use serde_json::json;

use crate::client::{Client, header};

fn limited(limits: Limits) -> Client {
    Client::with(Options {
        limits,
        ..Options::default()
    })
}

#[test]
fn headers_count_down_and_an_empty_account_answers_429() {
    let client = limited(Limits {
        account: 2,
        ..Limits::default()
    });
    let first = client.get("/api/v2/tickets/count");
    for (name, value) in [
        ("x-rate-limit", "2"),
        ("x-rate-limit-remaining", "1"),
        ("ratelimit-limit", "2"),
        ("ratelimit-remaining", "1"),
        ("ratelimit-reset", "60"),
    ] {
        assert_eq!(header(&first, name), Some(value), "{name}");
    }
    client.pass(20);
    assert_eq!(client.get("/api/v2/tickets/count").status, 200);
    let refused = client.get("/api/v2/tickets/count");
    assert_eq!(refused.status, 429);
    assert_eq!(header(&refused, "retry-after"), Some("40"));
    assert_eq!(header(&refused, "x-rate-limit-remaining"), Some("0"));
    client.pass(40);
    assert_eq!(client.get("/api/v2/tickets/count").status, 200);
}

#[test]
fn updates_are_limited_by_account_and_by_ticket() {
    let client = limited(Limits {
        ticket_updates: 3,
        per_ticket_updates: 2,
        ..Limits::default()
    });
    let (one, two) = (client.ticket(&json!({})), client.ticket(&json!({})));
    let update = |id: u64| {
        client.update(
            id,
            &json!({ "comment": { "body": "More", "public": false } }),
        )
    };
    let first = update(one);
    assert_eq!(
        header(&first, "zendesk-ratelimit-tickets-update"),
        Some("total=3; remaining=2; resets=60")
    );
    assert_eq!(
        header(&first, "zendesk-ratelimit-per-ticket-updates"),
        Some("total=2; remaining=1; resets=600")
    );
    assert_eq!(update(one).status, 200);
    assert_eq!(update(one).status, 429);
    let empty = update(two);
    assert_eq!(empty.status, 429);
    assert_eq!(
        header(&empty, "zendesk-ratelimit-tickets-update"),
        Some("total=3; remaining=0; resets=60")
    );
    client.pass(60);
    assert_eq!(update(two).status, 200);
    assert_eq!(update(one).status, 429, "ten minutes are not over");
}

#[test]
fn creations_searches_and_user_updates_have_their_buckets() {
    let client = Client::with(Options::default());
    let created = client.post(
        "/api/v2/tickets",
        &json!({ "ticket": { "comment": { "body": "x" } } }),
    );
    assert_eq!(
        header(
            &created,
            "zendesk-ratelimit-ticket-request-create-by-user-and-ip"
        ),
        Some("total=300; remaining=299; resets=60")
    );
    let found = client.search("type:ticket");
    assert_eq!(
        header(&found, "zendesk-ratelimit-search-index"),
        Some("total=2500; remaining=2499; resets=60")
    );
    let user = |name: &str| {
        let body = json!({ "user": { "name": name, "external_id": "x" } });
        client
            .post("/api/v2/users/create_or_update", &body)
            .status
            .as_u16()
    };
    assert_eq!(user("A"), 201);
    assert_eq!(user("B"), 429, "one a second");
    for _ in 0..5 {
        client.pass(1);
        assert_eq!(user("C"), 200);
    }
    client.pass(1);
    assert_eq!(user("D"), 429, "five a minute and user");
}
