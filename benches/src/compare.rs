//! Two servers in turns, so that both see the same machine.

use std::time::Duration;

use crate::checked::Checked;
use crate::client::{Outcome, drive};
use crate::options::LoadOptions;
use crate::process;
use crate::report::{self, Round};
use crate::requests::Requests;
use crate::stop::Stop;
use crate::target::Target;

/// Caches and the server's memory settle in a round that does not count.
const WARM_UP: Duration = Duration::from_secs(1);

/// One of the two.
pub(crate) struct Contestant<'a> {
    /// What the report calls it.
    pub(crate) name: String,
    /// Where the requests go.
    pub(crate) target: &'a Target,
    /// What is asked.
    pub(crate) requests: Requests,
}

/// Runs the rounds, printing each, and returns those of the first and of the second.
///
/// # Errors
///
/// When a server fails, or any answer was wrong: the first ends the warm-up, those of the
/// measured rounds are counted to the end.
pub(crate) fn compare(
    mut contestants: [Contestant<'_>; 2],
    load: &LoadOptions,
    stop: &Stop,
) -> anyhow::Result<[Vec<Round>; 2]> {
    for contestant in &mut contestants {
        let (_, outcome) = round(contestant, load.connections, WARM_UP, stop)?;
        outcome.checked.require_right()?;
    }
    report::print_head();
    let mut rounds = [Vec::new(), Vec::new()];
    let mut checked = Checked::default();
    for number in 1..=load.rounds {
        for (contestant, rounds) in contestants.iter_mut().zip(&mut rounds) {
            let (round, outcome) = round(contestant, load.connections, load.span(), stop)?;
            round.print(&format!("{number}/{}", load.rounds), &contestant.name);
            rounds.push(round);
            checked.add(outcome.checked);
        }
    }
    checked.require_right()?;
    Ok(rounds)
}

fn round(
    contestant: &mut Contestant<'_>,
    connections: u16,
    span: Duration,
    stop: &Stop,
) -> anyhow::Result<(Round, Outcome)> {
    let Contestant {
        target, requests, ..
    } = contestant;
    let client = std::process::id();
    let before = (target.cpu_time()?, process::cpu_time(client)?);
    let outcome = drive(target.address, connections, requests, Some(span), stop)?;
    let after = (target.cpu_time()?, process::cpu_time(client)?);
    let server_cpu = after.0.zip(before.0);
    let server_cpu = server_cpu.map(|(after, before)| after.saturating_sub(before));
    let client_cpu = after.1.saturating_sub(before.1);
    let round = Round::of(&outcome, server_cpu, client_cpu);
    Ok((round, outcome))
}
