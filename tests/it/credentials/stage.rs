//! An eMSP, DE/TNM, its server, and the world with which it wants to register.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ocpi_domain::{CredentialsToken, Platform, PlatformId};
use ocpi_ports::{PlatformList, StoredPlatform};
use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Peer};
use crate::support::token::with;
use crate::support::world::{World, WorldBuilder, keys};

/// Every version, the older first.
pub(super) const VERSIONS: [&str; 3] = ["2.1.1", "2.2.1", "2.3.0"];

/// What the platform offers us to present.
pub(super) const THEIRS: &str = "their.first~token";

/// What it offers in the place of [`THEIRS`].
pub(super) const THEIR_NEXT: &str = "their.second~token";

/// The id of the platform.
pub(super) const PEER: &str = "peer";

/// The platform, and the world that knows it by name only.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) peer: Peer,
    /// The token A that the world made for the platform.
    pub(super) bootstrap: String,
}

/// The credentials endpoint of a version, for an eMSP.
pub(super) fn endpoint(version: &str) -> String {
    // 2.1.1 is told by the root that an eMSP speaks to a CPO.
    let role = if version == "2.1.1" { "/cpo" } else { "" };
    format!("/ocpi{role}/{version}/credentials")
}

/// A token as a version presents it.
pub(super) fn written(version: &str, token: &str) -> String {
    if version == "2.1.1" {
        token.to_owned()
    } else {
        STANDARD.encode(token)
    }
}

/// A party in a role, as credentials of 2.2.1 and 2.3.0 have it.
pub(super) fn role(role: &str, country_code: &str, party_id: &str) -> Value {
    json!({
        "role": role,
        "business_details": {"name": "The other side"},
        "country_code": country_code,
        "party_id": party_id,
    })
}

/// The URL of a platform where nothing is to be looked up.
pub(super) const NOWHERE: &str = "https://peer.invalid/ocpi/versions";

/// The credentials of DE/TNM in a version, with these changes.
pub(super) fn credentials(version: &str, url: &str, changes: &Value) -> Value {
    let whole = if version == "2.1.1" {
        json!({
            "token": THEIRS,
            "url": url,
            "business_details": {"name": "The other side"},
            "country_code": "DE",
            "party_id": "TNM",
        })
    } else {
        json!({"token": THEIRS, "url": url, "roles": [role("EMSP", "DE", "TNM")]})
    };
    with(whole, changes)
}

impl Stage {
    /// A platform by the book, and a world that knows nobody else.
    pub(super) async fn new() -> Stage {
        Stage::of(WorldBuilder::alone(), Platform::new(id(PEER))).await
    }

    /// The world of this builder, that knows the platform as this.
    pub(super) async fn of(builder: WorldBuilder, platform: Platform) -> Stage {
        let world = builder.start().await;
        let peer = Peer::start().await;
        let book = ByTheBook::of(&peer, THEIRS);
        peer.answers(move |asked| book.answer(asked));
        world.know(platform).await;
        let bootstrap = issue(&world, &id(PEER)).await;
        Stage {
            world,
            peer,
            bootstrap,
        }
    }

    /// Everything that is stored of platforms; equal only when nothing was written in between.
    pub(super) async fn state(&self) -> PlatformList {
        let list = self.world.platforms.list_platforms().await;
        list.expect("the store lists")
    }

    /// What is stored of the platform.
    pub(super) async fn stored(&self) -> Arc<StoredPlatform> {
        let found = self.world.app.find_platform(&id(PEER)).await;
        found.expect("it is known")
    }

    /// What we would present to the platform.
    pub(super) async fn ours(&self) -> Option<String> {
        let stored = self.stored().await;
        let sealed = &stored.connection.as_ref()?.sealed_token;
        let opened = keys().credentials_seal().open(&id(PEER), sealed);
        let opened = opened.expect("it was sealed with this key");
        Some(opened.expose().to_owned())
    }

    /// The platform does as the book says, but for this.
    pub(super) fn book(&self, change: impl FnOnce(&mut ByTheBook)) {
        let mut book = ByTheBook::of(&self.peer, THEIRS);
        change(&mut book);
        self.peer.answers(move |asked| book.answer(asked));
    }

    /// The credentials of the platform in a version, with these changes.
    pub(super) fn credentials(&self, version: &str, changes: &Value) -> Value {
        credentials(version, &self.peer.versions_url(), changes)
    }

    /// Sends a request to the credentials endpoint of a version.
    pub(super) async fn send(
        &self,
        method: &str,
        version: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Response {
        let request = Request::new(method, &endpoint(version)).token(&written(version, token));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.world.send(&request).await
    }

    /// Registers in a version, and gives the token that the platform got.
    pub(super) async fn register(&self, version: &str) -> String {
        let body = self.credentials(version, &json!({}));
        let response = self
            .send("POST", version, &self.bootstrap, Some(&body))
            .await;
        given(&response)
    }

    /// Whether a token opens our versions.
    pub(super) async fn admits(&self, token: &str) -> bool {
        admits(&self.world, "/ocpi/versions", token).await
    }

    /// Whether a token opens a module.
    pub(super) async fn admits_to_modules(&self, token: &str) -> bool {
        let target = "/ocpi/cpo/2.3.0/tokens/DE/TNM/NOBODY";
        admits(&self.world, target, token).await
    }
}

/// Whether a token gets past the door of a route.
pub(super) async fn admits(world: &World, target: &str, token: &str) -> bool {
    let request = Request::new("GET", target).token(&STANDARD.encode(token));
    let response = world.send(&request).await;
    let is_admitted = response.status != 401;
    if !is_admitted {
        assert_eq!(response.codes(), (401, 2000), "{target}");
    }
    is_admitted
}

/// A new token A for that platform.
pub(super) async fn issue(world: &World, platform: &PlatformId) -> String {
    let issued = world.app.issue_bootstrap_token(platform).await;
    text(&issued.expect("a bootstrap token").token)
}

pub(super) fn text(token: &CredentialsToken) -> String {
    token.expose().to_owned()
}

/// The token of our credentials in an answer that is a success.
pub(super) fn given(response: &Response) -> String {
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let data = response.data();
    data["token"].as_str().expect("a token").to_owned()
}
