//! `casewire schema`: JSON Schema of what goes in and out.

use std::io::Write as _;

use crate::cli::{SchemaArgs, SchemaOf};
use crate::config;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The shape of an event is kept by hand: what is read is more lenient than what should be sent.
const EVENT: &str = include_str!("schema/event.json");

pub(crate) fn run(args: SchemaArgs, context: &Context) -> Result<Exit, Failure> {
    let mut output = context.output();
    match args.of {
        SchemaOf::Config => writeln!(output, "{:#}", config::schema().as_value())?,
        SchemaOf::Event => output.write_all(EVENT.as_bytes())?,
        SchemaOf::Simulation => {
            let schema = schemars::schema_for!(casewire_simulate::Line);
            writeln!(output, "{:#}", schema.as_value())?;
        }
    }
    output.flush()?;
    Ok(Exit::Success)
}
