//! The place of a question, and the answer to it.

use ocpi_domain::{AuthorizationInfo, LocationReferences};
use serde_json::json;

use crate::support::{refusal, token_json};

/// Holds: E-15, T-64, E-22.
#[test]
fn no_evse_list_is_an_empty_list_and_is_always_written() {
    for text in [
        r#"{"location_id":"LOC1"}"#,
        r#"{"location_id":"LOC1","evse_uids":null}"#,
        r#"{"location_id":"LOC1","evse_uids":[]}"#,
    ] {
        let place: LocationReferences = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_value(&place).unwrap(),
            json!({"location_id": "LOC1", "evse_uids": []}),
            "{text}"
        );
    }
}

/// Holds: D-03, E-15, D-16, T-71, M-09.
#[test]
fn location_references_without_location_or_with_broken_ids_are_refused() {
    let text = refusal::<LocationReferences>(r#"{"evse_uids":["E1"]}"#);
    assert!(text.contains("`location_id`"), "{text}");
    let longest = "x".repeat(39);
    let place = json!({"location_id": longest, "evse_uids": [longest]});
    let read: LocationReferences = serde_json::from_value(place.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), place);
    let too_long = "x".repeat(40);
    for broken in [
        json!({"location_id": null}),
        json!({"location_id": ""}),
        json!({"location_id": 1}),
        json!({"location_id": too_long}),
        json!({"location_id": "A\nB"}),
        json!({"location_id": "A", "evse_uids": "E1"}),
        json!({"location_id": "A", "evse_uids": [1]}),
        json!({"location_id": "A", "evse_uids": [null]}),
        json!({"location_id": "A", "evse_uids": [""]}),
        json!({"location_id": "A", "evse_uids": [too_long]}),
        json!({"location_id": "A", "evse_uids": ["é"]}),
    ] {
        refusal::<LocationReferences>(&broken.to_string());
    }
}

/// Holds: D-04, T-64, D-07.
#[test]
fn answer_is_read_with_nulls_and_refused_with_an_unknown_allowed_value() {
    let mut answer = json!({
        "allowed": "NOT_ALLOWED",
        "token": token_json(),
        "location": null,
        "authorization_reference": null,
        "info": null
    });
    let read: AuthorizationInfo = serde_json::from_value(answer.clone()).unwrap();
    let bare = json!({"allowed": "NOT_ALLOWED", "token": token_json()});
    assert_eq!(serde_json::to_value(&read).unwrap(), bare);
    answer["allowed"] = json!("MAYBE");
    let text = refusal::<AuthorizationInfo>(&answer.to_string());
    assert!(
        text.contains("NOT_ALLOWED"),
        "says what is expected: {text}"
    );
    answer["allowed"] = json!("ALLOWED");
    answer["authorization_reference"] = json!("x".repeat(37));
    refusal::<AuthorizationInfo>(&answer.to_string());
    answer["authorization_reference"] = json!(null);
    answer["info"] = json!({"language": "en", "text": "x".repeat(513)});
    refusal::<AuthorizationInfo>(&answer.to_string());
}
