//! Tokens: sections K, E and M of `docs/protocol.md`.

use serde_json::{Value, json};

use super::send;
use crate::support::answer::{ROUTES, assert_refused, request};
use crate::support::token::{card, with};
use crate::support::world::{World, WorldBuilder};

const LIST: &str = "/ocpi/emsp/2.2.1/tokens";

fn copy(uid: &str) -> String {
    format!("/ocpi/cpo/2.2.1/tokens/CH/ABC/{uid}")
}

/// Everything that both versions can say.
fn full() -> Value {
    with(
        card("X"),
        &json!({
            "visual_number": "No 7",
            "group_id": "G1",
            "language": "it",
            "default_profile_type": "GREEN",
            "energy_contract": {"supplier_name": "Sun", "contract_id": "7"},
            "x_ours": {"kept": [1, 2.50]},
        }),
    )
}

/// Holds: M-06, K-10, K-15, K-17, D-01, T-63.
#[tokio::test]
async fn a_token_is_the_same_in_2_2_1_and_2_3_0() {
    let world = World::start().await;
    let (older, newer) = (copy("X"), copy("X").replace("2.2.1", "2.3.0"));
    let put = send(&world, "PUT", &older, &full()).await;
    assert_eq!(put.codes(), (201, 1000), "{}", put.message());
    for target in [&older, &newer] {
        assert_eq!(world.shown(target).await, full(), "{target}");
    }
    let again = send(&world, "PUT", &newer, &full()).await;
    assert_eq!(again.codes(), (200, 1000), "{}", again.message());
    assert_eq!(world.shown(&older).await, full());
}

/// Holds: T-24, T-25, K-01, E-01, E-10, S-01, L-01.
#[tokio::test]
async fn every_route_of_2_3_0_is_one_of_2_2_1() {
    let world = World::start().await;
    world.push_for_routes().await;
    let mut routes = 0;
    for (method, target, body) in ROUTES {
        // The list of sessions is the tutorial's, which is about 2.3.0.
        if !target.contains("2.3.0") || target.ends_with("/sessions") {
            continue;
        }
        let target = target.replace("2.3.0", "2.2.1");
        let response = world.send(&request(method, &target, body)).await;
        let said = response.message();
        assert_eq!(response.codes(), (200, 1000), "{method} {target}: {said}");
        routes += 1;
    }
    assert!(routes > 15, "{routes}");
}

/// Holds: D-05, D-06, D-07, K-06, M-04.
#[tokio::test]
async fn a_type_that_2_2_1_does_not_know_is_2001() {
    let world = World::start().await;
    for token_type in ["RFID", "OTHER", "AD_HOC_USER", "APP_USER", "EMAID"] {
        let uid = format!("X-{token_type}");
        let body = with(card(&uid), &json!({"type": token_type}));
        let put = send(&world, "PUT", &copy(&uid), &body).await;
        assert_eq!(put.codes(), (201, 1000), "{token_type}: {}", put.message());
        let shown = world
            .shown(&format!("{}?type={token_type}", copy(&uid)))
            .await;
        let expected = if token_type == "EMAID" {
            "OTHER"
        } else {
            token_type
        };
        assert_eq!(shown["type"], expected);
    }
    let before = world.snapshot().await;
    for token_type in ["X_TOMORROW", "rfid"] {
        let body = with(card("Y"), &json!({"type": token_type}));
        let refused = send(&world, "PUT", &copy("Y"), &body).await;
        assert_refused(&refused, (200, 2001), &token_type);
        let target = format!("{}?type={token_type}", copy("Y"));
        for method in ["GET", "PATCH"] {
            let refused = send(&world, method, &target, &body).await;
            assert_refused(
                &refused,
                (200, 2001),
                &format_args!("{method} {token_type}"),
            );
        }
        let question = format!("{LIST}/Y/authorize?type={token_type}");
        let refused = send(&world, "POST", &question, &json!({})).await;
        assert_refused(&refused, (200, 2001), &question);
    }
    assert_eq!(world.snapshot().await, before);
}

/// Holds: E-05, M-04, E-19.
#[tokio::test]
async fn types_of_2_3_0_go_out_as_other() {
    let mut builder = WorldBuilder::new();
    builder.options.list_all_token_types = true;
    let world = builder.start().await;
    for (uid, token_type) in [
        ("A", "RFID"),
        ("B", "EMAID"),
        ("C", "X_TOMORROW"),
        ("D", "APP_USER"),
    ] {
        world
            .push(&with(card(uid), &json!({"type": token_type})))
            .await;
    }
    let listed = world.shown(LIST).await;
    let types: Vec<&Value> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(types, ["RFID", "OTHER", "OTHER", "APP_USER"]);
    let answer = send(
        &world,
        "POST",
        &format!("{LIST}/B/authorize?type=EMAID"),
        &json!({}),
    )
    .await;
    assert_eq!(
        answer.data()["token"]["type"],
        "OTHER",
        "{}",
        answer.message()
    );
}

/// Holds: M-05, E-13.
#[tokio::test]
async fn other_means_the_only_token_that_is_shown_as_other() {
    let world = World::start().await;
    world
        .push(&with(card("ONE"), &json!({"type": "EMAID"})))
        .await;
    for token_type in ["EMAID", "X_TOMORROW"] {
        world
            .push(&with(card("TWO"), &json!({"type": token_type})))
            .await;
    }
    // An app user is shown as one: it is no OTHER here, as it is in 2.1.1.
    world
        .push(&with(card("APP"), &json!({"type": "APP_USER"})))
        .await;
    let asked = async |uid: &str, token_type: &str| {
        let target = format!("{LIST}/{uid}/authorize?type={token_type}");
        send(&world, "POST", &target, &json!({})).await.codes()
    };
    assert_eq!(asked("ONE", "OTHER").await, (200, 1000));
    assert_eq!(asked("ONE", "EMAID").await, (200, 1000));
    for (uid, token_type) in [("TWO", "OTHER"), ("APP", "OTHER"), ("ONE", "RFID")] {
        assert_eq!(
            asked(uid, token_type).await,
            (404, 2004),
            "{uid} {token_type}"
        );
    }
}

/// Holds: E-18, E-19, E-20, E-26, M-08, D-03, D-04.
#[tokio::test]
async fn an_answer_is_whole_and_has_no_connectors() {
    let world = World::start().await;
    world.push(&full()).await;
    let place = json!({"location_id": "LOC1", "evse_uids": ["E1"], "connector_ids": ["1"]});
    let answer = send(&world, "POST", &format!("{LIST}/X/authorize"), &place).await;
    let data = answer.data();
    assert_eq!(data["allowed"], "ALLOWED");
    assert_eq!(data["token"], full());
    assert_eq!(
        data["location"],
        json!({"location_id": "LOC1", "evse_uids": ["E1"]})
    );
    let reference = data["authorization_reference"].as_str().expect("one");
    assert!(reference.len() <= 36 && reference.is_ascii(), "{reference}");
    assert_eq!(
        data.as_object().map(serde_json::Map::len),
        Some(4),
        "{data}"
    );
}

/// Holds: T-38, T-39, T-40, K-23, K-29.
#[tokio::test]
async fn what_is_refused_is_refused_as_in_2_3_0() {
    let world = World::start().await;
    world.push(&card("X")).await;
    let before = world.snapshot().await;
    for (method, target, body, codes) in [
        ("PATCH", copy("X"), json!({"valid": false}), (200, 2001)),
        ("GET", copy("Y"), json!({}), (404, 2004)),
        (
            "PATCH",
            copy("Y"),
            json!({"last_updated": "2026-01-01T00:00:00Z"}),
            (404, 2004),
        ),
        (
            "POST",
            format!("{LIST}/Y/authorize"),
            json!({}),
            (404, 2004),
        ),
        (
            "PUT",
            copy("X"),
            with(card("X"), &json!({"party_id": "XYZ"})),
            (200, 2001),
        ),
        (
            "PUT",
            copy("X"),
            with(card("X"), &json!({"contract_id": null})),
            (200, 2001),
        ),
        (
            "PUT",
            copy("X"),
            with(card("X"), &json!({"auth_id": "C", "contract_id": null})),
            (200, 2001),
        ),
        ("DELETE", copy("X"), json!({}), (405, 2000)),
    ] {
        let refused = send(&world, method, &target, &body).await;
        assert_refused(&refused, codes, &format_args!("{method} {target} {body}"));
    }
    assert_eq!(world.snapshot().await, before);
}
