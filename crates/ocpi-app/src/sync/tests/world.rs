//! An application with its stores, and the platforms that it exchanges Tokens with.

use std::sync::Arc;

use ocpi_domain::{
    CredentialsUse, Endpoint, InterfaceRole, ModuleId, OcpiVersion, PartyRole, Platform, Profile,
    Role,
};
use ocpi_ports::{
    Connection, PresentedToken, SealedToken, Served, StoredPlatform, TokenHash, TokenWrite,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::other_side::OtherSide;
use crate::testing::peer::{token as credentials_token, url};
use crate::testing::{
    CountedRandomness, KnownPlatforms, PausedClock, SyncMemory, TokenMemory, fields, hosting, now,
    party, platform, ports, token,
};
use crate::{App, AppOptions, Hosting, Ports, PutOwnToken, SyncOptions};

/// An application with its stores.
pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) tokens: Arc<TokenMemory>,
    pub(super) sync: Arc<SyncMemory>,
    pub(super) platforms: Arc<KnownPlatforms>,
    pub(super) other: Arc<OtherSide>,
    registry: Registry,
    clock: Arc<PausedClock>,
    randomness: Arc<CountedRandomness>,
}

/// The loop, as long as it lives.
pub(super) struct Running(tokio::task::JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl World {
    pub(super) fn of(platforms: Vec<StoredPlatform>) -> World {
        World::with(platforms, hosting(), SyncOptions::default())
    }

    pub(super) fn with(
        platforms: Vec<StoredPlatform>,
        hosting: Hosting,
        options: SyncOptions,
    ) -> World {
        let blank = World {
            app: Arc::new(crate::testing::app(ports())),
            tokens: Arc::default(),
            sync: Arc::default(),
            platforms: KnownPlatforms::of(platforms),
            other: OtherSide::new(),
            registry: Registry::default(),
            clock: Arc::new(PausedClock::new()),
            randomness: Arc::default(),
        };
        blank.restarted_with(hosting, options)
    }

    /// The same stores and the same other sides, with an application that has just started.
    pub(super) fn restarted(self) -> World {
        self.restarted_with(hosting(), SyncOptions::default())
    }

    /// The same, hosting others.
    pub(super) fn restarted_with(self, hosting: Hosting, sync: SyncOptions) -> World {
        let options = AppOptions {
            sync,
            ..AppOptions::default()
        };
        self.restarted_by(hosting, options)
    }

    /// The same, by other options.
    pub(super) fn restarted_by(self, hosting: Hosting, options: AppOptions) -> World {
        let mut registry = Registry::default();
        let ports = Ports {
            tokens: Arc::clone(&self.tokens) as _,
            sync: Arc::clone(&self.sync) as _,
            platforms: Arc::clone(&self.platforms) as _,
            remote: Arc::clone(&self.other) as _,
            clock: Arc::clone(&self.clock) as _,
            randomness: Arc::clone(&self.randomness) as _,
            ..ports()
        };
        let app = Arc::new(App::new(ports, hosting, options, &mut registry));
        World {
            app,
            registry,
            ..self
        }
    }

    /// Has the loop run.
    pub(super) fn run(&self) -> Running {
        Running(tokio::spawn(Arc::clone(&self.app).run_sync()))
    }

    /// The Token `uid` of ours is written, as version `version` of it.
    pub(super) async fn put(&self, uid: &str, version: &str) {
        self.put_with(uid, &json!({"issuer": version})).await;
    }

    /// The Token `uid` of ours is written, with the fields of `more`.
    pub(super) async fn put_with(&self, uid: &str, more: &Value) {
        let token_type = more
            .get("type")
            .map(|it| it.as_str().unwrap().parse().unwrap());
        let request = PutOwnToken {
            party: party("CH/ABC"),
            uid: uid.parse().unwrap(),
            token_type,
            fields: fields(more),
        };
        self.app.put_own_token(request).await.unwrap();
    }

    /// So many Tokens of ours are written: `T0`, `T1` and so on, as version `1`.
    pub(super) async fn put_many(&self, count: usize) {
        for number in 0..count {
            self.put(&format!("T{number}"), "1").await;
        }
    }

    /// A Token of another is in the store, however it got there.
    pub(super) async fn store(&self, uid: &str, more: &Value) {
        let write = TokenWrite {
            token: token(uid, more),
            marks: ocpi_domain::TokenMarks::default(),
            follows: None,
        };
        let store: &dyn ocpi_ports::TokenRepository = &*self.tokens;
        store.put_token(write).await.unwrap();
    }

    /// Every line of the metrics that begins so.
    pub(super) fn metrics(&self, name: &str) -> Vec<String> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(str::to_owned).collect()
    }
}

/// A platform with these roles, connected in 2.2.1, that serves both ends of the Tokens below
/// `https://{id}.example`.
pub(super) fn connected(id: &str, roles: &[(Role, &str)], profile: Profile) -> StoredPlatform {
    connected_in(OcpiVersion::V2_2_1, id, roles, profile)
}

pub(super) fn connected_in(
    version: OcpiVersion,
    id: &str,
    roles: &[(Role, &str)],
    profile: Profile,
) -> StoredPlatform {
    let role = |(role, name): &(Role, &str)| PartyRole {
        party: party(name),
        role: role.clone(),
    };
    let endpoint = |role: InterfaceRole| Endpoint {
        identifier: ModuleId::Tokens,
        role,
        url: url(&format!("https://{id}.example/tokens/{role}")),
    };
    let served = Served {
        version,
        endpoints: [InterfaceRole::Sender, InterfaceRole::Receiver]
            .map(endpoint)
            .to_vec(),
    };
    let platform = Platform {
        roles: roles.iter().map(role).collect(),
        profile,
        ..platform(id)
    };
    StoredPlatform {
        tokens: vec![PresentedToken {
            hash: TokenHash([1; 32]),
            good_for: CredentialsUse::Live,
        }],
        connection: Some(Connection {
            versions_url: url(&format!("https://{id}.example/versions")),
            sealed_token: sealed(&platform),
            served: Some(served),
            presented: Vec::new(),
            connected_at: now(),
        }),
        ..StoredPlatform::new(platform)
    }
}

fn sealed(platform: &Platform) -> SealedToken {
    let seal = ports().credentials_seal;
    seal.seal(
        &platform.id,
        &credentials_token("theirs"),
        &CountedRandomness::default(),
    )
}

/// The CPO NL/BET, on the platform `cpo`.
pub(super) fn cpo() -> StoredPlatform {
    connected("cpo", &[(Role::Cpo, "NL/BET")], Profile::default())
}

/// The eMSP DE/EMS, on the platform `emsp`.
pub(super) fn emsp() -> StoredPlatform {
    connected("emsp", &[(Role::Emsp, "DE/EMS")], Profile::default())
}
