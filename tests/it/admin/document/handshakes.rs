//! Registrations, and all that can become of them.

use std::time::Duration;

use ocpi_domain::{CredentialsUse, Platform};
use ocpi_ports::StoredPlatform;
use serde_json::{Value, json};

use super::Document;
use super::examples::example;
use crate::admin::{Ask, Operator};
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Peer, Reply};
use crate::support::world::{World, WorldBuilder, platform, presented, to_anybody};

const REGISTER: &str = "/admin/v1/platforms/peer/register";
const ROTATE: &str = "/admin/v1/platforms/peer/rotate";
const UNREGISTER: &str = "/admin/v1/platforms/peer/unregister";
const BOOTSTRAP: &str = "/admin/v1/platforms/peer/bootstrap-token";

/// A registration with this platform.
fn register(peer: &Peer) -> Ask {
    let question = json!({"versions_url": peer.versions_url(), "token": "their.token"});
    Ask::new("POST", REGISTER).json(&question)
}

fn post(target: &str, body: &Value) -> Ask {
    Ask::new("POST", target).json(body)
}

/// A platform that registers whoever asks, and answers with its only token.
fn by_the_book(peer: &Peer) -> ByTheBook {
    let mut book = ByTheBook::of(peer, "their.token");
    let role = json!({
        "role": "EMSP",
        "business_details": {"name": "The other side"},
        "country_code": "DE",
        "party_id": "TNM",
    });
    let url = peer.versions_url();
    book.credentials = Some(json!({"token": "their.token", "url": url, "roles": [role]}));
    book
}

/// A world that may call anybody, and knows a platform.
async fn world(timeout_ms: u64) -> World {
    let mut builder = WorldBuilder::new();
    builder.outbound = Some(to_anybody());
    builder.options.outbound_timeout_ms = timeout_ms;
    let row = StoredPlatform::new(Platform::new(id("peer")));
    builder.platforms.push(row);
    builder.start().await
}

/// Drives every answer that a handshake of the operator may have.
pub(super) async fn drive_handshakes(document: &mut Document) {
    drive_unknown(document).await;
    drive_by_the_book(document).await;
    drive_failures(document).await;
    drive_too_slow(document).await;
}

/// There is no such platform.
async fn drive_unknown(document: &mut Document) {
    let mut world = WorldBuilder::new().start().await;
    let operator = Operator::of(&mut world).await;
    for target in [BOOTSTRAP, REGISTER, ROTATE, UNREGISTER] {
        document
            .drive(&operator, example("POST", target), 404)
            .await;
    }
}

/// A platform that does its part, and states in which it must not.
async fn drive_by_the_book(document: &mut Document) {
    let mut world = world(10_000).await;
    let operator = Operator::of(&mut world).await;
    let peer = Peer::start().await;
    let book = by_the_book(&peer);
    peer.answers(move |asked| book.answer(asked));
    for target in [ROTATE, UNREGISTER] {
        document
            .drive(&operator, example("POST", target), 409)
            .await;
    }
    document
        .drive(&operator, example("POST", BOOTSTRAP), 201)
        .await;
    let shown = document.drive(&operator, register(&peer), 200).await.json();
    assert_eq!(shown["registered"], true);
    assert_eq!(shown["connection"]["versions_url"], peer.versions_url());
    for ask in [register(&peer), example("POST", BOOTSTRAP)] {
        document.drive(&operator, ask, 409).await;
    }
    let shown = document
        .drive(&operator, example("POST", ROTATE), 200)
        .await;
    assert_eq!(shown.json()["registered"], true);
    let ended = post(UNREGISTER, &json!({}));
    let shown = document.drive(&operator, ended, 200).await.json();
    assert_eq!(shown["registered"], false);
    assert_eq!(shown["connection"], Value::Null);
    assert_eq!(shown["tokens"], json!([]));
}

/// A platform that fails, or is not there.
async fn drive_failures(document: &mut Document) {
    let mut world = world(10_000).await;
    let operator = Operator::of(&mut world).await;
    let peer = Peer::start().await;
    peer.answers(|_| Reply::refused(500, 3000, "oops"));
    document.drive(&operator, register(&peer), 502).await;
    let book = by_the_book(&peer);
    peer.answers(move |asked| book.answer(asked));
    document.drive(&operator, register(&peer), 200).await;
    peer.answers(|_| Reply::refused(500, 3000, "oops"));
    for target in [ROTATE, UNREGISTER] {
        document
            .drive(&operator, post(target, &json!({})), 502)
            .await;
    }
    // Leaving it needs nobody when that is said.
    document
        .drive(&operator, example("POST", UNREGISTER), 200)
        .await;
}

/// A platform that says nothing in time.
async fn drive_too_slow(document: &mut Document) {
    let mut world = world(1).await;
    let operator = Operator::of(&mut world).await;
    let peer = Peer::start().await;
    peer.answers(|_| Reply::refused(200, 1000, "Success").after(Duration::from_hours(1)));
    document.drive(&operator, register(&peer), 504).await;
    let stored = StoredPlatform {
        tokens: vec![presented("our.token", CredentialsUse::Live)],
        ..StoredPlatform::new(platform("peer", ocpi_domain::Profile::default(), &[]))
    };
    let put = world.platforms.put_platform(stored, None).await;
    put.expect("it is written");
    // What the operator says of it keeps the token that it presents.
    let connected = json!({
        "versions_url": peer.versions_url(),
        "outbound_token": "their.token",
    });
    let put = Ask::new("PUT", "/admin/v1/platforms/peer").json(&connected);
    document.drive(&operator, put, 200).await;
    for target in [ROTATE, UNREGISTER] {
        document
            .drive(&operator, post(target, &json!({})), 504)
            .await;
    }
}
