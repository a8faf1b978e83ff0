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
}

impl Default for MemStoreOptions {
    fn default() -> MemStoreOptions {
        MemStoreOptions {
            records_max: NonZeroU32::MIN.saturating_add(99_999),
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
#[derive(Default)]
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
            records: Mutex::new(RecordRing::new(options.records_max)),
            ..MemStore::default()
        }
    }
}

#[async_trait]
impl StoreHealth for MemStore {
    async fn check(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
