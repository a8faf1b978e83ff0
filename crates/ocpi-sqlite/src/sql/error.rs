//! What can go wrong.

/// A statement could not do what it was asked. Except with `Sqlite`, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqlError {
    /// SQLite refused, or the disk.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What is stored is not what the write was to follow.
    #[error("the object changed meanwhile")]
    Conflict,
    /// What is stored cannot be read; says where and why.
    #[error("{0}")]
    Corrupt(String),
}
