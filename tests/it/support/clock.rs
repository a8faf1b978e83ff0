//! The time and the randomness of a world, which belong to the test.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ocpi_domain::DateTime;
use ocpi_ports::{Clock, Randomness};

/// The moment at which every world starts.
pub(crate) const START: &str = "2026-01-01T12:00:00Z";

/// A clock that a test sets.
pub(crate) struct TestClock {
    now_ms: AtomicI64,
    elapsed_us: AtomicU64,
}

impl TestClock {
    pub(crate) fn new() -> TestClock {
        let start: DateTime = START.parse().unwrap();
        TestClock {
            now_ms: AtomicI64::new(start.unix_ms()),
            elapsed_us: AtomicU64::new(0),
        }
    }

    /// Lets time pass.
    pub(crate) fn advance_ms(&self, ms: u32) {
        self.now_ms.fetch_add(i64::from(ms), Ordering::SeqCst);
        self.elapsed_us
            .fetch_add(u64::from(ms) * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime {
        DateTime::from_unix_ms(self.now_ms.load(Ordering::SeqCst)).unwrap()
    }

    fn elapsed_us(&self) -> u64 {
        self.elapsed_us.load(Ordering::SeqCst)
    }
}

/// Randomness that counts, so that golden answers are the same in every run.
#[derive(Default)]
pub(crate) struct CountingRandomness(AtomicU64);

impl CountingRandomness {
    /// One whose numbers are those of no other that starts elsewhere.
    pub(crate) fn from(start: u64) -> CountingRandomness {
        CountingRandomness(AtomicU64::new(start))
    }
}

impl Randomness for CountingRandomness {
    fn bytes(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes()
    }
}
