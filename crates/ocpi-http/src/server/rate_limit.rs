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
    /// For each platform the moment at which its bucket is empty again, microseconds.
    empty_at_us: RwLock<HashMap<PlatformId, Arc<AtomicU64>>>,
}

const SECOND_US: u64 = 1_000_000;

impl RateLimiter {
    pub(super) fn new(per_second: u32) -> RateLimiter {
        RateLimiter {
            per_second,
            empty_at_us: RwLock::default(),
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
        let now_us = now_us();
        let cost_us = SECOND_US / u64::from(self.per_second);
        let taken = self.bucket(platform).fetch_update(
            Ordering::Relaxed,
            Ordering::Relaxed,
            |empty_at_us| {
                let filled_to_us = empty_at_us.max(now_us) + cost_us;
                (filled_to_us <= now_us + SECOND_US).then_some(filled_to_us)
            },
        );
        taken
            .map(|_| ())
            .map_err(|empty_at_us| Failure::RateLimited {
                per_second: self.per_second,
                retry_after_s: (empty_at_us + cost_us)
                    .saturating_sub(now_us + SECOND_US)
                    .div_ceil(SECOND_US),
            })
    }

    fn bucket(&self, platform: &PlatformId) -> Arc<AtomicU64> {
        let known = self
            .empty_at_us
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = known.get(platform) {
            return Arc::clone(bucket);
        }
        drop(known);
        let mut known = self
            .empty_at_us
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
        let start_us = 5 * SECOND_US;
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
