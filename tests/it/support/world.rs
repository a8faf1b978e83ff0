//! A server in this process, whose clock and randomness belong to the test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ocpi_app::{App, AppOptions, HashedTokens, HostedParty, Hosting, Ports, SecretKey};
use ocpi_domain::{
    BusinessDetails, CredentialsToken, DateTime, Party, PartyRole, Platform, PlatformId, Profile,
    Role, TokenAccount, TokenKey, TokenType,
};
use ocpi_http::{Limits, PublicUrl, Server};
use ocpi_memstore::{MemStore, MemStoreOptions};
use ocpi_ports::{AccountRepository, AccountWrite, Clock, PlatformRepository, Randomness};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::http::{Connection, Request, Response};

/// The moment at which every world starts.
pub(crate) const START: &str = "2026-01-01T12:00:00Z";

/// What URLs are published below.
pub(crate) const PUBLIC_URL: &str = "https://ocpi.example.com";

/// The credentials token of the platform that [`World::start`] knows.
pub(crate) const TOKEN: &str = "your-token";

/// A clock that a test sets.
pub(crate) struct TestClock {
    now_ms: AtomicI64,
    elapsed_us: AtomicU64,
}

impl TestClock {
    pub(crate) fn new() -> TestClock {
        let start: DateTime = START.parse().unwrap();
        TestClock {
            now_ms: AtomicI64::new(start.unix_ms()),
            elapsed_us: AtomicU64::new(0),
        }
    }

    /// Lets time pass.
    pub(crate) fn advance_ms(&self, ms: u32) {
        self.now_ms.fetch_add(i64::from(ms), Ordering::SeqCst);
        self.elapsed_us
            .fetch_add(u64::from(ms) * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime {
        DateTime::from_unix_ms(self.now_ms.load(Ordering::SeqCst)).unwrap()
    }

    fn elapsed_us(&self) -> u64 {
        self.elapsed_us.load(Ordering::SeqCst)
    }
}

/// Randomness that counts, so that golden answers are the same in every run.
#[derive(Default)]
pub(crate) struct CountingRandomness(AtomicU64);

impl Randomness for CountingRandomness {
    fn bytes(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes()
    }
}

/// What a world is made of; tests change what they need before they start it.
pub(crate) struct WorldBuilder {
    pub(crate) hosted: Vec<HostedParty>,
    pub(crate) platforms: Vec<(Platform, CredentialsToken)>,
    pub(crate) limits: Limits,
    pub(crate) options: AppOptions,
    pub(crate) store: Arc<MemStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) randomness: Arc<CountingRandomness>,
    pub(crate) public_url: String,
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
        id: PlatformId::new(id).unwrap(),
        roles: roles.iter().map(role).collect(),
        profile,
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
            clock: Arc::new(TestClock::new()),
            randomness: Arc::default(),
            public_url: PUBLIC_URL.to_owned(),
            change_ports: Box::new(|ports| ports),
        }
        .platform(platform("partner", Profile::default(), &roles), TOKEN)
    }

    /// Adds a platform that presents `token`.
    pub(crate) fn platform(mut self, platform: Platform, token: &str) -> WorldBuilder {
        self.platforms
            .push((platform, CredentialsToken::new(token).unwrap()));
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
        let key = SecretKey::new(&[7; 32]).unwrap();
        let credentials_hash = key.credentials_hash();
        let platforms = Arc::clone(&self.store) as Arc<dyn PlatformRepository>;
        for (platform, token) in self.platforms {
            let hash = credentials_hash.hash(&token);
            platforms.put_platform(platform, Some(hash)).await.unwrap();
        }
        let authenticator = HashedTokens::new(credentials_hash.clone(), Arc::clone(&platforms));
        let ports = (self.change_ports)(Ports {
            tokens: Arc::clone(&self.store) as Arc<_>,
            accounts: Arc::clone(&self.store) as Arc<_>,
            authorizations: Arc::clone(&self.store) as Arc<_>,
            sessions: Arc::clone(&self.store) as Arc<_>,
            locations: Arc::clone(&self.store) as Arc<_>,
            platforms,
            authenticator: Arc::new(authenticator),
            health: Arc::clone(&self.store) as Arc<_>,
            audit: None,
            backup: None,
            credentials_hash,
            clock: Arc::clone(&self.clock) as Arc<_>,
            randomness: self.randomness,
        });
        let mut registry = Registry::default();
        let app = Arc::new(App::new(
            ports,
            Hosting::new(self.hosted),
            self.options,
            &mut registry,
        ));
        (app, registry)
    }

    /// Starts the server on a free port of this machine.
    pub(crate) async fn start(self) -> World {
        let public_url = PublicUrl::new(&self.public_url).unwrap();
        let limits = self.limits;
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let (app, registry) = self.build().await;
        let server = Server::new(Arc::clone(&app), public_url, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server.serve(listener, stopped));
        World {
            address,
            store,
            clock,
            app,
            registry,
            serving,
            stop,
        }
    }
}

/// A server that runs as long as the value lives.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<MemStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) app: Arc<App>,
    pub(crate) registry: Registry,
    /// Ends when the server has ended.
    pub(crate) serving: JoinHandle<()>,
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

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        Connection::open(self.address).await.send(request).await
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
