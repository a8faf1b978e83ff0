//! The files beside the store: its lock, its log, its copies.

#![expect(
    clippy::unwrap_used,
    reason = "a case fails by panicking, as every test does"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ocpi_domain::{
    ConcurrencyScope, DateTime, Location, Party, Platform, PlatformId, Session, SessionPhase,
    SlotHolder, TokenKey, TokenType,
};
use ocpi_ports::{
    AuthorizationRepository, LocationRepository, LocationWrite, PlatformRepository, SessionLink,
    SessionRepository, SessionWrite, SlotQuery, StoreBackup, StoreHealth, StoredPlatform,
};
use ocpi_sqlite::{Holder, OpenError, RestoreError, SqliteOptions, SqliteStore, holder, restore};

const WAL_BYTES_MAX: u64 = 1024 * 1024;

fn try_open(path: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(SqliteOptions {
        path: path.to_owned(),
        chain_key: [7; 32],
        cache_bytes_max: 1024 * 1024,
        wal_bytes_max: WAL_BYTES_MAX,
    })
}

fn open(path: &Path) -> Arc<SqliteStore> {
    try_open(path).unwrap()
}

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

async fn put(store: &SqliteStore, text: &str) {
    let stored = StoredPlatform::new(Platform::new(id(text)));
    store.put_platform(stored, None).await.unwrap();
}

async fn has(store: &SqliteStore, text: &str) -> bool {
    store.find_platform(&id(text)).await.unwrap().is_some()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Beyond the protocol: two stores on one file would each acknowledge what the other undoes,
/// whatever the file is called by.
#[cfg(unix)]
#[tokio::test]
async fn a_file_has_one_lock_by_whatever_link_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let [file, link, link_of_link] =
        ["ocpi.db", "link.db", "again.db"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink("ocpi.db", &link).unwrap();
    std::os::unix::fs::symlink(&link, &link_of_link).unwrap();
    // The first makes the file that the links lead to.
    let first = open(&link_of_link);
    for name in [&file, &link, &link_of_link] {
        assert!(matches!(try_open(name), Err(OpenError::InUse { .. })));
        assert_ne!(holder(name).unwrap(), Holder::Nobody);
        let restored = restore(&file, name);
        assert!(matches!(restored, Err(RestoreError::InUse { .. })));
    }
    drop(first);
    assert_eq!(holder(&link).unwrap(), Holder::Nobody);
}

/// Beyond the protocol: what is kept of one restore is never mixed with that of another.
#[tokio::test]
async fn what_a_restore_replaced_is_kept_with_its_own_log_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let [file, backup] = ["ocpi.db", "backup.db"].map(|name| folder.path().join(name));
    let store = open(&file);
    store.back_up(&backup).await.unwrap();
    put(&store, "in-the-log").await;
    // A crash: the log stays.
    let log = std::fs::read(beside(&file, "-wal")).unwrap();
    drop(store);
    std::fs::write(beside(&file, "-wal"), log).unwrap();
    restore(&backup, &file).unwrap();
    assert!(beside(&file, "-replaced-wal").exists());
    // This one ends in order, and has no log.
    let store = open(&file);
    put(&store, "in-the-file").await;
    drop(store);
    restore(&backup, &file).unwrap();
    assert!(!beside(&file, "-replaced-wal").exists());
    let kept = open(&beside(&file, "-replaced"));
    assert!(has(&kept, "in-the-file").await);
}

/// Beyond the protocol: a car that charges holds its slot in a store that was put back, too.
#[tokio::test]
async fn a_backup_has_the_sessions_with_their_slots_and_the_locations() {
    let folder = tempfile::tempdir().unwrap();
    let [file, backup] = ["ocpi.db", "backup.db"].map(|name| folder.path().join(name));
    let store = open(&file);
    let json = r#"{"country_code":"NL","party_id":"CPO","id":"ID","status":"ACTIVE",
        "start_date_time":"2025-01-01T00:00:00Z","location_id":"LOC-1","evse_uid":"EVSE-1",
        "last_updated":"2025-01-01T00:00:00Z"}"#;
    let session: Session = serde_json::from_str(json).unwrap();
    let location: Location = serde_json::from_str(json).unwrap();
    let token = TokenKey {
        party: Party::new("CH", "ABC").unwrap(),
        uid: "CARD".parse().unwrap(),
        token_type: TokenType::Rfid,
    };
    let holder = SlotHolder {
        token,
        group_id: None,
    };
    let moment = session.last_updated();
    let write = SessionWrite {
        session: session.into(),
        platform: id("peer"),
        link: SessionLink {
            holder: Some(holder.clone()),
            token_is_known: true,
        },
        phase: SessionPhase::Active {
            until: DateTime::MAX,
        },
        begins: true,
        received_at: moment,
        follows: None,
    };
    let put = store.put_session(write).await.unwrap();
    let write = LocationWrite {
        location: location.into(),
        follows: None,
    };
    let location = store.put_location(write).await.unwrap();
    let slots = SlotQuery {
        holder,
        scope: ConcurrencyScope::Token,
        place: None,
        at: moment,
    };
    let held = store.list_slots(&slots).await.unwrap();
    assert_eq!(held.len(), 1);
    store.back_up(&backup).await.unwrap();
    drop(store);
    restore(&backup, &file).unwrap();
    let store = open(&file);
    let found = store.find_session(&put.session.key()).await.unwrap();
    assert_eq!(found, Some(put));
    let found = store.find_location(&location.location.key()).await;
    assert_eq!(found.unwrap(), Some(location));
    assert_eq!(store.list_slots(&slots).await.unwrap(), held);
}

/// Beyond the protocol: what was kept of a store that crashed is put back with its log, where its
/// newest writes are.
#[tokio::test]
async fn a_restore_reads_the_log_of_what_it_puts_back() {
    let folder = tempfile::tempdir().unwrap();
    let [file, kept] = ["ocpi.db", "kept.db"].map(|name| folder.path().join(name));
    let store = open(&file);
    put(&store, "in-the-log").await;
    for ending in ["", "-wal"] {
        std::fs::copy(beside(&file, ending), beside(&kept, ending)).unwrap();
    }
    drop(store);
    restore(&kept, &file).unwrap();
    for ending in ["-wal", "-shm", "-restore", "-restore-wal", "-restore-shm"] {
        assert!(!beside(&file, ending).exists(), "{ending}");
    }
    assert!(has(&open(&file), "in-the-log").await);
}

/// Beyond the protocol: between the old store and the new one there is none; a server that made an
/// empty one then would acknowledge writes beside it.
#[tokio::test]
async fn a_restore_that_was_broken_off_is_no_empty_store() {
    let folder = tempfile::tempdir().unwrap();
    let [file, backup] = ["ocpi.db", "backup.db"].map(|name| folder.path().join(name));
    let store = open(&file);
    put(&store, "before").await;
    store.back_up(&backup).await.unwrap();
    put(&store, "after").await;
    drop(store);
    // As it is when the old store was moved, and the new one is not in its place.
    std::fs::copy(&backup, beside(&file, "-restore")).unwrap();
    std::fs::rename(&file, beside(&file, "-replaced")).unwrap();
    let refused = try_open(&file).err().unwrap();
    assert!(
        matches!(refused, OpenError::HalfRestored { .. }),
        "{refused}"
    );
    assert!(!file.exists());
    restore(&backup, &file).unwrap();
    let store = open(&file);
    assert!(has(&store, "before").await && !has(&store, "after").await);
    // Neither did the second attempt lose what the first one kept.
    assert!(has(&open(&beside(&file, "-replaced")), "after").await);
}

/// Beyond the protocol: a store says that it can write when it just did.
#[tokio::test]
async fn asking_for_health_writes_to_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ocpi.db");
    let store = open(&file);
    let before = log_bytes(&file);
    store.check().await.unwrap();
    assert!(log_bytes(&file) > before);
}

fn log_bytes(file: &Path) -> u64 {
    std::fs::metadata(beside(file, "-wal")).unwrap().len()
}

/// Beyond the protocol: who reads for long makes the log grow; it does not stay that long.
#[tokio::test]
async fn a_log_that_grew_behind_a_reader_is_cut_when_it_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ocpi.db");
    let store = open(&file);
    put(&store, "first").await;
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM platforms")
        .unwrap();
    for _ in 0..3 * WAL_BYTES_MAX / 4096 {
        store.check().await.unwrap();
    }
    assert!(log_bytes(&file) > 2 * WAL_BYTES_MAX);
    drop(reader);
    for _ in 0..1_000 {
        if log_bytes(&file) <= WAL_BYTES_MAX {
            return;
        }
        store.check().await.unwrap();
    }
    assert!(log_bytes(&file) <= WAL_BYTES_MAX, "{}", log_bytes(&file));
}

/// Beyond the protocol: cards and the limits of drivers are nobody else's business.
#[cfg(unix)]
#[tokio::test]
async fn a_store_and_its_backup_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (file, backup) = (folder.path().join("ocpi.db"), folder.path().join("b.db"));
    let store = open(&file);
    put(&store, "peer").await;
    store.back_up(&backup).await.unwrap();
    for path in [&file, &beside(&file, "-wal"), &backup] {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}
