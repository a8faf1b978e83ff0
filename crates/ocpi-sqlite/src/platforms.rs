//! The platforms: few, asked for with every request, and so kept in memory beside the file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{Platform, PlatformId};
use ocpi_ports::{PlatformRepository, StorageError, TokenHash};
use rusqlite::Connection;

use crate::sql::{SqlError, platforms};
use crate::store::SqliteStore;

/// All platforms, as of the last commit that changed one.
pub(crate) struct PlatformTable {
    by_id: BTreeMap<PlatformId, Arc<Platform>>,
    by_hash: HashMap<TokenHash, Arc<Platform>>,
}

impl PlatformTable {
    pub(crate) fn load(db: &Connection) -> Result<PlatformTable, SqlError> {
        let mut table = PlatformTable {
            by_id: BTreeMap::new(),
            by_hash: HashMap::new(),
        };
        for (platform, hash) in platforms::list_platforms(db)? {
            let platform = Arc::new(platform);
            if let Some(hash) = hash {
                table.by_hash.insert(hash, Arc::clone(&platform));
            }
            table.by_id.insert(platform.id.clone(), platform);
        }
        Ok(table)
    }
}

#[async_trait]
impl PlatformRepository for SqliteStore {
    async fn find_platform(&self, id: &PlatformId) -> Result<Option<Arc<Platform>>, StorageError> {
        Ok(self.published.platforms.read().by_id.get(id).cloned())
    }

    async fn find_platform_by_token_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<Arc<Platform>>, StorageError> {
        Ok(self.published.platforms.read().by_hash.get(hash).cloned())
    }

    async fn list_platforms(&self) -> Result<Vec<Arc<Platform>>, StorageError> {
        let platforms = self.published.platforms.read();
        Ok(platforms.by_id.values().cloned().collect())
    }

    async fn put_platform(
        &self,
        platform: Platform,
        hash: Option<TokenHash>,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |transaction| {
                let created = platforms::put_platform(transaction.db, &platform, hash)?;
                transaction.changes_platforms();
                Ok(created)
            })
            .await
    }

    async fn seed_platform(
        &self,
        platform: Platform,
        hash: TokenHash,
    ) -> Result<bool, StorageError> {
        self.writer
            .write(move |transaction| {
                let created = platforms::seed_platform(transaction.db, &platform, hash)?;
                transaction.changes_platforms();
                Ok(created)
            })
            .await
    }

    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError> {
        let id = id.clone();
        self.writer
            .write(move |transaction| {
                let was_there = platforms::delete_platform(transaction.db, &id)?;
                transaction.changes_platforms();
                Ok(was_there)
            })
            .await
    }
}
