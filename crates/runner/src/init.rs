//! `casewire init`: writes a commented config.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::{Crm, InitArgs};
use crate::context::{Context, DEFAULT_CONFIG};
use crate::exit::{Exit, Failure};

const ZENDESK: &str = include_str!("init/zendesk.toml");

/// Writes the file that `--config` names, or `casewire.toml`. Never overwrites one.
pub(crate) fn run(args: InitArgs, context: &Context) -> Result<Exit, Failure> {
    let path = context
        .config
        .as_deref()
        .unwrap_or(Path::new(DEFAULT_CONFIG));
    let text = match args.crm {
        Crm::Zendesk => ZENDESK,
    };
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

/// The template with every commented-out setting in force. Prose has a space after its `#`.
#[cfg(test)]
pub(crate) fn uncommented() -> String {
    let lines = ZENDESK.lines().map(|line| match line.strip_prefix('#') {
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

    fn parse(text: &str) -> Config {
        Config::parse(Path::new("casewire.toml"), text.as_bytes())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_template_is_a_config_with_the_default_rules() {
        let config = parse(ZENDESK);
        assert_eq!(config.settings.rules, Rules::default());
        assert_eq!(config.settings.silenced(), []);
        assert_eq!(config.connectors.len(), 1);
    }

    #[test]
    fn every_setting_of_the_template_is_one_and_none_is_left_out() {
        parse(&uncommented());
        let file: toml::Table = uncommented().parse().unwrap();
        let shown: BTreeSet<_> = file["rules"].as_table().unwrap().keys().cloned().collect();
        let known = serde_json::to_value(Rules::default()).unwrap();
        let known: BTreeSet<_> = known.as_object().unwrap().keys().cloned().collect();
        assert_eq!(shown, known);
    }
    #[test]
    fn every_key_of_the_connector_is_shown() {
        let file: toml::Table = uncommented().parse().unwrap();
        let shown = file["connector"].as_table().unwrap();
        let schema = schemars::schema_for!(casewire_zendesk::ZendeskConfig).to_value();
        for key in schema["properties"].as_object().unwrap().keys() {
            assert!(shown.contains_key(key), "the template lacks `{key}`");
        }
    }

    /// The table in the comments that begins with `start`.
    fn commented(start: &str) -> String {
        let (_, found) = ZENDESK.split_once(start).unwrap();
        let (value, _) = found.split_once("},").unwrap();
        format!("{start}{value}}}")
    }

    #[test]
    fn the_other_kinds_of_auth_are_right() {
        let auth = "auth = { type = \"oauth_client_credentials\"";
        for kind in ["oauth_refresh_token", "api_token"] {
            let other = commented(&format!("{{ type = \"{kind}\""));
            let (before, rest) = ZENDESK.split_once(auth).unwrap();
            let (_, after) = rest.split_once('\n').unwrap();
            parse(&format!("{before}auth = {other}\n{after}"));
        }
    }

    #[test]
    fn several_accounts_are_written_as_the_hint_says() {
        let (_, hint) = ZENDESK.split_once("#   [sources").unwrap();
        let hint: String = hint.split("\n\n").next().unwrap().replace("#   ", "");
        let several = ZENDESK.replace("[connector]", "[connectors.support]");
        let config = parse(&format!("{several}\n[sources{hint}\n"));
        assert_eq!(
            config.connector_for("//contact-center/acme").unwrap().0,
            "support"
        );
    }
}
