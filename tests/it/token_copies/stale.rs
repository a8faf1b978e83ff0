//! Writes that come late: which of two versions is the newer.

use ocpi_domain::TokenMarks;
use ocpi_ports::{TokenRepository, TokenWrite};
use serde_json::{Value, json};

use super::{refused, taken};
use crate::support::token::{card, copy, with};
use crate::support::world::World;

/// A Token of that moment.
fn of(moment: &str, issuer: &str) -> Value {
    with(
        card("U1"),
        &json!({"last_updated": moment, "issuer": issuer}),
    )
}

/// A change of that moment.
fn change(moment: &str) -> Value {
    json!({"last_updated": moment, "issuer": "Patched"})
}

/// Holds: K-27, T-45, Z-04.
#[tokio::test]
async fn a_write_older_than_what_is_stored_is_refused_as_stale() {
    let world = World::start().await;
    world.push(&of("2025-12-01T00:00:00.500Z", "Stored")).await;
    for older in [
        "2025-12-01T00:00:00.499Z",
        "2025-12-01T00:00:00Z",
        "2020-01-01T00:00:00Z",
        // The same wall clock further east is an earlier moment.
        "2025-12-01T00:00:00.500+01:00",
    ] {
        for (method, body) in [("PUT", of(older, "Older")), ("PATCH", change(older))] {
            let response = refused(&world, method, &copy("U1"), Some(&body), (200, 2001)).await;
            let said = response.message();
            assert!(
                said.contains("stale last_updated"),
                "{method} {older}: {said}"
            );
        }
    }
}

/// Holds: K-27, Z-04.
#[tokio::test]
async fn an_equal_last_updated_is_applied() {
    let world = World::start().await;
    world.push(&of("2025-12-01T00:00:00Z", "Stored")).await;
    let same_moment = of("2025-12-01T00:00:00Z", "Put again");
    taken(&world, "PUT", &copy("U1"), &same_moment).await;
    assert_eq!(world.shown(&copy("U1")).await, same_moment);
    taken(
        &world,
        "PATCH",
        &copy("U1"),
        &change("2025-12-01T01:00:00+01:00"),
    )
    .await;
    assert_eq!(world.shown(&copy("U1")).await["issuer"], "Patched");
}

/// The clock of every world starts at 2026-01-01T12:00:00Z.
///
/// Holds: K-28, T-92.
#[tokio::test]
async fn a_stored_moment_more_than_a_day_ahead_makes_nothing_stale() {
    for (ahead, is_trusted) in [
        ("2026-01-02T12:00:00Z", true),
        ("2026-01-02T12:00:00.001Z", false),
        ("2031-01-01T00:00:00Z", false),
    ] {
        for (method, body) in [
            ("PUT", of("2026-01-01T12:00:00Z", "Now")),
            ("PATCH", change("2026-01-01T12:00:00Z")),
        ] {
            let world = World::start().await;
            world.push(&of(ahead, "Ahead")).await;
            assert_eq!(
                world.shown(&copy("U1")).await["last_updated"],
                ahead,
                "never corrected"
            );
            if is_trusted {
                refused(&world, method, &copy("U1"), Some(&body), (200, 2001)).await;
            } else {
                taken(&world, method, &copy("U1"), &body).await;
                let shown = world.shown(&copy("U1")).await;
                assert_eq!(
                    shown["last_updated"], "2026-01-01T12:00:00Z",
                    "{method} {ahead}"
                );
            }
        }
    }
}

/// Holds: K-28.
#[tokio::test]
async fn a_moment_far_ahead_makes_stale_once_our_clock_came_near() {
    let world = World::start().await;
    world.push(&of("2026-01-02T13:00:00Z", "Ahead")).await;
    world.clock.advance_ms(60 * 60 * 1000);
    let body = of("2026-01-01T12:00:00Z", "Now");
    refused(&world, "PUT", &copy("U1"), Some(&body), (200, 2001)).await;
}

/// Holds: K-28.
#[tokio::test]
async fn a_stored_moment_that_was_inferred_makes_nothing_stale() {
    for (method, body) in [
        ("PUT", of("2020-01-01T00:00:00Z", "Older")),
        ("PATCH", change("2020-01-01T00:00:00Z")),
    ] {
        let world = World::start().await;
        world.push(&of("2025-12-01T00:00:00Z", "Stored")).await;
        let stored = world.stored().await.remove(0);
        let inferred = TokenWrite {
            token: stored.token,
            marks: TokenMarks {
                inferred_last_updated: true,
                ..TokenMarks::default()
            },
            follows: Some(stored.revision),
        };
        world.store.put_token(inferred).await.unwrap();
        taken(&world, method, &copy("U1"), &body).await;
        assert_eq!(
            world.shown(&copy("U1")).await["last_updated"],
            "2020-01-01T00:00:00Z"
        );
        // The moment is the owner's now, and counts again.
        let older = of("2019-01-01T00:00:00Z", "Oldest");
        refused(&world, "PUT", &copy("U1"), Some(&older), (200, 2001)).await;
    }
}
