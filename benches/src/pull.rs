//! `pull`: how the tokens of another of our servers get here, while some of them change.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};

use crate::client::{Workload, drive};
use crate::clock::now;
use crate::configuration::{Known, configuration};
use crate::connection::Answer;
use crate::ocpi;
use crate::options::{PullOptions, ServerOptions};
use crate::peers::{Peers, today, wait_until};
use crate::report::{MEBIBYTE, float, median, per_second};
use crate::requests::{Expected, Requests};
use crate::seed::start_seeded;
use crate::stop::Stop;
use crate::target::{Target, in_directory};

/// How often it is looked how far it is.
const PAUSE: Duration = Duration::from_millis(2);
/// The longest that it may take, seconds.
const SECONDS_MAX: u64 = 2 * 60 * 60;
/// Pages at either end that are compared.
const PAGES: usize = 100;

/// Two servers, an eMSP and a CPO that fetches all of its tokens.
///
/// # Errors
///
/// When a server fails, or a token was missed.
pub(crate) fn run(options: &PullOptions, stop: &Stop) -> anyhow::Result<()> {
    let peers = Peers::new()?;
    in_directory(stop, |directory| {
        let [emsp_directory, cpo_directory] = ["emsp", "cpo"].map(|name| directory.join(name));
        fs::create_dir(&emsp_directory)?;
        fs::create_dir(&cpo_directory)?;
        let server = ServerOptions::durable();
        let emsp = start_seeded(&server, options.tokens, 64, &emsp_directory, stop)?;
        let cpo = start_cpo(options, &emsp, &server, &cpo_directory, stop)?;
        let begin = now();
        let moments = crawl(options, &peers, &emsp, &cpo, stop)?;
        let elapsed = now() - begin;
        let memory = cpo.memory()?;
        println!(
            "pull: {:.0} tokens/s ({} tokens in {:.1} s, {} changed meanwhile), peak memory of the CPO {:.1} MiB",
            per_second(options.tokens, elapsed),
            options.tokens,
            elapsed.as_secs_f64(),
            options.tokens / 100,
            float(memory.peak) / MEBIBYTE,
        );
        report_pages(&moments);
        require_all(&peers, &emsp, &cpo, stop)?;
        cpo.terminate(stop)?;
        emsp.terminate(stop)
    })
}

fn start_cpo(
    options: &PullOptions,
    emsp: &Target,
    server: &ServerOptions,
    directory: &Path,
    stop: &Stop,
) -> anyhow::Result<Target> {
    let versions_url = format!("http://{}/ocpi/versions", emsp.address);
    let known = Known {
        id: "emsp",
        roles: &["EMSP"],
        party: ("CH", "ABC"),
        token: "your-token",
        called: Some((&versions_url, "your-token")),
        profile: "",
    };
    let more = format!("[sync]\npull_page_size = {}\n", options.page);
    let file = configuration(&[("NL", "ALF", "CPO")], &[known], &more);
    let target = Target::configured(server, directory, &file, stop)?;
    target.announce(server, directory)?;
    Ok(target)
}

/// How far the pull is.
fn status(peers: &Peers, cpo: &Target) -> anyhow::Result<Value> {
    let shown = peers.ask(cpo.admin()?, "GET", "/admin/v1/sync", None)?;
    let pull = shown["items"][0]["pull"].clone();
    if pull.is_null() {
        anyhow::bail!("nothing is pulled: {shown}");
    }
    Ok(pull)
}

/// Waits until everything is there, and changes one of a hundred meanwhile; when each page of the
/// crawl of everything was there.
fn crawl(
    options: &PullOptions,
    peers: &Peers,
    emsp: &Target,
    cpo: &Target,
    stop: &Stop,
) -> anyhow::Result<Vec<(u64, Instant)>> {
    let mut moments: Vec<(u64, Instant)> = Vec::new();
    let half = options.tokens / options.page / 2;
    let mut is_changed = false;
    wait_until("the crawl", SECONDS_MAX, PAUSE, stop, || {
        let pull = status(peers, cpo)?;
        let pages = pull["pages"].as_u64().unwrap_or_default();
        let is_of_everything = pull["all"] == json!(true);
        if is_of_everything && moments.last().is_none_or(|(known, _)| *known < pages) {
            moments.push((pages, now()));
        }
        if !is_changed && is_of_everything && pages >= half {
            is_changed = true;
            change(options, emsp, stop)?;
        }
        let is_over = !pull["all_pulled_at"].is_null() && pull["all"].is_null();
        Ok(is_over && pull["state"] == "idle")
    })?;
    if !is_changed {
        anyhow::bail!("the crawl was over before its middle was seen: take more tokens");
    }
    Ok(moments)
}

/// Changes one of a hundred tokens, before and behind where the crawl is.
fn change(options: &PullOptions, emsp: &Target, stop: &Stop) -> anyhow::Result<()> {
    let template = ocpi::put_at(emsp.address, &today().to_string());
    let tokens = 0..options.tokens;
    let requests = Requests::random(template, Expected::stored(), tokens, options.seed);
    let mut requests = requests.numbered(1, options.tokens / 100);
    let outcome = drive(emsp.address, 4, &mut requests, None, stop)?;
    outcome.checked.require_right()
}

/// Milliseconds of each page, by the moments at which its number was seen.
fn report_pages(moments: &[(u64, Instant)]) {
    let each: Vec<f64> = moments
        .windows(2)
        .filter_map(|two| {
            let ((before, began), (after, ended)) = (two[0], two[1]);
            let pages = float(after.checked_sub(before).filter(|pages| *pages > 0)?);
            Some((ended - began).as_secs_f64() * 1000.0 / pages)
        })
        .collect();
    let count = PAGES.min(each.len() / 2);
    let first = median(each[..count].to_vec());
    let last = median(each[each.len() - count..].to_vec());
    println!(
        "pages: first {count} {first:.2} ms, last {count} {last:.2} ms (medians): ratio {:.2}",
        last / first
    );
}

/// What a token must look like, by its uid.
type Truth = HashMap<String, (String, String)>;

fn content(token: &Value) -> (String, String) {
    let text = |name: &str| token[name].as_str().unwrap_or_default().to_owned();
    (text("visual_number"), text("last_updated"))
}

/// Reads every copy, and compares it with what it is a copy of.
struct Copies {
    requests: Requests,
    truth: Truth,
    missed: u64,
}

impl Workload for Copies {
    fn next_request(&mut self, request: &mut Vec<u8>) -> bool {
        self.requests.next_request(request)
    }

    fn is_right(&mut self, answer: &Answer<'_>) -> bool {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let token = &body["data"];
        let uid = token["uid"].as_str().unwrap_or_default();
        let is_right = self.truth.get(uid) == Some(&content(token));
        self.missed += u64::from(!is_right);
        is_right
    }
}

/// Goes on when the CPO has every token as the eMSP has it.
fn require_all(peers: &Peers, emsp: &Target, cpo: &Target, stop: &Stop) -> anyhow::Result<()> {
    let mut truth = Truth::new();
    let mut after = String::new();
    loop {
        stop.check()?;
        let path = format!("/admin/v1/tokens?limit=1000{after}");
        let page = peers.ask(emsp.admin()?, "GET", &path, None)?;
        for token in page["items"].as_array().into_iter().flatten() {
            let uid = token["uid"].as_str().context("a uid")?;
            truth.insert(uid.to_owned(), content(token));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let count = u64::try_from(truth.len())?;
    let template = ocpi::get_copy(cpo.address);
    let mut copies = Copies {
        requests: Requests::each(template, Expected::stored(), 0..count),
        truth,
        missed: 0,
    };
    let outcome = drive(cpo.address, 64, &mut copies, None, stop)?;
    println!("missed: {} of {count}", copies.missed);
    outcome.checked.require_right()
}
