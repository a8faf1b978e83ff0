//! The platforms: few, asked for with every request, and so kept in memory beside the file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::{
    PlatformList, PlatformRepository, StorageError, StoredPlatform, TokenHash, TokenHolder,
};
use rusqlite::Connection;

use crate::sql::{SqlError, platforms};
use crate::store::SqliteStore;

/// All platforms, as of the last commit that changed one.
pub(crate) struct PlatformTable {
    by_id: BTreeMap<PlatformId, Arc<StoredPlatform>>,
    by_hash: HashMap<TokenHash, TokenHolder>,
    revision: Revision,
}

/// What was done to a platform.
pub(crate) enum PlatformChange {
    /// It is this now.
    Put(Arc<StoredPlatform>),
    /// There is none of that id any more.
    Deleted(PlatformId),
}

impl PlatformTable {
    pub(crate) fn load(db: &Connection) -> Result<PlatformTable, SqlError> {
        let mut table = PlatformTable {
            by_id: BTreeMap::new(),
            by_hash: HashMap::new(),
            revision: platforms::list_revision(db)?,
        };
        for stored in platforms::list_platforms(db)? {
            table.put(stored);
        }
        Ok(table)
    }

    /// Makes a change known that was committed.
    pub(crate) fn committed(&mut self, change: &PlatformChange, revision: Revision) {
        match change {
            PlatformChange::Put(stored) => self.put(Arc::clone(stored)),
            PlatformChange::Deleted(id) => self.remove(id),
        }
        self.revision = revision;
    }

    fn put(&mut self, stored: Arc<StoredPlatform>) {
        let id = stored.platform.id.clone();
        self.remove(&id);
        for token in &stored.tokens {
            let holder = TokenHolder {
                stored: Arc::clone(&stored),
                good_for: token.good_for,
            };
            self.by_hash.insert(token.hash, holder);
        }
        self.by_id.insert(id, stored);
    }

    fn remove(&mut self, id: &PlatformId) {
        if let Some(former) = self.by_id.remove(id) {
            for token in &former.tokens {
                self.by_hash.remove(&token.hash);
            }
        }
    }
}

#[async_trait]
impl PlatformRepository for SqliteStore {
    async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError> {
        Ok(self.published.platforms.read().by_id.get(id).cloned())
    }

    async fn find_token_holder(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError> {
        Ok(self.published.platforms.read().by_hash.get(hash).cloned())
    }

    async fn list_platforms(&self) -> Result<PlatformList, StorageError> {
        let table = self.published.platforms.read();
        Ok(PlatformList {
            platforms: table.by_id.values().cloned().collect(),
            revision: table.revision,
        })
    }

    async fn put_platform(
        &self,
        platform: StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<bool, StorageError> {
        let stored = Arc::new(platform);
        self.writer
            .write(move |transaction| {
                let put = platforms::put_platform(transaction.db, &stored, follows);
                let (created, revision) = put?;
                let change = PlatformChange::Put(Arc::clone(&stored));
                transaction.changes_platform(change, revision);
                Ok(created)
            })
            .await
    }

    async fn seed_platform(&self, platform: StoredPlatform) -> Result<bool, StorageError> {
        let stored = Arc::new(platform);
        self.writer
            .write(move |transaction| {
                let created = platforms::seed_platform(transaction.db, &stored)?;
                if let Some(revision) = created {
                    let change = PlatformChange::Put(Arc::clone(&stored));
                    transaction.changes_platform(change, revision);
                }
                Ok(created.is_some())
            })
            .await
    }

    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError> {
        let id = id.clone();
        self.writer
            .write(move |transaction| {
                let deleted = platforms::delete_platform(transaction.db, &id)?;
                if let Some(revision) = deleted {
                    let change = PlatformChange::Deleted(id.clone());
                    transaction.changes_platform(change, revision);
                }
                Ok(deleted.is_some())
            })
            .await
    }
}
