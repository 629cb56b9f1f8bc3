//! `casewire sandbox`: fakes of CRM APIs on this machine.

use std::io::Write as _;
use std::net::SocketAddr;

use casewire_sandbox::Sandbox;
use futures::future::{try_join, try_join_all};
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::{Fake, SandboxArgs};
use crate::context::{Context, Format};
use crate::crm::Crm;
use crate::exit::{Exit, Failure};

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: SandboxArgs, context: &Context) -> Result<Exit, Failure> {
    let mut serving = Vec::new();
    let mut fakes = Vec::new();
    let several = args.crm.len() > 1;
    for Fake { crm, listen } in args.crm {
        let option = match several || listen.is_some() {
            true => "--crm NAME=ADDR",
            false => "--listen ADDR",
        };
        let listener = bind(listen.unwrap_or(args.listen), option).await?;
        let address = listener.local_addr()?;
        let sandbox = crm.sandbox(args.seed);
        sandbox.set_faults(args.faults.clone());
        fakes.push((crm, address));
        serving.push(serve(listener, sandbox));
    }
    // Polled after the fakes: once they are announced, they listen to signals.
    let announced = async {
        let mut fakes = fakes.into_iter();
        fakes.try_for_each(|(crm, address)| announce(crm, address, context))
    };
    try_join(try_join_all(serving), announced).await?;
    Ok(Exit::Success)
}

/// A listener; `option` is where the address comes from.
async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::with_remedy(
            Exit::Io,
            format!("listening on {address}: {error}"),
            format!("choose another port with `{option}`, or 0 for any that is free"),
        )
    })
}

fn announce(crm: Crm, address: SocketAddr, context: &Context) -> Result<(), Failure> {
    let mut output = context.output();
    match context.format {
        Format::Json => {
            output.write_json(&json!({ "crm": crm.name(), "address": address }))?;
        }
        Format::Table => {
            writeln!(
                output,
                "Serving a fake {} on http://{address} until Ctrl-C.",
                crm.label()
            )?;
            writeln!(
                output,
                "To use it, set CASEWIRE_SANDBOX_SECRET=sandbox and put this into casewire.toml:\n"
            )?;
            writeln!(output, "{}", crm.sandbox_config(address))?;
        }
    }
    Ok(output.flush()?)
}

async fn serve(listener: TcpListener, sandbox: Sandbox) -> Result<(), Failure> {
    casewire_sandbox::serve(listener, sandbox, interrupted())
        .await
        .map_err(|error| Failure::new(Exit::Io, format!("serving a fake CRM: {error}")))
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn interrupted() {
    tokio::select! {
        true = asked_to_end() => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
        // Without signals the process is ended from outside.
        else => std::future::pending().await,
    }
}

#[cfg(unix)]
async fn asked_to_end() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signals) => signals.recv().await.is_some(),
        Err(_) => false,
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> bool {
    false
}
