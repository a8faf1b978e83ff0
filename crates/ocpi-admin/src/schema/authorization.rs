//! Records of authorizations.

use ocpi_domain::{AllowedType, AuthorizationStatus, DecisionSource, Purpose, Rule};
use serde_json::{Value, json};

use super::{
    ci_string, count, date_time, identifier, named, one_of, or_null, page_of, place_id, platform,
    strict, text, token,
};

/// The answer to an authorize request.
pub(crate) fn allowed() -> Value {
    one_of(AllowedType::ALL.iter().map(AllowedType::as_str))
}

/// The finer status.
pub(super) fn status() -> Value {
    one_of(
        AuthorizationStatus::ALL
            .iter()
            .map(AuthorizationStatus::as_str),
    )
}

/// What decided.
pub(super) fn rule() -> Value {
    one_of(Rule::ALL.iter().map(Rule::as_str))
}

/// A uid as it was asked for.
pub(crate) fn asked_uid() -> Value {
    ci_string(64)
}

/// The name of an authorization.
pub(crate) fn reference() -> Value {
    identifier(36)
}

pub(super) fn location_references() -> Value {
    strict(
        json!({
            "location_id": place_id(),
            "evse_uids": {
                "type": "array",
                "items": place_id(),
                "description": "Empty is the whole Location.",
            },
        }),
        &["location_id", "evse_uids"],
    )
}

/// The fields of a record that are always there.
const FIELDS: [&str; 14] = [
    "reference",
    "at",
    "platform",
    "request_id",
    "correlation_id",
    "token_party",
    "token_uid",
    "token_type",
    "asked",
    "allowed_location",
    "allowed",
    "status",
    "rule",
    "latency_us",
];

fn fields() -> Value {
    let message_id = json!({"type": "string", "minLength": 1, "maxLength": 128});
    json!({
        "reference": reference(),
        "at": date_time(),
        "platform": platform::id(),
        "request_id": message_id,
        "correlation_id": message_id,
        "token_party": or_null(named("Party")),
        "token_uid": asked_uid(),
        "token_type": token::token_type(),
        "asked": or_null(named("LocationReferences")),
        "allowed_location": or_null(named("LocationReferences")),
        "allowed": or_null(allowed()),
        "status": or_null(status()),
        "rule": rule(),
        "latency_us": count(),
        "charge_point": named("ChargePointRecord"),
    })
}

/// What decided at a charge point.
pub(super) fn source() -> Value {
    let mut source = one_of(DecisionSource::ALL.iter().map(DecisionSource::as_str));
    source["description"] = "`real_time`: the answer of the eMSP. `whitelist`: the copy of the \
                             Token. `offline`: what stands for no answer. `fan_out`: the answers \
                             about an unknown card. `stop_rule`: whether it may stop the session. \
                             `command`: the eMSP's own command to start."
        .into();
    source
}

/// What a driver wants.
pub(super) fn purpose() -> Value {
    one_of(Purpose::ALL.iter().map(Purpose::as_str))
}

/// What a record holds beside of an answer to our own charge point.
pub(super) fn charge_point() -> Value {
    let members = json!({
        "cpo": named("Party"),
        "purpose": purpose(),
        "source": source(),
        "reason": text(),
        "decided_by": or_null(platform::id()),
        "contract_id": or_null(ci_string(36)),
        "group_id": or_null(ci_string(36)),
        "authorization_reference": or_null(reference()),
        "stops": or_null(reference()),
    });
    let required = [
        "cpo",
        "purpose",
        "source",
        "reason",
        "decided_by",
        "contract_id",
        "group_id",
        "authorization_reference",
        "stops",
    ];
    let mut record = strict(members, &required);
    record["description"] = "Of an answer to a charge point of ours: what decided and why; \
                             `authorization_reference` is the eMSP's, `stops` the start of the \
                             session that was to be stopped."
        .into();
    record
}

pub(super) fn record() -> Value {
    strict(fields(), &FIELDS)
}

/// A record with what came of it.
pub(super) fn authorization() -> Value {
    let mut properties = fields();
    properties["sessions"] = json!({
        "type": "array",
        "items": named("SessionItem"),
        "description": "The sessions that followed it, at most 100, the oldest first.",
    });
    let required = [&FIELDS[..], &["sessions"]].concat();
    strict(properties, &required)
}

pub(super) fn page() -> Value {
    page_of("AuthorizationRecord")
}
