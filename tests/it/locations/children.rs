//! EVSEs and connectors, each at a URL of its own.

use serde_json::json;

use super::{CPO, at, refused, shown, taken, world_with_location};
use crate::support::http::Request;
use crate::support::push::{connector, evse};
use crate::support::token::{all_at_once, with};

/// Holds: L-01, L-04, K-17.
#[tokio::test]
async fn a_new_child_of_a_known_parent_is_201_and_one_that_is_replaced_is_200() {
    let world = world_with_location().await;
    for (status, path, body) in [
        (201, "LOC1/E3", evse("E3")),
        (
            200,
            "LOC1/E3",
            with(evse("E3"), &json!({"floor_level": "-1"})),
        ),
        (201, "LOC1/E3/2", connector("2")),
        (
            200,
            "LOC1/E3/2",
            with(connector("2"), &json!({"max_amperage": 32})),
        ),
        (
            200,
            "LOC1/E1/1",
            with(connector("1"), &json!({"max_amperage": 63})),
        ),
    ] {
        taken(&world, "PUT", &at(path), &body, status).await;
        assert_eq!(shown(&world, &at(path)).await, body, "{path}");
    }
    let location = shown(&world, &at("LOC1")).await;
    let uids: Vec<_> = (0..3)
        .map(|index| &location["evses"][index]["uid"])
        .collect();
    assert_eq!(uids, ["E1", "E2", "E3"], "a new one comes last");
    let ids: Vec<_> = (0..2)
        .map(|index| &location["evses"][2]["connectors"][index]["id"])
        .collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(location["evses"][0]["connectors"][0]["max_amperage"], 63);
    assert_eq!(
        location["evses"][1],
        evse("E2"),
        "the others stay as they are"
    );
}

/// Holds: L-04, T-43.
#[tokio::test]
async fn a_child_of_an_unknown_parent_is_404_and_2003() {
    let world = world_with_location().await;
    for (path, body) in [
        ("LOC2/E1", evse("E1")),
        ("LOC2/E1/1", connector("1")),
        ("LOC1/E9/1", connector("1")),
    ] {
        refused(&world, "PUT", &at(path), Some(&body), (404, 2003)).await;
    }
}

/// Holds: L-05.
#[tokio::test]
async fn a_change_below_is_a_change_of_all_above() {
    let world = world_with_location().await;
    let moments = async || {
        let location = shown(&world, &at("LOC1")).await;
        let evse = &location["evses"][0];
        [
            &location["last_updated"],
            &evse["last_updated"],
            &evse["connectors"][0]["last_updated"],
            &location["evses"][1]["last_updated"],
        ]
        .map(|moment| moment.as_str().expect("a moment")[11..16].to_owned())
    };
    assert_eq!(moments().await, ["10:00", "10:00", "10:00", "10:00"]);
    let of = |minute: &str| json!({"last_updated": format!("2026-01-01T10:{minute}:00Z")});
    for (method, path, body, expected) in [
        (
            "PUT",
            "LOC1/E1/1",
            with(connector("1"), &of("01")),
            ["01", "01", "01", "00"],
        ),
        ("PATCH", "LOC1/E1/1", of("02"), ["02", "02", "02", "00"]),
        ("PATCH", "LOC1/E1", of("03"), ["03", "03", "02", "00"]),
        (
            "PUT",
            "LOC1/E2",
            with(evse("E2"), &of("04")),
            ["04", "03", "02", "04"],
        ),
        // Later than the object itself, earlier than what is above it: that stays.
        ("PATCH", "LOC1/E1/1", of("03"), ["04", "03", "03", "04"]),
    ] {
        taken(&world, method, &at(path), &body, 200).await;
        let expected = expected.map(|minute| format!("10:{minute}"));
        assert_eq!(moments().await, expected, "{method} {path} {body}");
    }
}

/// Holds: L-08, K-27, T-45.
#[tokio::test]
async fn what_is_stale_is_told_by_the_object_and_not_by_what_it_is_in() {
    let world = world_with_location().await;
    let of = |minute: &str| json!({"last_updated": format!("2026-01-01T10:{minute}:00Z")});
    taken(&world, "PATCH", &at("LOC1/E2"), &of("30"), 200).await;
    // Older than the Location by now, but newer than the EVSE and its connector.
    taken(
        &world,
        "PUT",
        &at("LOC1/E1"),
        &with(evse("E1"), &of("10")),
        200,
    )
    .await;
    taken(&world, "PATCH", &at("LOC1/E1/1"), &of("05"), 200).await;
    for (method, path, body) in [
        ("PUT", "LOC1/E1", with(evse("E1"), &of("09"))),
        ("PATCH", "LOC1/E1", of("09")),
        ("PUT", "LOC1/E1/1", with(connector("1"), &of("04"))),
        ("PATCH", "LOC1/E1/1", of("04")),
    ] {
        let response = refused(&world, method, &at(path), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(
            said.contains("stale last_updated"),
            "{method} {path}: {said}"
        );
    }
}

/// Holds: L-08, K-31.
#[tokio::test]
async fn of_children_that_are_put_at_once_none_is_lost() {
    let world = world_with_location().await;
    let requests: Vec<Request> = (0..6)
        .map(|number| {
            let uid = format!("N{number}");
            let target = at(&format!("LOC1/{uid}"));
            Request::new("PUT", &target).token(CPO).json(&evse(&uid))
        })
        .collect();
    for response in all_at_once(&world, &requests).await {
        assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    }
    let location = shown(&world, &at("LOC1")).await;
    assert_eq!(location["evses"].as_array().map(Vec::len), Some(8));
}
