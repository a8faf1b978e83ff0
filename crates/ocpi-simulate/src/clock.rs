//! The time, which the host lends.

use ocpi_domain::DateTime;

/// The moment, and a ruler for durations: this crate reads neither itself.
pub trait Clock: Send + Sync {
    /// The moment by the calendar.
    fn now(&self) -> DateTime;

    /// Microseconds since some fixed moment in the past; never goes back.
    fn elapsed_us(&self) -> u64;
}
