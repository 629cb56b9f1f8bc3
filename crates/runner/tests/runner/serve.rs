//! `casewire serve` as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::casewire::Folder;

/// A connector whose CRM is not there, and an intake on any free port.
const CONFIG: &str = "[connector]\ntype = \"zendesk\"\nsubdomain = \"sandbox\"\nbase_url = \"http://127.0.0.1:9\"\n\
    auth = { type = \"oauth_client_credentials\", client_id = \"sandbox\", client_secret = { file = \"secret\" } }\n\
    [intake]\nlisten = \"127.0.0.1:0\"\n";

/// A serving process; it ends with the test.
struct Serving {
    child: Child,
    said: BufReader<ChildStderr>,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    fn start(folder: &Folder, config: &str) -> Self {
        folder.write("secret", "sandbox\n");
        folder.write("casewire.toml", config);
        let mut child = folder
            .command(&["serve"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stderr = child.stderr.take().expect("its errors are piped");
        let mut serving = Self {
            child,
            said: BufReader::new(stderr),
            address: String::new(),
        };
        let line = serving.says("listening on http://");
        let (_, address) = line.trim_end().rsplit_once('/').expect("an address");
        serving.address = address.to_owned();
        serving
    }

    /// Reads what it says up to the line with `words`.
    fn says(&mut self, words: &str) -> String {
        let mut all = String::new();
        loop {
            let start = all.len();
            let read = self.said.read_line(&mut all).expect("a line");
            assert_ne!(read, 0, "it never said `{words}`:\n{all}");
            if all[start..].contains(words) {
                return all[start..].to_owned();
            }
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the end; its exit code, and what it said until then.
    fn end(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("its last words");
        (self.child.wait().expect("its end").code(), said)
    }

    /// Status and body of the answer.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("a listening server");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .expect("a sent request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head[9..12].parse().expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn send(&self, id: &str) -> u16 {
        let event = json!({
            "specversion": "1.0", "id": id, "source": "//contact-center/acme", "type": "session.created",
            "subject": "call/987", "time": "2026-01-24T01:14:06Z",
        });
        self.ask("POST", "/v1/events", "", &event.to_string()).0
    }
}

#[test]
fn serve_takes_events_and_ends_when_it_is_told() {
    let folder = Folder::new();
    let mut serving = Serving::start(&folder, CONFIG);
    assert_eq!(serving.send("1"), 202);
    let (status, receipt) = serving.ask("GET", "/v1/sessions/call/987", "", "");
    assert_eq!((status, &receipt["phase"]), (200, &json!("waiting")));
    assert_eq!(serving.ask("GET", "/readyz", "", "").0, 200);
    serving.signal("TERM");
    let (code, said) = serving.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("ending"), "{said}");
    assert!(folder.path("casewire.db").exists(), "beside the config");

    // The next one knows what that one was told.
    let mut again = Serving::start(&folder, CONFIG);
    assert_eq!(again.ask("GET", "/v1/sessions/call/987", "", "").0, 200);
    again.signal("INT");
    assert_eq!(again.end().0, Some(0));
}

#[test]
fn a_second_process_is_refused_the_store() {
    let folder = Folder::new();
    let _first = Serving::start(&folder, CONFIG);
    let second = folder.run(&["serve"]);
    assert_eq!(second.code, Some(73), "{second:?}");
    assert!(second.stderr.contains("another process"), "{second:?}");
}

#[test]
fn a_changed_config_is_taken_and_a_bad_one_is_not() {
    let folder = Folder::new();
    folder.write("token", "let-me-in");
    let with_token = format!("{CONFIG}token = {{ file = \"token\" }}\n");
    let mut serving = Serving::start(&folder, CONFIG);
    assert_eq!(serving.send("1"), 202);
    assert_eq!(serving.ask("GET", "/v1/sessions/call/987", "", "").0, 200);

    folder.write("casewire.toml", &with_token);
    serving.signal("HUP");
    let said = serving.says("took the changed config");
    assert!(said.contains("settings sha256:"), "{said}");
    assert_eq!(serving.ask("GET", "/v1/sessions/call/987", "", "").0, 401);
    let bearer = "authorization: Bearer let-me-in\r\n";
    assert_eq!(
        serving.ask("GET", "/v1/sessions/call/987", bearer, "").0,
        200
    );

    folder.write(
        "casewire.toml",
        &format!("{CONFIG}\n[rules]\nappend_to_opn = true\n[rulez]\n"),
    );
    serving.signal("HUP");
    serving.says("the former one holds");
    serving.says("rulez");
    assert_eq!(
        serving.ask("GET", "/v1/sessions/call/987", bearer, "").0,
        200
    );

    let elsewhere = CONFIG.replace("127.0.0.1:0", "127.0.0.1:1");
    folder.write("casewire.toml", &elsewhere);
    serving.signal("HUP");
    serving.says("`listen` of `[intake]` changed: that takes effect at the next start");
    assert_eq!(serving.send("2"), 202);
}

#[test]
fn serve_says_what_is_wrong_before_it_begins() {
    let folder = Folder::new();
    folder.write("secret", "sandbox");
    folder.write("short", "c2hvcnQ=");
    let short = format!("{CONFIG}secrets = [{{ file = \"short\" }}]\n");
    let (connector, intake) = CONFIG.split_at(CONFIG.find("[intake]").unwrap());
    let store = format!("{CONFIG}[store]\npath = \"no-such-folder/casewire.db\"\n");
    for (config, code, words) in [
        (connector, 78, "[intake]"),
        (intake, 78, "no connector"),
        (&short, 78, "openssl rand -base64 32"),
        (&store, 74, "no-such-folder"),
    ] {
        folder.write("casewire.toml", config);
        let ended = folder.run(&["serve"]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
        assert!(!ended.stderr.contains("c2hvcnQ="), "{ended:?}");
    }
}
