//! Requests a second, platform by platform.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use ocpi_domain::PlatformId;

use crate::failure::Failure;

/// A leaky bucket for each platform: a second's worth may come at once, the rest evenly.
///
/// One atomic number a platform; a crate for it would bring a clock of its own.
pub(super) struct RateLimiter {
    /// 0 is no limit.
    per_second: u32,
    /// For each platform the moment at which its bucket is empty again, nanoseconds.
    empty_at_ns: RwLock<HashMap<PlatformId, Arc<AtomicU64>>>,
}

const SECOND_NS: u64 = 1_000_000_000;

impl RateLimiter {
    pub(super) fn new(per_second: u32) -> RateLimiter {
        RateLimiter {
            per_second,
            empty_at_ns: RwLock::default(),
        }
    }

    /// Counts a request of `platform`; refuses it when there were too many.
    pub(super) fn count(
        &self,
        platform: &PlatformId,
        now_us: impl FnOnce() -> u64,
    ) -> Result<(), Failure> {
        if self.per_second == 0 {
            return Ok(());
        }
        let moment_ns = now_us() * 1000;
        let cost_ns = SECOND_NS / u64::from(self.per_second);
        let taken = self.bucket(platform).fetch_update(
            Ordering::Relaxed,
            Ordering::Relaxed,
            |empty_at_ns| {
                let filled_to_ns = empty_at_ns.max(moment_ns) + cost_ns;
                (filled_to_ns <= moment_ns + SECOND_NS).then_some(filled_to_ns)
            },
        );
        taken
            .map(|_| ())
            .map_err(|empty_at_ns| Failure::RateLimited {
                per_second: self.per_second,
                retry_after_s: (empty_at_ns + cost_ns)
                    .saturating_sub(moment_ns + SECOND_NS)
                    .div_ceil(SECOND_NS),
            })
    }

    fn bucket(&self, platform: &PlatformId) -> Arc<AtomicU64> {
        let known = self
            .empty_at_ns
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = known.get(platform) {
            return Arc::clone(bucket);
        }
        drop(known);
        let mut known = self
            .empty_at_ns
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(platform.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-48.
    #[test]
    fn a_second_of_requests_may_come_at_once_and_the_rest_waits() {
        let limiter = RateLimiter::new(10);
        let (one, other) = (
            PlatformId::new("one").unwrap(),
            PlatformId::new("other").unwrap(),
        );
        let start_us = 5_000_000;
        for _ in 0..10 {
            limiter.count(&one, || start_us).unwrap();
        }
        let refused = limiter.count(&one, || start_us).unwrap_err();
        assert!(
            matches!(
                refused,
                Failure::RateLimited {
                    retry_after_s: 1,
                    ..
                }
            ),
            "{refused:?}"
        );
        limiter.count(&other, || start_us).unwrap();
        limiter.count(&one, || start_us + 100_000).unwrap();
        limiter.count(&one, || start_us + 100_000).unwrap_err();
        assert!(RateLimiter::new(0).count(&one, || 0).is_ok());
    }
}
