//! Asking.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::latencies::Latencies;
use super::options::TapsOptions;
use super::report::Report;
use crate::caller::{Answered, Caller};
use crate::cards::card_uid;
use crate::dice;

/// Why there were no taps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TapsError(String);

/// The slowest rate, taps a second. Much slower ones have turns that no clock reaches.
const RATE_MIN: f64 = 0.001;

/// What those who ask have in common.
struct Taps {
    options: TapsOptions,
    caller: Caller,
    url: String,
    authorization: String,
    began_us: u64,
    next: AtomicU64,
}

/// One question.
struct Tap {
    took_us: u64,
    answered: Result<Answered, String>,
}

/// Asks as the options say, and waits for every answer. A question that fails is counted, and does
/// not end it.
///
/// # Errors
///
/// [`TapsError`] for options that nothing can be made of.
pub async fn run(options: TapsOptions) -> Result<Report, TapsError> {
    check(&options)?;
    let base = options.admin_url.trim_end_matches('/');
    let taps = Arc::new(Taps {
        caller: Caller::new(),
        url: format!("{base}/admin/v1/charge-point/authorize"),
        authorization: format!("Bearer {}", options.admin_token),
        began_us: options.clock.elapsed_us(),
        next: AtomicU64::new(0),
        options,
    });
    let mut askers = JoinSet::new();
    for _ in 0..taps.options.in_flight {
        askers.spawn(ask(Arc::clone(&taps)));
    }
    let mut report = Report::default();
    let mut times = Vec::new();
    for taps in askers.join_all().await {
        for tap in taps {
            count(&mut report, &mut times, tap);
        }
    }
    report.latencies = Latencies::of(times);
    report.elapsed_ms = (taps.options.clock.elapsed_us() - taps.began_us) / 1000;
    Ok(report)
}

fn check(options: &TapsOptions) -> Result<(), TapsError> {
    let invalid = |reason: &str| Err(TapsError(reason.to_owned()));
    if options.in_flight == 0 {
        return invalid("at least one question must be under way at once");
    }
    if options.cards == 0 && options.uids.is_empty() {
        return invalid("there must be a card to tap");
    }
    if options
        .rate
        .is_some_and(|rate| !rate.is_finite() || rate < RATE_MIN)
    {
        return Err(TapsError(format!(
            "the rate must be {RATE_MIN} taps a second or more"
        )));
    }
    if !options.admin_url.starts_with("http://") {
        return invalid("the operator's API must be at an http URL: no TLS is spoken here");
    }
    Ok(())
}

/// Asks one question after the other until there are enough.
async fn ask(taps: Arc<Taps>) -> Vec<Tap> {
    let mut asked = Vec::new();
    loop {
        let number = taps.next.fetch_add(1, Ordering::SeqCst);
        if number >= taps.options.count {
            return asked;
        }
        taps.wait_for_turn(number).await;
        let question = taps.question(number);
        let began = taps.options.clock.elapsed_us();
        let answered = taps
            .caller
            .send(
                Method::POST,
                &taps.url,
                &taps.authorization,
                Some(&question),
            )
            .await;
        let took_us = taps.options.clock.elapsed_us().saturating_sub(began);
        asked.push(Tap { took_us, answered });
    }
}

impl Taps {
    /// Waits until it is the turn of that question, where there is a rate.
    async fn wait_for_turn(&self, number: u64) {
        let Some(rate) = self.options.rate else {
            return;
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "nobody taps 2^52 times, and a turn may be off by a little"
        )]
        let turn = Duration::try_from_secs_f64(number as f64 / rate).unwrap_or(Duration::MAX);
        let elapsed = self
            .options
            .clock
            .elapsed_us()
            .saturating_sub(self.began_us);
        let wait = turn.saturating_sub(Duration::from_micros(elapsed));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn question(&self, number: u64) -> Value {
        let options = &self.options;
        let random = dice::number(options.seed, "tap", number);
        let uid = match u64::try_from(options.uids.len()) {
            Ok(count) if count > 0 => {
                let index = usize::try_from(random % count).unwrap_or_default();
                options.uids.get(index).cloned().unwrap_or_default()
            }
            _ => {
                let card = random % u64::from(options.cards);
                card_uid(options.seed, u32::try_from(card).unwrap_or_default())
            }
        };
        let mut question = json!({
            "uid": uid, "type": "RFID", "purpose": "start", "location_id": options.location_id,
        });
        if let Some(evse) = &options.evse_uid {
            question["evse_uid"] = Value::from(evse.as_str());
        }
        if let Some(cpo) = options.cpo {
            question["cpo"] = json!({
                "country_code": cpo.country_code.as_str(), "party_id": cpo.party_id.as_str(),
            });
        }
        question
    }
}

fn count(report: &mut Report, times: &mut Vec<u64>, tap: Tap) {
    report.asked += 1;
    let failure = match tap.answered {
        Ok(Answered { http: 200, body }) => {
            let word = |name: &str| body[name].as_str().map(str::to_owned);
            if let (Some(source), Some(allowed)) = (word("source"), word("allowed")) {
                report.answered += 1;
                *report.by_source.entry(source).or_default() += 1;
                *report.by_allowed.entry(allowed).or_default() += 1;
                times.push(tap.took_us);
                return;
            }
            "HTTP 200 without a decision".to_owned()
        }
        Ok(Answered { http, body }) => {
            let said = body["detail"].as_str().or(body["title"].as_str());
            format!("HTTP {http} {}", said.unwrap_or_default())
        }
        Err(reason) => reason,
    };
    *report.failed.entry(failure).or_default() += 1;
}
