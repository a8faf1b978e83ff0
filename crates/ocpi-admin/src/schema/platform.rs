//! Platforms.

use ocpi_domain::{NoAnswer, OcpiVersion, PushTokens, Role};
use serde_json::{Value, json};

use super::{
    count, country_code, date_time, named, one_of, or_null, page_of, party_id, printable, strict,
};
use crate::endpoints::platforms::{AUTHORIZE_TIMEOUT_MS_MAX, BREAKER_STATES, USES};

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
    let mut no_answer = one_of(NoAnswer::ALL.iter().map(NoAnswer::as_str));
    no_answer["default"] = NoAnswer::default().as_str().into();
    no_answer["description"] = "What becomes of a driver whose eMSP gives no answer: what the \
                                whitelist of the Token says, `allow` for each valid Token that is \
                                known here, or `deny`."
        .into();
    let mut push_tokens = one_of(PushTokens::ALL.iter().map(PushTokens::as_str));
    push_tokens["default"] = PushTokens::default().as_str().into();
    push_tokens["description"] = "How our Tokens get to it.".into();
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
            "prefer_cache": switch(
                "At a charge point, a valid Token of it with whitelist ALLOWED is accepted without \
                 asking.",
            ),
            "ask_unknown": switch(
                "At a charge point, it is asked about cards that nobody here knows. It tells \
                 strangers where somebody charges.",
            ),
            "no_answer": no_answer,
            "authorize_timeout_ms": {
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": AUTHORIZE_TIMEOUT_MS_MAX,
                "default": null,
                "description": "How long a question to it may take; `null` as for all.",
            },
            "push_tokens": push_tokens,
            "no_pull": switch("Its Tokens are not fetched."),
        }),
        &[],
    );
    profile["description"] = "Its quirks and switches; the default is a strict peer.".into();
    profile
}

/// A hub's own party.
fn hub_party_id() -> Value {
    json!({
        "type": ["string", "null"],
        "pattern": "^[A-Za-z]{2}[A-Za-z0-9]{3}$",
        "description": "Its own party when it is a hub, which passes on for others: country and \
                        party in five characters. One without `roles` may pass on for every party \
                        that no other platform speaks for.",
        "examples": ["NLHUB"],
    })
}

fn allowed_parties() -> Value {
    json!({
        "type": ["array", "null"],
        "items": named("Party"),
        "description": "The only parties that it may speak for; `null` when it is not limited.",
    })
}

fn our_party() -> Value {
    let mut party = or_null(named("Party"));
    party["description"] = "Which of our parties it deals with over 2.1.1, where one connection \
                            is one party; `null` is the first that is hosted in the role that it \
                            needs."
        .into();
    party
}

/// An absolute URL.
pub(super) fn url() -> Value {
    json!({
        "type": "string",
        "maxLength": 255,
        "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$",
        "examples": ["https://peer.example/ocpi/versions"],
    })
}

/// A credentials token that is sent and never shown.
pub(super) fn secret() -> Value {
    json!({"type": "string", "pattern": "^[!-~]{1,64}$", "writeOnly": true})
}

pub(super) fn platform() -> Value {
    let connection = or_null(named("PlatformConnection"));
    let properties = json!({
        "id": id(),
        "roles": {"type": "array", "items": named("PartyRole")},
        "hub_party_id": hub_party_id(),
        "allowed_parties": allowed_parties(),
        "our_party": our_party(),
        "profile": named("Profile"),
        "registered": {
            "type": "boolean",
            "description": "Whether it has a token that is good for everything.",
        },
        "tokens": {"type": "array", "items": named("PresentedToken")},
        "connection": connection,
        "breaker": named("Breaker"),
    });
    let required = [
        "id",
        "roles",
        "hub_party_id",
        "allowed_parties",
        "our_party",
        "profile",
        "registered",
        "tokens",
        "connection",
        "breaker",
    ];
    strict(properties, &required)
}

pub(super) fn breaker() -> Value {
    let mut state = one_of(BREAKER_STATES.into_iter());
    state["description"] = "`closed`: it is asked. `open`: it is not, since it gave no answers. \
                            `half_open`: one question tries whether it does again."
        .into();
    let mut failures = count();
    failures["description"] = "How many questions in a row got no answer.".into();
    let mut breaker = strict(
        json!({
            "state": state,
            "failures": failures,
            "open_since": or_null(date_time()),
            "reason": {
                "type": ["string", "null"],
                "description": "What the last question came to that got no answer.",
            },
        }),
        &["state", "failures", "open_since", "reason"],
    );
    breaker["description"] = "Whether charge points ask it; since this server started.".into();
    breaker
}

pub(super) fn presented_token() -> Value {
    let mut good_for = one_of(USES.into_iter());
    good_for["description"] = "`registration`: to register with, once. `offered`: in a handshake \
                               that we began. `live`: for everything. `former`: for everything, \
                               until its successor is used first."
        .into();
    let mut until = or_null(date_time());
    until["description"] = "The first moment at which it is good for nothing.".into();
    let mut token = strict(
        json!({
            "use": good_for,
            "hash": {"type": "string", "description": "The beginning of its keyed hash, as in the log."},
            "until": until,
        }),
        &["use", "hash", "until"],
    );
    token["description"] = "A token that it may present to us.".into();
    token
}

pub(super) fn connection() -> Value {
    let version = json!({
        "type": ["string", "null"],
        "enum": [
            OcpiVersion::V2_3_0.as_str(),
            OcpiVersion::V2_2_1.as_str(),
            OcpiVersion::V2_1_1.as_str(),
            null,
        ],
        "description": "The version that is spoken; `null` while it was not looked up.",
    });
    let mut connection = strict(
        json!({
            "versions_url": url(),
            "version": version,
            "endpoints": {"type": "array", "items": named("Endpoint")},
            "presented": {
                "type": "array",
                "items": named("CredentialsRole"),
                "description": "How it presented itself; empty when it did not.",
            },
        }),
        &["versions_url", "version", "endpoints", "presented"],
    );
    connection["description"] = "How we call it; what we present is never shown.".into();
    connection
}

pub(super) fn endpoint() -> Value {
    strict(
        json!({
            "identifier": {"type": "string", "minLength": 1, "examples": ["tokens"]},
            "role": one_of(["SENDER", "RECEIVER"].into_iter()),
            "url": url(),
        }),
        &["identifier", "role", "url"],
    )
}

pub(super) fn credentials_role() -> Value {
    strict(
        json!({
            "role": role(),
            "business_details": named("BusinessDetails"),
            "country_code": country_code(),
            "party_id": party_id(),
        }),
        &["role", "business_details", "country_code", "party_id"],
    )
}

pub(super) fn business_details() -> Value {
    let properties = json!({
        "name": printable(100),
        "website": printable(255),
        "logo": {"type": "object", "description": "An `Image` of OCPI, as it came."},
    });
    strict(properties, &["name"])
}

pub(super) fn write() -> Value {
    let listed = one_of(Role::LISTED.iter().map(Role::as_str));
    let secret_or_null = |description: &str| {
        let mut schema = secret();
        schema["type"] = json!(["string", "null"]);
        schema["description"] = description.into();
        schema
    };
    let mut versions_url = or_null(url());
    versions_url["description"] = "Its versions endpoint, which is looked up when it is called \
                                   first; with `outbound_token`. Without, the connection stays \
                                   as it is."
        .into();
    let mut schema = strict(
        json!({
            "roles": {
                "type": "array",
                "items": {"allOf": [named("PartyRole"), {"properties": {"role": listed}}]},
                "default": [],
            },
            "hub_party_id": hub_party_id(),
            "allowed_parties": allowed_parties(),
            "our_party": our_party(),
            "profile": or_null(named("Profile")),
            "credentials_token": secret_or_null(
                "What it presents to us, in place of all that it presented before. Only a keyed \
                 hash is stored, and it is never shown. Without, what it presents stays as it is.",
            ),
            "versions_url": versions_url,
            "outbound_token": secret_or_null(
                "What we present to it. It is stored encrypted, and never shown.",
            ),
        }),
        &[],
    );
    schema["anyOf"] = json!([
        {
            "required": ["versions_url", "outbound_token"],
            "properties": {
                "versions_url": {"type": "string"},
                "outbound_token": {"type": "string"},
            },
        },
        {
            "properties": {
                "versions_url": {"type": "null"},
                "outbound_token": {"type": "null"},
            },
        },
    ]);
    schema
}

pub(super) fn page() -> Value {
    page_of("Platform")
}
