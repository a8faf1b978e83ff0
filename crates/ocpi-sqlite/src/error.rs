//! What can go wrong with the file.

use std::path::PathBuf;

use ocpi_ports::StorageError;
use rusqlite::ErrorCode;

use crate::sql::SqlError;
use crate::sql::schema::SchemaError;

/// Why the store cannot be opened. Each names the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "{path} is in use by another server{}; stop that one, or give this one a store of its own",
        contact.as_ref().map(|contact| format!(" (its operator's address is {contact})")).unwrap_or_default()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// How that server can be reached.
        contact: Option<String>,
    },
    /// The file, or the one beside it that locks it, cannot be opened or created.
    #[error("{path} cannot be opened: {source}; check that the folder exists and may be written")]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file may not be written.
    #[error(
        "{path} may only be read; a store must be written: change the rights of the file and of its folder"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({detail}); keep a copy of it and of `{path}-wal`, then bring back a backup with \
         `ocpi-server restore FILE`, or save what can be read with `sqlite3 {path} .recover`"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A database, but not ours.
    #[error("{path} is a database of another program; give the server a file of its own")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer release wrote it.
    #[error(
        "{path} has schema {found}, written by a newer release; this one knows up to {known}: run \
         the newer release, or bring back a backup from before"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The number in the file.
        found: i64,
        /// The newest number that this release knows.
        known: i64,
    },
    /// A restore was broken off: what was there is kept, and what was to be there is not.
    #[error(
        "{path} is missing, and its restore was broken off: run `ocpi-server restore FILE` again; what was there \
         before is kept as `{path}-replaced`"
    )]
    HalfRestored {
        /// The file.
        path: PathBuf,
    },
    /// The secret key is not the one that the file was made with.
    #[error(
        "{path} was made with another secret key; start with that one: without it no platform can be \
         recognized and no record verified"
    )]
    AnotherKey {
        /// The file.
        path: PathBuf,
    },
}

impl OpenError {
    /// What an error of SQLite means for opening `path`.
    pub(crate) fn of_sqlite(path: PathBuf, error: rusqlite::Error) -> OpenError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                let detail = error.to_string();
                OpenError::Damaged { path, detail }
            }
            Some(ErrorCode::ReadOnly) => OpenError::ReadOnly { path },
            _ => OpenError::Unreachable {
                path,
                source: error.into(),
            },
        }
    }

    pub(crate) fn of_schema(path: PathBuf, error: SchemaError) -> OpenError {
        match error {
            SchemaError::Newer { found, known } => OpenError::Newer { path, found, known },
            SchemaError::Foreign => OpenError::Foreign { path },
            SchemaError::Sqlite(error) => OpenError::of_sqlite(path, error),
        }
    }

    pub(crate) fn of_sql(path: PathBuf, error: SqlError) -> OpenError {
        match error {
            SqlError::Sqlite(error) => OpenError::of_sqlite(path, error),
            other => OpenError::Damaged {
                path,
                detail: other.to_string(),
            },
        }
    }
}

/// The error for the caller of a port.
pub(crate) fn storage_error(error: SqlError) -> StorageError {
    match error {
        SqlError::Conflict => StorageError::Conflict,
        SqlError::Sqlite(error) if is_damage(&error) => StorageError::Corrupt(error.into()),
        SqlError::Sqlite(error) => StorageError::Unavailable(error.into()),
        SqlError::Corrupt(detail) => StorageError::Corrupt(detail.into()),
    }
}

/// The answer of a store whose threads are gone.
pub(crate) fn closed() -> StorageError {
    StorageError::Unavailable("the store is closed".into())
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether the error is of the disk or the file, so that every other write fails as well.
pub(crate) fn is_of_the_store(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}
