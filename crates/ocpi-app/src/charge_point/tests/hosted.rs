//! Cards of an eMSP that is hosted here.

use serde_json::json;

use super::world::{World, copy, emsp, outcome, start, start_of};
use crate::ChargePointRequest;
use crate::testing::{now, party};

fn hosted(more: &serde_json::Value) -> World {
    let mut fields = json!({"country_code": "CH", "party_id": "ABC", "whitelist": "NEVER"});
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    World::new(vec![emsp("tnm", &["DE/TNM"])], vec![copy(&fields)])
}

/// Holds: W-11, E-17, E-33. By the rules of its eMSP, whatever its whitelist; nobody is called.
#[tokio::test(start_paused = true)]
async fn a_card_of_ours_is_decided_here() {
    for (more, expected, rule, info) in [
        (json!({}), "real_time ALLOWED", "all_passed", false),
        (
            json!({"valid": false}),
            "real_time BLOCKED",
            "not_valid",
            true,
        ),
        (
            json!({"valid": false, "whitelist": "ALWAYS"}),
            "real_time BLOCKED",
            "not_valid",
            true,
        ),
    ] {
        let world = hosted(&more);
        let answer = world.answer(start()).await;
        assert_eq!(outcome(&answer), expected, "{more}: {}", answer.reason);
        assert_eq!(answer.info.is_some(), info);
        assert!(
            answer.reason.contains("CH/ABC, hosted here"),
            "{}",
            answer.reason
        );
        assert!(world.peer.questions().is_empty());
        let records = world.records.lock().unwrap();
        let record = &records[0];
        assert_eq!(records.len(), 1);
        assert_eq!(record.rule.as_str(), rule);
        assert_eq!(record.token_party, Some(party("CH/ABC")));
        assert_eq!(record.at, now());
        // Its own name is that of the answer.
        let kept = record.charge_point.as_ref().unwrap();
        let named = (answer.allowed.as_str() == "ALLOWED").then_some(&record.reference);
        assert_eq!(kept.authorization_reference.as_ref(), named);
        assert_eq!(answer.authorization_reference.as_ref(), named);
        assert_eq!(answer.decided_by, None);
    }
}

/// Holds: E-29, X-35. The slot that it needs is taken with its record, or it is refused.
#[tokio::test(start_paused = true)]
async fn a_card_of_ours_needs_its_slot() {
    let world = hosted(&json!({"group_id": "FULL"}));
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "real_time NOT_ALLOWED");
    assert_eq!(answer.ocpp_1_6_authorize.as_str(), "Invalid");
    assert_eq!(answer.ocpp_1_6_start.as_str(), "ConcurrentTx");
    assert!(answer.reason.contains("sessions"), "{}", answer.reason);
    assert_eq!(answer.authorization_reference, None);
    assert_eq!(answer.auth_method, None);
    let kept = world.records.lock().unwrap()[0]
        .charge_point
        .clone()
        .unwrap();
    assert_eq!(kept.reason, answer.reason);
    assert_eq!(kept.authorization_reference, None);
    let world = hosted(&json!({"group_id": "FREE"}));
    assert_eq!(world.outcome().await, "real_time ALLOWED");
}

/// Holds: E-13, E-14. Another type of the same uid is another card.
#[tokio::test(start_paused = true)]
async fn the_type_is_part_of_a_card_of_ours() {
    let world = hosted(&json!({}));
    let answer = world.answer(start_of("CARD", Some("OTHER"))).await;
    assert_eq!(outcome(&answer), "offline NOT_ALLOWED");
}

/// Holds: E-29, W-32. Two CPOs may call their EVSEs alike: these are two places, and each is the
/// same again when its own CPO asks again.
#[tokio::test(start_paused = true)]
async fn the_place_of_a_slot_is_that_of_its_cpo() {
    let world = hosted(&json!({"group_id": "FREE"}));
    for cpo in ["NL/ALF", "nl/alf", "CH/ABC"] {
        let request = ChargePointRequest {
            cpo: Some(party(cpo)),
            ..start()
        };
        assert_eq!(outcome(&world.answer(request).await), "real_time ALLOWED");
    }
    let claims = world.claims.lock().unwrap();
    let [first, again, other] = claims.as_slice() else {
        panic!("{claims:?}");
    };
    assert!(first.place.is_same(&again.place));
    assert!(!first.place.is_same(&other.place));
    for record in world.records.lock().unwrap().iter() {
        assert_eq!(record.platform.as_str(), "charge-point");
    }
}
