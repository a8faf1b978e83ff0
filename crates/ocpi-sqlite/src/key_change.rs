//! A change of the secret key: what hangs on the former one is carried over, or sealed anew.

use std::path::Path;

use ocpi_domain::PlatformId;
use ocpi_ports::{SealedToken, StorageError};
use rusqlite::Connection;

use crate::connection::open_reader;
use crate::error::OpenError;
use crate::platforms::PlatformChange;
use crate::sql::{carried_keys, schema};
use crate::store::SqliteStore;

/// The sealed keys that the last change of the secret key carried over, as they were given to
/// [`SqliteStore::change_secret_key`]: who opens the store derives its `chain_key` from them.
/// `None` when the key was never changed, and when there is no store yet or one of an older
/// release. Blocks, and changes nothing.
///
/// # Errors
///
/// [`OpenError`], as opening the store would give it.
pub fn read_carried_keys(path: &Path) -> Result<Option<Vec<u8>>, OpenError> {
    let exists = path.try_exists().map_err(|error| OpenError::Unreachable {
        path: path.to_owned(),
        source: error.into(),
    });
    if !exists? {
        return Ok(None);
    }
    let of_sqlite = |error| OpenError::of_sqlite(path.to_owned(), error);
    let db = open_reader(path).map_err(of_sqlite)?;
    let of_schema = |error| OpenError::of_schema(path.to_owned(), error);
    schema::require_usable(&db).map_err(of_schema)?;
    if !has_carried_keys(&db).map_err(of_sqlite)? {
        return Ok(None);
    }
    carried_keys::read(&db).map_err(|error| OpenError::of_sql(path.to_owned(), error))
}

/// Whether the schema knows them.
fn has_carried_keys(db: &Connection) -> rusqlite::Result<bool> {
    db.table_exists(None, "carried_keys")
}

impl SqliteStore {
    /// Writes in one transaction what a change of the secret key changes: `carried`, the keys that
    /// stay, sealed under the new secret key, and every token that we present, sealed by the key
    /// derived from it. From then on [`read_carried_keys`] gives `carried`. What the former key
    /// sealed is out of the file when the store is closed.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] unless `resealed` has each platform that has a connection, and
    /// no other; [`StorageError::Unavailable`]. Nothing was changed then.
    pub async fn change_secret_key(
        &self,
        carried: Vec<u8>,
        resealed: Vec<(PlatformId, SealedToken)>,
    ) -> Result<(), StorageError> {
        self.writer
            .write(move |transaction| {
                let changed = carried_keys::change(transaction.db, &carried, &resealed);
                let (changed, revision) = changed?;
                for stored in changed {
                    transaction.changes_platform(PlatformChange::Put(stored), revision);
                }
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use ocpi_domain::Platform;
    use ocpi_ports::{PlatformRepository, StoredPlatform};

    use super::*;
    use crate::sql::schema::MIGRATIONS;
    use crate::store::SqliteOptions;

    fn open(path: &Path) -> Arc<SqliteStore> {
        let opened = SqliteStore::open(SqliteOptions {
            path: path.to_owned(),
            chain_key: [7; 32],
            cache_bytes_max: 1024 * 1024,
            wal_bytes_max: 1024 * 1024,
        });
        opened.unwrap()
    }

    fn read(path: &Path) -> Option<Vec<u8>> {
        read_carried_keys(path).unwrap()
    }

    /// A platform that is called with a sealed token of that byte.
    fn platform(id: &str, sealed: u8) -> StoredPlatform {
        let connection = ocpi_ports::Connection {
            versions_url: "https://peer.example/versions".parse().unwrap(),
            sealed_token: SealedToken([sealed; 60].into()),
            served: None,
            presented: Vec::new(),
            connected_at: ocpi_domain::DateTime::UNIX_EPOCH,
        };
        StoredPlatform {
            connection: Some(connection),
            ..StoredPlatform::new(Platform::new(id.parse().unwrap()))
        }
    }

    fn resealed(id: &str, sealed: u8) -> (PlatformId, SealedToken) {
        (id.parse().unwrap(), SealedToken([sealed; 60].into()))
    }

    #[tokio::test]
    async fn the_carried_keys_are_read_whether_the_store_is_open_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocpi.db");
        assert_eq!(read(&path), None);
        assert!(!path.exists());
        // As it is when the first start is broken off.
        std::fs::write(&path, b"").unwrap();
        assert_eq!(read(&path), None);
        let store = open(&path);
        assert_eq!(read(&path), None);
        for carried in [&b"first"[..], b"", &[0xff; 5000]] {
            let change = store.change_secret_key(carried.to_vec(), Vec::new());
            change.await.unwrap();
            assert_eq!(read(&path).as_deref(), Some(carried));
        }
        drop(store);
        assert_eq!(read(&path).as_deref(), Some(&[0xff; 5000][..]));
        drop(open(&path));
        assert_eq!(read(&path).as_deref(), Some(&[0xff; 5000][..]));
    }

    #[test]
    fn a_store_of_an_older_release_has_no_carried_keys_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for steps in 1..3 {
            let path = folder.path().join(format!("{steps}.db"));
            let db = Connection::open(&path).unwrap();
            db.execute_batch(&MIGRATIONS[..steps].concat()).unwrap();
            let ours = format!("PRAGMA application_id = 1329811529; PRAGMA user_version = {steps}");
            db.execute_batch(&ours).unwrap();
            drop(db);
            let before = std::fs::read(&path).unwrap();
            assert_eq!(read(&path), None);
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn what_is_no_store_of_this_release_is_refused_as_an_open_refuses_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocpi.db");
        std::fs::write(&path, [7; 4096]).unwrap();
        let refused = read_carried_keys(&path);
        assert!(matches!(refused, Err(OpenError::Damaged { .. })));
        std::fs::remove_file(&path).unwrap();
        let db = Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE carried_keys (x)").unwrap();
        let refused = read_carried_keys(&path);
        assert!(matches!(refused, Err(OpenError::Foreign { .. })));
        let newer = "PRAGMA application_id = 1329811529; PRAGMA user_version = 99";
        db.execute_batch(newer).unwrap();
        let refused = read_carried_keys(&path);
        assert!(matches!(refused, Err(OpenError::Newer { found: 99, .. })));
    }

    /// Beyond the protocol: a server that is killed in the middle starts with one of the two keys.
    #[tokio::test]
    async fn a_crash_leaves_all_of_a_change_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ocpi.db");
        let store = open(&path);
        for stored in [platform("a", 1), platform("b", 2)] {
            store.put_platform(stored, None).await.unwrap();
        }
        // What is on the disk at that moment, with the log.
        let crash = |name: &str| {
            let copy = folder.path().join(name);
            for ending in ["", "-wal"] {
                let of = |path: &Path| format!("{}{ending}", path.display());
                std::fs::copy(of(&path), of(&copy)).unwrap();
            }
            copy
        };
        let before = crash("before.db");
        let incomplete = store.change_secret_key(b"carried".to_vec(), vec![resealed("a", 11)]);
        assert!(matches!(incomplete.await, Err(StorageError::Conflict)));
        let refused = crash("refused.db");
        let list = store.list_platforms().await.unwrap();
        let all = vec![resealed("b", 12), resealed("a", 11)];
        let change = store.change_secret_key(b"carried".to_vec(), all);
        change.await.unwrap();
        let after = crash("after.db");

        let expected = [platform("a", 11), platform("b", 12)];
        let changed = store.list_platforms().await.unwrap();
        assert!(changed.platforms.iter().map(|one| &**one).eq(&expected));
        let late = store.put_platform(platform("a", 1), Some(list.revision));
        assert!(matches!(late.await, Err(StorageError::Conflict)));
        for (copy, carried, list) in [
            (before, None, &list),
            (refused, None, &list),
            (after, Some(&b"carried"[..]), &changed),
        ] {
            assert_eq!(read(&copy).as_deref(), carried);
            assert_eq!(open(&copy).list_platforms().await.unwrap(), *list);
        }
    }

    /// The bytes that stand sixteen times in a row in some file: of a copy there may be a part only.
    fn bytes_in_a_row(folder: &Path) -> BTreeSet<u8> {
        let mut found = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let file = std::fs::read(file.unwrap().path()).unwrap();
            let rows = file.chunk_by(|one, next| one == next);
            found.extend(rows.filter(|row| row.len() >= 16).map(|row| row[0]));
        }
        found
    }

    /// Beyond the protocol: what the former key opens is not left in a free corner of the file, be
    /// it of a page that is used or of one that is not any more.
    #[tokio::test]
    async fn what_the_former_key_sealed_is_out_of_the_file_when_it_is_closed() {
        let of_number = |number: u8, parties: usize| {
            let party = ocpi_domain::Party::new("CH", "ABC").unwrap();
            let mut stored = platform(&format!("platform-{number}"), 100 + number);
            Arc::make_mut(&mut stored.platform).allowed_parties = Some(vec![party; parties]);
            stored
        };
        for deleted in [0..0, 10..90] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ocpi.db");
            let store = open(&path);
            let put = |number, parties| store.put_platform(of_number(number, parties), None);
            // They are moved from page to page while they are put; some do not fit one, and do
            // later.
            for number in 0..100 {
                let parties = if number % 3 == 0 { 200 } else { 0 };
                assert!(put(number, parties).await.unwrap());
            }
            for number in (0..100).step_by(9) {
                assert!(!put(number, 0).await.unwrap());
            }
            for number in deleted.clone() {
                let id = of_number(number, 0).platform.id.clone();
                assert!(store.delete_platform(&id).await.unwrap());
            }
            drop(store);
            let kept: Vec<u8> = (0..100)
                .filter(|number| !deleted.contains(number))
                .collect();
            let found = bytes_in_a_row(folder.path());
            assert!(kept.iter().all(|number| found.contains(&(100 + number))));

            let store = open(&path);
            let all = kept
                .iter()
                .map(|number| resealed(&format!("platform-{number}"), 7));
            let change = store.change_secret_key(b"carried".to_vec(), all.collect());
            change.await.unwrap();
            drop(store);
            let found = bytes_in_a_row(folder.path());
            assert!(found.contains(&7));
            let left: Vec<&u8> = found.range(100..200).collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }
}
