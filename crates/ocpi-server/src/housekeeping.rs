//! What is done every hour: the end of the chain is published, old records are forgotten.

use std::sync::Arc;
use std::time::Duration;

use ocpi_app::App;
use ocpi_domain::DateTime;

const HOUR: Duration = Duration::from_hours(1);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Keeps house, now and every hour. `keep_days` is how long records are kept, `None` for ever.
pub(crate) async fn keep(app: Arc<App>, keep_days: Option<u32>) {
    let mut hours = tokio::time::interval(HOUR);
    loop {
        hours.tick().await;
        app.log_chain_head();
        if let Some(days) = keep_days {
            forget_records(&app, days).await;
        }
    }
}

async fn forget_records(app: &App, days: u32) {
    let before_ms = app.now().unix_ms().saturating_sub(i64::from(days) * DAY_MS);
    // A clock before the year 1970 has nothing to forget.
    let Ok(before) = DateTime::from_unix_ms(before_ms) else {
        return;
    };
    match app.forget_records(before).await {
        Ok(0) => {}
        Ok(records) => tracing::info!(records, %before, "old records were forgotten"),
        Err(error) => tracing::warn!(%error, "old records could not be forgotten"),
    }
}
