//! Handshakes with a platform whose every step a test decides.

mod claims;
mod end;
mod ours;
mod receive;
mod refusals;
mod register;
mod register_refused;
mod replace;
mod rotate;

use std::sync::Arc;

use ocpi_domain::{
    Caller, Credentials, CredentialsToken, CredentialsUse, OcpiVersion, Platform, PlatformId,
};
use ocpi_ports::{
    Authenticator, Connection, PresentedToken, Served, StoredPlatform, TokenEncoding, TokenHash,
};
use prometheus_client::registry::Registry;

use super::party_claims::PartyClaims;
use crate::testing::peer::{Peer, credentials, token, versions_url};
use crate::testing::{
    CountedRandomness, KnownPlatforms, TestClock, app_of, now, platform, ports, request_of_cpo,
};
use crate::{
    App, CredentialsError, CredentialsRequest, HashedTokens, OperatorError, Ports, RequestContext,
    Root,
};

/// What the other side presents in [`registered`], and what we present to it.
const LIVE: &str = "live-token";
const THEIRS: &str = "theirs-1";

/// A name, what is arranged before, and whether the error that comes of it is the right one.
type Case = (&'static str, fn(&World), fn(&OperatorError) -> bool);

/// An application, the platforms that it knows, and the one that it calls.
struct World {
    app: App,
    known: Arc<KnownPlatforms>,
    peer: Arc<Peer>,
    clock: Arc<TestClock>,
    registry: Registry,
}

impl World {
    fn of(platforms: Vec<StoredPlatform>, peer: &Arc<Peer>) -> World {
        let known = KnownPlatforms::of(platforms);
        let clock = Arc::new(TestClock::default());
        let mut registry = Registry::default();
        let ports = Ports {
            platforms: Arc::clone(&known) as _,
            remote: Arc::clone(peer) as _,
            clock: Arc::clone(&clock) as _,
            randomness: Arc::new(CountedRandomness::default()),
            ..ports()
        };
        World {
            app: app_of(ports, &mut registry),
            known,
            peer: Arc::clone(peer),
            clock,
            registry,
        }
    }

    /// What that token is good for, to whom we ask.
    async fn good_for(&self, text: &str) -> Option<CredentialsUse> {
        let tokens = HashedTokens::new(
            ports().credentials_hash,
            Arc::clone(&self.known) as _,
            Arc::clone(&self.clock) as _,
        );
        let caller = tokens.find_caller(&token(text)).await.unwrap();
        caller.map(|caller| caller.credentials)
    }

    /// The request of `peer` that presents `text` in that version.
    async fn context(&self, text: &str, version: OcpiVersion) -> RequestContext {
        let platform = Arc::clone(&self.known.get("peer").platform);
        let credentials = self.good_for(text).await.unwrap();
        RequestContext {
            caller: Caller {
                platform,
                credentials,
            },
            version,
            ..request_of_cpo()
        }
    }

    /// Has `peer` send POST or PUT with `text`.
    async fn send(
        &self,
        handshake: Sent,
        text: &str,
        offered: Credentials,
    ) -> Result<Credentials, CredentialsError> {
        let Sent {
            is_put,
            version,
            root,
            encoding,
        } = handshake;
        let context = self.context(text, version).await;
        let presented = token(text);
        let request = CredentialsRequest {
            context: &context,
            root,
            presented: &presented,
            encoding,
            offered,
        };
        if is_put {
            self.app.replace_credentials(request).await
        } else {
            self.app.register_platform(request).await
        }
    }

    /// What we present to `peer`.
    fn sealed(&self) -> String {
        let stored = self.known.get("peer");
        let sealed = &stored.connection.as_ref().unwrap().sealed_token;
        let seal = &self.app.ports.credentials_seal;
        seal.open(&id(), sealed).unwrap().expose().to_owned()
    }

    fn counted(&self, line: &str) -> bool {
        let mut counted = String::new();
        prometheus_client::encoding::text::encode(&mut counted, &self.registry).unwrap();
        counted.contains(line)
    }
}

/// How a request is sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    is_put: bool,
    version: OcpiVersion,
    root: Root,
    encoding: TokenEncoding,
}

/// As most are: 2.3.0 on the combined root.
const POST: Sent = Sent {
    is_put: false,
    version: OcpiVersion::V2_3_0,
    root: Root::Combined,
    encoding: TokenEncoding::Base64,
};

const PUT: Sent = Sent {
    is_put: true,
    ..POST
};

fn id() -> PlatformId {
    "peer".parse().unwrap()
}

fn hash(text: &str) -> TokenHash {
    ports().credentials_hash.hash(&token(text))
}

fn presenting(text: &str, good_for: CredentialsUse) -> PresentedToken {
    PresentedToken {
        hash: hash(text),
        good_for,
    }
}

/// The platform `peer` with nothing but a token A, `token-a`, for a day.
fn invited() -> StoredPlatform {
    let until = now().plus_ms(24 * 60 * 60 * 1000);
    StoredPlatform {
        tokens: vec![presenting(
            "token-a",
            CredentialsUse::Registration { until },
        )],
        ..StoredPlatform::new(platform("peer"))
    }
}

/// Another platform that is registered as that.
fn other(roles: &[(&str, &str)]) -> StoredPlatform {
    StoredPlatform {
        tokens: vec![presenting("other-token", CredentialsUse::Live)],
        ..StoredPlatform::new(with_roles(platform("other"), roles))
    }
}

fn with_roles(platform: Platform, roles: &[(&str, &str)]) -> Platform {
    let claims = PartyClaims::of(&credentials("x", roles)).unwrap();
    Platform {
        roles: claims.roles,
        ..platform
    }
}

/// The platform `peer`, registered in that version as DE/EMS.
fn registered_in(version: OcpiVersion) -> StoredPlatform {
    let seal = ports().credentials_seal;
    let randomness = CountedRandomness::default();
    StoredPlatform {
        tokens: vec![presenting(LIVE, CredentialsUse::Live)],
        connection: Some(Connection {
            versions_url: versions_url(),
            sealed_token: seal.seal(&id(), &token(THEIRS), &randomness),
            served: Some(Served {
                version,
                endpoints: vec![ocpi_domain::Endpoint {
                    identifier: ocpi_domain::ModuleId::Credentials,
                    role: ocpi_domain::InterfaceRole::Sender,
                    url: crate::testing::peer::url("https://peer.example/credentials"),
                }],
            }),
            presented: emsp("x").roles,
            connected_at: now(),
        }),
        ..StoredPlatform::new(with_roles(platform("peer"), &[("EMSP", "DE/EMS")]))
    }
}

fn registered() -> StoredPlatform {
    registered_in(OcpiVersion::V2_3_0)
}

/// The credentials of an eMSP with that token.
fn emsp(text: &str) -> Credentials {
    credentials(text, &[("EMSP", "DE/EMS")])
}

/// A token whose text does not matter.
fn any_token() -> CredentialsToken {
    token("any")
}
