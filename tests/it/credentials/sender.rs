//! We as Sender of credentials: a platform, as a test writes it, made us a token A.

mod failures;
mod outbound;
mod register;
mod rotate;
mod unregister;

use ocpi_app::{OperatorError, RegisterRequest};
use ocpi_domain::{Platform, Role};
use serde_json::{Value, json};

use super::stage::{PEER, Stage, role};
use crate::support::pair::id;
use crate::support::peer::{Asked, ByTheBook};
use crate::support::world::WorldBuilder;

/// The token A that the platform made for us.
const TOKEN_A: &str = "their.bootstrap~token";

/// The token C that it answers with.
const TOKEN_C: &str = "their.answer~token";

/// Its credentials in a version, with this token.
fn answer_of(stage: &Stage, version: &str, token: &str) -> Value {
    let url = stage.peer.versions_url();
    if version == "2.1.1" {
        json!({
            "token": token,
            "url": url,
            "business_details": {"name": "The other side"},
            "country_code": "DE",
            "party_id": "TNM",
        })
    } else {
        json!({"token": token, "url": url, "roles": [role("EMSP", "DE", "TNM")]})
    }
}

/// A world that knows the platform by name only, with nothing of ours for it to present.
async fn stage() -> Stage {
    stage_of(WorldBuilder::alone()).await
}

async fn stage_of(builder: WorldBuilder) -> Stage {
    let stage = Stage::of(builder, Platform::new(id(PEER))).await;
    // The token A that we made for it is of no use here.
    let platform = (*stage.stored().await.platform).clone();
    let stored = ocpi_ports::StoredPlatform::new(platform);
    let put = stage.world.platforms.put_platform(stored, None).await;
    put.expect("it is written");
    stage
}

/// The platform lists these versions only, knows [`TOKEN_A`] and [`TOKEN_C`], and registers us.
fn lists(stage: &Stage, versions: &[&'static str]) -> ByTheBook {
    let version = versions.last().copied().unwrap_or("2.3.0");
    let mut book = ByTheBook::of(&stage.peer, TOKEN_A);
    book.knows.push(TOKEN_C.to_owned());
    book.versions = versions.to_vec();
    book.credentials = Some(answer_of(stage, version, TOKEN_C));
    book
}

/// Lets the platform do as the book says.
fn follow(stage: &Stage, book: ByTheBook) {
    stage.peer.answers(move |asked| book.answer(asked));
}

/// Registers with the platform, which is an eMSP.
async fn register(stage: &Stage) -> Result<(), OperatorError> {
    let request = RegisterRequest {
        versions_url: stage.peer.versions_url().parse().expect("a URL"),
        token: ocpi_domain::CredentialsToken::new(TOKEN_A).expect("a token"),
        peer_role: Some(Role::Emsp),
    };
    let registered = stage.world.app.register_with(&id(PEER), request).await;
    registered.map(|_| ())
}

/// Registers in this version, by the book.
async fn registered(version: &'static str) -> Stage {
    let stage = stage().await;
    follow(&stage, lists(&stage, &[version]));
    register(&stage).await.expect("by the book");
    stage
}

/// The token that we sent in a POST or PUT.
fn offered(asked: &[Asked]) -> String {
    let is_sent = |it: &&Asked| matches!(&*it.method, "POST" | "PUT");
    let sent = asked.iter().rfind(is_sent);
    let body = sent.expect("we sent our credentials").json();
    body["token"].as_str().expect("a token").to_owned()
}

/// The lines of what was asked.
fn lines(asked: &[Asked]) -> Vec<String> {
    asked.iter().map(Asked::line).collect()
}
