//! Some members of a session: `PATCH`.

use serde_json::{Value, json};

use super::{CPO, at, refused, shown, snapshot, taken, world};
use crate::support::http::Request;
use crate::support::push::session;
use crate::support::token::{all_at_once, with};
use crate::support::world::World;

const LATER: &str = "2026-01-01T12:00:01Z";

fn period(number: u32) -> Value {
    json!({
        "start_date_time": format!("2026-01-01T11:{number:02}:00Z"),
        "dimensions": [{"type": "ENERGY", "volume": 0.5}],
    })
}

/// A world that has the session S1 with one period.
async fn world_with_session() -> World {
    let world = world().await;
    let body = with(
        session("S1", "U1"),
        &json!({"meter_id": "LM-1", "charging_periods": [period(0)]}),
    );
    taken(&world, "PUT", &at("S1"), &body, 201).await;
    world
}

/// Holds: S-05, K-22.
#[tokio::test]
async fn a_patch_replaces_what_it_sends_and_leaves_the_rest() {
    let world = world_with_session().await;
    let mut expected = shown(&world, &at("S1")).await;
    for (second, (field, value)) in [
        ("kwh", json!(3.5)),
        ("meter_id", json!("LM-2")),
        ("status", json!("PENDING")),
        ("evse_uid", json!("E2")),
        ("location_id", json!("LOC2")),
        ("start_date_time", json!("2026-01-01T11:30:00Z")),
        ("end_date_time", json!("2026-01-01T11:45:00Z")),
        ("authorization_reference", json!("AR-9")),
        ("cdr_token", json!({"uid": "U2", "type": "RFID"})),
        ("total_cost", json!({"before_taxes": 4})),
        ("x_unknown", json!({"a": 1})),
    ]
    .into_iter()
    .enumerate()
    {
        let change =
            json!({field: value, "last_updated": format!("2026-01-01T12:00:{second:02}Z")});
        taken(&world, "PATCH", &at("S1"), &change, 200).await;
        expected = with(expected, &change);
        assert_eq!(shown(&world, &at("S1")).await, expected, "{field}");
    }
}

/// Holds: S-05.
#[tokio::test]
async fn charging_periods_are_appended_and_absent_or_empty_ones_leave_them() {
    let world = world_with_session().await;
    let periods = async || shown(&world, &at("S1")).await["charging_periods"].clone();
    for (change, expected) in [
        (json!({}), json!([period(0)])),
        (json!({"charging_periods": []}), json!([period(0)])),
        (json!({"charging_periods": null}), json!([period(0)])),
        (
            json!({"charging_periods": [period(1)]}),
            json!([period(0), period(1)]),
        ),
        (
            json!({"charging_periods": [period(2), period(2)]}),
            json!([period(0), period(1), period(2), period(2)]),
        ),
    ] {
        let change = with(change, &json!({"last_updated": LATER}));
        taken(&world, "PATCH", &at("S1"), &change, 200).await;
        assert_eq!(periods().await, expected, "{change}");
    }
    // Where there were none, the first that come are all.
    taken(&world, "PUT", &at("S2"), &session("S2", "U1"), 201).await;
    let change = json!({"charging_periods": [period(1)], "last_updated": LATER});
    taken(&world, "PATCH", &at("S2"), &change, 200).await;
    let shown = shown(&world, &at("S2")).await;
    assert_eq!(shown["charging_periods"], json!([period(1)]));
}

/// Holds: S-05, K-31.
#[tokio::test]
async fn of_periods_that_are_appended_at_once_none_is_lost() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &session("S1", "U1"), 201).await;
    let requests: Vec<Request> = (0..8)
        .map(|number| {
            let change = json!({"charging_periods": [period(number)], "last_updated": LATER});
            Request::new("PATCH", &at("S1")).token(CPO).json(&change)
        })
        .collect();
    for response in all_at_once(&world, &requests).await {
        assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    }
    let shown = shown(&world, &at("S1")).await;
    let mut starts: Vec<&str> = shown["charging_periods"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|period| period["start_date_time"].as_str().expect("a moment"))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts.len(), 8, "{shown}");
}

/// Holds: S-04, T-38.
#[tokio::test]
async fn a_patch_without_last_updated_is_refused() {
    let world = world_with_session().await;
    for body in [
        json!({}),
        json!({"status": "COMPLETED"}),
        json!({"status": "COMPLETED", "last_updated": null}),
    ] {
        let response = refused(&world, "PATCH", &at("S1"), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(said.contains("last_updated"), "{said}");
    }
}

/// Holds: S-06, S-25, T-44, Q-23.
#[tokio::test]
async fn a_session_that_is_not_known_is_404_and_its_cpo_puts_it_then() {
    let world = world_with_session().await;
    let change = json!({"status": "COMPLETED", "last_updated": LATER});
    let whole = session("S2", "U1");
    for body in [&change, &whole] {
        refused(&world, "PATCH", &at("S2"), Some(body), (404, 2000)).await;
    }
    refused(&world, "GET", &at("S2"), None, (404, 2000)).await;
    taken(&world, "PUT", &at("S2"), &whole, 201).await;
    taken(&world, "PATCH", &at("S2"), &change, 200).await;
}

/// Holds: S-02, K-25, K-30, T-34, T-36.
#[tokio::test]
async fn a_patch_with_one_bad_field_applies_no_other() {
    let world = world_with_session().await;
    for (field, bad) in [
        ("country_code", json!("BE")),
        ("party_id", json!("BET")),
        ("id", json!("S2")),
        ("start_date_time", json!("yesterday")),
        ("end_date_time", json!(0)),
        ("cdr_token", json!({"uid": "U1"})),
        ("cdr_token", json!([])),
        ("location_id", json!("")),
        ("evse_uid", json!("e".repeat(37))),
        ("status", json!("DONE")),
        ("last_updated", json!("2026-01-02")),
    ] {
        let body = with(
            json!({"kwh": 99, "status": "COMPLETED", "charging_periods": [period(9)],
                   "last_updated": LATER}),
            &json!({field: bad}),
        );
        let response = refused(&world, "PATCH", &at("S1"), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(said.contains(field), "{field}: {said}");
    }
    for body in [json!([]), json!(true)] {
        refused(&world, "PATCH", &at("S1"), Some(&body), (200, 2001)).await;
    }
    let before = snapshot(&world).await;
    for text in [
        "",
        "{",
        r#"{"status":"COMPLETED","last_updated":"2026-01-01T12:00:01Z""#,
    ] {
        let request = Request::new("PATCH", &at("S1")).token(CPO).body(text);
        assert_eq!(world.send(&request).await.codes(), (400, 2000), "{text}");
    }
    assert_eq!(snapshot(&world).await, before);
}

/// Holds: K-25, K-26, T-64, Z-05.
#[tokio::test]
async fn a_patch_may_repeat_what_identifies_the_session_and_null_is_not_sent() {
    let world = world_with_session().await;
    let before = shown(&world, &at("S1")).await;
    let body = json!({
        "country_code": "nl", "party_id": "alf", "id": "s1", "status": null, "meter_id": null,
        "cdr_token": null, "evse_uid": null, "charging_periods": null, "x_unknown": null,
        "kwh": 2, "last_updated": LATER,
    });
    taken(&world, "PATCH", &at("S1"), &body, 200).await;
    let after = shown(&world, &at("S1")).await;
    for field in [
        "status",
        "meter_id",
        "cdr_token",
        "evse_uid",
        "charging_periods",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!((&after["kwh"], after.get("x_unknown")), (&json!(2), None));
}
