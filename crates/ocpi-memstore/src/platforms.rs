//! The platforms.

use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::HashMap;
use ocpi_domain::{Platform, PlatformId};
use ocpi_ports::{PlatformRepository, StorageError, TokenHash};

use crate::store::MemStore;

/// The platforms by their id, and their ids by the hash of the token that they present.
#[derive(Default)]
pub(crate) struct PlatformTable {
    by_id: HashMap<PlatformId, TokenHash>,
    by_hash: HashMap<TokenHash, Arc<Platform>>,
}

impl PlatformTable {
    fn put(&mut self, platform: Platform, hash: TokenHash) -> Result<(), StorageError> {
        let holder = self.by_hash.get(&hash);
        if holder.is_some_and(|holder| holder.id != platform.id) {
            return Err(StorageError::Conflict);
        }
        if let Some(former) = self.by_id.insert(platform.id.clone(), hash) {
            self.by_hash.remove(&former);
        }
        self.by_hash.insert(hash, Arc::new(platform));
        Ok(())
    }
}

#[async_trait]
impl PlatformRepository for MemStore {
    async fn find_platform(&self, id: &PlatformId) -> Result<Option<Arc<Platform>>, StorageError> {
        let platforms = self.platforms.read();
        let hash = platforms.by_id.get(id);
        Ok(hash.and_then(|hash| platforms.by_hash.get(hash)).cloned())
    }

    async fn find_platform_by_token_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<Arc<Platform>>, StorageError> {
        Ok(self.platforms.read().by_hash.get(hash).cloned())
    }

    async fn put_platform(&self, platform: Platform, hash: TokenHash) -> Result<(), StorageError> {
        self.platforms.write().put(platform, hash)
    }
}
