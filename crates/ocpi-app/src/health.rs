//! Whether the application can do its work.

use std::sync::atomic::{AtomicI64, Ordering};

use ocpi_domain::DateTime;
use ocpi_ports::StorageError;

use crate::app::App;
use crate::deadline::in_time;

/// How long an authorization that the store failed keeps us from being ready, milliseconds. Then
/// traffic may try again, or a server out of rotation would stay out for ever.
const UNREADY_MS: i64 = 30_000;

/// When the store failed an authorization last.
pub(crate) struct RecordHealth {
    failed_at_ms: AtomicI64,
}

impl Default for RecordHealth {
    fn default() -> RecordHealth {
        RecordHealth {
            failed_at_ms: AtomicI64::new(i64::MIN),
        }
    }
}

impl RecordHealth {
    pub(crate) fn failed(&self, now: DateTime) {
        self.failed_at_ms.store(now.unix_ms(), Ordering::Relaxed);
    }

    pub(crate) fn succeeded(&self) {
        // Reading first keeps the line shared between cores while all is well.
        if self.failed_at_ms.load(Ordering::Relaxed) != i64::MIN {
            self.failed_at_ms.store(i64::MIN, Ordering::Relaxed);
        }
    }

    fn is_failing(&self, now: DateTime) -> bool {
        let failed_at_ms = self.failed_at_ms.load(Ordering::Relaxed);
        now.unix_ms().saturating_sub(failed_at_ms) < UNREADY_MS
    }
}

/// Why the application is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// The store does not work.
    #[error("the store does not answer")]
    Store(#[from] StorageError),
    /// An authorization could not be answered a moment ago, because the store failed or hung.
    #[error("an authorization could not be answered a moment ago: the store failed or hung")]
    Record,
}

impl App {
    /// Whether the application can answer: the store works, and records can be written.
    ///
    /// # Errors
    ///
    /// [`NotReady`] says what does not work.
    pub async fn check_ready(&self) -> Result<(), NotReady> {
        in_time(self.ports.health.check()).await?;
        if self.record_health.is_failing(self.now()) {
            Err(NotReady::Record)
        } else {
            Ok(())
        }
    }
}
