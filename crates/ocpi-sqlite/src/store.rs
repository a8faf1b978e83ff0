//! The store: its file, its threads, and what they share.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ocpi_ports::ChainHead;
use parking_lot::{Mutex, RwLock};
use rusqlite::{Connection, ErrorCode};

use crate::card_readers::{CardCache, CardReaders, new_cache};
use crate::checkpointer::{Checkpointer, Checkpoints};
use crate::connection::{begin_log, open_reader, open_writer};
use crate::error::OpenError;
use crate::location_cache::{LocationCache, LocationReaders};
use crate::lock_file::{Holder, LockFile};
use crate::platforms::PlatformTable;
use crate::restore::is_broken_off;
use crate::scans::Scans;
use crate::sql::record_chain::ChainKey;
use crate::sql::slots::SharedSlots;
use crate::sql::state::WriteState;
use crate::sql::{self, SqlError};
use crate::transaction::Effects;
use crate::warm_up::WarmUp;
use crate::writer::{Writer, WriterParts};

/// Threads that read cards which are not in the cache.
const CARD_THREADS: usize = 2;
/// Threads that read Locations which are not in the cache.
const LOCATION_THREADS: usize = 2;
/// Threads for what is found by its key and is not in a cache.
const LOOKUP_THREADS: usize = 2;
/// Threads for lists.
const SCAN_THREADS: usize = 2;

/// What the host may set.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; it is created when there is none.
    pub path: PathBuf,
    /// The key of the chain over the records: the same for the life of the file.
    pub chain_key: [u8; 32],
    /// Bytes of memory for the Tokens that are asked for, with their accounts: some 770 a Token.
    /// It is filled after the start, as far as they fit.
    pub cache_bytes_max: u64,
    /// Bytes that the write-ahead log may grow to, about; longer only while somebody reads for
    /// long. Reading it is most of a start after a crash.
    pub wal_bytes_max: u64,
}

/// A store in one SQLite file. The last reference to go closes it: all that was written is then
/// in the file itself.
pub struct SqliteStore {
    // In the order in which they end: who writes, who reads, who copies the log, and the lock.
    pub(crate) writer: Writer,
    pub(crate) cards: CardReaders,
    pub(crate) locations: LocationReaders,
    /// Sessions, Locations, records and the progress of exchanges, each by its key: a push does not
    /// wait for lists.
    pub(crate) lookups: Scans,
    pub(crate) scans: Scans,
    /// Audits and backups, one after the other: each may take minutes, and no list waits for them.
    pub(crate) long_scans: Scans,
    _warm_up: WarmUp,
    _checkpointer: Checkpointer,
    pub(crate) published: Arc<Published>,
    pub(crate) chain_key: ChainKey,
    lock: LockFile,
}

/// What readers know of the last commit.
pub(crate) struct Published {
    cache: Arc<CardCache>,
    locations: Arc<LocationCache>,
    pub(crate) slots: SharedSlots,
    /// Whether an account limits what its group holds, or did since the start.
    pub(crate) limits_groups: AtomicBool,
    pub(crate) platforms: RwLock<PlatformTable>,
    pub(crate) head: Mutex<ChainHead>,
}

impl Published {
    /// What there is at the start.
    fn load(db: &Connection, cache_bytes_max: u64) -> Result<Published, SqlError> {
        Ok(Published {
            cache: Arc::new(new_cache(cache_bytes_max)),
            locations: Arc::new(LocationCache::new(sql::locations::has_any(db)?)),
            slots: SharedSlots::new(sql::slots::load(db)?),
            limits_groups: AtomicBool::new(sql::accounts::limit_groups(db)?),
            platforms: RwLock::new(PlatformTable::load(db)?),
            head: Mutex::new(WriteState::load(db)?.chain),
        })
    }

    /// Makes a commit known: after it, and before it is answered.
    pub(crate) fn committed(&self, effects: &Effects, state: &WriteState) {
        for key in &effects.cards {
            self.cache.remove(key);
        }
        for key in &effects.locations {
            self.locations.committed(key);
        }
        if effects.slots {
            self.slots.lock().commit();
        }
        if effects.limits_group {
            self.limits_groups.store(true, Ordering::Release);
        }
        if !effects.platforms.is_empty() {
            let mut platforms = self.platforms.write();
            for (change, revision) in &effects.platforms {
                platforms.committed(change, *revision);
            }
        }
        *self.head.lock() = state.chain;
    }
}

impl SqliteStore {
    /// Opens the store, and creates it when there is none. Takes the lock of the file, and
    /// changes an older schema to the present one. Blocks: not for a thread that serves.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which names the file and the way out.
    pub fn open(options: SqliteOptions) -> Result<Arc<SqliteStore>, OpenError> {
        let path = options.path;
        let lock = take_lock(&path)?;
        let chain_key = ChainKey::new(&options.chain_key);
        let db = prepare(&path, &chain_key, options.wal_bytes_max)?;
        let of_sql = |error| OpenError::of_sql(path.clone(), error);
        let published = Published::load(&db, options.cache_bytes_max).map_err(of_sql)?;
        let published = Arc::new(published);
        // After all that is read: a file that is refused is left as it is.
        require_writable(&db).map_err(|error| OpenError::of_sqlite(path.clone(), error))?;
        let state = WriteState::load(&db).map_err(of_sql)?;
        let unreachable = |source| OpenError::Unreachable {
            path: path.clone(),
            source,
        };
        let readers = |count| {
            let open = |_| open_reader(&path);
            let readers: Result<Vec<_>, _> = (0..count).map(open).collect();
            readers.map_err(|error| OpenError::of_sqlite(path.clone(), error))
        };
        let of_thread = |error: std::io::Error| unreachable(error.into());
        let cache = Arc::clone(&published.cache);
        let cards = CardReaders::start(readers(CARD_THREADS)?, cache).map_err(of_thread)?;
        let cache = Arc::clone(&published.locations);
        let locations =
            LocationReaders::start(readers(LOCATION_THREADS)?, cache).map_err(of_thread)?;
        let reader = open_reader(&path).map_err(|error| OpenError::of_sqlite(path.clone(), error));
        let warm_up = WarmUp::start(reader?, Arc::clone(&published.cache)).map_err(of_thread)?;
        let lookups = Scans::start(readers(LOOKUP_THREADS)?).map_err(of_thread)?;
        let scans = Scans::start(readers(SCAN_THREADS)?).map_err(of_thread)?;
        let long_scans = Scans::start(readers(1)?).map_err(of_thread)?;
        let checkpoints = Arc::new(Checkpoints::new(options.wal_bytes_max));
        let checkpointer =
            Checkpointer::start(&path, Arc::clone(&checkpoints)).map_err(unreachable)?;
        let writer = Writer::start(WriterParts {
            db,
            state,
            chain_key: chain_key.clone(),
            published: Arc::clone(&published),
            checkpoints,
        })
        .map_err(of_thread)?;
        Ok(Arc::new(SqliteStore {
            writer,
            cards,
            locations,
            lookups,
            scans,
            long_scans,
            _warm_up: warm_up,
            _checkpointer: checkpointer,
            published,
            chain_key,
            lock,
        }))
    }

    /// Writes beside the file how this process can be reached, for [`holder`](crate::holder).
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn tell_contact(&self, contact: &str) -> std::io::Result<()> {
        self.lock.tell_contact(contact)
    }
}

fn take_lock(path: &Path) -> Result<LockFile, OpenError> {
    match LockFile::take(path) {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(holder)) => Err(OpenError::InUse {
            path: path.to_owned(),
            contact: match holder {
                Holder::Somebody { contact } => contact,
                Holder::Nobody => None,
            },
        }),
        Err(error) => Err(OpenError::Unreachable {
            path: path.to_owned(),
            source: error.into(),
        }),
    }
}

/// The connection that writes, to a file that is ours, whole as far as a glance tells, and of the
/// present schema.
fn prepare(path: &Path, chain_key: &ChainKey, wal_bytes_max: u64) -> Result<Connection, OpenError> {
    if is_broken_off(path) {
        return Err(OpenError::HalfRestored {
            path: path.to_owned(),
        });
    }
    let of_sqlite = |error| OpenError::of_sqlite(path.to_owned(), error);
    create_private(path).map_err(|error| OpenError::Unreachable {
        path: path.to_owned(),
        source: error.into(),
    })?;
    let mut db = open_writer(path, wal_bytes_max).map_err(of_sqlite)?;
    let of_schema = |error| OpenError::of_schema(path.to_owned(), error);
    sql::schema::require_usable(&db).map_err(of_schema)?;
    begin_log(&db).map_err(of_sqlite)?;
    sql::schema::migrate(&mut db, chain_key).map_err(of_schema)?;
    let of_sql = |error| OpenError::of_sql(path.to_owned(), error);
    sql::schema::glance(&db).map_err(of_sql)?;
    if !sql::record_chain::check_key(&db, chain_key).map_err(of_sql)? {
        return Err(OpenError::AnotherKey {
            path: path.to_owned(),
        });
    }
    Ok(db)
}

/// Makes an empty file that only its owner may read, when there is none: it will hold cards. The
/// files of the log get the same rights.
pub(crate) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Writes to the log: the folder may be one where no log can be, which SQLite says at the first
/// write only; a row that stays as it is would be none. A disk that is full now may have room
/// later, and what is stored can be read.
fn require_writable(db: &Connection) -> rusqlite::Result<()> {
    let probe = "BEGIN IMMEDIATE; UPDATE counters SET last_revision = last_revision + 1; COMMIT";
    let result = db.execute_batch(probe);
    if !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    match result {
        Err(error) if is_full(&error) => {
            tracing::warn!(target: "ocpi::store", %error, "the store cannot write now");
            Ok(())
        }
        result => result,
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure)
    )
}
