//! Filling a server with tokens.

use std::time::Duration;

use crate::client::drive;
use crate::clock::now;
use crate::ocpi;
use crate::report::per_second;
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::Target;

/// Progress is told this many times.
const STEPS: u64 = 10;

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
