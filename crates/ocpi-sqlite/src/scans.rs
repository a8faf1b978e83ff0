//! Reads that may take long, on threads of their own: lists, audits, backups.

use std::collections::VecDeque;
use std::sync::Arc;

use ocpi_ports::StorageError;
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{closed, storage_error};
use crate::sql::SqlError;
use crate::threads::Thread;

/// Runs reads.
pub(crate) struct Scans {
    shared: Arc<Shared>,
    _threads: Vec<Thread>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

type Scan = Box<dyn FnOnce(&Connection) + Send>;

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
        let start = |db: Connection| {
            let shared = Arc::clone(&shared);
            Thread::start("store-scans", move || {
                while let Some(scan) = shared.take() {
                    scan(&db);
                }
            })
        };
        let threads = connections.into_iter().map(start).collect::<Result<_, _>>();
        Ok(Scans {
            _threads: threads.inspect_err(|_| shared.stop())?,
            shared,
        })
    }

    /// What `scan` finds. It begins its own transaction when it needs one.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        scan: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (reply, answer) = oneshot::channel();
        let scan: Scan = Box::new(move |db| {
            if !reply.is_closed() {
                let _ = reply.send(scan(db).map_err(storage_error));
            }
        });
        self.shared.queue.lock().scans.push_back(scan);
        self.shared.wake.notify_one();
        answer.await.unwrap_or_else(|_| Err(closed()))
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
