//! An application whose ports expect nothing but what a test says.

use std::sync::Arc;

use ocpi_domain::{BusinessDetails, DateTime, Party, Platform, Profile, Role, Token, TokenPatch};
use ocpi_ports::{
    Clock, MockAccountRepository, MockAuthenticator, MockAuthorizationRepository,
    MockPlatformRepository, MockRandomness, MockStoreHealth, MockTokenRepository, StorageError,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::{App, AppOptions, HostedParty, Hosting, Ports, SecretKey};

/// The moment of every test: the middle of June 2026.
pub(super) fn now() -> DateTime {
    DateTime::from_unix_ms(1_781_524_800_000).unwrap()
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> DateTime {
        now()
    }

    fn elapsed_us(&self) -> u64 {
        0
    }
}

/// Ports that fail a test that calls them.
pub(super) fn ports() -> Ports {
    Ports {
        tokens: Arc::new(MockTokenRepository::new()),
        accounts: Arc::new(MockAccountRepository::new()),
        authorizations: Arc::new(MockAuthorizationRepository::new()),
        platforms: Arc::new(MockPlatformRepository::new()),
        authenticator: Arc::new(MockAuthenticator::new()),
        health: Arc::new(MockStoreHealth::new()),
        audit: None,
        backup: None,
        credentials_hash: SecretKey::new(&[7; 32]).unwrap().credentials_hash(),
        clock: Arc::new(FixedClock),
        randomness: Arc::new(MockRandomness::new()),
    }
}

/// An application that hosts CH/ABC as eMSP and CPO, and NL/ALF as CPO only.
pub(super) fn app(ports: Ports) -> App {
    app_of(ports, &mut Registry::default())
}

/// The same, with its metrics in `registry`.
pub(super) fn app_of(ports: Ports, registry: &mut Registry) -> App {
    let hosted = |name: &str, roles: &[Role]| HostedParty {
        party: party(name),
        roles: roles.to_vec(),
        business_details: BusinessDetails {
            name: name.parse().unwrap(),
            website: None,
        },
    };
    let hosting = Hosting::new(vec![
        hosted("CH/ABC", &[Role::Cpo, Role::Emsp]),
        hosted("NL/ALF", &[Role::Cpo]),
    ]);
    App::new(ports, hosting, AppOptions::default(), registry)
}

/// The party of `CH/ABC`.
pub(super) fn party(text: &str) -> Party {
    let (country_code, party_id) = text.split_once('/').unwrap();
    Party::new(country_code, party_id).unwrap()
}

pub(super) fn moment(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// A platform without parties.
pub(super) fn platform(id: &str) -> Platform {
    Platform {
        id: id.parse().unwrap(),
        roles: vec![],
        profile: Profile::default(),
    }
}

/// The fields of a Token that an operator must always send, and those of `more`; `null` takes
/// one away.
pub(super) fn fields(more: &Value) -> TokenPatch {
    let mut fields = json!({
        "contract_id": "CH-ABC-C1", "issuer": "Example", "valid": true, "whitelist": "ALLOWED"
    });
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    serde_json::from_value(fields).unwrap()
}

/// The Token `uid` of CH/ABC, with the fields of `more`.
pub(super) fn token(uid: &str, more: &Value) -> Arc<Token> {
    let mut all = json!({
        "country_code": "CH", "party_id": "ABC", "uid": uid, "type": "RFID", "last_updated": now()
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    Arc::new(Token::try_from(fields(&all)).unwrap())
}

/// What a store that is down says.
pub(super) fn down() -> StorageError {
    StorageError::Unavailable("down".into())
}
