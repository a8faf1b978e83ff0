//! Who is asked first about a card that was asked about before.

use ocpi_domain::OcpiVersion;
use ocpi_ports::{RemoteAuthorization, StoredPlatform};
use serde_json::json;

use super::world::{
    Does, World, asked_about_unknown, copy, emsp, emsp_of, fails_with, ms_of, outcome, pass_ms,
    said, says, start, start_of,
};
use crate::ChargePointRequest;
use crate::testing::party;

/// Two eMSPs, each of a platform of its own.
fn two() -> Vec<StoredPlatform> {
    let of = |id, name| asked_about_unknown(emsp(id, &[name]));
    vec![of("p00", "DE/P00"), of("p01", "DE/P01")]
}

/// One platform of two eMSPs.
fn both(version: OcpiVersion) -> Vec<StoredPlatform> {
    let names = &["DE/ONE", "DE/TWO"];
    vec![asked_about_unknown(emsp_of(version, "p", names))]
}

/// That word, with the Token that was asked about, of DE/P00.
fn says_with_token(allowed: &str) -> Does {
    let token = copy(&json!({"party_id": "P00"})).token;
    Does::Says(Box::new(RemoteAuthorization {
        token: Some(Box::new(ocpi_domain::Token::clone(&token))),
        ..said(allowed)
    }))
}

/// Whom the next tap of CARD asks, and what comes of it.
async fn next_tap(world: &World) -> (Vec<String>, String) {
    pass_ms(1000).await;
    let before = world.asked().len();
    let outcome = world.outcome().await;
    let mut asked = world.asked()[before..].to_vec();
    asked.sort();
    (asked, outcome)
}

/// Holds: W-20, Q-18. Some say `NOT_ALLOWED` of every card that is not theirs: it hides no card.
#[tokio::test(start_paused = true)]
async fn a_bare_not_allowed_says_nothing_of_whose_the_card_is() {
    for other in [fails_with(503, None), Does::SaysUnknown] {
        let world = World::new(two(), vec![]);
        world.does("p00", says("NOT_ALLOWED")).does("p01", other);
        assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
        world.does("p01", says("ALLOWED").after(9));
        let (asked, outcome) = next_tap(&world).await;
        assert_eq!(outcome, "fan_out ALLOWED");
        assert_eq!(asked, ["p00", "p01"]);
        assert_eq!(next_tap(&world).await.0, ["p01"]);
    }
}

/// Holds: W-20, Q-18. One that knows the card refuses it better than one that may not.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_who_knows_the_card_comes_before_a_bare_one() {
    let world = World::new(two(), vec![]);
    world
        .does("p00", says("NOT_ALLOWED"))
        .does("p01", says("EXPIRED").after(9));
    assert_eq!(world.outcome().await, "fan_out EXPIRED");
}

/// Holds: W-20. Who says something that only the owner can say is asked alone.
#[tokio::test(start_paused = true)]
async fn who_shows_that_it_knows_a_card_is_remembered() {
    for shows in [
        says("ALLOWED"),
        says("BLOCKED"),
        says("EXPIRED"),
        says("NO_CREDIT"),
        says_with_token("NOT_ALLOWED"),
    ] {
        let world = World::new(two(), vec![]);
        world.does("p00", shows.clone());
        world.outcome().await;
        assert_eq!(next_tap(&world).await.0, ["p00"], "{shows:?}");
    }
}

/// Holds: W-20, Q-18. What is no word of an owner drops the hint, and the others are asked.
#[tokio::test(start_paused = true)]
async fn who_says_nothing_of_use_is_not_taken_for_the_owner_any_more() {
    for now_says in [says("NOT_ALLOWED"), fails_with(400, None)] {
        let world = World::new(two(), vec![]);
        world.does("p00", says("ALLOWED"));
        world.outcome().await;
        world
            .does("p00", now_says.clone())
            .does("p01", says("ALLOWED"));
        let (asked, outcome) = next_tap(&world).await;
        assert_eq!(outcome, "fan_out ALLOWED", "{now_says:?}");
        assert_eq!(asked, ["p00", "p01"], "{now_says:?}");
        assert_eq!(next_tap(&world).await.0, ["p01"], "{now_says:?}");
    }
}

/// Holds: W-20. A card that was given to another eMSP is found again after a day.
#[tokio::test(start_paused = true)]
async fn a_hint_ends_with_the_day_however_often_it_was_right() {
    let world = World::new(two(), vec![]);
    world.does("p00", says("BLOCKED"));
    world.outcome().await;
    world.does("p01", says("ALLOWED"));
    let hour_ms = 3_600_000;
    for _ in 0..23 {
        pass_ms(hour_ms - 1000).await;
        assert_eq!(next_tap(&world).await.1, "fan_out BLOCKED");
    }
    pass_ms(hour_ms).await;
    assert_eq!(next_tap(&world).await.1, "fan_out ALLOWED");
}

/// Holds: W-20, T-87. What one eMSP of a platform says is nothing that another has said.
#[tokio::test(start_paused = true)]
async fn each_emsp_of_a_platform_answers_for_itself() {
    for one in [
        says("NOT_ALLOWED"),
        says("BLOCKED"),
        fails_with(400, None),
        Does::Hangs,
    ] {
        let world = World::new(both(OcpiVersion::V2_3_0), vec![]);
        world
            .does("p DE/ONE", one.clone())
            .does("p DE/TWO", says("ALLOWED").after(300));
        let (answer, ms) = ms_of(world.answer(start())).await;
        assert_eq!(outcome(&answer), "fan_out ALLOWED", "{one:?}");
        assert!(ms <= 301, "{one:?}: {ms}");
        let records = world.records.lock().unwrap();
        assert_eq!(records[0].token_party, Some(party("DE/TWO")), "{one:?}");
    }
}

/// Holds: W-20. Of one platform too: who does not know the card any more, and who does now.
#[tokio::test(start_paused = true)]
async fn a_wrong_hint_skips_no_emsp_of_its_platform() {
    let world = World::new(both(OcpiVersion::V2_3_0), vec![]);
    world.does("p DE/ONE", says("ALLOWED"));
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    assert_eq!(next_tap(&world).await.0, ["p"]);
    world
        .does("p DE/ONE", Does::SaysUnknown)
        .does("p DE/TWO", says("ALLOWED"));
    let (asked, outcome) = next_tap(&world).await;
    assert_eq!((outcome.as_str(), asked.len()), ("fan_out ALLOWED", 2));
}

/// Holds: W-20, W-33. Each has the time of an answer; together they are not slow.
#[tokio::test(start_paused = true)]
async fn many_emsps_of_a_platform_do_not_add_up_to_a_silence() {
    let names = &["DE/ONE", "DE/TWO", "DE/TRE", "DE/FOR"];
    let world = World::new(vec![asked_about_unknown(emsp("p", names))], vec![]);
    world.does("p", Does::SaysUnknown.after(500));
    for number in 0..6 {
        let (answer, ms) = ms_of(world.answer(start_of(&format!("C{number}"), None))).await;
        assert_eq!(outcome(&answer), "fan_out NOT_ALLOWED");
        assert!(ms <= 501, "{ms}");
    }
    let view = world.app.breaker(&"p".parse().unwrap());
    assert_eq!((view.state, view.failures), ("closed", 0));
}

/// Holds: W-20. In 2.1.1 nobody is named: the same question is not asked twice.
#[tokio::test(start_paused = true)]
async fn a_platform_that_cannot_be_told_whom_is_meant_is_asked_once() {
    let world = World::new(both(OcpiVersion::V2_1_1), vec![]);
    assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
    assert_eq!(world.asked(), ["p"]);
}

/// Holds: W-20. What an eMSP tells one CPO is not what it tells another.
#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_card_is_known_to_the_cpo_that_asked() {
    let of = |cpo: &str| ChargePointRequest {
        cpo: Some(party(cpo)),
        ..start()
    };
    let world = World::new(two(), vec![]);
    let answer = world.answer(of("NL/ALF")).await;
    assert_eq!(outcome(&answer), "fan_out NOT_ALLOWED");
    world.does("p00", says("BLOCKED"));
    let answer = world.answer(of("CH/ABC")).await;
    assert_eq!(outcome(&answer), "fan_out BLOCKED");
    // The other one's hint does not say whom this one asks.
    pass_ms(10_000).await;
    let before = world.asked().len();
    world.answer(of("NL/ALF")).await;
    assert_eq!(world.asked().len() - before, 2);
}

/// Holds: W-20. Whoever asks again the same needs a place, unless the answer is there or on its way.
#[tokio::test(start_paused = true)]
async fn a_question_that_is_asked_anew_waits_for_its_place() {
    let tnm = asked_about_unknown(emsp("tnm", &["DE/TNM"]));
    let token = copy(&json!({"whitelist": "ALLOWED"}));
    let world = World::with(vec![tnm], vec![token], |options| {
        options.fan_out_in_flight_max = 1;
        options.breaker_failures = 1;
        options.breaker_probe_ms = 100;
    });
    world.does("tnm", Does::Hangs);
    let about_other = || {
        let questions = world.peer.questions();
        let of = |it: &&crate::testing::peer::Question| it.uid.as_str() == "OTHER";
        questions.iter().filter(of).count()
    };
    let tap_again = async {
        pass_ms(10).await;
        // A known card needs no place, and its silence opens the breaker: then nobody waits for a
        // question that began before.
        world.does("tnm", fails_with(503, None));
        assert_eq!(world.outcome().await, "offline ALLOWED");
        world.does("tnm", Does::Hangs);
        pass_ms(200).await;
        let again = world.ask(start_of("OTHER", None));
        let again = tokio::time::timeout(std::time::Duration::from_millis(300), again);
        assert!(again.await.is_err(), "it waits for its place");
        assert_eq!(about_other(), 1);
    };
    tokio::join!(world.answer(start_of("OTHER", None)), tap_again);
}
