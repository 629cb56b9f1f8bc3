//! Clients that others wrote, driving the sandboxes.

use std::path::Path;
use std::process::Command;

use casewire_sandbox::Sandbox;
use casewire_sandbox::freshdesk::{CustomField, FieldKind, Permission};
use casewire_sandbox::salesforce::Org;
use casewire_sandbox::{freshdesk, salesforce};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::packages::{Program, node, python};

fn salesforce() -> Sandbox {
    let options = salesforce::Options {
        org: Org::set_up(),
        ..salesforce::Options::default()
    };
    Sandbox::salesforce_with(1, options)
}

/// An account whose agent may not delete tickets.
fn freshdesk() -> Sandbox {
    let regions = ["North", "South"].map(str::to_owned);
    let field = |label: &str, kind| CustomField {
        label: label.to_owned(),
        kind,
    };
    let options = freshdesk::Options {
        custom_fields: vec![
            field("Leaf queue", FieldKind::Text),
            field("Region", FieldKind::Dropdown(regions.into())),
        ],
        missing: [Permission::DeleteTickets].into(),
        ..freshdesk::Options::default()
    };
    Sandbox::freshdesk_with(1, options)
}

/// Runs `script` with the address of `sandbox`.
async fn drive(program: &'static Program, script: &str, sandbox: Sandbox) {
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
    drive(node, "drive_jsforce.mjs", salesforce()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simple_salesforce_takes_the_sandbox_for_salesforce() {
    let Some(python) = python() else { return };
    drive(python, "drive_simple_salesforce.py", salesforce()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_freshdesk_takes_the_sandbox_for_freshdesk() {
    let Some(python) = python() else { return };
    drive(python, "drive_python_freshdesk.py", freshdesk()).await;
}
