//! What the command line offers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use ocpi_bench::bare;

/// The most tokens: their numbers have nine digits.
const TOKENS_MAX: u64 = 100_000_000;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Authorize requests per second, beside a bare hyper server.
    Authorize(AuthorizeOptions),
    /// Tokens replaced by PUT per second, beside a bare hyper server.
    Put(RunOptions),
    /// Authorize requests per second with few and with many stored tokens.
    Scale(ScaleOptions),
    /// Authorize requests per second of tokens without and with a limit of concurrent sessions.
    Concurrency(ConcurrencyOptions),
    /// Bytes of memory that a stored token takes.
    Memory(MemoryOptions),
    /// Tokens per second and memory of `ocpi-server token import` into a durable store.
    Import(ImportOptions),
    /// Time from the start of a server with a large durable store to its first answer.
    Start(StartOptions),
    /// How long a driver waits at a charge point, whatever the eMSP does.
    ChargePoint(ChargePointOptions),
    /// Tokens per second to one CPO, and what becomes of CPOs that fail and a server that is killed.
    Push(PushOptions),
    /// Tokens per second from an eMSP, and whether one that changes meanwhile is missed.
    Pull(PullOptions),
    /// A server that reads each request and gives one constant answer; ends with its input.
    #[command(hide = true)]
    Bare(bare::Options),
}

/// How hard and how long.
#[derive(Args)]
pub(crate) struct LoadOptions {
    /// Keep-alive connections, each with one request at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    /// Seconds that each round lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Rounds of each server, taken in turns.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Where the random choice of tokens starts.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

impl LoadOptions {
    /// How long each round lasts.
    pub(crate) fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// How `ocpi-server` is started.
#[derive(Args)]
pub(crate) struct ServerOptions {
    /// The store of the server that is started; a relative path lies in a temporary directory.
    #[arg(long, default_value = "memory:")]
    pub(crate) store: String,
    /// Where the server's output goes; without it, a file in a temporary directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) server_log: Option<PathBuf>,
}

impl ServerOptions {
    /// A durable store in the directory of the run.
    pub(crate) fn durable() -> ServerOptions {
        ServerOptions {
            store: "sqlite:ocpi.db".to_owned(),
            server_log: None,
        }
    }

    /// The file of a durable store, when the working directory is `directory`.
    pub(crate) fn store_file(&self, directory: &Path) -> Option<PathBuf> {
        let path = self.store.strip_prefix("sqlite:")?;
        Some(directory.join(path))
    }
}

/// A run against the bare server.
#[derive(Args)]
pub(crate) struct RunOptions {
    /// A quickstart server that runs already, like `http://127.0.0.1:8000`; loopback only.
    #[arg(long, value_name = "URL", conflicts_with_all = ["store", "server_log"])]
    pub(crate) server: Option<String>,
    /// The bare server to compare with.
    #[arg(long, value_enum, default_value_t = bare::Kind::Plain)]
    pub(crate) bare: bare::Kind,
    /// Tokens to store first.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) start: ServerOptions,
}

/// `ocpi-bench authorize`.
#[derive(Args)]
pub(crate) struct AuthorizeOptions {
    /// The form of the request's URL.
    #[arg(long, value_enum, default_value_t = AuthorizePath::Standard)]
    pub(crate) path: AuthorizePath,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// The two forms of an authorize URL.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AuthorizePath {
    /// OCPI's own: `.../tokens/{uid}/authorize`.
    Standard,
    /// With the owner: `.../tokens/CH/ABC/{uid}/authorize`.
    Long,
}

/// `ocpi-bench scale`.
#[derive(Args)]
pub(crate) struct ScaleOptions {
    /// Tokens in the small store.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) few: u64,
    /// Tokens in the large store.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) many: u64,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) start: ServerOptions,
}

/// `ocpi-bench concurrency`.
#[derive(Args)]
pub(crate) struct ConcurrencyOptions {
    /// Tokens of each kind: so many without a limit, and so many with one.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) tokens: u64,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) start: ServerOptions,
}

/// `ocpi-bench memory`.
#[derive(Args)]
pub(crate) struct MemoryOptions {
    /// Tokens to store.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    /// Keep-alive connections that store them.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    #[command(flatten)]
    pub(crate) start: ServerOptions,
}

/// `ocpi-bench import`.
#[derive(Args)]
pub(crate) struct ImportOptions {
    /// Tokens in the file.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    /// What the file is.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// Import the same file into another empty store through a running server, too.
    #[arg(long)]
    pub(crate) online: bool,
}

/// A format that `ocpi-server token import` reads.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// The names of the columns, then one token a line.
    Csv,
}

/// `ocpi-bench charge-point`.
#[derive(Args)]
pub(crate) struct ChargePointOptions {
    /// Questions to an eMSP that never answers, each about another card.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) questions: u64,
    /// Drivers who wait at once.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=250))]
    pub(crate) drivers: u16,
    /// Drivers at once when the eMSP is not asked any more.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=250))]
    pub(crate) askers: u16,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) start: ServerOptions,
}

/// `ocpi-bench push`.
#[derive(Args)]
pub(crate) struct PushOptions {
    /// Tokens to one CPO.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    /// CPOs that fail.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) cpos: u8,
    /// Changes meanwhile.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2..=TOKENS_MAX))]
    pub(crate) changes: u64,
    /// Tokens that change.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) few: u64,
    /// How they fail, as `ocpi-server simulate` reads it.
    #[arg(
        long,
        default_value = "slow=0.02:50,reset=0.02,error_5xx=0.05,too_many=0.005:1,truncated=0.02,html=0.02,hang=0.001"
    )]
    pub(crate) faults: String,
    /// Where their failures, the changes and the moment of the kill come from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `ocpi-bench pull`.
#[derive(Args)]
pub(crate) struct PullOptions {
    /// Tokens of the eMSP.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    /// Tokens on a page.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) page: u64,
    /// Which Tokens change meanwhile comes from it: one of a hundred.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `ocpi-bench start`.
#[derive(Args)]
pub(crate) struct StartOptions {
    /// Tokens in the store.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX))]
    pub(crate) tokens: u64,
    /// Starts of each kind.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Connections of the load in which the server is killed.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
}
