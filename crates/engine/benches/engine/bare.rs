//! SQLite with group commit and nothing else: the ceiling.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use crate::{Failure, event_id};

/// Work of one commit, and who waits for it.
type Job = (Work, oneshot::Sender<i64>);

#[derive(Clone, Copy)]
enum Work {
    Insert(i64),
    Claim(i64),
    Finish { row: i64, key: i64 },
}

/// One writing thread on a table with a unique key, as plain as it can be.
#[derive(Clone)]
pub(crate) struct Bare(mpsc::Sender<Job>);

/// As many keys as there are customers at one time.
const KEYS: i64 = 1_000;

impl Bare {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(
            "CREATE TABLE inbox (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key INTEGER NOT NULL, body TEXT NOT NULL,
                 status INTEGER NOT NULL DEFAULT 0);
             CREATE INDEX open ON inbox (key, no) WHERE status = 0;
             CREATE TABLE state (key INTEGER PRIMARY KEY, body TEXT NOT NULL);",
        )?;
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::spawn(move || run(connection, &queue));
        Ok(Self(jobs))
    }

    fn ask(&self, work: Work) -> oneshot::Receiver<i64> {
        let (reply, answer) = oneshot::channel();
        drop(self.0.send((work, reply)));
        answer
    }

    /// A durable insert.
    pub(crate) fn insert(&self, number: usize) -> impl Future<Output = ()> + Send + 'static {
        let bare = self.clone();
        async move { drop(bare.ask(Work::Insert(as_key(number))).await) }
    }

    /// A durable insert, the claim of the head of its key, then the key's state and the end of the claim.
    pub(crate) fn cycle(&self, number: usize) -> impl Future<Output = ()> + Send + 'static {
        let bare = self.clone();
        let number = as_key(number);
        async move {
            let key = number % KEYS;
            drop(bare.ask(Work::Insert(number)).await);
            let Ok(row) = bare.ask(Work::Claim(key)).await else {
                return;
            };
            drop(bare.ask(Work::Finish { row, key }).await);
        }
    }
}

fn as_key(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn run(mut connection: Connection, queue: &mpsc::Receiver<Job>) {
    let body = "x".repeat(370);
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        while batch.len() < 256
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let answers = commit(&mut connection, &batch, &body).expect("a disk that takes it");
        for ((_, reply), answer) in batch.into_iter().zip(answers) {
            // A caller that has gone does not matter.
            let _ = reply.send(answer);
        }
    }
}

fn commit(connection: &mut Connection, batch: &[Job], body: &str) -> rusqlite::Result<Vec<i64>> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Vec::with_capacity(batch.len());
    for (work, _) in batch {
        answers.push(match *work {
            Work::Insert(number) => {
                sql.prepare_cached("INSERT INTO inbox (id, key, body) VALUES (?1, ?2, ?3)")?
                    .execute(params![event_id(usize::try_from(number).unwrap_or_default()), number % KEYS, body])?;
                0
            }
            Work::Claim(key) => sql
                .prepare_cached(
                    "UPDATE inbox SET status = 1 WHERE no =
                         (SELECT no FROM inbox WHERE key = ?1 AND status = 0 ORDER BY no LIMIT 1)
                     RETURNING no",
                )?
                .query_row([key], |row| row.get(0))
                .unwrap_or_default(),
            Work::Finish { row, key } => {
                sql.prepare_cached(
                    "INSERT INTO state (key, body) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET body = excluded.body",
                )?
                .execute(params![key, body])?;
                sql.prepare_cached("UPDATE inbox SET status = 2 WHERE no = ?1")?
                    .execute([row])?;
                0
            }
        });
    }
    sql.commit()?;
    Ok(answers)
}
