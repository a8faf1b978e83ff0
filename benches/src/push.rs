//! `push`: how fast our tokens get to CPOs, and whether they get there whatever happens.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread::scope;
use std::time::Duration;

use anyhow::bail;
use fastrand::Rng;
use ocpi_domain::Party;
use ocpi_simulate::{Peer, PeerRole};
use serde_json::{Value, json};

use crate::client::drive;
use crate::clock::now;
use crate::configuration::{Known, configuration};
use crate::import::import;
use crate::ocpi;
use crate::options::{Format, PushOptions, ServerOptions};
use crate::peers::{Peers, faults_of, wait_until};
use crate::report::{MEBIBYTE, float, per_second};
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::{CONFIGURATION, Target, in_directory};
use crate::token_file;

/// The cache of cards fills after a start, whatever is pushed; small, so that what is seen is the
/// memory of the push.
const SMALL_CACHE: &str = "store_cache_bytes_max = 16777216\n";

/// How often it is looked how far it is.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest that a push of everything may take, seconds.
const PUSH_SECONDS_MAX: u64 = 2 * 60 * 60;
/// The longest that it may take until all are in step when nothing fails any more, seconds.
const CONVERGENCE_SECONDS_MAX: u64 = 10 * 60;

/// Everything to one CPO, and changes to many that fail.
///
/// # Errors
///
/// When the server fails, or a CPO does not come to have what is true, or saw an older version of a
/// token after a newer.
pub(crate) fn run(options: &PushOptions, stop: &Stop) -> anyhow::Result<()> {
    let peers = Peers::new()?;
    in_directory(stop, |directory| to_one(options, &peers, directory, stop))?;
    in_directory(stop, |directory| to_many(options, &peers, directory, stop))
}

/// The configuration of the eMSP CH/ABC that pushes to these CPOs.
fn emsp_of(cpos: &[Peer]) -> String {
    let of = |(number, cpo): (usize, &Peer)| {
        let party = format!("C{number:02}");
        (
            format!("cpo-{number}"),
            party,
            cpo.versions_url(),
            cpo.token().to_owned(),
        )
    };
    let rows: Vec<_> = cpos.iter().enumerate().map(of).collect();
    let known = rows.iter().map(|(id, party, url, token)| Known {
        id,
        roles: &["CPO"],
        party: ("NL", party),
        token: id,
        called: Some((url, token)),
        profile: "",
    });
    let known: Vec<Known<'_>> = known.collect();
    configuration(&[("CH", "ABC", "EMSP")], &known, SMALL_CACHE)
}

fn cpo(peers: &Peers, number: u8, faults: &str, seed: u64) -> anyhow::Result<Peer> {
    let party = Party::new("NL", &format!("C{number:02}"))?;
    peers.start(PeerRole::Cpo, party, faults, seed + u64::from(number))
}

fn to_one(
    options: &PushOptions,
    peers: &Peers,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<()> {
    let server = ServerOptions::durable();
    let cpo = [cpo(peers, 0, "", options.seed)?];
    let configuration = emsp_of(&cpo);
    fs::write(directory.join(CONFIGURATION), &configuration)?;
    let file = token_file::write(directory, options.tokens, Format::Jsonl, stop)?;
    import(&server, directory, &file, stop)?;
    fs::remove_file(&file)?;
    let begin = now();
    let target = Target::configured(&server, directory, &configuration, stop)?;
    target.announce(&server, directory)?;
    let resident = target.memory()?.resident;
    let tokens = usize::try_from(options.tokens)?;
    wait_until("the push", PUSH_SECONDS_MAX, PAUSE, stop, || {
        Ok(cpo[0].received_count() >= tokens)
    })?;
    let elapsed = now() - begin;
    let memory = target.memory()?;
    println!(
        "push to one CPO: {:.0} tokens/s ({tokens} tokens in {:.1} s), memory {:.1} MiB at the start, peak {:.1} MiB",
        per_second(options.tokens, elapsed),
        elapsed.as_secs_f64(),
        float(resident) / MEBIBYTE,
        float(memory.peak) / MEBIBYTE,
    );
    target.terminate(stop)
}

/// The tokens of the eMSP by uid, as its operator sees them.
fn truth(peers: &Peers, target: &Target) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut tokens = BTreeMap::new();
    let mut after = String::new();
    loop {
        let path = format!("/admin/v1/tokens?limit=1000{after}");
        let page = peers.ask(target.admin()?, "GET", &path, None)?;
        for token in page["items"].as_array().into_iter().flatten() {
            let uid = token["uid"].as_str().unwrap_or_default();
            tokens.insert(uid.to_owned(), token.clone());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(tokens),
        }
    }
}

/// What a CPO was told, by uid.
fn told(cpo: &Peer) -> BTreeMap<String, Value> {
    let received = cpo.received().into_values();
    let named = received.map(|received| {
        let uid = received.token.uid.as_str().to_owned();
        (uid, json!(received.token))
    });
    named.collect()
}

fn to_many(
    options: &PushOptions,
    peers: &Peers,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<()> {
    let server = ServerOptions::durable();
    let faults = &options.faults;
    let cpos = (0..options.cpos).map(|number| cpo(peers, number, faults, options.seed));
    let cpos: Vec<Peer> = cpos.collect::<anyhow::Result<_>>()?;
    let file = emsp_of(&cpos);
    let target = Target::configured(&server, directory, &file, stop)?;
    target.announce(&server, directory)?;
    let killed_after = kill_under_changes(options, target, stop)?;
    let target = Target::configured(&server, directory, &file, stop)?;
    let rest = options.changes - options.changes / 2;
    let mut requests = changes(options, &target, options.changes / 2, rest)?;
    let outcome = drive(target.admin()?, 4, &mut requests, None, stop)?;
    outcome.checked.require_right()?;
    let begin = now();
    for cpo in &cpos {
        cpo.set_faults(faults_of("")?);
    }
    let truth = truth(peers, &target)?;
    wait_until(
        "all are in step",
        CONVERGENCE_SECONDS_MAX,
        PAUSE,
        stop,
        || Ok(cpos.iter().all(|cpo| told(cpo) == truth)),
    )?;
    let older: u64 = cpos.iter().map(Peer::older_after_newer).sum();
    let requests: u64 = cpos.iter().map(Peer::requests).sum();
    println!(
        "push to {} CPOs that fail by seed {}: {} changes of {} tokens, kill -9 after {:.2} s of them: all in step {:.1} s after \
         the last fault, {requests} requests, older after newer: {older}",
        cpos.len(),
        options.seed,
        options.changes,
        truth.len(),
        killed_after.as_secs_f64(),
        (now() - begin).as_secs_f64(),
    );
    if older > 0 {
        bail!("an older version came after a newer {older} times");
    }
    target.terminate(stop)
}

/// Changes of any of the tokens.
fn changes(
    options: &PushOptions,
    target: &Target,
    from: u64,
    count: u64,
) -> anyhow::Result<Requests> {
    let template = ocpi::change(target.admin()?);
    let tokens = 0..options.few;
    let requests = Requests::random(template, Expected::changed(), tokens, options.seed + from);
    Ok(requests.numbered(from, count))
}

/// Sends the first half of the changes, and kills the server in the midst of them; how long after
/// the first.
fn kill_under_changes(
    options: &PushOptions,
    target: Target,
    stop: &Stop,
) -> anyhow::Result<Duration> {
    let admin = target.admin()?;
    let mut requests = changes(options, &target, 0, options.changes / 2)?;
    let mut rng = Rng::with_seed(options.seed);
    let begin = now();
    scope(|scope| {
        let load = scope.spawn(|| {
            // It ends by an error: the server is killed.
            let _ = drive(admin, 4, &mut requests, None, stop);
        });
        let pause = Duration::from_millis(rng.u64(200..1500));
        while !load.is_finished() && now() - begin < pause {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(target);
    });
    stop.check()?;
    Ok(now() - begin)
}
