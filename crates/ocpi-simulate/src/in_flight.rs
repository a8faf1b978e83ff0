//! How many requests are under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts requests under way; several peers may share one, which then counts those at all of them.
#[derive(Debug, Default)]
pub struct InFlight {
    now: AtomicUsize,
    max: AtomicUsize,
}

impl InFlight {
    /// A counter to share.
    pub fn shared() -> Arc<InFlight> {
        Arc::default()
    }

    /// How many there are.
    pub fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    /// The most that there were at once.
    pub fn max(&self) -> usize {
        self.max.load(Ordering::SeqCst)
    }

    /// Forgets the most that there were.
    pub fn reset_max(&self) {
        self.max.store(self.now(), Ordering::SeqCst);
    }

    /// One more, until what is returned is dropped.
    pub(crate) fn enter(self: &Arc<InFlight>) -> UnderWay {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.max.fetch_max(now, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }
}

/// A request under way.
pub(crate) struct UnderWay(Arc<InFlight>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_at_once_is_remembered() {
        let counter = InFlight::shared();
        let first = counter.enter();
        drop(counter.enter());
        drop(first);
        let third = counter.enter();
        assert_eq!((counter.now(), counter.max()), (1, 2));
        counter.reset_max();
        assert_eq!(counter.max(), 1);
        drop(third);
        assert_eq!(counter.now(), 0);
    }
}
