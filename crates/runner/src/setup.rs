//! `casewire setup`: creates what the CRM needs, or says what it would create.

mod metadata;

use std::io::Write as _;

use casewire_core::Apply;
use serde::Serialize;

use crate::cli::SetupArgs;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};

/// One thing that the CRM lacks, or lacked.
#[derive(Serialize)]
struct Line<'a> {
    connector: &'a str,
    what: &'a str,
    created: bool,
}

/// Goes through all connectors; doing it again changes nothing.
pub(crate) async fn run(args: SetupArgs, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?;
    if config.connectors.is_empty() {
        return Err(Failure::with_remedy(
            Exit::Config,
            format!("setting up: `{}` has no connector", config.path.display()),
            "add a `[connector]` table; `casewire init` writes an example",
        ));
    }
    if let Some(folder) = &args.metadata {
        return metadata::write(folder, &config, context);
    }
    let apply = if args.yes { Apply::Write } else { Apply::Plan };
    let mut planned = 0;
    for (name, connector) in &config.connectors {
        let changes = connector.connect()?.setup(apply).await?;
        let mut output = context.output();
        for change in &changes {
            match (context.format, apply) {
                (Format::Json, _) => output.write_json(&Line {
                    connector: name,
                    what: &change.what,
                    created: apply == Apply::Write,
                })?,
                (Format::Table, Apply::Plan) => {
                    writeln!(output, "{name}: would create {}", change.what)?;
                }
                (Format::Table, Apply::Write) => {
                    writeln!(output, "{name}: created {}", change.what)?;
                }
            }
        }
        if changes.is_empty() && context.format == Format::Table {
            writeln!(output, "{name}: nothing to create")?;
        }
        output.flush()?;
        planned += changes.len();
    }
    if planned > 0 && apply == Apply::Plan && context.format == Format::Table {
        let mut output = context.output();
        let what = if planned == 1 { "it" } else { "them" };
        writeln!(output, "\n`casewire setup --yes` creates {what}.")?;
        output.flush()?;
    }
    Ok(Exit::Success)
}
