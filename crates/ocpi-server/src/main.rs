//! The reference server of OCPI token authorization: settings, composition, signals, and the
//! commands of its operator.

mod args;
mod cli;
mod compose;
mod config_file;
mod exit;
mod housekeeping;
mod key_file;
mod logging;
mod outbound;
mod quickstart;
mod seeding;
mod settings;
mod signals;
mod simulate;
mod store;
mod sync_thread;
mod system;
mod workers;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::sync::watch;

use crate::args::{Cli, Command, ServeArgs};
use crate::exit::Exit;
use crate::settings::Settings;
use crate::store::OpenStore;
use crate::workers::Workers;

/// A request makes some dozens of small objects, and a record of it outlives it: a general
/// allocator spends a sixth of the processor on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let exit = match Cli::parse().command() {
        Command::Operator(command) => cli::run(command),
        Command::Simulate { command } => simulate::run(command),
        Command::Serve(args) => match serve(&args) {
            Ok(()) => Exit::Done,
            Err(error) => {
                system::print_error(&format!("{error:#}"));
                Exit::Failed
            }
        },
    };
    exit.into()
}

/// Serves until a signal asks to stop.
fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::load(args)?;
    settings.check_serving()?;
    let log = logging::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the server cannot be started")?;
    let workers = Workers::start()?;
    let bound = runtime.block_on(compose::bind(&settings))?;
    let store = OpenStore::open(&settings)?;
    let app = runtime.block_on(async {
        let (stop_sender, stop) = watch::channel(false);
        // Before it says that it listens: whoever reads that may send a signal at once.
        signals::stop_on_signal(stop_sender)?;
        let composed = compose::compose(settings, bound, &store, &log, stop).await?;
        let app = composed.app();
        composed.serve(workers.handles()).await?;
        anyhow::Ok(app)
    })?;
    // Whatever else held the store ends with these.
    drop(workers);
    drop(runtime);
    app.log_chain_head();
    drop(app);
    drop(store);
    tracing::info!("stopped");
    // What waits in the log is written before the process ends.
    drop(log);
    Ok(())
}
