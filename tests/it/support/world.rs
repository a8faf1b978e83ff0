//! A server in this process, whose clock and randomness belong to the test.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocpi_app::{
    App, AppOptions, CredentialsHash, HashedTokens, HostedParty, Hosting, Keys, Ports, PutPlatform,
    SecretKey,
};
use ocpi_domain::{
    BusinessDetails, CredentialsToken, CredentialsUse, Party, PartyRole, Platform, PlatformId,
    Profile, Role, TokenAccount, TokenKey, TokenType,
};
use ocpi_http::{Limits, OutboundClient, OutboundOptions, PublicUrl, Server, TlsConfig};
use ocpi_memstore::{MemStore, MemStoreOptions};
use ocpi_ports::{
    AccountRepository, AccountWrite, MockRemotePlatform, PlatformRepository, PresentedToken,
    RemotePlatform, StoredPlatform,
};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::clock::{CountingRandomness, TestClock};
use super::http::{Connection, Request, Response};
use super::program::Directory;
use super::stores::Stores;
use super::tls::{HOST, authority};

/// What URLs are published below.
pub(crate) const PUBLIC_URL: &str = "https://ocpi.example.com";

/// The credentials token of the platform that [`World::start`] knows.
pub(crate) const TOKEN: &str = "your-token";

/// The keys of every world.
pub(crate) fn keys() -> Keys {
    SecretKey::new(&[7; 32]).unwrap().keys(None).unwrap()
}

/// What a world is made of; tests change what they need before they start it.
pub(crate) struct WorldBuilder {
    pub(crate) hosted: Vec<HostedParty>,
    pub(crate) platforms: Vec<StoredPlatform>,
    pub(crate) limits: Limits,
    pub(crate) options: AppOptions,
    pub(crate) store: Arc<MemStore>,
    /// What everything is kept in; `None` is [`store`](WorldBuilder::store).
    pub(crate) stores: Option<Stores>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) randomness: Arc<CountingRandomness>,
    pub(crate) public_url: String,
    /// What it may call; `None` is nobody.
    pub(crate) outbound: Option<OutboundOptions>,
    is_tls: bool,
    is_published_here: bool,
    change_ports: Box<dyn FnOnce(Ports) -> Ports>,
}

/// A party.
pub(crate) fn party(country_code: &str, party_id: &str) -> Party {
    Party::new(country_code, party_id).unwrap()
}

/// A party hosted in these roles.
pub(crate) fn hosted(country_code: &str, party_id: &str, roles: &[Role]) -> HostedParty {
    HostedParty {
        party: party(country_code, party_id),
        roles: roles.to_vec(),
        business_details: BusinessDetails {
            name: "Example".parse().unwrap(),
            website: None,
            logo: None,
        },
    }
}

/// A platform that speaks for these parties.
pub(crate) fn platform(id: &str, profile: Profile, roles: &[(&str, &str, Role)]) -> Platform {
    let role = |(country, id, role): &(&str, &str, Role)| PartyRole {
        party: party(country, id),
        role: role.clone(),
    };
    Platform {
        roles: roles.iter().map(role).collect(),
        profile,
        ..Platform::new(PlatformId::new(id).unwrap())
    }
}

/// A token that is good for this, as a store holds it.
pub(crate) fn presented(token: &str, good_for: CredentialsUse) -> PresentedToken {
    let hash: CredentialsHash = keys().credentials_hash();
    PresentedToken {
        hash: hash.hash(&CredentialsToken::new(token).unwrap()),
        good_for,
    }
}

/// Calls to whomever, over HTTP and to this machine too.
pub(crate) fn to_anybody() -> OutboundOptions {
    OutboundOptions {
        allow_http: true,
        allow_private_addresses: true,
        extra_ca: Some(authority().pem().into_bytes()),
        response_bytes_max: 1024 * 1024,
    }
}

impl WorldBuilder {
    /// CH/ABC hosted in both roles, and one strict platform, known by [`TOKEN`], that speaks
    /// for CH/ABC in both.
    pub(crate) fn new() -> WorldBuilder {
        let both = [Role::Cpo, Role::Emsp];
        let roles = both.clone().map(|role| ("CH", "ABC", role));
        WorldBuilder {
            hosted: vec![hosted("CH", "ABC", &both)],
            platforms: Vec::new(),
            limits: Limits::default(),
            options: AppOptions::default(),
            store: Arc::new(MemStore::new(MemStoreOptions::default())),
            stores: None,
            clock: Arc::new(TestClock::new()),
            randomness: Arc::default(),
            public_url: PUBLIC_URL.to_owned(),
            outbound: None,
            is_tls: false,
            is_published_here: false,
            change_ports: Box::new(|ports| ports),
        }
        .platform(platform("partner", Profile::default(), &roles), TOKEN)
    }

    /// CH/ABC hosted in both roles, nobody known, whomever to be called, and found where it is.
    pub(crate) fn alone() -> WorldBuilder {
        let mut builder = WorldBuilder::new();
        builder.platforms.clear();
        builder.outbound = Some(to_anybody());
        builder.is_published_here = true;
        builder
    }

    /// Adds a platform that presents `token`.
    pub(crate) fn platform(mut self, platform: Platform, token: &str) -> WorldBuilder {
        self.platforms.push(StoredPlatform {
            tokens: vec![presented(token, CredentialsUse::Live)],
            ..StoredPlatform::new(platform)
        });
        self
    }

    /// Serves with TLS.
    pub(crate) fn over_tls(mut self) -> WorldBuilder {
        self.is_tls = true;
        self
    }

    /// Sets what a peer may take.
    pub(crate) fn limits(mut self, limits: Limits) -> WorldBuilder {
        self.limits = limits;
        self
    }

    /// Changes the ports, as to put a mock in the place of one.
    pub(crate) fn ports(mut self, change: impl FnOnce(Ports) -> Ports + 'static) -> WorldBuilder {
        self.change_ports = Box::new(change);
        self
    }

    /// Puts the application together, for tests that need no server.
    pub(crate) async fn build(self) -> (Arc<App>, Registry) {
        let credentials_hash = keys().credentials_hash();
        let stores = self.stores.unwrap_or_else(|| Stores::of(&self.store));
        for platform in self.platforms {
            stores.platforms.put_platform(platform, None).await.unwrap();
        }
        let clock = self.clock as Arc<_>;
        let authenticator = HashedTokens::new(
            credentials_hash.clone(),
            Arc::clone(&stores.platforms),
            Arc::clone(&clock),
        );
        let remote: Arc<dyn RemotePlatform> = match self.outbound {
            Some(options) => {
                let randomness = Arc::clone(&self.randomness) as Arc<_>;
                Arc::new(OutboundClient::new(options, randomness).unwrap())
            }
            None => Arc::new(MockRemotePlatform::new()),
        };
        let ports = (self.change_ports)(Ports {
            tokens: stores.tokens,
            accounts: stores.accounts,
            authorizations: stores.authorizations,
            sessions: stores.sessions,
            locations: stores.locations,
            platforms: stores.platforms,
            sync: stores.sync,
            authenticator: Arc::new(authenticator),
            health: Arc::clone(&self.store) as Arc<_>,
            audit: None,
            backup: None,
            remote,
            credentials_hash,
            credentials_seal: keys().credentials_seal(),
            clock,
            randomness: self.randomness,
        });
        let urls = PublicUrl::new(&self.public_url).unwrap().versions_urls();
        let mut registry = Registry::default();
        let app = Arc::new(App::new(
            ports,
            Hosting::new(self.hosted, urls),
            self.options,
            &mut registry,
        ));
        (app, registry)
    }

    /// Starts the server on a free port of this machine.
    pub(crate) async fn start(mut self) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if self.is_published_here {
            self.public_url = if self.is_tls {
                format!("https://{HOST}:{}", address.port())
            } else {
                format!("http://{address}")
            };
        }
        let (store, clock, limits) = (
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            self.limits,
        );
        let stores = self.stores.get_or_insert_with(|| Stores::of(&store));
        let platforms = Arc::clone(&stores.platforms);
        let (url, is_tls) = (self.public_url.clone(), self.is_tls);
        let (app, registry) = self.build().await;
        let server = Server::new(Arc::clone(&app), PublicUrl::new(&url).unwrap(), limits);
        let (stop, stopped) = watch::channel(false);
        let tls = is_tls.then(tls_config);
        let serving = tokio::spawn(server.serve_on(listener, stopped, &[], tls));
        World {
            address,
            url,
            store,
            platforms,
            clock,
            app,
            registry,
            serving,
            is_tls,
            stop,
        }
    }
}

/// A certificate that our authority signed.
fn tls_config() -> TlsConfig {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let directory = Directory::new(&format!("tls-{number}"));
    let identity = authority().identity();
    let certificate = directory.write("cert.pem", &identity.certificate_pem);
    let key = directory.write("key.pem", &identity.key_pem);
    TlsConfig::load(Path::new(&certificate), Path::new(&key)).expect("they fit")
}

/// A server that runs as long as the value lives.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    /// What its URLs are below.
    pub(crate) url: String,
    /// What everything is in, unless it is in other stores.
    pub(crate) store: Arc<MemStore>,
    pub(crate) platforms: Arc<dyn PlatformRepository>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) app: Arc<App>,
    pub(crate) registry: Registry,
    /// Ends when the server has ended.
    pub(crate) serving: JoinHandle<()>,
    is_tls: bool,
    stop: watch::Sender<bool>,
}

impl World {
    /// The world of [`WorldBuilder::new`], started.
    pub(crate) async fn start() -> World {
        WorldBuilder::new().start().await
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops the server, and waits until nothing of it is left: its store can be opened again.
    pub(crate) async fn end(self) {
        self.stop();
        let World { serving, .. } = self;
        serving.await.expect("it ends in order");
    }

    /// Gives the RFID Token of that party and uid this account, whatever it had.
    pub(crate) async fn put_account(&self, party: Party, uid: &str, account: &serde_json::Value) {
        let key = TokenKey {
            party,
            uid: uid.parse().unwrap(),
            token_type: TokenType::Rfid,
        };
        let account: TokenAccount = serde_json::from_value(account.clone()).unwrap();
        let stored = self.store.find_account(&key).await.unwrap();
        let write = AccountWrite {
            key,
            account: Arc::new(account),
            follows: stored.map(|stored| stored.revision),
        };
        self.store.put_account(write).await.unwrap();
    }

    /// Writes a row of the operator: a platform, as far as it is known.
    pub(crate) async fn know(&self, platform: Platform) {
        let row = PutPlatform {
            platform,
            credentials_token: None,
            connection: None,
        };
        self.app.put_platform(row).await.expect("a row is written");
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        self.connection().await.send(request).await
    }

    /// A connection of its own.
    pub(crate) async fn connection(&self) -> Connection {
        if self.is_tls {
            Connection::open_tls(self.address).await
        } else {
            Connection::open(self.address).await
        }
    }

    /// Sends a request with [`TOKEN`] and, when there is one, a JSON body.
    pub(crate) async fn call(
        &self,
        method: &str,
        target: &str,
        body: Option<&serde_json::Value>,
    ) -> Response {
        let request = Request::new(method, target).token(TOKEN);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.send(&request).await
    }
}
