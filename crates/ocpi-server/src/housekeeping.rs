//! What is done every hour: the end of the chain is published, what is old is forgotten; and every
//! few seconds: a certificate that was replaced is taken.

use std::sync::Arc;
use std::time::Duration;

use ocpi_app::{App, OperatorError};
use ocpi_domain::DateTime;
use ocpi_http::TlsConfig;
use tokio::time::MissedTickBehavior;

const HOUR: Duration = Duration::from_hours(1);

/// How often the files of the certificate are looked at.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(5);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How many days things are kept; `None` is for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepDays {
    /// Records of authorizations.
    pub(crate) records: Option<u32>,
    /// Sessions, from their last push on.
    pub(crate) sessions: Option<u32>,
}

/// Keeps house, now and every hour.
pub(crate) async fn keep(app: Arc<App>, keep_days: KeepDays) {
    let mut hours = tokio::time::interval(HOUR);
    loop {
        hours.tick().await;
        app.log_chain_head();
        if let Some(before) = kept_since(app.now(), keep_days.records) {
            log("records", before, app.forget_records(before).await);
        }
        if let Some(before) = kept_since(app.now(), keep_days.sessions) {
            log("sessions", before, app.forget_sessions(before).await);
        }
    }
}

/// Takes what is new in the files of the certificate, every few seconds. A connection that is open
/// keeps the certificate that it began with.
pub(crate) async fn keep_certificate(tls: TlsConfig) {
    let mut looks = tokio::time::interval(CERTIFICATE_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let tls = tls.clone();
        // Files may be on a disk that is slow now.
        match tokio::task::spawn_blocking(move || tls.reload()).await {
            Ok(Ok(true)) => {
                tracing::info!("the certificate was replaced: new connections get the new one");
            }
            Ok(Err(error)) => {
                tracing::warn!("the certificate stays the one that it was: {error}");
            }
            Ok(Ok(false)) | Err(_) => {}
        }
    }
}

/// The first moment of what is kept, when not all is.
fn kept_since(now: DateTime, days: Option<u32>) -> Option<DateTime> {
    let ago_ms = i64::from(days?) * DAY_MS;
    // No moment of before the year 0 can be written, and nothing is that old.
    DateTime::from_unix_ms(now.unix_ms().saturating_sub(ago_ms)).ok()
}

/// Writes to the log what came of forgetting.
fn log(what: &str, before: DateTime, forgotten: Result<u64, OperatorError>) {
    match forgotten {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, %before, "old {what} were forgotten"),
        Err(error) => tracing::warn!(%error, "old {what} could not be forgotten"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: what is to be kept for ever is not forgotten, nor by a clock gone wrong.
    #[test]
    fn what_is_kept_begins_so_many_days_ago_or_never() {
        let moment = |text: &str| -> DateTime { text.parse().unwrap() };
        let now = moment("2026-03-01T12:00:00Z");
        assert_eq!(kept_since(now, None), None);
        let since = kept_since(now, Some(60));
        assert_eq!(since, Some(moment("2025-12-31T12:00:00Z")));
        let reset = moment("1970-01-02T00:00:00Z");
        let since = kept_since(reset, Some(36_500));
        assert!(since.is_none_or(|since| since < reset), "{since:?}");
    }
}
