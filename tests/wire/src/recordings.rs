//! Answers recorded from real accounts.

use std::path::PathBuf;

/// The folder of Zendesk's recordings, when there is one; says so when there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("CASEWIRE_RECORDINGS") else {
        println!("skipped: CASEWIRE_RECORDINGS is not set");
        return None;
    };
    Some(PathBuf::from(folder).join("zendesk"))
}
