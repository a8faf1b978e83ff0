//! The reference server of OCPI token authorization: settings, composition, signals.

mod cli;
mod compose;
mod config_file;
mod logging;
mod quickstart;
mod settings;
mod signals;
mod system;
mod workers;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::sync::watch;

use crate::cli::Cli;
use crate::settings::Settings;
use crate::workers::Workers;

/// A request makes some dozens of small objects, and a record of it outlives it: a general
/// allocator spends a sixth of the processor on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            system::print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal asks to stop.
fn run(cli: &Cli) -> anyhow::Result<()> {
    let settings = Settings::load(cli)?;
    let log = logging::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the server cannot be started")?;
    let workers = Workers::start()?;
    let served = runtime.block_on(async {
        let (stop_sender, stop) = watch::channel(false);
        let bound = compose::bind(&settings).await?;
        let composed = compose::compose(settings, bound, &log, stop).await?;
        signals::stop_on_signal(stop_sender)?;
        composed.serve(workers.handles()).await;
        Ok(())
    });
    // What waits in the log is written before the process ends.
    drop(workers);
    drop(log);
    served
}
