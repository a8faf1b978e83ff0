//! The tuned bare server: the allocator and the threads of `ocpi-server`, and nothing to do.
//! `ocpi-bench` starts it for `--bare tuned`.

#![expect(clippy::print_stderr, reason = "a command line tool says why it fails")]

use std::process::ExitCode;

use clap::Parser;
use ocpi_bench::bare::{self, Kind, Options};

/// As in `ocpi-server`: with another one the two could not be compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A server that reads each request and gives one constant answer; ends with its input.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    match bare::serve(Kind::Tuned, &Cli::parse().options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
