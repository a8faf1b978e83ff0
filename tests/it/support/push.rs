//! Sessions and Locations of the CPO NL/ALF, where it pushes them, and how.

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::world::World;

/// Where an eMSP receives sessions.
pub(crate) const SESSIONS: &str = "/ocpi/emsp/2.3.0/sessions";

/// Where an eMSP receives Locations.
pub(crate) const LOCATIONS: &str = "/ocpi/emsp/2.3.0/locations";

/// A running session of a card of CH/ABC at the EVSE `E1` of `LOC1`, with its required members and
/// no other.
pub(crate) fn session(id: &str, uid: &str) -> Value {
    json!({
        "country_code": "NL",
        "party_id": "ALF",
        "id": id,
        "start_date_time": "2026-01-01T11:00:00Z",
        "kwh": 0,
        "cdr_token": {
            "country_code": "CH",
            "party_id": "ABC",
            "uid": uid,
            "type": "RFID",
            "contract_id": "CH-ABC-C00000001",
        },
        "auth_method": "AUTH_REQUEST",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "status": "ACTIVE",
        "last_updated": "2026-01-01T12:00:00Z",
    })
}

/// A Location with these EVSEs, each with the connector `1`, and all with their required members
/// and no other.
pub(crate) fn location(id: &str, evse_uids: &[&str]) -> Value {
    let evses: Vec<Value> = evse_uids.iter().map(|uid| evse(uid)).collect();
    json!({
        "country_code": "NL",
        "party_id": "ALF",
        "id": id,
        "publish": true,
        "address": "F.Rooseveltlaan 3A",
        "city": "Gent",
        "country": "BEL",
        "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
        "time_zone": "Europe/Brussels",
        "evses": evses,
        "last_updated": "2026-01-01T10:00:00Z",
    })
}

/// An EVSE with the connector `1`.
pub(crate) fn evse(uid: &str) -> Value {
    json!({
        "uid": uid,
        "evse_id": format!("BE*ALF*{uid}"),
        "status": "AVAILABLE",
        "connectors": [connector("1")],
        "last_updated": "2026-01-01T10:00:00Z",
    })
}

/// A connector.
pub(crate) fn connector(id: &str) -> Value {
    json!({
        "id": id,
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 16,
        "last_updated": "2026-01-01T10:00:00Z",
    })
}

/// The credentials of a platform that speaks for the CPOs NL/ALF and NL/BET.
pub(crate) const CPO: &str = "cpo.token";

/// Sends a request of [`CPO`].
pub(crate) async fn send(
    world: &World,
    method: &str,
    target: &str,
    body: Option<&Value>,
) -> Response {
    let request = Request::new(method, target).token(CPO);
    let request = body
        .iter()
        .fold(request, |request, body| request.json(body));
    world.send(&request).await
}

/// Sends a write that must be taken, with this HTTP status and no `data`.
pub(crate) async fn taken(world: &World, method: &str, target: &str, body: &Value, status: u16) {
    let response = send(world, method, target, Some(body)).await;
    let said = response.message();
    assert_eq!(response.codes(), (status, 1000), "{target} {body}: {said}");
    assert_eq!(response.json().get("data"), None, "{target} {body}");
}

/// Sends a request that must be refused with these codes, says why, and shows nothing.
pub(crate) async fn refused(
    world: &World,
    method: &str,
    target: &str,
    body: Option<&Value>,
    codes: (u16, u64),
) -> Response {
    let response = send(world, method, target, body).await;
    let sent = body.map(Value::to_string).unwrap_or_default();
    let what = format!("{method} {target} {sent}");
    let said = response.message();
    assert_eq!(response.codes(), codes, "{what}: {said}");
    assert!(!said.is_empty(), "{what}: a refusal says why");
    assert_eq!(response.json().get("data"), None, "{what}");
    response
}

/// What `GET` shows.
pub(crate) async fn shown(world: &World, target: &str) -> Value {
    let response = send(world, "GET", target, None).await;
    let said = response.message();
    assert_eq!(response.codes(), (200, 1000), "{target}: {said}");
    response.data()
}
