//! Sessions and Locations: sections S, L and M of `docs/protocol.md`.

use serde_json::{Value, json};

use super::send;
use crate::support::answer::assert_refused;
use crate::support::push::session;
use crate::support::token::with;
use crate::support::world::World;

const SESSION: &str = "/ocpi/emsp/2.2.1/sessions/CH/ABC/S1";

fn older_session(changes: &Value) -> Value {
    let ours = with(
        session("S1", "X"),
        &json!({"country_code": "CH", "party_id": "ABC"}),
    );
    with(ours, changes)
}

/// What both versions show of a session that 2.2.1 pushed with this cost.
async fn costs(cost: Value) -> [Value; 2] {
    let world = World::start().await;
    let body = older_session(&json!({"total_cost": cost}));
    let put = send(&world, "PUT", SESSION, &body).await;
    assert_eq!(put.codes(), (201, 1000), "{}", put.message());
    let newer = world.shown(&SESSION.replace("2.2.1", "2.3.0")).await;
    [
        world.shown(SESSION).await["total_cost"].clone(),
        newer["total_cost"].clone(),
    ]
}

/// Holds: M-12, D-13, T-73.
#[tokio::test]
async fn a_price_is_before_taxes_and_its_vat_a_tax() {
    let taxed = json!({"excl_vat": 4.00, "incl_vat": 4.84});
    let [older, newer] = costs(taxed.clone()).await;
    assert_eq!(older, taxed);
    let expected = json!({"before_taxes": 4.00, "taxes": [{"name": "VAT", "amount": 0.84}]});
    assert_eq!(newer, expected);
    let plain = json!({"excl_vat": 4.00});
    let [older, newer] = costs(plain.clone()).await;
    assert_eq!(older, plain);
    assert_eq!(newer, json!({"before_taxes": 4.00}));
    // No float comes near it: 0.1 + 0.2 is 0.3.
    let [_, newer] = costs(json!({"excl_vat": 0.1, "incl_vat": 0.3})).await;
    assert_eq!(newer["taxes"][0]["amount"].to_string(), "0.2");
}

/// Holds: M-12.
#[tokio::test]
async fn taxes_of_2_3_0_are_what_is_included_in_2_2_1() {
    for (newer, older) in [
        (
            json!({"before_taxes": 10, "taxes": [
                {"name": "VAT", "amount": 1.9, "percentage": 19},
                {"name": "City", "amount": 0.05},
            ]}),
            json!({"excl_vat": 10, "incl_vat": 11.95}),
        ),
        (
            json!({"before_taxes": 10, "taxes": []}),
            json!({"excl_vat": 10}),
        ),
        (json!({"before_taxes": 10}), json!({"excl_vat": 10})),
    ] {
        let world = World::start().await;
        let target = SESSION.replace("2.2.1", "2.3.0");
        let body = older_session(&json!({"total_cost": newer}));
        assert_eq!(
            send(&world, "PUT", &target, &body).await.codes(),
            (201, 1000)
        );
        assert_eq!(world.shown(SESSION).await["total_cost"], older, "{newer}");
        assert_eq!(world.shown(&target).await["total_cost"], newer);
    }
}

/// Holds: S-04, S-09, T-38, L-06.
#[tokio::test]
async fn a_patch_needs_last_updated_and_a_reservation_is_one() {
    let world = World::start().await;
    for status in ["RESERVATION", "RESERVED"] {
        let body = older_session(&json!({"status": status, "evse_uid": "#NA"}));
        let put = send(&world, "PUT", SESSION, &body).await;
        assert!(put.status < 300, "{}", put.message());
        assert_eq!(world.shown(SESSION).await["status"], "RESERVATION");
    }
    let refused = send(&world, "PATCH", SESSION, &json!({"kwh": 1})).await;
    assert_refused(&refused, (200, 2001), &"no last_updated");
    let patch = json!({"kwh": 1, "last_updated": "2026-01-01T12:00:00Z"});
    assert_eq!(
        send(&world, "PATCH", SESSION, &patch).await.codes(),
        (200, 1000)
    );
}

/// Holds: S-11, Q-30.
#[tokio::test]
async fn a_cdr_token_without_an_owner_is_taken_from_peers_of_2_2() {
    let world = World::start().await;
    let body = older_session(&json!({
        "cdr_token": {"uid": "X", "type": "RFID", "contract_id": "CH-ABC-C00000001"},
    }));
    let put = send(&world, "PUT", SESSION, &body).await;
    assert_eq!(put.codes(), (201, 1000), "{}", put.message());
}

/// Holds: D-15, D-16.
#[tokio::test]
async fn an_id_of_more_than_36_characters_is_2001() {
    let world = World::start().await;
    for member in ["location_id", "evse_uid"] {
        let body = older_session(&json!({member: "x".repeat(37)}));
        let refused = send(&world, "PUT", SESSION, &body).await;
        assert_refused(&refused, (200, 2001), &member);
        assert!(refused.message().contains(member), "{}", refused.message());
    }
}
