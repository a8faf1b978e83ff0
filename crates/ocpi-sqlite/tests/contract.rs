//! The store keeps the contract of the ports.

#![expect(
    clippy::unwrap_used,
    reason = "a case fails by panicking, as every test does"
)]

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use ocpi_ports::contract::Harness;
use ocpi_ports::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    SessionRepository, StoreHealth, SyncRepository, TokenRepository,
};
use ocpi_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

struct Durable {
    store: Arc<SqliteStore>,
    folder: TempDir,
}

fn open(path: PathBuf) -> Arc<SqliteStore> {
    let opened = SqliteStore::open(SqliteOptions {
        path,
        chain_key: [7; 32],
        cache_bytes_max: 1024 * 1024,
        wal_bytes_max: 1024 * 1024,
    });
    opened.unwrap()
}

#[async_trait]
impl Harness for Durable {
    const DURABLE: bool = true;

    async fn fresh() -> Durable {
        let folder = tempfile::tempdir().unwrap();
        Durable {
            store: open(folder.path().join("ocpi.db")),
            folder,
        }
    }

    fn tokens(&self) -> Arc<dyn TokenRepository> {
        self.store.clone()
    }

    fn accounts(&self) -> Arc<dyn AccountRepository> {
        self.store.clone()
    }

    fn authorizations(&self) -> Arc<dyn AuthorizationRepository> {
        self.store.clone()
    }

    fn sessions(&self) -> Arc<dyn SessionRepository> {
        self.store.clone()
    }

    fn locations(&self) -> Arc<dyn LocationRepository> {
        self.store.clone()
    }

    fn platforms(&self) -> Arc<dyn PlatformRepository> {
        self.store.clone()
    }

    fn sync(&self) -> Arc<dyn SyncRepository> {
        self.store.clone()
    }

    fn health(&self) -> Arc<dyn StoreHealth> {
        self.store.clone()
    }

    async fn reopen(self) -> Option<Durable> {
        let Durable { store, folder } = self;
        drop(store);
        // The lock of the store that was dropped would refuse this one.
        let store = open(folder.path().join("ocpi.db"));
        Some(Durable { store, folder })
    }
}

ocpi_ports::storage_contract!(Durable);
