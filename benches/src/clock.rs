//! The only place that reads the time.

use std::time::Instant;

/// This moment.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and its rounds are no rule of the domain"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
