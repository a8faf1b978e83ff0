//! Threads that end with their owner.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;

/// A thread of the store, waited for when it is dropped. Whoever owns it tells it to end first.
pub(crate) struct Thread(Option<JoinHandle<()>>);

impl Thread {
    /// Starts a thread of that name.
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Thread> {
        let handle = Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Thread(Some(handle)))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            // A thread that panicked has said so.
            let _ = handle.join();
        }
    }
}

/// Does `work`; a panic ends it, and not the thread. Who waits for it learns that it is gone.
pub(crate) fn unless_it_panics(db: &Connection, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        end_transaction(db);
    }
}

/// Ends what a read left open: else the connection would see the same moment for ever.
pub(crate) fn end_transaction(db: &Connection) {
    if !db.is_autocommit()
        && let Err(error) = db.execute_batch("ROLLBACK")
    {
        tracing::error!(target: "ocpi::store", %error, "a look at the file cannot be ended");
    }
}
