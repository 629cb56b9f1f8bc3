//! Requests to Salesforce as the files have them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::golden::pairs;

/// Lays open what is packed in a request, and replaces what the clock decides.
pub(super) fn tidy(request: &mut Value) {
    let body = &mut request["body"];
    if let Some(assertion) = body.get("assertion").and_then(Value::as_str) {
        body["assertion"] = opened(assertion);
    }
    let Some(parts) = body
        .get_mut("compositeRequest")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    assert!(parts.len() <= 25, "{} parts", parts.len());
    let is_query = |part: &&Value| part["url"].as_str().unwrap().contains("/query?");
    assert!(
        parts.iter().filter(is_query).count() <= 5,
        "too many queries"
    );
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        assert_is_documented(part);
        assert_refers_back(part, &names);
        names.push(part["referenceId"].as_str().unwrap().to_owned());
        part["url"] = split(part["url"].as_str().unwrap());
        if part["body"].get("CloseDate").is_some() {
            let planned = Timestamp::now() + (30 * 24).hours();
            let planned = planned.strftime("%Y-%m-%d").to_string();
            assert_eq!(part["body"]["CloseDate"], planned);
            part["body"]["CloseDate"] = json!("[in 30 days]");
        }
    }
}

/// Fails when Salesforce would refuse the whole call because of this part.
///
/// Source: REST API Developer Guide, "Composite Request Body" and "Composite Subrequest Result".
fn assert_is_documented(part: &Value) {
    let keys = ["body", "httpHeaders", "method", "referenceId", "url"];
    let mut given = part.as_object().unwrap().keys();
    assert!(given.all(|key| keys.contains(&&**key)), "{part}");
    let has_body = part.get("body").is_some();
    let wants_body = matches!(part["method"].as_str(), Some("PATCH" | "POST"));
    assert_eq!(has_body, wants_body, "{part}");
    let name = part["referenceId"].as_str().unwrap();
    assert!(
        name.starts_with(|c: char| c.is_ascii_alphanumeric()),
        "{name}"
    );
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    assert!(name.chars().all(is_word), "{name}");
    let mut headers = part
        .get("httpHeaders")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let inherited =
        |name: &str| ["accept", "authorization", "content-type"].contains(&&*name.to_lowercase());
    assert!(headers.all(|(name, _)| !inherited(name)), "{part}");
    let url = part["url"].as_str().unwrap();
    assert!(url.starts_with("/services/data/v66.0/"), "{url}");
}

/// A part's URL as path and query.
fn split(url: &str) -> Value {
    // A query has to be encoded like one outside. A plus would be a space to some readers.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./?=&%,".contains(c);
    let outside = without_references(url);
    assert!(outside.chars().all(is_plain), "{url}");
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    json!({ "path": path, "query": pairs(query) })
}

/// Whatever looks like a reference to another part has to be one: its name is that of a part before.
fn assert_refers_back(part: &Value, before: &[String]) {
    let text = part.to_string();
    for reference in text.split("@{").skip(1) {
        let name = reference.split(['.', '[', '}']).next().unwrap();
        assert!(
            before.iter().any(|known| known == name),
            "@{{{name}: {text}"
        );
    }
}

fn without_references(url: &str) -> String {
    let mut parts = url.split("@{");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('}').expect("a reference ends").1);
    rest.fold(first, |outside, part| outside + part)
}

/// What a JSON Web Token says.
fn opened(assertion: &str) -> Value {
    let mut parts = assertion.split('.');
    let mut next = || -> Vec<u8> { URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap() };
    let header: Value = serde_json::from_slice(&next()).unwrap();
    let mut claims: Value = serde_json::from_slice(&next()).unwrap();
    assert!(next().len() >= 256, "the signature of an RSA key");
    let life = claims["exp"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((170..=180).contains(&life), "valid for {life} s");
    claims["exp"] = json!("[in three minutes]");
    json!({ "header": header, "claims": claims })
}

#[test]
#[should_panic(expected = "@{nobody")]
fn a_reference_to_nothing_is_refused() {
    let part = |name: &str, subject: &str| {
        json!({
            "method": "POST",
            "referenceId": name,
            "url": "/services/data/v66.0/sobjects/Task",
            "body": { "Subject": subject },
        })
    };
    let parts = [part("read", ""), part("entry0", "@{nobody.Id}")];
    tidy(&mut json!({ "body": { "compositeRequest": parts } }));
}
