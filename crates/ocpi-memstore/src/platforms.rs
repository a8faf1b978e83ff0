//! The platforms.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::{HashMap, HashSet};
use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::{
    PlatformList, PlatformRepository, PresentedToken, StorageError, StoredPlatform, TokenHash,
    TokenHolder,
};

use crate::store::MemStore;

/// The platforms by their id and by the hash of each token that they present, and the ids that
/// were ever seeded or deleted.
#[derive(Default)]
pub(crate) struct PlatformTable {
    by_id: BTreeMap<PlatformId, Arc<StoredPlatform>>,
    by_hash: HashMap<TokenHash, TokenHolder>,
    seeded: HashSet<PlatformId>,
    last_revision: u64,
}

impl PlatformTable {
    /// Whether there is a platform of that id.
    pub(crate) fn has(&self, id: &PlatformId) -> bool {
        self.by_id.contains_key(id)
    }

    /// Creates or replaces the platform; `true` when it was created.
    fn put(
        &mut self,
        platform: StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<bool, StorageError> {
        let is_other_list = follows.is_some_and(|follows| follows.0 != self.last_revision);
        let id = platform.platform.id.clone();
        if is_other_list || self.are_taken(&id, &platform.tokens) {
            return Err(StorageError::Conflict);
        }
        let is_new = self.remove(&id).is_none();
        let stored = Arc::new(platform);
        for token in &stored.tokens {
            let holder = TokenHolder {
                stored: Arc::clone(&stored),
                good_for: token.good_for,
            };
            self.by_hash.insert(token.hash, holder);
        }
        self.by_id.insert(id, stored);
        self.last_revision += 1;
        Ok(is_new)
    }

    /// Whether a hash of these stands twice, or another platform has it.
    fn are_taken(&self, id: &PlatformId, tokens: &[PresentedToken]) -> bool {
        tokens.iter().enumerate().any(|(place, token)| {
            let is_twice = tokens[..place].iter().any(|one| one.hash == token.hash);
            let holder = self.by_hash.get(&token.hash);
            is_twice || holder.is_some_and(|holder| holder.stored.platform.id != *id)
        })
    }

    /// Takes the platform out, with its hashes.
    fn remove(&mut self, id: &PlatformId) -> Option<Arc<StoredPlatform>> {
        let former = self.by_id.remove(id)?;
        for token in &former.tokens {
            self.by_hash.remove(&token.hash);
        }
        Some(former)
    }

    /// Creates the platform, unless its id was seeded or deleted before or is there; `true` when
    /// it did.
    fn seed(&mut self, platform: StoredPlatform) -> Result<bool, StorageError> {
        let id = platform.platform.id.clone();
        if self.seeded.contains(&id) || self.by_id.contains_key(&id) {
            return Ok(false);
        }
        self.put(platform, None)?;
        self.seeded.insert(id);
        Ok(true)
    }

    /// Takes the platform out, for good: no seeding brings it back; `true` when there was one.
    fn delete(&mut self, id: &PlatformId) -> bool {
        let was_there = self.remove(id).is_some();
        if was_there {
            self.seeded.insert(id.clone());
            self.last_revision += 1;
        }
        was_there
    }
}

#[async_trait]
impl PlatformRepository for MemStore {
    async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError> {
        Ok(self.platforms.read().by_id.get(id).cloned())
    }

    async fn find_token_holder(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError> {
        Ok(self.platforms.read().by_hash.get(hash).cloned())
    }

    async fn list_platforms(&self) -> Result<PlatformList, StorageError> {
        let table = self.platforms.read();
        Ok(PlatformList {
            platforms: table.by_id.values().cloned().collect(),
            revision: Revision(table.last_revision),
        })
    }

    async fn put_platform(
        &self,
        platform: StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<bool, StorageError> {
        self.platforms.write().put(platform, follows)
    }

    async fn seed_platform(&self, platform: StoredPlatform) -> Result<bool, StorageError> {
        self.platforms.write().seed(platform)
    }

    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError> {
        let mut platforms = self.platforms.write();
        let was_there = platforms.delete(id);
        let forgotten = self.syncs.write().take(id);
        drop(platforms);
        // It may be large, and is dropped here, where no lock is held.
        drop(forgotten);
        Ok(was_there)
    }
}
