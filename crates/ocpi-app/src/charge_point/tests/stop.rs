//! Who may stop a session.

use ocpi_domain::{AuthorizationReference, Token};
use ocpi_ports::{RemoteAuthorization, StoredPlatform};
use serde_json::{Value, json};

use super::world::{
    Does, World, asked_about_unknown, copy, emsp, outcome, pass_ms, said, says, start, start_of,
    stop_of,
};
use crate::testing::party;
use crate::{ChargePointAnswer, ChargePointError, StartedBy};

fn by_token(uid: &str, group_id: Option<&str>) -> StartedBy {
    StartedBy::Token {
        party: party("DE/TNM"),
        uid: uid.parse().unwrap(),
        token_type: "RFID".parse().unwrap(),
        group_id: group_id.map(|group| group.parse().unwrap()),
    }
}

fn tnm() -> StoredPlatform {
    asked_about_unknown(emsp("tnm", &["DE/TNM"]))
}

fn brings(more: &Value) -> Does {
    Does::Says(Box::new(RemoteAuthorization {
        token: Some(Box::new(Token::clone(&copy(more).token))),
        ..said("BLOCKED")
    }))
}

/// Holds: W-28. Not valid, absent, its eMSP silent or unknown: a driver is not locked in.
#[tokio::test(start_paused = true)]
async fn the_card_that_began_a_session_stops_it() {
    for tokens in [
        vec![],
        vec![copy(&json!({"valid": false, "whitelist": "NEVER"}))],
        vec![copy(&json!({})), copy(&json!({"party_id": "OTH"}))],
    ] {
        let world = World::new(vec![tnm()], tokens);
        world.does("tnm", Does::Hangs);
        for uid in ["CARD", "card"] {
            let answer = world.answer(stop_of(uid, by_token("CARD", None))).await;
            assert_eq!(outcome(&answer), "stop_rule ALLOWED", "{}", answer.reason);
            assert_eq!(answer.ocpp_1_6_authorize.as_str(), "Accepted");
            assert_eq!(answer.auth_method, None);
        }
        assert!(world.peer.questions().is_empty());
        let records = world.records.lock().unwrap();
        let kept = records[0].charge_point.as_ref().unwrap();
        assert_eq!(kept.purpose.as_str(), "stop");
        assert_eq!(records[0].token_party, Some(party("DE/TNM")));
    }
}

/// Holds: W-29. Whatever its whitelist and whether it is valid.
#[tokio::test(start_paused = true)]
async fn another_card_stops_a_session_of_its_group() {
    for (more, group, expected) in [
        (
            json!({"group_id": "G1", "valid": false, "whitelist": "NEVER"}),
            Some("g1"),
            true,
        ),
        (json!({"group_id": "G2"}), Some("G1"), false),
        (json!({}), Some("G1"), false),
        (json!({"group_id": "G1"}), None, false),
        (
            json!({"group_id": "G1", "party_id": "OTH"}),
            Some("G1"),
            false,
        ),
    ] {
        let mut fields = more.clone();
        fields["uid"] = json!("OTHER");
        let world = World::new(vec![tnm()], vec![copy(&fields)]);
        let answer = world
            .answer(stop_of("OTHER", by_token("CARD", group)))
            .await;
        let allowed = if expected { "ALLOWED" } else { "NOT_ALLOWED" };
        assert_eq!(
            outcome(&answer),
            format!("stop_rule {allowed}"),
            "{more} {group:?}"
        );
        let ocpp = if expected { "Accepted" } else { "Blocked" };
        assert_eq!(answer.ocpp_2_0_1.as_str(), ocpp, "{more}");
        assert!(world.peer.questions().is_empty());
    }
    // The group of the session's card is that of our copy, where it is not said.
    let tokens = vec![
        copy(&json!({"group_id": "G1"})),
        copy(&json!({"group_id": "G1", "uid": "OTHER"})),
        // Somebody else has a card of that uid, too.
        copy(&json!({"party_id": "OTH", "uid": "OTHER"})),
    ];
    let world = World::new(vec![tnm()], tokens);
    let answer = world.answer(stop_of("OTHER", by_token("CARD", None))).await;
    assert_eq!(outcome(&answer), "stop_rule ALLOWED", "{}", answer.reason);
    assert_eq!(answer.token.unwrap().party, party("DE/TNM"));
}

/// Holds: W-30. Its group is what is asked for, not whether it is allowed.
#[tokio::test(start_paused = true)]
async fn the_emsp_of_the_session_is_asked_once_for_the_group_of_an_unknown_card() {
    for (does, expected, ocpp) in [
        (
            brings(&json!({"uid": "OTHER", "group_id": "G1"})),
            "ALLOWED",
            "Accepted",
        ),
        (
            brings(&json!({"uid": "OTHER", "group_id": "G2"})),
            "NOT_ALLOWED",
            "Blocked",
        ),
        (says("ALLOWED"), "NOT_ALLOWED", "Unknown"),
        (
            brings(&json!({"uid": "THIRD", "group_id": "G1"})),
            "NOT_ALLOWED",
            "Unknown",
        ),
        (Does::SaysUnknown, "NOT_ALLOWED", "Unknown"),
        (Does::Hangs, "NOT_ALLOWED", "Unknown"),
    ] {
        let oth = asked_about_unknown(emsp("oth", &["DE/OTH"]));
        let world = World::new(vec![oth, tnm()], vec![]);
        world.does("tnm", does.clone());
        let answer = world
            .answer(stop_of("OTHER", by_token("CARD", Some("G1"))))
            .await;
        let what = format!("{does:?}: {}", answer.reason);
        assert_eq!(outcome(&answer), format!("stop_rule {expected}"), "{what}");
        assert_eq!(answer.ocpp_2_0_1.as_str(), ocpp, "{what}");
        assert_eq!(world.asked(), ["tnm"], "{what}");
        assert_eq!(answer.decided_by.unwrap().as_str(), "tnm");
        pass_ms(1).await;
        assert!(world.writes.lock().unwrap().is_empty());
    }
    // Nobody has a leave to ask.
    let world = World::new(vec![emsp("tnm", &["DE/TNM"])], vec![]);
    let answer = world
        .answer(stop_of("OTHER", by_token("CARD", Some("G1"))))
        .await;
    assert_eq!(outcome(&answer), "stop_rule NOT_ALLOWED");
    assert!(answer.reason.contains("ask_unknown"), "{}", answer.reason);
    assert!(world.asked().is_empty());
}

async fn started(world: &World) -> ChargePointAnswer {
    let answer = world.answer(start()).await;
    assert_eq!(answer.allowed.as_str(), "ALLOWED", "{}", answer.reason);
    answer
}

/// Holds: W-26, W-28, W-29. The record of the start knows its card and its group.
#[tokio::test(start_paused = true)]
async fn a_session_is_named_by_the_answer_that_it_began_with() {
    let world = World::new(
        vec![tnm()],
        vec![
            copy(&json!({"whitelist": "ALWAYS", "group_id": "G1"})),
            copy(&json!({"uid": "SECOND", "group_id": "G1"})),
            copy(&json!({"uid": "THIRD"})),
        ],
    );
    let reference = started(&world).await.reference;
    // What is known now does not matter: the start does.
    world.put_copy(copy(&json!({"group_id": "G9"})));
    for (uid, expected) in [
        ("CARD", "ALLOWED"),
        ("SECOND", "ALLOWED"),
        ("THIRD", "NOT_ALLOWED"),
    ] {
        let by = StartedBy::Answer(reference.clone());
        let answer = world.answer(stop_of(uid, by)).await;
        assert_eq!(outcome(&answer), format!("stop_rule {expected}"), "{uid}");
        let records = world.records.lock().unwrap();
        let kept = records.last().unwrap().charge_point.clone().unwrap();
        assert_eq!(kept.stops.as_ref(), Some(&reference));
    }
    world.forget_copies();
    let answer = world
        .answer(stop_of("card", StartedBy::Answer(reference)))
        .await;
    let token = answer.token.unwrap();
    assert_eq!(token.parent_id_tag.as_deref(), Some("G1"));
    assert_eq!(token.contract_id.as_str(), "CH-ABC-C1");
}

/// Holds: W-28, W-29. Only a uid is known of the card that began it: only that uid stops it.
#[tokio::test(start_paused = true)]
async fn a_session_of_a_card_that_nobody_named_is_stopped_by_it_alone() {
    let mut hub = asked_about_unknown(emsp("hub", &[]));
    std::sync::Arc::make_mut(&mut hub.platform).hub = Some(party("NL/HUB"));
    let tokens = vec![copy(&json!({"uid": "OTHER", "group_id": "G1"}))];
    let world = World::new(vec![hub], tokens);
    world.does("hub", says("ALLOWED"));
    let reference = started(&world).await.reference;
    for (uid, expected) in [
        ("CARD", "ALLOWED"),
        ("OTHER", "NOT_ALLOWED"),
        ("X", "NOT_ALLOWED"),
    ] {
        let by = StartedBy::Answer(reference.clone());
        let answer = world.answer(stop_of(uid, by)).await;
        assert_eq!(outcome(&answer), format!("stop_rule {expected}"), "{uid}");
    }
    assert_eq!(world.asked().len(), 1);
}

/// Holds: W-28. What is no start that was allowed here names no session.
#[tokio::test(start_paused = true)]
async fn a_session_cannot_be_named_by_any_other_answer() {
    let tokens = vec![
        copy(&json!({"whitelist": "ALWAYS"})),
        copy(&json!({"uid": "BAD", "whitelist": "ALWAYS", "valid": false})),
    ];
    let world = World::new(vec![tnm()], tokens);
    let started = started(&world).await.reference;
    let refused = world.answer(start_of("BAD", None)).await.reference;
    let stopped = world.answer(stop_of("CARD", StartedBy::Answer(started.clone())));
    let stopped = stopped.await.reference;
    let unknown: AuthorizationReference = "NEVER-GIVEN".parse().unwrap();
    for reference in [refused, stopped, unknown] {
        let answer = world
            .ask(stop_of("CARD", StartedBy::Answer(reference)))
            .await;
        assert!(
            matches!(answer, Err(ChargePointError::UnknownStart(_))),
            "{answer:?}"
        );
    }
    // Another CPO's session is none of ours.
    let mut request = stop_of("CARD", StartedBy::Answer(started));
    request.cpo = Some(party("CH/ABC"));
    let answer = world.ask(request).await;
    assert!(
        matches!(answer, Err(ChargePointError::UnknownStart(_))),
        "{answer:?}"
    );
}
