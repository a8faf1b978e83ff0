//! The commands about Tokens on their way.

use clap::{Args, Subcommand};
use ocpi_domain::PlatformId;

/// `sync`
#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Show how far the exchange is with each platform.
    Status,
    /// Push our Tokens to CPOs now, whatever pause is on, and wait until they have them.
    Push(SyncArgs),
    /// Pull the Tokens of eMSPs now, whatever pause is on, and wait until they are here.
    Pull(SyncArgs),
}

/// `sync push` and `sync pull`
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// One platform only.
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Option<PlatformId>,
    /// Every Token anew, not only what changed.
    #[arg(long)]
    pub(crate) everything: bool,
    /// Do not wait for the end; the server goes on. Needs the server to run.
    #[arg(long)]
    pub(crate) no_wait: bool,
}
