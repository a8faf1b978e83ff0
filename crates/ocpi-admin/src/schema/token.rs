//! Tokens.

use ocpi_domain::{ProfileType, TokenType, WhitelistType};
use serde_json::{Value, json};

use super::{
    ci_string, country_code, date_time, identifier, named, one_of, or_null, page_of, party_id,
    printable,
};

/// The kind of a Token: those that OCPI lists, and others.
pub(crate) fn token_type() -> Value {
    let listed: Vec<&str> = TokenType::LISTED.iter().map(TokenType::as_str).collect();
    json!({"type": "string", "minLength": 1, "maxLength": 255, "examples": listed})
}

/// What a PUT does with fields that OCPI does not name.
pub(crate) fn unknown_fields() -> Value {
    json!({"type": "string", "enum": ["keep"]})
}

/// The uid of a Token.
pub(crate) fn uid() -> Value {
    identifier(36)
}

/// A Token; `optional` says what its optional fields may be beside themselves.
fn fields(optional: fn(Value) -> Value) -> Value {
    let whitelist = one_of(WhitelistType::ALL.iter().map(WhitelistType::as_str));
    let profile_type = one_of(ProfileType::ALL.iter().map(ProfileType::as_str));
    json!({
        "country_code": country_code(),
        "party_id": party_id(),
        "uid": uid(),
        "type": token_type(),
        "contract_id": ci_string(36),
        "visual_number": optional(printable(64)),
        "issuer": printable(64),
        "group_id": optional(ci_string(36)),
        "valid": {"type": "boolean"},
        "whitelist": whitelist,
        "language": optional(json!({"type": "string", "pattern": "^[A-Za-z]{2}$"})),
        "default_profile_type": optional(profile_type),
        "energy_contract": optional(named("EnergyContract")),
        "last_updated": date_time(),
    })
}

/// A Token as it is stored.
pub(super) fn token() -> Value {
    json!({
        "type": "object",
        "description": "A Token of OCPI 2.3.0. Fields that OCPI does not know are kept.",
        "properties": fields(|schema| schema),
        "required": [
            "country_code", "party_id", "uid", "type", "contract_id", "issuer", "valid",
            "whitelist", "last_updated",
        ],
        "additionalProperties": true,
    })
}

/// A Token as it is written.
pub(super) fn write() -> Value {
    json!({
        "type": "object",
        "description": "A Token of OCPI 2.3.0. What the URL says need not be said again, but must \
                        not be contradicted. In an import, `uid` is required; `country_code` and \
                        `party_id` are, when several eMSPs are hosted here. A missing `type` is \
                        RFID, a missing `last_updated` is now. Fields that OCPI does not know are \
                        kept by an import; a PUT refuses them unless it is told to keep them.",
        "properties": fields(or_null),
        "required": ["contract_id", "issuer", "valid", "whitelist"],
        "additionalProperties": true,
    })
}

pub(super) fn energy_contract() -> Value {
    json!({
        "type": "object",
        "properties": {"supplier_name": printable(64), "contract_id": or_null(printable(64))},
        "required": ["supplier_name"],
    })
}

pub(super) fn page() -> Value {
    page_of("Token")
}
