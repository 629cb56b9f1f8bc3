//! Packages of others, installed into the build folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

const NPM: [&str; 2] = ["jsforce@3.10.26", "@jetstreamapp/soql-parser-js@6.3.1"];
const PIP: [&str; 2] = ["python-freshdesk==1.3.7", "simple-salesforce==1.12.10"];

/// The oldest Node.js that the packages run on, and the one installed where there is none.
const NODE: [u32; 2] = [22, 19];
const NODE_VERSION: &str = "22.23.3";

/// A program and the folder where its packages are.
pub(crate) struct Program {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
}

static NODE_PROGRAM: LazyLock<Option<Program>> = LazyLock::new(|| told("npm", install_npm()));
static PYTHON_PROGRAM: LazyLock<Option<Program>> = LazyLock::new(|| told("pip", install_pip()));

/// Node.js with its packages; none when they are not to be had.
pub(crate) fn node() -> Option<&'static Program> {
    NODE_PROGRAM.as_ref()
}

/// Python with its packages; none when they are not to be had.
pub(crate) fn python() -> Option<&'static Program> {
    PYTHON_PROGRAM.as_ref()
}

/// Says when there is none, past the capture of test output, so that it is seen.
fn told(installer: &str, program: Result<Program, String>) -> Option<Program> {
    match program {
        Ok(program) => Some(program),
        Err(why) => {
            let _ = writeln!(io::stderr(), "skipped: {installer}: {why}");
            None
        }
    }
}

fn install_npm() -> Result<Program, String> {
    let folder = folder("npm");
    let mut packages: Vec<_> = NPM.map(str::to_owned).into();
    let program = match is_new_enough() {
        true => PathBuf::from("node"),
        false => {
            let package = node_package();
            packages.push(format!("{package}@{NODE_VERSION}"));
            folder.join("node_modules").join(package).join("bin/node")
        }
    };
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ])
    .args(["--fetch-retries=0", "--prefix"])
    .arg(&folder)
    .args(&packages);
    once(&folder, &packages.join(" "), &mut [npm])?;
    Ok(Program { program, folder })
}

fn is_new_enough() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let numbers = version.trim().trim_start_matches('v').split('.');
    let numbers: Vec<u32> = numbers.filter_map(|number| number.parse().ok()).collect();
    numbers.as_slice() >= NODE.as_slice()
}

/// The package that brings Node.js for this machine.
fn node_package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("node-{system}-{processor}")
}

fn install_pip() -> Result<Program, String> {
    let folder = folder("pip");
    let program = folder.join("bin/python");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(&program);
    pip.args(["-m", "pip", "install", "--quiet", "--retries=0"])
        .args(PIP);
    once(&folder, &PIP.join(" "), &mut [venv, pip])?;
    Ok(Program { program, folder })
}

fn folder(installer: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("foreign")
        .join(installer)
}

/// Runs `commands`, unless they did their work before: then the folder says which.
fn once(folder: &Path, what: &str, commands: &mut [Command]) -> Result<(), String> {
    let mark = folder.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == what) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for command in commands {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(last_words(&output));
        }
    }
    fs::write(mark, what).map_err(|error| error.to_string())
}

fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("it failed without a word").to_owned()
}
