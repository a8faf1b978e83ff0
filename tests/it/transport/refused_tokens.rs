//! Which codes each refusal has, the rows of T-30 that have to do with Tokens.

use serde_json::{Value, json};

use crate::support::answer::{assert_refused, opened};
use crate::support::token::{RECEIVER, SENDER, card, copy, question, with};
use crate::support::world::{World, party};

/// Sends each body; each must be refused with 2001, by a text that names its field.
async fn assert_each_is_named(
    world: &World,
    method: &str,
    target: &str,
    bodies: &[(&'static str, Value)],
) {
    for (field, body) in bodies {
        let text = body.to_string();
        world
            .assert_all_refused((200, 2001), &[(method, target, &text)])
            .await;
        let message = world.call(method, target, Some(body)).await.message();
        assert!(
            message.contains(field),
            "{method} {text}: `{field}` is not named: {message}"
        );
    }
}

/// A field of this name and value, beside its name.
fn field(name: &'static str, value: impl Into<Value>) -> (&'static str, Value) {
    let value: Value = value.into();
    (name, json!({name: value}))
}

/// What is no legal value of a Token's field.
fn faults() -> Vec<(&'static str, Value)> {
    vec![
        field("country_code", 1),
        field("country_code", "CHE"),
        field("country_code", ""),
        field("party_id", "ABCD"),
        field("uid", 123),
        field("uid", ""),
        field("uid", "x".repeat(37)),
        field("type", 1),
        field("type", ""),
        field("contract_id", vec!["C1"]),
        field("contract_id", "x".repeat(37)),
        field("visual_number", 12),
        field("visual_number", "x".repeat(65)),
        field("issuer", true),
        field("issuer", "x".repeat(65)),
        field("group_id", "x".repeat(37)),
        field("valid", "true"),
        field("valid", 1),
        field("whitelist", "SOMETIMES"),
        field("whitelist", "always"),
        field("whitelist", 1),
        field("language", "eng"),
        field("language", 7),
        field("default_profile_type", "SLOW"),
        field("energy_contract", "GREEN"),
        field("energy_contract", json!({})),
        field("energy_contract", json!({"supplier_name": "x".repeat(65)})),
        field("energy_contract", json!([])),
        field("last_updated", 1_700_000_000),
        field("last_updated", "yesterday"),
        field("last_updated", "2026-01-01"),
        field("last_updated", ""),
    ]
}

/// Holds: T-34, K-15, D-07, T-70.
#[tokio::test]
async fn a_field_that_breaks_its_rule_is_2001_and_is_named() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let required = [
        "country_code",
        "party_id",
        "uid",
        "type",
        "contract_id",
        "issuer",
        "valid",
        "whitelist",
        "last_updated",
    ];
    for uid in ["TOKEN123", "NEW"] {
        let missing = required.map(|name| (name, with(card(uid), &json!({name: null}))));
        assert_each_is_named(&world, "PUT", &copy(uid), &missing).await;
    }
    let puts: Vec<_> = faults()
        .into_iter()
        .map(|(name, it)| (name, with(card("TOKEN123"), &it)))
        .collect();
    assert_each_is_named(&world, "PUT", &copy("TOKEN123"), &puts).await;
    let newer = json!({"last_updated": "2026-02-01T00:00:00Z"});
    let patches: Vec<_> = faults()
        .into_iter()
        .map(|(name, it)| (name, with(newer.clone(), &it)))
        .collect();
    assert_each_is_named(&world, "PATCH", &copy("TOKEN123"), &patches).await;
    let places = [
        ("location_id", json!({"location_id": 1})),
        ("location_id", json!({"location_id": ""})),
        ("location_id", json!({"location_id": "x".repeat(37)})),
        ("location_id", json!({"evse_uids": ["EVSE001"]})),
        (
            "evse_uids",
            json!({"location_id": "LOC001", "evse_uids": "EVSE001"}),
        ),
        (
            "evse_uids",
            json!({"location_id": "LOC001", "evse_uids": [1]}),
        ),
        (
            "evse_uids",
            json!({"location_id": "LOC001", "evse_uids": ["x".repeat(37)]}),
        ),
        (
            "evse_uids",
            json!({"location_id": "LOC001", "evse_uids": [null]}),
        ),
    ];
    assert_each_is_named(&world, "POST", &question("TOKEN123"), &places).await;
}

/// Holds: T-34, P-10.
#[tokio::test]
async fn a_query_that_breaks_its_rule_is_2001() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let long = format!("type={}", "x".repeat(256));
    for query in ["type=%00", "type=R%0AFID", &long] {
        let (copy, question) = (
            format!("{}?{query}", copy("TOKEN123")),
            format!("{}?{query}", question("TOKEN123")),
        );
        world
            .assert_all_refused((200, 2001), &[("GET", &copy, ""), ("POST", &question, "")])
            .await;
    }
    for query in [
        "limit=-1",
        "limit=many",
        "offset=1.5",
        "date_from=x",
        "date_to=2026-13-01T00:00:00Z",
    ] {
        let target = format!("{SENDER}?{query}");
        world
            .assert_all_refused((200, 2001), &[("GET", &target, "")])
            .await;
        let message = world.call("GET", &target, None).await.message();
        let (name, _) = query.split_once('=').expect("a parameter");
        assert!(message.contains(name), "{query}: {message}");
    }
}

/// Holds: T-38, K-23.
#[tokio::test]
async fn a_patch_without_last_updated_is_2001_and_changes_nothing() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let target = copy("TOKEN123");
    for body in [
        r#"{"valid":false}"#,
        r#"{"valid":false,"last_updated":null}"#,
        "{}",
    ] {
        world
            .assert_all_refused((200, 2001), &[("PATCH", &target, body)])
            .await;
    }
    let named = world
        .call("PATCH", &target, Some(&json!({})))
        .await
        .message();
    assert!(named.contains("last_updated"), "{named}");
}

/// Holds: T-39, K-29.
#[tokio::test]
async fn reading_or_patching_an_unknown_token_is_404_and_2004() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let patch = r#"{"valid":false,"last_updated":"2026-02-01T00:00:00Z"}"#;
    let long = "x".repeat(37);
    for uid in [
        "TOKEN124",
        "TOKEN123?type=APP_USER",
        "TOKEN123?type=NEVER_SEEN",
        &long,
    ] {
        let target = copy(uid);
        let requests = [("GET", &*target, ""), ("PATCH", &*target, patch)];
        world.assert_all_refused((404, 2004), &requests).await;
    }
}

/// Holds: T-40, E-14, E-13, X-34.
#[tokio::test]
async fn asking_about_an_unknown_token_is_404_and_2004_without_data() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let long = "x".repeat(37);
    for path in [
        "TOKEN124/authorize",
        "TOKEN123/authorize?type=APP_USER",
        "TOKEN123/authorize?type=NEVER_SEEN",
        "%C3%A9/authorize",
        "CH/XYZ/TOKEN123/authorize",
        "CHE/XYZ/TOKEN123/authorize",
        "CH/ABC/TOKEN124/authorize",
        &*format!("{long}/authorize"),
    ] {
        let target = format!("{SENDER}/{path}");
        world
            .assert_all_refused(
                (404, 2004),
                &[("POST", &target, ""), ("POST", &target, "{}")],
            )
            .await;
    }
}

/// Holds: T-41, T-42, E-16, E-18, X-22.
#[tokio::test]
async fn every_decision_is_200_and_1000_and_one_that_lacks_the_place_is_2002() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let place = json!([{"country_code": "CH", "party_id": "ABC", "location_id": "LOC001"}]);
    let target = question("TOKEN123");
    for (account, allowed) in [
        (json!({}), "ALLOWED"),
        (json!({"blocked": true}), "BLOCKED"),
        (json!({"expires_at": "2026-01-01T11:59:59Z"}), "EXPIRED"),
        (
            json!({"credit": {"balance": "0.00", "currency": "EUR"}}),
            "NO_CREDIT",
        ),
        (json!({"permitted_locations": []}), "NOT_ALLOWED"),
        (json!({"concurrent_sessions_max": 0}), "NOT_ALLOWED"),
        (
            json!({"blocked": true, "permitted_locations": place}),
            "BLOCKED",
        ),
        (json!({"permitted_locations": place}), ""),
        (json!({"denied_locations": place}), ""),
    ] {
        let case = account.to_string();
        world
            .put_account(party("CH", "ABC"), "TOKEN123", &account)
            .await;
        for body in [None, Some(json!({}))] {
            let response = world.call("POST", &target, body.as_ref()).await;
            if allowed.is_empty() {
                assert_refused(&response, (200, 2002), &case);
                continue;
            }
            assert_eq!(response.codes(), (200, 1000), "{case}");
            let data = opened(&response, &case).expect("a decision");
            assert_eq!(data["allowed"], allowed, "{case}");
            assert_eq!(data["token"], card("TOKEN123"), "{case}");
            assert_eq!(data.get("info").is_some(), allowed != "ALLOWED", "{case}");
        }
    }
}

/// Holds: T-45, K-27.
#[tokio::test]
async fn a_stale_write_is_2001_and_says_so() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let target = format!("{RECEIVER}/CH/ABC/TOKEN123");
    let older = json!({"last_updated": "2025-12-31T23:59:59Z", "valid": false});
    for (method, body) in [("PUT", with(card("TOKEN123"), &older)), ("PATCH", older)] {
        world
            .assert_all_refused((200, 2001), &[(method, &target, &body.to_string())])
            .await;
        let message = world.call(method, &target, Some(&body)).await.message();
        assert!(message.contains("stale last_updated"), "{message}");
    }
}
