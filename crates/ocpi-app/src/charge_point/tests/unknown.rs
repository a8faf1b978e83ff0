//! Cards of which there is no Token here, or several.

use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Party};
use ocpi_ports::StoredPlatform;
use serde_json::json;

use super::world::{
    Does, World, asked_about_unknown, copy, emsp, emsp_of, fails_with, ms_of, outcome, pass_ms,
    says, start, start_of, with_profile,
};
use crate::testing::party;

fn flagged(count: usize) -> Vec<StoredPlatform> {
    let platform = |number| {
        let name = format!("DE/P{number:02}");
        asked_about_unknown(emsp(&format!("p{number:02}"), &[&name]))
    };
    (0..count).map(platform).collect()
}

/// Holds: W-13, W-20. One of fifty knows the card: one answer, never more at once than there are
/// places, and the second tap asks exactly that one.
#[tokio::test(start_paused = true)]
async fn of_fifty_that_are_asked_the_one_that_allows_it_wins() {
    let world = World::with(flagged(50), vec![], |options| {
        options.fan_out_in_flight_max = 7;
    });
    for number in 0..50 {
        world.does(&format!("p{number:02}"), Does::SaysUnknown.after(50));
    }
    world.does("p44", says("ALLOWED").after(50));
    let (answer, ms) = ms_of(world.answer(start())).await;
    assert_eq!(outcome(&answer), "fan_out ALLOWED");
    assert_eq!(answer.decided_by.unwrap().as_str(), "p44");
    assert!(ms <= 2000, "{ms}");
    assert_eq!(world.peer.questions_in_flight_max(), 7);
    pass_ms(1000).await;
    let asked = world.asked().len();
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    assert_eq!(world.asked()[asked..], ["p44"]);
    let records = world.records.lock().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].token_party, Some(party("DE/P44")));
    assert_eq!(records[0].rule.as_str(), "fan_out");
}

/// Holds: W-20. The places are for all drivers together.
#[tokio::test(start_paused = true)]
async fn many_drivers_share_the_places() {
    let world = World::with(flagged(10), vec![], |options| {
        options.fan_out_in_flight_max = 3;
    });
    for number in 0..10 {
        world.does(&format!("p{number:02}"), Does::SaysUnknown.after(20));
    }
    let (a, b) = (start_of("A", None), start_of("B", None));
    let (a, b) = tokio::join!(world.answer(a), world.answer(b));
    assert_eq!(outcome(&a), "fan_out NOT_ALLOWED");
    assert_eq!(outcome(&b), "fan_out NOT_ALLOWED");
    assert_eq!(world.peer.questions().len(), 20);
    assert_eq!(world.peer.questions_in_flight_max(), 3);
}

/// Holds: W-20, W-23. Without a yes: who knows the card says no; else all who were asked must have
/// answered for the card to be nobody's.
#[tokio::test(start_paused = true)]
async fn without_a_yes_the_first_no_of_one_who_knows_the_card_counts() {
    let unknown = || Does::SaysUnknown;
    for (says_each, expected, ocpp) in [
        (
            [says("BLOCKED"), says("ALLOWED").after(9)],
            "fan_out ALLOWED",
            "Accepted",
        ),
        (
            [says("EXPIRED").after(9), says("BLOCKED")],
            "fan_out BLOCKED",
            "Blocked",
        ),
        (
            [unknown(), says("NO_CREDIT").after(9)],
            "fan_out NO_CREDIT",
            "NoCredit",
        ),
        ([Does::Hangs, says("EXPIRED")], "fan_out EXPIRED", "Expired"),
        ([unknown(), unknown()], "fan_out NOT_ALLOWED", "Unknown"),
        (
            [unknown(), fails_with(500, None)],
            "offline NOT_ALLOWED",
            "Unknown",
        ),
        (
            [unknown(), fails_with(200, Some(2001))],
            "offline NOT_ALLOWED",
            "Unknown",
        ),
        ([Does::Hangs, Does::Hangs], "offline NOT_ALLOWED", "Unknown"),
    ] {
        let world = World::new(flagged(2), vec![]);
        let what = format!("{says_each:?}");
        let [first, second] = says_each;
        world.does("p00", first).does("p01", second);
        let answer = world.answer(start()).await;
        assert_eq!(outcome(&answer), expected, "{what}: {}", answer.reason);
        assert_eq!(answer.ocpp_2_0_1.as_str(), ocpp, "{what}");
        if expected.starts_with("offline") {
            assert!(answer.reason.contains("p01: "), "{}", answer.reason);
        }
    }
}

/// Holds: W-20, W-33. A fan-out ends in time, however many are silent.
#[tokio::test(start_paused = true)]
async fn a_fan_out_ends_within_the_budget() {
    let world = World::with(flagged(6), vec![], |options| {
        options.fan_out_in_flight_max = 2;
    });
    for number in 0..6 {
        world.does(&format!("p{number:02}"), Does::Hangs);
    }
    let (answer, ms) = ms_of(world.answer(start())).await;
    assert_eq!(outcome(&answer), "offline NOT_ALLOWED");
    assert!((1900..=1901).contains(&ms), "{ms}");
    assert!(answer.reason.contains("and 3 more"), "{}", answer.reason);
}

/// Holds: W-20. Nobody is asked again for ten seconds, until there is somebody else to ask.
#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_not_asked_about_for_a_while() {
    let world = World::new(flagged(2), vec![]);
    assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
    pass_ms(9_990).await;
    assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
    assert_eq!(world.peer.questions().len(), 2);
    pass_ms(10).await;
    world.outcome().await;
    assert_eq!(world.peer.questions().len(), 4);
    world
        .put_platform(asked_about_unknown(emsp("new", &["DE/NEW"])))
        .await;
    world.does("new", says("ALLOWED"));
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    // A copy that came meanwhile is looked at first.
    let mut platforms = flagged(1);
    platforms.push(emsp("tnm", &["DE/TNM"]));
    let world = World::new(platforms, vec![]);
    world.outcome().await;
    world.put_copy(copy(&json!({"whitelist": "ALWAYS"})));
    assert_eq!(world.outcome().await, "whitelist ALLOWED");
    // Who was silent may know it.
    let world = World::new(flagged(2), vec![]);
    world.does("p01", fails_with(503, None));
    world.outcome().await;
    pass_ms(1000).await;
    world.outcome().await;
    assert_eq!(world.peer.questions().len(), 4);
}

/// Holds: W-20. Who knew it is asked; when it does not any more, the others are.
#[tokio::test(start_paused = true)]
async fn a_hint_is_dropped_when_it_is_wrong() {
    let world = World::new(flagged(3), vec![]);
    world.does("p01", says("ALLOWED"));
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    pass_ms(1000).await;
    world
        .does("p01", Does::SaysUnknown)
        .does("p02", says("BLOCKED"));
    let before = world.asked().len();
    assert_eq!(world.outcome().await, "fan_out BLOCKED");
    let mut asked = world.asked()[before..].to_vec();
    assert_eq!(asked[0], "p01");
    asked.sort();
    assert_eq!(asked, ["p00", "p01", "p02"]);
    pass_ms(1000).await;
    let before = world.asked().len();
    assert_eq!(world.outcome().await, "fan_out BLOCKED");
    assert_eq!(world.asked()[before..], ["p02"]);
    // It is silent: the card is its own, and nobody else is told of it.
    pass_ms(1000).await;
    world.does("p02", Does::Hangs);
    let before = world.asked().len();
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "offline NOT_ALLOWED");
    assert!(
        answer.reason.contains("p02, which knew it a while ago"),
        "{}",
        answer.reason
    );
    assert_eq!(world.asked()[before..], ["p02"]);
    // It is not asked about unknown cards any more.
    pass_ms(1000).await;
    let p02 = world.platforms.get("p02");
    let quiet = with_profile(StoredPlatform::clone(&p02), |profile| {
        profile.ask_unknown = false;
    });
    world.put_platform(quiet).await;
    let before = world.asked().len();
    assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
    let mut asked = world.asked()[before..].to_vec();
    asked.sort();
    assert_eq!(asked, ["p00", "p01"]);
}

/// Holds: W-20, W-33. Those that answer are asked first; those that do not, not at all.
#[tokio::test(start_paused = true)]
async fn platforms_that_are_silent_take_no_place() {
    let world = World::with(flagged(3), vec![], |options| {
        options.fan_out_in_flight_max = 1;
        options.breaker_failures = 1;
    });
    world.does("p00", Does::Hangs);
    world.outcome().await;
    pass_ms(1000).await;
    assert_eq!(world.app.breaker(&"p00".parse().unwrap()).state, "open");
    let before = world.asked().len();
    let (answer, ms) = ms_of(world.answer(start_of("OTHER", None))).await;
    assert_eq!((outcome(&answer).as_str(), ms), ("offline NOT_ALLOWED", 0));
    assert!(answer.reason.contains("1 of 3"), "{}", answer.reason);
    assert_eq!(world.asked()[before..], ["p01", "p02"]);
}

/// Holds: W-20, W-33. Who is not asked at all needs no place, so that nobody waits for one.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_place_at_a_platform_that_is_not_asked() {
    let world = World::with(flagged(2), vec![], |options| {
        options.fan_out_in_flight_max = 1;
        options.breaker_failures = 1;
    });
    world.does("p00", says("ALLOWED"));
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    pass_ms(1000).await;
    world
        .does("p00", fails_with(503, None))
        .does("p01", Does::Hangs);
    assert_eq!(world.outcome().await, "offline NOT_ALLOWED");
    pass_ms(1000).await;
    let tap = async {
        pass_ms(10).await;
        ms_of(world.answer(start())).await
    };
    let (_, (answer, ms)) = tokio::join!(world.answer(start_of("OTHER", None)), tap);
    assert_eq!((outcome(&answer).as_str(), ms), ("offline NOT_ALLOWED", 0));
}

/// Whom the only question goes to.
async fn recipients(platform: StoredPlatform) -> Vec<Option<Party>> {
    let world = World::new(vec![asked_about_unknown(platform)], vec![]);
    assert_eq!(world.outcome().await, "fan_out NOT_ALLOWED");
    let questions = world.peer.questions();
    let to = |routing: ocpi_ports::RemoteRouting| routing.to;
    questions
        .iter()
        .map(|question| question.call.routing.and_then(to))
        .collect()
}

/// Holds: W-20, T-87. A hub finds out itself; of a platform of several eMSPs each is asked.
#[tokio::test(start_paused = true)]
async fn a_hub_is_asked_without_naming_anybody() {
    let (one, two) = (party("DE/ONE"), party("DE/TWO"));
    let names = &["DE/ONE", "DE/TWO"];
    assert_eq!(recipients(emsp("p", names)).await, [Some(one), Some(two)]);
    assert_eq!(recipients(emsp("p", &names[..1])).await, [Some(one)]);
    for names in [&names[..], &[]] {
        let mut hub = emsp("hub", names);
        Arc::make_mut(&mut hub.platform).hub = Some(party("NL/HUB"));
        assert_eq!(recipients(hub).await, [None]);
    }
    // 2.1.1 names nobody.
    let old = emsp_of(OcpiVersion::V2_1_1, "p", &names[..1]);
    assert_eq!(recipients(old).await, [None]);
}

/// Holds: W-20. Who has no leave to ask, or nothing to ask, is no candidate.
#[tokio::test(start_paused = true)]
async fn only_flagged_emsps_that_serve_tokens_are_asked() {
    let mut bare = asked_about_unknown(emsp("bare", &["DE/BAR"]));
    let connection = bare.connection.as_mut().unwrap();
    connection.served.as_mut().unwrap().endpoints.clear();
    let mut unconnected = asked_about_unknown(emsp("gone", &["DE/GON"]));
    unconnected.connection = None;
    let nobody = asked_about_unknown(emsp("nobody", &[]));
    let world = World::new(
        vec![emsp("plain", &["DE/PLA"]), bare, unconnected, nobody],
        vec![],
    );
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "offline NOT_ALLOWED");
    assert!(answer.reason.contains("ask_unknown"), "{}", answer.reason);
    assert!(world.peer.questions().is_empty());
}

/// Holds: W-20, E-35. An EMAID names its eMSP: that one is asked, and nobody else.
#[tokio::test(start_paused = true)]
async fn an_emaid_is_asked_about_where_it_says() {
    let platforms = || {
        vec![
            emsp("tnm", &["DE/TNM"]),
            asked_about_unknown(emsp("p", &["DE/P00"])),
        ]
    };
    for (uid, expected, asked) in [
        ("DE-TNM-C0001", "fan_out ALLOWED", vec!["tnm"]),
        ("de*tnm*C0001", "fan_out ALLOWED", vec!["tnm"]),
        ("DE-OTH-C0001", "offline NOT_ALLOWED", vec![]),
        ("1234567", "offline NOT_ALLOWED", vec![]),
        ("D", "offline NOT_ALLOWED", vec![]),
        // Hosted here: it would be known.
        ("CH-ABC-C0001", "fan_out NOT_ALLOWED", vec![]),
    ] {
        let world = World::new(platforms(), vec![]);
        world
            .does("tnm", says("ALLOWED"))
            .does("p", says("ALLOWED"));
        let answer = world.answer(start_of(uid, Some("EMAID"))).await;
        assert_eq!(outcome(&answer), expected, "{uid}: {}", answer.reason);
        assert_eq!(world.asked(), asked, "{uid}");
        if asked.is_empty() {
            continue;
        }
        let question = &world.peer.questions()[0];
        assert_eq!(question.token_type.as_str(), "EMAID");
        assert_eq!(question.call.routing.unwrap().to, Some(party("DE/TNM")));
    }
}

/// Holds: W-13, E-13. A card that several eMSPs have is nobody's: no copy decides.
#[tokio::test(start_paused = true)]
async fn the_owners_of_one_uid_are_all_asked() {
    let platforms = || {
        vec![
            emsp("tnm", &["DE/TNM"]),
            emsp("oth", &["DE/OTH"]),
            asked_about_unknown(emsp("p", &["DE/P00"])),
        ]
    };
    let tokens = || {
        vec![
            copy(&json!({"whitelist": "ALWAYS"})),
            copy(&json!({"whitelist": "ALWAYS", "party_id": "OTH"})),
        ]
    };
    for (tnm, oth, expected) in [
        (Does::SaysUnknown, says("ALLOWED"), "fan_out ALLOWED"),
        (says("BLOCKED"), Does::SaysUnknown, "fan_out BLOCKED"),
        (Does::Hangs, Does::Hangs, "offline NOT_ALLOWED"),
        (Does::SaysUnknown, Does::SaysUnknown, "fan_out NOT_ALLOWED"),
    ] {
        let world = World::new(platforms(), tokens());
        world.does("tnm", tnm).does("oth", oth);
        assert_eq!(world.outcome().await, expected);
        let mut asked = world.asked();
        asked.sort();
        assert_eq!(asked, ["oth", "tnm"]);
    }
    // One of them is hosted here: it is asked first, and nobody else needs to be.
    let hosted = copy(&json!({"country_code": "CH", "party_id": "ABC"}));
    let world = World::new(platforms(), vec![tokens().remove(0), hosted]);
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "fan_out ALLOWED");
    assert_eq!(answer.token.unwrap().party, party("CH/ABC"));
    assert!(world.asked().is_empty());
    // It refuses: the other may know the card better.
    let refusing = json!({"country_code": "CH", "party_id": "ABC", "valid": false});
    world.put_copy(copy(&refusing));
    world.does("tnm", says("ALLOWED"));
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    world.does("tnm", Does::Hangs);
    pass_ms(1000).await;
    assert_eq!(world.outcome().await, "fan_out BLOCKED");
}

/// Holds: W-13. More owners than are looked at leave it open whose the card is.
#[tokio::test(start_paused = true)]
async fn a_list_of_owners_that_was_cut_says_nothing() {
    let other = |number| copy(&json!({"party_id": format!("P{number:02}"), "type": "OTHER"}));
    let mut tokens: Vec<_> = (0..15).map(other).collect();
    tokens.push(copy(&json!({"whitelist": "ALWAYS"})));
    let world = World::new(vec![emsp("tnm", &["DE/TNM"])], tokens);
    world.does("tnm", says("BLOCKED"));
    assert_eq!(world.outcome().await, "fan_out BLOCKED");
}
