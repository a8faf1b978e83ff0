//! Reads that may take long, on threads of their own: lists, audits, backups. One that nobody waits
//! for any more, or that the store would wait for when it closes, is broken off.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use ocpi_ports::StorageError;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{closed, storage_error};
use crate::sql::SqlError;
use crate::threads::{Thread, unless_it_panics};

/// Steps of SQLite, some milliseconds of them, between two looks whether to go on.
const STEPS: i32 = 100_000;

/// Runs reads.
pub(crate) struct Scans {
    shared: Arc<Shared>,
    threads: Vec<Thread>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

struct Scan {
    read: Box<dyn FnOnce(&Connection) + Send>,
    /// Gone when nobody waits any more.
    caller: Weak<()>,
}

#[derive(Default)]
struct Queue {
    scans: VecDeque<Scan>,
    stopping: bool,
}

impl Scans {
    /// One thread for each of `connections`.
    pub(crate) fn start(connections: Vec<Connection>) -> std::io::Result<Scans> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
        });
        let mut scans = Scans {
            shared,
            threads: Vec::new(),
        };
        // One that cannot be started ends those before it: they belong to `scans`.
        for mut db in connections {
            let shared = Arc::clone(&scans.shared);
            let thread = Thread::start("store-scans", move || {
                while let Some(scan) = shared.take() {
                    run(&mut db, &shared, scan);
                }
            });
            scans.threads.push(thread?);
        }
        Ok(scans)
    }

    /// What `scan` finds. It begins its own transaction when it needs one.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        scan: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        let read = Box::new(move |db: &Connection| {
            if !reply.is_closed() {
                let _ = reply.send(scan(db).map_err(storage_error));
            }
        });
        let waiting = Arc::new(());
        let caller = Arc::downgrade(&waiting);
        let scan = Scan { read, caller };
        self.shared.queue.lock().scans.push_back(scan);
        self.shared.wake.notify_one();
        let answer = answer.await;
        drop(waiting);
        answer.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for Scans {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn stop(&self) {
        self.queue.lock().stopping = true;
        self.wake.notify_all();
    }

    fn take(&self) -> Option<Scan> {
        let mut queue = self.queue.lock();
        loop {
            if queue.stopping {
                return None;
            }
            if let Some(scan) = queue.scans.pop_front() {
                return Some(scan);
            }
            self.wake.wait(&mut queue);
        }
    }
}

fn run(db: &mut Connection, shared: &Arc<Shared>, scan: Scan) {
    let Scan { read, caller } = scan;
    let shared = Arc::clone(shared);
    let is_in_vain = move || caller.strong_count() == 0 || shared.queue.lock().stopping;
    if let Err(error) = db.progress_handler(STEPS, Some(is_in_vain)) {
        tracing::warn!(target: "ocpi::store", %error, "a read cannot be broken off");
    }
    unless_it_panics(db, || read(db));
}

/// Runs `read` in one read transaction: all that it sees is of one moment.
pub(crate) fn at_one_moment<T>(
    db: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let transaction = db.unchecked_transaction()?;
    let found = read(&transaction)?;
    transaction.commit()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                           SELECT count(*) FROM n";

    fn endless(db: &Connection) -> Result<i64, SqlError> {
        Ok(db.query_row(ENDLESS, [], |row| row.get(0))?)
    }

    fn one_thread() -> Scans {
        Scans::start(vec![Connection::open_in_memory().unwrap()]).unwrap()
    }

    /// Beyond the protocol: what nobody waits for must not keep others waiting.
    #[tokio::test]
    async fn a_read_that_nobody_waits_for_any_more_is_broken_off() {
        let scans = one_thread();
        tokio::select! {
            biased;
            _ = scans.run(endless) => {}
            () = tokio::task::yield_now() => {}
        }
        assert!(matches!(scans.run(|_| Ok(1)).await, Ok(1)));
    }

    /// Beyond the protocol: a server that stops does not wait for a backup.
    #[tokio::test]
    async fn a_store_that_closes_breaks_off_what_it_reads() {
        let scans = one_thread();
        let (start, begun) = oneshot::channel();
        let read = scans.run(move |db| {
            let _ = start.send(());
            endless(db)
        });
        let (broken_off, ()) = tokio::join!(read, async {
            begun.await.unwrap();
            scans.shared.stop();
        });
        assert!(matches!(broken_off, Err(StorageError::Unavailable(_))));
    }
}
