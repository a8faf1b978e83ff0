//! Ending early without leaving a server behind.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether a signal asked to end. The children are killed by their guards, so a signal must
/// unwind the program and not end it on the spot.
#[derive(Clone)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Notes SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler.
    pub(crate) fn on_signals() -> io::Result<Stop> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Stop(asked))
    }

    /// Goes on, unless asked to end.
    ///
    /// # Errors
    ///
    /// When a signal came.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}
