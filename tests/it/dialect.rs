//! The tutorial's dialect beside plain OCPI: `docs/protocol.md`, section X.

mod answers;
mod tokens;

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use crate::support::answer::request;
use crate::support::world::{TOKEN, World, WorldBuilder, party, platform};

/// The long path of the question about a Token of CH/ABC, as the tutorial has it.
fn long_question(uid: &str) -> String {
    format!("/ocpi/emsp/2.3.0/tokens/CH/ABC/{uid}/authorize")
}

/// A world whose platform speaks the tutorial's dialect, and is the same in all else.
async fn tutorial() -> World {
    let roles = [("CH", "ABC", Role::Cpo), ("CH", "ABC", Role::Emsp)];
    let profile = Profile {
        tutorial: true,
        ..Profile::default()
    };
    let mut builder = WorldBuilder::new();
    builder.platforms.clear();
    builder
        .platform(platform("partner", profile, &roles), TOKEN)
        .start()
        .await
}

/// The tutorial's `token_data`, which has no `contract_id`.
fn token_data() -> Value {
    json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "TOKEN123",
        "type": "RFID",
        "auth_method": "AUTH_REQUEST",
        "issuer": "ChargePoint Inc",
        "valid": true,
        "whitelist": "ALWAYS",
        "language": "en",
        "last_updated": "2024-01-01T00:00:00Z",
    })
}

/// Limits the card of this uid.
async fn limit(world: &World, uid: &str, account: &Value) {
    world.put_account(party("CH", "ABC"), uid, account).await;
}

/// `data` of the answer to a question, which must be answered.
async fn asked(world: &World, target: &str, body: &Value) -> Value {
    let response = world.call("POST", target, Some(body)).await;
    assert_eq!(
        response.codes(),
        (200, 1000),
        "{target} {body}: {}",
        response.message()
    );
    response.data()
}

/// The names of the members of an object.
fn names(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

/// The codes of the answer to a request of [`TOKEN`].
async fn codes(world: &World, (method, target, body): (&str, &str, &str)) -> (u16, u64) {
    world.send(&request(method, target, body)).await.codes()
}
