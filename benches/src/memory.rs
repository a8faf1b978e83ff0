//! `memory`: what a stored token takes.

use crate::options::MemoryOptions;
use crate::report::{MEBIBYTE, float};
use crate::seed::seed;
use crate::stop::Stop;
use crate::target::{Target, in_directory};

/// Starts a server, fills it, and compares its resident memory.
///
/// # Errors
///
/// When the server fails, or refuses a token.
pub(crate) fn run(options: &MemoryOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let target = Target::start(&options.start, directory, stop)?;
        target.announce(&options.start, directory)?;
        let before = target.memory()?;
        seed(&target, options.tokens, options.connections, stop)?;
        let after = target.memory()?;
        let grown = float(after.resident) - float(before.resident);
        println!(
            "resident before: {:.1} MiB",
            float(before.resident) / MEBIBYTE
        );
        println!(
            "resident after:  {:.1} MiB",
            float(after.resident) / MEBIBYTE
        );
        println!("peak:            {:.1} MiB", float(after.peak) / MEBIBYTE);
        println!(
            "bytes per token: {:.0} ({} tokens, store {})",
            grown / float(options.tokens),
            options.tokens,
            options.start.store
        );
        Ok(())
    })
}
