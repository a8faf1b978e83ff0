//! The clock of a test whose time is paused.

use ocpi_domain::DateTime;
use ocpi_ports::Clock;
use tokio::time::Instant;

use super::now;

/// A clock that goes with the time of tokio: on, when everything waits.
pub(crate) struct PausedClock(Instant);

impl PausedClock {
    /// One that begins at [`now`].
    pub(crate) fn new() -> PausedClock {
        PausedClock(Instant::now())
    }
}

impl Clock for PausedClock {
    fn now(&self) -> DateTime {
        now().plus_ms(i64::try_from(self.0.elapsed().as_millis()).unwrap())
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}
