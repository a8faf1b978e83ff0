//! The record that every question leaves.

use ocpi_domain::AuthorizationRecord;
use serde_json::{Value, json};

use super::{CPO, ask, asking, put_account, records, unanswered, world, world_with_account};
use crate::support::clock::START;
use crate::support::http::Request;
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::{TOKEN, party};

/// What a record says of the question and the answer.
fn summary(record: &AuthorizationRecord) -> Value {
    json!({
        "owner": record.token_party.map(|party| party.to_string()),
        "uid": record.token_uid.as_str(),
        "type": record.token_type.as_str(),
        "asked": record.asked,
        "allowed_location": record.allowed_location,
        "allowed": record.allowed.map(|allowed| allowed.as_str()),
        "status": record.status.map(|status| status.as_str()),
        "rule": record.rule.as_str(),
    })
}

/// Holds: E-33.
#[tokio::test]
async fn a_record_names_who_asked_what_when_and_what_was_said() {
    let world = world_with_account(json!({
        "permitted_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": ["E1"]},
        ],
    }))
    .await;
    world.clock.advance_ms(1500);
    let request = asking(&question("u1"))
        .header("X-Request-ID", "request-1")
        .header("X-Correlation-ID", "correlation-1")
        .json(&json!({"location_id": "LOC1", "evse_uids": ["E1", "E2"]}));
    let data = super::answered(&world.send(&request).await);
    let found = records(&world).await;
    assert_eq!(found.len(), 1);
    let record = &found[0];
    assert_eq!(data["authorization_reference"], record.reference.as_str());
    assert_eq!(record.at.to_string(), "2026-01-01T12:00:01.500Z");
    assert_eq!(record.platform.as_str(), "cpo");
    assert_eq!(record.request_id.as_str(), "request-1");
    assert_eq!(record.correlation_id.as_str(), "correlation-1");
    assert_eq!(record.token_party, Some(party("CH", "ABC")));
    assert_eq!(
        summary(record),
        json!({
            "owner": "CH/ABC", "uid": "u1", "type": "RFID",
            "asked": {"location_id": "LOC1", "evse_uids": ["E1", "E2"]},
            "allowed_location": {"location_id": "LOC1", "evse_uids": ["E1"]},
            "allowed": "ALLOWED", "status": "ACCEPTED", "rule": "all_passed",
        })
    );
}

/// Holds: E-33, E-18, X-22, X-31, X-32, X-33, X-35, X-36, X-37, Z-16.
#[tokio::test]
async fn every_refusal_leaves_a_record_with_the_rule_that_refused() {
    for (account, allowed, status, rule) in [
        (json!({"blocked": true}), "BLOCKED", "BLOCKED", "blocked"),
        (
            json!({"expires_at": START}),
            "EXPIRED",
            "EXPIRED",
            "expired",
        ),
        (
            json!({"credit": {"balance": "0", "currency": "EUR"}}),
            "NO_CREDIT",
            "BLOCKED",
            "no_credit",
        ),
        (
            json!({"concurrent_sessions_max": 0}),
            "NOT_ALLOWED",
            "CONCURRENT_TX",
            "concurrent_sessions",
        ),
        (
            json!({"permitted_locations": []}),
            "NOT_ALLOWED",
            "BLOCKED",
            "places",
        ),
    ] {
        let world = world_with_account(account).await;
        let data = super::answered(&ask(&world, "U1").await);
        assert_eq!(data["allowed"], allowed);
        let expected = json!({
            "owner": "CH/ABC", "uid": "U1", "type": "RFID", "asked": null,
            "allowed_location": null, "allowed": allowed, "status": status, "rule": rule,
        });
        let found: Vec<Value> = records(&world)
            .await
            .iter()
            .map(|record| summary(record))
            .collect();
        assert_eq!(found, [expected]);
    }
    let world = world().await;
    world
        .push(&with(card("U1"), &json!({"valid": false})))
        .await;
    ask(&world, "U1").await;
    let record = summary(&records(&world).await[0]);
    assert_eq!(
        (&record["status"], &record["rule"]),
        (&json!("INVALID"), &json!("not_valid"))
    );
}

/// Holds: E-33.
#[tokio::test]
async fn a_question_of_one_who_may_not_ask_leaves_a_record_too() {
    let world = world().await;
    world.push(&card("U1")).await;
    let by_an_emsp = Request::new("POST", &question("U1")).token(TOKEN);
    let to_nobody = asking(&question("U1")).party("to", "DE", "NOB");
    for (request, codes) in [(by_an_emsp, (404, 2000)), (to_nobody, (200, 2001))] {
        unanswered(&world.send(&request).await, codes, "may not ask");
    }
    let found = records(&world).await;
    assert_eq!(found.len(), 2);
    for record in found {
        let record = summary(&record);
        assert_eq!(record["rule"], "access_denied");
        assert_eq!(
            (&record["uid"], &record["allowed"]),
            (&json!("U1"), &Value::Null)
        );
    }
}

/// Holds: E-33, E-12, E-14, E-16.
#[tokio::test]
async fn a_question_without_an_answer_leaves_a_record_too() {
    let world = world_with_account(json!({
        "denied_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": ["E1"]},
        ],
    }))
    .await;
    for id in ["ABC", "XYZ"] {
        world
            .push(&with(card("BOTH"), &json!({"party_id": id})))
            .await;
    }
    let too_long = "u".repeat(100);
    let place = json!({"location_id": "LOC1", "evse_uids": []});
    let unknown = json!("unknown_token");
    let questions = [
        (question("U2") + "?type=Fob", None, unknown.clone()),
        (question(&too_long), None, unknown.clone()),
        (question("%C3%89%0A"), None, unknown.clone()),
        (
            format!("{SENDER}/CH/XYZ/U1/authorize"),
            Some(&place),
            unknown,
        ),
        (question("BOTH"), None, json!("ambiguous_token")),
        (question("U1"), None, json!("location_missing")),
        (question("U1"), Some(&place), json!("places")),
    ];
    for (target, body, _) in &questions {
        let request = asking(target);
        world
            .send(
                &body
                    .iter()
                    .fold(request, |request, body| request.json(body)),
            )
            .await;
    }
    let found: Vec<Value> = records(&world)
        .await
        .iter()
        .map(|record| summary(record))
        .collect();
    assert_eq!(found.len(), questions.len());
    for ((target, body, rule), record) in questions.iter().zip(&found) {
        assert_eq!(&record["rule"], rule, "{target}");
        assert_eq!(
            record["asked"],
            body.cloned().unwrap_or_default(),
            "{target}"
        );
        for absent in ["allowed", "status", "allowed_location"] {
            assert_eq!(record[absent], Value::Null, "{target} {absent}");
        }
    }
    let asked = |index: usize| (found[index]["uid"].clone(), found[index]["type"].clone());
    assert_eq!(asked(0), (json!("U2"), json!("Fob")));
    assert_eq!(
        asked(1),
        (json!("u".repeat(64)), json!("RFID")),
        "cut, not dropped"
    );
    assert_eq!(asked(2), (json!("??"), json!("RFID")), "fit for a log");
}

/// Holds: E-33.
#[tokio::test]
async fn only_questions_leave_records() {
    let world = world().await;
    world.push(&card("U1")).await;
    world.call("GET", &copy("U1"), None).await;
    for request in [
        Request::new("GET", SENDER).token(CPO),
        Request::new("GET", &question("U1")).token(CPO),
        Request::new("POST", &question("U1")).token("wrong"),
        Request::new("POST", &question("U1")),
    ] {
        world.send(&request).await;
    }
    assert_eq!(records(&world).await.len(), 0);
    ask(&world, "U1").await;
    put_account(&world, "U1", json!({"blocked": true})).await;
    ask(&world, "U1").await;
    let found = records(&world).await;
    let allowed: Vec<_> = found
        .iter()
        .map(|record| record.allowed.unwrap().as_str())
        .collect();
    assert_eq!(
        allowed,
        ["ALLOWED", "BLOCKED"],
        "a record stays as it was written"
    );
    assert_ne!(found[0].reference, found[1].reference);
}
