//! `casewire setup --metadata`: what the CRM needs as files, for organisations that deploy such things by their own means.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Line;
use crate::config::Config;
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};

/// A file of a connector's metadata.
struct Planned<'c> {
    connector: &'c str,
    path: PathBuf,
    text: String,
    place: Place,
}

/// What is where the file goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    /// The very same file.
    Same,
    Other,
}

/// Writes the metadata of all connectors that have some into `folder`, each into a folder of its name when there are
/// several. Changes no file that is there.
pub(super) fn write(folder: &Path, config: &Config, context: &Context) -> Result<Exit, Failure> {
    let planned = plan(folder, config)?;
    refuse_others(folder, &planned)?;
    let mut output = context.output();
    for file in &planned {
        let is_new = file.place == Place::Free;
        if is_new {
            create(&file.path, &file.text).map_err(|error| can_not_create(&file.path, &error))?;
        }
        let what = file.path.display().to_string();
        match context.format {
            Format::Json => output.write_json(&Line {
                connector: file.connector,
                what: &what,
                created: is_new,
            })?,
            Format::Table if is_new => writeln!(output, "{}: wrote `{what}`", file.connector)?,
            Format::Table => writeln!(output, "{}: `{what}` is there already", file.connector)?,
        }
    }
    if context.format == Format::Table {
        writeln!(
            output,
            "\nDeploy it with the Salesforce CLI: `sf project deploy start` in the folder of `sfdx-project.json`. Then assign its\n\
             permission set to the user that Casewire runs as, and let `casewire check` look at it."
        )?;
    }
    output.flush()?;
    Ok(Exit::Success)
}

fn plan<'c>(folder: &Path, config: &'c Config) -> Result<Vec<Planned<'c>>, Failure> {
    let connectors = config.connectors.iter();
    let metadata: Vec<_> = connectors
        .filter_map(|(name, connector)| Some((name, connector.metadata()?)))
        .collect();
    if metadata.is_empty() {
        return Err(Failure::with_remedy(
            Exit::Config,
            format!(
                "writing metadata: no connector of `{}` has any; only Salesforce deploys such files",
                config.path.display()
            ),
            "`casewire setup` without `--metadata` asks the CRM and says what it lacks",
        ));
    }
    let several = metadata.len() > 1;
    let mut planned = Vec::new();
    for (connector, files) in metadata {
        let folder = match several {
            true => folder.join(connector),
            false => folder.to_owned(),
        };
        for file in files {
            let path = folder.join(&file.path);
            let place = look(&path, &file.text).map_err(|error| can_not_create(&path, &error))?;
            planned.push(Planned {
                connector,
                path,
                text: file.text,
                place,
            });
        }
    }
    Ok(planned)
}

fn look(path: &Path, text: &str) -> io::Result<Place> {
    match fs::read(path) {
        Ok(bytes) if bytes == text.as_bytes() => Ok(Place::Same),
        Ok(_) => Ok(Place::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Free),
        Err(error) => Err(error),
    }
}

fn refuse_others(folder: &Path, planned: &[Planned<'_>]) -> Result<(), Failure> {
    let others = planned.iter().filter(|file| file.place == Place::Other);
    let others: Vec<_> = others
        .map(|file| format!("\n  {}", file.path.display()))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(Failure::with_remedy(
        Exit::CannotCreate,
        format!(
            "writing metadata into `{}`: these files are there with other contents and stay as they are:{}",
            folder.display(),
            others.concat()
        ),
        "nothing was written; name another folder, compare, and remove what is outdated",
    ))
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(text.as_bytes())
}

fn can_not_create(path: &Path, error: &io::Error) -> Failure {
    Failure::with_remedy(
        Exit::CannotCreate,
        format!("making `{}`: {error}", path.display()),
        "check that this user may write there, or name another folder",
    )
}
