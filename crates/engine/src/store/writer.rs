//! The one thread that writes, and its group commits.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use super::file::Identity;
use super::{Memory, Result, StoreError, Tx};

/// What one commit takes at most, in events or steps: what waits behind it should not wait long.
const COMMIT_WEIGHT: usize = 1_024;

/// How often other threads get a turn before a commit that is smaller than the last one.
const TURNS: u32 = 4;

/// Hands work to the writing thread. Work that is waiting when a commit begins shares it.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on `connection`. `woken` changes after each commit that made work ready.
    pub(super) fn start(
        connection: Connection,
        file: Identity,
        woken: watch::Sender<u64>,
    ) -> Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("casewire-store".to_owned())
            .spawn(move || run(connection, &file, &queue, &woken))
            .map_err(|error| StoreError::new(format!("starting the writing thread: {error}")))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Does `work` within the next commit. When this answers, the work is durable, or none of it was done.
    pub(super) async fn write<T, W>(&self, weight: usize, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Step {
            weight,
            work: Some(work),
            done: None,
            reply,
        });
        let jobs = self.jobs.as_ref().ok_or_else(StoreError::stopped)?;
        jobs.send(job).map_err(|_| StoreError::stopped())?;
        answer.await.map_err(|_| StoreError::stopped())?
    }
}

impl Drop for Writer {
    /// Waits until what was handed over is committed.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself once nobody can hand it work; a panic in it was reported already.
            let _ = thread.join();
        }
    }
}

trait Job: Send {
    fn weight(&self) -> usize;
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    fn finish(self: Box<Self>, committed: Result<()>);
}

struct Step<T, W> {
    weight: usize,
    work: Option<W>,
    done: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, W> Job for Step<T, W>
where
    T: Send,
    W: FnOnce(&mut Tx<'_>) -> Result<T> + Send,
{
    fn weight(&self) -> usize {
        self.weight
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        if let Some(work) = self.work.take() {
            self.done = Some(match work(tx) {
                // The others' work does not suffer.
                Err(error) if error.had_done_nothing() => Err(error),
                done => Ok(done?),
            });
        }
        Ok(())
    }

    fn finish(self: Box<Self>, committed: Result<()>) {
        let Self { done, reply, .. } = *self;
        let answer = committed.and_then(|()| done.unwrap_or_else(|| Err(StoreError::stopped())));
        // Whoever asked may have gone away; the work counts all the same.
        let _ = reply.send(answer);
    }
}

fn run(
    mut connection: Connection,
    file: &Identity,
    queue: &mpsc::Receiver<Box<dyn Job>>,
    woken: &watch::Sender<u64>,
) {
    let mut memory = Memory::default();
    let mut batch = Vec::new();
    let mut last = 0;
    while let Ok(first) = queue.recv() {
        let mut weight = first.weight();
        batch.push(first);
        let mut turns = 0;
        while weight < COMMIT_WEIGHT {
            match queue.try_recv() {
                Ok(next) => {
                    weight += next.weight();
                    batch.push(next);
                }
                // Those whom the last commit answered are about to ask again: a turn for them is cheaper than a commit.
                Err(_) if batch.len() < last && turns < TURNS => {
                    turns += 1;
                    thread::yield_now();
                }
                Err(_) => break,
            }
        }
        last = batch.len();
        let began = Instant::now();
        let committed = file
            .expect_same()
            .and_then(|()| commit(&mut connection, &mut memory, &mut batch));
        metrics::histogram!("casewire_commit_seconds").record(began.elapsed().as_secs_f64());
        let wakes = std::mem::take(&mut memory.wakes);
        if let Err(error) = &committed {
            tracing::error!(%error, "writing to the store");
            // What was remembered of rows that are not there now.
            memory = Memory::default();
        }
        for job in batch.drain(..) {
            job.finish(committed.clone());
        }
        if wakes {
            woken.send_modify(|commits| *commits += 1);
        }
    }
}

/// One transaction for the whole batch: all of it, or nothing.
fn commit(
    connection: &mut Connection,
    memory: &mut Memory,
    batch: &mut [Box<dyn Job>],
) -> Result<()> {
    let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut tx = Tx { sql, memory };
    tx.begin()?;
    for job in batch {
        job.run(&mut tx)?;
    }
    tx.end()
}
