//! A card that somebody else's eMSP knows: what it is asked, and what its answer comes to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::authorization::ocpp::{Ocpp16Status, Ocpp201Status};
use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationReference, DecisionSource, OcpiVersion, Profile, Purpose,
    Role, TokenType,
};
use ocpi_ports::TokenRepository;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::stage::{Stage, StageBuilder, allowing, emsp, foreign, of_type, to_start, uid_asked};
use crate::support::peer::Reply;
use crate::support::until::until;
use crate::support::world::{party, platform};

/// Long after every budget.
const NEVER: Duration = Duration::from_hours(1);

/// Holds: W-21, T-84, T-87, T-82, Q-06, T-02.
#[tokio::test]
async fn the_owner_is_asked_about_the_token_at_this_evse() {
    let peer = emsp(Reply::success(&allowing(
        &foreign("CARD1", &json!({})),
        &json!({}),
    )))
    .await;
    let stage = Stage::with(&peer).await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    let answer = stage.answer(to_start("card1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed);
    assert_eq!(answer.source, DecisionSource::RealTime);
    let asked = peer.asked();
    let [asked] = asked.as_slice() else {
        panic!("asked {} times", asked.len());
    };
    assert_eq!(asked.method, "POST");
    assert_eq!(uid_asked(asked).to_lowercase(), "card1");
    assert!(asked.target.contains("type=RFID"), "{}", asked.target);
    assert_eq!(
        asked.json(),
        json!({"location_id": "LOC1", "evse_uids": ["E1"]})
    );
    for (name, value) in [
        ("ocpi-from-country-code", "NL"),
        ("ocpi-from-party-id", "ALF"),
        ("ocpi-to-country-code", "DE"),
        ("ocpi-to-party-id", "TNM"),
    ] {
        assert_eq!(asked.headers[name], value);
    }
    assert!(asked.headers.contains_key("x-request-id"));
    let record = stage.record(&answer.reference).await;
    assert_eq!(
        asked.headers["x-correlation-id"],
        record.correlation_id.as_str(),
        "the two sides find it by that"
    );
}

/// Holds: W-21. Without an EVSE the Location is sent still.
#[tokio::test]
async fn a_question_without_an_evse_names_the_location() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let stage = Stage::with(&peer).await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    let mut request = to_start("CARD1");
    request.evse_uid = None;
    let answer = stage.answer(request).await;
    assert_eq!(answer.allowed, AllowedType::Allowed);
    let body = peer.asked()[0].json();
    assert_eq!(body["location_id"], "LOC1");
    let evses = body.get("evse_uids").and_then(Value::as_array);
    assert!(evses.is_none_or(Vec::is_empty), "{body}");
}

/// Holds: W-22. What is allowed elsewhere is not allowed here.
#[tokio::test]
async fn an_allowed_for_other_evses_is_none_for_ours() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = StageBuilder::new()
        .emsp(Profile::default(), &peer)
        .options(|options| options.same_question_ms = 0)
        .start()
        .await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    for (location, is_allowed) in [
        (json!(null), true),
        (json!({"location_id": "LOC1", "evse_uids": []}), true),
        (json!({"location_id": "LOC1", "evse_uids": ["e1"]}), true),
        (json!({"location_id": "LOC1", "evse_uids": ["E2"]}), false),
        (json!({"location_id": "LOC9", "evse_uids": ["E1"]}), false),
    ] {
        let said = allowing(
            &foreign("CARD1", &json!({})),
            &json!({"location": location}),
        );
        peer.answers(move |_| Reply::success(&said));
        let answer = stage.answer(to_start("CARD1")).await;
        assert_eq!(
            answer.allowed == AllowedType::Allowed,
            is_allowed,
            "{location}"
        );
        if !is_allowed {
            assert_eq!(answer.allowed, AllowedType::NotAllowed, "{location}");
            assert_eq!(answer.auth_method, None, "{location}");
        }
    }
}

/// Holds: W-23, X-31, X-32, X-33, X-35, X-36, X-37, X-39.
#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_charge_point() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = StageBuilder::new()
        .emsp(Profile::default(), &peer)
        .options(|options| options.same_question_ms = 0)
        .start()
        .await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    for (said, authorize, start, status) in [
        (
            json!({"allowed": "BLOCKED"}),
            Ocpp16Status::Blocked,
            Ocpp16Status::Blocked,
            Ocpp201Status::Blocked,
        ),
        (
            json!({"allowed": "EXPIRED"}),
            Ocpp16Status::Expired,
            Ocpp16Status::Expired,
            Ocpp201Status::Expired,
        ),
        (
            json!({"allowed": "NO_CREDIT"}),
            Ocpp16Status::Blocked,
            Ocpp16Status::Blocked,
            Ocpp201Status::NoCredit,
        ),
        (
            json!({"allowed": "NOT_ALLOWED"}),
            Ocpp16Status::Blocked,
            Ocpp16Status::Blocked,
            Ocpp201Status::NotAtThisLocation,
        ),
        (
            json!({"allowed": "BLOCKED", "status": "INVALID"}),
            Ocpp16Status::Invalid,
            Ocpp16Status::Invalid,
            Ocpp201Status::Invalid,
        ),
        (
            json!({"allowed": "NOT_ALLOWED", "status": "CONCURRENT_TX"}),
            Ocpp16Status::Invalid,
            Ocpp16Status::ConcurrentTx,
            Ocpp201Status::ConcurrentTx,
        ),
        (
            json!({"allowed": "BLOCKED", "status": "ACCEPTED"}),
            Ocpp16Status::Blocked,
            Ocpp16Status::Blocked,
            Ocpp201Status::Blocked,
        ),
    ] {
        let reply = Reply::success(&said);
        peer.answers(move |_| reply.clone());
        let answer = stage.answer(to_start("CARD1")).await;
        assert_eq!(json!(answer.allowed), said["allowed"]);
        assert_eq!(
            (
                answer.ocpp_1_6_authorize,
                answer.ocpp_1_6_start,
                answer.ocpp_2_0_1
            ),
            (authorize, start, status),
            "{said}"
        );
    }
}

/// Holds: W-26, W-32. What the eMSP said is kept with the authorization, for the Session; the copy is
/// changed by a newer Token only, and never made.
#[tokio::test]
async fn an_answer_is_kept_with_its_record_and_its_token_only_where_it_is_newer() {
    let newer = foreign(
        "CARD1",
        &json!({"issuer": "Renamed", "last_updated": "2026-01-01T11:00:00Z"}),
    );
    let said = allowing(&newer, &json!({"authorization_reference": "REF-OF-EMSP"}));
    let peer = emsp(Reply::success(&said)).await;
    let stage = StageBuilder::new()
        .emsp(
            Profile {
                ask_unknown: true,
                ..Profile::default()
            },
            &peer,
        )
        .options(|options| options.same_question_ms = 0)
        .start()
        .await;
    // Not known: asked about, and not stored.
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.source, DecisionSource::FanOut);
    assert_eq!(answer.allowed, AllowedType::Allowed);
    assert!(
        stage.world.stored().await.is_empty(),
        "no Token by an answer"
    );

    stage.copy(&foreign("CARD1", &json!({}))).await;
    let answer = stage.answer(to_start("CARD1")).await;
    let reference = answer
        .authorization_reference
        .as_ref()
        .map(AuthorizationReference::as_str);
    assert_eq!(reference, Some("REF-OF-EMSP"));
    assert_eq!(answer.auth_method, Some(AuthMethod::AuthRequest));
    let record = stage.record(&answer.reference).await;
    let kept = record.charge_point.as_ref().expect("what a CPO keeps");
    assert_eq!(kept.cpo, party("NL", "ALF"));
    assert_eq!(kept.purpose, Purpose::Start);
    assert_eq!(kept.source, DecisionSource::RealTime);
    assert_eq!(kept.reason, answer.reason);
    let reference = kept.authorization_reference.as_ref();
    assert_eq!(
        reference.map(AuthorizationReference::as_str),
        Some("REF-OF-EMSP")
    );
    assert_eq!(record.allowed, Some(AllowedType::Allowed));
    until("the newer Token is stored", || async {
        let stored = stage.world.stored().await;
        stored[0].token.issuer.as_str() == "Renamed"
    })
    .await;

    let older = foreign(
        "CARD1",
        &json!({"issuer": "Old", "last_updated": "2025-01-01T11:00:00Z"}),
    );
    let reply = Reply::success(&allowing(&older, &json!({})));
    peer.answers(move |_| reply.clone());
    stage.answer(to_start("CARD1")).await;
    // What is stored after an answer is stored by a task: the next one that is stored comes after.
    let newest = foreign(
        "CARD1",
        &json!({"issuer": "Last", "last_updated": "2026-01-01T11:30:00Z"}),
    );
    let reply = Reply::success(&allowing(&newest, &json!({})));
    peer.answers(move |_| reply.clone());
    let before = stage.world.stored().await[0].revision;
    stage.answer(to_start("CARD1")).await;
    until("the last Token is stored", || async {
        stage.world.stored().await[0].token.issuer.as_str() == "Last"
    })
    .await;
    let after = stage.world.store.last_revision().await.expect("a revision");
    assert_eq!(after.0, before.0 + 1, "the older one was not stored");
}

/// Holds: W-33, W-04, W-12. An eMSP that takes its time has no answer, and the copy decides.
#[tokio::test]
async fn who_does_not_answer_in_time_has_not_answered() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"})).after(NEVER)).await;
    let stage = StageBuilder::new()
        .emsp(
            Profile {
                authorize_timeout_ms: Some(100),
                ..Profile::default()
            },
            &peer,
        )
        .start()
        .await;
    for (whitelist, allowed) in [
        ("ALLOWED", true),
        ("ALLOWED_OFFLINE", true),
        ("NEVER", false),
    ] {
        stage
            .copy(&foreign(whitelist, &json!({"whitelist": whitelist})))
            .await;
        let answer = stage.answer(to_start(whitelist)).await;
        assert_eq!(
            answer.allowed == AllowedType::Allowed,
            allowed,
            "{whitelist}"
        );
        assert_eq!(answer.source, DecisionSource::Offline, "{whitelist}");
        assert!(answer.reason.contains("100 ms"), "{}", answer.reason);
        assert!(answer.reason.contains("DE/TNM"), "{}", answer.reason);
        let method = allowed.then_some(AuthMethod::Whitelist);
        assert_eq!(answer.auth_method, method, "{whitelist}");
    }
    assert_eq!(peer.asked().len(), 3, "none is asked twice");
}

/// Holds: W-33. One question is asked once, by however many charge points in a second.
#[tokio::test]
async fn the_same_question_within_a_second_is_asked_once() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let stage = Stage::with(&peer).await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    let mut many = JoinSet::new();
    for _ in 0..20 {
        let app = Arc::clone(&stage.world.app);
        many.spawn(async move { app.authorize_at_charge_point(to_start("CARD1")).await });
    }
    let mut references = BTreeSet::new();
    for answered in many.join_all().await {
        let answer = answered.expect("an answer");
        assert_eq!(answer.allowed, AllowedType::Allowed);
        references.insert(answer.reference.as_str().to_owned());
    }
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(references.len(), 20, "each has a record of its own");
    let mut elsewhere = to_start("CARD1");
    elsewhere.evse_uid = Some("E2".parse().expect("an EVSE"));
    stage.answer(elsewhere).await;
    assert_eq!(peer.asked().len(), 2, "another place is another question");
    stage.world.clock.advance_ms(1001);
    stage.answer(to_start("CARD1")).await;
    assert_eq!(peer.asked().len(), 3);
}

/// Holds: W-27. Nobody is asked about the users of an app.
#[tokio::test]
async fn nobody_is_asked_about_the_users_of_an_app() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let asks = Profile {
        ask_unknown: true,
        ..Profile::default()
    };
    let stage = StageBuilder::new().emsp(asks, &peer).start().await;
    stage
        .copy(&foreign(
            "APP1",
            &json!({"type": "APP_USER", "whitelist": "NEVER"}),
        ))
        .await;
    for token_type in [TokenType::AppUser, TokenType::AdHocUser] {
        for uid in ["APP1", "UNKNOWN"] {
            let answer = stage
                .answer(of_type(to_start(uid), token_type.clone()))
                .await;
            assert_ne!(answer.allowed, AllowedType::Allowed, "{uid}");
        }
    }
    assert!(peer.asked().is_empty(), "{:?}", peer.asked());
}

/// Holds: M-05, M-07, W-31. An eMSP of 2.1.1 is asked in its words.
#[tokio::test]
async fn an_emsp_of_2_1_1_is_asked_in_its_words() {
    let peer = emsp(Reply::success(&json!({"allowed": "ALLOWED"}))).await;
    let emsp = platform("emsp", Profile::default(), &[("DE", "TNM", Role::Emsp)]);
    let builder = StageBuilder::new().knows(emsp, OcpiVersion::V2_1_1, &peer);
    let stage = builder.start().await;
    stage
        .copy(&foreign("CARD1", &json!({"group_id": "FLEET"})))
        .await;
    let answer = stage.answer(to_start("CARD1")).await;
    assert_eq!(answer.allowed, AllowedType::Allowed);
    assert_eq!(answer.authorization_reference, None);
    let token = answer.token.as_ref().expect("that of the copy");
    assert_eq!(token.party, party("DE", "TNM"));
    assert_eq!(token.parent_id_tag.as_deref(), Some("FLEET"));
    let asked = &peer.asked()[0];
    assert!(asked.headers.keys().all(|name| !name.starts_with("ocpi-")));
    assert_eq!(asked.token(), "our.token~", "2.1.1 knows no encoding");
}
