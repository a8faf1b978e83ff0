//! What is known of the exchanges under way, in memory only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocpi_domain::{DateTime, PlatformId};
use ocpi_ports::{Clock, Crawl};
use prometheus_client::registry::Registry;
use tokio::sync::{Notify, Semaphore, watch};

use super::SyncOptions;
use super::metrics::SyncCollector;

/// How many platforms Tokens are fetched from at once.
const PULL_PLATFORMS_MAX: usize = 16;

/// What is known of the exchanges under way.
pub(crate) struct Syncs {
    known: Arc<KnownSyncs>,
    /// Told when Tokens of ours changed, or a push is asked for.
    pub(super) pushes: watch::Sender<()>,
    /// Told when a pull is asked for.
    pub(super) pulls: watch::Sender<()>,
    /// Told when a platform was written.
    pub(super) platforms_changed: Notify,
    pub(super) push_places: Semaphore,
    pub(super) pull_places: Semaphore,
}

/// What is known of each platform with which Tokens are exchanged.
#[derive(Default)]
pub(super) struct KnownSyncs(Mutex<BTreeMap<PlatformId, Known>>);

#[derive(Default)]
pub(super) struct Known {
    /// `None` when nothing is pushed to the platform.
    pub(super) push: Option<PushKnown>,
    /// `None` when nothing is pulled from it.
    pub(super) pull: Option<PullKnown>,
}

/// Failures in a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    pub(super) failures: u32,
    pub(super) failure: Option<String>,
    /// When it is tried again.
    pub(super) next_at: Option<DateTime>,
    /// How many there were since the start.
    pub(super) total: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct PushKnown {
    /// Whether it is asked for, and then, whether everything is to be sent anew.
    pub(super) asked: Option<bool>,
    pub(super) is_running: bool,
    pub(super) trouble: Trouble,
    /// Changed Tokens that the platform was not sent yet, as counted last.
    pub(super) changed: u64,
    /// When that was.
    pub(super) counted_us: Option<u64>,
    /// Tokens that it refused.
    pub(super) behind: u64,
    pub(super) behind_since: Option<DateTime>,
    pub(super) taken: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct PullKnown {
    /// Whether it is asked for, and then, whether everything is to be fetched.
    pub(super) asked: Option<bool>,
    pub(super) is_running: bool,
    pub(super) trouble: Trouble,
    /// When the next crawl begins.
    pub(super) next_at: Option<DateTime>,
    /// The last crawl that was finished.
    pub(super) last: Option<Crawl>,
    /// Why the last crawl was not one to the end, when it was none.
    pub(super) complaint: Option<String>,
    pub(super) succeeded_at: Option<DateTime>,
    pub(super) counts: PullCounts,
}

/// What came of the objects that were fetched, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PullCounts {
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    pub(super) stale: u64,
    pub(super) left_out: u64,
    pub(super) absent: u64,
}

impl Syncs {
    /// Nothing is under way yet; its metrics are registered in `registry`.
    pub(crate) fn new(
        options: &SyncOptions,
        clock: &Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Syncs {
        let known = Arc::new(KnownSyncs::default());
        registry.register_collector(Box::new(SyncCollector::new(&known, clock)));
        Syncs {
            known,
            pushes: watch::Sender::new(()),
            pulls: watch::Sender::new(()),
            platforms_changed: Notify::new(),
            push_places: Semaphore::new(options.push_platforms_max.max(1)),
            pull_places: Semaphore::new(PULL_PLATFORMS_MAX),
        }
    }

    /// What `change` makes of what is known of a push; `None` when nothing is pushed there.
    pub(super) fn with_push<T>(
        &self,
        id: &PlatformId,
        change: impl FnOnce(&mut PushKnown) -> T,
    ) -> Option<T> {
        let mut all = self.known.lock();
        all.get_mut(id)?.push.as_mut().map(change)
    }

    /// What `change` makes of what is known of a pull; `None` when nothing is pulled there.
    pub(super) fn with_pull<T>(
        &self,
        id: &PlatformId,
        change: impl FnOnce(&mut PullKnown) -> T,
    ) -> Option<T> {
        let mut all = self.known.lock();
        all.get_mut(id)?.pull.as_mut().map(change)
    }

    /// Keeps those of the platforms with which Tokens are exchanged, and adds those that are new:
    /// each with whether it is pushed to, and pulled from.
    pub(super) fn keep(&self, targets: &BTreeMap<PlatformId, (bool, bool)>) {
        let mut all = self.known.lock();
        all.retain(|id, _| targets.contains_key(id));
        for (id, (is_pushed, is_pulled)) in targets {
            let known = all.entry(id.clone()).or_default();
            known.push = is_pushed.then(|| known.push.take().unwrap_or_default());
            known.pull = is_pulled.then(|| known.pull.take().unwrap_or_default());
        }
    }

    /// Marks that a push to the platform is asked for.
    pub(super) fn ask_push(&self, id: &PlatformId, again: bool) {
        let mut all = self.known.lock();
        let push = all
            .entry(id.clone())
            .or_default()
            .push
            .get_or_insert_default();
        push.asked = Some(again || push.asked.unwrap_or_default());
        self.pushes.send_replace(());
    }

    /// Marks that a pull from the platform is asked for.
    pub(super) fn ask_pull(&self, id: &PlatformId, everything: bool) {
        let mut all = self.known.lock();
        let pull = all
            .entry(id.clone())
            .or_default()
            .pull
            .get_or_insert_default();
        pull.asked = Some(everything || pull.asked.unwrap_or_default());
        self.pulls.send_replace(());
    }
}

impl PushKnown {
    /// Tokens that the platform does not have yet.
    pub(super) fn pending(&self) -> u64 {
        self.changed.saturating_add(self.behind)
    }
}

impl KnownSyncs {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<PlatformId, Known>> {
        // Nothing in it is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trouble {
    /// The platform failed once more; it is tried again at `next_at`. After something got through,
    /// it counts as the first failure.
    pub(super) fn add(&mut self, reason: String, got_through: bool, next_at: DateTime) {
        if got_through {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(reason);
        self.next_at = Some(next_at);
        self.total += 1;
    }

    /// It works.
    pub(super) fn end(&mut self) {
        self.failures = 0;
        self.failure = None;
        self.next_at = None;
    }
}
