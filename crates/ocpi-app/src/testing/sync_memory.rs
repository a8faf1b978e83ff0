//! How far the exchange of Tokens is, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use ocpi_domain::PlatformId;
use ocpi_ports::{PullProgress, PushProgress, SeenTokens, StorageError, SyncRepository};

/// What is kept of each platform.
#[derive(Default)]
pub(crate) struct SyncMemory(Mutex<State>);

#[derive(Default)]
struct State {
    push: HashMap<PlatformId, PushProgress>,
    pull: HashMap<PlatformId, PullProgress>,
    seen: HashMap<PlatformId, Vec<u64>>,
    push_writes: usize,
    /// Whether it keeps no push.
    is_down: bool,
}

impl SyncMemory {
    pub(crate) fn push(&self, id: &str) -> Option<PushProgress> {
        let id: PlatformId = id.parse().unwrap();
        self.0.lock().unwrap().push.get(&id).cloned()
    }

    pub(crate) fn pull(&self, id: &str) -> Option<PullProgress> {
        let id: PlatformId = id.parse().unwrap();
        self.0.lock().unwrap().pull.get(&id).cloned()
    }

    /// Keeps no push from now on, or does so again.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    /// How often it was kept how far a push is.
    pub(crate) fn push_writes(&self) -> usize {
        self.0.lock().unwrap().push_writes
    }
}

#[async_trait]
impl SyncRepository for SyncMemory {
    async fn find_push(&self, id: &PlatformId) -> Result<Option<PushProgress>, StorageError> {
        Ok(self.0.lock().unwrap().push.get(id).cloned())
    }

    async fn put_push(&self, id: &PlatformId, progress: PushProgress) -> Result<(), StorageError> {
        let mut state = self.0.lock().unwrap();
        if state.is_down {
            return Err(super::down());
        }
        state.push_writes += 1;
        state.push.insert(id.clone(), progress);
        Ok(())
    }

    async fn find_pull(&self, id: &PlatformId) -> Result<Option<PullProgress>, StorageError> {
        Ok(self.0.lock().unwrap().pull.get(id).cloned())
    }

    async fn put_pull(
        &self,
        id: &PlatformId,
        progress: PullProgress,
        seen: SeenTokens,
    ) -> Result<(), StorageError> {
        let mut state = self.0.lock().unwrap();
        state.pull.insert(id.clone(), progress);
        let kept = state.seen.entry(id.clone()).or_default();
        match seen {
            SeenTokens::Keep => {}
            SeenTokens::Add(more) => kept.extend(more),
            SeenTokens::Clear => kept.clear(),
        }
        Ok(())
    }

    async fn list_seen(&self, id: &PlatformId) -> Result<Vec<u64>, StorageError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .seen
            .get(id)
            .cloned()
            .unwrap_or_default())
    }
}
