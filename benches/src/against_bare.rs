//! `authorize` and `put`: the real server beside one that does nothing.

use std::path::Path;

use crate::client::{Workload, drive};
use crate::compare::{Contestant, compare};
use crate::connection::Answer;
use crate::disk::disk_speed;
use crate::ocpi;
use crate::options::{AuthorizePath, RunOptions};
use crate::report::print_ratio;
use crate::requests::{Expected, Requests};
use crate::seed::{seed, start_seeded};
use crate::stop::Stop;
use crate::target::{Target, in_directory};
use crate::template::Template;

/// Which requests are measured.
#[derive(Clone, Copy)]
pub(crate) enum Measured {
    /// Authorize requests of stored tokens.
    Authorize(AuthorizePath),
    /// PUTs that replace stored tokens.
    Put,
}

impl Measured {
    fn template(self, target: &Target) -> Template {
        match self {
            Measured::Authorize(path) => ocpi::authorize(target.address, path),
            Measured::Put => ocpi::put(target.address),
        }
    }

    fn expected(self) -> Expected {
        match self {
            Measured::Authorize(_) => Expected::allowed(),
            Measured::Put => Expected::stored(),
        }
    }
}

/// Seeds the real server, starts a bare one that gives the same answer, and compares the two.
///
/// # Errors
///
/// When a server fails, or any answer was wrong.
pub(crate) fn run(measured: Measured, options: &RunOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| run_in(directory, measured, options, stop))
}

fn run_in(
    directory: &Path,
    measured: Measured,
    options: &RunOptions,
    stop: &Stop,
) -> anyhow::Result<()> {
    let (tokens, connections) = (options.tokens, options.load.connections);
    let (real, store) = if let Some(url) = &options.server {
        let real = Target::running(url)?;
        seed(&real, tokens, connections, stop)?;
        (real, "of the running server".to_owned())
    } else {
        let real = start_seeded(&options.start, tokens, connections, directory, stop)?;
        let disk = disk_speed(&options.start, directory, stop)?;
        (real, format!("{}{disk}", options.start.store))
    };

    let requests = Requests::random(
        measured.template(&real),
        measured.expected(),
        0..tokens,
        options.load.seed,
    );
    let answer = probe(&real, requests.clone(), stop)?;
    let bare = Target::start_bare(options.bare, &answer, directory, stop)?;
    println!("each answer: {} bytes with its head", answer.len());

    let for_bare = requests.clone().with_template(measured.template(&bare));
    let names = ["real", "bare"];
    let rounds = compare(
        [
            Contestant {
                name: names[0].to_owned(),
                target: &real,
                requests,
            },
            Contestant {
                name: names[1].to_owned(),
                target: &bare,
                requests: for_bare,
            },
        ],
        &options.load,
        stop,
    )?;
    let conditions = format!(
        "{connections} connections, bare {}, store {store}",
        options.bare
    );
    print_ratio(names, &rounds, &conditions);
    Ok(())
}

/// One request, to learn what the real server answers.
fn probe(target: &Target, requests: Requests, stop: &Stop) -> anyhow::Result<Vec<u8>> {
    let mut probe = Probe {
        requests,
        is_sent: false,
        answer: Vec::new(),
    };
    let outcome = drive(target.address, 1, &mut probe, None, stop)?;
    outcome.checked.require_right()?;
    Ok(probe.answer)
}

/// A workload of one request that keeps the answer.
struct Probe {
    requests: Requests,
    is_sent: bool,
    answer: Vec<u8>,
}

impl Workload for Probe {
    fn next_request(&mut self, request: &mut Vec<u8>) -> bool {
        !std::mem::replace(&mut self.is_sent, true) && self.requests.next_request(request)
    }

    fn is_right(&mut self, answer: &Answer<'_>) -> bool {
        self.answer = answer.raw.to_vec();
        self.requests.is_right(answer)
    }
}
