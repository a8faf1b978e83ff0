//! Locations that CPOs push to an eMSP, and what they are used for: `docs/protocol.md`, section L.

mod addressing;
mod authorize;
mod children;
mod patch;
mod put;

use ocpi_domain::{Profile, Role};
use serde_json::Value;

use crate::support::http::{Request, Response};
use crate::support::push::{LOCATIONS, location};
use crate::support::world::{TOKEN, World, WorldBuilder, platform};

/// The credentials of a platform that speaks for the CPOs NL/ALF and NL/BET.
const CPO: &str = "cpo.token";

/// CH/ABC is hosted. The platform of [`TOKEN`] pushes its Tokens, that of [`CPO`] its Locations.
fn builder(profile: Profile) -> WorldBuilder {
    let owner = [("CH", "ABC", Role::Emsp)];
    let cpo = [("NL", "ALF", Role::Cpo), ("NL", "BET", Role::Cpo)];
    WorldBuilder::new()
        .platform(platform("partner", Profile::default(), &owner), TOKEN)
        .platform(platform("cpo", profile, &cpo), CPO)
}

async fn world() -> World {
    builder(Profile::default()).start().await
}

/// A world that has the Location LOC1 with the EVSEs E1 and E2.
async fn world_with_location() -> World {
    let world = world().await;
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &location("LOC1", &["E1", "E2"]),
        201,
    )
    .await;
    world
}

/// The URL of a Location of NL/ALF, or of what is in it.
fn at(path: &str) -> String {
    format!("{LOCATIONS}/NL/ALF/{path}")
}

/// Sends a request of [`CPO`].
async fn send(world: &World, method: &str, target: &str, body: Option<&Value>) -> Response {
    let request = Request::new(method, target).token(CPO);
    let request = body
        .iter()
        .fold(request, |request, body| request.json(body));
    world.send(&request).await
}

/// Sends a write that must be taken, with this HTTP status and no `data`.
async fn taken(world: &World, method: &str, target: &str, body: &Value, status: u16) {
    let response = send(world, method, target, Some(body)).await;
    let said = response.message();
    assert_eq!(response.codes(), (status, 1000), "{target} {body}: {said}");
    assert_eq!(response.json().get("data"), None, "{target} {body}");
}

/// Sends a request that must be refused with these codes, shows nothing, and leaves LOC1 as it is.
async fn refused(
    world: &World,
    method: &str,
    target: &str,
    body: Option<&Value>,
    codes: (u16, u64),
) -> Response {
    let text = async || send(world, "GET", &at("LOC1"), None).await.json()["data"].take();
    let before = text().await;
    let response = send(world, method, target, body).await;
    let sent = body.map(Value::to_string).unwrap_or_default();
    let said = response.message();
    assert_eq!(response.codes(), codes, "{method} {target} {sent}: {said}");
    assert!(
        !said.is_empty(),
        "{method} {target} {sent}: a refusal says why"
    );
    assert_eq!(
        response.json().get("data"),
        None,
        "{method} {target} {sent}"
    );
    assert_eq!(text().await, before, "{method} {target} {sent}: written");
    response
}

/// What `GET` shows.
async fn shown(world: &World, target: &str) -> Value {
    let response = send(world, "GET", target, None).await;
    let said = response.message();
    assert_eq!(response.codes(), (200, 1000), "{target}: {said}");
    response.data()
}
