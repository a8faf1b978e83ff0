//! The limits of Tokens.

use serde_json::{Value, json};

use super::{country_code, date_time, named, or_null, party_id, place_id, strict};

fn places() -> Value {
    json!({"type": "array", "items": named("AccountPlace")})
}

fn sessions_max() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u32::MAX})
}

fn scope() -> Value {
    json!({"type": "string", "enum": ["token", "group"]})
}

fn balance() -> Value {
    json!({
        "type": "string",
        "description": "An exact decimal; at or below zero it is used up.",
        "pattern": "^[+-]?[0-9]+(\\.[0-9]*)?$",
        "examples": ["12.50"],
    })
}

fn currency() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z]{3}$", "examples": ["EUR"]})
}

pub(super) fn account() -> Value {
    let mut account = strict(
        json!({
            "blocked": {"type": "boolean", "default": false},
            "expires_at": or_null(date_time()),
            "credit": or_null(named("Credit")),
            "permitted_locations": or_null(places()),
            "denied_locations": places(),
            "concurrent_sessions_max": or_null(sessions_max()),
            "concurrency_scope": scope(),
        }),
        &[],
    );
    account["description"] = "What limits a Token beyond the Token itself. Absent \
                              `permitted_locations` are everywhere, `[]` is nowhere; a denial \
                              wins."
        .into();
    account
}

pub(super) fn patch() -> Value {
    let mut patch = strict(
        json!({
            "blocked": {"type": ["boolean", "null"]},
            "expires_at": or_null(date_time()),
            "credit": or_null(named("CreditPatch")),
            "permitted_locations": or_null(places()),
            "denied_locations": or_null(places()),
            "concurrent_sessions_max": or_null(sessions_max()),
            "concurrency_scope": or_null(scope()),
        }),
        &[],
    );
    patch["description"] = "The limits that change; `null` removes one (RFC 7396).".into();
    patch
}

pub(super) fn credit() -> Value {
    let properties = json!({"balance": balance(), "currency": currency()});
    strict(properties, &["balance", "currency"])
}

pub(super) fn credit_patch() -> Value {
    strict(json!({"balance": balance(), "currency": currency()}), &[])
}

pub(super) fn place() -> Value {
    let evse_uids = json!({"type": "array", "items": place_id(), "minItems": 1});
    let mut place = strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "location_id": place_id(),
            "evse_uids": evse_uids,
        }),
        &["country_code", "party_id"],
    );
    place["description"] =
        "All places of a CPO, one of its Locations, or some EVSEs of one.".into();
    place["dependentRequired"] = json!({"evse_uids": ["location_id"]});
    place
}
