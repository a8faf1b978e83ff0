//! Connections to the file, and what they are told.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, ffi};

/// How long a connection waits for somebody else's, such as an operator's shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps ready; there are fewer.
const STATEMENTS_MAX: usize = 128;

/// Pages kept by the writer, KiB: the inner pages of every index, and the leaves of small ones.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Pages kept by each reader, KiB; the system keeps the rest.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// The connection that creates the file when there is none, and writes. A log that grew beyond
/// `wal_bytes_max` is cut to that when it begins anew.
pub(crate) fn open_writer(path: &Path, wal_bytes_max: u64) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::SQLITE_OPEN_CREATE, WRITER_CACHE_KIB)?;
    let log_bytes_max = i64::try_from(wal_bytes_max).unwrap_or(i64::MAX);
    db.pragma_update(None, "journal_size_limit", log_bytes_max)?;
    // A commit returns when the disk has it.
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// Has the file written by way of a log, from now on: a change of the file itself.
pub(crate) fn begin_log(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "journal_mode", "WAL")
}

/// A connection that copies the log into the file.
pub(crate) fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::empty(), READER_CACHE_KIB)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = open(path, OpenFlags::empty(), READER_CACHE_KIB)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn open(path: &Path, more: OpenFlags, cache_kib: i64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let db = Connection::open_with_flags(path, flags)?;
    // Before anything is read: SQLite would make the files of the log as read-only as this one,
    // and they would stay so when its rights are changed.
    if db.is_readonly(MAIN_DB)? {
        let read_only = ffi::Error::new(ffi::SQLITE_READONLY);
        return Err(rusqlite::Error::SqliteFailure(read_only, None));
    }
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Else SQLite prepares a statement anew when a parameter gets another value: 25 us a card.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "cache_size", -cache_kib)?;
    // The log is copied by a thread of its own, never by a write.
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A file from elsewhere must not run functions by its schema.
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(db)
}
