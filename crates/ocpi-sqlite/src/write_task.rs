//! The writes that wait, and how their callers are answered.

use std::thread::ThreadId;

use ocpi_ports::StorageError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::storage_error;
use crate::sql::SqlError;
use crate::transaction::Transaction;

/// A write that waits.
pub(crate) trait Write: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Does it. An error is one of SQLite, not of the caller.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), rusqlite::Error>;

    /// Where its caller waits.
    fn home(&self) -> &Home;

    /// Answers its caller: it is durable, or failed by itself.
    fn finish(self: Box<Self>);

    /// Answers its caller that it was not done.
    fn fail(self: Box<Self>, why: &str);
}

/// A write, and who waits for it.
pub(crate) struct Task<F, T> {
    write: F,
    result: Option<Result<T, SqlError>>,
    reply: oneshot::Sender<Result<T, StorageError>>,
    home: Home,
}

impl<F, T> Task<F, T> {
    /// A write whose caller waits here for `reply`.
    pub(crate) fn new(write: F, reply: oneshot::Sender<Result<T, StorageError>>) -> Task<F, T> {
        Task {
            write,
            result: None,
            reply,
            home: Home::current(),
        }
    }
}

/// The thread and runtime that a caller waits on.
#[derive(Clone)]
pub(crate) struct Home {
    thread: ThreadId,
    /// `None` for a caller that waits by other means.
    runtime: Option<Handle>,
}

impl Home {
    fn current() -> Home {
        Home {
            thread: std::thread::current().id(),
            runtime: Handle::try_current().ok(),
        }
    }
}

impl<F, T> Write for Task<F, T>
where
    F: FnMut(&mut Transaction<'_>) -> Result<T, SqlError> + Send,
    T: Send,
{
    fn home(&self) -> &Home {
        &self.home
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), rusqlite::Error> {
        match (self.write)(transaction) {
            Err(SqlError::Sqlite(error)) => Err(error),
            result => {
                self.result = Some(result);
                Ok(())
            }
        }
    }

    fn finish(self: Box<Self>) {
        let result = self.result.unwrap_or(Err(SqlError::Conflict));
        // An error says that the caller is gone.
        let _ = self.reply.send(result.map_err(storage_error));
    }

    fn fail(self: Box<Self>, why: &str) {
        let _ = self.reply.send(Err(StorageError::Unavailable(why.into())));
    }
}

/// Answers the callers, all of one thread in one go there: to wake each of them from here would
/// be a call of the system each.
pub(crate) fn finish_at_home(batch: Vec<Box<dyn Write>>) {
    let mut homes: Vec<(Home, Vec<Box<dyn Write>>)> = Vec::new();
    for write in batch {
        let thread = write.home().thread;
        match homes.iter_mut().find(|(home, _)| home.thread == thread) {
            Some((_, writes)) => writes.push(write),
            None => homes.push((write.home().clone(), vec![write])),
        }
    }
    for (home, writes) in homes {
        let finish = || writes.into_iter().for_each(Write::finish);
        match home.runtime {
            // One that ends before it comes to this has nobody left who waits.
            Some(runtime) => drop(runtime.spawn(async move { finish() })),
            None => finish(),
        }
    }
}
