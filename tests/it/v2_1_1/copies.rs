//! Copies of Tokens: sections K and M of `docs/protocol.md`.

use serde_json::{Value, json};

use super::{copy, full_card, newest, older_card, send, taken};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::token::{card, with};
use crate::support::world::{TOKEN, World};

/// Holds: M-01, M-02, D-01, K-10, K-15, K-17.
#[tokio::test]
async fn the_owner_is_that_of_the_url_and_auth_id_is_the_contract() {
    let world = World::start().await;
    let older = with(
        older_card("X"),
        &json!({"visual_number": "No 7", "language": "it"}),
    );
    taken(&world, "PUT", &copy("X"), &older, 201).await;
    taken(&world, "PUT", &copy("X"), &older, 200).await;
    assert_eq!(world.shown(&copy("X")).await, older);
    let expected = with(
        card("X"),
        &json!({"visual_number": "No 7", "language": "it"}),
    );
    assert_eq!(newest(&world, "X", "RFID").await, expected);
}

/// Holds: M-02, M-19, T-66, E-19.
#[tokio::test]
async fn a_token_of_2_3_0_is_shown_without_what_2_1_1_cannot_say() {
    let world = World::start().await;
    let fraction = json!({"last_updated": "2026-01-01T00:00:00.750Z", "x_ours": 1});
    world.push(&full_card("X", &fraction)).await;
    let shown = world.shown(&copy("X")).await;
    let expected = with(
        older_card("X"),
        &json!({"visual_number": "No 7", "language": "it", "x_ours": 1}),
    );
    assert_eq!(shown, expected);
}

/// Holds: M-03, K-16.
#[tokio::test]
async fn a_put_keeps_what_2_1_1_cannot_say_and_replaces_the_rest() {
    let world = World::start().await;
    world.push(&full_card("X", &json!({}))).await;
    let older = with(
        older_card("X"),
        &json!({"auth_id": "CH-ABC-C00000002", "valid": false}),
    );
    taken(&world, "PUT", &copy("X"), &older, 200).await;
    let expected = full_card(
        "X",
        &json!({
            "contract_id": "CH-ABC-C00000002",
            "valid": false,
            // Its owner did not send them again.
            "visual_number": null,
            "language": null,
        }),
    );
    assert_eq!(newest(&world, "X", "RFID").await, expected);
}

/// Holds: M-01, M-02, M-03, T-62, T-65.
#[tokio::test]
async fn members_of_newer_versions_in_an_older_body_make_no_other_token_of_it() {
    let world = World::start().await;
    let newer = json!({
        "country_code": "DE", "party_id": "TNM", "contract_id": "ANOTHER", "x_ours": true,
    });
    taken(
        &world,
        "PUT",
        &copy("X"),
        &with(older_card("X"), &newer),
        201,
    )
    .await;
    for target in [copy("X"), copy("X").replace("2.1.1", "2.3.0")] {
        let request = Request::new("GET", &target).token(TOKEN);
        let response = world.send(&request).await;
        let text = String::from_utf8(response.body.clone()).expect("text");
        for name in [
            "\"country_code\"",
            "\"party_id\"",
            "\"contract_id\"",
            "\"auth_id\"",
        ] {
            let times = text.matches(name).count();
            assert!(times <= 1, "{name} {times} times: {text}");
        }
        let shown = response.data();
        let id = shown.get("auth_id").or(shown.get("contract_id"));
        assert_eq!(id, Some(&json!("CH-ABC-C00000001")), "{target}");
        assert_eq!(shown["x_ours"], true, "{target}");
    }
    assert_eq!(newest(&world, "X", "RFID").await["country_code"], "CH");
    let nobody = copy("X").replace("CH/ABC", "DE/TNM");
    let request = Request::new("GET", &nobody).token(TOKEN);
    assert_refused(&world.send(&request).await, (404, 2000), &nobody);
}

/// Holds: K-12.
#[tokio::test]
async fn without_a_type_the_only_token_is_meant_else_the_rfid_one() {
    let world = World::start().await;
    let of_type = |token_type: &str| with(card("X"), &json!({"type": token_type}));
    let patch = json!({"valid": false, "last_updated": "2026-01-02T00:00:00Z"});
    world.push(&of_type("APP_USER")).await;
    assert_eq!(
        world.shown(&copy("X")).await["type"],
        "OTHER",
        "the only one"
    );
    world.push(&of_type("AD_HOC_USER")).await;
    for method in ["GET", "PATCH"] {
        let refused = send(&world, method, &copy("X"), &patch).await;
        assert_refused(&refused, (404, 2000), &"two, and none is RFID");
    }
    // What is OTHER itself is meant before what is only shown so.
    world
        .push(&with(of_type("OTHER"), &json!({"issuer": "Itself"})))
        .await;
    assert_eq!(world.shown(&copy("X")).await["issuer"], "Itself");
    world.push(&of_type("RFID")).await;
    assert_eq!(world.shown(&copy("X")).await["type"], "RFID");
    taken(&world, "PATCH", &copy("X"), &patch, 200).await;
    assert_eq!(newest(&world, "X", "RFID").await["valid"], false);
    assert_eq!(newest(&world, "X", "APP_USER").await["valid"], true);
}

/// Holds: K-24, K-28.
#[tokio::test]
async fn a_patch_without_last_updated_is_applied_and_dated_by_us() {
    let world = World::start().await;
    taken(&world, "PUT", &copy("X"), &older_card("X"), 201).await;
    world.clock.advance_ms(1500);
    let response = send(&world, "PATCH", &copy("X"), &json!({"valid": false})).await;
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let shown = newest(&world, "X", "RFID").await;
    assert_eq!(shown["valid"], false);
    assert_eq!(shown["last_updated"], "2026-01-01T12:00:01.500Z");
    assert_eq!(
        world.shown(&copy("X")).await["last_updated"],
        "2026-01-01T12:00:01Z"
    );
    // Our clock is no reason to refuse what its owner says next.
    let earlier = with(
        older_card("X"),
        &json!({"last_updated": "2026-01-01T00:00:01Z"}),
    );
    taken(&world, "PUT", &copy("X"), &earlier, 200).await;
    assert_eq!(world.shown(&copy("X")).await, earlier);
}

/// Holds: M-19, K-27.
#[tokio::test]
async fn an_echo_that_was_cut_to_the_second_is_not_stale() {
    let world = World::start().await;
    let fraction = json!({"last_updated": "2026-01-01T00:00:00.750Z"});
    world.push(&with(card("X"), &fraction)).await;
    let echo = world.shown(&copy("X")).await;
    assert_eq!(echo["last_updated"], "2026-01-01T00:00:00Z");
    taken(&world, "PUT", &copy("X"), &echo, 200).await;
    let patch = json!({"valid": false, "last_updated": "2026-01-01T00:00:00Z"});
    taken(&world, "PATCH", &copy("X"), &patch, 200).await;
    let late = json!({"last_updated": "2025-12-31T23:59:59Z"});
    for (method, body) in [("PUT", with(echo, &late)), ("PATCH", late)] {
        let refused = send(&world, method, &copy("X"), &body).await;
        assert_refused(&refused, (200, 2001), &method);
        assert!(refused.message().contains("stale"), "{}", refused.message());
    }
    // In 2.3.0 a fraction counts.
    let newest = Request::new("PUT", &copy("Y").replace("2.1.1", "2.3.0")).token(TOKEN);
    let body = with(card("Y"), &fraction);
    assert_eq!(world.send(&newest.clone().json(&body)).await.status, 201);
    let cut = world.send(&newest.json(&card("Y"))).await;
    assert_refused(&cut, (200, 2001), &"half a second before");
}

/// Holds: D-06, K-06, M-04, E-05, D-05.
#[tokio::test]
async fn the_types_of_the_field_are_taken_and_shown_as_other() {
    let world = World::start().await;
    for (token_type, shown) in [
        ("RFID", "RFID"),
        ("OTHER", "OTHER"),
        ("AD_HOC_USER", "OTHER"),
        ("APP_USER", "OTHER"),
        ("EMAID", "OTHER"),
    ] {
        let uid = format!("X-{token_type}");
        let body = with(older_card(&uid), &json!({"type": token_type}));
        taken(&world, "PUT", &copy(&uid), &body, 201).await;
        assert_eq!(world.shown(&copy(&uid)).await["type"], shown);
        assert_eq!(newest(&world, &uid, token_type).await["type"], token_type);
    }
    let before = world.snapshot().await;
    for token_type in [
        json!("X_TOMORROW"),
        json!("rfid"),
        json!(""),
        json!(null),
        json!(1),
    ] {
        let body = with(older_card("Y"), &json!({"type": token_type}));
        let refused = send(&world, "PUT", &copy("Y"), &body).await;
        assert_refused(&refused, (200, 2001), &token_type);
    }
    assert_eq!(world.snapshot().await, before);
}

/// What OTHER was shown for is still meant when it comes back.
///
/// Holds: M-04, M-05, K-25.
#[tokio::test]
async fn an_echo_of_a_type_that_was_shown_as_other_changes_no_type() {
    let world = World::start().await;
    world
        .push(&with(card("X"), &json!({"type": "APP_USER"})))
        .await;
    let echo = with(world.shown(&copy("X")).await, &json!({"valid": false}));
    taken(&world, "PUT", &copy("X"), &echo, 200).await;
    let kept = newest(&world, "X", "APP_USER").await;
    assert_eq!(
        (&kept["type"], &kept["valid"]),
        (&json!("APP_USER"), &json!(false))
    );
    let same = json!({"type": "OTHER", "valid": true});
    taken(&world, "PATCH", &copy("X"), &same, 200).await;
    let refused = send(&world, "PATCH", &copy("X"), &json!({"type": "RFID"})).await;
    assert_refused(&refused, (200, 2001), &"another type");
    assert_eq!(newest(&world, "X", "APP_USER").await["valid"], true);
}

/// Holds: K-15, K-19, K-36, D-01, T-34.
#[tokio::test]
async fn a_body_that_breaks_a_rule_of_2_1_1_is_2001_and_names_its_member_as_2_1_1_does() {
    let world = World::start().await;
    taken(&world, "PUT", &copy("X"), &older_card("X"), 201).await;
    let before = world.snapshot().await;
    let cases: Vec<(Value, &str)> = vec![
        (json!({"auth_id": null}), "auth_id"),
        (json!({"auth_id": "x".repeat(37)}), "auth_id"),
        (json!({"auth_id": 7}), "auth_id"),
        (json!({"auth_id": null, "contract_id": "C1"}), "auth_id"),
        (json!({"uid": "Y"}), "uid"),
        (json!({"uid": null}), "uid"),
        (json!({"issuer": null}), "issuer"),
        (json!({"valid": "true"}), "valid"),
        (json!({"whitelist": "MAYBE"}), "whitelist"),
        (json!({"language": "ita"}), "language"),
        (json!({"last_updated": null}), "last_updated"),
    ];
    for (changes, named) in cases {
        let body = with(older_card("X"), &changes);
        let refused = send(&world, "PUT", &copy("X"), &body).await;
        assert_refused(&refused, (200, 2001), &changes);
        assert!(
            refused.message().contains(named),
            "{changes}: {}",
            refused.message()
        );
        assert!(
            !refused.message().contains("contract_id"),
            "{}",
            refused.message()
        );
    }
    assert_eq!(world.snapshot().await, before);
}

/// Holds: M-05, M-16.
#[tokio::test]
async fn a_put_of_a_token_that_is_shown_as_other_writes_that_token() {
    let world = World::start().await;
    world
        .push(&with(card("X"), &json!({"type": "APP_USER"})))
        .await;
    let shown = world.shown(&copy("X")).await;
    assert_eq!(shown["type"], "OTHER");
    let blocked = with(shown, &json!({"valid": false}));
    taken(&world, "PUT", &copy("X"), &blocked, 200).await;
    assert_eq!(newest(&world, "X", "APP_USER").await["valid"], false);
    assert_eq!(world.shown(&copy("X")).await, blocked);
    let other = copy("X").replace("2.1.1", "2.3.0") + "?type=OTHER";
    let request = Request::new("GET", &other).token(TOKEN);
    assert_refused(&world.send(&request).await, (404, 2004), &other);
}
