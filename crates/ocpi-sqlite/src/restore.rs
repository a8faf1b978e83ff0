//! A store put back from a backup.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::backup::{remove_if_there, sync_folder};
use crate::error::OpenError;
use crate::lock_file::{Holder, LockFile, real_path};
use crate::sql::schema;

/// Why a store cannot be put back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A server has the store open.
    #[error("{path} is in use by a server; stop it first")]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// The backup is not one, or damaged.
    #[error(transparent)]
    Backup(OpenError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Puts `backup` in the place of the store at `store`. The backup is read to its end first, and
/// stays. What was there is kept beside it, with `-replaced` after its name.
///
/// # Errors
///
/// [`RestoreError`]; the store is then as it was, or kept as said above.
pub fn restore(backup: &Path, store: &Path) -> Result<(), RestoreError> {
    let in_file = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::File { path, source }
    };
    // A link stays one, and what is kept stands beside the file itself.
    let store = &real_path(store).map_err(in_file(store))?;
    let _lock = match LockFile::take(store).map_err(in_file(store))? {
        Ok(lock) => lock,
        Err(Holder::Somebody { .. } | Holder::Nobody) => {
            let path = store.to_owned();
            return Err(RestoreError::InUse { path });
        }
    };
    let new = with_ending(store, "-restore");
    copy(backup, &new).map_err(in_file(backup))?;
    let checked = check(&new, backup).map_err(RestoreError::Backup);
    if let Err(error) = checked {
        let _ = remove(&new);
        return Err(error);
    }
    let put = || {
        File::open(&new)?.sync_all()?;
        keep(store)?;
        std::fs::rename(&new, store)?;
        sync_folder(store)
    };
    put().map_err(in_file(store))
}

/// Whether a restore of that store was broken off, and nothing stands in its place.
pub(crate) fn is_broken_off(store: &Path) -> bool {
    real_path(store).is_ok_and(|store| !store.exists() && with_ending(&store, "-restore").exists())
}

/// Copies a database with what is in its log only.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    remove(to)?;
    let log = with_ending(from, "-wal");
    if log.try_exists()? {
        std::fs::copy(log, with_ending(to, "-wal"))?;
    }
    std::fs::copy(from, to).map(drop)
}

/// Moves the store out of the way. The old log must never be read with the new file, and neither
/// may be lost before the new file is there: both are kept under another name.
fn keep(store: &Path) -> io::Result<()> {
    let kept = with_ending(store, "-replaced");
    // What is not there was kept by a restore that was broken off.
    if store.try_exists()? {
        remove(&kept)?;
    }
    for ending in ["", "-wal", "-shm"] {
        match std::fs::rename(with_ending(store, ending), with_ending(&kept, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a database and its log. The log goes first: it must not be read with another file.
fn remove(database: &Path) -> io::Result<()> {
    for ending in ["-wal", "-shm", ""] {
        remove_if_there(&with_ending(database, ending))?;
    }
    Ok(())
}

/// Reads the whole copy of a backup: it must be ours and undamaged. Its log is then part of it.
fn check(copy: &Path, backup: &Path) -> Result<(), OpenError> {
    let of_sqlite = |error| OpenError::of_sqlite(backup.to_owned(), error);
    let db =
        Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(of_sqlite)?;
    schema::require_ours(&db).map_err(|error| OpenError::of_schema(backup.to_owned(), error))?;
    let verdict: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(of_sqlite)?;
    if verdict != "ok" {
        return Err(OpenError::Damaged {
            path: backup.to_owned(),
            detail: verdict,
        });
    }
    db.pragma_update(None, "journal_mode", "DELETE")
        .map_err(of_sqlite)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
