//! `casewire store`: a copy of the store, a customer erased from it, its soundness. Also how commands open it.

use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use casewire_core::{Apply, CustomerKey, Settings};
use casewire_engine::{Depth, Erased, StoreFile};
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Store, StoreArgs};
use crate::config::Config;
use crate::context::{Context, Format, Output};
use crate::exit::{Exit, Failure};
use crate::replay::counted;
use crate::table::table;

/// The store that the config names, opened for a command.
#[derive(Debug)]
pub(crate) struct OpenStore {
    config: Config,
    pub(crate) file: StoreFile,
}

impl OpenStore {
    /// Opens the store of the config that `context` names.
    ///
    /// # Errors
    /// When the config is wrong, or the store is not there or can not be used.
    pub(crate) fn of(context: &Context) -> Result<Self, Failure> {
        let config = context.load_config()?;
        let path = config.store_path();
        if !path.exists() {
            return Err(Failure::with_remedy(
                Exit::Config,
                format!("there is no store `{}`", path.display()),
                format!(
                    "`casewire serve` makes it; when it is elsewhere, name it with `path` in `[store]` of `{}`",
                    config.path.display()
                ),
            ));
        }
        let file = StoreFile::open(&path)?;
        Ok(Self { config, file })
    }

    /// The settings of the connector `name`; none when it is not in the config.
    pub(crate) fn settings_of(&self, name: &str) -> Option<&Settings> {
        let known = self.config.connectors.contains_key(name);
        known.then_some(&self.config.settings)
    }
}

/// Does what was asked with the store.
pub(crate) fn run(args: StoreArgs, context: &Context) -> Result<Exit, Failure> {
    match args.what {
        Store::Backup { file, .. } => backup(&file, context),
        Store::Erase { customer, yes, .. } => {
            let apply = if yes { Apply::Write } else { Apply::Plan };
            erase(&customer, apply, context)
        }
        Store::Check { .. } => check(context),
    }
}

fn backup(to: &Path, context: &Context) -> Result<Exit, Failure> {
    let store = OpenStore::of(context)?;
    if to.exists() {
        return Err(Failure::with_remedy(
            Exit::CannotCreate,
            format!("`{}` is there already", to.display()),
            "name a new file; nothing was written",
        ));
    }
    let bytes = store.file.backup(to)?;
    let mut output = context.output();
    match context.format {
        Format::Json => output.write_json(&serde_json::json!({ "file": to, "bytes": bytes }))?,
        Format::Table => writeln!(
            output,
            "`{}`: {}, checked; it holds customer data, as the store does",
            to.display(),
            size(bytes)
        )?,
    }
    output.flush()?;
    Ok(Exit::Success)
}

fn erase(customer: &str, apply: Apply, context: &Context) -> Result<Exit, Failure> {
    let mut store = OpenStore::of(context)?;
    let key = match customer {
        "-" => {
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            read.map_err(|error| {
                Failure::new(Exit::Io, format!("reading the customer's key: {error}"))
            })?;
            CustomerKey::parse(&line)
        }
        text => CustomerKey::parse(text),
    };
    let key = key.ok_or_else(|| {
        Failure::with_remedy(
            Exit::BadInput,
            "no customer is named",
            "give a phone number (+1...), an e-mail address or an external id",
        )
    })?;
    let erased = store.file.erase(&key, apply)?;
    let mut output = context.output();
    match context.format {
        Format::Json => output.write_json(&ErasedLine {
            erased: &erased,
            applied: apply == Apply::Write,
        })?,
        Format::Table => write!(output, "{}", told(&key, &erased, apply))?,
    }
    output.flush()?;
    match &erased.left_over {
        None => Ok(Exit::Success),
        Some(why) => Err(Failure::with_remedy(
            Exit::Unfinished,
            format!("the customer is erased, but copies may be left in the store's file: {why}"),
            "do the same again in a moment",
        )),
    }
}

/// What was erased, as it is printed.
#[derive(Serialize)]
struct ErasedLine<'a> {
    #[serde(flatten)]
    erased: &'a Erased,
    /// Whether it was done, and not only said.
    applied: bool,
}

/// Says what was erased, without naming whom.
fn told(key: &CustomerKey, erased: &Erased, apply: Apply) -> String {
    let kind = match key {
        CustomerKey::ExternalId(_) => "external id",
        CustomerKey::Phone(_) => "phone number",
        CustomerKey::Email(_) => "e-mail address",
    };
    if erased.sessions == 0 && erased.keys == 0 {
        return format!("the store has nothing of a customer with this {kind}\n");
    }
    let (begin, end) = match apply {
        Apply::Plan => ("would be erased", "the same with --yes erases it."),
        Apply::Write => ("erased", "what is in the CRM is as it was."),
    };
    let unwritten = match erased.unwritten {
        0 => String::new(),
        some => format!(", {some} of them not written to the CRM: they never are then"),
    };
    format!(
        "{begin}, of the customer with this {kind}:\n  \
         sessions  {}{unwritten}\n  \
         records   {} that were remembered\n  \
         messages  {} not delivered\n  \
         keys      {}\n\
         {end}\n",
        erased.sessions, erased.records, erased.deliveries, erased.keys
    )
}

fn check(context: &Context) -> Result<Exit, Failure> {
    let store = OpenStore::of(context)?;
    let problems = store.file.check()?;
    let depth = store.file.depth(Timestamp::now())?;
    let mut output = context.output();
    match context.format {
        Format::Json => {
            output.write_json(&serde_json::json!({ "problems": problems, "depth": depth }))?;
        }
        Format::Table => write_check(&mut output, &problems, &depth)?,
    }
    output.flush()?;
    match problems.is_empty() {
        true => Ok(Exit::Success),
        false => Err(Failure::with_remedy(
            Exit::Io,
            "the store is damaged",
            "stop `casewire serve`, put a backup in its place, and have the source deliver again what came since",
        )),
    }
}

fn write_check(output: &mut Output, problems: &[String], depth: &Depth) -> io::Result<()> {
    for problem in problems {
        writeln!(output, "damaged: {problem}")?;
    }
    if problems.is_empty() {
        writeln!(output, "no damage found")?;
    }
    write!(output, "{}", waiting(depth))
}

fn waiting(depth: &Depth) -> String {
    let mut text = format!(
        "{}, of which {} are free; its log: {}\n{} parked; messages: {} waiting, {} given up\n",
        size(depth.store_bytes),
        size(depth.free_bytes),
        size(depth.log_bytes),
        counted(usize::try_from(depth.parked_sessions).unwrap_or(usize::MAX)),
        depth.deliveries_waiting,
        depth.deliveries_given_up,
    );
    if !depth.connectors.is_empty() {
        let mut table = table([
            "connector",
            "lanes ready",
            "waiting",
            "live",
            "longest ready",
        ]);
        for connector in &depth.connectors {
            table.add_row([
                connector.connector.clone(),
                connector.ready_lanes.to_string(),
                connector.waiting_lanes.to_string(),
                connector.live_lanes.to_string(),
                format!("{} s", connector.oldest_ready_ms / 1_000),
            ]);
        }
        text.push_str(&format!("\n{}\n", table.trim_fmt()));
    }
    text
}

/// A number of bytes as people read it.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use casewire_engine::ConnectorDepth;

    use super::*;

    #[test]
    fn what_is_erased_is_counted_without_naming_the_customer() {
        let key = CustomerKey::parse("kim@example.com").unwrap();
        let erased = Erased {
            sessions: 3,
            unwritten: 1,
            keys: 2,
            ..Erased::default()
        };
        let planned = "\
would be erased, of the customer with this e-mail address:
  sessions  3, 1 of them not written to the CRM: they never are then
  records   0 that were remembered
  messages  0 not delivered
  keys      2
the same with --yes erases it.
";
        assert_eq!(told(&key, &erased, Apply::Plan), planned);
        let done = told(&key, &erased, Apply::Write);
        assert!(
            done.starts_with("erased, of the customer") && !done.contains("--yes"),
            "{done}"
        );
        let nothing = told(&key, &Erased::default(), Apply::Write);
        assert!(nothing.contains("nothing of a customer"), "{nothing}");
    }

    #[test]
    fn what_waits_is_told_by_connector() {
        let depth = Depth {
            connectors: vec![ConnectorDepth {
                connector: "support".to_owned(),
                ready_lanes: 7,
                waiting_lanes: 2,
                live_lanes: 1,
                oldest_ready_ms: 65_400,
            }],
            parked_sessions: 1,
            deliveries_waiting: 4,
            deliveries_given_up: 0,
            store_bytes: 3 << 20,
            free_bytes: 4_096,
            log_bytes: 0,
        };
        let text = waiting(&depth);
        for part in [
            "3.0 MiB",
            "4.0 KiB are free",
            "0 bytes",
            "1 session parked",
            "support",
            "65 s",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
