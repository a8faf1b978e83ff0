//! A card of an eMSP that is hosted here, too: nobody is called, and the rules are those of its own.

use ocpi_domain::{AllowedType, AuthMethod, DecisionSource, Role, Rule};
use serde_json::json;

use super::stage::{Stage, StageBuilder, emsp, to_start};
use crate::support::peer::Reply;
use crate::support::token::card;
use crate::support::world::{hosted, party};

/// NL/ALF as CPO and CH/ABC as eMSP, and its card CARD1.
async fn stage() -> Stage {
    let mut builder = StageBuilder::new();
    builder.builder.hosted = vec![
        hosted("NL", "ALF", &[Role::Cpo]),
        hosted("CH", "ABC", &[Role::Emsp]),
    ];
    let stage = builder.start().await;
    stage.copy(&card("CARD1")).await;
    stage
}

/// Holds: E-17, E-33, W-32, E-26. It is decided in this process, by the rules of the eMSP, with one
/// record.
#[tokio::test]
async fn a_card_hosted_here_is_decided_here_with_one_record() {
    let stage = stage().await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    assert_eq!(answer.source, DecisionSource::RealTime);
    assert_eq!(answer.auth_method, Some(AuthMethod::AuthRequest));
    let records = stage.records().await;
    let [record] = records.as_slice() else {
        panic!("{} records", records.len());
    };
    assert_eq!(record.reference, answer.reference);
    assert_eq!(record.platform.as_str(), "charge-point");
    assert_eq!(record.token_party, Some(party("CH", "ABC")));
    let kept = record.charge_point.as_ref().expect("what a CPO keeps");
    assert_eq!(kept.cpo, party("NL", "ALF"));

    let blocked = json!({"blocked": true});
    stage
        .world
        .put_account(party("CH", "ABC"), "CARD1", &blocked)
        .await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Blocked, "{}", answer.reason);
    assert_eq!(answer.source, DecisionSource::RealTime);
    let record = stage.record(&answer.reference).await;
    assert_eq!(record.rule, Rule::Blocked);
    assert_eq!(stage.records().await.len(), 2);
}

/// Holds: E-29, E-30, X-35. A slot is taken as by a question of another CPO.
#[tokio::test]
async fn a_card_hosted_here_that_charges_elsewhere_is_refused() {
    let stage = stage().await;
    let once = json!({"concurrent_sessions_max": 1});
    stage
        .world
        .put_account(party("CH", "ABC"), "CARD1", &once)
        .await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    let again = stage.answer(to_start("CARD1")).await;
    assert_eq!(
        again.allowed,
        AllowedType::Allowed,
        "the same EVSE asks again"
    );
    let mut elsewhere = to_start("CARD1");
    elsewhere.evse_uid = Some("E2".parse().expect("an EVSE"));
    let answer = stage.answer(elsewhere).await;
    assert_eq!(answer.allowed, AllowedType::NotAllowed, "{}", answer.reason);
    assert_eq!(answer.ocpp_2_0_1.as_str(), "ConcurrentTx");
}

/// Holds: K-03, W-20. A card that an eMSP here and one elsewhere have is decided by no copy: both are
/// asked.
#[tokio::test]
async fn of_a_card_that_two_have_both_owners_are_asked() {
    let peer = emsp(Reply::success(&json!({"allowed": "BLOCKED"}))).await;
    let mut builder = StageBuilder::new().emsp(ocpi_domain::Profile::default(), &peer);
    builder.builder.hosted = vec![
        hosted("NL", "ALF", &[Role::Cpo]),
        hosted("CH", "ABC", &[Role::Emsp]),
    ];
    let stage = builder.start().await;
    let always = json!({"whitelist": "ALWAYS"});
    stage.copy(&super::stage::foreign("CARD1", &always)).await;
    let mut mine = card("CARD1");
    mine["valid"] = json!(false);
    stage.copy(&mine).await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_ne!(answer.allowed, AllowedType::Allowed, "{}", answer.reason);
    assert_eq!(answer.source, DecisionSource::FanOut);
    assert_eq!(peer.asked().len(), 1, "its owner is asked, though ALWAYS");
}
