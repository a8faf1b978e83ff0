//! The store: its parts and their locks.

use std::num::NonZeroU32;

use async_trait::async_trait;
use ocpi_domain::SlotTable;
use ocpi_ports::{StorageError, StoreHealth};
use parking_lot::RwLock;

use crate::account_table::AccountTable;
use crate::index::TextHasher;
use crate::location_table::LocationTable;
use crate::platforms::PlatformTable;
use crate::record_ring::RecordRing;
use crate::session_table::SessionTable;
use crate::short_lock::ShortLock;
use crate::sync::SyncTable;
use crate::token_table::TokenTable;

/// How much a [`MemStore`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemStoreOptions {
    /// How many of the newest authorization records are kept; 100,000 by default.
    pub records_max: NonZeroU32,
    /// How many bytes of authorization records are kept, counted as the store packs them; 64 MiB
    /// by default. The newest record is kept whatever its size.
    ///
    /// A usual record takes one to three hundred bytes, one that asks for many EVSEs a megabyte.
    /// What the store takes from memory for them may be up to twice as much.
    pub records_bytes_max: usize,
    /// How many sessions are kept; 100,000 by default. For a new one that would be too many, the
    /// oldest session that does not count is forgotten: a reservation, one that is over, or one
    /// that was not heard of for too long. Those that count are kept, however many they are.
    pub sessions_max: NonZeroU32,
}

impl Default for MemStoreOptions {
    fn default() -> MemStoreOptions {
        MemStoreOptions {
            records_max: NonZeroU32::MIN.saturating_add(99_999),
            records_bytes_max: 64 * 1024 * 1024,
            sessions_max: NonZeroU32::MIN.saturating_add(99_999),
        }
    }
}

/// Everything in memory, gone when it is dropped.
///
/// ```
/// use std::sync::Arc;
/// use ocpi_memstore::{MemStore, MemStoreOptions};
/// use ocpi_ports::{AuthorizationRepository, TokenRepository};
///
/// let store = Arc::new(MemStore::new(MemStoreOptions::default()));
/// let tokens: Arc<dyn TokenRepository> = store.clone();
/// let authorizations: Arc<dyn AuthorizationRepository> = store;
/// ```
///
/// Of its locks, whoever takes several takes them in the order in which they stand here.
pub struct MemStore {
    pub(crate) hasher: TextHasher,
    pub(crate) subjects: RwLock<Subjects>,
    pub(crate) sessions: RwLock<SessionTable>,
    pub(crate) slots: ShortLock<SlotTable>,
    pub(crate) records: ShortLock<RecordRing>,
    pub(crate) platforms: RwLock<PlatformTable>,
    pub(crate) syncs: RwLock<SyncTable>,
}

/// What a subject is made of: under one lock, since it is read together.
#[derive(Default)]
pub(crate) struct Subjects {
    pub(crate) tokens: TokenTable,
    pub(crate) accounts: AccountTable,
    pub(crate) locations: LocationTable,
}

impl MemStore {
    /// An empty store.
    pub fn new(options: MemStoreOptions) -> MemStore {
        MemStore {
            hasher: TextHasher::default(),
            subjects: RwLock::default(),
            sessions: RwLock::new(SessionTable::new(options)),
            slots: ShortLock::default(),
            records: ShortLock::new(RecordRing::new(options)),
            platforms: RwLock::default(),
            syncs: RwLock::default(),
        }
    }
}

impl Default for MemStore {
    fn default() -> MemStore {
        MemStore::new(MemStoreOptions::default())
    }
}

#[async_trait]
impl StoreHealth for MemStore {
    async fn check(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
