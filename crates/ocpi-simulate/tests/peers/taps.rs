//! Taps, at an operator's API that a test plays.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use ocpi_domain::{DateTime, Party};
use ocpi_simulate::taps::{Report, TapsOptions, run};
use ocpi_simulate::{Clock, card_uid};
use serde_json::Value;
use tokio::net::TcpListener;

/// A clock on which a millisecond passes whenever somebody looks.
#[derive(Default)]
struct Looked(AtomicU64);

impl Clock for Looked {
    fn now(&self) -> DateTime {
        DateTime::UNIX_EPOCH
    }

    fn elapsed_us(&self) -> u64 {
        self.0.fetch_add(1000, Ordering::SeqCst)
    }
}

type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

/// An operator's API that gives one of these answers after the other, and what it was asked.
async fn admin(answers: &'static [(u16, &'static str)]) -> (String, Asked) {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = Arc::clone(&seen);
            let service = service_fn(move |request: Request<Incoming>| {
                let seen = Arc::clone(&seen);
                async move {
                    let path = request.uri().path().to_owned();
                    let token = request.headers()["authorization"].to_str().unwrap();
                    let token = token.to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push((path, token, serde_json::from_slice(&body).unwrap()));
                        seen.len() - 1
                    };
                    let (status, body) = answers[number % answers.len()];
                    let mut answer = Response::new(Full::new(Bytes::from(body)));
                    *answer.status_mut() = status.try_into().unwrap();
                    Ok::<_, Infallible>(answer)
                }
            });
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(served);
        }
    });
    (url, asked)
}

const ALLOWED: &str = r#"{"allowed":"ALLOWED","source":"whitelist"}"#;
const REFUSED: &str = r#"{"allowed":"NOT_ALLOWED","source":"offline"}"#;

fn options(url: &str) -> TapsOptions {
    TapsOptions {
        count: 60,
        in_flight: 4,
        seed: 3,
        cards: 5,
        ..TapsOptions::new(url, "secret", Arc::new(Looked::default()))
    }
}

#[tokio::test]
async fn questions_are_asked_and_their_answers_counted() {
    let (url, asked) = admin(&[
        (200, ALLOWED),
        (200, REFUSED),
        (200, "{}"),
        (
            503,
            r#"{"title":"Service Unavailable","detail":"the store is down"}"#,
        ),
    ])
    .await;
    let report = run(TapsOptions {
        cpo: Some(Party::new("NL", "CPO").unwrap()),
        ..options(&url)
    });
    let report = report.await.unwrap();
    let counted = |counts: &std::collections::BTreeMap<String, u64>| {
        let counts = counts.iter();
        counts
            .map(|(name, count)| format!("{name} {count}"))
            .collect::<Vec<_>>()
    };
    assert_eq!((report.asked, report.answered), (60, 30));
    assert_eq!(counted(&report.by_source), ["offline 15", "whitelist 15"]);
    assert_eq!(
        counted(&report.by_allowed),
        ["ALLOWED 15", "NOT_ALLOWED 15"]
    );
    assert_eq!(
        counted(&report.failed),
        [
            "HTTP 200 without a decision 15",
            "HTTP 503 the store is down 15"
        ]
    );
    assert!(report.latencies.p50_us >= 1000);
    assert!(report.latencies.slowest_us >= report.latencies.p99_us);
    let shown = report.to_string();
    assert!(shown.starts_with("60 taps, 30 decided in "), "{shown}");
    let asked = asked.lock().unwrap();
    let uids: BTreeSet<&str> = asked
        .iter()
        .map(|(_, _, question)| question["uid"].as_str().unwrap())
        .collect();
    let cards: Vec<String> = (0..5).map(|number| card_uid(3, number)).collect();
    assert_eq!(uids, cards.iter().map(String::as_str).collect());
    let (path, token, question) = &asked[0];
    assert_eq!(path, "/admin/v1/charge-point/authorize");
    assert_eq!(token, "Bearer secret");
    assert_eq!(question["cpo"]["party_id"], "CPO");
    assert_eq!(question["location_id"], "LOC1");
    assert_eq!(question["purpose"], "start");
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept() {
    let (url, asked) = admin(&[(200, ALLOWED)]).await;
    let begin = tokio::time::Instant::now();
    let report = run(TapsOptions {
        rate: Some(10.0),
        count: 31,
        ..TapsOptions::new(&url, "secret", Arc::new(Paused(begin)))
    });
    assert_eq!(report.await.unwrap().answered, 31);
    assert_eq!(begin.elapsed().as_secs(), 3);
    assert_eq!(asked.lock().unwrap().len(), 31);
}

/// The clock of a test that stands still unless all wait.
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> DateTime {
        DateTime::UNIX_EPOCH
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

#[tokio::test]
async fn options_that_nothing_can_be_made_of_are_refused_and_nobody_there_is_counted() {
    let good = options("http://127.0.0.1:1");
    for bad in [
        TapsOptions {
            in_flight: 0,
            ..good.clone()
        },
        TapsOptions {
            cards: 0,
            ..good.clone()
        },
        TapsOptions {
            rate: Some(0.0),
            ..good.clone()
        },
        TapsOptions {
            rate: Some(1e-20),
            ..good.clone()
        },
        TapsOptions {
            rate: Some(f64::INFINITY),
            ..good.clone()
        },
        TapsOptions {
            rate: Some(f64::NAN),
            ..good.clone()
        },
        TapsOptions {
            admin_url: "https://127.0.0.1:1".to_owned(),
            ..good.clone()
        },
    ] {
        run(bad.clone()).await.unwrap_err();
        assert!(!format!("{bad:?}").contains("secret"));
    }
    let nobody = Report {
        asked: 60,
        ..run(good).await.unwrap()
    };
    assert_eq!((nobody.answered, nobody.failed.len()), (0, 1));
}
