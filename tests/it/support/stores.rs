//! Either store behind the same ports, for what must hold on both.

use std::path::Path;
use std::sync::Arc;

use ocpi_memstore::{MemStore, MemStoreOptions};
use ocpi_ports::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    SessionRepository, StoreBackup, SyncRepository, TokenRepository,
};
use ocpi_sqlite::{SqliteOptions, SqliteStore};

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
}

/// A store, as far as what platforms ask and tell is concerned.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) tokens: Arc<dyn TokenRepository>,
    pub(crate) accounts: Arc<dyn AccountRepository>,
    pub(crate) authorizations: Arc<dyn AuthorizationRepository>,
    pub(crate) sessions: Arc<dyn SessionRepository>,
    pub(crate) locations: Arc<dyn LocationRepository>,
    pub(crate) platforms: Arc<dyn PlatformRepository>,
    pub(crate) sync: Arc<dyn SyncRepository>,
    /// `None` when it cannot be copied.
    pub(crate) backup: Option<Arc<dyn StoreBackup>>,
}

impl Stores {
    /// One store behind all of its ports.
    pub(crate) fn of<S>(store: &Arc<S>) -> Stores
    where
        S: TokenRepository
            + AccountRepository
            + AuthorizationRepository
            + SessionRepository
            + LocationRepository
            + PlatformRepository
            + SyncRepository
            + 'static,
    {
        Stores {
            tokens: Arc::clone(store) as Arc<_>,
            accounts: Arc::clone(store) as Arc<_>,
            authorizations: Arc::clone(store) as Arc<_>,
            sessions: Arc::clone(store) as Arc<_>,
            locations: Arc::clone(store) as Arc<_>,
            platforms: Arc::clone(store) as Arc<_>,
            sync: Arc::clone(store) as Arc<_>,
            backup: None,
        }
    }

    /// An empty store in memory, or the one in that file. One that was opened there before must
    /// be gone.
    pub(crate) fn open(kind: Kind, file: &Path) -> Stores {
        match kind {
            Kind::Memory => Stores::of(&Arc::new(MemStore::new(MemStoreOptions::default()))),
            Kind::Sqlite => {
                let opened = SqliteStore::open(SqliteOptions {
                    path: file.to_owned(),
                    chain_key: [7; 32],
                    cache_bytes_max: 1024 * 1024,
                    wal_bytes_max: 1024 * 1024,
                });
                let store = opened.expect("the store opens");
                Stores {
                    backup: Some(Arc::clone(&store) as Arc<_>),
                    ..Stores::of(&store)
                }
            }
        }
    }
}
