//! An eMSP's Tokens to us, for as long as it is there.

use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::{DateTime, PlatformId, Role};
use ocpi_ports::{PullProgress, SeenTokens, StoredPlatform};

use super::back_off::back_off;
use super::breaks::Breaks;
use super::pause::Pause;
use super::running::{Running, is_too_old};
use super::schedule::{Due, Splay, due, without_future};
use super::trouble::Failure;
use crate::app::App;
use crate::deadline::in_time;

/// After so long it is looked again whether something is due: the clock may have been set.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// What is known of the exchange beside what the store knows.
#[derive(Default)]
pub(super) struct Pull {
    asked: Option<bool>,
    splay: Splay,
    /// The crawl under way.
    pub(super) running: Option<Running>,
    /// The crawls before that were not read to their end.
    pub(super) breaks: Breaks,
}

impl App {
    /// Pulls from a platform what is due.
    pub(super) async fn pull_for_ever(self: Arc<Self>, id: PlatformId) {
        let mut news = self.syncs.pulls.subscribe();
        let mut pull = Pull {
            splay: self.new_splay(),
            ..Pull::default()
        };
        loop {
            news.borrow_and_update();
            let pause = self.pull_once(&id, &mut pull).await;
            let is_asked = || self.syncs.with_pull(&id, |pull| pull.asked.is_some());
            pause.over(&mut news, || is_asked().unwrap_or(true)).await;
        }
    }

    /// One round: a page, and what is done then.
    async fn pull_once(&self, id: &PlatformId, pull: &mut Pull) -> Pause {
        let Ok(_place) = self.syncs.pull_places.acquire().await else {
            return Pause::BackOff(LOOK_AGAIN);
        };
        let asked = self.syncs.with_pull(id, |known| {
            known.is_running = true;
            known.asked.take()
        });
        if let Some(everything) = asked.flatten() {
            pull.asked = Some(everything || pull.asked.unwrap_or_default());
        }
        let pause = match self.pull_step(id, pull).await {
            Ok(pause) => pause,
            Err(failure) => Pause::BackOff(self.pull_failed(id, failure)),
        };
        self.syncs
            .with_pull(id, |known| known.is_running = pause == Pause::None);
        pause
    }

    fn pull_failed(&self, id: &PlatformId, failure: Failure) -> Duration {
        let Failure {
            reason,
            retry_after,
            ..
        } = failure;
        tracing::warn!(platform = %id, "Tokens could not be pulled: {reason}");
        let failures = self
            .syncs
            .with_pull(id, |pull| pull.trouble.failures.saturating_add(1));
        let options = &self.options.sync;
        let failures = failures.unwrap_or(1);
        let pause = back_off(options, failures, retry_after, &*self.ports.randomness);
        let next_at = self.now().plus_ms(ms(pause));
        self.syncs.with_pull(id, |pull| {
            pull.trouble.add(reason, false, next_at);
            pull.next_at = Some(next_at);
        });
        pause
    }

    async fn pull_step(&self, id: &PlatformId, pull: &mut Pull) -> Result<Pause, Failure> {
        let stored = in_time(self.ports.platforms.find_platform(id)).await?;
        let is_target = |stored: &Arc<StoredPlatform>| self.check_pull_target(stored).is_ok();
        let Some(stored) = stored.filter(is_target) else {
            // The loop ends this soon.
            return Ok(Pause::Idle(LOOK_AGAIN));
        };
        let Some(scope) = self.pull_scope(&stored) else {
            // What it serves is looked up, and kept, by the first who calls it.
            self.tokens_of_emsp_at(id, &self.new_message_id()).await?;
            return Ok(Pause::None);
        };
        let mut progress = self.pull_progress(&stored, scope, pull).await?;
        let now = self.now();
        let options = &self.options.sync;
        let due = due(
            &progress,
            &pull.breaks,
            options,
            pull.splay,
            pull.asked,
            now,
        );
        match due {
            Due::Nothing(wait) => {
                self.nothing_due(id, pull, now.plus_ms(ms(wait)));
                return Ok(Pause::Idle(wait.min(LOOK_AGAIN)));
            }
            Due::Crawl(window) => {
                self.begin_crawl(id, &mut progress, pull, window).await?;
                pull.splay = self.new_splay();
            }
            Due::GoOn => {}
        }
        pull.asked = None;
        self.step_crawl(id, &mut progress, pull).await?;
        Ok(Pause::None)
    }

    /// Shows that nothing is to be done before then. A crawl that was not read to its end is the
    /// platform's failure until it is tried again.
    fn nothing_due(&self, id: &PlatformId, pull: &Pull, next_at: DateTime) {
        self.syncs.with_pull(id, |known| {
            known.next_at = Some(next_at);
            if pull.breaks.is_last {
                // The complaint says it.
                known.trouble.failure = None;
                known.trouble.next_at = Some(next_at);
            } else {
                known.trouble.end();
            }
        });
    }

    /// How far we know what this connection of the platform has.
    async fn pull_progress(
        &self,
        stored: &StoredPlatform,
        scope: String,
        pull: &mut Pull,
    ) -> Result<PullProgress, Failure> {
        let connection = stored.connection.as_ref();
        let connection = connection.ok_or_else(|| Failure::new("it is not connected any more"))?;
        let connected_at = connection.connected_at;
        let id = &stored.platform.id;
        let known = in_time(self.ports.sync.find_pull(id)).await?;
        let is_of_it =
            |known: &PullProgress| known.connected_at == connected_at && known.scope == scope;
        let Some(known) = known.filter(is_of_it) else {
            pull.running = None;
            pull.breaks = Breaks::default();
            return Ok(PullProgress {
                connected_at,
                scope,
                pulled_to: None,
                all_pulled_at: None,
                crawl: None,
            });
        };
        let now = self.now();
        let had_crawl = known.crawl.is_some();
        let mut known = without_future(known, &self.options.sync, now);
        if pull.running.is_none() {
            known.crawl = known.crawl.filter(|crawl| !is_too_old(crawl, now));
        }
        if had_crawl && known.crawl.is_none() {
            self.keep_pull(id, &known, SeenTokens::Clear).await?;
        }
        // After a restart.
        self.syncs.with_pull(id, |shown| {
            shown.succeeded_at = shown.succeeded_at.or(known.pulled_to);
        });
        Ok(known)
    }

    /// What the platform can list: of more, or in another version, everything is fetched. `None`
    /// while it is not known what it serves.
    fn pull_scope(&self, stored: &StoredPlatform) -> Option<String> {
        let connection = stored.connection.as_ref()?;
        let served = connection.served.as_ref()?;
        let platform = &stored.platform;
        let parties = platform.parties(&Role::Emsp);
        let parties = parties.filter(|party| !self.hosting.hosts(*party, &Role::Emsp));
        let mut names: Vec<String> = parties.map(|party| party.to_string()).collect();
        names.sort();
        names.dedup();
        if platform.is_open_hub() {
            names.push("as a hub".to_owned());
        }
        Some(format!("{} {}", served.version, names.join(", ")))
    }

    /// Keeps how far we are.
    pub(super) async fn keep_pull(
        &self,
        id: &PlatformId,
        progress: &PullProgress,
        seen: SeenTokens,
    ) -> Result<(), Failure> {
        Ok(in_time(self.ports.sync.put_pull(id, progress.clone(), seen)).await?)
    }

    fn new_splay(&self) -> Splay {
        let [high, low, ..] = self.ports.randomness.bytes();
        Splay(u16::from_be_bytes([high, low]))
    }
}

fn ms(duration: Duration) -> i64 {
    // Some centuries at most, so that the sum with a moment is one.
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(1 << 43)
}

/// The later of the two moments.
pub(super) fn later(one: DateTime, other: Option<DateTime>) -> DateTime {
    other.map_or(one, |other| one.max(other))
}
