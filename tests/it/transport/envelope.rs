//! The envelope of answers, and the codes of successes: T-20 to T-25.

use serde_json::{Value, json};

use crate::support::answer::{ROUTES, assert_refused, opened, request};
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::World;

/// Holds: T-20, T-21.
#[tokio::test]
async fn every_success_is_an_envelope_whose_data_is_one_object_or_a_list() {
    let world = World::start().await;
    world.push_for_routes().await;
    for (method, target, body) in ROUTES {
        let case = format!("{method} {target}");
        let response = world.send(&request(method, target, body)).await;
        assert_eq!(
            response.codes(),
            (200, 1000),
            "{case}: {}",
            response.message()
        );
        let data = opened(&response, &case);
        let lists = ["/versions", "/tokens", "/sessions"];
        let is_list = lists.iter().any(|end| target.ends_with(end));
        match method {
            "GET" if is_list => assert!(data.is_some_and(|data| data.is_array()), "{case}"),
            "GET" | "POST" => assert!(data.is_some_and(|data| data.is_object()), "{case}"),
            _ => assert_eq!(data, None, "{case}"),
        }
        assert_eq!(
            response.json()["timestamp"],
            "2026-01-01T12:00:00Z",
            "{case}"
        );
    }
}

/// Holds: T-21.
#[tokio::test]
async fn an_empty_list_is_an_empty_array_and_a_list_of_one_has_one() {
    let world = World::start().await;
    let response = world.call("GET", SENDER, None).await;
    assert_eq!(opened(&response, &"empty"), Some(json!([])));
    world.push(&card("TOKEN123")).await;
    let response = world.call("GET", SENDER, None).await;
    assert_eq!(opened(&response, &"one"), Some(json!([card("TOKEN123")])));
}

/// Holds: T-22, T-25.
#[tokio::test]
async fn a_put_that_creates_is_201_and_every_later_write_200_all_without_data() {
    let world = World::start().await;
    let target = copy("TOKEN123");
    let newer = with(
        card("TOKEN123"),
        &json!({"last_updated": "2026-01-02T00:00:00Z"}),
    );
    let patch = json!({"valid": false, "last_updated": "2026-01-03T00:00:00Z"});
    for (method, body, status) in [
        ("PUT", card("TOKEN123"), 201),
        ("PUT", card("TOKEN123"), 200),
        ("PUT", newer, 200),
        ("PATCH", patch, 200),
    ] {
        let response = world.call(method, &target, Some(&body)).await;
        assert_eq!(response.codes(), (status, 1000), "{method} {body}");
        assert_eq!(opened(&response, &method), None, "{method} {body}");
    }
}

/// Holds: T-24, T-22.
#[tokio::test]
async fn what_is_wrong_only_by_its_meaning_is_http_200() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    for (method, target, body) in [
        (
            "PUT",
            copy("TOKEN123"),
            with(card("TOKEN123"), &json!({"whitelist": "SOMETIMES"})),
        ),
        ("PUT", copy("OTHER"), card("TOKEN123")),
        ("PATCH", copy("TOKEN123"), json!({"valid": false})),
        ("POST", question("TOKEN123"), json!({"location_id": 1})),
    ] {
        let response = world.call(method, &target, Some(&body)).await;
        assert_refused(
            &response,
            (200, 2001),
            &format_args!("{method} {target} {body}"),
        );
    }
}

/// Holds: T-64.
#[tokio::test]
async fn an_optional_field_sent_as_null_is_absent_and_is_shown_absent() {
    let world = World::start().await;
    let nulls = [
        "visual_number",
        "group_id",
        "language",
        "default_profile_type",
        "energy_contract",
        "some_field_of_theirs",
    ];
    let mut token = card("TOKEN123");
    for name in nulls {
        token[name] = Value::Null;
    }
    let target = copy("TOKEN123");
    assert_eq!(
        world.call("PUT", &target, Some(&token)).await.codes(),
        (201, 1000)
    );
    assert_eq!(world.shown(&target).await, card("TOKEN123"));
    // A required field that is null is missing.
    token["issuer"] = Value::Null;
    let response = world.call("PUT", &target, Some(&token)).await;
    assert_refused(&response, (200, 2001), &"no issuer");
    // No place is named, and nothing absent is written as null.
    let body = json!({"location_id": null, "evse_uids": null});
    let response = world.call("POST", &question("TOKEN123"), Some(&body)).await;
    let data = opened(&response, &"authorize").expect("an answer");
    assert_eq!(data["allowed"], "ALLOWED");
    assert_eq!(data.get("location"), None);
    assert_eq!(data.get("info"), None);
    let body = json!({"location_id": "LOC001", "evse_uids": null});
    let response = world.call("POST", &question("TOKEN123"), Some(&body)).await;
    assert_eq!(
        response.data()["location"],
        json!({"location_id": "LOC001", "evse_uids": []})
    );
}
