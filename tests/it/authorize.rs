//! Real-time authorization: `docs/protocol.md`, section E.2.

mod answers;
mod finding;
mod places;
mod records;
mod request_body;
mod rules;

use std::sync::Arc;

use ocpi_domain::{AuthorizationRecord, Profile, Role};
use ocpi_ports::{AuthorizationRepository, RecordQuery};
use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::token::{card, question};
use crate::support::world::{TOKEN, World, WorldBuilder, hosted, party, platform};

/// The credentials of a platform that speaks for the CPOs NL/ALF and NL/BET.
const CPO: &str = "cpo.token";

/// CH/ABC and CH/XYZ are hosted as eMSPs. The platform of [`TOKEN`] pushes their Tokens, and those
/// of a foreign eMSP; that of [`CPO`] asks.
fn builder() -> WorldBuilder {
    let owner = [
        ("CH", "ABC", Role::Emsp),
        ("CH", "XYZ", Role::Emsp),
        ("DE", "TNM", Role::Emsp),
    ];
    let cpo = [("NL", "ALF", Role::Cpo), ("NL", "BET", Role::Cpo)];
    let mut builder = WorldBuilder::new();
    builder.hosted = vec![
        hosted("CH", "ABC", &[Role::Cpo, Role::Emsp]),
        hosted("CH", "XYZ", &[Role::Emsp]),
    ];
    builder
        .platform(platform("partner", Profile::default(), &owner), TOKEN)
        .platform(platform("cpo", Profile::default(), &cpo), CPO)
}

async fn world() -> World {
    builder().start().await
}

/// A world that has the Token `U1` with this account.
async fn world_with_account(account: Value) -> World {
    let world = world().await;
    world.push(&card("U1")).await;
    put_account(&world, "U1", account).await;
    world
}

/// Gives the RFID Token of CH/ABC an account.
async fn put_account(world: &World, uid: &str, account: Value) {
    world.put_account(party("CH", "ABC"), uid, &account).await;
}

/// A question of [`CPO`].
fn asking(target: &str) -> Request {
    Request::new("POST", target).token(CPO)
}

/// Asks about `uid` at no place.
async fn ask(world: &World, uid: &str) -> Response {
    world.send(&asking(&question(uid))).await
}

/// Asks about `U1` at this place of NL/ALF.
async fn ask_at(world: &World, location_id: &str, evse_uids: &[&str]) -> Response {
    let place = json!({"location_id": location_id, "evse_uids": evse_uids});
    let request = asking(&question("U1")).party("from", "NL", "ALF");
    world.send(&request.json(&place)).await
}

/// `data` of an answer, which must be one: 200/1000, with the whole Token.
fn answered(response: &Response) -> Value {
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let data = response.data();
    assert!(data.is_object(), "{data}");
    assert!(data["token"].is_object(), "{data}");
    data
}

/// `allowed` of an answer.
fn allowed(response: &Response) -> String {
    answered(response)["allowed"].as_str().unwrap().to_owned()
}

/// Checks that a question was not answered, with these codes and no `data`.
fn unanswered(response: &Response, codes: (u16, u64), why: &str) {
    assert_eq!(response.codes(), codes, "{why}: {}", response.message());
    assert_eq!(response.json().get("data"), None, "{why}");
}

/// Every record, the oldest first.
async fn records(world: &World) -> Vec<Arc<AuthorizationRecord>> {
    let found = world
        .store
        .list_records(&RecordQuery::default(), None, 1000)
        .await
        .unwrap();
    found
        .into_iter()
        .rev()
        .map(|stored| stored.record)
        .collect()
}
