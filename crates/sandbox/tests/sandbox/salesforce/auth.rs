use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use casewire_sandbox::salesforce::{Options, Org, Permission, RefreshTokens};
use casewire_sandbox::{Request, Sandbox};
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::{Value, json};

use super::client::{Client, code, token};
use crate::client::header;

const CREDENTIALS: &str = "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox";

#[test]
fn token_answers_name_instance_and_user() {
    let sandbox = Sandbox::salesforce(1);
    sandbox.freeze("2026-05-01T07:25:37.25Z".parse().unwrap());
    let mut request = Request::new(Method::POST, "/services/oauth2/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(HOST, "127.0.0.1:9002");
    request.body = CREDENTIALS.as_bytes().to_vec();
    let answer = sandbox.handle(&request);
    let body = answer.body_json();
    assert_eq!(header(&answer, "sforce-limit-info"), None);
    assert_eq!(body["instance_url"], "http://127.0.0.1:9002");
    assert_eq!(body["issued_at"], "1777620337250");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], Value::Null);
    assert_eq!(body["refresh_token"], Value::Null);
    let id = body["id"].as_str().unwrap();
    assert!(
        id.starts_with("https://login.salesforce.com/id/00D"),
        "{id}"
    );
}

#[test]
fn wrong_grants_are_refused() {
    let sandbox = Sandbox::salesforce(1);
    for (form, expected) in [
        (
            "grant_type=client_credentials&client_id=sandbox&client_secret=x",
            "invalid_client",
        ),
        (
            "grant_type=client_credentials&client_id=x&client_secret=sandbox",
            "invalid_client_id",
        ),
        (
            "grant_type=password&client_id=sandbox&client_secret=sandbox",
            "unsupported_grant_type",
        ),
        (
            "grant_type=refresh_token&client_id=sandbox&refresh_token=x",
            "invalid_grant",
        ),
        (
            "grant_type=refresh_token&client_id=x&refresh_token=sandbox",
            "invalid_client_id",
        ),
        ("", "unsupported_grant_type"),
    ] {
        let answer = token(&sandbox, form);
        assert_eq!(answer.status, 400, "{form}");
        assert_eq!(answer.body_json()["error"], expected, "{form}");
        assert!(answer.body_json()["error_description"].is_string());
    }
    let basic = Request::new(Method::POST, "/services/oauth2/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(
            AUTHORIZATION,
            &format!("Basic {}", STANDARD.encode("sandbox:sandbox")),
        );
    let mut basic = basic;
    basic.body = b"grant_type=client_credentials".to_vec();
    assert_eq!(sandbox.handle(&basic).status, 200);
}

#[test]
fn clients_without_a_user_get_no_token() {
    let org = Org {
        missing: [Permission::ClientCredentials].into(),
        ..Org::stock()
    };
    let sandbox = Sandbox::salesforce_with(
        1,
        Options {
            org,
            ..Options::default()
        },
    );
    let refused = token(&sandbox, CREDENTIALS).body_json();
    assert_eq!(
        refused,
        json!({ "error": "invalid_grant", "error_description": "no client credentials user enabled" })
    );
}

fn assertion(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; 256]);
    format!(
        "{}.{}.{signature}",
        part(&json!({ "alg": "RS256" })),
        part(claims)
    )
}

#[test]
fn assertions_are_read_strictly() {
    let client = Client::new();
    // 2026-05-01T07:25:37Z
    let now = 1_777_620_337;
    let good = json!({ "iss": "sandbox", "sub": "integration@example.com", "aud": "https://login.salesforce.com", "exp": now + 180 });
    let ask = |assertion: &str| {
        let form = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
        );
        token(&client.sandbox, &form)
    };
    assert_eq!(ask(&assertion(&good)).status, 200);
    let mut as_text = good.clone();
    as_text["exp"] = json!((now + 180).to_string());
    assert_eq!(ask(&assertion(&as_text)).status, 200);
    for (claim, value, expected) in [
        ("iss", json!("x"), "client identifier invalid"),
        (
            "sub",
            json!("x@example.com"),
            "user hasn't approved this consumer",
        ),
        ("aud", json!("login.salesforce.com"), "audience is invalid"),
        ("exp", json!(now - 400), "invalid assertion"),
        ("exp", json!(now + 3600), "invalid assertion"),
        ("exp", json!("soon"), "invalid assertion"),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        let answer = ask(&assertion(&claims));
        assert_eq!(answer.status, 400);
        assert_eq!(answer.body_json()["error_description"], expected, "{claim}");
    }
    let signed = assertion(&good);
    let (unsigned, _) = signed.rsplit_once('.').unwrap();
    assert_eq!(ask(&format!("{unsigned}.")).status, 400);
}

#[test]
fn refresh_tokens_rotate_and_reuse_ends_them_all() {
    let client = Client::new();
    let refresh = |sent: &str| {
        let form = format!(
            "grant_type=refresh_token&client_id=sandbox&client_secret=sandbox&refresh_token={sent}"
        );
        token(&client.sandbox, &form).body_json()
    };
    let first = refresh("sandbox");
    let next = first["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").status, 200);
    let reused = refresh("sandbox");
    assert_eq!(
        reused,
        json!({ "error": "invalid_grant", "error_description": "expired access/refresh token" })
    );
    assert_eq!(refresh(&next)["error"], "invalid_grant");
    assert_eq!(client.get("/limits").status, 401);
}

#[test]
fn refresh_tokens_may_stay() {
    let client = Client::with(Options {
        refresh_tokens: RefreshTokens::Kept,
        ..Options::default()
    });
    for _ in 0..2 {
        let answer = token(
            &client.sandbox,
            "grant_type=refresh_token&client_id=sandbox&refresh_token=sandbox",
        );
        assert_eq!(answer.body_json()["refresh_token"], Value::Null);
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn sessions_end_when_unused() {
    let client = Client::new();
    for _ in 0..3 {
        client.pass(60 * 60);
        assert_eq!(client.get("/limits").status, 200, "use prolongs");
    }
    client.pass(2 * 60 * 60);
    let ended = client.get("/limits");
    assert_eq!(
        (ended.status.as_u16(), code(&ended.body_json())),
        (401, "INVALID_SESSION_ID")
    );
    assert_eq!(header(&ended, "www-authenticate"), Some("Token"));
    assert_eq!(header(&ended, "sforce-limit-info"), None);
}

#[test]
fn users_and_tokens_can_be_looked_up() {
    let client = Client::new();
    let userinfo = Request::new(Method::GET, "/services/oauth2/userinfo");
    let known = client
        .sandbox
        .handle(&userinfo.clone().bearer(&client.token))
        .body_json();
    assert_eq!(known["preferred_username"], "integration@example.com");
    assert_eq!(
        client.shown("User", known["user_id"].as_str().unwrap())["Email"],
        "integration@example.com"
    );
    let unknown = client.sandbox.handle(&userinfo.bearer("x"));
    assert_eq!(
        (unknown.status.as_u16(), unknown.body.as_slice()),
        (403, &b"Bad_OAuth_Token"[..])
    );
    let post = |path: &str, form: &str| {
        let mut request = Request::new(Method::POST, &format!("/services/oauth2/{path}"));
        request.body = form.as_bytes().to_vec();
        client.sandbox.handle(&request)
    };
    let form = format!(
        "client_id=sandbox&client_secret=sandbox&token={}",
        client.token.replace('!', "%21")
    );
    assert_eq!(post("introspect", &form).body_json()["active"], true);
    assert_eq!(post("revoke", &form).status, 200);
    assert_eq!(
        post("introspect", &form).body_json(),
        json!({ "active": false })
    );
    assert_eq!(post("revoke", &form).status, 400);
}
