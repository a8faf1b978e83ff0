//! The store: its parts and their locks.

use std::num::NonZeroU32;

use async_trait::async_trait;
use ocpi_ports::{StorageError, StoreHealth};
use parking_lot::{Mutex, RwLock};

use crate::account_table::AccountTable;
use crate::index::TextHasher;
use crate::platforms::PlatformTable;
use crate::record_ring::RecordRing;
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
}

impl Default for MemStoreOptions {
    fn default() -> MemStoreOptions {
        MemStoreOptions {
            records_max: NonZeroU32::MIN.saturating_add(99_999),
            records_bytes_max: 64 * 1024 * 1024,
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
pub struct MemStore {
    pub(crate) hasher: TextHasher,
    pub(crate) subjects: RwLock<Subjects>,
    pub(crate) records: Mutex<RecordRing>,
    pub(crate) platforms: RwLock<PlatformTable>,
}

/// What a subject is made of: under one lock, since it is read together.
#[derive(Default)]
pub(crate) struct Subjects {
    pub(crate) tokens: TokenTable,
    pub(crate) accounts: AccountTable,
}

impl MemStore {
    /// An empty store.
    pub fn new(options: MemStoreOptions) -> MemStore {
        MemStore {
            hasher: TextHasher::default(),
            subjects: RwLock::default(),
            records: Mutex::new(RecordRing::new(options)),
            platforms: RwLock::default(),
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
