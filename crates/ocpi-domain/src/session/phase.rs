//! Whether a session counts.

use super::{Session, SessionStatus};
use crate::time::DateTime;

/// How long a PENDING session counts after its last word, milliseconds: it may never begin.
pub const PENDING_COUNTS_MS: i64 = 15 * 60 * 1000;

/// Where a session stands for the count of concurrent sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionPhase {
    /// It does not count and is not over: a reservation.
    Waiting,
    /// It counts until this moment, unless it is heard of again.
    Active {
        /// The first moment at which it counts no more.
        until: DateTime,
    },
    /// It is over.
    Ended,
}

impl Session {
    /// Where the session stands. What is over is over, whatever the status: a session with an
    /// `end_date_time`. A PENDING one counts for 15 minutes, an ACTIVE one for `silence_ms_max`
    /// milliseconds, after its `last_updated` or after `received_at`, whichever is first: a clock
    /// that is ahead must not make it count for ever.
    pub fn phase(&self, received_at: DateTime, silence_ms_max: i64) -> SessionPhase {
        if self.end().is_some() {
            return SessionPhase::Ended;
        }
        let heard_of = self.last_updated().min(received_at);
        let counts_for = |ms| SessionPhase::Active {
            until: heard_of.plus_ms(ms),
        };
        match self.status() {
            SessionStatus::Active => counts_for(silence_ms_max),
            SessionStatus::Pending => counts_for(PENDING_COUNTS_MS),
            SessionStatus::Reservation => SessionPhase::Waiting,
            SessionStatus::Completed | SessionStatus::Invalid => SessionPhase::Ended,
        }
    }
}
