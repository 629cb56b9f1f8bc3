//! Our queries beside a parser that others wrote.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::packages::node;

/// The queries in the golden requests of the wire tests.
fn queries() -> Vec<String> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/golden/salesforce");
    let mut queries = Vec::new();
    for file in fs::read_dir(golden).unwrap() {
        let path = file.unwrap().path();
        if path.to_str().unwrap().ends_with(".request.json") {
            let request: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let parts = request["body"]["compositeRequest"].as_array();
            let inner = parts
                .into_iter()
                .flatten()
                .map(|part| &part["url"]["query"]);
            let all = inner.chain([&request["query"]]);
            queries.extend(all.filter_map(|query| Some(query["q"].as_str()?.to_owned())));
        }
    }
    // A search is in another language.
    queries.retain(|query| !query.starts_with("FIND"));
    queries.sort();
    queries.dedup();
    queries
}

#[test]
fn every_query_is_soql() {
    let Some(node) = node() else { return };
    let queries = queries();
    assert!(queries.len() >= 20, "{queries:#?}");
    let mut child = Command::new(&node.program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("parse_soql.mjs"))
        .current_dir(&node.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that is wrong, so that it is seen that the parser reads them.
    let wrong = "SELECT Id FROM Case WHERE Subject = 'a' b'";
    let given = json!(
        queries
            .iter()
            .map(String::as_str)
            .chain([wrong])
            .collect::<Vec<_>>()
    );
    child
        .stdin
        .take()
        .unwrap()
        .write_all(given.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(refused, json!([wrong]));
}
