//! Locations: sections L and M of `docs/protocol.md`.

use serde_json::{Value, json};

use super::{send, taken};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::push::{evse, location};
use crate::support::token::with;
use crate::support::world::{TOKEN, World};

const LOCATIONS: &str = "/ocpi/emsp/2.1.1/locations/CH/ABC";

/// A Location as 2.1.1 has it: without its party.
fn older_location(id: &str, evse_uids: &[&str]) -> Value {
    let older =
        json!({"country_code": null, "party_id": null, "publish": null, "type": "ON_STREET"});
    with(location(id, evse_uids), &older)
}

/// Holds: L-01, L-02, L-03, M-01, T-62.
#[tokio::test]
async fn a_location_has_the_party_of_its_url() {
    let world = World::start().await;
    let target = format!("{LOCATIONS}/LOC1");
    let body = older_location("LOC1", &["E1"]);
    taken(&world, "PUT", &target, &body, 201).await;
    assert_eq!(world.shown(&target).await, body);
    let newest = world.shown(&target.replace("2.1.1", "2.3.0")).await;
    let owned = with(body, &json!({"country_code": "CH", "party_id": "ABC"}));
    assert_eq!(newest, owned);
    let evse_url = format!("{target}/E1");
    taken(&world, "PUT", &format!("{target}/E2"), &evse("E2"), 201).await;
    let shown = world.shown(&evse_url).await;
    assert_eq!(shown["uid"], "E1");
    assert_eq!(shown.get("country_code"), None);
}

/// Holds: L-06.
#[tokio::test]
async fn a_patch_needs_no_last_updated() {
    let world = World::start().await;
    let target = format!("{LOCATIONS}/LOC1");
    taken(
        &world,
        "PUT",
        &target,
        &older_location("LOC1", &["E1"]),
        201,
    )
    .await;
    for (below, body, member) in [
        ("", json!({"city": "Bern"}), "city"),
        ("/E1", json!({"status": "CHARGING"}), "status"),
        ("/E1/1", json!({"format": "CABLE"}), "format"),
    ] {
        let target = format!("{target}{below}");
        taken(&world, "PATCH", &target, &body, 200).await;
        assert_eq!(world.shown(&target).await[member], body[member], "{target}");
        for version in ["2.2.1", "2.3.0"] {
            let target = target.replace("2.1.1", version);
            let refused = send(&world, "PATCH", &target, &body).await;
            assert_refused(&refused, (200, 2001), &target);
        }
    }
}

/// Holds: M-09, D-15, D-16, L-03.
#[tokio::test]
async fn ids_that_newer_versions_have_no_room_for_are_kept_and_not_shown_to_them() {
    let world = World::start().await;
    let long = "E".repeat(39);
    let target = format!("{LOCATIONS}/LOC1");
    let body = older_location("LOC1", &["E1", &long]);
    taken(&world, "PUT", &target, &body, 201).await;
    assert_eq!(world.shown(&target).await, body);
    for version in ["2.2.1", "2.3.0"] {
        let newer = world.shown(&target.replace("2.1.1", version)).await;
        let uids: Vec<&Value> = newer["evses"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|evse| &evse["uid"])
            .collect();
        assert_eq!(uids, ["E1"], "{version}");
        // In what they send it is too long.
        let place = json!({"location_id": "LOC1", "evse_uids": [long]});
        let question = format!("/ocpi/emsp/{version}/tokens/X/authorize");
        let refused = send(&world, "POST", &question, &place).await;
        assert_refused(&refused, (200, 2001), &question);
        let body = with(evse(&long), &json!({}));
        let put = format!("/ocpi/emsp/{version}/locations/CH/ABC/LOC1/{long}");
        assert_refused(&send(&world, "PUT", &put, &body).await, (200, 2001), &put);
    }
    let id = "L".repeat(39);
    let target = format!("{LOCATIONS}/{id}");
    taken(&world, "PUT", &target, &older_location(&id, &["E1"]), 201).await;
    assert_eq!(world.shown(&target).await["id"], id);
    let newer = Request::new("GET", &target.replace("2.1.1", "2.3.0")).token(TOKEN);
    let shown = world.send(&newer).await;
    assert!(!String::from_utf8_lossy(&shown.body).contains("Rooseveltlaan"));
    let longer = format!("{LOCATIONS}/{}", "L".repeat(40));
    let body = older_location(&"L".repeat(40), &["E1"]);
    assert_refused(
        &send(&world, "PUT", &longer, &body).await,
        (200, 2001),
        &"40",
    );
}

/// Holds: L-04, L-08, T-43, T-53.
#[tokio::test]
async fn what_is_unknown_is_404_and_2003_in_2_1_1_too() {
    let world = World::start().await;
    for (method, below) in [("GET", ""), ("PATCH", ""), ("PUT", "/E1"), ("GET", "/E1/1")] {
        let target = format!("{LOCATIONS}/LOC1{below}");
        let refused = send(&world, method, &target, &evse("E1")).await;
        assert_refused(&refused, (404, 2003), &format_args!("{method} {target}"));
    }
}
