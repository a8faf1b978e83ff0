//! The command line, and the environment where it is silent.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Real-time authorization of OCPI Tokens for eMSPs, CPOs and platforms.
///
/// Started without a configuration file and without --public-url, it is a demonstration that
/// listens on loopback only and answers the calls that it prints.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: what happens without a command, too.
    Serve(ServeArgs),
}

/// What can be set beside the configuration file; a flag wins over the environment, the
/// environment over the file.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The configuration file (TOML).
    #[arg(long, env = "OCPI_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where OCPI is served.
    #[arg(long, env = "OCPI_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where health and metrics are served.
    #[arg(long, env = "OCPI_ADMIN_LISTEN", value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Where Tokens and records are kept: `memory:`.
    #[arg(long, env = "OCPI_STORE", value_name = "URL")]
    pub(crate) store: Option<String>,
    /// The base of every URL that is published, as `https://ocpi.example.com`.
    #[arg(long, env = "OCPI_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// How log lines look.
    #[arg(long, env = "OCPI_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged, as `info` or `ocpi_http=debug,info`.
    #[arg(long, env = "OCPI_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For a person.
    Human,
    /// For a machine: one JSON object a line.
    Json,
}

impl Cli {
    /// The arguments of the command that was given.
    pub(crate) fn serve_args(&self) -> &ServeArgs {
        match &self.command {
            Some(Command::Serve(args)) => args,
            None => &self.serve,
        }
    }
}
