use casewire_core::EventKind;
use casewire_engine::{Engine, Options, Routes, StoreFile};
use rusqlite::Connection;

use crate::story::{Story, event};

fn refusal(path: &std::path::Path) -> String {
    StoreFile::open(path).unwrap_err().to_string()
}

#[tokio::test]
async fn a_second_engine_is_refused_and_a_command_is_not() {
    let story = Story::begin();
    let error = Engine::start(Options::new(story.path()), Routes::default()).unwrap_err();
    assert!(error.is_in_use());
    assert!(error.to_string().contains("another process"), "{error}");
    story
        .tell(vec![event("call/1", 0, EventKind::Created)])
        .await;
    let views = story.file().read_session("call/1", None, |_| None).unwrap();
    assert_eq!(views.len(), 1);
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("casewire.db");
    let refused = refusal(&path);
    assert!(
        refused.contains("casewire.db") && refused.contains("casewire serve"),
        "{refused}"
    );
    assert!(!path.exists());
}

#[test]
fn what_is_no_store_is_told_apart_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but long enough to look like one".repeat(40),
    )
    .unwrap();
    let refused = refusal(&text);
    assert!(
        refused.contains("notes.txt") && refused.contains("something else"),
        "{refused}"
    );

    let other = folder.path().join("other.db");
    let sql = Connection::open(&other).unwrap();
    sql.execute_batch("CREATE TABLE mine (a)").unwrap();
    drop(sql);
    let before = std::fs::read(&other).unwrap();
    let refused = refusal(&other);
    assert!(refused.contains("no store of Casewire"), "{refused}");
    assert_eq!(std::fs::read(&other).unwrap(), before);
}

#[tokio::test]
async fn a_store_of_another_version_says_what_to_use() {
    let story = Story::begin();
    let path = story.path();
    story.engine.stop(std::time::Duration::from_secs(5)).await;
    let Story { engine, folder, .. } = story;
    drop(engine);
    for (version, said) in [(99, "newer Casewire (version 99"), (0, "older version")] {
        let sql = Connection::open(&path).unwrap();
        sql.pragma_update(None, "user_version", version).unwrap();
        drop(sql);
        let refused = refusal(&path);
        assert!(refused.contains(said), "{refused}");
    }
    drop(folder);
}
