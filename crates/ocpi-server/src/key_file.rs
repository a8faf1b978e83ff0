//! The secret key of a quickstart, in a file beside its database.
//!
//! A change of the key writes the new one to a second file first, then into the database, and then
//! puts the file in its place: whenever it breaks off, the key that the database has is there.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::Engine;
use ocpi_app::SecretKey;

use crate::settings::decode_secret_key;
use crate::system::SystemRandomness;

/// Whoever may read the key can present every platform's hash as his own.
const OWNER_ONLY: u32 = 0o600;

/// `ocpi.db` -> `ocpi.db-key`.
pub(crate) fn path_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(OsStr::new("-key"));
    path.into()
}

/// `ocpi.db` -> `ocpi.db-key-new`.
fn path_of_new(database: &Path) -> PathBuf {
    let mut path = path_beside(database).into_os_string();
    path.push(OsStr::new("-new"));
    path.into()
}

/// `ocpi.db` -> `ocpi.db-key-former`: the key before the present one, for backups from its time.
pub(crate) fn path_of_former(database: &Path) -> PathBuf {
    let mut path = path_beside(database).into_os_string();
    path.push(OsStr::new("-former"));
    path.into()
}

/// The key beside `database`; a new one when neither is there.
///
/// # Errors
///
/// A key file that cannot be read, written or understood, and one that is missing beside a
/// database: a new one would not fit it. A change of the key that broke off.
pub(crate) fn read_or_create(database: &Path) -> anyhow::Result<SecretKey> {
    let new = path_of_new(database);
    if new.exists() {
        bail!(
            "{} is there: a change of the secret key broke off; finish it by `ocpi-server \
             secret-key change`",
            new.display()
        );
    }
    read_or_create_file(database)
}

/// The same, whether or not a change of the key broke off.
fn read_or_create_file(database: &Path) -> anyhow::Result<SecretKey> {
    let path = path_beside(database);
    let (name, database_name) = (path.display(), database.display());
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            warn_when_others_may_read(&path);
            decode_secret_key(text.trim()).with_context(|| {
                format!(
                    "the key file {name} does not hold 32 bytes in Base64; put back the one that \
                     {database_name} was made with, or remove both to start anew"
                )
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if database.exists() {
                bail!(
                    "{database_name} is there, but not {name}, the key that it was made with; put \
                     the key file back, or move {database_name} away to start anew"
                );
            }
            let key = SystemRandomness::key();
            write(&path, &key).with_context(|| format!("the key file {name} cannot be written"))?;
            Ok(SecretKey::new(&key)?)
        }
        Err(error) => Err(error).with_context(|| format!("the key file {name} cannot be read")),
    }
}

/// A key that is to take the place of the one beside a database.
pub(crate) struct NewKey {
    /// The key beside the database until then.
    pub(crate) present: SecretKey,
    /// The new one, on the disk already.
    pub(crate) new: SecretKey,
    database: PathBuf,
}

impl NewKey {
    /// Puts `key` beside the one of `database`, for its successor.
    ///
    /// # Errors
    ///
    /// A key file that cannot be read or written, or is missing.
    pub(crate) fn prepare(database: &Path, key: &[u8; 32]) -> anyhow::Result<NewKey> {
        let present = read_or_create(database)?;
        let path = path_of_new(database);
        write(&path, key).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(NewKey {
            present,
            new: SecretKey::new(key)?,
            database: database.to_owned(),
        })
    }

    /// What a change that broke off left behind; `None` when none did.
    ///
    /// # Errors
    ///
    /// A key file that cannot be read.
    pub(crate) fn left_behind(database: &Path) -> anyhow::Result<Option<NewKey>> {
        let path = path_of_new(database);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        let Ok(new) = decode_secret_key(text.trim()) else {
            // It was not even written to its end, so nothing was changed yet.
            remove(&path)?;
            return Ok(None);
        };
        Ok(Some(NewKey {
            present: read_or_create_file(database)?,
            new,
            database: database.to_owned(),
        }))
    }

    /// Puts it in its place, and keeps the former one beside it: the database has the new one.
    ///
    /// # Errors
    ///
    /// When the system does not let us.
    pub(crate) fn take_place(self) -> anyhow::Result<()> {
        let (from, to) = (path_of_new(&self.database), path_beside(&self.database));
        let put = || {
            let former = path_of_former(&self.database);
            // With the rights of the file that it was.
            std::fs::copy(&to, &former)?;
            File::open(&former)?.sync_all()?;
            std::fs::rename(&from, &to)?;
            sync_folder(&to)
        };
        put().with_context(|| {
            format!(
                "{} is the key now, but cannot take the place of {}",
                from.display(),
                to.display()
            )
        })
    }

    /// Takes it away: the database has the present one.
    ///
    /// # Errors
    ///
    /// When the system does not let us.
    pub(crate) fn give_up(self) -> anyhow::Result<()> {
        remove(&path_of_new(&self.database))
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(path).with_context(|| format!("{} cannot be removed", path.display()))
}

/// Writes a key, for its owner only, that is on the disk before anything is kept under it.
fn write(path: &Path, key: &[u8; 32]) -> anyhow::Result<()> {
    let text = base64::engine::general_purpose::STANDARD.encode(key) + "\n";
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(sync_folder(path)?)
}

/// Makes the name of `file` last.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn warn_when_others_may_read(path: &Path) {
    let mode = std::fs::metadata(path).map_or(OWNER_ONLY, |found| found.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            file = %path.display(),
            "others than its owner may read the secret key: chmod 600 it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tells two keys apart.
    fn mark(key: &SecretKey) -> [u8; 32] {
        key.keys(None).unwrap().record_chain_key()
    }

    /// Holds: T-13. The same key after every start, and never a new one for what is there.
    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("ocpi.db");
        let path = path_beside(&database);
        let made = read_or_create(&database).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            OWNER_ONLY
        );
        std::fs::write(&database, "").unwrap();
        let read = read_or_create(&database).unwrap();
        assert_eq!(mark(&made), mark(&read));
        std::fs::remove_file(&path).unwrap();
        assert!(read_or_create(&database).is_err());
        assert!(!path.exists());
        let other = folder.path().join("other.db");
        let another = read_or_create(&other).unwrap();
        assert_ne!(mark(&made), mark(&another));
    }

    /// Holds: T-13. Wherever a change breaks off, the key that the database has is not lost, and no
    /// server guesses which it is.
    #[test]
    fn a_new_key_stands_beside_the_present_one_until_the_database_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("ocpi.db");
        let first = mark(&read_or_create(&database).unwrap());
        std::fs::write(&database, "").unwrap();
        assert!(NewKey::left_behind(&database).unwrap().is_none());
        let prepared = NewKey::prepare(&database, &[7; 32]).unwrap();
        assert_eq!(mark(&prepared.present), first);
        let second = mark(&prepared.new);
        let new = path_of_new(&database);
        let mode = std::fs::metadata(&new).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        // It broke off here.
        let refused = read_or_create(&database).unwrap_err().to_string();
        assert!(refused.contains("secret-key change"), "{refused}");
        assert!(NewKey::prepare(&database, &[8; 32]).is_err());
        let left = NewKey::left_behind(&database).unwrap().unwrap();
        assert_eq!((mark(&left.present), mark(&left.new)), (first, second));
        left.give_up().unwrap();
        assert_eq!(mark(&read_or_create(&database).unwrap()), first);
        // And once more, to the end.
        let prepared = NewKey::prepare(&database, &[7; 32]).unwrap();
        prepared.take_place().unwrap();
        assert_eq!(mark(&read_or_create(&database).unwrap()), second);
        let former = path_of_former(&database);
        let kept = std::fs::read_to_string(&former).unwrap();
        assert_eq!(mark(&decode_secret_key(kept.trim()).unwrap()), first);
        let mode = std::fs::metadata(&former).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        // Half a key: it was not written to its end.
        std::fs::write(&new, "AAEC").unwrap();
        assert!(NewKey::left_behind(&database).unwrap().is_none());
        assert_eq!(mark(&read_or_create(&database).unwrap()), second);
    }
}
