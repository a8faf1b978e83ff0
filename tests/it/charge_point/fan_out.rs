//! A card that nobody here knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ocpi_domain::{
    AllowedType, DecisionSource, OcpiVersion, Platform, PlatformId, Profile, Role, TokenType,
};
use serde_json::json;

use super::stage::{Stage, StageBuilder, allowing, emsp, foreign, of_type, to_start};
use crate::support::peer::{Peer, Reply};
use crate::support::world::{party, platform};

/// eMSPs of the large case, and how many may be asked at once.
const EMSPS: usize = 50;
const IN_FLIGHT: usize = 8;

fn asks_unknown() -> Profile {
    Profile {
        ask_unknown: true,
        ..Profile::default()
    }
}

fn unknown() -> Reply {
    Reply::refused(404, 2004, "unknown token")
}

/// The eMSP of this number.
fn emsp_of(number: usize) -> Platform {
    let party_id = format!("E{number:02}");
    platform(
        &format!("emsp-{number:02}"),
        asks_unknown(),
        &[("DE", &party_id, Role::Emsp)],
    )
}

/// How many questions are under way, and the most that ever were.
#[derive(Default)]
struct Counted {
    now: AtomicUsize,
    max: AtomicUsize,
}

/// Many eMSPs of which each takes a moment, and the last one alone knows the card.
async fn many(counted: &Arc<Counted>) -> (Stage, Vec<Peer>) {
    let mut builder = StageBuilder::new().options(|options| {
        options.fan_out_in_flight_max = IN_FLIGHT;
        options.budget_ms = 10_000;
    });
    let mut peers = Vec::new();
    for number in 0..EMSPS {
        let peer = Peer::start().await;
        let counted = Arc::clone(counted);
        peer.does(move |_| {
            let counted = Arc::clone(&counted);
            async move {
                let now = counted.now.fetch_add(1, Ordering::SeqCst) + 1;
                counted.max.fetch_max(now, Ordering::SeqCst);
                // Others come meanwhile, as many as may.
                let moment = Duration::from_millis(5);
                let _ = tokio::time::timeout(moment, std::future::pending::<()>()).await;
                counted.now.fetch_sub(1, Ordering::SeqCst);
                if number == EMSPS - 1 {
                    let token = json!({"country_code": "DE", "party_id": "E49"});
                    Reply::success(&allowing(&foreign("CARD1", &token), &json!({})))
                } else {
                    unknown()
                }
            }
        });
        builder = builder.knows(emsp_of(number), OcpiVersion::V2_3_0, &peer);
        peers.push(peer);
    }
    (builder.start().await, peers)
}

/// Holds: W-13, W-20. Fifty are asked, so many at once; who knew the card is the only one asked the
/// second time.
#[tokio::test]
async fn of_fifty_one_knows_the_card_and_is_the_only_one_asked_the_second_time() {
    let counted = Arc::<Counted>::default();
    let (stage, peers) = many(&counted).await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    assert_eq!(answer.source, DecisionSource::FanOut);
    let decided_by = answer.decided_by.as_ref().map(PlatformId::as_str);
    assert_eq!(decided_by, Some("emsp-49"));
    let token = answer.token.as_ref().expect("its Token");
    assert_eq!(token.party, party("DE", "E49"));
    let max = counted.max.load(Ordering::SeqCst);
    assert!(max <= IN_FLIGHT, "{max} at once");
    assert!(max > 1, "they are asked at once, not in turns");
    let asked = |peers: &[Peer]| peers.iter().map(|peer| peer.asked().len()).sum::<usize>();
    assert!(asked(&peers) <= EMSPS, "each once at most");

    peers.iter().for_each(Peer::forget);
    stage.world.clock.advance_ms(60_000);
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed);
    assert_eq!(answer.source, DecisionSource::FanOut);
    assert_eq!((asked(&peers), peers[EMSPS - 1].asked().len()), (1, 1));
}

/// Holds: W-20. Who knew the card and knows it no more is not the last word.
#[tokio::test]
async fn when_the_one_that_knew_a_card_knows_it_no_more_the_others_are_asked() {
    let first = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let second = emsp(unknown()).await;
    let stage = StageBuilder::new()
        .knows(emsp_of(1), OcpiVersion::V2_3_0, &first)
        .knows(emsp_of(2), OcpiVersion::V2_2_1, &second)
        .start()
        .await;
    assert_eq!(stage.starts("CARD1").await.0, AllowedType::Allowed);
    first.answers(|_| unknown());
    second.answers(|_| Reply::success(&json!({"allowed": "ALLOWED"})));
    stage.world.clock.advance_ms(2000);
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    let decided_by = answer.decided_by.as_ref().map(PlatformId::as_str);
    assert_eq!(decided_by, Some("emsp-02"));
}

/// Holds: W-14, W-20, X-34. A card that all say not to know is not asked about again for a while.
#[tokio::test]
async fn a_card_that_nobody_knows_is_refused_for_a_while_without_asking() {
    let peers = [emsp(unknown()).await, emsp(unknown()).await];
    let stage = StageBuilder::new()
        .knows(emsp_of(1), OcpiVersion::V2_3_0, &peers[0])
        .knows(emsp_of(2), OcpiVersion::V2_2_1, &peers[1])
        .options(|options| options.unknown_card_ms = 10_000)
        .start()
        .await;
    let asked = || peers.iter().map(|peer| peer.asked().len()).sum::<usize>();
    for (passed_ms, expected) in [(0, 2), (2000, 2), (7000, 2), (1001, 4)] {
        stage.world.clock.advance_ms(passed_ms);
        let answer = stage.answer(to_start("NOBODY")).await;
        assert_ne!(answer.allowed, AllowedType::Allowed);
        assert_eq!(answer.source, DecisionSource::FanOut);
        assert_eq!(answer.ocpp_2_0_1.as_str(), "Unknown");
        assert_eq!(asked(), expected, "after {passed_ms} ms more");
    }
    stage.answer(to_start("ANOTHER")).await;
    assert_eq!(asked(), 6, "of another card nothing is known");
}

/// Holds: W-14, W-20. Where somebody could not be asked, nobody knows whether the card is one: the
/// next driver is asked about again.
#[tokio::test]
async fn where_one_of_them_fails_a_card_is_refused_but_not_for_a_while() {
    let peers = [
        emsp(unknown()).await,
        emsp(Reply::refused(503, 3000, "no")).await,
    ];
    let stage = StageBuilder::new()
        .knows(emsp_of(1), OcpiVersion::V2_3_0, &peers[0])
        .knows(emsp_of(2), OcpiVersion::V2_3_0, &peers[1])
        .start()
        .await;
    assert_eq!(stage.starts("CARD1").await.1, DecisionSource::Offline);
    peers[1].answers(|_| Reply::success(&json!({"allowed": "ALLOWED"})));
    stage.world.clock.advance_ms(2000);
    let answer = stage.starts("CARD1").await;
    assert_eq!(answer, (AllowedType::Allowed, DecisionSource::FanOut));
}

/// Holds: W-20. Strangers are told nothing unless the operator says so.
#[tokio::test]
async fn nobody_is_asked_about_an_unknown_card_unless_the_operator_says_so() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let stage = Stage::with(&peer).await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_ne!(answer.allowed, AllowedType::Allowed);
    assert_eq!(answer.source, DecisionSource::Offline);
    assert!(answer.reason.contains("ask_unknown"), "{}", answer.reason);
    assert!(peer.asked().is_empty());
}

/// Holds: W-20, E-35. The prefix of an EMAID names who knows it, in either spelling.
#[tokio::test]
async fn about_an_emaid_the_party_of_its_prefix_is_asked_and_nobody_else() {
    let owner = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let other = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let stage = StageBuilder::new()
        .emsp(Profile::default(), &owner)
        .knows(emsp_of(1), OcpiVersion::V2_3_0, &other)
        .start()
        .await;
    for uid in ["DE-TNM-C12345678-X", "DETNMC87654321X", "de*tnm*c11111111"] {
        owner.forget();
        let answer = stage.answer(of_type(to_start(uid), TokenType::Emaid)).await;
        assert_eq!(
            answer.allowed,
            AllowedType::Allowed,
            "{uid}: {}",
            answer.reason
        );
        assert_eq!(owner.asked().len(), 1, "{uid}");
        assert!(owner.asked()[0].target.contains("type=EMAID"), "{uid}");
    }
    let answer = stage
        .answer(of_type(to_start("FR-NON-C12345678"), TokenType::Emaid))
        .await;
    assert_ne!(answer.allowed, AllowedType::Allowed);
    assert!(other.asked().is_empty());
}

/// Holds: W-20. A hub is asked once, and not told whom to ask.
#[tokio::test]
async fn a_hub_is_asked_once_and_finds_the_owner_itself() {
    let hub = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let platform = Platform {
        hub: Some(party("DE", "HUB")),
        ..platform("hub", asks_unknown(), &[])
    };
    let mut builder = StageBuilder::new();
    builder = builder.knows(platform, OcpiVersion::V2_2_1, &hub);
    let stage = builder.start().await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    let asked = hub.asked();
    assert_eq!(asked.len(), 1);
    for name in ["ocpi-to-country-code", "ocpi-to-party-id"] {
        assert!(!asked[0].headers.contains_key(name), "{name}");
    }
    assert_eq!(asked[0].headers["ocpi-from-party-id"], "ALF");
}
