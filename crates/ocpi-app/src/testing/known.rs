//! A store of platforms that can be told what comes between a look and a write.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::{
    PlatformList, PlatformRepository, StorageError, StoredPlatform, TokenHash, TokenHolder,
};

use super::peer::later;

/// What another does in the middle.
type Between = Box<dyn FnOnce(&mut Vec<Arc<StoredPlatform>>) -> Result<(), StorageError> + Send>;

/// The platforms, in memory.
#[derive(Default)]
pub(crate) struct KnownPlatforms {
    state: Mutex<State>,
    between: Mutex<VecDeque<Between>>,
    lists_hang: AtomicBool,
    /// How long it takes to find and to write a platform.
    slowness: Mutex<Duration>,
}

#[derive(Default)]
struct State {
    platforms: Vec<Arc<StoredPlatform>>,
    revision: u64,
    /// How many writes there were.
    writes: usize,
}

impl KnownPlatforms {
    pub(crate) fn of(platforms: Vec<StoredPlatform>) -> Arc<KnownPlatforms> {
        let mut platforms: Vec<_> = platforms.into_iter().map(Arc::new).collect();
        platforms.sort_by(|one, other| one.platform.id.cmp(&other.platform.id));
        let state = State {
            platforms,
            ..State::default()
        };
        Arc::new(KnownPlatforms {
            state: Mutex::new(state),
            between: Mutex::default(),
            lists_hang: AtomicBool::new(false),
            slowness: Mutex::default(),
        })
    }

    /// Has `change` happen before the next write, which then finds another list, or fails with it.
    pub(crate) fn before_next_put(
        &self,
        change: impl FnOnce(&mut Vec<Arc<StoredPlatform>>) -> Result<(), StorageError> + Send + 'static,
    ) {
        self.between.lock().unwrap().push_back(Box::new(change));
    }

    /// Takes so long from now on to find a platform, and to write one.
    pub(crate) fn be_slow(&self, time: Duration) {
        *self.slowness.lock().unwrap() = time;
    }

    async fn wait(&self) {
        let time = *self.slowness.lock().unwrap();
        if !time.is_zero() {
            later(time).await;
        }
    }

    /// Nobody gets the list of all platforms any more.
    pub(crate) fn hang_lists(&self) {
        self.lists_hang.store(true, Ordering::Relaxed);
    }

    /// Everything, as it is.
    pub(crate) fn all(&self) -> Vec<Arc<StoredPlatform>> {
        self.state.lock().unwrap().platforms.clone()
    }

    pub(crate) fn get(&self, id: &str) -> Arc<StoredPlatform> {
        let all = self.all();
        let found = all.iter().find(|stored| stored.platform.id.as_str() == id);
        Arc::clone(found.unwrap())
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }
}

#[async_trait]
impl PlatformRepository for KnownPlatforms {
    async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError> {
        self.wait().await;
        let all = self.all();
        Ok(all.into_iter().find(|stored| stored.platform.id == *id))
    }

    async fn find_token_holder(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError> {
        let all = self.all();
        Ok(all.into_iter().find_map(|stored| {
            let token = stored.tokens.iter().find(|token| token.hash == *hash)?;
            let good_for = token.good_for;
            Some(TokenHolder { stored, good_for })
        }))
    }

    async fn list_platforms(&self) -> Result<PlatformList, StorageError> {
        if self.lists_hang.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let state = self.state.lock().unwrap();
        Ok(PlatformList {
            platforms: state.platforms.clone(),
            revision: Revision(state.revision),
        })
    }

    async fn put_platform(
        &self,
        platform: StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<bool, StorageError> {
        self.wait().await;
        let between = self.between.lock().unwrap().pop_front();
        let mut state = self.state.lock().unwrap();
        if let Some(between) = between {
            between(&mut state.platforms)?;
            state.revision += 1;
        }
        if follows.is_some_and(|follows| follows != Revision(state.revision)) {
            return Err(StorageError::Conflict);
        }
        state.revision += 1;
        state.writes += 1;
        let platform = Arc::new(platform);
        let id = &platform.platform.id;
        let place = state
            .platforms
            .binary_search_by(|stored| stored.platform.id.cmp(id));
        match place {
            Ok(place) => state.platforms[place] = platform,
            Err(place) => state.platforms.insert(place, platform),
        }
        Ok(place.is_err())
    }

    async fn seed_platform(&self, platform: StoredPlatform) -> Result<bool, StorageError> {
        self.put_platform(platform, None).await
    }

    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError> {
        let mut state = self.state.lock().unwrap();
        let before = state.platforms.len();
        state.platforms.retain(|stored| stored.platform.id != *id);
        state.revision += 1;
        Ok(state.platforms.len() < before)
    }
}
