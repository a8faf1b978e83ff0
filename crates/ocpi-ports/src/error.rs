//! What can go wrong in a store.

use std::error::Error;

/// A store could not do what it was asked.
///
/// The source is for the log of the operator, never for the other side.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The store cannot be reached, or cannot write now. Nothing was acknowledged; when it was
    /// the wait that ended, what was asked for may still be done.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The object is not at the revision that the write was to follow; nothing was changed.
    #[error("the object changed meanwhile")]
    Conflict,
    /// What is stored cannot be read.
    #[error("the store holds something that cannot be read")]
    Corrupt(#[source] Box<dyn Error + Send + Sync>),
}
