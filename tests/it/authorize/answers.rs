//! What stands in an answer.

use ocpi_domain::AuthorizationReference;
use ocpi_ports::AuthorizationRepository;
use serde_json::{Value, json};

use super::{answered, ask, ask_at, put_account, world, world_with_account};
use crate::support::token::{card, with};

/// Holds: E-26, E-34.
#[tokio::test]
async fn every_allowed_has_a_reference_of_its_own_that_the_records_know() {
    let world = world().await;
    world.push(&card("U1")).await;
    let mut references = Vec::new();
    for _ in 0..5 {
        let data = answered(&ask_at(&world, "LOC1", &["E1"]).await);
        assert_eq!(
            data["location"],
            json!({"location_id": "LOC1", "evse_uids": ["E1"]})
        );
        let text = data["authorization_reference"].as_str().unwrap().to_owned();
        assert!(text.is_ascii() && (1..=36).contains(&text.len()), "{text}");
        let reference: AuthorizationReference = text.parse().unwrap();
        let record = world
            .store
            .find_record(&reference)
            .await
            .unwrap()
            .expect(&text);
        assert_eq!(record.token_uid.as_str(), "U1");
        assert_eq!(record.asked.as_ref().unwrap().location_id.as_str(), "LOC1");
        assert_eq!(record.platform.as_str(), "cpo");
        references.push(text);
    }
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 5, "each is fresh");
}

/// Holds: E-34.
#[tokio::test]
async fn the_same_question_gets_the_same_decision() {
    let world = world_with_account(json!({"concurrent_sessions_max": 1})).await;
    let mut first = answered(&ask_at(&world, "LOC1", &["E1"]).await);
    for _ in 0..3 {
        let mut again = answered(&ask_at(&world, "LOC1", &["E1"]).await);
        let fresh = again["authorization_reference"].take();
        assert_ne!(fresh, first["authorization_reference"].take());
        assert_eq!(again, first);
        first["authorization_reference"] = fresh;
        first["authorization_reference"].take();
    }
}

/// Holds: E-27.
#[tokio::test]
async fn a_refusal_says_why_in_the_language_of_the_token() {
    let world = world().await;
    for (uid, language, expected) in [
        ("U1", json!("de"), "de"),
        ("U2", json!("FR"), "fr"),
        ("U3", Value::Null, "en"),
        ("U4", json!("fi"), "en"),
    ] {
        world
            .push(&with(card(uid), &json!({"language": language})))
            .await;
        put_account(&world, uid, json!({"blocked": true})).await;
        let info = &answered(&ask(&world, uid).await)["info"];
        assert_eq!(info["language"].as_str().unwrap(), expected, "{uid}");
        let text = info["text"].as_str().unwrap();
        assert!((1..=512).contains(&text.chars().count()), "{text}");
        assert!(
            !text.contains(['<', '>', '\n']) && !text.contains(uid),
            "{text}"
        );
    }
}

/// Holds: E-27, E-17.
#[tokio::test]
async fn each_kind_of_refusal_has_its_own_text() {
    let mut texts = Vec::new();
    for account in [
        json!({"blocked": true}),
        json!({"expires_at": "2020-01-01T00:00:00Z"}),
        json!({"credit": {"balance": "0", "currency": "EUR"}}),
        json!({"concurrent_sessions_max": 0}),
        json!({"permitted_locations": []}),
    ] {
        let world = world_with_account(account).await;
        texts.push(answered(&ask(&world, "U1").await)["info"]["text"].to_string());
    }
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 5, "{texts:?}");
}

/// Holds: E-28.
#[tokio::test]
async fn a_token_that_needs_no_question_is_answered_truthfully() {
    let world = world().await;
    let always = json!({"whitelist": "ALWAYS"});
    world.push(&with(card("U1"), &always)).await;
    world
        .push(&with(with(card("U2"), &always), &json!({"valid": false})))
        .await;
    world.push(&with(card("U3"), &always)).await;
    put_account(
        &world,
        "U3",
        json!({"credit": {"balance": "0", "currency": "EUR"}}),
    )
    .await;
    for (uid, expected) in [("U1", "ALLOWED"), ("U2", "BLOCKED"), ("U3", "NO_CREDIT")] {
        let data = answered(&ask(&world, uid).await);
        assert_eq!(data["allowed"], expected, "{uid}");
        assert_eq!(data["token"]["whitelist"], "ALWAYS", "{uid}");
    }
}

/// Holds: E-19, E-20, T-63, T-64.
#[tokio::test]
async fn an_answer_has_the_whole_token_and_no_member_that_ocpi_does_not_name() {
    let world = world().await;
    let token = with(
        card("U1"),
        &json!({
            "visual_number": "V", "group_id": "G", "language": "it",
            "default_profile_type": "CHEAP", "energy_contract": {"supplier_name": "Sun"},
            "x_extra": {"kept": true},
        }),
    );
    world.push(&token).await;
    let members =
        |data: &Value| -> Vec<String> { data.as_object().unwrap().keys().cloned().collect() };
    let placed = answered(&ask_at(&world, "LOC1", &["E1"]).await);
    assert_eq!(
        members(&placed),
        ["allowed", "authorization_reference", "location", "token"]
    );
    assert_eq!(placed["token"], token);
    let anywhere = answered(&ask(&world, "U1").await);
    assert_eq!(
        members(&anywhere),
        ["allowed", "authorization_reference", "token"]
    );
    put_account(&world, "U1", json!({"blocked": true})).await;
    let refused = answered(&ask_at(&world, "LOC1", &["E1"]).await);
    assert_eq!(members(&refused), ["allowed", "info", "token"]);
    assert_eq!(refused["token"], token);
}
