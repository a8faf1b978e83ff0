//! When an owner's update is older than what is stored.

use crate::time::DateTime;

/// How far ahead of our clock an owner's clock may be before we stop trusting it, milliseconds.
const CLOCK_LEAD_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// Whether an update that says `last_updated` is older than an object whose own is `stored`.
///
/// Equal is not older. A stored time that lies more than 24 hours in the future of `now` makes
/// nothing stale: one wrong clock must not freeze an object.
pub fn is_stale(stored: DateTime, last_updated: DateTime, now: DateTime) -> bool {
    stored.ms_since(now) <= CLOCK_LEAD_MS_MAX && last_updated < stored
}
