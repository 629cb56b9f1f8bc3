//! The folder of recordings, which are no part of the repository.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Once;

use serde_json::Value;
use wiremock::ResponseTemplate;

use crate::script::json;

static SKIPPED: Once = Once::new();

/// The folder of one vendor's recordings, when there is one; says so when there is none.
pub(crate) fn folder(vendor: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("CASEWIRE_RECORDINGS") else {
        // Written past the capture of test output, so that it is seen.
        SKIPPED.call_once(|| {
            let _ = writeln!(io::stderr(), "skipped: CASEWIRE_RECORDINGS is not set");
        });
        return None;
    };
    Some(PathBuf::from(folder).join(vendor))
}

/// One of the vendor's recordings.
pub(crate) fn recording(vendor: &str, file: &str) -> Option<Value> {
    let path = folder(vendor)?.join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

/// A recorded answer, with its headers.
pub(crate) fn answer_of(response: &Value) -> ResponseTemplate {
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let headers = response["headers"].as_object().unwrap().iter();
    // The body was unpacked and laid out anew.
    let headers = headers.filter(|(name, _)| {
        !matches!(
            &*name.to_ascii_lowercase(),
            "content-length" | "content-encoding" | "transfer-encoding"
        )
    });
    headers.fold(
        json(status, response["body"].clone()),
        |answer, (name, value)| {
            answer.append_header(name.as_str(), value.as_str().unwrap_or_default())
        },
    )
}

/// Fails when there is a recording of the vendor's that `tests` do not name, but for `unused`.
pub(crate) fn assert_all_read(vendor: &str, tests: &str, unused: &[&str]) {
    let Some(folder) = folder(vendor) else { return };
    let files = std::fs::read_dir(&folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let left_over: Vec<_> = names
        .filter(|name| name.ends_with(".json"))
        .filter(|name| !unused.contains(&&**name) && !tests.contains(&format!("\"{name}\"")))
        .collect();
    assert!(left_over.is_empty(), "nothing reads {left_over:?}");
}
