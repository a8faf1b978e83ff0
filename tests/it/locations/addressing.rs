//! Where Locations are, and who may reach them.

use serde_json::json;

use super::{CPO, at, refused, send, shown, taken, world, world_with_location};
use crate::support::http::Request;
use crate::support::push::{LOCATIONS, connector, evse, location};
use crate::support::token::with;
use crate::support::world::TOKEN;

/// Holds: L-01, T-33.
#[tokio::test]
async fn each_level_can_be_read_put_and_patched_and_nothing_else() {
    let world = world_with_location().await;
    for path in ["LOC1", "LOC1/E1", "LOC1/E1/1", "NONE", "LOC1/NONE"] {
        for method in ["POST", "DELETE"] {
            let response = send(&world, method, &at(path), Some(&json!({}))).await;
            assert_eq!(response.codes(), (405, 2000), "{method} {path}");
            assert_eq!(
                response.header("Allow"),
                Some("GET, PUT, PATCH"),
                "{method} {path}"
            );
        }
    }
}

/// Holds: L-01, T-32.
#[tokio::test]
async fn there_is_no_list_of_locations_and_nothing_below_a_connector() {
    let world = world_with_location().await;
    for target in [
        LOCATIONS.to_owned(),
        format!("{LOCATIONS}/"),
        format!("{LOCATIONS}/NL"),
        format!("{LOCATIONS}/NL/ALF"),
        at("LOC1/E1/1/more"),
        "/ocpi/cpo/2.3.0/locations/NL/ALF/LOC1".to_owned(),
    ] {
        for method in ["GET", "PUT", "PATCH"] {
            refused(&world, method, &target, Some(&json!({})), (404, 2000)).await;
        }
    }
}

/// Holds: L-01, T-69, T-93, T-94.
#[tokio::test]
async fn every_level_is_found_whatever_the_case_and_the_slashes() {
    let world = world().await;
    taken(&world, "PUT", &at("A%2FB"), &location("A/B", &["E/1"]), 201).await;
    for (path, expected) in [
        ("a%2fb", location("A/B", &["E/1"])),
        ("A%2FB/", location("A/B", &["E/1"])),
        ("A%2FB/e%2F1", evse("E/1")),
        ("A%2FB//E%2F1/1/", connector("1")),
    ] {
        assert_eq!(shown(&world, &at(path)).await, expected, "{path}");
    }
    let other_case = format!("{LOCATIONS}/nl/alf/a%2Fb");
    assert_eq!(shown(&world, &other_case).await["id"], "A/B");
}

/// Holds: L-08, T-43.
#[tokio::test]
async fn what_is_not_known_is_404_and_2003() {
    let world = world_with_location().await;
    let change = json!({"last_updated": "2026-01-01T11:00:00Z"});
    let long = "l".repeat(37);
    for path in [
        "LOC2",
        "LOC2/E1",
        "LOC1/E9",
        "LOC1/E9/1",
        "LOC1/E1/9",
        &long,
    ] {
        refused(&world, "GET", &at(path), None, (404, 2003)).await;
        refused(&world, "PATCH", &at(path), Some(&change), (404, 2003)).await;
    }
}

/// Holds: L-08, T-37, C-20.
#[tokio::test]
async fn only_the_platform_of_the_cpo_reaches_its_locations() {
    let world = world_with_location().await;
    let body = with(
        location("LOC1", &[]),
        &json!({"country_code": "FR", "party_id": "FOR"}),
    );
    for path in ["LOC1", "LOC1/E1", "LOC1/E1/1"] {
        let foreign = format!("{LOCATIONS}/FR/FOR/{path}");
        for method in ["GET", "PUT", "PATCH"] {
            refused(&world, method, &foreign, Some(&body), (404, 2000)).await;
            let request = Request::new(method, &at(path)).token(TOKEN).json(&body);
            assert_eq!(
                world.send(&request).await.codes(),
                (404, 2000),
                "{method} {path}"
            );
        }
    }
    let request = Request::new("PUT", &at("LOC1")).token(TOKEN).body("{");
    assert_eq!(world.send(&request).await.codes(), (404, 2000));
    let nobody = Request::new("GET", &at("LOC1"));
    assert_eq!(world.send(&nobody).await.codes(), (401, 2000));
    // The same id of another CPO of the platform is another Location.
    let sibling = with(location("LOC1", &["X"]), &json!({"party_id": "BET"}));
    taken(
        &world,
        "PUT",
        &format!("{LOCATIONS}/NL/BET/LOC1"),
        &sibling,
        201,
    )
    .await;
    assert_eq!(
        shown(&world, &at("LOC1")).await,
        location("LOC1", &["E1", "E2"])
    );
}

/// Holds: T-80, T-85, T-89.
#[tokio::test]
async fn ids_come_back_and_routing_is_swapped_and_checked() {
    let world = world().await;
    let request = |method: &str, to: &str| {
        Request::new(method, &at("LOC1"))
            .token(CPO)
            .header("X-Request-ID", "request-1")
            .header("X-Correlation-ID", "correlation-1")
            .party("from", "NL", "ALF")
            .party("to", "CH", to)
            .json(&location("LOC1", &[]))
    };
    for (method, codes) in [
        ("GET", (404, 2003)),
        ("PUT", (201, 1000)),
        ("GET", (200, 1000)),
    ] {
        let response = world.send(&request(method, "ABC")).await;
        assert_eq!(response.codes(), codes, "{method}");
        for (name, value) in [
            ("X-Request-ID", "request-1"),
            ("X-Correlation-ID", "correlation-1"),
            ("OCPI-to-party-id", "ALF"),
            ("OCPI-to-country-code", "NL"),
            ("OCPI-from-party-id", "ABC"),
            ("OCPI-from-country-code", "CH"),
        ] {
            assert_eq!(response.header(name), Some(value), "{method} {name}");
        }
    }
    let to_nobody = world.send(&request("PUT", "NOB")).await;
    assert_eq!(to_nobody.codes(), (200, 2001), "{}", to_nobody.message());
}
