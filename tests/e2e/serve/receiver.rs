//! What webhooks are sent to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Inbox};
use std::thread;

use casewire_intake::{SigningKeys, WebhookHeaders};
use jiff::Timestamp;

use crate::sender::SECRET;
use crate::serving::PATIENCE;

/// Takes messages, and answers those that the test answers.
#[derive(Debug)]
pub(super) struct Receiver {
    /// Where it listens.
    pub(super) address: String,
    inbox: Inbox<Message>,
}

/// A message as it came.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) timestamp: String,
    pub(super) signature: String,
    pub(super) body: String,
    stream: TcpStream,
}

impl Receiver {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let (told, inbox) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // The test may be over.
                let _ = told.send(Message::read(stream));
            }
        });
        Self { address, inbox }
    }

    /// Waits for the next message.
    pub(super) fn next(&self) -> Message {
        self.inbox.recv_timeout(PATIENCE).expect("a message")
    }
}

impl Message {
    fn read(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(&stream);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None if line.trim_end().is_empty() => break,
                // The request line.
                None => {}
            }
        }
        let header = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let length = header("content-length").parse().expect("a length");
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        Self {
            id: header(WebhookHeaders::ID),
            timestamp: header(WebhookHeaders::TIMESTAMP),
            signature: header(WebhookHeaders::SIGNATURE),
            body: String::from_utf8(body).expect("UTF-8"),
            stream,
        }
    }

    /// Answers it with `status`, for example `204 No Content`.
    pub(super) fn answer(mut self, status: &str) {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.stream
            .write_all(answer.as_bytes())
            .expect("a sender that waits");
    }
}

/// The signature that a message should have.
pub(super) fn signature(id: &str, timestamp: &str, body: &str) -> String {
    let keys = SigningKeys::parse(&[SECRET.into()]).expect("a good secret");
    let seconds = timestamp.parse().expect("whole seconds");
    let at = Timestamp::from_second(seconds).expect("a time");
    keys.sign(id, at, body.as_bytes())
}
