//! The question over HTTP, as a back office asks it.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::stage::{Stage, StageBuilder, allowing, emsp, foreign};
use crate::admin::Operator;
use crate::support::peer::{Peer, Reply};
use crate::support::token::card;
use crate::support::world::{hosted, platform};

const AUTHORIZE: &str = "/admin/v1/charge-point/authorize";

fn start_of(uid: &str) -> Value {
    json!({"uid": uid, "location_id": "LOC1", "evse_uid": "E1"})
}

fn stop_of(uid: &str, reference: &Value) -> Value {
    json!({
        "uid": uid, "location_id": "LOC1", "evse_uid": "E1",
        "purpose": "stop", "session": {"reference": reference},
    })
}

/// NL/ALF as CPO, CH/ABC as eMSP, and DE/TNM elsewhere; with the operator of it.
async fn stage(peer: &Peer) -> (Stage, Operator) {
    let asks = Profile {
        ask_unknown: true,
        ..Profile::default()
    };
    let mut builder = StageBuilder::new().emsp(asks, peer);
    builder.builder.hosted = vec![
        hosted("NL", "ALF", &[Role::Cpo]),
        hosted("CH", "ABC", &[Role::Emsp]),
    ];
    let mut stage = builder.start().await;
    let operator = Operator::of(&mut stage.world).await;
    (stage, operator)
}

/// Holds: W-31, X-30, X-40, W-26. Everything that a back office passes on: to the charge point, and
/// into the Session.
#[tokio::test]
async fn an_answer_says_what_the_charge_point_and_the_session_need() {
    let card = foreign(
        "CARD1",
        &json!({"group_id": "FLEET", "contract_id": "DE-TNM-C1"}),
    );
    let info = json!({"language": "en", "text": "Welcome"});
    let said = allowing(
        &card,
        &json!({"authorization_reference": "REF-1", "info": info}),
    );
    let peer = emsp(Reply::success(&said)).await;
    let (stage, operator) = stage(&peer).await;
    stage.copy(&card).await;
    let answer = operator.post(AUTHORIZE, &start_of("CARD1")).await.found();
    let expected = json!({
        "allowed": "ALLOWED",
        "source": "real_time",
        "ocpp_1_6": {
            "authorize": "Accepted", "start_transaction": "Accepted", "parent_id_tag": "FLEET",
        },
        "ocpp_2_0_1": {
            "status": "Accepted", "id_token_type": "ISO14443", "group_id_token": "FLEET",
        },
        "info": info,
        "token": {
            "country_code": "DE", "party_id": "TNM", "uid": "CARD1", "type": "RFID",
            "contract_id": "DE-TNM-C1", "group_id": "FLEET",
        },
        "authorization_reference": "REF-1",
        "auth_method": "AUTH_REQUEST",
        "decided_by": "emsp",
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&answer[name], value, "{name}: {answer}");
    }
    for name in ["reason", "reference"] {
        assert!(
            answer[name].as_str().is_some_and(|text| !text.is_empty()),
            "{answer}"
        );
    }
    assert!(answer["elapsed_ms"].is_number(), "{answer}");

    let reference = answer["reference"].as_str().expect("a text");
    let record = operator
        .get(&format!("/admin/v1/authorizations/{reference}"))
        .await
        .found();
    let kept = &record["charge_point"];
    assert_eq!(kept["source"], "real_time", "{record}");
    assert_eq!(kept["purpose"], "start", "{record}");
    assert_eq!(kept["reason"], answer["reason"], "{record}");
    assert_eq!(kept["authorization_reference"], "REF-1", "{record}");
}

/// Holds: X-40. A group of more characters than OCPP 1.6 has is none there.
#[tokio::test]
async fn a_long_group_is_told_to_ocpp_2_0_1_alone() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let (stage, operator) = stage(&peer).await;
    let long = "G".repeat(21);
    stage
        .copy(&foreign("CARD1", &json!({"group_id": long})))
        .await;
    let answer = operator.post(AUTHORIZE, &start_of("CARD1")).await.found();
    assert_eq!(answer["ocpp_1_6"]["parent_id_tag"], Value::Null, "{answer}");
    assert_eq!(answer["ocpp_2_0_1"]["group_id_token"], long.as_str());
}

/// Holds: W-28, W-29, W-30. The rules of a stop, over HTTP.
#[tokio::test]
async fn a_session_is_stopped_by_whoever_may() {
    let first = foreign("CARD1", &json!({"group_id": "FLEET"}));
    let peer = emsp(Reply::success(&allowing(&first, &json!({})))).await;
    let (stage, operator) = stage(&peer).await;
    for copy in [
        first,
        foreign("CARD2", &json!({"group_id": "FLEET", "valid": false})),
        foreign("CARD3", &json!({"group_id": "OTHERS"})),
    ] {
        stage.copy(&copy).await;
    }
    let started = operator.post(AUTHORIZE, &start_of("CARD1")).await.found();
    peer.forget();
    peer.answers(|_| Reply::refused(404, 2004, "unknown token"));
    for (uid, allowed, questions) in [
        ("CARD1", true, 0),
        ("CARD2", true, 0),
        ("CARD3", false, 0),
        ("UNKNOWN", false, 1),
    ] {
        peer.forget();
        let stop = stop_of(uid, &started["reference"]);
        let answer = operator.post(AUTHORIZE, &stop).await.found();
        assert_eq!(answer["allowed"] == "ALLOWED", allowed, "{uid}: {answer}");
        assert_eq!(answer["source"], "stop_rule", "{uid}");
        assert_eq!(peer.asked().len(), questions, "{uid}");
    }
    let unknown = stop_of("CARD1", &json!("NO-SUCH-ANSWER"));
    let detail = operator.post(AUTHORIZE, &unknown).await.problem(404);
    assert!(detail.contains("NO-SUCH-ANSWER"), "{detail}");
}

/// Holds: E-33, W-32. A card hosted here leaves one record, not one of the CPO and one of the eMSP.
#[tokio::test]
async fn a_card_hosted_here_leaves_one_record() {
    let peer = emsp(Reply::refused(404, 2004, "unknown token")).await;
    let (stage, operator) = stage(&peer).await;
    stage.copy(&card("MINE")).await;
    let answer = operator.post(AUTHORIZE, &start_of("MINE")).await.found();
    assert_eq!(answer["allowed"], "ALLOWED", "{answer}");
    assert_eq!(answer["source"], "real_time", "{answer}");
    let listed = operator.get("/admin/v1/authorizations").await.found();
    let items = listed["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "{listed}");
    assert_eq!(items[0]["reference"], answer["reference"]);
    assert_eq!(items[0]["platform"], "charge-point");
    assert!(peer.asked().is_empty());
}

/// Holds: E-33, W-32. The name under which our own charge points ask is nobody else's.
#[tokio::test]
async fn no_platform_may_be_called_as_our_charge_points_are() {
    let peer = emsp(Reply::refused(404, 2004, "unknown token")).await;
    let (_stage, operator) = stage(&peer).await;
    let row = json!({"roles": [], "profile": {}});
    let answer = operator.put("/admin/v1/platforms/charge-point", &row).await;
    let status = answer.status();
    assert!((400..500).contains(&status), "{status}: {}", answer.text());
    assert!(answer.text().contains("charge points"), "{}", answer.text());
}

/// Holds: T-87, T-88. The CPO need be named only where there are several, and must be one.
#[tokio::test]
async fn the_cpo_is_the_only_one_or_the_one_that_is_named() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let mut builder = StageBuilder::new().emsp(Profile::default(), &peer);
    builder.builder.hosted = vec![
        hosted("NL", "ALF", &[Role::Cpo]),
        hosted("NL", "BET", &[Role::Cpo]),
    ];
    let mut stage = builder.start().await;
    let operator = Operator::of(&mut stage.world).await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    let detail = operator
        .post(AUTHORIZE, &start_of("CARD1"))
        .await
        .problem(400);
    assert!(detail.contains("CPO"), "{detail}");
    for (party_id, status) in [("BET", 200), ("GAM", 404)] {
        let mut question = start_of("CARD1");
        question["cpo"] = json!({"country_code": "NL", "party_id": party_id});
        let answer = operator.post(AUTHORIZE, &question).await;
        answer.with_status(status);
    }
    assert_eq!(peer.asked()[0].headers["ocpi-from-party-id"], "BET");
}

/// Holds: W-33. The breaker is seen where an operator looks, and the answers are counted.
#[tokio::test]
async fn the_operator_sees_who_is_not_asked_and_how_it_was_answered() {
    let peer = emsp(Reply::refused(503, 3000, "gone")).await;
    let mut builder = StageBuilder::new().emsp(Profile::default(), &peer);
    builder.builder.options.charge_point.breaker_failures = 2;
    builder.builder.options.charge_point.same_question_ms = 0;
    let mut stage = builder.start().await;
    let operator = Operator::of(&mut stage.world).await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    for (state, failures) in [("closed", 0), ("closed", 1), ("open", 2)] {
        let shown = operator.get("/admin/v1/platforms").await.found();
        let breaker = &shown["items"][0]["breaker"];
        assert_eq!(breaker["state"], state, "{breaker}");
        assert_eq!(breaker["failures"], failures, "{breaker}");
        assert_eq!(
            breaker["open_since"].is_null(),
            state != "open",
            "{breaker}"
        );
        operator.post(AUTHORIZE, &start_of("CARD1")).await.found();
    }
    let metrics = operator.get("/metrics").await;
    let metrics = metrics.text();
    for line in [
        "ocpi_breaker_state{platform=\"emsp\"} 2",
        "ocpi_charge_point_authorization_duration_seconds_count 3",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("ocpi_charge_point_authorizations_total{"));
    let counted = counted.expect("it is counted");
    assert!(counted.contains("source=\"offline\""), "{counted}");
    assert!(counted.contains("allowed=\"ALLOWED\""), "{counted}");
    assert!(counted.ends_with(" 3"), "{counted}");
    assert!(
        metrics.contains("ocpi_charge_point_questions_total{"),
        "{metrics}"
    );

    stage
        .world
        .know(platform("another", Profile::default(), &[]))
        .await;
    let app = &stage.world.app;
    let gone = ocpi_domain::PlatformId::new("emsp").expect("an id");
    app.delete_platform(&gone).await.expect("it is deleted");
    operator.post(AUTHORIZE, &start_of("CARD1")).await.found();
    let metrics = operator.get("/metrics").await;
    assert!(
        !metrics
            .text()
            .contains("ocpi_breaker_state{platform=\"emsp\"}"),
        "who is gone is shown no more"
    );
}
