//! One request for each operation.

use serde_json::{Value, json};

use crate::admin::Ask;
use crate::support::token::card;

/// A method, a target and a body.
pub(super) type Example = (&'static str, &'static str, Option<String>);

/// One request for each operation that the server does without complaint when there is what it
/// is about; a body of lines ends with a line break.
pub(super) fn examples() -> Vec<Example> {
    let mut examples = of_tokens();
    examples.extend(of_authorizations());
    examples.extend(of_platforms());
    examples.extend(of_charge_points_and_sync());
    examples.extend([
        ("GET", "/admin/v1/audit/verify", None),
        (
            "POST",
            "/admin/v1/backup",
            Some(json!({"file": "/backup/new.db"}).to_string()),
        ),
        ("GET", "/health/live", None),
        ("GET", "/health/ready", None),
        ("GET", "/metrics", None),
        ("GET", "/admin/v1/openapi.json", None),
    ]);
    examples
}

fn of_tokens() -> Vec<Example> {
    let account = json!({
        "blocked": false,
        "expires_at": "2027-01-01T00:00:00Z",
        "credit": {"balance": "12.50", "currency": "EUR"},
        "permitted_locations": [{"country_code": "NL", "party_id": "ALF"}],
        "denied_locations": [{
            "country_code": "NL", "party_id": "ALF", "location_id": "L1", "evse_uids": ["E1"],
        }],
        "concurrent_sessions_max": 1,
        "concurrency_scope": "group",
    });
    let lines = format!("{}\n\n{}\n", card("IMPORTED-1"), card("IMPORTED-2"));
    vec![
        ("GET", "/admin/v1/tokens?party=CH/ABC&limit=1", None),
        ("GET", "/admin/v1/tokens/CH/ABC/TOKEN123?type=RFID", None),
        (
            "PUT",
            "/admin/v1/tokens/CH/ABC/TOKEN123",
            Some(card("TOKEN123").to_string()),
        ),
        ("POST", "/admin/v1/tokens/import", Some(lines)),
        ("GET", "/admin/v1/tokens/export", None),
        ("GET", "/admin/v1/accounts/CH/ABC/TOKEN123", None),
        (
            "PUT",
            "/admin/v1/accounts/CH/ABC/TOKEN123",
            Some(account.to_string()),
        ),
        (
            "PATCH",
            "/admin/v1/accounts/CH/ABC/TOKEN123",
            Some(json!({"expires_at": null}).to_string()),
        ),
        ("DELETE", "/admin/v1/accounts/CH/ABC/TOKEN123", None),
    ]
}

fn of_authorizations() -> Vec<Example> {
    vec![
        (
            "GET",
            "/admin/v1/authorizations?token_uid=TOKEN123&platform=partner",
            None,
        ),
        ("GET", "/admin/v1/authorizations/REFERENCE", None),
        (
            "GET",
            "/admin/v1/sessions?active=true&token_uid=TOKEN123&platform=partner&limit=1",
            None,
        ),
        ("POST", "/admin/v1/explain", Some(question().to_string())),
    ]
}

fn of_platforms() -> Vec<Example> {
    let platform = json!({
        "roles": [{"role": "CPO", "country_code": "NL", "party_id": "ALF"}],
        "profile": {"tutorial": true, "auth_encoding": "raw"},
        "credentials_token": "peer-token",
        "versions_url": "https://peer.example/ocpi/versions",
        "outbound_token": "their-token",
        "allowed_parties": [{"country_code": "NL", "party_id": "ALF"}],
        "our_party": {"country_code": "CH", "party_id": "ABC"},
        "hub_party_id": "NLHUB",
    });
    let register = json!({
        "versions_url": "https://peer.example/ocpi/versions",
        "token": "their-token",
        "role": "EMSP",
    });
    vec![
        ("GET", "/admin/v1/platforms?limit=1", None),
        ("GET", "/admin/v1/platforms/peer", None),
        (
            "PUT",
            "/admin/v1/platforms/peer",
            Some(platform.to_string()),
        ),
        ("DELETE", "/admin/v1/platforms/peer", None),
        (
            "POST",
            "/admin/v1/platforms/peer/bootstrap-token",
            Some(json!({}).to_string()),
        ),
        (
            "POST",
            "/admin/v1/platforms/peer/register",
            Some(register.to_string()),
        ),
        (
            "POST",
            "/admin/v1/platforms/peer/rotate",
            Some(json!({"compromised": false}).to_string()),
        ),
        (
            "POST",
            "/admin/v1/platforms/peer/unregister",
            Some(json!({"forced": true}).to_string()),
        ),
    ]
}

fn of_charge_points_and_sync() -> Vec<Example> {
    let question = json!({
        "cpo": {"country_code": "CH", "party_id": "ABC"},
        "uid": "TOKEN123",
        "type": "RFID",
        "location_id": "L1",
        "evse_uid": "E1",
        "purpose": "start",
        "commanded_at": "2026-01-01T00:00:00Z",
    });
    vec![
        (
            "POST",
            "/admin/v1/charge-point/authorize",
            Some(question.to_string()),
        ),
        ("GET", "/admin/v1/sync", None),
        (
            "POST",
            "/admin/v1/sync",
            Some(json!({"what": "push", "everything": true}).to_string()),
        ),
    ]
}

/// A question with everything that it may say.
fn question() -> Value {
    json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "TOKEN123",
        "type": "RFID",
        "location_id": "L1",
        "evse_uids": ["E1"],
        "cpo": {"country_code": "NL", "party_id": "ALF"},
        "at": "2026-01-01T00:00:00Z",
    })
}

/// The example of that method and path, whatever its query.
pub(super) fn example(method: &str, path: &str) -> Ask {
    let found = examples()
        .into_iter()
        .find(|(known, target, _)| *known == method && target.split('?').next() == Some(path));
    let (_, target, body) = found.unwrap_or_else(|| panic!("no example: {method} {path}"));
    ask(method, target, body)
}

/// The request with this body, as JSON.
pub(super) fn ask(method: &str, target: &str, body: Option<String>) -> Ask {
    let ask = Ask::new(method, target);
    match body {
        Some(body) => ask.body("application/json", body),
        None => ask,
    }
}
