//! What goes wrong is really seen.

use std::io::ErrorKind;
use std::time::Duration;

use ocpi_domain::OcpiVersion;
use ocpi_simulate::{FaultKind, Faults, InFlight, Module, Peer, PeerOptions, PeerRole, card_uid};

use super::plain::{Answer, get, options, path, send, start};

async fn peer(faults: &str) -> Peer {
    start(PeerOptions {
        faults: faults.parse().unwrap(),
        ..options(PeerRole::Emsp, OcpiVersion::V2_3_0, 10)
    })
    .await
}

fn question(peer: &Peer, number: u32) -> String {
    let tokens = path(peer, &peer.tokens_url());
    format!("{tokens}/{}/authorize", card_uid(1, number))
}

async fn ask(peer: &Peer, number: u32) -> std::io::Result<Answer> {
    send(peer, "POST", &question(peer, number), "{}").await
}

/// The answer, when it comes within so many milliseconds on a clock that stands still unless all
/// wait.
async fn within(ms: u64, peer: &Peer) -> Option<Answer> {
    let answer = tokio::time::timeout(Duration::from_millis(ms), ask(peer, 1)).await;
    answer.ok().map(Result::unwrap)
}

#[tokio::test(start_paused = true)]
async fn slow_and_hang_keep_the_asker_waiting() {
    let slow = peer("slow=1:300").await;
    assert!(within(299, &slow).await.is_none());
    assert_eq!(within(301, &slow).await.unwrap().code(), 1000);
    assert_eq!(slow.counts().faults(FaultKind::Slow), 2);
    let hanging = peer("hang=1").await;
    assert!(within(3_600_000, &hanging).await.is_none());
    hanging.set_faults(Faults::none());
    assert_eq!(within(1, &hanging).await.unwrap().code(), 1000);
}

#[tokio::test]
async fn reset_breaks_the_connection() {
    let peer = peer("reset=1").await;
    for number in 0..10 {
        let error = ask(&peer, number).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    assert_eq!(peer.counts().faults(FaultKind::Reset), 10);
}

#[tokio::test]
async fn refusals_are_as_the_faults_say() {
    let broken = peer("error_5xx=1:504").await;
    let answer = ask(&broken, 0).await.unwrap();
    assert_eq!((answer.http, answer.code()), (504, 3000));
    let busy = peer("too_many=1:17").await;
    let answer = ask(&busy, 0).await.unwrap();
    assert_eq!(
        (answer.http, answer.header("Retry-After")),
        (429, Some("17"))
    );
    let wrong = peer("wrong_status=1:2002").await;
    let answer = ask(&wrong, 0).await.unwrap();
    assert_eq!((answer.http, answer.code()), (200, 2002));
    assert!(answer.json().get("data").is_none());
}

#[tokio::test]
async fn what_is_no_envelope_is_half_of_one_or_a_page_of_html() {
    let truncated = peer("truncated=1").await;
    let answer = ask(&truncated, 0).await.unwrap();
    assert_eq!(answer.http, 200);
    assert!(answer.body.starts_with("{\"data\":"), "{}", answer.body);
    serde_json::from_str::<serde_json::Value>(&answer.body).unwrap_err();
    let html = peer("html=1").await;
    let mut statuses = std::collections::BTreeSet::new();
    for number in 0..10 {
        let answer = ask(&html, number).await.unwrap();
        assert!(answer.body.starts_with("<!DOCTYPE html>"));
        statuses.insert(answer.http);
    }
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 502]);
}

#[tokio::test]
async fn a_clock_may_be_ahead_or_behind() {
    let peer = peer("clock_skew=3600").await;
    let moment = |answer: &Answer| answer.json()["timestamp"].clone();
    assert_eq!(
        moment(&ask(&peer, 0).await.unwrap()),
        "2026-11-22T13:00:00Z"
    );
    let changed = peer.change(&card_uid(1, 0), |_| {}).unwrap();
    assert_eq!(changed.last_updated.to_string(), "2026-11-22T13:00:00Z");
    peer.set_faults(Faults::none().with_clock_skew_ms(-1));
    assert_eq!(
        moment(&ask(&peer, 0).await.unwrap()),
        "2026-11-22T11:59:59.999Z"
    );
}

#[tokio::test]
async fn a_fault_of_one_module_leaves_the_others_alone() {
    let peer = peer("authorize.error_5xx=1").await;
    assert_eq!(ask(&peer, 0).await.unwrap().http, 503);
    let tokens = path(&peer, &peer.tokens_url());
    for target in ["/ocpi/versions", "/ocpi/2.3.0", tokens.as_str()] {
        assert_eq!(send(&peer, "GET", target, "").await.unwrap().http, 200);
    }
    peer.set_faults(Faults::none().within(Module::Versions, FaultKind::Error5xx, 1.0));
    assert_eq!(get(&peer, "versions").await.http, 503);
    assert_eq!(ask(&peer, 0).await.unwrap().http, 200);
}

/// Which of three questions about each of ten cards, asked in that order, are refused.
async fn refused(seed: u64, cards: impl Iterator<Item = u32>) -> Vec<(u32, Vec<u16>)> {
    let peer = start(PeerOptions {
        seed,
        faults: "error_5xx=0.4,too_many=0.2".parse().unwrap(),
        ..options(PeerRole::Emsp, OcpiVersion::V2_3_0, 10)
    })
    .await;
    let mut refused = Vec::new();
    for number in cards {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(ask(&peer, number).await.unwrap().http);
        }
        refused.push((number, statuses));
    }
    refused.sort();
    refused
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults_in_whatever_order_requests_come() {
    let first = refused(7, 0..10).await;
    assert_eq!(refused(7, (0..10).rev()).await, first);
    assert_ne!(refused(8, 0..10).await, first);
    let statuses: Vec<u16> = first
        .into_iter()
        .flat_map(|(_, statuses)| statuses)
        .collect();
    assert!(statuses.contains(&503) && statuses.contains(&429));
    // A question that comes again may go well.
    assert!(
        statuses
            .iter()
            .any(|status| *status != 503 && *status != 429)
    );
}

#[tokio::test]
async fn a_fault_may_come_after_the_work_was_done() {
    for fault in ["error_5xx=1", "reset=1"] {
        let peer = start(PeerOptions {
            faults: fault.parse().unwrap(),
            ..options(PeerRole::Cpo, OcpiVersion::V2_3_0, 0)
        })
        .await;
        let tokens = path(&peer, &peer.tokens_url());
        for number in 0..40 {
            let token = ocpi_simulate::card(super::plain::party(), 1, number).unwrap();
            let body = serde_json::to_string(&token).unwrap();
            let target = format!("{tokens}/DE/EMS/{}", token.uid);
            if let Ok(answer) = send(&peer, "PUT", &target, &body).await {
                assert_eq!(answer.http, 503);
            }
        }
        let kept = peer.received_count();
        assert!((8..=32).contains(&kept), "{kept} of 40 after {fault}");
    }
}

#[tokio::test]
async fn requests_under_way_are_counted_at_one_peer_and_at_several() {
    let shared = InFlight::shared();
    let mut peers = Vec::new();
    for _ in 0..2 {
        peers.push(
            start(PeerOptions {
                faults: "hang=1".parse().unwrap(),
                in_flight: Some(std::sync::Arc::clone(&shared)),
                ..options(PeerRole::Emsp, OcpiVersion::V2_3_0, 10)
            })
            .await,
        );
    }
    let targets: Vec<_> = peers.iter().map(|peer| question(peer, 0)).collect();
    let asking = peers
        .iter()
        .zip(&targets)
        .flat_map(|(peer, target)| (0..3).map(move |_| send(peer, "POST", target, "{}")));
    let asking = futures_util::future::join_all(asking);
    let both = async {
        for peer in &peers {
            peer.wait_until(|peer| peer.requests() == 3).await;
        }
    };
    tokio::select! {
        _ = asking => panic!("nobody is answered"),
        () = both => {}
    }
    assert_eq!(shared.max(), 6);
    for peer in peers {
        assert_eq!(peer.in_flight_max(), 3);
        assert_eq!(peer.counts().in_flight_max, 3);
        peer.stop().await;
    }
    assert_eq!(shared.now(), 0);
}

#[tokio::test]
async fn a_peer_that_stopped_is_gone_and_another_may_take_its_place() {
    let first = peer("").await;
    let address = first.address();
    assert_eq!(ask(&first, 0).await.unwrap().http, 200);
    first.stop().await;
    tokio::net::TcpStream::connect(address).await.unwrap_err();
    let again = Peer::start(options(PeerRole::Emsp, OcpiVersion::V2_3_0, 10), address);
    let again = again.await.unwrap();
    assert_eq!(ask(&again, 0).await.unwrap().http, 200);
}
