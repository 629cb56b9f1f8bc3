use base64::Engine;
use casewire_sandbox::{Answer, Request, Sandbox};
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::client::{Client, sign_in};

fn token(sandbox: &Sandbox, body: &Value) -> Answer {
    sandbox.handle(&Request::new(Method::POST, "/oauth/tokens").json(body))
}

fn count(sandbox: &Sandbox, authorization: &str) -> Answer {
    let request = Request::new(Method::GET, "/api/v2/tickets/count");
    sandbox.handle(&request.header(AUTHORIZATION, authorization))
}

fn basic(pair: &str) -> String {
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

#[test]
fn client_credentials_give_a_token_that_ends() {
    let sandbox = Sandbox::zendesk(1);
    sandbox.freeze("2026-01-24T00:00:00Z".parse().unwrap());
    let answer = token(
        &sandbox,
        &json!({
            "grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox",
            "scope": "read tickets:write nonsense", "expires_in": 301,
        }),
    );
    assert_eq!(answer.status, 201);
    let body = answer.body_json();
    assert_eq!(body["scope"], "read tickets:write");
    assert_eq!(body["expires_in"], 301);
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    assert_eq!(count(&sandbox, &bearer).status, 200);
    sandbox.advance(std::time::Duration::from_secs(301));
    let refused = count(&sandbox, &bearer);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body_json()["error"], "invalid_token");
}

#[test]
fn bad_token_requests_name_their_error() {
    let sandbox = Sandbox::zendesk(1);
    let good = json!({
        "grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox", "scope": "read",
    });
    for (key, value, status, error) in [
        ("client_secret", json!("wrong"), 401, "invalid_client"),
        ("client_id", json!("other"), 401, "invalid_client"),
        (
            "grant_type",
            json!("password"),
            400,
            "unsupported_grant_type",
        ),
        ("scope", Value::Null, 400, "invalid_scope"),
        ("expires_in", json!(300), 400, "invalid_request"),
        ("expires_in", json!(172_800), 400, "invalid_request"),
        ("expires_in", json!("3600"), 400, "invalid_request"),
        ("scopes", json!("read"), 400, "invalid_request"),
    ] {
        let mut body = good.clone();
        body[key] = value;
        let answer = token(&sandbox, &body);
        assert_eq!(answer.status, status, "{key}");
        assert_eq!(answer.body_json()["error"], error, "{key}");
    }
    let form = Request::new(Method::POST, "/oauth/tokens");
    assert_eq!(sandbox.handle(&form).status, 415);
}

#[test]
fn refresh_rotates_both_tokens() {
    let sandbox = Sandbox::zendesk(1);
    let refresh = |refresh_token: &str| {
        token(
            &sandbox,
            &json!({
                "grant_type": "refresh_token", "client_id": "sandbox", "client_secret": "sandbox",
                "refresh_token": refresh_token,
            }),
        )
    };
    let first = refresh("sandbox").body_json();
    assert_eq!(first["scope"], "read write");
    let replayed = refresh("sandbox");
    assert_eq!(replayed.status, 400);
    assert_eq!(replayed.body_json()["error"], "invalid_grant");
    let old = format!("Bearer {}", first["access_token"].as_str().unwrap());
    assert_eq!(count(&sandbox, &old).status, 200);
    let second = refresh(first["refresh_token"].as_str().unwrap());
    assert_eq!(second.status, 201);
    assert_eq!(count(&sandbox, &old).status, 401);
}

#[test]
fn api_token_is_checked() {
    let sandbox = Sandbox::zendesk(1);
    assert_eq!(
        count(&sandbox, &basic("ana@example.com/token:sandbox")).status,
        200
    );
    for wrong in [
        "ana@example.com/token:other",
        "ana@example.com:sandbox",
        "ana/token:sandbox",
    ] {
        let answer = count(&sandbox, &basic(wrong));
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(
            answer.body_json(),
            json!({ "error": "Couldn't authenticate you" })
        );
    }
    let anonymous = sandbox.handle(&Request::new(Method::GET, "/api/v2/tickets/count"));
    assert_eq!(anonymous.status, 401);
}

#[test]
fn api_token_acts_as_its_user() {
    let client = Client::new();
    let agent = client.agent();
    let request = Request::new(Method::POST, "/api/v2/tickets")
        .header(AUTHORIZATION, &basic("Ana@example.com/token:sandbox"))
        .json(&json!({ "ticket": { "comment": { "body": "Hello" } } }));
    let ticket = client.sandbox.handle(&request).body_json();
    assert_eq!(ticket["ticket"]["submitter_id"], agent);
}

#[test]
fn users_me_is_anonymous_without_valid_credentials() {
    let client = Client::new();
    let me = |request: Request| client.sandbox.handle(&request).body_json();
    let path = "/api/v2/users/me.json";
    let anonymous = json!({ "user": { "name": "Anonymous user" } });
    assert_eq!(me(Request::new(Method::GET, path)), anonymous);
    assert_eq!(
        me(Request::new(Method::GET, path).bearer("wrong")),
        anonymous
    );
    assert_eq!(
        me(client.request(Method::GET, path))["user"]["role"],
        "admin"
    );
}

#[test]
fn scopes_limit_what_a_token_may_do() {
    let client = Client::new();
    let status = |scope: &str, method: Method, target: &str, body: &Value| {
        let token = sign_in(&client.sandbox, "sandbox", scope);
        let request = Request::new(method, target).bearer(&token).json(body);
        client.sandbox.handle(&request).status.as_u16()
    };
    let ticket = json!({ "ticket": { "comment": { "body": "Hello" } } });
    let field = json!({ "ticket_field": { "type": "text", "title": "T" } });
    assert_eq!(
        status("tickets:write", Method::POST, "/api/v2/tickets", &ticket),
        201
    );
    assert_eq!(
        status(
            "tickets:write",
            Method::GET,
            "/api/v2/tickets/1",
            &Value::Null
        ),
        403
    );
    assert_eq!(
        status(
            "tickets:read",
            Method::GET,
            "/api/v2/tickets/1",
            &Value::Null
        ),
        200
    );
    assert_eq!(
        status(
            "tickets:read",
            Method::GET,
            "/api/v2/search?query=type:ticket",
            &Value::Null
        ),
        403
    );
    assert_eq!(
        status(
            "read",
            Method::GET,
            "/api/v2/search?query=type:ticket",
            &Value::Null
        ),
        200
    );
    assert_eq!(
        status(
            "tickets:write",
            Method::POST,
            "/api/v2/ticket_fields",
            &field
        ),
        403
    );
    assert_eq!(
        status("write", Method::POST, "/api/v2/ticket_fields", &field),
        201
    );
}

#[test]
fn read_only_client_is_narrowed() {
    let client = Client::new();
    let token = sign_in(&client.sandbox, "sandbox-read-only", "read write");
    let current = Request::new(Method::GET, "/api/v2/oauth/tokens/current").bearer(&token);
    let current = client.sandbox.handle(&current).body_json();
    assert_eq!(current["token"]["scopes"], json!(["read"]));
    let write = Request::new(Method::POST, "/api/v2/tickets").bearer(&token);
    let refused = client
        .sandbox
        .handle(&write.json(&json!({ "ticket": { "comment": { "body": "x" } } })));
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body_json()["error"]["title"], "Forbidden");
}

#[test]
fn scope_sent_as_an_array_may_nothing() {
    let sandbox = Sandbox::zendesk(1);
    let answer = token(
        &sandbox,
        &json!({
            "grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox",
            "scope": ["read", "write"],
        }),
    );
    assert_eq!(answer.status, 201);
    let bearer = format!(
        "Bearer {}",
        answer.body_json()["access_token"].as_str().unwrap()
    );
    assert_eq!(count(&sandbox, &bearer).status, 403);
}

#[test]
fn revoked_token_is_refused() {
    let client = Client::new();
    let request = client.request(Method::DELETE, "/api/v2/oauth/tokens/current");
    assert_eq!(client.sandbox.handle(&request).status, 204);
    assert_eq!(client.get("/api/v2/tickets/count").status, 401);
}
