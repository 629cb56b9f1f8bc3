//! The files of expected requests and documented answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::script::SECRETS;

/// The headers that a vendor looks at.
const HEADERS: [&str; 4] = ["accept", "authorization", "content-type", "idempotency-key"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/zendesk")
}

fn read(file: &str) -> Value {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; UPDATE_GOLDEN=1 writes requests",
            path.display()
        )
    });
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All expected requests by operation.
pub(crate) fn requests() -> BTreeMap<String, Value> {
    let operations = operations(".request.json").into_iter();
    let requests = operations.map(|operation| {
        let request = read(&format!("{operation}.request.json"));
        (operation, request)
    });
    requests.collect()
}

fn operations(ending: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| Some(name.strip_suffix(ending)?.to_owned()))
        .collect()
}

/// The documented answer to `operation`: status, headers and body.
pub(crate) fn answer(operation: &str) -> ResponseTemplate {
    let file = read(&format!("{operation}.response.json"));
    let status = file["status"].as_u64().unwrap();
    let headers = file.get("headers").and_then(Value::as_object);
    headers.into_iter().flatten().fold(
        ResponseTemplate::new(u16::try_from(status).unwrap()).set_body_json(&file["body"]),
        |answer, (name, value)| answer.append_header(name.as_str(), value.as_str().unwrap()),
    )
}

/// The body of the documented answer to `operation`, to be changed.
pub(crate) fn answer_body(operation: &str) -> Value {
    read(&format!("{operation}.response.json"))["body"].take()
}

/// Fails when `request` is not what the file of `operation` says.
pub(crate) fn assert_request(operation: &str, request: &Request) {
    let file = format!("{operation}.request.json");
    let sent = as_json(request);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&sent).unwrap() + "\n";
        std::fs::write(folder().join(&file), text).unwrap();
    }
    let expected = read(&file);
    assert_eq!(
        sent, expected,
        "{file}\n sent: {sent:#}\n expected: {expected:#}\nif the request is right, UPDATE_GOLDEN=1 writes it"
    );
}

fn as_json(request: &Request) -> Value {
    let mut query = Map::new();
    for (name, value) in request.url.query_pairs() {
        let before = query.insert(name.to_string(), Value::String(value.into_owned()));
        assert_eq!(before, None, "the parameter {name} stands there twice");
    }
    let headers = HEADERS.into_iter().filter_map(|name| {
        let value = request.headers.get(name)?.to_str().unwrap();
        Some((name.to_owned(), Value::String(value.to_owned())))
    });
    let body = match request.body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&request.body).unwrap(),
    };
    let request = json!({
        "method": request.method.as_str(),
        "path": request.url.path(),
        "query": query,
        "headers": headers.collect::<Map<_, _>>(),
        "body": body,
    });
    let mut text = request.to_string();
    for (secret, name) in SECRETS {
        text = text.replace(secret, name);
    }
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_file_is_used_by_a_test() {
    let tests = [
        include_str!("answers.rs"),
        include_str!("own_ticket.rs"),
        include_str!("requests.rs"),
        include_str!("script.rs"),
        include_str!("setting_up.rs"),
    ]
    .concat();
    for ending in [".request.json", ".response.json"] {
        for operation in operations(ending) {
            let is_used = tests.contains(&format!("\"{operation}\""));
            assert!(is_used, "{operation}{ending} is left over");
        }
    }
}
