//! The place that a question names.

use serde_json::json;

use super::{allowed, answered, asking, world, world_with_account};
use crate::support::token::{card, question};

/// Holds: E-15, E-20, T-61, Q-28.
#[tokio::test]
async fn a_body_that_names_no_place_is_no_location_references() {
    let world = world().await;
    world.push(&card("U1")).await;
    let request = asking(&question("U1"));
    let nothing = world.send(&request).await;
    assert_eq!(answered(&nothing).get("location"), None, "no body");
    for body in [
        "",
        " ",
        "\r\n\t",
        "null",
        " null\n",
        "{}",
        "{ }",
        r#"{"location_id":null}"#,
        r#"{"location_id":null,"evse_uids":null}"#,
        r#"{"location_references":{}}"#,
        "\u{feff}{}",
    ] {
        let response = world.send(&request.clone().body(body)).await;
        assert_eq!(answered(&response).get("location"), None, "{body:?}");
    }
    // A type of content is not asked for.
    let typed = request
        .header("Content-Type", "text/plain; charset=UTF-8")
        .body("{}");
    assert_eq!(allowed(&world.send(&typed).await), "ALLOWED");
}

/// Holds: E-15, E-22.
#[tokio::test]
async fn evses_that_are_absent_null_or_none_are_the_whole_location() {
    let world = world().await;
    world.push(&card("U1")).await;
    for body in [
        r#"{"location_id":"LOC1"}"#,
        r#"{"location_id":"LOC1","evse_uids":null}"#,
        r#"{"location_id":"LOC1","evse_uids":[]}"#,
        r#"{"location_id":"LOC1","evse_uids":[],"connector_ids":["1"]}"#,
        r#"{"location_references":{"location_id":"LOC1"}}"#,
    ] {
        let response = world.send(&asking(&question("U1")).body(body)).await;
        let location = &answered(&response)["location"];
        assert_eq!(
            location,
            &json!({"location_id": "LOC1", "evse_uids": []}),
            "{body}"
        );
    }
}

/// Holds: E-15, Q-07.
#[tokio::test]
async fn a_wrapped_place_is_unwrapped_unless_there_is_one_beside_the_wrapping() {
    let world = world().await;
    world.push(&card("U1")).await;
    for (body, location) in [
        (
            json!({"location_references": {"location_id": "LOC1", "evse_uids": ["E1"]}}),
            json!({"location_id": "LOC1", "evse_uids": ["E1"]}),
        ),
        (
            json!({"location_id": "LOC2", "location_references": {"location_id": "LOC1"}}),
            json!({"location_id": "LOC2", "evse_uids": []}),
        ),
    ] {
        let response = world.send(&asking(&question("U1")).json(&body)).await;
        assert_eq!(answered(&response)["location"], location, "{body}");
    }
}

/// Holds: E-15, T-31, T-34, T-35, T-65.
#[tokio::test]
async fn a_body_that_is_no_place_is_refused_and_no_record_says_otherwise() {
    // Blocked, so that an answer would come whatever the place.
    let world = world_with_account(json!({"blocked": true})).await;
    for (body, codes) in [
        ("{", (400, 2000)),
        ("LOC1", (400, 2000)),
        ("\u{feff}", (200, 1000)),
        ("[]", (200, 2001)),
        ("\"LOC1\"", (200, 2001)),
        ("7", (200, 2001)),
        (r#"{"evse_uids":["E1"]}"#, (200, 2001)),
        (r#"{"location_id":null,"evse_uids":["E1"]}"#, (200, 2001)),
        (
            r#"{"location_references":{"evse_uids":["E1"]}}"#,
            (200, 2001),
        ),
        (r#"{"location_id":""}"#, (200, 2001)),
        (r#"{"location_id":7}"#, (200, 2001)),
        (
            r#"{"location_id":"1234567890123456789012345678901234567"}"#,
            (200, 2001),
        ),
        (r#"{"location_id":"LOC1","evse_uids":"E1"}"#, (200, 2001)),
        (
            r#"{"location_id":"LOC1","evse_uids":["E1",""]}"#,
            (200, 2001),
        ),
        (r#"{"location_id":"LOC1","evse_uids":["é"]}"#, (200, 2001)),
        (
            r#"{"location_id":"LOC1","location_id":"LOC2"}"#,
            (200, 2001),
        ),
    ] {
        let response = world.send(&asking(&question("U1")).body(body)).await;
        assert_eq!(response.codes(), codes, "{body}: {}", response.message());
    }
    assert_eq!(
        super::records(&world).await.len(),
        1,
        "one question could be read"
    );
}

/// Holds: E-15. A name that is spelt wrongly must not make a question about everywhere of it.
#[tokio::test]
async fn a_body_that_says_something_but_no_place_is_refused_by_the_name_of_the_field() {
    let world = world().await;
    world.push(&card("U1")).await;
    for body in [
        r#"{"locationId":"LOC1"}"#,
        r#"{"x_unknown":1}"#,
        r#"{"evse_uids":["E1"]}"#,
        r#"{"location_id":null,"evse_uids":[]}"#,
        r#"{"location_references":{"locationId":"LOC1"}}"#,
    ] {
        let response = world.send(&asking(&question("U1")).body(body)).await;
        assert_eq!(response.codes(), (200, 2001), "{body}");
        assert!(response.message().contains("`location_id`"), "{body}");
    }
}
