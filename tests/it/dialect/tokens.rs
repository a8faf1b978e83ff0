//! The tutorial's Tokens, in both dialects.

use serde_json::{Value, json};

use super::{asked, long_question, token_data, tutorial};
use crate::support::answer::{assert_refused, opened};
use crate::support::http::Request;
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::{TOKEN, World};

/// Holds: X-03, X-08, X-09, X-10, X-11.
#[tokio::test]
async fn the_tutorials_calls_work_as_printed() {
    let world = tutorial().await;
    let raw = |method: &str, target: &str| Request::new(method, target).token(TOKEN);
    for status in [201, 200] {
        let response = world
            .send(&raw("PUT", &copy("TOKEN123")).json(&token_data()))
            .await;
        assert_eq!(response.codes(), (status, 1000));
        assert_eq!(opened(&response, &"PUT"), None);
    }
    let shown = world.send(&raw("GET", &copy("TOKEN123"))).await;
    assert_eq!(shown.codes(), (200, 1000));
    let complete = with(token_data(), &json!({"contract_id": "TOKEN123"}));
    assert_eq!(
        shown.data(),
        complete,
        "what was sent, and what OCPI requires beside it"
    );
    let place = json!({"location_id": "LOC001", "evse_uids": ["EVSE001"]});
    let data = asked(&world, &long_question("TOKEN123"), &place).await;
    assert_eq!(data["allowed"], "ALLOWED");
    assert_eq!(data["status"], "ACCEPTED");
    assert_eq!(data["location"], place);
    assert_eq!(data["token"], complete);
    assert_eq!(
        world.call("GET", SENDER, None).await.data(),
        json!([complete])
    );
}

/// Holds: X-08, X-11, X-21.
#[tokio::test]
async fn a_strict_peer_must_send_a_contract_id() {
    let world = World::start().await;
    let response = world
        .call("PUT", &copy("TOKEN123"), Some(&token_data()))
        .await;
    assert_refused(&response, (200, 2001), &"PUT");
    assert!(
        response.message().contains("contract_id"),
        "{}",
        response.message()
    );
    assert!(world.snapshot().await.is_empty());
    let whole = with(token_data(), &json!({"contract_id": "C1"}));
    assert_eq!(
        world
            .call("PUT", &copy("TOKEN123"), Some(&whole))
            .await
            .codes(),
        (201, 1000)
    );
    assert_eq!(world.shown(&copy("TOKEN123")).await, whole);
}

/// Holds: X-08.
#[tokio::test]
async fn a_missing_contract_id_is_the_auth_id_else_the_uid() {
    let world = tutorial().await;
    for (sent, contract_id) in [
        (json!({}), "TOKEN123"),
        (json!({"auth_id": "CH-ABC-1"}), "CH-ABC-1"),
        (json!({"auth_id": 12}), "TOKEN123"),
        (json!({"auth_id": "CH-ABC-1", "contract_id": "C2"}), "C2"),
        (
            json!({"auth_id": "quote\"back\\slash"}),
            "quote\"back\\slash",
        ),
    ] {
        let token = with(token_data(), &sent);
        let response = world.call("PUT", &copy("TOKEN123"), Some(&token)).await;
        assert!(response.status < 300, "{token}: {}", response.message());
        let expected = with(token, &json!({"contract_id": contract_id}));
        assert_eq!(world.shown(&copy("TOKEN123")).await, expected, "{sent}");
    }
    let escaped = token_data()
        .to_string()
        .replacen('{', r#"{"auth_id":"\u0041\/1","#, 1);
    let request = Request::new("PUT", &copy("TOKEN123"))
        .token(TOKEN)
        .body(escaped);
    assert_eq!(world.send(&request).await.codes(), (200, 1000));
    assert_eq!(world.shown(&copy("TOKEN123")).await["contract_id"], "A/1");
    for auth_id in ["x".repeat(37), "Größe".to_owned()] {
        let token = with(token_data(), &json!({"auth_id": auth_id}));
        let response = world.call("PUT", &copy("TOKEN123"), Some(&token)).await;
        assert_refused(&response, (200, 2001), &auth_id);
        assert!(
            response.message().contains("auth_id"),
            "{}",
            response.message()
        );
    }
}

/// Holds: X-21.
#[tokio::test]
async fn nothing_else_that_is_required_may_be_missing_in_the_dialect() {
    let world = tutorial().await;
    let required = [
        "country_code",
        "party_id",
        "uid",
        "type",
        "issuer",
        "valid",
        "whitelist",
        "last_updated",
    ];
    for name in required {
        let token = with(token_data(), &json!({name: null}));
        let response = world.call("PUT", &copy("TOKEN123"), Some(&token)).await;
        assert_refused(&response, (200, 2001), &name);
        assert!(response.message().contains(name), "{}", response.message());
    }
    let other = with(token_data(), &json!({"uid": "TOKEN124"}));
    let response = world.call("PUT", &copy("TOKEN123"), Some(&other)).await;
    assert_refused(&response, (200, 2001), &"the URL names another uid");
    assert!(world.snapshot().await.is_empty());
}

/// Holds: X-09, T-62, T-63.
#[tokio::test]
async fn auth_method_is_kept_and_means_nothing() {
    for world in [World::start().await, tutorial().await] {
        for (index, method) in [
            json!("AUTH_REQUEST"),
            json!("WHITELIST"),
            json!("?"),
            json!(7),
        ]
        .iter()
        .enumerate()
        {
            let uid = format!("T{index}");
            let token = with(card(&uid), &json!({"auth_method": method}));
            world.push(&token).await;
            assert_eq!(world.shown(&copy(&uid)).await, token);
            let data = asked(&world, &question(&uid), &json!({})).await;
            assert_eq!(
                (&data["allowed"], &data["token"]),
                (&json!("ALLOWED"), &token)
            );
        }
    }
}

/// Holds: X-13, D-06, D-08.
#[tokio::test]
async fn every_type_of_the_tutorial_and_of_ocpi_is_taken_and_shown_as_it_is() {
    for world in [World::start().await, tutorial().await] {
        for kind in [
            "RFID",
            "APP_USER",
            "OTHER",
            "AD_HOC_USER",
            "EMAID",
            "x-theirs",
        ] {
            let token = with(card("T"), &json!({"type": kind}));
            world.push(&token).await;
            assert_eq!(
                world.shown(&format!("{}?type={kind}", copy("T"))).await,
                token
            );
            let target = format!("{}?type={kind}", long_question("T"));
            assert_eq!(asked(&world, &target, &json!({})).await["token"], token);
        }
    }
}

/// Holds: X-14, D-07.
#[tokio::test]
async fn the_four_whitelist_names_are_taken_and_no_other() {
    for world in [World::start().await, tutorial().await] {
        for whitelist in ["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"] {
            let token = with(card(whitelist), &json!({"whitelist": whitelist}));
            world.push(&token).await;
            assert_eq!(world.shown(&copy(whitelist)).await["whitelist"], whitelist);
        }
        for other in ["SOMETIMES", "always", ""] {
            let token: Value = with(card("T"), &json!({"whitelist": other}));
            let response = world.call("PUT", &copy("T"), Some(&token)).await;
            assert_refused(&response, (200, 2001), &other);
        }
    }
}

/// Holds: X-15.
#[tokio::test]
async fn a_token_has_no_field_that_lets_it_expire() {
    let world = tutorial().await;
    let past = json!({"expires_at": "2001-01-01T00:00:00Z", "valid_until": "2001-01-01"});
    let token = with(card("T"), &past);
    world.push(&token).await;
    let data = asked(&world, &question("T"), &json!({})).await;
    assert_eq!(
        (&data["allowed"], &data["token"]),
        (&json!("ALLOWED"), &token)
    );
}
