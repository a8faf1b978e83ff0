//! What an owner's update does to a stored Token: PATCH, and the guard against old news.

use std::sync::Arc;

use ocpi_domain::{Revision, StoredToken, TokenMarks, TokenPatch};
use serde_json::{Value, json};

use crate::support::{moment, object, refusal, token_json, token_with};

fn patch(fields: Value) -> TokenPatch {
    serde_json::from_value(fields).unwrap()
}

/// Holds: K-22, K-26, K-30.
#[test]
fn patch_changes_the_sent_fields_and_null_is_not_sent() {
    let stored = json!({
        "group_id": "G1",
        "visual_number": "V1",
        "energy_contract": {"supplier_name": "One", "contract_id": "C1"},
        "x": {"a": 1},
        "y": 1.10
    });
    let token = token_with(stored.clone());
    for (sent, changed) in [
        (json!({}), json!({})),
        (json!({"valid": false}), json!({"valid": false})),
        (
            json!({"group_id": null, "valid": null, "issuer": null, "x": null, "z": null}),
            json!({}),
        ),
        (
            json!({"energy_contract": {"supplier_name": "Two"}}),
            json!({"energy_contract": {"supplier_name": "Two"}}),
        ),
        (
            json!({"x": {"b": 2}, "z": [3]}),
            json!({"x": {"b": 2}, "z": [3]}),
        ),
        (
            json!({"last_updated": "2026-02-01T00:00:00Z", "language": "de"}),
            json!({"last_updated": "2026-02-01T00:00:00Z", "language": "de"}),
        ),
    ] {
        let mut expected = token_json();
        for (name, value) in object(stored.clone()).into_iter().chain(object(changed)) {
            expected[name] = value;
        }
        let patched = patch(sent.clone()).apply_to(&token).unwrap();
        assert_eq!(serde_json::to_value(&patched).unwrap(), expected, "{sent}");
    }
}

/// Holds: K-25.
#[test]
fn patch_of_another_identity_is_refused_by_the_name_of_the_field() {
    let token = token_with(json!({}));
    for (field, other, same) in [
        ("country_code", "DE", "ch"),
        ("party_id", "XYZ", "abc"),
        ("uid", "TOKEN124", "token123"),
        ("type", "APP_USER", "RFID"),
    ] {
        let error = patch(json!({field: other, "valid": false}))
            .apply_to(&token)
            .unwrap_err();
        assert_eq!(error.field, field);
        let patched = patch(json!({field: same, "valid": false}))
            .apply_to(&token)
            .unwrap();
        assert_eq!(patched.key(), token.key(), "{field}");
        assert!(!patched.valid, "{field}");
    }
}

/// Holds: K-30, T-65, T-34.
#[test]
fn patch_with_one_bad_field_is_refused_whole_and_by_its_name() {
    for (text, field) in [
        (r#"{"valid":false,"whitelist":"SOMETIMES"}"#, "whitelist"),
        (r#"{"valid":false,"issuer":1}"#, "issuer"),
        (r#"{"valid":false,"group_id":"A\nB"}"#, "group_id"),
        (r#"{"valid":false,"last_updated":"now"}"#, "last_updated"),
        (r#"{"valid":false,"valid":true}"#, "valid"),
        (
            r#"{"valid":false,"energy_contract":{"contract_id":"1"}}"#,
            "energy_contract",
        ),
    ] {
        let refused = refusal::<TokenPatch>(text);
        assert!(refused.starts_with(&format!("`{field}`: ")), "{refused}");
    }
}

const NO_MARKS: TokenMarks = TokenMarks {
    synthetic_contract_id: false,
    inferred_last_updated: false,
    absent: false,
};

fn makes_stale(stored: &str, marks: TokenMarks, update: &str, now: &str) -> bool {
    let stored = StoredToken {
        token: Arc::new(token_with(json!({ "last_updated": stored }))),
        marks,
        revision: Revision(1),
    };
    stored.makes_stale(moment(update), moment(now))
}

/// Holds: K-27.
#[test]
fn update_is_stale_when_it_is_strictly_older_than_what_is_stored() {
    let (stored, now) = ("2026-06-01T00:00:00.500Z", "2026-06-15T12:00:00Z");
    for (update, stale) in [
        ("2026-06-01T00:00:00.499Z", true),
        ("2020-01-01T00:00:00Z", true),
        ("2026-06-01T00:00:00.500Z", false),
        ("2026-06-01T00:00:00.501Z", false),
        ("2026-06-15T12:00:00Z", false),
    ] {
        assert_eq!(
            makes_stale(stored, NO_MARKS, update, now),
            stale,
            "{update}"
        );
    }
}

/// Holds: K-28.
#[test]
fn inferred_time_makes_no_update_stale() {
    let (stored, older, now) = (
        "2026-06-01T00:00:00Z",
        "2026-05-01T00:00:00Z",
        "2026-06-15T12:00:00Z",
    );
    let inferred = TokenMarks {
        inferred_last_updated: true,
        ..NO_MARKS
    };
    assert!(!makes_stale(stored, inferred, older, now));
    let completed = TokenMarks {
        synthetic_contract_id: true,
        ..NO_MARKS
    };
    assert!(
        makes_stale(stored, completed, older, now),
        "the other mark is not about time"
    );
}

/// Holds: K-28.
#[test]
fn time_more_than_a_day_ahead_makes_no_update_stale() {
    let (older, now) = ("2026-06-15T00:00:00Z", "2026-06-15T12:00:00Z");
    for (stored, stale) in [
        ("2026-06-16T11:59:59.999Z", true),
        ("2026-06-16T12:00:00Z", true),
        ("2026-06-16T12:00:00.001Z", false),
        ("2099-01-01T00:00:00Z", false),
    ] {
        assert_eq!(makes_stale(stored, NO_MARKS, older, now), stale, "{stored}");
    }
}
