//! The store keeps the contract of the ports.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_memstore::{MemStore, MemStoreOptions};
use ocpi_ports::contract::Harness;
use ocpi_ports::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    SessionRepository, StoreHealth, SyncRepository, TokenRepository,
};

struct Volatile(Arc<MemStore>);

#[async_trait]
impl Harness for Volatile {
    const DURABLE: bool = false;

    async fn fresh() -> Volatile {
        Volatile(Arc::new(MemStore::new(MemStoreOptions::default())))
    }

    fn tokens(&self) -> Arc<dyn TokenRepository> {
        self.0.clone()
    }

    fn accounts(&self) -> Arc<dyn AccountRepository> {
        self.0.clone()
    }

    fn authorizations(&self) -> Arc<dyn AuthorizationRepository> {
        self.0.clone()
    }

    fn sessions(&self) -> Arc<dyn SessionRepository> {
        self.0.clone()
    }

    fn locations(&self) -> Arc<dyn LocationRepository> {
        self.0.clone()
    }

    fn platforms(&self) -> Arc<dyn PlatformRepository> {
        self.0.clone()
    }

    fn sync(&self) -> Arc<dyn SyncRepository> {
        self.0.clone()
    }

    fn health(&self) -> Arc<dyn StoreHealth> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Volatile> {
        None
    }
}

ocpi_ports::storage_contract!(Volatile);
