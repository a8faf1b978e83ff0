//! The secret key of a quickstart, in a file beside its database.

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

/// The key beside `database`; a new one when neither is there.
///
/// # Errors
///
/// A key file that cannot be read, written or understood, and one that is missing beside a
/// database: a new one would not fit it.
pub(crate) fn read_or_create(database: &Path) -> anyhow::Result<SecretKey> {
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
            create(&path).with_context(|| format!("the key file {name} cannot be written"))
        }
        Err(error) => Err(error).with_context(|| format!("the key file {name} cannot be read")),
    }
}

/// A new key that is on the disk before anything is kept under it.
fn create(path: &Path) -> anyhow::Result<SecretKey> {
    let key = SystemRandomness::key();
    let text = base64::engine::general_purpose::STANDARD.encode(key) + "\n";
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(SecretKey::new(&key)?)
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
        assert_eq!(made.record_chain_key(), read.record_chain_key());
        std::fs::remove_file(&path).unwrap();
        assert!(read_or_create(&database).is_err());
        assert!(!path.exists());
        let other = folder.path().join("other.db");
        let another = read_or_create(&other).unwrap();
        assert_ne!(made.record_chain_key(), another.record_chain_key());
    }
}
