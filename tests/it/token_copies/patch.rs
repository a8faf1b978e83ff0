//! Some fields of a Token: `PATCH`.

use serde_json::{Value, json};

use super::{refused, taken};
use crate::support::http::Request;
use crate::support::token::{card, copy, with};
use crate::support::world::{TOKEN, World};

/// A Token with optional fields.
fn optional(uid: &str) -> Value {
    with(
        card(uid),
        &json!({
            "visual_number": "CH-0001-1",
            "group_id": "CH-0001",
            "language": "it",
            "energy_contract": {"supplier_name": "Sun", "contract_id": "0123456789"},
        }),
    )
}

const LATER: &str = "2026-01-01T00:00:01Z";

/// Holds: K-22.
#[tokio::test]
async fn only_the_fields_that_are_sent_change() {
    let world = World::start().await;
    world.push(&optional("U1")).await;
    let mut expected = optional("U1");
    for (second, (field, value)) in [
        ("contract_id", json!("C2")),
        ("visual_number", json!("V2")),
        ("issuer", json!("I2")),
        ("group_id", json!("G2")),
        ("valid", json!(false)),
        ("whitelist", json!("NEVER")),
        ("language", json!("fr")),
        ("default_profile_type", json!("FAST")),
        ("x_unknown", json!({"a": 1})),
    ]
    .into_iter()
    .enumerate()
    {
        let change = json!({field: value, "last_updated": format!("2026-01-01T00:00:0{second}Z")});
        taken(&world, "PATCH", &copy("U1"), &change).await;
        expected = with(expected, &change);
        assert_eq!(world.shown(&copy("U1")).await, expected, "{field}");
    }
    let alone = json!({"last_updated": "2026-01-01T00:01:00Z"});
    taken(&world, "PATCH", &copy("U1"), &alone).await;
    assert_eq!(world.shown(&copy("U1")).await, with(expected, &alone));
}

/// Holds: K-22.
#[tokio::test]
async fn a_nested_energy_contract_is_replaced_whole() {
    let world = World::start().await;
    world.push(&optional("U1")).await;
    let change = json!({"energy_contract": {"supplier_name": "Wind"}, "last_updated": LATER});
    taken(&world, "PATCH", &copy("U1"), &change).await;
    let contract = &world.shown(&copy("U1")).await["energy_contract"];
    assert_eq!(contract, &json!({"supplier_name": "Wind"}));
    // So it must be whole.
    let part = json!({"energy_contract": {"contract_id": "1"}, "last_updated": LATER});
    refused(&world, "PATCH", &copy("U1"), Some(&part), (200, 2001)).await;
}

/// Holds: K-23, T-38.
#[tokio::test]
async fn a_patch_without_last_updated_is_refused() {
    let world = World::start().await;
    world.push(&optional("U1")).await;
    for body in [
        json!({}),
        json!({"valid": false}),
        json!({"valid": false, "last_updated": null}),
    ] {
        let response = refused(&world, "PATCH", &copy("U1"), Some(&body), (200, 2001)).await;
        assert!(
            response.message().contains("last_updated"),
            "{}",
            response.message()
        );
    }
}

/// Holds: K-25.
#[tokio::test]
async fn a_patch_may_repeat_what_identifies_the_token_but_not_change_it() {
    let world = World::start().await;
    world.push(&optional("U1")).await;
    world.push(&card("U2")).await;
    for (field, other) in [
        ("uid", "U2"),
        ("type", "APP_USER"),
        ("type", "rfid"),
        ("country_code", "DE"),
        ("party_id", "XYZ"),
    ] {
        let body = json!({field: other, "valid": false, "last_updated": LATER});
        for target in [copy("U1"), copy("U1") + "?type=RFID"] {
            let response = refused(&world, "PATCH", &target, Some(&body), (200, 2001)).await;
            assert!(
                response.message().starts_with(&format!("`{field}`")),
                "{field}"
            );
        }
    }
    let same = json!({
        "uid": "u1", "type": "RFID", "country_code": "ch", "party_id": "abc",
        "valid": false, "last_updated": LATER,
    });
    taken(&world, "PATCH", &copy("U1"), &same).await;
    let expected = with(
        optional("U1"),
        &json!({"valid": false, "last_updated": LATER}),
    );
    assert_eq!(
        world.shown(&copy("U1")).await,
        expected,
        "the spelling stays that of the PUT"
    );
}

/// Holds: K-26, T-64, Z-05.
#[tokio::test]
async fn null_in_a_patch_is_not_sent() {
    let world = World::start().await;
    let token = with(optional("U1"), &json!({"x_unknown": 1}));
    world.push(&token).await;
    let nulls = [
        "country_code",
        "party_id",
        "uid",
        "type",
        "contract_id",
        "visual_number",
        "issuer",
        "group_id",
        "valid",
        "whitelist",
        "language",
        "default_profile_type",
        "energy_contract",
        "x_unknown",
    ];
    let mut body: Value = nulls
        .iter()
        .map(|name| ((*name).to_owned(), Value::Null))
        .collect();
    body["last_updated"] = json!(LATER);
    taken(&world, "PATCH", &copy("U1"), &body).await;
    let expected = with(token, &json!({"last_updated": LATER}));
    assert_eq!(world.shown(&copy("U1")).await, expected);
}

/// Holds: K-29, T-39, Z-05.
#[tokio::test]
async fn a_patch_of_an_unknown_token_creates_nothing() {
    let world = World::start().await;
    world.push(&card("U1")).await;
    let whole = with(card("U2"), &json!({"last_updated": LATER}));
    for (target, body) in [
        (copy("U2"), json!({"valid": false, "last_updated": LATER})),
        (copy("U2"), whole.clone()),
        (
            copy("U1") + "?type=APP_USER",
            json!({"valid": false, "last_updated": LATER}),
        ),
    ] {
        refused(&world, "PATCH", &target, Some(&body), (404, 2004)).await;
    }
    // What its owner does next.
    world.push(&whole).await;
    taken(
        &world,
        "PATCH",
        &copy("U2"),
        &json!({"valid": false, "last_updated": LATER}),
    )
    .await;
}

/// Holds: K-30, T-34, T-35.
#[tokio::test]
async fn a_patch_with_one_bad_field_applies_no_other() {
    let world = World::start().await;
    world.push(&optional("U1")).await;
    for (field, bad) in [
        ("contract_id", json!("c".repeat(37))),
        ("visual_number", json!("\t")),
        ("issuer", json!(7)),
        ("group_id", json!(["G"])),
        ("valid", json!(1)),
        ("whitelist", json!("SOMETIMES")),
        ("language", json!("e")),
        ("default_profile_type", json!("green")),
        ("energy_contract", json!("Sun")),
        ("last_updated", json!("yesterday")),
    ] {
        let body = with(
            json!({"issuer": "Changed", "valid": false, "last_updated": LATER}),
            &json!({field: bad}),
        );
        let response = refused(&world, "PATCH", &copy("U1"), Some(&body), (200, 2001)).await;
        assert!(
            response.message().contains(field),
            "{field}: {}",
            response.message()
        );
    }
    for body in [json!([]), json!(true)] {
        refused(&world, "PATCH", &copy("U1"), Some(&body), (200, 2001)).await;
    }
    for body in [
        "",
        "{",
        "{\"valid\":false,\"last_updated\":\"2026-01-01T00:00:01Z\"",
    ] {
        let request = Request::new("PATCH", &copy("U1")).token(TOKEN).body(body);
        assert_eq!(world.send(&request).await.codes(), (400, 2000), "{body}");
    }
    assert_eq!(world.shown(&copy("U1")).await, optional("U1"));
}
