//! The loop: one task for each platform and direction, as long as the platform is there.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use ocpi_domain::{DateTime, PlatformId};
use ocpi_ports::{StorageError, StoredPlatform};
use tokio::task::{AbortHandle, JoinSet};

use crate::app::App;
use crate::deadline::in_time;

/// After so long the platforms are looked at without any news.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The pause after a fault of ours.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Direction {
    Push,
    Pull,
}

/// A task, and the connection that it is about.
struct Run {
    task: AbortHandle,
    connected_at: Option<DateTime>,
}

/// The tasks. When this is dropped all of them end.
#[derive(Default)]
struct Runs {
    tasks: JoinSet<()>,
    of: HashMap<(PlatformId, Direction), Run>,
}

impl App {
    /// Pushes and pulls when it is due or asked for, for as long as it is polled. One of it is to
    /// run while the application serves; nothing of what is durable is lost when it is dropped.
    pub async fn run_sync(self: Arc<Self>) {
        let mut runs = Runs::default();
        loop {
            let pause = match self.follow_platforms(&mut runs).await {
                Ok(()) => LOOK_AGAIN,
                Err(error) => {
                    tracing::warn!(%error, "the platforms to exchange Tokens with are not known");
                    FAULT_PAUSE
                }
            };
            let news = pin!(self.syncs.platforms_changed.notified());
            let ended = pin!(runs.end_of_one());
            let _ = tokio::time::timeout(pause, select(news, ended)).await;
        }
    }

    /// Starts what is to run, and ends what is not.
    async fn follow_platforms(self: &Arc<Self>, runs: &mut Runs) -> Result<(), StorageError> {
        let list = in_time(self.ports.platforms.list_platforms()).await?;
        let mut targets = BTreeMap::new();
        let mut wanted = HashMap::new();
        for stored in &list.platforms {
            let id = &stored.platform.id;
            let checks = (
                self.check_push_target(stored),
                self.check_pull_target(stored),
            );
            let is_target = (checks.0.is_ok(), checks.1.is_ok());
            for (is_wanted, direction) in [
                (is_target.0, Direction::Push),
                (is_target.1, Direction::Pull),
            ] {
                if is_wanted {
                    wanted.insert((id.clone(), direction), connected_at(stored));
                }
            }
            if is_target != (false, false) {
                targets.insert(id.clone(), is_target);
            }
        }
        self.syncs.keep(&targets);
        runs.of.retain(|key, run| {
            if !wanted.contains_key(key) {
                run.task.abort();
            }
            // What is being ended is waited for: never two for one platform.
            !run.task.is_finished()
        });
        for ((id, direction), connected_at) in wanted {
            self.follow_platform(runs, id, direction, connected_at);
        }
        Ok(())
    }

    fn follow_platform(
        self: &Arc<Self>,
        runs: &mut Runs,
        id: PlatformId,
        direction: Direction,
        connected_at: Option<DateTime>,
    ) {
        let Runs { tasks, of } = runs;
        let key = (id.clone(), direction);
        if let Some(run) = of.get_mut(&key) {
            if run.connected_at != connected_at {
                // Whatever failed before, this is another connection.
                run.connected_at = connected_at;
                match direction {
                    Direction::Push => self.syncs.ask_push(&id, false),
                    Direction::Pull => self.syncs.ask_pull(&id, false),
                }
            }
            return;
        }
        let app = Arc::clone(self);
        let task = match direction {
            Direction::Push => tasks.spawn(app.push_for_ever(id)),
            Direction::Pull => tasks.spawn(app.pull_for_ever(id)),
        };
        of.insert(key, Run { task, connected_at });
    }
}

impl Runs {
    /// Waits until a task has ended: it was ended, or it failed.
    async fn end_of_one(&mut self) {
        match self.tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(%error, "an exchange of Tokens failed, and is started again");
                tokio::time::sleep(FAULT_PAUSE).await;
            }
            Some(_) => {}
            None => pending().await,
        }
    }
}

/// Since when the platform is connected; a platform that is none is no target.
fn connected_at(stored: &StoredPlatform) -> Option<DateTime> {
    stored
        .connection
        .as_ref()
        .map(|connection| connection.connected_at)
}
