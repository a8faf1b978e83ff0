//! Locations that CPOs push to an eMSP, and what they are used for: `docs/protocol.md`, section L.

mod addressing;
mod authorize;
mod children;
mod patch;
mod put;

use ocpi_domain::{Profile, Role};
use serde_json::Value;

use crate::support::http::Response;
use crate::support::push::{self, CPO, LOCATIONS, location, send, shown, taken};
use crate::support::world::{TOKEN, World, WorldBuilder, platform};

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
    let response = push::refused(world, method, target, body, codes).await;
    assert_eq!(text().await, before, "{method} {target}: written");
    response
}
