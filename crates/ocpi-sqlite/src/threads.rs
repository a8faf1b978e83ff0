//! Threads that end with their owner.

use std::thread::{Builder, JoinHandle};

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
