//! Clients that others wrote, driving the Salesforce sandbox.

use std::path::Path;
use std::process::Command;

use casewire_sandbox::Sandbox;
use casewire_sandbox::salesforce::{Options, Org};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::packages::{Program, node, python};

/// Runs `script` with the address of a sandbox.
async fn drive(program: &'static Program, script: &str) {
    let sandbox = Sandbox::salesforce_with(
        1,
        Options {
            org: Org::set_up(),
            ..Options::default()
        },
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(casewire_sandbox::serve(listener, sandbox, async {
        let _ = stopped.await;
    }));
    let mut command = Command::new(&program.program);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script))
        .arg(address.to_string())
        .current_dir(&program.folder);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let _ = stop.send(());
    server.await.unwrap().unwrap();
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.ends_with("all is well\n"), "{said}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_takes_the_sandbox_for_salesforce() {
    let Some(node) = node() else { return };
    drive(node, "drive_jsforce.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simple_salesforce_takes_the_sandbox_for_salesforce() {
    let Some(python) = python() else { return };
    drive(python, "drive_simple_salesforce.py").await;
}
