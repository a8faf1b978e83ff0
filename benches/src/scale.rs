//! `scale`: whether a large store answers as fast as a small one.

use std::fs;
use std::path::Path;

use crate::compare::{Contestant, compare};
use crate::disk::disk_speed;
use crate::ocpi;
use crate::options::{AuthorizePath, ScaleOptions};
use crate::report::print_ratio;
use crate::requests::{Expected, Requests};
use crate::seed::start_seeded;
use crate::stop::Stop;
use crate::target::{Target, in_directory};

/// Seeds two servers, one with few and one with many tokens, and compares them.
///
/// # Errors
///
/// When a server fails, or any answer was wrong.
pub(crate) fn run(options: &ScaleOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let many = seeded(options, options.many, &directory.join("many"), stop)?;
        let few = seeded(options, options.few, &directory.join("few"), stop)?;
        let disk = disk_speed(&options.start, &directory.join("many"), stop)?;
        let contestants = [
            contestant(options, &many, options.many),
            contestant(options, &few, options.few),
        ];
        let names = contestants.each_ref().map(|one| one.name.clone());
        let rounds = compare(contestants, &options.load, stop)?;
        let conditions = format!(
            "{} connections, store {}{disk}",
            options.load.connections, options.start.store
        );
        print_ratio(names.each_ref().map(String::as_str), &rounds, &conditions);
        Ok(())
    })
}

fn seeded(
    options: &ScaleOptions,
    tokens: u64,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<Target> {
    fs::create_dir(directory)?;
    let connections = options.load.connections;
    start_seeded(&options.start, tokens, connections, directory, stop)
}

fn contestant<'a>(options: &ScaleOptions, target: &'a Target, tokens: u64) -> Contestant<'a> {
    let template = ocpi::authorize(target.address, AuthorizePath::Standard);
    Contestant {
        name: format!("{tokens} tokens"),
        target,
        requests: Requests::random(template, Expected::allowed(), 0..tokens, options.load.seed),
    }
}
