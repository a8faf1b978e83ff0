//! The rules in their order, over HTTP. Every combination is in the tests of `ocpi-domain`.

use serde_json::{Value, json};

use super::{
    CPO, allowed, answered, ask, ask_at, builder, put_account, unanswered, world,
    world_with_account,
};
use crate::support::http::Request;
use crate::support::push::{LOCATIONS, SESSIONS, location, session};
use crate::support::token::{card, with};
use crate::support::world::World;

/// A world that has the Token `U1` with this account, so many sessions of it at other places, and
/// the Location `LOC1` with these EVSEs when they are known.
pub(super) async fn world_that_counts(
    account: Value,
    active_sessions: u32,
    known_evses: Option<&[&str]>,
) -> World {
    let world = builder().start().await;
    world.push(&card("U1")).await;
    put_account(&world, "U1", account).await;
    let push = async |target: String, body: &Value| {
        let request = Request::new("PUT", &target).token(CPO).json(body);
        let response = world.send(&request).await;
        assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    };
    for number in 0..active_sessions {
        let id = format!("S{number}");
        let elsewhere = json!({"location_id": "LOC9", "evse_uid": format!("E{number}")});
        let session = with(session(&id, "U1"), &elsewhere);
        push(format!("{SESSIONS}/NL/ALF/{id}"), &session).await;
    }
    if let Some(uids) = known_evses {
        let location = location("LOC1", uids);
        push(format!("{LOCATIONS}/NL/ALF/LOC1"), &location).await;
    }
    world
}

/// Holds: E-17, E-18, E-19, E-20, T-42.
#[tokio::test]
async fn each_limit_gives_its_own_refusal_and_each_is_an_answer() {
    let elsewhere = json!([{"country_code": "NL", "party_id": "ALF", "location_id": "LOC2"}]);
    for (account, expected) in [
        (json!({}), "ALLOWED"),
        (json!({"blocked": true}), "BLOCKED"),
        (json!({"expires_at": "2026-01-01T12:00:00Z"}), "EXPIRED"),
        (json!({"expires_at": "2026-01-01T12:00:00.001Z"}), "ALLOWED"),
        (
            json!({"credit": {"balance": "0.00", "currency": "EUR"}}),
            "NO_CREDIT",
        ),
        (
            json!({"credit": {"balance": "-12.50", "currency": "EUR"}}),
            "NO_CREDIT",
        ),
        (
            json!({"credit": {"balance": "0.0001", "currency": "EUR"}}),
            "ALLOWED",
        ),
        (json!({"permitted_locations": elsewhere}), "NOT_ALLOWED"),
        (json!({"permitted_locations": []}), "NOT_ALLOWED"),
        (json!({"concurrent_sessions_max": 0}), "NOT_ALLOWED"),
        (json!({"concurrent_sessions_max": 1}), "ALLOWED"),
    ] {
        let world = world_with_account(account.clone()).await;
        let response = ask_at(&world, "LOC1", &["E1"]).await;
        let data = answered(&response);
        assert_eq!(data["allowed"], expected, "{account}");
        assert_eq!(data["token"], card("U1"), "{account}");
        let is_allowed = expected == "ALLOWED";
        assert_eq!(data.get("location").is_some(), is_allowed, "{account}");
        assert_eq!(
            data.get("authorization_reference").is_some(),
            is_allowed,
            "{account}"
        );
        assert_eq!(data.get("info").is_some(), !is_allowed, "{account}");
    }
}

/// Holds: E-17.
#[tokio::test]
async fn of_all_limits_the_first_in_order_decides() {
    let mut account = json!({
        "blocked": true,
        "expires_at": "2026-01-01T00:00:00Z",
        "credit": {"balance": "0", "currency": "EUR"},
        "permitted_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC2"},
        ],
        "concurrent_sessions_max": 0,
    });
    let world = world().await;
    world
        .push(&with(card("U1"), &json!({"valid": false})))
        .await;
    let mut lift = async |field: &str, expected: &str| {
        account.as_object_mut().unwrap().remove(field);
        put_account(&world, "U1", account.clone()).await;
        // A token that is refused anyway needs no place to be refused.
        assert_eq!(
            allowed(&ask(&world, "U1").await),
            expected,
            "without {field}"
        );
        assert_eq!(
            allowed(&ask_at(&world, "LOC1", &[]).await),
            expected,
            "without {field}"
        );
    };
    lift("nothing yet", "BLOCKED").await;
    lift("blocked", "EXPIRED").await;
    lift("expires_at", "BLOCKED").await;
    let valid = with(card("U1"), &json!({"last_updated": "2026-01-01T00:00:01Z"}));
    let copy = crate::support::token::copy("U1");
    assert_eq!(
        world.call("PUT", &copy, Some(&valid)).await.codes(),
        (200, 1000)
    );
    lift("nothing more", "NO_CREDIT").await;
    account.as_object_mut().unwrap().remove("credit");
    put_account(&world, "U1", account.clone()).await;
    unanswered(
        &ask(&world, "U1").await,
        (200, 2002),
        "a location is needed",
    );
    assert_eq!(
        allowed(&ask_at(&world, "LOC2", &[]).await),
        "NOT_ALLOWED",
        "too many sessions"
    );
    account
        .as_object_mut()
        .unwrap()
        .remove("concurrent_sessions_max");
    put_account(&world, "U1", account).await;
    assert_eq!(
        allowed(&ask_at(&world, "LOC1", &[]).await),
        "NOT_ALLOWED",
        "another place"
    );
    assert_eq!(allowed(&ask_at(&world, "LOC2", &[]).await), "ALLOWED");
}

/// Holds: E-16, E-17, T-41.
#[tokio::test]
async fn a_location_is_asked_for_only_when_the_account_names_one() {
    let party = json!({"country_code": "NL", "party_id": "ALF"});
    let location = with(party.clone(), &json!({"location_id": "LOC1"}));
    let evses = with(location.clone(), &json!({"evse_uids": ["E1"]}));
    for (account, needed) in [
        (json!({}), false),
        (json!({"permitted_locations": [party]}), false),
        (json!({"denied_locations": []}), false),
        (json!({"permitted_locations": [location]}), true),
        (json!({"permitted_locations": [party, evses]}), true),
        (json!({"denied_locations": [location]}), true),
        (json!({"denied_locations": [evses]}), true),
    ] {
        let world = world_with_account(account.clone()).await;
        for body in ["", "{}", "null"] {
            let request = super::asking(&crate::support::token::question("U1"));
            let response = world.send(&request.body(body)).await;
            if needed {
                unanswered(&response, (200, 2002), &account.to_string());
            } else {
                assert_eq!(allowed(&response), "ALLOWED", "{account}");
            }
        }
    }
}

/// Holds: E-17, E-29.
#[tokio::test]
async fn as_many_active_sessions_as_the_account_permits_refuse_the_next() {
    for (active, max, expected) in [
        (0, 1, "ALLOWED"),
        (1, 1, "NOT_ALLOWED"),
        (1, 2, "ALLOWED"),
        (3, 2, "NOT_ALLOWED"),
    ] {
        let account = json!({"concurrent_sessions_max": max, "concurrency_scope": "group"});
        let world = world_that_counts(account, active, None).await;
        let response = ask_at(&world, "LOC1", &["E1"]).await;
        assert_eq!(allowed(&response), expected, "{active} of {max}");
    }
    let world = world_that_counts(json!({}), 5, None).await;
    assert_eq!(
        allowed(&ask(&world, "U1").await),
        "ALLOWED",
        "without a maximum none counts"
    );
}

/// Holds: E-17, E-18.
#[tokio::test]
async fn a_token_that_is_not_valid_is_blocked() {
    let world = world().await;
    world
        .push(&with(card("U1"), &json!({"valid": false})))
        .await;
    let data = answered(&ask_at(&world, "LOC1", &[]).await);
    assert_eq!(
        (&data["allowed"], &data["token"]["valid"]),
        (&json!("BLOCKED"), &json!(false))
    );
}
