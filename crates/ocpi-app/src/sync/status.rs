//! How far the exchange is, as the operator sees it.

use ocpi_domain::{DateTime, PlatformId, TokenKey};
use ocpi_ports::{BehindToken, Crawl, PullProgress, StorageError, StoredPlatform};

use super::state::{PullKnown, PushKnown};
use crate::app::App;
use crate::deadline::in_time;
use crate::operator::OperatorError;

/// What is done with a platform now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Everything is done; what comes next is waited for.
    Idle,
    /// Under way.
    Running,
    /// The platform failed, and is left alone for a while.
    BackingOff,
}

/// How far the exchange with one platform is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformSync {
    /// The platform.
    pub platform: PlatformId,
    /// Our Tokens to it; `None` when they are not pushed.
    pub push: Option<PushView>,
    /// Its Tokens to us; `None` when they are not pulled.
    pub pull: Option<PullView>,
}

/// How far our Tokens are known to a CPO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushView {
    /// What is done now.
    pub state: RunState,
    /// How many changed Tokens it does not have yet, those that it refused included.
    pub pending: u64,
    /// Since when there are some; `None` when there are none.
    pub behind_since: Option<DateTime>,
    /// When it took one last.
    pub taken_at: Option<DateTime>,
    /// How many it took since this server started.
    pub taken: u64,
    /// How often it failed in a row.
    pub failures: u32,
    /// What it failed at last, in words for the operator.
    pub failure: Option<String>,
    /// When it is tried again after a failure.
    pub next_at: Option<DateTime>,
    /// The Tokens that it refused.
    pub behind: Vec<BehindView>,
}

/// A Token that a CPO refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehindView {
    /// The Token.
    pub key: TokenKey,
    /// How often it was refused.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: DateTime,
    /// What the CPO said.
    pub reason: String,
}

/// How far we know the Tokens of an eMSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullView {
    /// What is done now.
    pub state: RunState,
    /// Whether the crawl under way, or broken off, is one of everything; `None` when there is none.
    pub all: Option<bool>,
    /// Pages of that crawl.
    pub pages: u64,
    /// Tokens that it has seen.
    pub seen: u64,
    /// How many there are in all, when the eMSP says it.
    pub total: Option<u64>,
    /// Tokens of it that were new or changed here.
    pub changed: u64,
    /// Objects of it that could not be read or taken.
    pub left_out: u64,
    /// What is wrong with the first of those.
    pub left_out_reason: Option<String>,
    /// When the last crawl that was finished began.
    pub pulled_at: Option<DateTime>,
    /// When the last crawl of everything that was finished began.
    pub all_pulled_at: Option<DateTime>,
    /// How often it failed in a row.
    pub failures: u32,
    /// What it failed at last, in words for the operator.
    pub failure: Option<String>,
    /// When the next crawl begins.
    pub next_at: Option<DateTime>,
}

impl App {
    /// How far the exchange with each platform is that is pushed to or pulled from.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`].
    pub async fn sync_status(&self) -> Result<Vec<PlatformSync>, OperatorError> {
        let mut all = Vec::new();
        for stored in self.list_platforms().await? {
            let mut shown = PlatformSync {
                platform: stored.platform.id.clone(),
                push: None,
                pull: None,
            };
            if self.check_push_target(&stored).is_ok() {
                shown.push = Some(self.push_view(&stored).await?);
            }
            if self.check_pull_target(&stored).is_ok() {
                shown.pull = Some(self.pull_view(&stored).await?);
            }
            if shown.push.is_some() || shown.pull.is_some() {
                all.push(shown);
            }
        }
        Ok(all)
    }

    async fn push_view(&self, stored: &StoredPlatform) -> Result<PushView, StorageError> {
        let id = &stored.platform.id;
        let progress = self.kept_push(stored).await?;
        let changed = self.count_changed(stored, progress.as_ref()).await?;
        let known = self.syncs.with_push(id, |push| push.clone());
        let known = known.unwrap_or_default();
        let (behind, taken_at) = progress
            .map(|progress| (progress.behind, progress.taken_at))
            .unwrap_or_default();
        Ok(PushView {
            state: push_state(&known, changed),
            pending: changed.saturating_add(behind.len() as u64),
            behind_since: known.behind_since,
            taken_at,
            taken: known.taken,
            failures: known.trouble.failures,
            failure: known.trouble.failure,
            next_at: known.trouble.next_at,
            behind: behind.into_iter().map(behind_view).collect(),
        })
    }

    async fn pull_view(&self, stored: &StoredPlatform) -> Result<PullView, StorageError> {
        let id = &stored.platform.id;
        let connection = stored.connection.as_ref();
        let is_of_it = |progress: &PullProgress| {
            connection.is_some_and(|connection| connection.connected_at == progress.connected_at)
        };
        let progress = in_time(self.ports.sync.find_pull(id))
            .await?
            .filter(is_of_it);
        let known = self.syncs.with_pull(id, |pull| pull.clone());
        let known = known.unwrap_or_default();
        let (pulled_at, all_pulled_at, under_way) = match progress {
            Some(progress) => (progress.pulled_to, progress.all_pulled_at, progress.crawl),
            None => (None, None, None),
        };
        let follows_at_once = pulled_at.is_none() || pulled_at == all_pulled_at;
        let state = pull_state(&known, under_way.is_some() || follows_at_once);
        let all = under_way.as_ref().map(|crawl| crawl.window.is_open());
        let shown = counts(under_way.or(known.last));
        Ok(PullView {
            state,
            all,
            pulled_at,
            all_pulled_at,
            failures: known.trouble.failures,
            failure: known.trouble.failure.or(known.complaint),
            next_at: known.next_at,
            ..shown
        })
    }
}

/// What is not sent yet is about to be.
fn push_state(known: &PushKnown, changed: u64) -> RunState {
    if known.asked.is_some() || known.is_running {
        RunState::Running
    } else if known.trouble.next_at.is_some() {
        RunState::BackingOff
    } else if changed > 0 {
        RunState::Running
    } else {
        RunState::Idle
    }
}

/// What `is_due` is about to be done.
fn pull_state(known: &PullKnown, is_due: bool) -> RunState {
    if known.asked.is_some() || known.is_running {
        RunState::Running
    } else if known.trouble.next_at.is_some() {
        RunState::BackingOff
    } else if is_due {
        RunState::Running
    } else {
        RunState::Idle
    }
}

fn behind_view(behind: BehindToken) -> BehindView {
    let BehindToken {
        key,
        attempts,
        next_at,
        reason,
    } = behind;
    BehindView {
        key,
        attempts,
        next_at,
        reason,
    }
}

/// The numbers of that crawl.
fn counts(crawl: Option<Crawl>) -> PullView {
    let mut view = PullView {
        state: RunState::Idle,
        all: None,
        pages: 0,
        seen: 0,
        total: None,
        changed: 0,
        left_out: 0,
        left_out_reason: None,
        pulled_at: None,
        all_pulled_at: None,
        failures: 0,
        failure: None,
        next_at: None,
    };
    if let Some(crawl) = crawl {
        view.pages = crawl.pages;
        view.seen = crawl.seen;
        view.total = crawl.total;
        view.changed = crawl.changed;
        view.left_out = crawl.left_out;
        view.left_out_reason = crawl.left_out_reason;
    }
    view
}
