//! `concurrency`: what a limit of concurrent sessions costs.

use std::ops::Range;
use std::path::Path;

use crate::client::drive;
use crate::compare::{Contestant, compare};
use crate::disk::disk_speed;
use crate::ocpi;
use crate::options::ConcurrencyOptions;
use crate::report::print_cost;
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::{Target, in_directory};
use crate::template::Template;

/// The account of the tokens that have no limit, and of those that have one.
const ACCOUNTS: [&str; 2] = [
    r#"{"blocked":false}"#,
    r#"{"blocked":false,"concurrent_sessions_max":1}"#,
];

/// What the report calls them.
const NAMES: [&str; 2] = ["without limit", "limit 1"];

/// Stores as many tokens without a limit as with one in the same server, and asks about the former
/// and the latter in turns, about each at its own EVSE: so all are allowed, again and again.
///
/// # Errors
///
/// When the server fails, or any answer was wrong.
pub(crate) fn run(options: &ConcurrencyOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let target = start_with_accounts(options, directory, stop)?;
        let disk = disk_speed(&options.start, directory, stop)?;
        let contestants = [0, 1].map(|kind| {
            let template = ocpi::authorize_at_own_evse(target.address);
            let tokens = tokens_of(kind, options.tokens);
            Contestant {
                name: NAMES[kind].to_owned(),
                target: &target,
                requests: Requests::random(
                    template,
                    Expected::allowed(),
                    tokens,
                    options.load.seed,
                ),
            }
        });
        let rounds = compare(contestants, &options.load, stop)?;
        let conditions = format!(
            "{} connections, store {}{disk}",
            options.load.connections, options.start.store
        );
        print_cost(NAMES, &rounds, &conditions);
        Ok(())
    })
}

/// The tokens of a kind, each of which has so many.
fn tokens_of(kind: usize, tokens: u64) -> Range<u64> {
    if kind == 0 {
        0..tokens
    } else {
        tokens..2 * tokens
    }
}

/// A server with the tokens and their accounts. The tokens are in no group: an ALLOWED of one that
/// is takes a slot for the others, limit or none.
fn start_with_accounts(
    options: &ConcurrencyOptions,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<Target> {
    let target = Target::start(&options.start, directory, stop)?;
    target.announce(&options.start, directory)?;
    let connections = options.load.connections;
    let each = |server, template: Template, expected, tokens| {
        let mut requests = Requests::each(template, expected, tokens);
        let outcome = drive(server, connections, &mut requests, None, stop)?;
        outcome.checked.require_right()
    };
    let put = ocpi::put_without_group(target.address);
    each(
        target.address,
        put,
        Expected::stored(),
        0..2 * options.tokens,
    )?;
    let admin = target.admin()?;
    for (kind, account) in ACCOUNTS.iter().enumerate() {
        let tokens = tokens_of(kind, options.tokens);
        let put = ocpi::put_account(admin, account);
        each(admin, put, Expected::account(), tokens)?;
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_of_both_kinds() {
        let (without, with) = (tokens_of(0, 1000), tokens_of(1, 1000));
        assert_eq!(
            (without.clone().count(), with.clone().count()),
            (1000, 1000)
        );
        assert!(without.end <= with.start);
    }

    #[test]
    fn the_accounts_differ_in_the_limit_alone() {
        let [without, mut with] = ACCOUNTS.map(|text| {
            let account: ocpi_domain::TokenAccount = serde_json::from_str(text).unwrap();
            account
        });
        assert_eq!(with.concurrent_sessions_max.take(), Some(1));
        assert_eq!(without, with);
    }
}
