//! Signals: the first asks to stop, the second does not ask.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Exit;

/// Sends `true` on the first SIGINT or SIGTERM.
///
/// # Errors
///
/// When the system does not let us listen to signals.
pub(crate) fn stop_on_signal(stop: watch::Sender<bool>) -> anyhow::Result<()> {
    let listen = |kind| signal(kind).context("signals cannot be listened to");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        next().await;
        tracing::info!("stopping: what is in flight is finished first");
        stop.send_replace(true);
        next().await;
        std::process::exit(Exit::CutShort as i32);
    });
    Ok(())
}
