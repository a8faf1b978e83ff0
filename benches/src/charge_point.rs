//! `charge-point`: how long a driver waits, whatever the eMSP does.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};
use ocpi_domain::Party;
use ocpi_simulate::{Peer, PeerRole};
use serde_json::json;

use crate::client::{Outcome, drive};
use crate::clock::now;
use crate::compare::{Contestant, compare};
use crate::configuration::{Known, configuration};
use crate::ocpi;
use crate::options::{AuthorizePath, ChargePointOptions};
use crate::peers::{Peers, faults_of};
use crate::report::{float, print_cost};
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::{Target, in_directory};

/// The budget of an answer, as it is when nothing is set, and what may come on top of it.
const BUDGET_MS: u64 = 2000;
const GRACE_MS: u64 = 50;
/// How often an eMSP is tried that is silent, as it is when nothing is set.
const PROBE_MS: u64 = 5000;
/// How often it is looked whether the eMSP is asked again.
const PAUSE: Duration = Duration::from_millis(20);

const NAMES: [&str; 2] = ["charge point", "eMSP side"];

/// An eMSP that never answers, one that is back, and one that is not needed.
///
/// # Errors
///
/// When the server fails, or any answer was wrong; never by time.
pub(crate) fn run(options: &ChargePointOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let peers = Peers::new()?;
        let party = Party::new("DE", "EMS")?;
        let faults = "authorize.hang=1";
        let emsp = peers.start(PeerRole::Emsp, party, faults, options.load.seed)?;
        let target = start(options, directory, &emsp, stop)?;
        let run = Run {
            options,
            target,
            stop,
        };
        run.store()?;
        run.while_silent()?;
        run.while_open()?;
        run.recovered(&peers, &emsp)?;
        run.beside_the_emsp()
    })
}

/// A server of the CPO NL/ALF and the eMSP CH/ABC that knows DE/EMS.
fn start(
    options: &ChargePointOptions,
    directory: &Path,
    emsp: &Peer,
    stop: &Stop,
) -> anyhow::Result<Target> {
    let versions_url = emsp.versions_url();
    let platforms = [
        Known {
            id: "emsp",
            roles: &["EMSP"],
            party: ("DE", "EMS"),
            token: "emsp-token",
            called: Some((&versions_url, emsp.token())),
            profile: "no_pull = true",
        },
        Known {
            id: "own",
            roles: &["EMSP", "CPO"],
            party: ("CH", "ABC"),
            token: "your-token",
            called: None,
            profile: "",
        },
    ];
    let parties = [("NL", "ALF", "CPO"), ("CH", "ABC", "EMSP")];
    // As many as can be set: the more of them really wait.
    let failures = (options.questions / 2).clamp(1, 1000);
    let more = format!("[charge_point]\nbreaker_failures = {failures}\n");
    let file = configuration(&parties, &platforms, &more);
    let target = Target::configured(&options.start, directory, &file, stop)?;
    target.announce(&options.start, directory)?;
    Ok(target)
}

struct Run<'a> {
    options: &'a ChargePointOptions,
    target: Target,
    stop: &'a Stop,
}

impl Run<'_> {
    /// Stores the cards that must be asked about, those that need not be, and our own.
    fn store(&self) -> anyhow::Result<()> {
        let count = self.options.questions;
        let address = self.target.address;
        for (kind, (party, token, whitelist)) in [
            (("DE", "EMS"), "emsp-token", "ALLOWED_OFFLINE"),
            (("DE", "EMS"), "emsp-token", "ALWAYS"),
            (("CH", "ABC"), "your-token", "ALLOWED_OFFLINE"),
        ]
        .into_iter()
        .enumerate()
        {
            let template = ocpi::put_of(address, party, token, whitelist);
            let tokens = tokens_of(kind as u64, count);
            let mut requests = Requests::each(template, Expected::stored(), tokens);
            let outcome = drive(address, 32, &mut requests, None, self.stop)?;
            outcome.checked.require_right()?;
        }
        Ok(())
    }

    /// Questions about cards that must be asked about, each once.
    fn ask(&self, connections: u16) -> anyhow::Result<Outcome> {
        let admin = self.target.admin()?;
        let template = ocpi::tap(admin);
        let tokens = tokens_of(0, self.options.questions);
        let mut requests = Requests::each(template, Expected::allowed(), tokens);
        let outcome = drive(admin, connections, &mut requests, None, self.stop)?;
        outcome.checked.require_right()?;
        Ok(outcome)
    }

    fn while_silent(&self) -> anyhow::Result<()> {
        let outcome = self.ask(self.options.drivers)?;
        let latencies = &outcome.latency_ns;
        let limit_ns = (BUDGET_MS + GRACE_MS) * 1_000_000;
        let within = latencies.count_between(0, limit_ns);
        let waited = latencies.len() - latencies.count_between(0, 100 * 1_000_000);
        println!(
            "silent eMSP: {:.3} % of {} answers within {BUDGET_MS} + {GRACE_MS} ms, slowest {:.1} ms; {waited} waited \
             ({} drivers at once)",
            100.0 * float(within) / float(latencies.len()),
            latencies.len(),
            ms(latencies.max()),
            self.options.drivers,
        );
        Ok(())
    }

    fn while_open(&self) -> anyhow::Result<()> {
        let outcome = self.ask(self.options.askers)?;
        let latencies = &outcome.latency_ns;
        let at = |q| ms(latencies.value_at_quantile(q));
        println!(
            "breaker open: p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms, slowest {:.3} ms ({} answers, {} at once)",
            at(0.5),
            at(0.99),
            at(0.999),
            ms(latencies.max()),
            latencies.len(),
            self.options.askers,
        );
        Ok(())
    }

    fn recovered(&self, peers: &Peers, emsp: &Peer) -> anyhow::Result<()> {
        let admin = self.target.admin()?;
        // Whatever it has, it allows now.
        let uid = "RECOVERED";
        emsp.set_answer(uid, Some(json!({"allowed": "ALLOWED"})));
        let token = json!({
            "country_code": "DE", "party_id": "EMS", "uid": uid, "type": "RFID",
            "contract_id": "DE-EMS-C1", "issuer": "EMS", "valid": true,
            "whitelist": "ALLOWED_OFFLINE", "last_updated": "2024-01-01T00:00:00Z",
        });
        peers.put(self.target.address, "emsp-token", &token)?;
        let question = json!({
            "cpo": {"country_code": "NL", "party_id": "ALF"},
            "uid": uid, "type": "RFID", "location_id": "LOC001", "evse_uid": "EVSE001",
        });
        let ask = || peers.ask(admin, "POST", ocpi::TAP, Some(&question));
        let source = |answer: &serde_json::Value| answer["source"].as_str().map(str::to_owned);
        if source(&ask()?).as_deref() != Some("offline") {
            bail!("the eMSP is not asked, so nothing else could have come");
        }
        emsp.set_faults(faults_of("")?);
        let begin = now();
        loop {
            self.stop.check()?;
            let answer = ask()?;
            let source = source(&answer).context("no source")?;
            if source == "real_time" {
                break;
            }
            if (now() - begin).as_millis() > u128::from(20 * PROBE_MS) {
                bail!("the eMSP is back, and is not asked: {answer}");
            }
            sleep(PAUSE);
        }
        println!(
            "recovered: asked again {:.0} ms after the eMSP was back (it is tried each {PROBE_MS} ms)",
            (now() - begin).as_secs_f64() * 1000.0
        );
        Ok(())
    }

    fn beside_the_emsp(&self) -> anyhow::Result<()> {
        let admin = self.target.admin()?;
        let seed = self.options.load.seed;
        let count = self.options.questions;
        let cached = Target::running(&format!("http://{admin}"))?;
        let contestants = [
            Contestant {
                name: NAMES[0].to_owned(),
                target: &cached,
                requests: Requests::random(
                    ocpi::tap(admin),
                    Expected::allowed(),
                    tokens_of(1, count),
                    seed,
                ),
            },
            Contestant {
                name: NAMES[1].to_owned(),
                target: &self.target,
                requests: Requests::random(
                    ocpi::authorize(self.target.address, AuthorizePath::Standard),
                    Expected::allowed(),
                    tokens_of(2, count),
                    seed,
                ),
            },
        ];
        let rounds = compare(contestants, &self.options.load, self.stop)?;
        let conditions = format!(
            "answered from the copy, {} connections, store {}",
            self.options.load.connections, self.options.start.store
        );
        print_cost(NAMES, &rounds, &conditions);
        Ok(())
    }
}

fn tokens_of(kind: u64, count: u64) -> std::ops::Range<u64> {
    kind * count..(kind + 1) * count
}

fn ms(nanoseconds: u64) -> f64 {
    float(nanoseconds) / 1e6
}
