//! The file beside the database that says who has it open.
//!
//! A file of its own: closing any handle of the database would end the locks that SQLite has on
//! it in this process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

/// The lock; held until it is dropped, or the process ends in whatever way.
pub(crate) struct LockFile(Mutex<File>);

/// Who has a store open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Nobody: it may be opened.
    Nobody,
    /// A process.
    Somebody {
        /// How that process can be reached, as it said itself.
        contact: Option<String>,
    },
}

/// The most bytes of a contact that are read.
const CONTACT_BYTES_MAX: u64 = 1024;

/// The file that a link leads to, whether it is there or not; else `database` itself. A store has
/// one lock and one log, by whatever name it is opened.
pub(crate) fn real_path(database: &Path) -> std::io::Result<PathBuf> {
    match std::fs::canonicalize(database) {
        Err(error) if error.kind() == ErrorKind::NotFound => match std::fs::read_link(database) {
            Ok(target) => real_path(&database.with_file_name("").join(target)),
            Err(_) => Ok(database.to_owned()),
        },
        real => real,
    }
}

/// `ocpi.db` -> `ocpi.db-lock`.
fn path_of(database: &Path) -> std::io::Result<PathBuf> {
    let mut path = real_path(database)?.into_os_string();
    path.push("-lock");
    Ok(path.into())
}

fn open(database: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path_of(database)?)
}

fn contact(file: &File) -> Option<String> {
    let mut text = String::new();
    file.take(CONTACT_BYTES_MAX)
        .read_to_string(&mut text)
        .ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl LockFile {
    /// Takes the lock of `database`; the holder when another process has it.
    pub(crate) fn take(database: &Path) -> std::io::Result<Result<LockFile, Holder>> {
        let file = open(database)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                Ok(Ok(LockFile(Mutex::new(file))))
            }
            Err(TryLockError::WouldBlock) => {
                let contact = contact(&file);
                Ok(Err(Holder::Somebody { contact }))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Says how this process can be reached.
    pub(crate) fn tell_contact(&self, contact: &str) -> std::io::Result<()> {
        let mut file = self.0.lock();
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(contact.as_bytes())
    }
}

/// Who has the store at `database` open.
///
/// # Errors
///
/// When the lock exists but cannot be looked at.
pub fn holder(database: &Path) -> std::io::Result<Holder> {
    if !path_of(database)?.exists() {
        return Ok(Holder::Nobody);
    }
    Ok(match LockFile::take(database)? {
        Ok(_) => Holder::Nobody,
        Err(holder) => holder,
    })
}
