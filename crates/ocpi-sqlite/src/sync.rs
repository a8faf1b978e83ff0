//! How far the exchange of Tokens with each platform is, as its port.

use async_trait::async_trait;
use ocpi_domain::PlatformId;
use ocpi_ports::{PullProgress, PushProgress, SeenTokens, StorageError, SyncRepository};

use crate::scans::at_one_moment;
use crate::sql::sync;
use crate::store::SqliteStore;

#[async_trait]
impl SyncRepository for SqliteStore {
    async fn find_push(&self, id: &PlatformId) -> Result<Option<PushProgress>, StorageError> {
        let id = id.clone();
        self.lookups.run(move |db| sync::find_push(db, &id)).await
    }

    async fn put_push(&self, id: &PlatformId, progress: PushProgress) -> Result<(), StorageError> {
        let id = id.clone();
        self.writer
            .write(move |transaction| sync::put_push(transaction.db, &id, &progress))
            .await
    }

    async fn find_pull(&self, id: &PlatformId) -> Result<Option<PullProgress>, StorageError> {
        let id = id.clone();
        self.lookups.run(move |db| sync::find_pull(db, &id)).await
    }

    async fn put_pull(
        &self,
        id: &PlatformId,
        progress: PullProgress,
        seen: SeenTokens,
    ) -> Result<(), StorageError> {
        let id = id.clone();
        self.writer
            .write(move |transaction| sync::put_pull(transaction.db, &id, &progress, &seen))
            .await
    }

    async fn list_seen(&self, id: &PlatformId) -> Result<Vec<u64>, StorageError> {
        let id = id.clone();
        self.scans
            .run(move |db| at_one_moment(db, |db| sync::list_seen(db, &id)))
            .await
    }
}
