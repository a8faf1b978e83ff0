//! The dry run of an authorize request.

use ocpi_domain::RuleOutcome;
use serde_json::{Value, json};

use super::{
    authorization, country_code, date_time, named, one_of, or_null, party_id, place_id, platform,
    printable, strict, text, token,
};

pub(super) fn request() -> Value {
    let evse_uids = json!({"type": "array", "items": place_id()});
    let mut request = strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "uid": text(),
            "type": token::token_type(),
            "location_id": place_id(),
            "evse_uids": evse_uids,
            "cpo": named("Party"),
            "platform": platform::id(),
            "at": date_time(),
        }),
        &["uid"],
    );
    request["description"] = "The question, as a platform could ask it: about a Token of one eMSP \
                              or of any hosted here, of a type (RFID), at a place, of a CPO, \
                              asked by a platform, at a moment (now)."
        .into();
    request["dependentRequired"] = json!({
        "country_code": ["party_id"],
        "party_id": ["country_code"],
        "evse_uids": ["location_id"],
    });
    request
}

pub(super) fn explanation() -> Value {
    strict(
        json!({
            "allowed": or_null(authorization::allowed()),
            "status": or_null(authorization::status()),
            "rule": authorization::rule(),
            "info": named("DisplayText"),
            "location": named("LocationReferences"),
            "token": named("Token"),
            "account": named("TokenAccount"),
            "trail": {"type": "array", "items": named("RuleStep")},
            "slots": {
                "type": "array",
                "items": named("Slot"),
                "description": "What counts against the `concurrent_sessions_max` of the account \
                                at this place; empty without that limit.",
            },
        }),
        &["allowed", "status", "rule", "trail", "slots"],
    )
}

pub(super) fn rule_step() -> Value {
    strict(
        json!({
            "rule": authorization::rule(),
            "outcome": one_of(RuleOutcome::ALL.iter().map(RuleOutcome::as_str)),
            "detail": text(),
        }),
        &["rule", "outcome", "detail"],
    )
}

pub(super) fn display_text() -> Value {
    strict(
        json!({
            "language": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
            "text": printable(512),
        }),
        &["language", "text"],
    )
}
