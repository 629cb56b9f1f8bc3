//! `casewire init`: writes a commented config.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::InitArgs;
use crate::context::{Context, DEFAULT_CONFIG};
use crate::exit::{Exit, Failure};

/// Writes the file that `--config` names, or `casewire.toml`. Never overwrites one.
pub(crate) fn run(args: InitArgs, context: &Context) -> Result<Exit, Failure> {
    let path = context
        .config
        .as_deref()
        .unwrap_or(Path::new(DEFAULT_CONFIG));
    let text = args.crm.template();
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::with_remedy(
                Exit::CannotCreate,
                format!("`{}` exists already and stays as it is", path.display()),
                "name another file with `--config FILE`, or remove this one first",
            ));
        }
        Err(error) => {
            let remedy = match error.kind() {
                io::ErrorKind::NotFound => "make the folder first",
                _ => {
                    "check that this user may write there, or name another file with `--config FILE`"
                }
            };
            return Err(Failure::with_remedy(
                Exit::CannotCreate,
                format!("making `{}`: {error}", path.display()),
                remedy,
            ));
        }
    }
    let mut output = context.output();
    writeln!(
        output,
        "Wrote `{}`. Fill in the connector, then run `casewire check` and `casewire setup`.",
        path.display()
    )?;
    output.flush()?;
    Ok(Exit::Success)
}

/// A template with every commented-out setting in force. Prose has a space after its `#`.
#[cfg(test)]
pub(crate) fn uncommented(template: &str) -> String {
    let lines = template.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') && !setting.is_empty() => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use casewire_core::Rules;

    use super::*;
    use crate::config::Config;
    use crate::crm::Crm;

    fn parse(text: &str) -> Config {
        Config::parse(Path::new("casewire.toml"), text.as_bytes())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_template_is_a_config_with_the_default_rules() {
        for crm in Crm::ALL {
            let config = parse(&crm.template());
            assert_eq!(config.settings.rules, Rules::default());
            assert_eq!(config.settings.silenced(), []);
            let connectors = config.connectors.values();
            let names: Vec<_> = connectors.map(|one| one.profile().name).collect();
            assert_eq!(names, [crm.name()]);
        }
    }

    #[test]
    fn every_setting_of_a_template_is_one_and_none_is_left_out() {
        for crm in Crm::ALL {
            let text = uncommented(&crm.template());
            parse(&text);
            let file: toml::Table = text.parse().unwrap();
            let shown: BTreeSet<_> = file["rules"].as_table().unwrap().keys().cloned().collect();
            let known = serde_json::to_value(Rules::default()).unwrap();
            let known: BTreeSet<_> = known.as_object().unwrap().keys().cloned().collect();
            assert_eq!(shown, known);
        }
    }

    /// The kinds of `auth` in the comments, each as it would be written.
    fn other_auths(template: &str) -> Vec<String> {
        let (_, others) = template.split_once("# Other kinds of `auth`").unwrap();
        let others = others.split("\n\n").next().unwrap();
        let lines = others.replace("\n#  ", "");
        let found = lines.match_indices("{ type = ");
        let ends = |start: usize| lines[start..].find("},").map(|end| start + end + 1);
        found
            .map(|(start, _)| lines[start..ends(start).unwrap()].to_owned())
            .collect()
    }

    #[test]
    fn the_other_kinds_of_auth_are_right() {
        for crm in [Crm::Salesforce, Crm::Zendesk] {
            let template = crm.template();
            let (before, rest) = template.split_once("\nauth = ").unwrap();
            let (_, after) = rest.split_once('\n').unwrap();
            let others = other_auths(&template);
            assert!(!others.is_empty(), "{crm:?}");
            for auth in others {
                parse(&format!("{before}\nauth = {auth}\n{after}"));
            }
        }
    }

    #[test]
    fn several_accounts_are_written_as_the_hint_says() {
        for crm in Crm::ALL {
            let template = crm.template();
            let (_, hint) = template.split_once("#   [sources").unwrap();
            let hint = hint.split("\n\n").next().unwrap().replace("#   ", "");
            let several = template.replace("[connector]", "[connectors.support]");
            let config = parse(&format!("{several}\n[sources{hint}\n"));
            let (name, _) = config.connector_for("//contact-center/acme").unwrap();
            assert_eq!(name, "support");
        }
    }
}
