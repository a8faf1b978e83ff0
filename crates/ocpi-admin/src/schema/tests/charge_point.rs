//! Questions of charge points, and their answers.

use ocpi_app::{ChargePointAnswer, ChargedToken};
use ocpi_domain::authorization::ocpp::{Ocpp16Status, Ocpp201Status, OcppIdTokenType};
use ocpi_domain::{AllowedType, AuthMethod, DecisionSource, Party, PlatformId, TokenType};
use serde_json::{Value, json};

use super::{assert_is_all, assert_valid, validator};
use crate::endpoints::charge_point;

/// An answer of which everything is known.
fn full() -> ChargePointAnswer {
    ChargePointAnswer {
        reference: "R-1".parse().unwrap(),
        allowed: AllowedType::NotAllowed,
        ocpp_1_6_authorize: Ocpp16Status::Invalid,
        ocpp_1_6_start: Ocpp16Status::ConcurrentTx,
        ocpp_2_0_1: Ocpp201Status::ConcurrentTx,
        source: DecisionSource::RealTime,
        reason: "DE/TNM says NOT_ALLOWED".to_owned(),
        info: ocpi_domain::Refusal::Blocked.text(None),
        token: Some(ChargedToken {
            party: Party::new("DE", "TNM").unwrap(),
            uid: "CARD".parse().unwrap(),
            token_type: TokenType::Rfid,
            contract_id: "DE-TNM-C1".parse().unwrap(),
            group_id: Some("A-GROUP-OF-24-CHARACTERS".parse().unwrap()),
            parent_id_tag: None,
            ocpp_2_0_1_type: Some(OcppIdTokenType::Iso14443),
        }),
        authorization_reference: Some("A-1".parse().unwrap()),
        auth_method: Some(AuthMethod::AuthRequest),
        decided_by: Some(PlatformId::new("peer").unwrap()),
        elapsed_us: 12_345,
    }
}

/// Holds: X-40. Each member stands where a CSMS looks for it, and none is ever left out.
#[test]
fn an_answer_is_as_its_schemas_say() {
    let shown = charge_point::shown(&full());
    assert_is_all("ChargePointAnswer", &shown);
    assert_is_all("ChargePointOcpp16", &shown["ocpp_1_6"]);
    assert_is_all("ChargePointOcpp201", &shown["ocpp_2_0_1"]);
    assert_is_all("ChargePointToken", &shown["token"]);
    let told = json!({
        "authorize": "Invalid",
        "start_transaction": "ConcurrentTx",
        "parent_id_tag": null,
    });
    assert_eq!(shown["ocpp_1_6"], told);
    let told = json!({
        "status": "ConcurrentTx",
        "id_token_type": "ISO14443",
        "group_id_token": "A-GROUP-OF-24-CHARACTERS",
    });
    assert_eq!(shown["ocpp_2_0_1"], told);
    assert_eq!(shown["elapsed_ms"], 12.345);
}

#[test]
fn an_answer_about_an_unknown_card_is_as_its_schemas_say() {
    let mut little = full();
    little.info = None;
    little.token = None;
    little.authorization_reference = None;
    little.auth_method = None;
    little.decided_by = None;
    little.elapsed_us = u64::MAX;
    let shown = charge_point::shown(&little);
    assert_is_all("ChargePointAnswer", &shown);
    for name in [
        "info",
        "token",
        "authorization_reference",
        "auth_method",
        "decided_by",
    ] {
        assert_eq!(shown[name], Value::Null, "{name}");
    }
    assert_eq!(shown["ocpp_2_0_1"]["group_id_token"], Value::Null);
    for source in DecisionSource::ALL {
        little.source = *source;
        assert_valid("ChargePointAnswer", &charge_point::shown(&little));
    }
}

/// Holds: W-29. An empty group names nobody's group, so no charge point may go by it.
#[test]
fn an_empty_group_is_shown_with_the_token_and_told_to_no_charge_point() {
    let mut given = full();
    if let Some(token) = &mut given.token {
        token.group_id = Some(String::new().parse().unwrap());
    }
    let shown = charge_point::shown(&given);
    assert_valid("ChargePointAnswer", &shown);
    assert_eq!(shown["token"]["group_id"], "");
    assert_eq!(shown["ocpp_2_0_1"]["group_id_token"], Value::Null);
}

/// A question of which everything is said.
fn question() -> Value {
    json!({
        "cpo": {"country_code": "NL", "party_id": "ALF"},
        "uid": "CARD",
        "type": "RFID",
        "location_id": "LOC",
        "evse_uid": "E1",
        "purpose": "start",
        "commanded_at": "2026-01-01T00:00:00Z",
        "session": null,
    })
}

/// A question about the end of that session.
fn stop(session: Value) -> Value {
    let mut stop = question();
    stop["purpose"] = "stop".into();
    stop["commanded_at"] = Value::Null;
    stop["session"] = session;
    stop
}

/// What the schema says of each is what becomes of it.
fn assert_read_as_documented(bodies: &[Value]) {
    let validator = validator("ChargePointQuestion");
    for body in bodies {
        let is_read = charge_point::reads(body);
        assert_eq!(validator.is_valid(body), is_read, "{body}");
    }
}

#[test]
fn a_question_is_read_as_its_schemas_say() {
    let full = question();
    assert_is_all("ChargePointQuestion", &full);
    assert!(charge_point::reads(&full));
    let reference = json!({"reference": "R-1"});
    let mut bodies = vec![
        json!({}),
        json!({"uid": "CARD", "location_id": "LOC"}),
        json!({"uid": "CARD", "location_id": "LOC", "x": 1}),
        json!({"uid": "CARD", "location_id": "LOC", "session": reference}),
        json!({"uid": "CARD", "location_id": "LOC", "purpose": "stop"}),
    ];
    for name in full.as_object().unwrap().keys() {
        for value in [
            json!(null),
            json!(1),
            json!(""),
            json!([]),
            json!("x".repeat(40)),
        ] {
            // A date is a text to the schema, and more to us.
            if name != "commanded_at" || !value.is_string() {
                let mut body = full.clone();
                body[name] = value;
                bodies.push(body);
            }
        }
        let mut without = full.clone();
        without.as_object_mut().unwrap().remove(name);
        bodies.push(without);
    }
    assert_read_as_documented(&bodies);
}

#[test]
fn the_session_of_a_stop_is_read_as_its_schemas_say() {
    let token = json!({
        "country_code": "DE",
        "party_id": "TNM",
        "uid": "CARD",
        "type": "RFID",
        "group_id": "GROUP",
    });
    assert_is_all("ChargePointSessionToken", &token);
    let reference = json!({"reference": "R-1"});
    assert!(charge_point::reads(&stop(reference.clone())));
    assert!(charge_point::reads(&stop(json!({"token": token}))));
    let mut bodies = vec![
        stop(json!({"reference": "R-1", "token": token})),
        stop(json!({})),
        stop(json!({"x": 1})),
        stop(json!("reference")),
        stop(json!({"reference": ""})),
        stop(json!({"reference": null})),
        stop(json!({"token": ["DE", "TNM", "CARD"]})),
        stop(Value::Null),
    ];
    for name in token.as_object().unwrap().keys() {
        for value in [json!(null), json!(1), json!("x".repeat(256))] {
            let mut token = token.clone();
            token[name] = value;
            bodies.push(stop(json!({"token": token})));
        }
        let mut without = token.clone();
        without.as_object_mut().unwrap().remove(name);
        bodies.push(stop(json!({"token": without})));
    }
    let mut commanded = stop(reference);
    commanded["commanded_at"] = question()["commanded_at"].clone();
    bodies.push(commanded);
    assert_read_as_documented(&bodies);
}
