//! Whole Locations: `PUT`, and what `GET` shows of them.

use ocpi_domain::Profile;
use serde_json::{Value, json};

use super::{CPO, at, builder, refused, send, shown, taken, world, world_with_location};
use crate::support::http::Request;
use crate::support::push::{connector, evse, location};
use crate::support::token::with;

fn later() -> Value {
    json!({"last_updated": "2026-01-01T11:00:00Z"})
}

/// Holds: L-08, K-17, T-22, T-25.
#[tokio::test]
async fn a_location_that_is_new_is_201_and_one_that_is_replaced_is_200_both_without_data() {
    let world = world().await;
    for (status, name) in [(201, "One"), (200, "Two"), (200, "Two")] {
        let location = with(location("LOC1", &["E1", "E2"]), &json!({"name": name}));
        taken(&world, "PUT", &at("LOC1"), &location, status).await;
        assert_eq!(shown(&world, &at("LOC1")).await, location);
    }
    // What is not sent is gone.
    let bare = with(location("LOC1", &["E2"]), &later());
    taken(&world, "PUT", &at("LOC1"), &bare, 200).await;
    assert_eq!(shown(&world, &at("LOC1")).await, bare);
}

/// Holds: L-02, D-15, T-34.
#[tokio::test]
async fn what_is_read_of_a_location_is_required_and_checked() {
    let world = world_with_location().await;
    let whole = || with(location("LOC1", &["E1"]), &later());
    let with_evse = |changes: &Value| with(whole(), &json!({"evses": [with(evse("E1"), changes)]}));
    let with_connector =
        |changes: &Value| with_evse(&json!({"connectors": [with(connector("1"), changes)]}));
    let mut cases = Vec::new();
    for (field, bad) in [
        ("country_code", Value::Null),
        ("party_id", Value::Null),
        ("id", Value::Null),
        ("id", json!("l".repeat(37))),
        ("last_updated", Value::Null),
        ("last_updated", json!("today")),
        ("evses", json!("E1")),
    ] {
        cases.push((field, with(whole(), &json!({field: bad}))));
    }
    for (field, bad) in [
        ("uid", Value::Null),
        ("uid", json!("e".repeat(37))),
        ("last_updated", Value::Null),
        ("last_updated", json!(1)),
        ("connectors", json!({})),
    ] {
        cases.push((field, with_evse(&json!({field: bad}))));
    }
    for (field, bad) in [
        ("id", Value::Null),
        ("id", json!("c".repeat(37))),
        ("last_updated", Value::Null),
        ("last_updated", json!("")),
    ] {
        cases.push((field, with_connector(&json!({field: bad}))));
    }
    for (field, body) in cases {
        let response = refused(&world, "PUT", &at("LOC1"), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(said.contains(field), "{field} {body}: {said}");
    }
    for (text, codes) in [
        ("[]", (200, 2001)),
        ("null", (200, 2001)),
        ("{", (400, 2000)),
        ("", (400, 2000)),
    ] {
        let request = Request::new("PUT", &at("LOC1")).token(CPO).body(text);
        assert_eq!(world.send(&request).await.codes(), codes, "{text}");
    }
}

/// Holds: L-02, T-62.
#[tokio::test]
async fn what_is_not_read_is_never_a_reason_to_refuse() {
    let world = world().await;
    for (number, changes) in [
        json!({"publish": "perhaps", "coordinates": null, "time_zone": 7, "country": "Belgium"}),
        json!({"evses": null}),
        json!({"evses": []}),
        json!({"evses": [{"uid": "E1", "last_updated": "2026-01-01T10:00:00Z"}]}),
        json!({"evses": [with(evse("E1"), &json!({"status": "ON_FIRE", "evse_id": 7}))]}),
        json!({"evses": [with(evse("E1"), &json!({"status": ["REMOVED"], "connectors": null}))]}),
        json!({"evses": [with(evse("E1"), &json!({
            "connectors": [{"id": "1", "standard": "NEW", "last_updated": "2026-01-01T10:00:00Z"}],
        }))]}),
        json!({"opening_times": {"twentyfourseven": "yes"}, "x_unknown": [1, {"a": 2.50}]}),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("LOC{number}");
        let odd = with(location(&id, &["E1"]), &changes);
        taken(&world, "PUT", &at(&id), &odd, 201).await;
        let shown = shown(&world, &at(&id)).await;
        let expected = if odd["evses"] == json!([]) {
            with(odd, &json!({"evses": null}))
        } else {
            odd
        };
        assert_eq!(shown, expected);
    }
}

/// Holds: L-02, T-62, T-63, T-73.
#[tokio::test]
async fn what_is_not_read_comes_back_letter_for_letter_at_each_level() {
    let world = world().await;
    let text = concat!(
        r#"{"country_code":"NL","party_id":"ALF","id":"LOC1","x_top":1.50,"#,
        r#""coordinates":{"latitude" : "51.0"},"last_updated":"2026-01-01T10:00:00Z","#,
        r#""evses":[{"uid":"E1","x_evse":2e3,"last_updated":"2026-01-01T10:00:00Z","#,
        r#""connectors":[{"id":"1","x_connector":"\u00e9","max_voltage":230.0,"#,
        r#""last_updated":"2026-01-01T10:00:00Z"}]}]}"#,
    );
    let request = Request::new("PUT", &at("LOC1")).token(CPO).body(text);
    assert_eq!(world.send(&request).await.codes(), (201, 1000));
    let response = send(&world, "GET", &at("LOC1"), None).await;
    let shown = String::from_utf8(response.body).expect("text");
    assert!(shown.contains(text), "{shown}");
}

/// Holds: L-03, T-36, T-69.
#[tokio::test]
async fn the_ids_in_the_body_must_be_those_of_the_url_at_each_level() {
    let world = world_with_location().await;
    for (path, body, field) in [
        (
            "LOC1",
            with(location("LOC1", &[]), &json!({"country_code": "BE"})),
            "country_code",
        ),
        (
            "LOC1",
            with(location("LOC1", &[]), &json!({"party_id": "BET"})),
            "party_id",
        ),
        ("LOC1", location("LOC2", &[]), "id"),
        ("LOC1/E1", evse("E2"), "uid"),
        ("LOC1/E1/1", connector("2"), "id"),
    ] {
        for method in ["PUT", "PATCH"] {
            let body = with(body.clone(), &later());
            let response = refused(&world, method, &at(path), Some(&body), (200, 2001)).await;
            let said = response.message();
            assert!(
                said.contains(&format!("`{field}`")),
                "{method} {path}: {said}"
            );
        }
    }
    let other_case = json!({"country_code": "nl", "party_id": "alf", "id": "loc1"});
    let body = with(with(location("LOC1", &["E1"]), &later()), &other_case);
    taken(&world, "PUT", &at("LOC1"), &body, 200).await;
}

/// Holds: L-08, K-27, K-28, T-45.
#[tokio::test]
async fn a_location_older_than_what_is_stored_is_stale_and_an_equal_one_is_applied() {
    let world = world().await;
    let of = |moment: &str, name: &str| {
        with(
            location("LOC1", &[]),
            &json!({"last_updated": moment, "name": name}),
        )
    };
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &of("2026-01-01T11:00:00.500Z", "One"),
        201,
    )
    .await;
    let older = of("2026-01-01T11:00:00.499Z", "Older");
    for method in ["PUT", "PATCH"] {
        let response = refused(&world, method, &at("LOC1"), Some(&older), (200, 2001)).await;
        let said = response.message();
        assert!(said.contains("stale last_updated"), "{method}: {said}");
    }
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &of("2026-01-01T11:00:00.500Z", "Two"),
        200,
    )
    .await;
    assert_eq!(shown(&world, &at("LOC1")).await["name"], "Two");
    // A clock more than a day ahead freezes nothing.
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &of("2031-01-01T00:00:00Z", "Far"),
        200,
    )
    .await;
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &of("2026-01-01T11:00:00Z", "Back"),
        200,
    )
    .await;
    assert_eq!(shown(&world, &at("LOC1")).await["name"], "Back");
}

/// Holds: K-35.
#[tokio::test]
async fn a_missing_owner_is_taken_from_the_url_only_where_the_profile_says_so() {
    let ownerless = with(
        location("LOC1", &["E1"]),
        &json!({"country_code": null, "party_id": null}),
    );
    let strict = world().await;
    refused(&strict, "PUT", &at("LOC1"), Some(&ownerless), (200, 2001)).await;
    let profile = Profile {
        fill_owner: true,
        ..Profile::default()
    };
    let filling = builder(profile).start().await;
    taken(&filling, "PUT", &at("LOC1"), &ownerless, 201).await;
    assert_eq!(
        shown(&filling, &at("LOC1")).await,
        location("LOC1", &["E1"])
    );
}
