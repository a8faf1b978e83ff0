//! Two servers of our own, a CPO and an eMSP, that know each other by a bootstrap token alone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use ocpi_app::RegisterRequest;
use ocpi_domain::{
    Credentials, CredentialsToken, LocationReferences, OcpiUrl, OcpiVersion, Party, Platform,
    PlatformId, Role, Token, TokenKey, TokenMarks, TokenType, TokenUid, Version,
};
use ocpi_ports::{
    OfferedEndpoint, RemoteAuthorization, RemoteCall, RemoteError, RemotePageRequest,
    RemotePlatform, RemoteTokenPage, StoredPlatform, TokenWrite,
};
use serde_json::Value;

use super::clock::CountingRandomness;
use super::http::Request;
use super::program::Directory;
use super::stores::{Kind, Stores};
use super::world::{World, WorldBuilder, hosted, keys};

/// A client that reads one version in the lists of others.
struct Speaking {
    version: OcpiVersion,
    client: Arc<dyn RemotePlatform>,
}

#[async_trait]
impl RemotePlatform for Speaking {
    async fn list_versions(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        let mut versions = self.client.list_versions(call, url).await?;
        versions.retain(|listed| listed.version == self.version.number());
        Ok(versions)
    }

    async fn list_endpoints(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError> {
        self.client.list_endpoints(call, url).await
    }

    async fn post_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        self.client.post_credentials(call, url, ours).await
    }

    async fn put_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        self.client.put_credentials(call, url, ours).await
    }

    async fn delete_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        self.client.delete_credentials(call, url).await
    }

    async fn put_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        self.client.put_token(call, endpoint, token).await
    }

    async fn patch_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        self.client.patch_token(call, endpoint, token).await
    }

    async fn list_tokens(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError> {
        self.client.list_tokens(call, endpoint, owner, page).await
    }

    async fn get_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError> {
        self.client.get_token(call, endpoint, key).await
    }

    async fn authorize_token<'a>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&'a LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        let asked = self
            .client
            .authorize_token(call, endpoint, uid, token_type, location);
        asked.await
    }
}

/// One of two, and what it calls the other.
pub(crate) struct Side {
    pub(crate) world: World,
    pub(crate) other: PlatformId,
    pub(crate) stores: Stores,
    directory: Directory,
}

/// A CPO, NL/ALF, and an eMSP, CH/ABC.
pub(crate) struct Pair {
    pub(crate) cpo: Side,
    pub(crate) emsp: Side,
    version: OcpiVersion,
    /// Whether each is both.
    are_both: bool,
}

/// The id of a platform.
pub(crate) fn id(text: &str) -> PlatformId {
    PlatformId::new(text).expect("an id")
}

impl Side {
    async fn start(role: &Role, kind: Kind, version: OcpiVersion, is_both: bool) -> Side {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let directory = Directory::new(&format!("side-{number}"));
        let stores = Stores::open(kind, &directory.path().join("ocpi.db"));
        let mut builder = WorldBuilder::alone().over_tls();
        let ours = if *role == Role::Cpo {
            ("NL", "ALF", "the-emsp")
        } else {
            // Nothing that one makes is like what the other makes.
            builder.randomness = Arc::new(CountingRandomness::from(1 << 32));
            ("CH", "ABC", "the-cpo")
        };
        let both = [Role::Cpo, Role::Emsp];
        let roles = if is_both {
            &both[..]
        } else {
            std::slice::from_ref(role)
        };
        builder.hosted = vec![hosted(ours.0, ours.1, roles)];
        builder.stores = Some(stores.clone());
        let outbound = builder.outbound.as_mut().expect("it may call");
        outbound.allow_http = false;
        let world = builder
            .ports(move |ports| ocpi_app::Ports {
                remote: Arc::new(Speaking {
                    version,
                    client: ports.remote,
                }),
                ..ports
            })
            .start()
            .await;
        Side {
            world,
            other: id(ours.2),
            stores,
            directory,
        }
    }

    /// The folder of its store, if that is in a file.
    pub(crate) fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// What is stored of the other.
    pub(crate) async fn stored(&self) -> Arc<StoredPlatform> {
        let found = self.world.app.find_platform(&self.other).await;
        found.expect("it is known")
    }

    /// What it presents to the other.
    pub(crate) async fn presents(&self) -> CredentialsToken {
        let stored = self.stored().await;
        let connection = stored.connection.as_ref().expect("it calls the other");
        let opened = keys()
            .credentials_seal()
            .open(&self.other, &connection.sealed_token);
        opened.expect("it was sealed with this key")
    }

    /// Whether a token gets its presenter a list of our versions.
    pub(crate) async fn admits(&self, token: &CredentialsToken) -> bool {
        let request = Request::new("GET", "/ocpi/versions").token(token.expose());
        let response = self.world.send(&request).await;
        match response.codes() {
            (200, 1000) => true,
            (401, 2000) => false,
            codes => panic!("{codes:?} {}", response.message()),
        }
    }

    /// Stores a Token.
    pub(crate) async fn put_token(&self, token: &Value) -> Token {
        let token: Token = serde_json::from_value(token.clone()).expect("a Token");
        let write = TokenWrite {
            token: Arc::new(token.clone()),
            marks: TokenMarks::default(),
            follows: None,
        };
        self.stores.tokens.put_token(write).await.expect("stored");
        token
    }
}

impl Pair {
    /// Two that have a row for each other, and nothing in it; they speak that version.
    pub(crate) async fn strangers(version: OcpiVersion, kind: Kind) -> Pair {
        Pair::new(version, kind, false).await
    }

    /// The same, and each is a CPO and an eMSP.
    pub(crate) async fn strangers_of_both_roles(version: OcpiVersion) -> Pair {
        Pair::new(version, Kind::Memory, true).await
    }

    async fn new(version: OcpiVersion, kind: Kind, are_both: bool) -> Pair {
        let cpo = Side::start(&Role::Cpo, kind, version, are_both).await;
        let emsp = Side::start(&Role::Emsp, kind, version, are_both).await;
        for side in [&cpo, &emsp] {
            let row = Platform::new(side.other.clone());
            side.world.know(row).await;
        }
        Pair {
            cpo,
            emsp,
            version,
            are_both,
        }
    }

    /// The side of this role, and the other.
    pub(crate) fn sides(&self, role: &Role) -> (&Side, &Side) {
        if *role == Role::Cpo {
            (&self.cpo, &self.emsp)
        } else {
            (&self.emsp, &self.cpo)
        }
    }

    /// The side of this role registers with the other, which made it a bootstrap token. Gives that
    /// token.
    pub(crate) async fn register(&self, sender: &Role) -> CredentialsToken {
        // 2.1.1 is told by the root, and by the operator, which of the two the other is.
        let (root, peer_role) = match (self.are_both, self.version, sender) {
            (true, OcpiVersion::V2_1_1, Role::Cpo) => ("/ocpi/emsp", Some(Role::Emsp)),
            (true, OcpiVersion::V2_1_1, _) => ("/ocpi/cpo", Some(Role::Cpo)),
            _ => ("/ocpi", None),
        };
        let (sender, receiver) = self.sides(sender);
        let app = &receiver.world.app;
        let issued = app.issue_bootstrap_token(&receiver.other).await;
        let token = issued.expect("a bootstrap token").token;
        let request = RegisterRequest {
            versions_url: format!("{}{root}/versions", receiver.world.url)
                .parse()
                .expect("a URL"),
            token: token.clone(),
            peer_role,
        };
        let app = &sender.world.app;
        let registered = app.register_with(&sender.other, request).await;
        registered.expect("they register");
        token
    }

    /// Two that are registered, by the side of this role.
    pub(crate) async fn registered(version: OcpiVersion, kind: Kind, sender: &Role) -> Pair {
        let pair = Pair::strangers(version, kind).await;
        pair.register(sender).await;
        pair
    }
}
