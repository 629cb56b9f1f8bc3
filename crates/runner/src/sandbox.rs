//! `casewire sandbox`: fakes of CRM APIs on this machine.

use std::io::Write as _;
use std::net::SocketAddr;

use casewire_sandbox::Sandbox;
use futures::future::{try_join, try_join_all};
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::{Crm, Fake, SandboxArgs};
use crate::context::{Context, Format};
use crate::exit::{Exit, Failure};

/// Serves until Ctrl-C.
pub(crate) async fn run(args: SandboxArgs, context: &Context) -> Result<Exit, Failure> {
    let mut serving = Vec::new();
    let mut fakes = Vec::new();
    for Fake { crm, listen } in args.crm {
        let listener = bind(listen.unwrap_or(args.listen)).await?;
        let address = listener.local_addr()?;
        let sandbox = match crm {
            Crm::Zendesk => Sandbox::zendesk(args.seed),
        };
        sandbox.set_faults(args.faults.clone());
        fakes.push((crm, address));
        serving.push(serve(listener, sandbox));
    }
    // Polled after the fakes: once they are announced, they listen to Ctrl-C.
    let announced = async {
        let mut fakes = fakes.into_iter();
        fakes.try_for_each(|(crm, address)| announce(crm, address, context))
    };
    try_join(try_join_all(serving), announced).await?;
    Ok(Exit::Success)
}

/// A listener on this machine: everybody knows the fakes' credentials.
async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::with_remedy(
            Exit::Io,
            format!("listening on {address}: the sandbox is for this machine only"),
            "listen on a loopback address, for example 127.0.0.1:9001",
        ));
    }
    TcpListener::bind(address).await.map_err(|error| {
        Failure::with_remedy(
            Exit::Io,
            format!("listening on {address}: {error}"),
            "choose another port with `--listen`, or 0 for any that is free",
        )
    })
}

fn announce(crm: Crm, address: SocketAddr, context: &Context) -> Result<(), Failure> {
    let mut output = context.output();
    match (context.format, crm) {
        (Format::Json, Crm::Zendesk) => {
            output.write_json(&json!({ "crm": "zendesk", "address": address }))?;
        }
        (Format::Table, Crm::Zendesk) => {
            writeln!(
                output,
                "Serving a fake Zendesk on http://{address} until Ctrl-C."
            )?;
            writeln!(
                output,
                "To use it, set CASEWIRE_SANDBOX_SECRET=sandbox and put this into casewire.toml:\n"
            )?;
            writeln!(output, "{}", zendesk_config(address))?;
        }
    }
    Ok(output.flush()?)
}

fn zendesk_config(address: SocketAddr) -> String {
    format!(
        "[connector]
type = \"zendesk\"
subdomain = \"sandbox\"
base_url = \"http://{address}\"
auth = {{ type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = {{ env = \"CASEWIRE_SANDBOX_SECRET\" }} }}
"
    )
}

async fn serve(listener: TcpListener, sandbox: Sandbox) -> Result<(), Failure> {
    casewire_sandbox::serve(listener, sandbox, interrupted())
        .await
        .map_err(|error| Failure::new(Exit::Io, format!("serving a fake CRM: {error}")))
}

/// Waits for Ctrl-C.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals the process is ended from outside.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_announced_config_is_one() {
        let text = zendesk_config("127.0.0.1:9001".parse().unwrap());
        let config = Config::parse(Path::new("casewire.toml"), text.as_bytes());
        assert_eq!(config.unwrap().connectors.len(), 1);
    }

    #[tokio::test]
    async fn listens_on_this_machine_only() {
        let failure = bind("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
        assert!(failure.to_string().contains("this machine only"));
        assert!(bind("127.0.0.1:0".parse().unwrap()).await.is_ok());
    }
}
