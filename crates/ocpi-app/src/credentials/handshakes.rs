//! The handshakes that we began and that are not over.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ocpi_domain::PlatformId;
use tokio::sync::Notify;

/// The platforms with which a handshake of ours is under way.
///
/// Such a platform waits for us as we wait for it: what it sends to our credentials endpoint
/// meanwhile is refused at once, or both would wait until both give up.
#[derive(Default)]
pub(crate) struct Handshakes {
    running: Mutex<HashSet<PlatformId>>,
    /// Told whenever one is over.
    ended: Notify,
}

/// A handshake under way. It is over when this is dropped, also when whoever waits for it goes
/// away in the middle.
pub(crate) struct RunningHandshake<'a> {
    all: &'a Handshakes,
    id: PlatformId,
}

impl Handshakes {
    /// Begins a handshake with that platform; `None` when one is under way.
    pub(crate) fn begin(&self, id: &PlatformId) -> Option<RunningHandshake<'_>> {
        let is_alone = self.running().insert(id.clone());
        is_alone.then(|| RunningHandshake {
            all: self,
            id: id.clone(),
        })
    }

    /// Whether one with that platform is under way.
    pub(crate) fn is_running(&self, id: &PlatformId) -> bool {
        self.running().contains(id)
    }

    /// Waits until none with that platform is under way.
    pub(crate) async fn end_of(&self, id: &PlatformId) {
        loop {
            let mut ended = pin!(self.ended.notified());
            // From here on no end is missed.
            ended.as_mut().enable();
            if !self.is_running(id) {
                return;
            }
            ended.await;
        }
    }

    fn running(&self) -> MutexGuard<'_, HashSet<PlatformId>> {
        // Nothing in it is ever half done.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningHandshake<'_> {
    fn drop(&mut self) {
        self.all.running().remove(&self.id);
        self.all.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use super::*;

    /// Holds: C-09.
    #[tokio::test]
    async fn whoever_waits_for_the_end_goes_on_at_the_end() {
        let handshakes = Handshakes::default();
        let id = "one".parse().unwrap();
        handshakes.end_of(&id).await;
        let running = handshakes.begin(&id).unwrap();
        let mut waiting = pin!(handshakes.end_of(&id));
        let waker = std::task::Waker::noop();
        let looked = waiting
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        assert!(looked.is_pending());
        drop(running);
        waiting.await;
    }

    /// Holds: C-24.
    #[test]
    fn a_platform_has_one_handshake_at_a_time() {
        let handshakes = Handshakes::default();
        let (one, other) = ("one".parse().unwrap(), "other".parse().unwrap());
        let running = handshakes.begin(&one).unwrap();
        assert!(handshakes.begin(&one).is_none());
        assert!(handshakes.begin(&other).is_some());
        assert!(handshakes.is_running(&one));
        assert!(!handshakes.is_running(&other));
        drop(running);
        assert!(!handshakes.is_running(&one));
        assert!(handshakes.begin(&one).is_some());
    }
}
