//! The log: structured lines to standard error, by a writer that never makes a request wait.

mod line;
mod panics;
mod queue;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::Settings;
use crate::system::SystemClock;
use line::Lines;

pub(crate) use queue::{DroppedLines, LogQueue};

/// Bytes that may wait to be written; lines beyond are dropped and counted.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Starts the log, panics included; it is written to its end when the value is dropped.
///
/// # Errors
///
/// A filter that cannot be read.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<LogQueue> {
    let filter = settings.log.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log: `{filter}`"))?;
    let queue = LogQueue::start(WAITING_BYTES_MAX, std::io::stderr())?;
    let lines = Lines {
        format: settings.log_format,
        clock: SystemClock::new(),
        writer: queue.writer(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    std::panic::set_hook(Box::new(panics::log));
    Ok(queue)
}
