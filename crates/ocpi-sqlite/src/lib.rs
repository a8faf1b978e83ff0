//! The embedded durable store: one SQLite file.
//!
//! One thread writes. It takes all writes that wait, runs them in one transaction, and answers
//! them when the disk has it: the more callers, the fewer commits a write. Reads go to a cache of
//! cards, then to a small pool of threads with a connection each. The write-ahead log is copied
//! into the file by a thread of its own.
//!
//! What is deliberately absent: rules. A write says which revision it follows; see
//! `ocpi-ports`.

mod accounts;
mod audit;
mod authorizations;
mod backup;
mod card_readers;
mod checkpointer;
mod connection;
mod error;
mod health;
mod key_change;
mod location_cache;
mod locations;
mod lock_file;
mod platforms;
mod restore;
mod scans;
mod sessions;
mod sql;
mod store;
mod sync;
mod threads;
mod tokens;
mod transaction;
mod warm_up;
mod write_task;
mod writer;

pub use error::OpenError;
pub use key_change::read_carried_keys;
pub use lock_file::{Holder, holder};
pub use restore::{RestoreError, restore};
pub use store::{SqliteOptions, SqliteStore};
