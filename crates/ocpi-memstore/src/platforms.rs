//! The platforms.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::{HashMap, HashSet};
use ocpi_domain::{Platform, PlatformId};
use ocpi_ports::{PlatformRepository, StorageError, TokenHash};

use crate::store::MemStore;

/// The platforms by their id and by the hash of the token that they present, and the ids that
/// were ever seeded or deleted.
#[derive(Default)]
pub(crate) struct PlatformTable {
    by_id: BTreeMap<PlatformId, Known>,
    by_hash: HashMap<TokenHash, Arc<Platform>>,
    seeded: HashSet<PlatformId>,
}

/// A platform, and the hash by which it is found too.
struct Known {
    platform: Arc<Platform>,
    hash: Option<TokenHash>,
}

impl PlatformTable {
    /// Creates or replaces the platform; `true` when it was created.
    fn put(&mut self, platform: Platform, hash: Option<TokenHash>) -> Result<bool, StorageError> {
        let holder = hash.and_then(|hash| self.by_hash.get(&hash));
        if holder.is_some_and(|holder| holder.id != platform.id) {
            return Err(StorageError::Conflict);
        }
        let former = self.by_id.get(&platform.id);
        let is_new = former.is_none();
        let former = former.and_then(|former| former.hash);
        if let Some(former) = former {
            self.by_hash.remove(&former);
        }
        let hash = hash.or(former);
        let platform = Arc::new(platform);
        if let Some(hash) = hash {
            self.by_hash.insert(hash, Arc::clone(&platform));
        }
        self.by_id
            .insert(platform.id.clone(), Known { platform, hash });
        Ok(is_new)
    }

    /// Creates the platform, unless its id was seeded before or is there; `true` when it did.
    fn seed(&mut self, platform: Platform, hash: TokenHash) -> Result<bool, StorageError> {
        let id = platform.id.clone();
        if self.seeded.contains(&id) || self.by_id.contains_key(&id) {
            return Ok(false);
        }
        self.put(platform, Some(hash))?;
        self.seeded.insert(id);
        Ok(true)
    }

    /// Takes the platform out, for good: no seeding brings it back; `true` when there was one.
    fn delete(&mut self, id: &PlatformId) -> bool {
        let Some(known) = self.by_id.remove(id) else {
            return false;
        };
        self.seeded.insert(id.clone());
        if let Some(hash) = known.hash {
            self.by_hash.remove(&hash);
        }
        true
    }
}

#[async_trait]
impl PlatformRepository for MemStore {
    async fn find_platform(&self, id: &PlatformId) -> Result<Option<Arc<Platform>>, StorageError> {
        let platforms = self.platforms.read();
        let known = platforms.by_id.get(id);
        Ok(known.map(|known| Arc::clone(&known.platform)))
    }

    async fn find_platform_by_token_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<Arc<Platform>>, StorageError> {
        Ok(self.platforms.read().by_hash.get(hash).cloned())
    }

    async fn list_platforms(&self) -> Result<Vec<Arc<Platform>>, StorageError> {
        let platforms = self.platforms.read();
        let known = platforms.by_id.values();
        Ok(known.map(|known| Arc::clone(&known.platform)).collect())
    }

    async fn put_platform(
        &self,
        platform: Platform,
        hash: Option<TokenHash>,
    ) -> Result<bool, StorageError> {
        self.platforms.write().put(platform, hash)
    }

    async fn seed_platform(
        &self,
        platform: Platform,
        hash: TokenHash,
    ) -> Result<bool, StorageError> {
        self.platforms.write().seed(platform, hash)
    }

    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError> {
        Ok(self.platforms.write().delete(id))
    }
}
