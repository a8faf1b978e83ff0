//! The command line, and the environment where it is silent.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::args::OperatorCommand;
use crate::simulate::SimulateCommand;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; a server: stopped by a signal
  1    could not be done, or the server not be started: standard error says why
  2    a flag that does not exist, or a value that it cannot take
  3    what was asked for is not there
  4    done in part: lines of an import were rejected, Tokens were refused or left out,
       taps were not answered, or it was interrupted
  5    the audit found a fault
  6    the store cannot be opened, or its server not be reached
  130  a second signal ended it at once";

/// Real-time authorization of OCPI Tokens for eMSPs, CPOs and platforms.
///
/// Started without a configuration file and without --public-url, it is a demonstration that
/// listens on loopback only and answers the calls that it prints.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// What the program is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: what happens without a command, too.
    Serve(ServeArgs),
    #[command(flatten)]
    Operator(OperatorCommand),
    /// Be an eMSP, a CPO or cards at charge points, for tests.
    Simulate {
        #[command(subcommand)]
        command: SimulateCommand,
    },
}

/// What can be set beside the configuration file; a flag wins over the environment, the
/// environment over the file.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeArgs {
    /// The configuration file (TOML).
    #[arg(long, env = "OCPI_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where OCPI is served.
    #[arg(long, env = "OCPI_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where the operator's API, health and metrics are served.
    #[arg(long, env = "OCPI_ADMIN_LISTEN", value_name = "ADDR")]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Where Tokens and records are kept: `sqlite:PATH` or `memory:`.
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
    /// The command that was given.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}
