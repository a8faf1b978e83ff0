//! The one thread that writes: all writes that wait, in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ocpi_ports::StorageError;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::checkpointer::{Checkpoints, frames_of_log};
use crate::error::{closed, is_of_the_store};
use crate::sql::SqlError;
use crate::sql::record_chain::ChainKey;
use crate::sql::state::WriteState;
use crate::store::Published;
use crate::threads::Thread;
use crate::transaction::{Effects, Transaction};
use crate::write_task::{Task, Write, finish_at_home};

/// The most writes in one transaction: all that wait, unless that would make the first wait long.
const TRANSACTION_WRITES_MAX: usize = 1024;

/// The most writes that may wait. Each has a caller that waits for it, so more of them mean a
/// disk that hangs.
const WAITING_MAX: usize = 65_536;

/// Hands writes to the thread.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    _thread: Thread,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    writes: Vec<Box<dyn Write>>,
    asleep: bool,
    stopping: bool,
}

/// What the thread works on.
pub(crate) struct WriterParts {
    pub(crate) db: Connection,
    pub(crate) state: WriteState,
    pub(crate) chain_key: ChainKey,
    pub(crate) published: Arc<Published>,
    pub(crate) checkpoints: Arc<Checkpoints>,
}

impl Writer {
    pub(crate) fn start(parts: WriterParts) -> std::io::Result<Writer> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
        });
        let worker = Worker {
            shared: Arc::clone(&shared),
            parts,
            effects: Effects::default(),
            is_failing: false,
            pause_at: 0,
        };
        let thread = Thread::start("store-writer", move || worker.run())?;
        Ok(Writer {
            shared,
            _thread: thread,
        })
    }

    /// Runs `write` in a transaction with others; returns when it is durable, or was not done.
    ///
    /// `write` may be run again when another write broke the transaction that it was in. An error
    /// of its own must leave nothing behind.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Transaction<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        self.push(Box::new(Task::new(write, reply)))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn push(&self, write: Box<dyn Write>) -> Result<(), StorageError> {
        let mut queue = self.shared.queue.lock();
        if queue.stopping {
            return Err(closed());
        }
        if queue.writes.len() >= WAITING_MAX {
            return Err(StorageError::Unavailable(
                "too many writes wait for the disk".into(),
            ));
        }
        queue.writes.push(write);
        if std::mem::take(&mut queue.asleep) {
            drop(queue);
            self.shared.wake.notify_one();
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queue.lock().stopping = true;
        self.shared.wake.notify_one();
    }
}

struct Worker {
    shared: Arc<Shared>,
    parts: WriterParts,
    effects: Effects,
    is_failing: bool,
    /// The length of the log at which the next write waits for a checkpoint.
    pause_at: u64,
}

impl Worker {
    fn run(mut self) {
        let _ended = Ended(Arc::clone(&self.shared));
        let frames = frames_of_log(&mut self.parts.db);
        while let Some(writes) = self.take() {
            for batch in batches(writes) {
                self.commit(batch);
            }
            self.keep_log_short(&frames);
        }
    }

    /// All that wait; `None` when the store closes and none does.
    fn take(&self) -> Option<Vec<Box<dyn Write>>> {
        let mut queue = self.shared.queue.lock();
        while queue.writes.is_empty() {
            if queue.stopping {
                return None;
            }
            queue.asleep = true;
            self.shared.wake.wait(&mut queue);
        }
        queue.asleep = false;
        Some(std::mem::take(&mut queue.writes))
    }

    /// Runs the writes in one transaction and answers them. One that SQLite refuses for itself is
    /// left out, and the others run again.
    fn commit(&mut self, mut batch: Vec<Box<dyn Write>>) {
        batch.retain(|write| !write.is_abandoned());
        while !batch.is_empty() {
            let before = self.parts.state.clone();
            match self.try_commit(&mut batch) {
                Ok(()) => {
                    self.succeeded();
                    finish_at_home(std::mem::take(&mut batch));
                }
                Err(failure) => {
                    self.parts.state = before;
                    self.roll_back();
                    match failure {
                        Failure::OfWrite(place, error) => {
                            tracing::error!(target: "ocpi::store", %error, "a write is refused");
                            batch.remove(place).fail(&error.to_string());
                        }
                        Failure::OfStore(error) => {
                            self.failed(&error);
                            let why = error.to_string();
                            batch.drain(..).for_each(|write| write.fail(&why));
                        }
                    }
                }
            }
            self.effects.clear();
        }
    }

    fn try_commit(&mut self, batch: &mut [Box<dyn Write>]) -> Result<(), Failure> {
        let WriterParts {
            db,
            state,
            chain_key,
            published,
            ..
        } = &mut self.parts;
        execute(db, "BEGIN IMMEDIATE").map_err(Failure::OfStore)?;
        for (place, write) in batch.iter_mut().enumerate() {
            let mut transaction =
                Transaction::new(db, state, chain_key, &published.slots, &mut self.effects);
            if let Err(error) = write.run(&mut transaction) {
                return Err(if is_of_the_store(&error) {
                    Failure::OfStore(error)
                } else {
                    Failure::OfWrite(place, error)
                });
            }
        }
        state.save(db, chain_key).map_err(|error| match error {
            SqlError::Sqlite(error) => Failure::OfStore(error),
            _ => Failure::OfStore(rusqlite::Error::InvalidQuery),
        })?;
        execute(db, "COMMIT").map_err(Failure::OfStore)?;
        published.committed(&self.effects, state);
        Ok(())
    }

    fn roll_back(&self) {
        if self.effects.slots {
            self.parts.published.slots.lock().roll_back();
        }
        let db = &self.parts.db;
        // SQLite has done it itself after some errors.
        if !db.is_autocommit()
            && let Err(error) = execute(db, "ROLLBACK")
        {
            tracing::error!(target: "ocpi::store", %error, "a transaction cannot be rolled back");
        }
    }

    fn failed(&mut self, error: &rusqlite::Error) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!(
                target: "ocpi::store", %error,
                "the store cannot write: nothing is acknowledged until it can again",
            );
        }
    }

    fn succeeded(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            tracing::info!(target: "ocpi::store", "the store writes again");
        }
    }

    /// Has the log copied into the file now and then, and waits for it when the log is as long as
    /// it may be: without a pause of the writer it would never begin anew.
    fn keep_log_short(&mut self, frames: &AtomicU64) {
        let frames = frames.load(Ordering::Relaxed);
        let checkpoints = &self.parts.checkpoints;
        if frames < checkpoints.begin_at() {
            self.pause_at = checkpoints.pause_at();
            return;
        }
        if frames < self.pause_at {
            checkpoints.ask();
            return;
        }
        if checkpoints.wait_for_one() {
            self.pause_at = checkpoints.pause_at();
        } else {
            tracing::warn!(
                target: "ocpi::store", frames,
                "the log cannot be copied to its end, and grows: somebody reads for long, or the \
                 disk is slow",
            );
            self.pause_at = frames + checkpoints.begin_at();
        }
    }
}

/// Refuses all writes when the thread ends, however it does: nobody shall wait for it.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        queue.stopping = true;
        queue.writes.clear();
        if std::thread::panicking() {
            tracing::error!(
                target: "ocpi::store",
                "the thread that writes has ended: no write is taken until the next start",
            );
        }
    }
}

/// Why a transaction failed.
enum Failure {
    /// By the write at this place alone.
    OfWrite(usize, rusqlite::Error),
    /// By the disk or the file.
    OfStore(rusqlite::Error),
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

/// The writes in their order, in pieces of one transaction each.
fn batches(mut writes: Vec<Box<dyn Write>>) -> impl Iterator<Item = Vec<Box<dyn Write>>> {
    std::iter::from_fn(move || {
        if writes.is_empty() {
            return None;
        }
        let rest = writes.split_off(writes.len().min(TRANSACTION_WRITES_MAX));
        Some(std::mem::replace(&mut writes, rest))
    })
}

#[cfg(test)]
mod tests;
