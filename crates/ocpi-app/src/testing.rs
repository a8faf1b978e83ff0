//! An application whose ports expect nothing but what a test says.

use std::sync::Arc;

use ocpi_domain::json::RawObject;
use ocpi_domain::{
    BusinessDetails, Caller, DateTime, MessageId, Party, PartyRole, Platform, Profile, Role,
    Session, Token, TokenPatch,
};
use ocpi_ports::{
    Clock, MockAccountRepository, MockAuthenticator, MockAuthorizationRepository,
    MockLocationRepository, MockPlatformRepository, MockRandomness, MockSessionRepository,
    MockStoreHealth, MockTokenRepository, StorageError,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::{App, AppOptions, HostedParty, Hosting, Ports, RequestContext, Routing, SecretKey};

/// The moment of every test: the middle of June 2026.
pub(crate) fn now() -> DateTime {
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
pub(crate) fn ports() -> Ports {
    Ports {
        tokens: Arc::new(MockTokenRepository::new()),
        accounts: Arc::new(MockAccountRepository::new()),
        authorizations: Arc::new(MockAuthorizationRepository::new()),
        sessions: Arc::new(MockSessionRepository::new()),
        locations: Arc::new(MockLocationRepository::new()),
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
pub(crate) fn app(ports: Ports) -> App {
    app_of(ports, &mut Registry::default())
}

/// The same, with its metrics in `registry`.
pub(crate) fn app_of(ports: Ports, registry: &mut Registry) -> App {
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
pub(crate) fn party(text: &str) -> Party {
    let (country_code, party_id) = text.split_once('/').unwrap();
    Party::new(country_code, party_id).unwrap()
}

pub(crate) fn moment(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// A platform without parties.
pub(crate) fn platform(id: &str) -> Platform {
    Platform {
        id: id.parse().unwrap(),
        roles: vec![],
        profile: Profile::default(),
    }
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
        },
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
