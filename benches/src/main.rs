//! Load generator for `ocpi-server`: how fast it is beside a server that does nothing.
//!
//! This file is the command line alone; `README.md` beside it says how to read the numbers.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool prints its findings"
)]

mod against_bare;
mod charge_point;
mod checked;
mod child;
mod client;
mod clock;
mod compare;
mod concurrency;
mod configuration;
mod connection;
mod disk;
mod import;
mod memory;
mod ocpi;
mod options;
mod peers;
mod process;
mod pull;
mod push;
mod report;
mod requests;
mod scale;
mod seed;
mod start;
mod stop;
mod target;
mod template;
mod token_file;
mod write_ahead_log;

use std::process::ExitCode;

use clap::Parser;
use ocpi_bench::bare::{self, Kind};

use crate::against_bare::Measured;
use crate::options::Command;
use crate::stop::Stop;

/// Measures `ocpi-server` on this machine, over loopback.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    if let Command::Bare(options) = command {
        return bare::serve(Kind::Plain, &options);
    }
    if cfg!(debug_assertions) {
        eprintln!("warning: not a release build; its numbers say nothing");
    }
    let stop = Stop::on_signals()?;
    match command {
        Command::Authorize(options) => {
            let measured = Measured::Authorize(options.path);
            against_bare::run(measured, &options.run, &stop)
        }
        Command::Put(options) => against_bare::run(Measured::Put, &options, &stop),
        Command::Scale(options) => scale::run(&options, &stop),
        Command::Concurrency(options) => concurrency::run(&options, &stop),
        Command::Memory(options) => memory::run(&options, &stop),
        Command::Import(options) => import::run(&options, &stop),
        Command::Start(options) => start::run(&options, &stop),
        Command::ChargePoint(options) => charge_point::run(&options, &stop),
        Command::Push(options) => push::run(&options, &stop),
        Command::Pull(options) => pull::run(&options, &stop),
        Command::Bare(_) => Ok(()),
    }
}
