//! A server that exchanges Tokens with the platforms of a test.

use std::path::Path;
use std::sync::Arc;

use ocpi_app::{App, PlatformSync, RunState};
use ocpi_domain::{CredentialsUse, OcpiVersion, Platform, PlatformId};
use ocpi_ports::StoredPlatform;
use tokio::task::JoinHandle;

use crate::support::peer::Peer;
use crate::support::remote::connected_at;
use crate::support::stores::{Kind, Stores};
use crate::support::until::until_shown;
use crate::support::world::{World, WorldBuilder, presented};

/// The exchange, for as long as the value lives.
pub(super) struct Syncing(JoinHandle<()>);

impl Drop for Syncing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Syncing {
    pub(super) fn of(app: &Arc<App>) -> Syncing {
        Syncing(tokio::spawn(Arc::clone(app).run_sync()))
    }

    /// Ends it, and waits until it has ended.
    pub(super) async fn end(mut self) {
        self.0.abort();
        assert!((&mut self.0).await.is_err(), "it never ends by itself");
    }
}

/// A world that is to be, whose pauses are short.
pub(super) fn builder() -> WorldBuilder {
    let mut builder = WorldBuilder::alone();
    builder.options.sync.back_off_ms = 1;
    builder.options.sync.back_off_ms_max = 10;
    builder.options.sync.pull_page_size = 10;
    builder
}

/// The same, over a store in this folder.
pub(super) fn builder_over(folder: &Path) -> WorldBuilder {
    let mut builder = builder();
    builder.stores = Some(Stores::open(Kind::Sqlite, &folder.join("ocpi.db")));
    builder
}

/// The platform of that peer, which presents its own name to us.
pub(super) fn peer_of(platform: Platform, version: OcpiVersion, peer: &Peer) -> StoredPlatform {
    let name = format!("{}.token", platform.id);
    StoredPlatform {
        tokens: vec![presented(&name, CredentialsUse::Live)],
        ..connected_at(platform, version, &format!("{}/ocpi", peer.url))
    }
}

/// How far the exchange with this platform is.
pub(super) async fn status(world: &World, id: &str) -> PlatformSync {
    let id = PlatformId::new(id).expect("an id");
    let all = world.app.sync_status().await.expect("a status");
    let found = all.into_iter().find(|sync| sync.platform == id);
    found.expect("it is exchanged with")
}

/// Waits until nothing is pending towards this platform.
pub(super) async fn pushed(world: &World, id: &str) {
    until_shown(&format!("everything is at {id}"), || async {
        let push = status(world, id).await.push.expect("it is pushed to");
        let is_there = push.pending == 0 && push.state == RunState::Idle;
        if is_there { Ok(()) } else { Err(push) }
    })
    .await;
}

/// Waits until everything of this platform was pulled, and nothing more is under way.
pub(super) async fn pulled(world: &World, id: &str) {
    until_shown(&format!("everything of {id} is here"), || async {
        let pull = status(world, id).await.pull.expect("it is pulled from");
        let is_here =
            pull.all_pulled_at.is_some() && pull.all.is_none() && pull.state == RunState::Idle;
        if is_here { Ok(()) } else { Err(pull) }
    })
    .await;
}
