//! The README's commands do what it says.

use std::process::Command;

use crate::process::{Ended, binary, root};

/// The shell block of the README that begins with `first`.
fn block(readme: &str, first: &str) -> String {
    let blocks = readme.split("```sh\n").skip(1);
    let mut texts = blocks.filter_map(|rest| rest.split("```").next());
    let found = texts.find(|block| block.starts_with(first));
    found.expect("the README has this block").to_owned()
}

/// A port that is free, in place of one in the text.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

#[test]
fn its_commands_run_as_they_stand() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = block(&readme, "casewire sandbox");
    match Command::new("curl").arg("--version").output() {
        Ok(_) => commands.push_str(&block(&readme, "casewire serve")),
        Err(_) => println!("skipped: the part that sends an event, for want of curl"),
    }
    let config = std::fs::read_to_string(root().join("crates/runner/demo/casewire.toml")).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let own = folder.path().join("casewire.toml");
    let (sandbox, intake) = (free_port().to_string(), free_port().to_string());
    let on_free_ports = |text: String| text.replace("9001", &sandbox).replace("8080", &intake);
    std::fs::write(&own, on_free_ports(config)).unwrap();
    let commands = on_free_ports(commands).replace(
        "crates/runner/demo/casewire.toml",
        &own.display().to_string(),
    );
    // What it started goes with the shell.
    let script = format!("set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n{commands}");
    let path = std::env::var("PATH").unwrap();
    let ended: Ended = Command::new("bash")
        .args(["-c", &script])
        .current_dir(root())
        .env(
            "PATH",
            format!("{}:{path}", binary().parent().unwrap().display()),
        )
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.err.contains("nothing changed in the CRM"),
        "{}",
        ended.err
    );
    if commands.contains("casewire serve") {
        let told = "call/987 of //contact-center/acme: created";
        assert!(ended.out.contains(told), "{ended:?}");
    }
}

#[test]
fn it_lists_only_commands_that_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `casewire "));
    let mut seen = 0;
    for row in rows {
        for name in row
            .split('`')
            .filter_map(|text| text.strip_prefix("casewire "))
        {
            let command = name.split(' ').next().unwrap();
            let help = Command::new(binary())
                .args([command, "--help"])
                .output()
                .unwrap();
            assert!(help.status.success(), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen}");
}
