//! One thread a processor, each with connections of its own.
//!
//! A connection stays where it was put, so a request never moves between processors and no thread
//! is woken to take work from another: measured beside the runtime that shares work among
//! threads, see `docs/decisions/0005`.

use std::num::NonZeroUsize;
use std::thread::JoinHandle;

use anyhow::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The threads. Dropping them ends what still runs there.
pub(crate) struct Workers {
    threads: Vec<Worker>,
}

struct Worker {
    handle: Handle,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Workers {
    /// Starts as many threads as there are processors.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) fn start() -> anyhow::Result<Workers> {
        let count = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = (0..count)
            .map(Worker::start)
            .collect::<anyhow::Result<_>>()?;
        Ok(Workers { threads })
    }

    /// Where connections can be put.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        self.threads
            .iter()
            .map(|worker| worker.handle.clone())
            .collect()
    }
}

impl Worker {
    fn start(number: usize) -> anyhow::Result<Worker> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a thread of the server cannot be started")?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || {
                // An error says that the other end is gone: as good a reason to stop.
                let _ = runtime.block_on(stopped);
            })
            .context("a thread of the server cannot be started")?;
        Ok(Worker {
            handle,
            stop,
            thread,
        })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for Worker { stop, thread, .. } in self.threads.drain(..) {
            let _ = stop.send(());
            // A thread that panicked has said so; the others are still to be ended.
            let _ = thread.join();
        }
    }
}
