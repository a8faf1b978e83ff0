//! Sessions that CPOs push to an eMSP: `docs/protocol.md`, section S.

mod addressing;
mod link;
mod list;
mod patch;
mod put;
mod stale;

use ocpi_domain::{Profile, Role, SessionKey};
use ocpi_ports::{SessionQuery, SessionRepository, StoredSession};
use serde_json::Value;

use crate::support::http::Response;
use crate::support::push::{self, CPO, SESSIONS, send, shown, taken};
use crate::support::world::{TOKEN, World, WorldBuilder, hosted, party, platform};

/// CH/ABC and CH/XYZ are hosted as eMSPs. The platform of [`TOKEN`] pushes their Tokens, that of
/// [`CPO`] its sessions.
fn builder(profile: Profile) -> WorldBuilder {
    let owner = [("CH", "ABC", Role::Emsp), ("CH", "XYZ", Role::Emsp)];
    let cpo = [("NL", "ALF", Role::Cpo), ("NL", "BET", Role::Cpo)];
    let mut builder = WorldBuilder::new();
    builder.hosted = vec![
        hosted("CH", "ABC", &[Role::Cpo, Role::Emsp]),
        hosted("CH", "XYZ", &[Role::Emsp]),
    ];
    builder
        .platform(platform("partner", Profile::default(), &owner), TOKEN)
        .platform(platform("cpo", profile, &cpo), CPO)
}

async fn world() -> World {
    builder(Profile::default()).start().await
}

/// The URL of a session of NL/ALF.
fn at(id: &str) -> String {
    format!("{SESSIONS}/NL/ALF/{id}")
}

/// Sends a request that must be refused with these codes: nothing may be shown, and nothing
/// written.
async fn refused(
    world: &World,
    method: &str,
    target: &str,
    body: Option<&Value>,
    codes: (u16, u64),
) -> Response {
    let before = snapshot(world).await;
    let response = push::refused(world, method, target, body, codes).await;
    assert_eq!(snapshot(world).await, before, "{method} {target}: written");
    response
}

/// The session of NL/ALF as the store has it.
async fn stored(world: &World, id: &str) -> StoredSession {
    let key = SessionKey {
        party: party("NL", "ALF"),
        id: id.parse().expect("an id"),
    };
    let found = world.store.find_session(&key).await;
    found.expect("the store answers").expect("it is stored")
}

/// Every session, letter for letter: two of these are equal only when no write happened in
/// between.
async fn snapshot(world: &World) -> Vec<(u64, String)> {
    let found = world
        .store
        .list_newest_sessions(&SessionQuery::default(), None, 1000)
        .await
        .expect("the store lists");
    let shown = |stored: &StoredSession| {
        let text = serde_json::to_string(&*stored.session).expect("a session is JSON");
        (stored.revision.0, text)
    };
    found.iter().map(shown).collect()
}
