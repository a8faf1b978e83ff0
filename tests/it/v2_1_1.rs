//! What is other in 2.1.1: no owner on a Token, other names, no type in a URL, moments without
//! fractions, and no routing.

mod answers;
mod copies;
mod lists;
mod locations;
mod sessions;
mod transport;

use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::token::with;
use crate::support::world::{TOKEN, World};

/// An RFID Token with the required fields of 2.1.1 and no other.
fn older_card(uid: &str) -> Value {
    json!({
        "uid": uid,
        "type": "RFID",
        "auth_id": "CH-ABC-C00000001",
        "issuer": "Example",
        "valid": true,
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    })
}

/// The URL of the copy of a Token of CH/ABC.
fn copy(uid: &str) -> String {
    format!("/ocpi/cpo/2.1.1/tokens/CH/ABC/{uid}")
}

/// The URL of the question about a Token.
fn question(uid: &str) -> String {
    format!("/ocpi/emsp/2.1.1/tokens/{uid}/authorize")
}

/// Sends a request whose body is this JSON.
async fn send(world: &World, method: &str, target: &str, body: &Value) -> Response {
    let request = Request::new(method, target).token(TOKEN).json(body);
    world.send(&request).await
}

/// Sends a write that must be taken, with this HTTP status and no `data`.
async fn taken(world: &World, method: &str, target: &str, body: &Value, status: u16) {
    let response = send(world, method, target, body).await;
    let said = response.message();
    assert_eq!(
        response.codes(),
        (status, 1000),
        "{method} {target} {body}: {said}"
    );
    assert_eq!(response.json().get("data"), None, "{method} {target}");
}

/// The Token that 2.3.0 shows of CH/ABC, of this type.
async fn newest(world: &World, uid: &str, token_type: &str) -> Value {
    let target = format!("/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}?type={token_type}");
    world.shown(&target).await
}

/// A Token with everything that 2.3.0 can say.
fn full_card(uid: &str, changes: &Value) -> Value {
    let full = with(
        crate::support::token::card(uid),
        &json!({
            "visual_number": "No 7",
            "group_id": "G1",
            "language": "it",
            "default_profile_type": "GREEN",
            "energy_contract": {"supplier_name": "Sun", "contract_id": "7"},
        }),
    );
    with(full, changes)
}
