//! The dry run of an authorize request.

use serde_json::{Value, json};

use super::sessions::{push, session};
use super::{Operator, started};
use crate::support::token::{card, question, with};
use crate::support::world::{TOKEN, World, party};

const EXPLAIN: &str = "/admin/v1/explain";

/// The steps of a trail that were reached, as `rule outcome`.
fn reached(explanation: &Value) -> Vec<String> {
    let steps = explanation["trail"].as_array().expect("a trail");
    let text = |step: &Value, name: &str| step[name].as_str().expect("a text").to_owned();
    let reached = steps.iter().filter(|step| step["outcome"] != "not_reached");
    reached
        .map(|step| format!("{} {}", text(step, "rule"), text(step, "outcome")))
        .collect()
}

async fn records(operator: &Operator) -> usize {
    operator.list("/admin/v1/authorizations", "").await.len()
}

/// A world that has the Token X with this account.
async fn limited(account: &Value) -> (World, Operator) {
    let (world, operator) = started().await;
    world.push(&card("X")).await;
    world.put_account(party("CH", "ABC"), "X", account).await;
    (world, operator)
}

/// Holds: E-17. An explanation says what the question is answered, why, and leaves no trace.
#[tokio::test]
async fn an_explanation_is_the_answer_with_its_reasons_and_writes_nothing() {
    let cpo = json!({"country_code": "CH", "party_id": "ABC"});
    let at = json!({"location_id": "L1", "evse_uids": ["E1", "E2"]});
    let e1 = json!({
        "country_code": "CH", "party_id": "ABC", "location_id": "L1", "evse_uids": ["E1"],
    });
    for (account, place, steps) in [
        (json!({}), json!({}), 8),
        (json!({"blocked": true}), json!({}), 1),
        (json!({"expires_at": "2026-01-01T00:00:00Z"}), json!({}), 2),
        (
            json!({"credit": {"balance": "0", "currency": "EUR"}}),
            at.clone(),
            4,
        ),
        (json!({"permitted_locations": []}), at.clone(), 7),
        (json!({"permitted_locations": [e1]}), at.clone(), 8),
        (json!({"denied_locations": [cpo]}), json!({}), 7),
    ] {
        let (world, operator) = limited(&account).await;
        let mut ask = json!({"uid": "X", "platform": "partner"});
        for (name, value) in place.as_object().expect("an object") {
            ask[name] = value.clone();
        }
        let explanation = operator.post(EXPLAIN, &ask).await.found();
        assert_eq!(records(&operator).await, 0, "{account}");
        let answer = world
            .call("POST", &question("X"), Some(&place))
            .await
            .data();
        assert_eq!(records(&operator).await, 1);
        for name in ["allowed", "status", "location", "info", "token"] {
            // The strict platform is told no status.
            if name != "status" {
                assert_eq!(explanation[name], answer[name], "{account}: {name}");
            }
        }
        let reached = reached(&explanation);
        assert_eq!(reached.len(), steps, "{reached:?}");
        let rule = explanation["rule"].as_str().expect("a rule");
        assert_eq!(reached.last(), Some(&format!("{rule} decided")));
        let details = explanation["trail"].as_array().expect("a trail").iter();
        for step in details {
            assert!(
                !step["detail"].as_str().expect("a detail").is_empty(),
                "{step}"
            );
        }
    }
}

/// Holds: E-14. A Token that nobody knows is explained, not refused.
#[tokio::test]
async fn an_unknown_token_is_explained() {
    let (_world, operator) = limited(&json!({})).await;
    for ask in [
        json!({"uid": "Y"}),
        json!({"uid": "X", "type": "APP_USER"}),
        json!({"uid": "x".repeat(100)}),
        json!({"uid": ""}),
        json!({"uid": "é"}),
        json!({"uid": "X", "country_code": "DE", "party_id": "TNM"}),
    ] {
        let explanation = operator.post(EXPLAIN, &ask).await.found();
        assert_eq!(explanation["rule"], "unknown_token", "{ask}");
        assert_eq!(explanation["allowed"], Value::Null, "{ask}");
        assert_eq!(explanation.get("token"), None, "{ask}");
    }
}

/// Beyond the protocol: the operator may ask about another moment, as that after a card expires.
#[tokio::test]
async fn an_explanation_is_of_the_moment_that_is_asked_about() {
    let (_world, operator) = limited(&json!({"expires_at": "2026-06-01T00:00:00Z"})).await;
    for (at, allowed) in [
        (Value::Null, "ALLOWED"),
        (json!("2026-05-31T23:59:59Z"), "ALLOWED"),
        (json!("2026-06-01T00:00:00Z"), "EXPIRED"),
        (json!("2026-06-01T01:00:00+02:00"), "ALLOWED"),
    ] {
        let explanation = operator
            .post(EXPLAIN, &json!({"uid": "X", "at": at}))
            .await
            .found();
        assert_eq!(explanation["allowed"], allowed, "{at}");
    }
}

/// Beyond the protocol: half a question is refused by what it lacks.
#[tokio::test]
async fn half_a_question_is_refused() {
    let (_world, operator) = limited(&json!({})).await;
    for (ask, said) in [
        (json!({}), "missing field `uid`"),
        (json!({"uid": 1}), "`uid`"),
        (json!({"uid": "X", "country_code": "CH"}), "`party_id`"),
        (json!({"uid": "X", "evse_uids": []}), "`location_id`"),
        (
            json!({"uid": "X", "cpo": {"country_code": "CH"}}),
            "`party_id`",
        ),
        (json!({"uid": "X", "cpo": ["CH", "ABC"]}), "`cpo`"),
        (json!({"uid": "X", "at": "now"}), "`at`"),
    ] {
        let detail = operator.post(EXPLAIN, &ask).await.problem(400);
        assert!(detail.contains(said), "{ask}: {detail}");
    }
    let unknown = operator
        .post(EXPLAIN, &json!({"uid": "X", "platform": "nobody"}))
        .await;
    assert_eq!(unknown.problem(404), "no such platform");
}

/// Holds: E-29, E-30. What takes the last slot is named: a session, or an ALLOWED that waits for
/// its own; what is held at the place of the question is not.
#[tokio::test]
async fn an_explanation_names_what_counts_against_the_limit() {
    let (world, operator) = limited(&json!({"concurrent_sessions_max": 2})).await;
    let at = |evse: &str| json!({"location_id": "L1", "evse_uids": [evse]});
    let explained = async |evse: &str| {
        let mut ask = with(json!({"uid": "X", "platform": "partner"}), &at(evse));
        let mut explanation = operator.post(EXPLAIN, &ask).await.found();
        let slots = explanation["slots"].take();
        ask["platform"] = Value::Null;
        let of_nobody = operator.post(EXPLAIN, &ask).await.found();
        let of_nobody = of_nobody["slots"].as_array().expect("a list").len();
        (explanation["status"].take(), slots, of_nobody)
    };
    assert_eq!(explained("E1").await, (json!("ACCEPTED"), json!([]), 0));
    let answer = world.call("POST", &question("X"), Some(&at("E1"))).await;
    let reference = answer.data()["authorization_reference"].take();
    push(&world, TOKEN, &session("S1", "X")).await;
    let token = json!({"country_code": "CH", "party_id": "ABC", "uid": "X", "type": "RFID"});
    let pending = json!({
        "authorization_reference": reference, "token": token, "platform": "partner",
        "location_id": "L1", "evse_uid": "E1", "until": "2026-01-01T12:03:00Z",
    });
    let running = json!({
        "session": {"country_code": "CH", "party_id": "ABC", "id": "S1"}, "token": token,
        "platform": "partner", "location_id": "L1", "evse_uid": "E-S1",
        "until": "2026-01-03T11:00:00Z",
    });
    for (evse, status, slots) in [
        ("E2", "CONCURRENT_TX", json!([pending, running])),
        ("E1", "ACCEPTED", json!([running])),
        ("E-S1", "ACCEPTED", json!([pending])),
    ] {
        // Nothing is held at the place of a question that no platform asks.
        let expected = (json!(status), slots, 2);
        assert_eq!(explained(evse).await, expected, "{evse}");
    }
    world.put_account(party("CH", "ABC"), "X", &json!({})).await;
    assert_eq!(explained("E2").await, (json!("ACCEPTED"), json!([]), 0));
}
