//! Filling a server with tokens.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::client::drive;
use crate::clock::now;
use crate::import::import;
use crate::ocpi;
use crate::options::{Format, ServerOptions};
use crate::report::per_second;
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::Target;
use crate::token_file;

/// Progress is told this many times.
const STEPS: u64 = 10;

/// Starts a server of ours with tokens 0 to `tokens`, and says where it is. Into a durable store
/// they are imported before it starts: that is much faster than PUTs, which wait for the disk.
///
/// # Errors
///
/// When the import fails, or the server.
pub(crate) fn start_seeded(
    options: &ServerOptions,
    tokens: u64,
    connections: u16,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<Target> {
    let is_durable = options.store_file(directory).is_some();
    if is_durable {
        let file = token_file::write(directory, tokens, Format::Jsonl, stop)?;
        let imported = import(options, directory, &file, stop)?;
        fs::remove_file(&file)?;
        progress(tokens, tokens, imported.elapsed);
    }
    let target = Target::start(options, directory, stop)?;
    target.announce(options, directory)?;
    if !is_durable {
        seed(&target, tokens, connections, stop)?;
    }
    Ok(target)
}

/// Stores tokens 0 to `tokens` by PUT, each once, over all connections.
///
/// # Errors
///
/// When the server fails or answers anything but success.
pub(crate) fn seed(
    target: &Target,
    tokens: u64,
    connections: u16,
    stop: &Stop,
) -> anyhow::Result<()> {
    let begin = now();
    let portion = tokens.div_ceil(STEPS).max(10_000);
    let mut stored = 0;
    while stored < tokens {
        let next = tokens.min(stored + portion);
        let template = ocpi::put(target.address);
        let mut requests = Requests::each(template, Expected::stored(), stored..next);
        let outcome = drive(target.address, connections, &mut requests, None, stop)?;
        outcome.checked.require_right()?;
        stored = next;
        progress(stored, tokens, now() - begin);
    }
    Ok(())
}

fn progress(stored: u64, tokens: u64, elapsed: Duration) {
    let rate = per_second(stored, elapsed);
    eprintln!("stored {stored} of {tokens} tokens, {rate:.0}/s");
}
