//! `casewire check`: what is wrong, or worth knowing, with the config and with the CRM.

use std::collections::BTreeMap;
use std::io::Write as _;

use casewire_core::{ErrorKind, Finding, Profile, QueueId, Rules, Settings, Severity, Silenced};
use serde::Serialize;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::cli::CheckArgs;
use crate::config::Config;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};
use crate::table::table;

/// Prints findings, those of the config first. Ends as the first finding that is more than a warning says.
pub(crate) async fn run(args: CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?;
    let mut lines = of_config(&config);
    let mut exit = match config.connectors.is_empty() {
        true => Exit::Config,
        false => Exit::Success,
    };
    if !args.offline {
        for (name, connector) in &config.connectors {
            // What is logged while connecting is among the findings: once is enough.
            let connected = with_default(NoSubscriber::default(), || connector.connect());
            let found = match connected {
                Ok(connector) => connector.check().await,
                Err(error) => Err(error),
            };
            let end = match &found {
                Ok(findings) => exit_of(findings),
                Err(error) => error.kind().into(),
            };
            if exit == Exit::Success {
                exit = end;
            }
            lines.extend(of_connector(name, found));
        }
    }
    write(&lines, context)?;
    Ok(exit)
}

/// One finding, as it is printed.
#[derive(Debug, PartialEq, Serialize)]
struct Line {
    /// The connector; absent for the config.
    connector: Option<String>,
    /// `fine`, `warning`, `missing`, `denied`, or `failed` when asking was not possible.
    severity: &'static str,
    message: String,
}

fn of_config(config: &Config) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut say = |severity, message| {
        lines.push(Line {
            connector: None,
            severity,
            message,
        });
    };
    let names: Vec<_> = config.connectors.keys().map(String::as_str).collect();
    match names[..] {
        [] => say(
            word(Severity::Missing),
            "no connector: add a `[connector]` table; `casewire init` writes an example".to_owned(),
        ),
        _ => say(
            word(Severity::Fine),
            format!(
                "`{}` is read; connectors: {}",
                config.path.display(),
                names.join(", ")
            ),
        ),
    }
    if let Some(idle) = idle(config) {
        say(word(Severity::Warning), idle);
    }
    for silenced in config.settings.silenced() {
        say(word(Severity::Warning), of_silenced(&silenced));
    }
    for (name, connector) in &config.connectors {
        for (tag, kept) in changed_tags(&config.settings, &connector.profile()) {
            let what = match kept.is_empty() {
                true => "left out".to_owned(),
                false => format!("written as `{kept}`"),
            };
            say(
                word(Severity::Warning),
                format!(
                    "`platform_tag` `{tag}` is {what} by connector `{name}`: its CRM keeps no other characters"
                ),
            );
        }
    }
    for (delay, queues) in delays(&config.settings) {
        say(
            word(Severity::Warning),
            format!("{delay} ({})", queues.join(", ")),
        );
    }
    lines
}

/// Where there are several connectors, those that no source leads to.
fn idle(config: &Config) -> Option<String> {
    let names = config.connectors.keys();
    let idle: Vec<_> = names
        .filter(|name| !config.sources.values().any(|taker| taker == *name))
        .map(|name| format!("`{name}`"))
        .collect();
    if config.connectors.len() < 2 || idle.is_empty() {
        return None;
    }
    Some(format!(
        "no source leads to {}: add `[sources.\"SOURCE\"]` with `connector = \"NAME\"`",
        idle.join(", ")
    ))
}

/// The platform tags that are switched on and that the CRM would not keep as they are, each with what is kept.
fn changed_tags(settings: &Settings, profile: &Profile) -> BTreeMap<String, String> {
    let all = [&settings.rules]
        .into_iter()
        .chain(settings.queues.values());
    all.filter(|rules| rules.tag_platform)
        .map(|rules| {
            (
                rules.platform_tag.clone(),
                (profile.plain_tag)(&rules.platform_tag),
            )
        })
        .filter(|(tag, kept)| tag != kept)
        .collect()
}

fn of_silenced(silenced: &Silenced) -> String {
    let Silenced {
        queue,
        key,
        by,
        effect,
    } = silenced;
    let place = place(queue.as_ref());
    format!("`{key}` is silenced by `{by}` ({place}): {effect}")
}

/// The delays that agents will notice, each with where it holds.
fn delays(settings: &Settings) -> BTreeMap<&'static str, Vec<String>> {
    let queues = settings
        .queues
        .iter()
        .map(|(queue, rules)| (Some(queue), rules));
    let mut delays: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (queue, rules) in [(None, &settings.rules)].into_iter().chain(queues) {
        for delay in Rules::delays(rules) {
            delays.entry(delay).or_default().push(place(queue));
        }
    }
    delays
}

fn place(queue: Option<&QueueId>) -> String {
    match queue {
        Some(queue) => format!("queue {}", queue.0),
        None => "all queues without their own rules".to_owned(),
    }
}

fn of_connector(name: &str, found: casewire_core::Result<Vec<Finding>>) -> Vec<Line> {
    let line = |severity, message| Line {
        connector: Some(name.to_owned()),
        severity,
        message,
    };
    match found {
        Ok(findings) => findings
            .into_iter()
            .map(|finding| line(word(finding.severity), finding.message))
            .collect(),
        Err(error) => {
            let severity = match error.kind() {
                ErrorKind::Auth => word(Severity::Denied),
                ErrorKind::Config => word(Severity::Missing),
                _ => "failed",
            };
            vec![line(severity, error.message().to_owned())]
        }
    }
}

/// How a command ends that asked the CRM and found this.
pub(crate) fn exit_of(findings: &[Finding]) -> Exit {
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Denied) => Exit::Denied,
        Some(Severity::Missing) => Exit::Config,
        Some(Severity::Fine | Severity::Warning) | None => Exit::Success,
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Fine => "fine",
        Severity::Warning => "warning",
        Severity::Missing => "missing",
        Severity::Denied => "denied",
    }
}

fn write(lines: &[Line], context: &Context) -> Result<(), Failure> {
    let mut output = context.output();
    match context.format {
        Format::Json => {
            for line in lines {
                output.write_json(line)?;
            }
        }
        Format::Table => {
            let mut table = table(["severity", "of", "finding"]);
            for line in lines {
                let of = line.connector.as_deref().unwrap_or("config");
                table.add_row([line.severity, of, &line.message]);
            }
            writeln!(output, "{}", table.trim_fmt())?;
        }
    }
    Ok(output.flush()?)
}
