//! What is asked of an eMSP, how long it is waited for, and what its answer comes to.

use std::sync::Arc;

use ocpi_domain::{LocationReferences, OcpiVersion, Token};
use ocpi_ports::{RemoteAuthorization, RemoteError};
use serde_json::json;

use super::world::{
    Does, World, copy, emsp, emsp_of, fails_with, ms_of, outcome, pass_ms, said, says, start,
    with_profile,
};
use crate::ChargePointRequest;
use crate::testing::{now, party};

fn place(location_id: &str, evse_uids: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: location_id.parse().unwrap(),
        evse_uids: evse_uids.iter().map(|uid| uid.parse().unwrap()).collect(),
    }
}

fn never() -> World {
    World::of_copy(&json!({"whitelist": "NEVER"}))
}

/// Holds: W-21, T-82, T-87.
#[tokio::test(start_paused = true)]
async fn the_owner_is_asked_in_the_name_of_the_cpo_with_the_place() {
    for version in OcpiVersion::ALL {
        let tnm = emsp_of(version, "tnm", &["DE/OTH", "DE/TNM"]);
        let world = World::new(vec![tnm], vec![copy(&json!({"whitelist": "NEVER"}))]);
        world.does("tnm", says("ALLOWED"));
        for evse_uid in [Some("E1"), None] {
            let request = ChargePointRequest {
                evse_uid: evse_uid.map(|uid| uid.parse().unwrap()),
                ..start()
            };
            world.answer(request).await;
            let questions = world.peer.questions();
            let question = questions.last().unwrap();
            assert_eq!(question.uid.as_str(), "CARD");
            assert_eq!(question.token_type.as_str(), "RFID");
            let evse_uids: Vec<&str> = evse_uid.into_iter().collect();
            assert_eq!(question.location, Some(place("LOC1", &evse_uids)));
            let between = question
                .call
                .routing
                .map(|routing| (routing.from, routing.to));
            let expected = (party("NL/ALF"), Some(party("DE/TNM")));
            let is_said = version != OcpiVersion::V2_1_1;
            assert_eq!(between, is_said.then_some(expected), "{version}");
            let records = world.records.lock().unwrap();
            let record = records.last().unwrap();
            assert_eq!(record.correlation_id, question.call.correlation_id);
            assert_ne!(record.request_id, record.correlation_id);
        }
        assert_eq!(world.peer.questions().len(), 2, "{version}");
    }
}

/// Holds: W-33. The platform's own time, else that of all, and never more than the budget without
/// what the record needs.
#[tokio::test(start_paused = true)]
async fn a_driver_waits_as_long_as_the_shortest_of_three_times() {
    for (profile_ms, budget_ms, expected_ms) in [
        (None, 2000, 1500),
        (Some(300), 2000, 300),
        (Some(60_000), 2000, 1900),
        (None, 1000, 900),
        (None, 5000, 1500),
        (Some(60_000), 5000, 4900),
        (None, 10, 9),
    ] {
        let tnm = with_profile(emsp("tnm", &["DE/TNM"]), |profile| {
            profile.authorize_timeout_ms = profile_ms;
        });
        let token = copy(&json!({"whitelist": "ALLOWED"}));
        let world = World::with(vec![tnm], vec![token], |options| {
            options.budget_ms = budget_ms;
        });
        world.does("tnm", Does::Hangs);
        let (answer, ms) = ms_of(world.answer(start())).await;
        assert_eq!(outcome(&answer), "offline ALLOWED");
        assert_eq!(ms, expected_ms, "{profile_ms:?} {budget_ms}");
        assert_eq!(u128::from(answer.elapsed_us) / 1000, expected_ms);
        let said = format!("within {expected_ms} ms");
        assert!(answer.reason.contains(&said), "{}", answer.reason);
        assert_eq!(
            world.peer.questions()[0].call.timeout.as_millis(),
            expected_ms
        );
    }
}

/// Holds: W-23, W-24, W-25. Whatever is no yes refuses, and what is no answer leaves it to the copy.
#[tokio::test(start_paused = true)]
async fn only_what_nobody_said_leaves_it_to_the_copy() {
    let (url, reason) = (|| "https://tnm.example".to_owned(), || "broken".to_owned());
    let remote = Does::Fails;
    let silent = [
        remote(RemoteError::Unreachable {
            url: url(),
            reason: reason(),
        }),
        remote(RemoteError::Broken {
            url: url(),
            reason: reason(),
        }),
        remote(RemoteError::Unauthorized {
            url: url(),
            message: None,
        }),
        remote(RemoteError::Forbidden {
            url: url(),
            reason: reason(),
        }),
        fails_with(500, None),
        fails_with(403, None),
        fails_with(429, None),
        fails_with(200, Some(3000)),
        fails_with(200, Some(4003)),
        Does::Hangs,
    ];
    let spoken = [
        remote(RemoteError::Unreadable {
            url: url(),
            reason: "it is no JSON: (a page of HTML or XML)".to_owned(),
        }),
        remote(RemoteError::TooLarge { url: url(), max: 9 }),
        fails_with(200, Some(2002)),
        fails_with(200, Some(2001)),
        fails_with(400, None),
        Does::SaysUnknown,
        says("BLOCKED"),
        says("EXPIRED"),
        says("NO_CREDIT"),
        says("NOT_ALLOWED"),
    ];
    let cases = silent.into_iter().map(|does| (does, "offline", true));
    let cases = cases.chain(spoken.into_iter().map(|does| (does, "real_time", false)));
    for (does, source, is_allowed) in cases {
        let world = World::of_copy(&json!({"whitelist": "ALLOWED"}));
        world.does("tnm", does.clone());
        let answer = world.answer(start()).await;
        let what = format!("{does:?}: {}", answer.reason);
        assert_eq!(answer.source.as_str(), source, "{what}");
        assert_eq!(answer.allowed.as_str() == "ALLOWED", is_allowed, "{what}");
        let is_named = answer.reason.contains("tnm") || answer.reason.contains("DE/TNM");
        assert!(is_named, "{what}");
    }
}

/// Holds: W-04, W-33. There is nobody to ask: at once, and it says why.
#[tokio::test(start_paused = true)]
async fn an_emsp_that_cannot_be_called_is_offline() {
    let unconnected = super::left::only_calling(emsp("tnm", &["DE/TNM"]));
    let mut bare = emsp("tnm", &["DE/TNM"]);
    let connection = bare.connection.as_mut().unwrap();
    connection.served.as_mut().unwrap().endpoints.clear();
    for (platforms, word) in [
        (vec![unconnected], "not connected"),
        (vec![bare], "serves no tokens as SENDER"),
    ] {
        let world = World::new(platforms, vec![copy(&json!({"whitelist": "ALLOWED"}))]);
        // It is no failure of the platform's.
        for _ in 0..9 {
            let (answer, ms) = ms_of(world.answer(start())).await;
            assert_eq!((outcome(&answer).as_str(), ms), ("offline ALLOWED", 0));
            assert!(answer.reason.contains(word), "{}", answer.reason);
            pass_ms(1000).await;
        }
        assert_eq!(world.app.breaker(&"tnm".parse().unwrap()).state, "closed");
    }
}

/// Holds: C-21, W-13. A hub that lists nobody speaks for those that nobody else speaks for.
#[tokio::test(start_paused = true)]
async fn a_hub_that_lists_nobody_is_asked_about_a_token_of_nobody_else() {
    let mut hub = emsp("hub", &[]);
    Arc::make_mut(&mut hub.platform).hub = Some(party("NL/HUB"));
    let world = World::new(vec![hub], vec![copy(&json!({"whitelist": "NEVER"}))]);
    world.does("hub", says("ALLOWED"));
    assert_eq!(world.outcome().await, "real_time ALLOWED");
    let to = world.peer.questions()[0].call.routing.unwrap().to;
    assert_eq!(to, Some(party("DE/TNM")));
    world.put_platform(emsp("tnm", &["DE/TNM"])).await;
    world.does("tnm", says("ALLOWED"));
    assert_eq!(world.outcome().await, "real_time ALLOWED");
    assert_eq!(world.asked(), ["hub", "tnm"]);
}

/// Holds: W-22.
#[tokio::test(start_paused = true)]
async fn an_allowed_for_another_place_is_none() {
    for (allowed_at, evse_uid, expected) in [
        (None, Some("E1"), "ALLOWED"),
        (Some(place("loc1", &[])), Some("E1"), "ALLOWED"),
        (Some(place("LOC1", &["E2", "e1"])), Some("E1"), "ALLOWED"),
        (Some(place("LOC1", &[])), None, "ALLOWED"),
        (Some(place("LOC1", &["E2"])), Some("E1"), "NOT_ALLOWED"),
        (Some(place("LOC2", &["E1"])), Some("E1"), "NOT_ALLOWED"),
        (Some(place("LOC2", &[])), Some("E1"), "NOT_ALLOWED"),
        (Some(place("LOC1", &["E1"])), None, "NOT_ALLOWED"),
    ] {
        let world = never();
        world.does(
            "tnm",
            Does::Says(Box::new(RemoteAuthorization {
                location: allowed_at.clone(),
                ..said("ALLOWED")
            })),
        );
        let request = ChargePointRequest {
            evse_uid: evse_uid.map(|uid| uid.parse().unwrap()),
            ..start()
        };
        let answer = world.answer(request).await;
        let what = format!("{allowed_at:?} {evse_uid:?}: {}", answer.reason);
        assert_eq!(outcome(&answer), format!("real_time {expected}"), "{what}");
        // Whatever it names: what matters here is the place that was asked about.
        let records = world.records.lock().unwrap();
        let kept = (expected == "ALLOWED").then(|| records[0].asked.clone());
        assert_eq!(records[0].allowed_location, kept.flatten(), "{what}");
    }
}

fn sent(more: &serde_json::Value) -> Box<Token> {
    Box::new(Token::clone(&copy(more).token))
}

/// Holds: W-26.
#[tokio::test(start_paused = true)]
async fn what_comes_with_an_answer_is_kept_and_a_newer_token_replaces_our_copy() {
    let newer = now().plus_ms(1);
    for (more, platform, learns, contract) in [
        (
            json!({"last_updated": newer, "contract_id": "NEW"}),
            "DE/TNM",
            true,
            "NEW",
        ),
        (json!({"contract_id": "NEW"}), "DE/TNM", false, "NEW"),
        // Another card.
        (
            json!({"uid": "X", "last_updated": newer}),
            "DE/TNM",
            false,
            "CH-ABC-C1",
        ),
        (
            json!({"type": "OTHER", "last_updated": newer}),
            "DE/TNM",
            false,
            "CH-ABC-C1",
        ),
        // Of an eMSP for which the platform does not speak.
        (
            json!({"party_id": "OTH", "contract_id": "NEW"}),
            "DE/TNM",
            false,
            "CH-ABC-C1",
        ),
        (
            json!({"country_code": "CH", "party_id": "ABC", "contract_id": "NEW"}),
            "DE/TNM",
            false,
            "CH-ABC-C1",
        ),
    ] {
        let token = copy(&json!({"whitelist": "NEVER"}));
        let world = World::new(vec![emsp("tnm", &[platform])], vec![token]);
        world.does(
            "tnm",
            Does::Says(Box::new(RemoteAuthorization {
                token: Some(sent(&more)),
                authorization_reference: Some("THEIRS".parse().unwrap()),
                ..said("ALLOWED")
            })),
        );
        let answer = world.answer(start()).await;
        assert_eq!(
            answer.token.unwrap().contract_id.as_str(),
            contract,
            "{more}"
        );
        assert_eq!(answer.authorization_reference.unwrap().as_str(), "THEIRS");
        let kept = world.records.lock().unwrap()[0]
            .charge_point
            .clone()
            .unwrap();
        assert_eq!(kept.authorization_reference.unwrap().as_str(), "THEIRS");
        assert_eq!(kept.contract_id.unwrap().as_str(), contract);
        pass_ms(1).await;
        let writes = world.writes.lock().unwrap();
        assert_eq!(writes.len(), usize::from(learns), "{more}");
    }
}

/// Holds: W-26. A copy is the owner's to send.
#[tokio::test(start_paused = true)]
async fn of_a_card_of_which_there_is_no_copy_none_is_made() {
    let world = World::new(
        vec![super::world::asked_about_unknown(emsp("tnm", &["DE/TNM"]))],
        vec![],
    );
    world.does(
        "tnm",
        Does::Says(Box::new(RemoteAuthorization {
            token: Some(sent(&json!({}))),
            ..said("ALLOWED")
        })),
    );
    assert_eq!(world.outcome().await, "fan_out ALLOWED");
    pass_ms(1).await;
    assert!(world.writes.lock().unwrap().is_empty());
}

/// Holds: W-33. A question that is the same again is asked once, and its answer stands a second.
#[tokio::test(start_paused = true)]
async fn the_same_question_is_asked_once_a_second() {
    let world = never();
    world.does("tnm", says("ALLOWED").after(400));
    let asking = async {
        pass_ms(300).await;
        ms_of(world.answer(start())).await
    };
    let (first, (second, ms)) = tokio::join!(world.answer(start()), asking);
    assert_eq!((outcome(&first), ms), ("real_time ALLOWED".to_owned(), 100));
    assert_eq!(first.source, second.source);
    assert_ne!(first.reference, second.reference);
    assert_eq!(world.records.lock().unwrap().len(), 2);
    // From its beginning, not from its end.
    pass_ms(599).await;
    world.answer(start()).await;
    assert_eq!(world.peer.questions().len(), 1);
    pass_ms(1).await;
    world.answer(start()).await;
    assert_eq!(world.peer.questions().len(), 2);
    // What differs in anything is another question.
    let mut others = vec![start(); 3];
    others[0].evse_uid = None;
    others[1].location_id = "LOC2".parse().unwrap();
    others[2].cpo = Some(party("CH/ABC"));
    for (place, other) in others.into_iter().enumerate() {
        world.answer(other).await;
        assert_eq!(world.peer.questions().len(), 3 + place);
    }
}

/// Holds: W-33. The driver who asked first may have gone: the second one gets the answer still.
#[tokio::test(start_paused = true)]
async fn a_shared_question_outlives_who_asked_it() {
    let world = never();
    world.does("tnm", says("ALLOWED").after(500));
    let gone = tokio::time::timeout(std::time::Duration::from_millis(100), world.ask(start()));
    assert!(gone.await.is_err());
    let (answer, ms) = ms_of(world.answer(start())).await;
    assert_eq!((outcome(&answer).as_str(), ms), ("real_time ALLOWED", 400));
    assert_eq!(world.peer.questions().len(), 1);
}

/// Holds: W-33, W-26. What a store of ours does then holds up neither the answer nor its place.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_there_waits_for_no_list_of_platforms() {
    let token = copy(&json!({"whitelist": "ALLOWED"}));
    let world = World::with(vec![emsp("tnm", &["DE/TNM"])], vec![token], |options| {
        options.platform_in_flight_max = 1;
    });
    let answer = Does::Says(Box::new(RemoteAuthorization {
        token: Some(sent(&json!({"group_id": "G1"}))),
        ..said("BLOCKED")
    }));
    world.does("tnm", answer.after(1400));
    let hanging = async {
        pass_ms(1300).await;
        world.platforms.hang_lists();
    };
    let (answer, ()) = tokio::join!(world.answer(start()), hanging);
    assert_eq!(outcome(&answer), "real_time BLOCKED");
    assert_eq!(answer.token.unwrap().group_id.unwrap().as_str(), "G1");
    assert!(world.app.admit(&"tnm".parse().unwrap()).is_ok());
}

/// Questions that are over are not kept for ever.
#[tokio::test(start_paused = true)]
async fn what_was_asked_is_forgotten() {
    let world = never();
    for number in 0..100 {
        let mut request = start();
        request.location_id = format!("LOC{number}").parse().unwrap();
        world.answer(request).await;
        pass_ms(100).await;
    }
    assert!(world.app.charge_points.flights.len() <= 21);
}

/// Holds: W-33. No more than so many questions hang at one platform.
#[tokio::test(start_paused = true)]
async fn a_platform_without_a_free_place_is_offline() {
    let token = copy(&json!({"whitelist": "ALLOWED"}));
    let world = World::with(vec![emsp("tnm", &["DE/TNM"])], vec![token], |options| {
        options.platform_in_flight_max = 2;
    });
    world.does("tnm", says("BLOCKED").after(500));
    let at = |location: &str| {
        let mut request = start();
        request.location_id = location.parse().unwrap();
        world.answer(request)
    };
    let third = async {
        pass_ms(100).await;
        ms_of(at("C")).await
    };
    let (one, two, (third, ms)) = tokio::join!(at("A"), at("B"), third);
    assert_eq!(outcome(&one), "real_time BLOCKED");
    assert_eq!(outcome(&two), "real_time BLOCKED");
    assert_eq!((outcome(&third).as_str(), ms), ("offline ALLOWED", 0));
    assert!(
        third.reason.contains("platform_in_flight_max"),
        "{}",
        third.reason
    );
    assert_eq!(outcome(&at("D").await), "real_time BLOCKED");
}
