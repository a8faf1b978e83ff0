//! The JSON Schemas (2020-12) of what is sent and received: one file for each endpoint file, named
//! after what it describes. A test holds each of them to the type that is really written or read.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod authorization;
mod backup;
mod charge_point;
mod explain;
mod handshake;
mod import;
pub(crate) mod platform;
mod problem;
pub(crate) mod session;
mod sync;
pub(crate) mod token;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::page::{LIMIT_DEFAULT, LIMIT_MAX};

/// Where a schema comes from.
pub(crate) type SchemaOf = fn() -> Value;

/// Every named schema.
static COMPONENTS: [(&str, SchemaOf); 65] = [
    ("AccountPlace", account::place),
    ("Authorization", authorization::authorization),
    ("AuthorizationPage", authorization::page),
    ("AuthorizationRecord", authorization::record),
    ("Backup", backup::backup),
    ("BackupRequest", backup::request),
    ("BehindToken", sync::behind),
    ("BootstrapToken", handshake::bootstrap_token),
    ("BootstrapTokenRequest", handshake::bootstrap_request),
    ("Breaker", platform::breaker),
    ("BusinessDetails", platform::business_details),
    ("CdrToken", session::cdr_token),
    ("ChainFault", audit::fault),
    ("ChainHead", audit::head),
    ("ChainReport", audit::report),
    ("ChargePointAnswer", charge_point::answer),
    ("ChargePointOcpp16", charge_point::ocpp_1_6),
    ("ChargePointOcpp201", charge_point::ocpp_2_0_1),
    ("ChargePointQuestion", charge_point::question),
    ("ChargePointRecord", authorization::charge_point),
    ("ChargePointSession", charge_point::session),
    ("ChargePointSessionToken", charge_point::session_token),
    ("ChargePointToken", charge_point::token),
    ("CredentialsRole", platform::credentials_role),
    ("Credit", account::credit),
    ("CreditPatch", account::credit_patch),
    ("DisplayText", explain::display_text),
    ("Endpoint", platform::endpoint),
    ("EnergyContract", token::energy_contract),
    ("ExplainRequest", explain::request),
    ("Explanation", explain::explanation),
    ("Health", problem::health),
    ("ImportReport", import::report),
    ("LocationReferences", authorization::location_references),
    ("OpenApi", problem::openapi),
    ("Party", party),
    ("PartyRole", platform::party_role),
    ("Platform", platform::platform),
    ("PlatformConnection", platform::connection),
    ("PlatformPage", platform::page),
    ("PlatformSync", sync::platform),
    ("PlatformSyncPage", sync::page),
    ("PlatformWrite", platform::write),
    ("PresentedToken", platform::presented_token),
    ("Problem", problem::problem),
    ("Profile", platform::profile),
    ("PullSync", sync::pull),
    ("PushSync", sync::push),
    ("RefusedLine", import::refused_line),
    ("RegisterRequest", handshake::register),
    ("RotateRequest", handshake::rotate),
    ("RuleStep", explain::rule_step),
    ("Session", session::session),
    ("SessionItem", session::item),
    ("SessionKey", session::session_key),
    ("SessionPage", session::page),
    ("Slot", session::slot),
    ("SyncRequest", sync::request),
    ("Token", token::token),
    ("TokenAccount", account::account),
    ("TokenAccountPatch", account::patch),
    ("TokenKey", session::token_key),
    ("TokenPage", token::page),
    ("TokenWrite", token::write),
    ("UnregisterRequest", handshake::unregister),
];

/// The named schemas, for `components`.
pub(crate) fn components() -> Map<String, Value> {
    COMPONENTS
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema()))
        .collect()
}

/// The schema of that name.
pub(crate) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object of these properties and no others.
fn strict(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
    });
    schema["properties"] = properties;
    schema
}

/// A page of items of that schema.
fn page_of(name: &str) -> Value {
    strict(
        json!({
            "items": {"type": "array", "items": named(name)},
            "next": {
                "type": ["string", "null"],
                "description": "What to send as `after` for the page that follows; `null` when \
                                none follows.",
            },
        }),
        &["items", "next"],
    )
}

/// That schema, or `null`.
fn or_null(schema: Value) -> Value {
    let mut or_null = json!({"anyOf": [{}, {"type": "null"}]});
    or_null["anyOf"][0] = schema;
    or_null
}

/// One of these texts.
fn one_of(texts: impl Iterator<Item = &'static str>) -> Value {
    json!({"type": "string", "enum": texts.collect::<Vec<_>>()})
}

/// Printable ASCII that names something, compared without case.
fn identifier(characters_max: u16) -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": "^[ -~]*$",
        "not": {"const": "#NA"},
    })
}

/// A Location or an EVSE: 2.1.1 lets them be three characters longer than its successors do.
fn place_id() -> Value {
    identifier(39)
}

/// Printable ASCII, compared without case.
fn ci_string(characters_max: u16) -> Value {
    json!({"type": "string", "maxLength": characters_max, "pattern": "^[ -~]*$"})
}

/// Text without control characters.
fn printable(characters_max: u16) -> Value {
    json!({"type": "string", "maxLength": characters_max})
}

/// Any text.
pub(crate) fn text() -> Value {
    json!({"type": "string"})
}

/// A number of things, from 0.
fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// A moment.
pub(crate) fn date_time() -> Value {
    json!({
        "type": "string",
        "description": "RFC 3339; UTC when it says no zone. Written in UTC, with milliseconds \
                        only when they are not zero.",
        "examples": ["2026-01-01T00:00:00Z"],
    })
}

/// The most items of a page.
pub(crate) fn limit() -> Value {
    json!({
        "type": "integer",
        "minimum": 1,
        "maximum": LIMIT_MAX,
        "default": LIMIT_DEFAULT,
    })
}

/// A country.
pub(crate) fn country_code() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z]{2}$", "examples": ["CH"]})
}

/// A party's id within its country.
pub(crate) fn party_id() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9]{3}$", "examples": ["ABC"]})
}

/// A party in one text.
pub(crate) fn party_text() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z]{2}/[A-Za-z0-9]{3}$", "examples": ["CH/ABC"]})
}

fn party() -> Value {
    let properties = json!({"country_code": country_code(), "party_id": party_id()});
    strict(properties, &["country_code", "party_id"])
}
