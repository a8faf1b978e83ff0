//! An application whose ports expect nothing but what a test says.

mod known;
mod paused_clock;
pub(crate) mod peer;
mod stored_tokens;
mod sync_memory;
mod token_memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ocpi_domain::json::RawObject;
use ocpi_domain::{
    BusinessDetails, Caller, CredentialsUse, DateTime, MessageId, OcpiVersion, Party, PartyRole,
    Platform, Profile, Role, Session, Token, TokenPatch,
};
use ocpi_ports::{
    Clock, MockAccountRepository, MockAuthenticator, MockAuthorizationRepository,
    MockLocationRepository, MockPlatformRepository, MockRandomness, MockRemotePlatform,
    MockSessionRepository, MockStoreHealth, MockSyncRepository, MockTokenRepository, Randomness,
    StorageError,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

pub(crate) use known::KnownPlatforms;
pub(crate) use paused_clock::PausedClock;
pub(crate) use stored_tokens::{TokenWrites, request_of_owner, stored_token, token_store};
pub(crate) use sync_memory::SyncMemory;
pub(crate) use token_memory::TokenMemory;

use crate::{
    App, AppOptions, HostedParty, Hosting, Ports, RequestContext, Routing, SecretKey, VersionsUrls,
};

/// The moment of every test: the middle of June 2026.
pub(crate) fn now() -> DateTime {
    DateTime::from_unix_ms(1_781_524_800_000).unwrap()
}

/// A clock that stands still until it is moved.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    /// Lets so many milliseconds pass.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime {
        now().plus_ms(self.0.load(Ordering::Relaxed))
    }

    fn elapsed_us(&self) -> u64 {
        0
    }
}

/// Bytes that never repeat, and are the same in each run.
#[derive(Default)]
pub(crate) struct CountedRandomness(AtomicU64);

impl Randomness for CountedRandomness {
    fn bytes(&self) -> [u8; 16] {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        u128::from(count + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
            .to_be_bytes()
    }
}

/// Ports that fail a test that calls them.
pub(crate) fn ports() -> Ports {
    let keys = SecretKey::new(&[7; 32]).unwrap().keys(None).unwrap();
    Ports {
        tokens: Arc::new(MockTokenRepository::new()),
        accounts: Arc::new(MockAccountRepository::new()),
        authorizations: Arc::new(MockAuthorizationRepository::new()),
        sessions: Arc::new(MockSessionRepository::new()),
        locations: Arc::new(MockLocationRepository::new()),
        platforms: Arc::new(MockPlatformRepository::new()),
        sync: Arc::new(MockSyncRepository::new()),
        authenticator: Arc::new(MockAuthenticator::new()),
        health: Arc::new(MockStoreHealth::new()),
        audit: None,
        backup: None,
        remote: Arc::new(MockRemotePlatform::new()),
        credentials_hash: keys.credentials_hash(),
        credentials_seal: keys.credentials_seal(),
        clock: Arc::new(TestClock::default()),
        randomness: Arc::new(MockRandomness::new()),
    }
}

/// An application that hosts CH/ABC as eMSP and CPO, and NL/ALF as CPO only.
pub(crate) fn app(ports: Ports) -> App {
    app_of(ports, &mut Registry::default())
}

/// The same, with its metrics in `registry`.
pub(crate) fn app_of(ports: Ports, registry: &mut Registry) -> App {
    App::new(ports, hosting(), AppOptions::default(), registry)
}

/// The parties of [`app`].
pub(crate) fn hosting() -> Hosting {
    hosting_of(&[
        ("CH/ABC", &[Role::Cpo, Role::Emsp]),
        ("NL/ALF", &[Role::Cpo]),
    ])
}

/// A host of those parties, found below `https://here.example/ocpi`.
pub(crate) fn hosting_of(parties: &[(&str, &[Role])]) -> Hosting {
    let hosted = parties.iter().map(|(name, roles)| HostedParty {
        party: party(name),
        roles: roles.to_vec(),
        business_details: business(name),
    });
    let url = |root: &str| format!("https://here.example/ocpi/{root}versions");
    let urls = VersionsUrls {
        combined: url("").parse().unwrap(),
        cpo: url("cpo/").parse().unwrap(),
        emsp: url("emsp/").parse().unwrap(),
    };
    Hosting::new(hosted.collect(), urls)
}

/// What that name is to the public.
pub(crate) fn business(name: &str) -> BusinessDetails {
    BusinessDetails {
        name: name.parse().unwrap(),
        website: None,
        logo: None,
    }
}

/// The party of `CH/ABC`.
pub(crate) fn party(text: &str) -> Party {
    let (country_code, party_id) = text.split_once('/').unwrap();
    Party::new(country_code, party_id).unwrap()
}

pub(crate) fn moment(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// A platform without parties.
pub(crate) fn platform(id: &str) -> Platform {
    Platform::new(id.parse().unwrap())
}

/// A request of the platform `peer`, which speaks for NL/ALF as CPO.
pub(crate) fn request_of_cpo() -> RequestContext {
    request_of(Profile::default())
}

/// The same, with that profile.
pub(crate) fn request_of(profile: Profile) -> RequestContext {
    let speaks_for = PartyRole {
        party: party("NL/ALF"),
        role: Role::Cpo,
    };
    let platform = Platform {
        roles: vec![speaks_for],
        profile,
        ..platform("peer")
    };
    RequestContext {
        caller: Caller {
            platform: Arc::new(platform),
            credentials: CredentialsUse::Live,
        },
        version: OcpiVersion::V2_3_0,
        routing: Routing::default(),
        request_id: MessageId::new("Q-1").unwrap(),
        correlation_id: MessageId::new("C-1").unwrap(),
    }
}

/// The members of the session S1 of NL/ALF, active with CARD of CH/ABC, and those of `more`;
/// `null` takes one away.
pub(crate) fn session_members(more: &Value) -> Value {
    let mut members = json!({
        "country_code": "NL", "party_id": "ALF", "id": "S1", "status": "ACTIVE",
        "start_date_time": now(), "location_id": "LOC1", "evse_uid": "E1", "last_updated": now(),
        "cdr_token": {"country_code": "CH", "party_id": "ABC", "uid": "CARD", "type": "RFID"}
    });
    for (name, value) in more.as_object().unwrap() {
        members[name] = value.clone();
    }
    members
}

/// The session of those members.
pub(crate) fn session(more: &Value) -> Arc<Session> {
    Arc::new(raw(&session_members(more)).try_into().unwrap())
}

/// The members of an object as they are received.
pub(crate) fn raw(object: &Value) -> RawObject {
    serde_json::from_str(&object.to_string()).unwrap()
}

/// The fields of a Token that an operator must always send, and those of `more`; `null` takes
/// one away.
pub(crate) fn fields(more: &Value) -> TokenPatch {
    let mut fields = json!({
        "contract_id": "CH-ABC-C1", "issuer": "Example", "valid": true, "whitelist": "ALLOWED"
    });
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    serde_json::from_value(fields).unwrap()
}

/// The Token `uid` of CH/ABC, with the fields of `more`.
pub(crate) fn token(uid: &str, more: &Value) -> Arc<Token> {
    let mut all = json!({
        "country_code": "CH", "party_id": "ABC", "uid": uid, "type": "RFID", "last_updated": now()
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    Arc::new(Token::try_from(fields(&all)).unwrap())
}

/// What a store that is down says.
pub(crate) fn down() -> StorageError {
    StorageError::Unavailable("down".into())
}
