//! A copy of the store, taken while it works.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use ocpi_ports::{StorageError, StoreBackup};
use rusqlite::Connection;

use crate::sql::SqlError;
use crate::store::{SqliteStore, create_private};

#[async_trait]
impl StoreBackup for SqliteStore {
    async fn back_up(&self, file: &Path) -> Result<u64, StorageError> {
        let file = file.to_owned();
        let copy = move |db: &_| Ok(back_up(db, &file));
        let copied = self.long_scans.run(copy).await?;
        copied.map_err(|error| match error {
            BackupError::Exists => StorageError::Conflict,
            BackupError::File(error) => StorageError::Unavailable(error.into()),
            BackupError::Sql(error) => crate::error::storage_error(error),
        })
    }
}

enum BackupError {
    Exists,
    File(io::Error),
    Sql(SqlError),
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> BackupError {
        BackupError::File(error)
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> BackupError {
        BackupError::Sql(error.into())
    }
}

/// Copies to a file beside `file`, which gets its name when it is complete and on the disk.
fn back_up(db: &Connection, file: &Path) -> Result<u64, BackupError> {
    if file.try_exists()? {
        return Err(BackupError::Exists);
    }
    let part = part_of(file);
    remove_if_there(&part)?;
    let copied = copy(db, &part).and_then(|bytes| {
        // Unlike a rename, it never replaces a file.
        std::fs::hard_link(&part, file).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists,
            _ => BackupError::File(error),
        })?;
        sync_folder(file)?;
        Ok(bytes)
    });
    remove_if_there(&part)?;
    copied
}

fn copy(db: &Connection, part: &Path) -> Result<u64, BackupError> {
    let name = part.to_str().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name of the file must be UTF-8",
        )
    })?;
    create_private(part)?;
    // The connection only reads; the copy is another file.
    db.pragma_update(None, "query_only", false)?;
    let copied = db.execute("VACUUM INTO ?1", [name]);
    db.pragma_update(None, "query_only", true)?;
    copied?;
    let copy = File::open(part)?;
    copy.sync_all()?;
    Ok(copy.metadata()?.len())
}

/// `FILE.part`.
fn part_of(file: &Path) -> PathBuf {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

pub(crate) fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the name of `file` as durable as the file.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use ocpi_ports::{RecordAudit, StoreHealth};

    use super::*;
    use crate::store::SqliteOptions;

    /// Beyond the protocol: an audit of all records, or a backup, takes minutes; meanwhile the
    /// store is as healthy as ever. And two backups to one file do not write it together.
    #[tokio::test]
    async fn audits_and_backups_wait_for_each_other_and_nobody_else_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(SqliteOptions {
            path: folder.path().join("ocpi.db"),
            chain_key: [7; 32],
            cache_bytes_max: 1024 * 1024,
            wal_bytes_max: 1024 * 1024,
        })
        .unwrap();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let long = store.long_scans.run(move |_| Ok(wait.recv().is_err()));
        let file = folder.path().join("backup.db");
        let backups = async { tokio::join!(store.back_up(&file), store.back_up(&file)) };
        let others = async {
            store.check().await.unwrap();
            drop(go_on);
        };
        let (long, audit, (first, second), ()) =
            tokio::join!(long, store.verify(None), backups, others);
        assert!(long.unwrap() && audit.unwrap().fault.is_none());
        assert_eq!(first.unwrap(), file.metadata().unwrap().len());
        assert!(matches!(second, Err(StorageError::Conflict)));
    }
}
