//! Pushes that come late: which of two versions is the newer.

use serde_json::{Value, json};

use super::{at, refused, shown, taken, world};
use crate::support::push::session;
use crate::support::token::with;

/// The session of that moment.
fn of(moment: &str, kwh: u32) -> Value {
    with(
        session("S1", "U1"),
        &json!({"last_updated": moment, "kwh": kwh}),
    )
}

/// A change of that moment.
fn change(moment: &str) -> Value {
    json!({"last_updated": moment, "kwh": 9})
}

/// Holds: S-02, K-27, T-45.
#[tokio::test]
async fn a_push_older_than_what_is_stored_is_stale_and_an_equal_one_is_applied() {
    let world = world().await;
    taken(
        &world,
        "PUT",
        &at("S1"),
        &of("2026-01-01T11:00:00.500Z", 1),
        201,
    )
    .await;
    for older in ["2026-01-01T11:00:00.499Z", "2026-01-01T11:00:00.500+01:00"] {
        for (method, body) in [("PUT", of(older, 2)), ("PATCH", change(older))] {
            let response = refused(&world, method, &at("S1"), Some(&body), (200, 2001)).await;
            let said = response.message();
            assert!(said.contains("stale last_updated"), "{method}: {said}");
        }
    }
    taken(
        &world,
        "PUT",
        &at("S1"),
        &of("2026-01-01T11:00:00.500Z", 3),
        200,
    )
    .await;
    assert_eq!(shown(&world, &at("S1")).await["kwh"], 3);
    let equal = change("2026-01-01T12:00:00.500+01:00");
    taken(&world, "PATCH", &at("S1"), &equal, 200).await;
    assert_eq!(shown(&world, &at("S1")).await["kwh"], 9);
}

/// The clock of every world starts at 2026-01-01T12:00:00Z.
///
/// Holds: K-28, T-92.
#[tokio::test]
async fn a_session_of_more_than_a_day_ahead_makes_nothing_stale() {
    for (ahead, is_trusted) in [
        ("2026-01-02T12:00:00Z", true),
        ("2026-01-02T12:00:00.001Z", false),
    ] {
        for (method, body) in [
            ("PUT", of("2026-01-01T12:00:00Z", 2)),
            ("PATCH", change("2026-01-01T12:00:00Z")),
        ] {
            let world = world().await;
            taken(&world, "PUT", &at("S1"), &of(ahead, 1), 201).await;
            assert_eq!(shown(&world, &at("S1")).await["last_updated"], ahead);
            if is_trusted {
                refused(&world, method, &at("S1"), Some(&body), (200, 2001)).await;
            } else {
                taken(&world, method, &at("S1"), &body, 200).await;
            }
        }
    }
}
