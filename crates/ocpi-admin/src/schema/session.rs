//! Sessions, and the slots that they hold.

use ocpi_domain::SessionStatus;
use serde_json::{Value, json};

use super::{
    authorization, ci_string, country_code, date_time, identifier, named, one_of, page_of,
    party_id, place_id, platform, strict, token,
};

/// Whether a session counts.
pub(crate) fn active() -> Value {
    json!({"type": "boolean"})
}

/// A uid that is looked for.
pub(crate) fn token_uid() -> Value {
    ci_string(64)
}

/// A session of a CPO, as it is stored.
pub(super) fn session() -> Value {
    json!({
        "type": "object",
        "description": "A Session of OCPI 2.3.0, as its CPO sent it. What is listed here is read; \
                        every other field is kept and not looked at.",
        "properties": {
            "country_code": country_code(),
            "party_id": party_id(),
            "id": identifier(36),
            "start_date_time": date_time(),
            "end_date_time": date_time(),
            "cdr_token": named("CdrToken"),
            "authorization_reference": {
                "description": "The authorization that it began with. What is no reference of \
                                ours is kept, and says nothing.",
            },
            "location_id": place_id(),
            "evse_uid": or_not_available(place_id()),
            "status": one_of(SessionStatus::ALL.iter().map(SessionStatus::as_str)),
            "last_updated": date_time(),
        },
        "required": [
            "country_code", "party_id", "id", "start_date_time", "location_id", "evse_uid",
            "status", "last_updated",
        ],
        "additionalProperties": true,
    })
}

/// That identifier, or what stands for none.
fn or_not_available(identifier: Value) -> Value {
    let mut schema = json!({"anyOf": [{}, {"const": "#NA"}]});
    schema["anyOf"][0] = identifier;
    schema
}

pub(super) fn cdr_token() -> Value {
    json!({
        "type": "object",
        "description": "The Token as the CPO names it.",
        "properties": {
            "country_code": country_code(),
            "party_id": party_id(),
            "uid": ci_string(36),
            "type": token::token_type(),
        },
        "required": ["uid", "type"],
        "additionalProperties": true,
    })
}

pub(super) fn token_key() -> Value {
    strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "uid": token::uid(),
            "type": token::token_type(),
        }),
        &["country_code", "party_id", "uid", "type"],
    )
}

pub(super) fn item() -> Value {
    let said = |mut schema: Value, description: &str| {
        schema["description"] = description.into();
        schema
    };
    let is = |description: &str| said(active(), description);
    strict(
        json!({
            "session": named("Session"),
            "platform": platform::id(),
            "token": said(
                named("TokenKey"),
                "The Token that it counts for; absent when it cannot be told.",
            ),
            "token_known": is("Whether there is such a Token here."),
            "group_id": said(ci_string(36), "The group of the Token, as it was when the session was linked to it."),
            "active": is("Whether it counts now against `concurrent_sessions_max`."),
            "active_until": said(
                date_time(),
                "The first moment at which it counts no more, unless it is heard of again.",
            ),
            "authorization_reference": said(
                authorization::reference(),
                "The authorization that it followed, named by its CPO or found by its place.",
            ),
            "received_at": said(date_time(), "The moment of the last push."),
        }),
        &[
            "session",
            "platform",
            "token_known",
            "active",
            "received_at",
        ],
    )
}

pub(super) fn page() -> Value {
    page_of("SessionItem")
}

/// What counts against a question: held by a session, or by an ALLOWED that waits for its own.
pub(super) fn slot() -> Value {
    let mut slot = strict(
        json!({
            "session": named("SessionKey"),
            "authorization_reference": authorization::reference(),
            "token": named("TokenKey"),
            "platform": platform::id(),
            "location_id": place_id(),
            "evse_uid": place_id(),
            "until": date_time(),
        }),
        &["token", "platform", "until"],
    );
    slot["description"] = "One of `concurrent_sessions_max`, taken: by a session that is active, \
                           or by an ALLOWED whose session was not heard of yet."
        .into();
    slot["oneOf"] = json!([
        {"required": ["session"]},
        {"required": ["authorization_reference"]},
    ]);
    slot
}

pub(super) fn session_key() -> Value {
    strict(
        json!({
            "country_code": country_code(),
            "party_id": party_id(),
            "id": identifier(36),
        }),
        &["country_code", "party_id", "id"],
    )
}
