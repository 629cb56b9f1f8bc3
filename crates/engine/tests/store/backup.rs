use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use casewire_core::EventKind;
use casewire_engine::{Phase, StoreFile};

use crate::story::{KIM, Story, answered, event};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_engine_writes_and_opens_as_a_store() {
    let story = Story::begin();
    story.tell(answered("call/1", 0, KIM)).await;
    let linked = story.phase("call/1", Phase::Done).await;
    let done = Arc::new(AtomicBool::new(false));
    let writing = {
        let (engine, done) = (story.engine.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut written = 0;
            while !done.load(Ordering::SeqCst) {
                let session = format!("call/w{written}");
                let mut event = event(&session, 0, EventKind::Created);
                event.data.disposition = Some("x".repeat(2_000).into());
                engine.accept(vec![event]).await.unwrap();
                written += 1;
            }
            written
        })
    };
    story.until("call/w200", |_| true).await;
    let copy = story.folder.path().join("copy.db");
    let (file, to) = (story.file(), copy.clone());
    let copying = tokio::task::spawn_blocking(move || file.backup(&to));
    let bytes = copying.await.unwrap().unwrap();
    done.store(true, Ordering::SeqCst);
    let written = writing.await.unwrap();
    assert!(written > 200);
    assert_eq!(std::fs::metadata(&copy).unwrap().len(), bytes);
    // One file, and nothing left of the making.
    let copies = std::fs::read_dir(story.folder.path()).unwrap();
    let names = copies.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut others: Vec<_> = names
        .filter(|name| !name.starts_with("casewire.db"))
        .collect();
    others.sort();
    assert_eq!(others, ["copy.db"]);

    let opened = StoreFile::open(&copy).unwrap();
    assert_eq!(opened.check().unwrap(), [""; 0]);
    let views = opened.read_session("call/1", None, |name| story.settings_of(name));
    assert_eq!(views.unwrap(), [linked]);
    let written_then = opened.read_session("call/w199", None, |_| None);
    assert_eq!(written_then.unwrap().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let story = Story::begin();
    let copy = story.folder.path().join("copy.db");
    story.file().backup(&copy).unwrap();
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_names_what_is_wrong() {
    let story = Story::begin();
    let copy = story.folder.path().join("copy.db");
    std::fs::write(&copy, "mine").unwrap();
    let refused = story.file().backup(&copy).unwrap_err().to_string();
    assert!(
        refused.contains("copy.db") && refused.contains("new file"),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "mine");
    let nowhere = story.folder.path().join("no-such-folder/copy.db");
    let refused = story.file().backup(&nowhere).unwrap_err().to_string();
    assert!(refused.contains("no-such-folder"), "{refused}");
}
