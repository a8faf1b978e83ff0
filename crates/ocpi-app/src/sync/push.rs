//! Our Tokens to one CPO, for as long as it is there.
//!
//! By state, not by queue: a cursor goes over the changes, and what is sent is each Token as it is
//! then. The next batch is not begun before every request of this one has ended, so no older
//! version of a Token can overtake a newer one.

use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::PushProgress;

use super::back_off::back_off;
use super::behind::{self, BEHIND_MAX};
use super::pause::Pause;
use super::push_count::Moved;
use super::push_plan::{Batch, Planned};
use super::trouble::Failure;
use crate::app::App;
use crate::deadline::in_time;
use crate::outbound::TokensOfCpo;

/// After so long a platform that has everything is looked at without any news.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

impl App {
    /// Pushes to a platform whatever it does not have.
    pub(super) async fn push_for_ever(self: Arc<Self>, id: PlatformId) {
        let mut news = self.syncs.pushes.subscribe();
        let mut batch = Batch::default();
        loop {
            news.borrow_and_update();
            let pause = self.push_once(&id, &mut batch).await;
            let is_asked = || self.syncs.with_push(&id, |push| push.asked.is_some());
            pause.over(&mut news, || is_asked().unwrap_or(true)).await;
        }
    }

    /// One round: a batch, and what is done then.
    async fn push_once(&self, id: &PlatformId, batch: &mut Batch) -> Pause {
        let Ok(_place) = self.syncs.push_places.acquire().await else {
            return Pause::BackOff(LOOK_AGAIN);
        };
        let asked = self.syncs.with_push(id, |push| {
            push.is_running = true;
            push.asked.take()
        });
        if let Some(again) = asked.flatten() {
            batch.is_asked = true;
            batch.again |= again;
        }
        let pause = match self.push_batch(id, batch).await {
            Ok(pause) => {
                if !batch.in_doubt {
                    self.syncs.with_push(id, |push| push.trouble.end());
                }
                pause
            }
            Err(failure) => Pause::BackOff(self.push_failed(id, failure)),
        };
        self.syncs
            .with_push(id, |push| push.is_running = pause == Pause::None);
        if matches!(pause, Pause::BackOff(_)) {
            self.note_left(id).await;
        }
        pause
    }

    fn push_failed(&self, id: &PlatformId, failure: Failure) -> Duration {
        let Failure {
            reason,
            retry_after,
            got_through,
        } = failure;
        tracing::warn!(platform = %id, "Tokens could not be pushed: {reason}");
        let failures = self.syncs.with_push(id, |push| {
            let before = if got_through {
                0
            } else {
                push.trouble.failures
            };
            before.saturating_add(1)
        });
        let failures = failures.unwrap_or(1);
        let options = &self.options.sync;
        let pause = back_off(options, failures, retry_after, &*self.ports.randomness);
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let next_at = self.now().plus_ms(pause_ms);
        self.syncs
            .with_push(id, |push| push.trouble.add(reason, got_through, next_at));
        pause
    }

    /// Sends a batch, if there is one; what comes then.
    async fn push_batch(&self, id: &PlatformId, batch: &mut Batch) -> Result<Pause, Failure> {
        let stored = in_time(self.ports.platforms.find_platform(id)).await?;
        let is_target = |stored| self.check_push_target(stored).is_ok();
        if !stored.as_deref().is_some_and(is_target) {
            // The loop ends this soon.
            return Ok(Pause::Idle(LOOK_AGAIN));
        }
        let cpo = self.tokens_of_cpo_at(id).await?;
        let mut progress = self.push_progress(id, &cpo, batch).await?;
        let before = progress.clone();
        if std::mem::take(&mut batch.is_asked) {
            behind::wake(&mut progress, self.now());
        }
        let planned = self.plan_push(&cpo, &mut progress, batch).await?;
        self.count_pending(id, &cpo, &progress, &planned).await;
        let Planned { items, changed } = planned;
        let count = items.len();
        let sent = self.send_all(&cpo, items).await;
        let is_whole = sent.len() == count;
        let noted = self.note(id, &mut progress, sent, batch);
        let moved = (is_whole && !noted.is_held_up).then_some(Moved {
            by: changed.tokens.len(),
            more: changed.more,
        });
        if moved.is_some() {
            progress.through = progress.through.max(changed.through);
            batch.done.clear();
            batch.suspects.clear();
        }
        batch.in_doubt &= !progress.behind.is_empty();
        if progress != before {
            self.keep_push(id, &progress, batch).await?;
        }
        self.note_pending(id, &progress, moved);
        let is_full = progress.behind.len() >= BEHIND_MAX;
        let failure = noted.failure;
        let failure = failure.or_else(|| is_full.then(|| refuses_us(&progress)));
        if let Some(failure) = failure {
            return Err(Failure {
                got_through: noted.got_through,
                ..failure
            });
        }
        if let Some(doubt) = noted.doubt {
            let next_at = behind::next_at(&progress).unwrap_or_else(|| self.now());
            self.syncs
                .with_push(id, |push| push.trouble.add(doubt, false, next_at));
        }
        Ok(self.next_push(&progress, changed.more))
    }

    /// Keeps how far we are. What is not kept was not done: who was refused would be forgotten.
    async fn keep_push(
        &self,
        id: &PlatformId,
        progress: &PushProgress,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let kept = in_time(self.ports.sync.put_push(id, progress.clone())).await;
        if kept.is_err() {
            batch.done.clear();
            batch.suspects.clear();
        }
        Ok(kept?)
    }

    /// How far we are with what the platform is to know.
    async fn push_progress(
        &self,
        id: &PlatformId,
        cpo: &TokensOfCpo,
        batch: &mut Batch,
    ) -> Result<PushProgress, Failure> {
        let stored = cpo.stored();
        let connection = stored.connection.as_ref();
        let connection = connection.ok_or_else(|| Failure::new("it is not connected any more"))?;
        let kept = self.kept_push(stored).await?;
        if let Some(kept) = kept.filter(|_| !batch.again) {
            return Ok(kept);
        }
        let progress = PushProgress {
            connected_at: connection.connected_at,
            scope: self.push_scope(stored).unwrap_or_default(),
            through: Revision(0),
            behind: Vec::new(),
            taken_at: None,
        };
        // That everything is to be sent is not forgotten by a restart.
        in_time(self.ports.sync.put_push(id, progress.clone())).await?;
        *batch = Batch::default();
        self.syncs.with_push(id, |push| push.counted_us = None);
        Ok(progress)
    }

    /// What comes after a batch that was sent.
    fn next_push(&self, progress: &PushProgress, more: bool) -> Pause {
        let due_ms = behind::next_at(progress).map(|at| at.ms_since(self.now()));
        if more || due_ms.is_some_and(|due| due <= 0) {
            return Pause::None;
        }
        let due = due_ms.and_then(|due| u64::try_from(due).ok());
        let due = due.map_or(LOOK_AGAIN, Duration::from_millis);
        Pause::Idle(due.min(LOOK_AGAIN))
    }
}

/// The platform refuses so many that it is not about Tokens.
fn refuses_us(progress: &PushProgress) -> Failure {
    let first = progress.behind.first().map_or("", |first| &first.reason);
    Failure::new(format!(
        "it refused {BEHIND_MAX} Tokens or more, so no more are sent until it takes some of \
         them; of the first it said: {first}"
    ))
}
