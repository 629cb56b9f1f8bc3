//! The files of `ops/` and the page about them speak of what is really there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::http;
use crate::process::{binary, root, zendesk};
use crate::serving::{Serving, eventually};

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    alert: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

const RULES: &str = "append_to_open = true\n\n[intake]\nlisten = \"127.0.0.1:0\"\n";

fn read(path: &str) -> String {
    let text = std::fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn alerts() -> Vec<Alert> {
    let rules: Rules = serde_saphyr::from_str(&read("ops/alerts.yaml")).expect("alerting rules");
    let alerts = rules.groups.into_iter().flat_map(|group| group.rules);
    alerts.collect()
}

/// The metrics of a server that has written one session and failed to write another.
fn metrics() -> String {
    let setup = zendesk(RULES, &[]);
    let started = Serving::start(setup.folder.path());
    let serving = started.unwrap_or_else(|stopped| panic!("{stopped:?}"));
    send(&serving, "1");
    serving.settled("call/1");
    // The CRM lacks the fields now that a session is written to.
    setup.control("POST", "reset", "");
    send(&serving, "2");
    eventually("a lane fails", || {
        let text = serving.get("/metrics").body;
        text.contains("casewire_lane_failures_total")
            .then_some(text)
    })
}

fn send(serving: &Serving, id: &str) {
    let event = json!({
        "specversion": "1.0", "id": id, "source": "//contact-center/acme", "type": "session.assigned",
        "subject": format!("call/{id}"), "time": "2026-01-24T01:14:06Z",
        "data": {
            "queue": { "id": "13", "path": [{ "id": "13", "name": "Billing" }] },
            "customer": { "phone": "+15550100100" },
            "agent": { "id": "5", "kind": "human" },
        },
    });
    let headers = [("content-type", "application/cloudevents+json")];
    let line = "POST /v1/events";
    let answer =
        http::send(&serving.address, line, &headers, &event.to_string()).expect("an answer");
    assert_eq!(answer.status, 202, "{answer:?}");
}

/// The metrics that `expression` names, each with the labels that it asks for.
fn named(expression: &str) -> Vec<(&str, Vec<&str>)> {
    let begins = expression.match_indices("casewire_").map(|(at, _)| at);
    let names = begins.map(|at| {
        let text = &expression[at..];
        let is_of_name = |char: char| char.is_ascii_lowercase() || char == '_';
        let end = text.find(|char| !is_of_name(char)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let matchers = selector.map_or("", |(matchers, _)| matchers).split(',');
        let labels = matchers.filter_map(|matcher| matcher.split(['=', '!']).next());
        (name, labels.filter(|label| !label.is_empty()).collect())
    });
    names.collect()
}

#[test]
fn reads_the_metrics_of_an_expression_with_their_labels() {
    let named = named(r#"rate(casewire_a_total{b="1",c!~"2"}[5m]) > 0 unless casewire_d == 1"#);
    assert_eq!(
        named,
        [("casewire_a_total", vec!["b", "c"]), ("casewire_d", vec![])]
    );
}

#[test]
fn alerts_name_metrics_and_labels_that_a_running_server_has() {
    let metrics = metrics();
    let has = |name: &str, label: &str| {
        let samples = metrics.lines().filter_map(|line| line.strip_prefix(name));
        let mut labels = samples.filter_map(|rest| rest.strip_prefix('{')?.split_once('}'));
        labels.any(|(labels, _)| {
            labels
                .split(',')
                .any(|one| one.split('=').next() == Some(label))
        })
    };
    let mut names = 0;
    for Alert { alert, expr, .. } in alerts() {
        for (name, labels) in named(&expr) {
            let is_there = metrics.lines().any(|line| {
                let rest = line.strip_prefix(name);
                rest.is_some_and(|rest| rest.starts_with([' ', '{']))
            });
            assert!(
                is_there,
                "{alert} asks for `{name}`, which is not in:\n{metrics}"
            );
            for label in labels {
                assert!(
                    has(name, label),
                    "{alert}: `{name}` has no label `{label}`:\n{metrics}"
                );
            }
            names += 1;
        }
    }
    assert!(names >= 15, "{names}");
}

#[test]
fn each_alert_has_its_heading_and_each_heading_its_alert() {
    let page = read("docs/OPERATIONS.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    let headings: BTreeSet<_> = headings
        .filter(|text| text.starts_with("Casewire"))
        .collect();
    let alerts = alerts();
    let names: BTreeSet<_> = alerts.iter().map(|alert| alert.alert.as_str()).collect();
    assert_eq!(names, headings);
    for Alert {
        alert,
        labels,
        annotations,
        ..
    } in &alerts
    {
        let runbook = format!("docs/OPERATIONS.md#{}", alert.to_lowercase());
        assert_eq!(annotations.get("runbook_url"), Some(&runbook), "{alert}");
        assert!(
            matches!(labels["severity"].as_str(), "critical" | "warning"),
            "{alert}"
        );
        for key in ["summary", "description"] {
            assert!(!annotations[key].is_empty(), "{alert} has no {key}");
        }
    }
    let tests = read("ops/alerts.test.yaml");
    for name in names {
        assert!(
            tests.contains(&format!("alertname=\"{name}\"")),
            "{name} is not tested"
        );
    }
}

#[test]
fn the_page_lists_every_metric_of_a_running_server() {
    let page = read("docs/OPERATIONS.md");
    for line in metrics().lines() {
        let Some(described) = line.strip_prefix("# TYPE ") else {
            continue;
        };
        let name = described.split(' ').next().unwrap();
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_config_of_the_page_is_a_right_one() {
    let page = read("docs/OPERATIONS.md");
    let (_, rest) = page.split_once("```toml\n").expect("a config");
    let (config, _) = rest.split_once("```").expect("its end");
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("casewire.toml"), config).unwrap();
    let checked = Command::new(binary())
        .args(["check", "--offline"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
