//! Platforms.

use ocpi_domain::Role;
use serde_json::{Value, json};

use super::{country_code, named, one_of, or_null, page_of, party_id, strict};

/// The id of a platform.
pub(crate) fn id() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"})
}

fn role() -> Value {
    json!({"type": "string", "minLength": 1, "examples": ["CPO", "EMSP"]})
}

pub(super) fn party_role() -> Value {
    let properties = json!({
        "role": role(),
        "country_code": country_code(),
        "party_id": party_id(),
    });
    strict(properties, &["role", "country_code", "party_id"])
}

pub(super) fn profile() -> Value {
    let switch = |description: &str| {
        json!({
            "type": "boolean",
            "default": false,
            "description": description,
        })
    };
    let mut profile = strict(
        json!({
            "tutorial": switch("It speaks the tutorial's dialect."),
            "fill_owner": switch("A missing owner of what is pushed is taken from the URL."),
            "strict_from": switch("A request whose `OCPI-from` names none of its parties is refused."),
            "auth_encoding": {
                "type": "string",
                "enum": ["auto", "base64", "raw"],
                "default": "auto",
                "description": "How it expects our credentials token to be encoded.",
            },
        }),
        &[],
    );
    profile["description"] = "Its quirks and switches; the default is a strict peer.".into();
    profile
}

pub(super) fn platform() -> Value {
    strict(
        json!({
            "id": id(),
            "roles": {"type": "array", "items": named("PartyRole")},
            "profile": named("Profile"),
        }),
        &["id", "roles", "profile"],
    )
}

pub(super) fn write() -> Value {
    let listed = one_of(Role::LISTED.iter().map(Role::as_str));
    strict(
        json!({
            "roles": {
                "type": "array",
                "items": {"allOf": [named("PartyRole"), {"properties": {"role": listed}}]},
                "default": [],
            },
            "profile": or_null(named("Profile")),
            "credentials_token": {
                "type": ["string", "null"],
                "pattern": "^[!-~]{1,64}$",
                "writeOnly": true,
                "description": "What it presents to us. Only a keyed hash is stored, and it is \
                                never shown.",
            },
        }),
        &[],
    )
}

pub(super) fn page() -> Value {
    page_of("Platform")
}
