//! `casewire setup --metadata`.

use serde_json::Value;

use crate::casewire::{Ended, Folder};

fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect()
}

#[test]
fn metadata_is_written_without_a_crm_and_not_again() {
    let folder = Folder::new();
    folder.run(&["init", "--crm", "salesforce"]);
    let arguments = ["setup", "--metadata", "sfdx", "--format", "json"];
    let written = folder.run(&arguments);
    assert_eq!(written.code, Some(0), "{written:?}");
    let files = lines(&written);
    assert!(files.len() > 4, "{written:?}");
    for file in &files {
        assert_eq!(file["created"], true, "{file}");
        let path = folder.path(file["what"].as_str().unwrap());
        assert!(path.is_file(), "{file}");
    }
    assert!(folder.path("sfdx/sfdx-project.json").is_file());
    let again = lines(&folder.run(&arguments));
    assert_eq!(again.len(), files.len());
    assert!(again.iter().all(|file| file["created"] == false));
}

#[test]
fn a_file_with_other_contents_stays_and_nothing_is_written() {
    let folder = Folder::new();
    folder.run(&["init", "--crm", "salesforce"]);
    std::fs::create_dir(folder.path("sfdx")).unwrap();
    folder.write("sfdx/sfdx-project.json", "mine");
    let ended = folder.run(&["setup", "--metadata", "sfdx"]);
    assert_eq!(ended.code, Some(73), "{ended:?}");
    for part in ["sfdx-project.json", "other contents", "nothing was written"] {
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
    }
    let kept = std::fs::read_to_string(folder.path("sfdx/sfdx-project.json")).unwrap();
    assert_eq!(kept, "mine");
    assert_eq!(std::fs::read_dir(folder.path("sfdx")).unwrap().count(), 1);
}

#[test]
fn several_orgs_have_a_folder_each() {
    let folder = Folder::new();
    folder.run(&["init", "--crm", "salesforce"]);
    let text = std::fs::read_to_string(folder.path("casewire.toml")).unwrap();
    let (_, rest) = text.split_once("[connector]").unwrap();
    let (connector, _) = rest.split_once("[rules]").unwrap();
    let several = format!("[connectors.a]{connector}\n[connectors.b]{connector}\n");
    folder.write("casewire.toml", &several);
    let ended = folder.run(&["setup", "--metadata", "sfdx"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for name in ["a", "b"] {
        let project = folder.path(&format!("sfdx/{name}/sfdx-project.json"));
        assert!(project.is_file(), "{ended:?}");
    }
}

#[test]
fn a_crm_without_such_files_says_so() {
    let folder = Folder::new();
    folder.run(&["init", "--crm", "zendesk"]);
    let ended = folder.run(&["setup", "--metadata", "sfdx"]);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(ended.stderr.contains("only Salesforce"), "{ended:?}");
    assert!(!folder.path("sfdx").exists());
    let both = folder.run(&["setup", "--metadata", "sfdx", "--yes"]);
    assert_eq!(both.code, Some(2), "{both:?}");
}
