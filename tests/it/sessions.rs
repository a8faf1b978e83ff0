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

use crate::support::http::{Request, Response};
use crate::support::push::SESSIONS;
use crate::support::world::{TOKEN, World, WorldBuilder, hosted, party, platform};

/// The credentials of a platform that speaks for the CPOs NL/ALF and NL/BET.
const CPO: &str = "cpo.token";

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
    assert_eq!(
        snapshot(world).await,
        before,
        "{method} {target} {sent}: written"
    );
    response
}

/// The session that `GET` shows.
async fn shown(world: &World, target: &str) -> Value {
    let response = send(world, "GET", target, None).await;
    let said = response.message();
    assert_eq!(response.codes(), (200, 1000), "{target}: {said}");
    response.data()
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
