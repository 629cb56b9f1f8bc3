//! `casewire demo`: a sample day into a sandbox on this machine, faults included.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use casewire_core::{Apply, Outcome, RuleId, SessionEvent};
use casewire_engine::{Flow, Patience, Receipt, replay};
use casewire_sandbox::zendesk::{Limits, Options};
use casewire_sandbox::{Request, Sandbox};
use http::Method;
use indicatif::ProgressBar;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::cli::DemoArgs;
use crate::config::Config;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::input::styled;
use crate::replay::{LANES, show};
use crate::sandbox::interrupted;
use crate::table::table;

/// The day: calls and chats as webhooks deliver them, some late, some twice.
const DAY: &str = include_str!("../demo/day.ndjson");

/// What the CRM holds when the day begins.
const RECORDS: &str = include_str!("../demo/records.json");

/// The rules of the day.
const CONFIG: &str = include_str!("../demo/casewire.toml");

/// Who answers calls and chats on that day.
const AGENTS: [&str; 5] = ["ana", "ben", "chloe", "dev", "eli"];

/// What goes wrong while the day is replayed.
const FAULTS: &str = "throttle=0.02,unavailable=0.02,lost-answer=0.03,index-lag=30s";

/// Replays the day twice: the second time nothing may change.
pub(crate) async fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sandbox = Sandbox::zendesk_with(1, unhurried());
    fill(&sandbox)?;
    let served = casewire_sandbox::serve(listener, sandbox.clone(), std::future::pending());
    let serving = tokio::spawn(served);

    let flow = flow(address).await?;
    sandbox.set_faults(FAULTS.parse().map_err(broken)?);
    let events = events()?;
    let mut output = context.output();
    writeln!(
        output,
        "A sample day of {} events into a fake Zendesk on http://{address},",
        events.len()
    )?;
    writeln!(
        output,
        "which throttles, fails, loses answers and lags ({FAULTS}).\n"
    )?;
    output.flush()?;

    let receipts = replay_day(&flow, events.clone(), "first time", context).await;
    let before = tickets(&sandbox);
    let again = replay_day(&flow, events, "once more", context).await;
    let changed = again.iter().filter(|receipt| receipt.changed()).count();
    let same = before == tickets(&sandbox);

    writeln!(output, "{}\n", decisions(&receipts))?;
    writeln!(output, "{}", holdings(&sandbox.state()))?;
    let verdict = if same {
        "the same tickets as before"
    } else {
        "DIFFERENT tickets"
    };
    writeln!(
        output,
        "Replayed once more: {changed} sessions changed anything, {verdict}.\n"
    )?;
    for ticket in worth_reading(&before) {
        writeln!(output, "{}", as_read(ticket))?;
    }
    if !args.once {
        writeln!(
            output,
            "The fake is still there: curl http://{address}/_sandbox/state"
        )?;
        writeln!(output, "Ctrl-C ends it.")?;
    }
    output.flush()?;
    if !args.once {
        interrupted().await;
    }
    serving.abort();
    let parked = receipts
        .iter()
        .any(|receipt| receipt.outcome == Outcome::Parked);
    Ok(match parked || !same {
        true => Exit::Unfinished,
        false => Exit::Success,
    })
}

/// A plan on which a day fits into seconds.
fn unhurried() -> Options {
    Options {
        limits: Limits::unlimited(),
        ..Options::default()
    }
}

/// Puts in what the CRM holds when the day begins, as people would have.
fn fill(sandbox: &Sandbox) -> Result<(), Failure> {
    for name in AGENTS {
        let agent = serde_json::json!({ "email": format!("{name}@example.com"), "name": name, "role": "agent" });
        post(sandbox, "/_sandbox/customers", &agent)?;
    }
    let records: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(RECORDS).map_err(broken)?;
    for mut record in records {
        record.remove("id");
        record.insert("title".to_owned(), "An earlier request".into());
        let customer = serde_json::json!({ "phone": record["customer"] });
        post(sandbox, "/_sandbox/customers", &customer)?;
        post(sandbox, "/_sandbox/records", &Value::Object(record))?;
    }
    // All of it has long been indexed.
    sandbox.advance(Duration::from_secs(3600));
    Ok(())
}

fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Result<(), Failure> {
    let request = Request::new(Method::POST, path).json(body);
    let answer = sandbox.handle(&request);
    if answer.status.is_success() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Io,
        format!(
            "filling the sandbox at {path}: {}",
            String::from_utf8_lossy(&answer.body)
        ),
    ))
}

/// The demo's own parts do not fit together: a mistake in this build.
fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Io, format!("reading the sample day: {error}"))
}

async fn flow(address: SocketAddr) -> Result<Flow, Failure> {
    // The config takes a secret from the environment or a file only; this file goes when the connector has read it.
    let mut secret = tempfile::NamedTempFile::new()?;
    secret.write_all(b"sandbox")?;
    let in_file = format!("{{ file = {:?} }}", secret.path().display().to_string());
    let text = CONFIG
        .replace("127.0.0.1:9001", &address.to_string())
        .replace("{ env = \"CASEWIRE_SANDBOX_SECRET\" }", &in_file);
    let config = Config::parse(Path::new("demo/casewire.toml"), text.as_bytes())?;
    let (_, connector) = config.connector_for("//contact-center/sample")?;
    let connector = connector.connect()?;
    connector.setup(Apply::Write).await?;
    Ok(Flow::new(connector.into(), Arc::new(config.settings)))
}

fn events() -> Result<Vec<SessionEvent>, Failure> {
    let source = Arc::from("//contact-center/sample");
    casewire_intake::read(DAY.as_bytes(), &source)
        .map(|incoming| incoming.map(|incoming| incoming.event).map_err(broken))
        .collect()
}

async fn replay_day(
    flow: &Flow,
    events: Vec<SessionEvent>,
    what: &'static str,
    context: &Context,
) -> Vec<Receipt> {
    let bar = match context.terminal.shows_progress() {
        true => styled(ProgressBar::new(0), "{msg} {bar:40} {pos}/{len} sessions"),
        false => ProgressBar::hidden(),
    };
    let bar = bar.with_message(what);
    let patience = Patience {
        tries: 20,
        first_wait: Duration::from_millis(20),
        longest_wait: Duration::from_millis(500),
    };
    let receipts = replay(flow, patience, events, LANES, |progress| {
        show(&bar, progress)
    })
    .await;
    bar.finish_and_clear();
    receipts
}

/// How many sessions came to what, by which rule.
fn decisions(receipts: &[Receipt]) -> comfy_table::Table {
    let mut counted: BTreeMap<(Outcome, Option<RuleId>, &str), usize> = BTreeMap::new();
    for receipt in receipts {
        *counted
            .entry((receipt.outcome, receipt.rule, &receipt.reason))
            .or_default() += 1;
    }
    let mut table = table(["sessions", "outcome", "rule", "reason"]);
    for ((outcome, rule, reason), count) in counted {
        let rule = rule.map_or_else(|| "-".to_owned(), |rule| rule.to_string());
        table.add_row([&count.to_string(), outcome.as_str(), &rule, reason]);
    }
    table
}

/// What the CRM holds now, in a few lines.
fn holdings(state: &Value) -> String {
    let records = state["records"].as_array().map_or(&[][..], Vec::as_slice);
    let in_state = |wanted: &str| {
        records
            .iter()
            .filter(|record| record["state"] == wanted)
            .count()
    };
    let sessions: usize = records
        .iter()
        .map(|record| length(&record["sessions"]))
        .sum();
    let notes: usize = records.iter().map(|record| length(&record["notes"])).sum();
    format!(
        "The CRM now holds {} tickets ({} open, {} resolved, {} closed) with {sessions} sessions and {notes} notes,\n\
         of {} customers; it answered {} requests, {} of them writes.",
        records.len(),
        in_state("open"),
        in_state("resolved"),
        in_state("closed"),
        length(&state["customers"]),
        state["requests"]["total"],
        state["requests"]["writes"],
    )
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn tickets(sandbox: &Sandbox) -> Vec<Value> {
    match sandbox.state()["records"].take() {
        Value::Array(tickets) => tickets,
        _ => Vec::new(),
    }
}

/// A ticket that several sessions joined, a follow-up, and one with late data.
fn worth_reading(tickets: &[Value]) -> Vec<&Value> {
    let has_note = |ticket: &Value, kind: &str| {
        let notes = ticket["notes"].as_array();
        notes.is_some_and(|notes| notes.iter().any(|note| note["kind"] == kind))
    };
    let joined = tickets
        .iter()
        .find(|ticket| length(&ticket["sessions"]) > 1);
    let follow_up = tickets
        .iter()
        .find(|ticket| !ticket["follow_up_of"].is_null());
    let transferred = tickets
        .iter()
        .find(|ticket| has_note(ticket, "transferred"));
    [joined, follow_up, transferred]
        .into_iter()
        .flatten()
        .collect()
}

/// A ticket as an agent would read it.
fn as_read(ticket: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let tags = ticket["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let tags: Vec<_> = tags.iter().map(text).collect();
    let mut read = format!(
        "Ticket {}  {}  [{}]\n  queue {}, customer {}, tags {}\n",
        text(&ticket["id"]),
        text(&ticket["title"]),
        text(&ticket["status"]),
        text(&ticket["queue"]),
        text(&ticket["customer"]),
        tags.join(" "),
    );
    if !ticket["follow_up_of"].is_null() {
        read.push_str(&format!(
            "  follows up ticket {}\n",
            text(&ticket["follow_up_of"])
        ));
    }
    for note in ticket["notes"].as_array().into_iter().flatten() {
        let indented = text(&note["text"]).replace('\n', "\n    | ");
        read.push_str(&format!("    | {indented}\n"));
    }
    read
}
