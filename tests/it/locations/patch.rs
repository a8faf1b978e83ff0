//! Some members of a Location, an EVSE or a connector: `PATCH`.

use serde_json::{Value, json};

use super::{CPO, at, refused, shown, taken, world_with_location};
use crate::support::http::Request;
use crate::support::push::{connector, evse, location};
use crate::support::token::with;

const LATER: &str = "2026-01-01T11:00:00Z";

/// Holds: L-06, K-22, K-26, T-64.
#[tokio::test]
async fn a_patch_changes_what_it_sends_and_null_is_not_sent() {
    let world = world_with_location().await;
    for (path, mut expected, change) in [
        (
            "LOC1",
            location("LOC1", &["E1", "E2"]),
            json!({"city": "Gent-Brugge", "x": {"a": 1}}),
        ),
        (
            "LOC1/E1",
            evse("E1"),
            json!({"status": "CHARGING", "floor_level": "2"}),
        ),
        ("LOC1/E1/1", connector("1"), json!({"max_amperage": 32})),
    ] {
        let change = with(change, &json!({"last_updated": LATER}));
        let mut body = change.clone();
        for (name, value) in expected.as_object().expect("an object") {
            if body.get(name).is_none() {
                let is_id = matches!(name.as_str(), "id" | "uid");
                body[name] = if is_id { value.clone() } else { Value::Null };
            }
        }
        taken(&world, "PATCH", &at(path), &body, 200).await;
        expected = with(expected, &change);
        assert_eq!(shown(&world, &at(path)).await, expected, "{path}");
        // As it was, for the next.
        let whole = location("LOC1", &["E1", "E2"]);
        let whole = with(whole, &json!({"last_updated": LATER}));
        taken(&world, "PUT", &at("LOC1"), &whole, 200).await;
    }
}

/// Holds: L-06.
#[tokio::test]
async fn a_list_in_a_patch_replaces_the_whole_list() {
    let world = world_with_location().await;
    let change = json!({"evses": [evse("E3")], "images": [1], "last_updated": LATER});
    taken(&world, "PATCH", &at("LOC1"), &change, 200).await;
    let shown_now = shown(&world, &at("LOC1")).await;
    assert_eq!(shown_now["evses"], json!([evse("E3")]));
    let change = json!({"connectors": [connector("7")], "last_updated": LATER});
    taken(&world, "PATCH", &at("LOC1/E3"), &change, 200).await;
    let shown_now = shown(&world, &at("LOC1/E3")).await;
    assert_eq!(shown_now["connectors"], json!([connector("7")]));
    let change = json!({"images": [2, 3], "last_updated": LATER});
    taken(&world, "PATCH", &at("LOC1"), &change, 200).await;
    let shown_now = shown(&world, &at("LOC1")).await;
    assert_eq!(shown_now["images"], json!([2, 3]));
    assert_eq!(
        shown_now["evses"][0]["uid"], "E3",
        "a list that is not sent stays"
    );
}

/// Holds: L-06, T-38.
#[tokio::test]
async fn a_patch_without_last_updated_is_refused_at_each_level() {
    let world = world_with_location().await;
    for path in ["LOC1", "LOC1/E1", "LOC1/E1/1"] {
        for body in [json!({}), json!({"x": 1, "last_updated": null})] {
            let response = refused(&world, "PATCH", &at(path), Some(&body), (200, 2001)).await;
            let said = response.message();
            assert!(said.contains("last_updated"), "{path}: {said}");
        }
    }
}

/// Holds: L-02, L-03, K-30, T-34.
#[tokio::test]
async fn a_patch_with_one_bad_member_applies_no_other() {
    let world = world_with_location().await;
    for (path, field, bad) in [
        ("LOC1", "country_code", json!("BE")),
        ("LOC1", "id", json!("LOC2")),
        ("LOC1", "last_updated", json!("today")),
        ("LOC1", "evses", json!([{"uid": "E1"}])),
        ("LOC1", "evses", json!(7)),
        ("LOC1/E1", "uid", json!("E2")),
        ("LOC1/E1", "last_updated", json!(false)),
        ("LOC1/E1", "connectors", json!([{"last_updated": LATER}])),
        ("LOC1/E1/1", "id", json!("2")),
        ("LOC1/E1/1", "last_updated", json!("2026")),
    ] {
        let body = with(json!({"x": 1, "last_updated": LATER}), &json!({field: bad}));
        let response = refused(&world, "PATCH", &at(path), Some(&body), (200, 2001)).await;
        let said = response.message();
        assert!(
            said.contains(field) || said.contains("evses"),
            "{path} {field}: {said}"
        );
    }
    for (text, codes) in [("[]", (200, 2001)), ("{", (400, 2000)), ("", (400, 2000))] {
        let request = Request::new("PATCH", &at("LOC1")).token(CPO).body(text);
        assert_eq!(world.send(&request).await.codes(), codes, "{text}");
    }
}
