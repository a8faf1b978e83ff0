//! How far the exchange of Tokens with each platform is.

use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::HashMap;
use ocpi_domain::PlatformId;
use ocpi_ports::{PullProgress, PushProgress, SeenTokens, StorageError, SyncRepository};

use crate::store::MemStore;

/// What is known of each platform.
#[derive(Default)]
pub(crate) struct SyncTable(HashMap<PlatformId, Progress>);

/// What is known of one.
#[derive(Default)]
pub(crate) struct Progress {
    push: Option<PushProgress>,
    pull: Option<PullProgress>,
    /// In the pieces in which they came: what is there is not moved when some are added.
    seen: Vec<Arc<[u64]>>,
}

impl SyncTable {
    /// Takes out what is known of the platform.
    pub(crate) fn take(&mut self, id: &PlatformId) -> Option<Progress> {
        self.0.remove(id)
    }
}

impl MemStore {
    /// Changes what is known of the platform, when there is one.
    fn change_progress(&self, id: &PlatformId, change: impl FnOnce(&mut Progress)) {
        let platforms = self.platforms.read();
        if platforms.has(id) {
            change(self.syncs.write().0.entry_ref(id).or_default());
        }
    }

    /// What is known of the platform.
    fn progress<T>(&self, id: &PlatformId, read: impl FnOnce(&Progress) -> T) -> Option<T> {
        self.syncs.read().0.get(id).map(read)
    }
}

#[async_trait]
impl SyncRepository for MemStore {
    async fn find_push(&self, id: &PlatformId) -> Result<Option<PushProgress>, StorageError> {
        Ok(self.progress(id, |known| known.push.clone()).flatten())
    }

    async fn put_push(&self, id: &PlatformId, progress: PushProgress) -> Result<(), StorageError> {
        self.change_progress(id, |known| known.push = Some(progress));
        Ok(())
    }

    async fn find_pull(&self, id: &PlatformId) -> Result<Option<PullProgress>, StorageError> {
        Ok(self.progress(id, |known| known.pull.clone()).flatten())
    }

    async fn put_pull(
        &self,
        id: &PlatformId,
        progress: PullProgress,
        seen: SeenTokens,
    ) -> Result<(), StorageError> {
        let (begins_anew, added) = match seen {
            SeenTokens::Keep => (false, Vec::new()),
            SeenTokens::Add(added) => (false, added),
            SeenTokens::Clear => (true, Vec::new()),
        };
        let added: Arc<[u64]> = added.into();
        let mut forgotten = Vec::new();
        self.change_progress(id, |known| {
            known.pull = Some(progress);
            if begins_anew {
                forgotten = std::mem::take(&mut known.seen);
            }
            if !added.is_empty() {
                known.seen.push(added);
            }
        });
        // They are dropped here, where no lock is held.
        drop(forgotten);
        Ok(())
    }

    async fn list_seen(&self, id: &PlatformId) -> Result<Vec<u64>, StorageError> {
        let pieces = self.progress(id, |known| known.seen.clone());
        Ok(pieces.unwrap_or_default().concat())
    }
}
