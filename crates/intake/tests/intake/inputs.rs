//! Inputs that fail, and inputs that are something else.

use std::io::{self, BufRead, BufReader, Read};

use casewire_intake::{InputErrorKind, read};

use crate::{refusal, source};

/// Fails as a directory does.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "Is a directory",
        ))
    }
}

fn failure(input: impl BufRead) -> String {
    let errors = read(input, &source()).filter_map(Result::err);
    let error = errors.last().unwrap();
    assert_eq!(error.kind, InputErrorKind::Io);
    error.to_string()
}

#[test]
fn a_failing_input_is_told_from_a_malformed_one() {
    let error = failure(BufReader::new(Broken));
    assert!(
        error.starts_with("at its start: it can not be read: Is a directory; "),
        "{error}"
    );
    for start in ["{}\n\n", "[{},\n", "{}\n{"] {
        let error = failure(BufReader::new(start.as_bytes().chain(Broken)));
        assert!(error.starts_with("after line "), "{error}");
        assert!(error.contains("Is a directory"), "{error}");
    }
    assert_eq!(refusal("{").kind, InputErrorKind::Malformed);
}

#[test]
fn packed_input_is_told_how_to_unpack() {
    let error = refusal(b"\x1f\x8b\x08\x00\x00\x00\x00\x00");
    assert!(error.problem.starts_with("not JSON text"), "{error}");
    assert!(error.remedy.contains("zcat"), "{error}");
    assert_eq!(error.kind, InputErrorKind::Malformed);
}

#[test]
fn what_is_no_json_is_not_called_an_element() {
    for input in [
        &b"\x89PNG\r\n\x1a\n"[..],
        b"PK\x03\x04",
        b"<html></html>",
        b"id;time\n1;2\n",
        b"\xef\xbb",
        b"\xc3\x28",
        b"[<html>]",
        b"\0\0",
    ] {
        let error = refusal(input);
        assert!(error.problem.starts_with("not JSON text"), "{error}");
    }
    for input in ["5", "\"text\"", "null", "[[]]", "[1]"] {
        let error = refusal(input);
        assert!(error.problem.contains("expected an object"), "{error}");
    }
}
