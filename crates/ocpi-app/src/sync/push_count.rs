//! How much a CPO does not have yet.

use std::sync::Arc;

use ocpi_domain::{Party, PlatformId, Revision};
use ocpi_ports::{PushProgress, StorageError, StoredPlatform};

use super::push_plan::Planned;
use super::state::PushKnown;
use crate::app::App;
use crate::deadline::in_time;
use crate::outbound::TokensOfCpo;

/// How long a count of what is left holds, microseconds.
const COUNT_HOLDS_US: u64 = 30_000_000;

/// What a round sent of the changes, when it was all of its batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    /// How many changed Tokens the batch held.
    pub(super) by: usize,
    /// Whether there are more.
    pub(super) more: bool,
}

/// Whether it must be counted anew.
fn is_old(known: &PushKnown, now_us: u64) -> bool {
    let counted_us = known.counted_us;
    counted_us.is_none_or(|at| now_us.saturating_sub(at) >= COUNT_HOLDS_US)
}

impl App {
    /// How far it is kept that we are with what the platform is to know; `None` when that is
    /// another connection, or something else than it is to know now.
    pub(super) async fn kept_push(
        &self,
        stored: &StoredPlatform,
    ) -> Result<Option<PushProgress>, StorageError> {
        let connected_at = stored.connection.as_ref().map(|it| it.connected_at);
        let scope = self.push_scope(stored);
        let kept = in_time(self.ports.sync.find_push(&stored.platform.id)).await?;
        Ok(kept.filter(|kept| {
            let is_in_scope = scope.is_none_or(|scope| scope == kept.scope);
            connected_at == Some(kept.connected_at) && is_in_scope
        }))
    }

    /// How many changed Tokens the platform does not have. A count costs as much as there is, so
    /// of a push that is under way, or of a platform that fails, one of before holds for a while.
    pub(super) async fn count_changed(
        &self,
        stored: &StoredPlatform,
        progress: Option<&PushProgress>,
    ) -> Result<u64, StorageError> {
        let id = &stored.platform.id;
        let now_us = self.elapsed_us();
        let known = self.syncs.with_push(id, |push| {
            let fails = push.trouble.next_at.is_some();
            let holds = push.is_running || fails && !is_old(push, now_us);
            holds.then_some(push.changed)
        });
        if let Some(changed) = known.flatten() {
            return Ok(changed);
        }
        let through = progress.map_or(Revision(0), |progress| progress.through);
        let parties = self.owners_pushed(stored);
        let counting = self.ports.tokens.count_changed_tokens(&parties, through);
        let changed = in_time(counting).await?;
        self.syncs.with_push(id, |push| {
            // A round that began meanwhile knows better.
            if !push.is_running {
                push.changed = changed;
                push.counted_us = Some(now_us);
            }
        });
        Ok(changed)
    }

    /// Counts what the platform does not have yet, before it is sent; not each time.
    pub(super) async fn count_pending(
        &self,
        id: &PlatformId,
        cpo: &TokensOfCpo,
        progress: &PushProgress,
        planned: &Planned,
    ) {
        let now_us = self.elapsed_us();
        let is_old = self.syncs.with_push(id, |push| is_old(push, now_us));
        let count = if !planned.changed.more {
            Some(planned.changed.tokens.len() as u64)
        } else if is_old.unwrap_or_default() {
            let parties = self.pushed_parties(cpo.stored(), cpo.version());
            let through = progress.through;
            let counting = self.ports.tokens.count_changed_tokens(&parties, through);
            in_time(counting).await.ok()
        } else {
            None
        };
        let now = self.now();
        self.syncs.with_push(id, |push| {
            if let Some(count) = count {
                push.changed = count;
                push.counted_us = Some(now_us);
            }
            push.behind = progress.behind.len() as u64;
            if push.pending() > 0 {
                push.behind_since.get_or_insert(now);
            }
        });
    }

    /// Keeps how much is left after a round; `None` after a batch that was not finished.
    pub(super) fn note_pending(
        &self,
        id: &PlatformId,
        progress: &PushProgress,
        moved: Option<Moved>,
    ) {
        self.syncs.with_push(id, |push| {
            push.behind = progress.behind.len() as u64;
            push.changed = match moved {
                None => push.changed,
                Some(Moved { more: false, .. }) => 0,
                Some(Moved { by, .. }) => push.changed.saturating_sub(by as u64).max(1),
            };
            if push.pending() == 0 {
                push.behind_since = None;
            }
        });
    }

    /// Keeps how much there is that did not go, after a round that failed: it may have failed
    /// before it was counted. What cannot be counted is not there either.
    pub(super) async fn note_left(&self, id: &PlatformId) {
        let left = self.left(id).await;
        let now = self.now();
        self.syncs.with_push(id, |push| {
            if let Ok(Some(behind)) = left {
                push.behind = behind;
            }
            if left.is_err() || push.pending() > 0 {
                push.behind_since.get_or_insert(now);
            }
        });
    }

    /// Counts what the platform does not have; how many it refused of that.
    async fn left(&self, id: &PlatformId) -> Result<Option<u64>, StorageError> {
        let found = in_time(self.ports.platforms.find_platform(id)).await?;
        let Some(stored): Option<Arc<StoredPlatform>> = found else {
            return Ok(None);
        };
        let progress = self.kept_push(&stored).await?;
        self.count_changed(&stored, progress.as_ref()).await?;
        Ok(progress.map(|progress| progress.behind.len() as u64))
    }

    /// The owners of the Tokens that the platform gets, as far as it is known what it speaks.
    fn owners_pushed(&self, stored: &StoredPlatform) -> Vec<Party> {
        let connection = stored.connection.as_ref();
        let served = connection.and_then(|connection| connection.served.as_ref());
        served.map_or_else(
            || self.hosting.emsp_parties().to_vec(),
            |served| self.pushed_parties(stored, served.version),
        )
    }
}
