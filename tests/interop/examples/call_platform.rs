//! Calls a platform by the registration that a server of ours, which was stopped, has of it in its
//! store: pushes a Token, gets one, asks for one. What is called is the application with the
//! client of the server; only the clock is another one. Prints each check as one line of JSON.
//!
//! Its argument is a JSON object, made by `lib/server.py`.

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocpi_app::{App, AppOptions, HashedTokens, HostedParty, Hosting, Ports, SecretKey};
use ocpi_domain::{
    BusinessDetails, DateTime, LocationReferences, Party, PlatformId, Role, Token, TokenType,
    TokenUid,
};
use ocpi_http::{OutboundClient, OutboundOptions, PublicUrl};
use ocpi_ports::{Clock, Randomness};
use ocpi_sqlite::{SqliteOptions, SqliteStore};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

type Fallible<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible<()> {
    let argument = std::env::args().nth(1).ok_or("no argument")?;
    let given: Value = serde_json::from_str(&argument)?;
    let app = compose(&given)?;
    let platform: PlatformId = text(&given, "platform")?.parse()?;
    for call in given["calls"].as_array().ok_or("no calls")? {
        match text(call, "call")? {
            "put" => put(&app, &platform, call).await?,
            "get" => get(&app, &platform, call).await?,
            "authorize" => authorize(&app, &platform, call).await?,
            other => return Err(format!("no such call: {other}").into()),
        }
    }
    Ok(())
}

/// The application on that store, with a client that may call this machine.
fn compose(given: &Value) -> Fallible<App> {
    let keys = SecretKey::new(&STANDARD.decode(text(given, "secret_key")?)?)?.keys(None)?;
    let store = SqliteStore::open(SqliteOptions {
        path: PathBuf::from(text(given, "store")?),
        chain_key: keys.record_chain_key(),
        cache_bytes_max: 1024 * 1024,
        wal_bytes_max: 1024 * 1024,
    })?;
    let options = OutboundOptions {
        allow_http: true,
        allow_private_addresses: true,
        extra_ca: Some(std::fs::read(text(given, "authority")?)?),
        response_bytes_max: 1024 * 1024,
    };
    let clock: Arc<dyn Clock> = Arc::new(Stopped(text(given, "now")?.parse()?));
    let randomness: Arc<dyn Randomness> = Arc::new(Seeded);
    let remote = OutboundClient::new(options, Arc::clone(&randomness))?;
    let platforms = Arc::clone(&store) as Arc<_>;
    let authenticator = HashedTokens::new(keys.credentials_hash(), platforms, Arc::clone(&clock));
    let ports = Ports {
        tokens: Arc::clone(&store) as Arc<_>,
        accounts: Arc::clone(&store) as Arc<_>,
        authorizations: Arc::clone(&store) as Arc<_>,
        sessions: Arc::clone(&store) as Arc<_>,
        locations: Arc::clone(&store) as Arc<_>,
        platforms: Arc::clone(&store) as Arc<_>,
        sync: Arc::clone(&store) as Arc<_>,
        authenticator: Arc::new(authenticator),
        health: store,
        audit: None,
        backup: None,
        remote: Arc::new(remote),
        credentials_hash: keys.credentials_hash(),
        credentials_seal: keys.credentials_seal(),
        clock,
        randomness,
    };
    let urls = PublicUrl::new(text(given, "base")?)?.versions_urls();
    let hosting = Hosting::new(hosted(given)?, urls);
    Ok(App::new(
        ports,
        hosting,
        AppOptions::default(),
        &mut Registry::default(),
    ))
}

/// The parties that the server hosts.
fn hosted(given: &Value) -> Fallible<Vec<HostedParty>> {
    let listed = given["hosted"].as_array().ok_or("no parties")?;
    listed
        .iter()
        .map(|party| {
            Ok(HostedParty {
                party: Party::new(text(party, "country_code")?, text(party, "party_id")?)?,
                roles: serde_json::from_value::<Vec<Role>>(party["roles"].clone())?,
                business_details: BusinessDetails {
                    name: "Interoperation".parse()?,
                    website: None,
                    logo: None,
                },
            })
        })
        .collect()
}

async fn put(app: &App, platform: &PlatformId, call: &Value) -> Fallible<()> {
    let token: Token = serde_json::from_value(call["token"].clone())?;
    let outcome = app.put_token_at(platform, &token).await;
    let answered = match &outcome {
        Ok(()) => "success".to_owned(),
        Err(error) => error.to_string(),
    };
    let what = format!("we put the Token {}, valid: {}", token.uid, token.valid);
    check(&what, outcome.is_ok(), "put_token_at", &answered)
}

async fn get(app: &App, platform: &PlatformId, call: &Value) -> Fallible<()> {
    let expected: Token = serde_json::from_value(call["token"].clone())?;
    let key = expected.key();
    let is_expected = match text(call, "expect")? {
        "nothing" => |found: &Option<Token>, _: &Value| found.is_none(),
        _ => |found: &Option<Token>, expected: &Value| {
            let found = serde_json::to_value(found).unwrap_or_default();
            has(&found, expected)
        },
    };
    let what = format!("we get the Token {key}, and find {}", text(call, "expect")?);
    let (passed, answered) = match app.get_token_at(platform, &key).await {
        Ok(found) => (
            is_expected(&found, &call["token"]),
            serde_json::to_string(&found)?,
        ),
        Err(error) => (false, error.to_string()),
    };
    check(&what, passed, "get_token_at", &answered)
}

async fn authorize(app: &App, platform: &PlatformId, call: &Value) -> Fallible<()> {
    let uid: TokenUid = text(call, "uid")?.parse()?;
    let token_type: TokenType = serde_json::from_value(call["type"].clone())?;
    let location: Option<LocationReferences> = serde_json::from_value(call["location"].clone())?;
    let place = if location.is_some() {
        "at one EVSE"
    } else {
        "without a place"
    };
    let what = format!("we ask for {uid} of type {token_type}, {place}");
    let asked = app.authorize_at(platform, &uid, &token_type, location.as_ref());
    let (passed, answered) = match asked.await {
        Ok(answer) => {
            let allowed = answer.as_ref().map(|answer| answer.allowed.as_str());
            let shown = allowed.map_or("it does not know the Token".to_owned(), |allowed| {
                format!("allowed: {allowed}")
            });
            (allowed == call["expect"].as_str(), shown)
        }
        Err(error) => (false, error.to_string()),
    };
    check(&what, passed, "authorize_at", &answered)
}

/// Whether every member of `expected` is in `found`, in whatever case: identifiers have none.
fn has(found: &Value, expected: &Value) -> bool {
    let lower = |value: Option<&Value>| value.map(|value| value.to_string().to_lowercase());
    expected.as_object().is_some_and(|members| {
        let mut members = members.iter();
        members.all(|(name, value)| lower(found.get(name)) == lower(Some(value)))
    })
}

fn text<'a>(object: &'a Value, name: &str) -> Fallible<&'a str> {
    Ok(object[name]
        .as_str()
        .ok_or_else(|| format!("no `{name}`"))?)
}

fn check(what: &str, passed: bool, called: &str, answered: &str) -> Fallible<()> {
    let line = json!({"what": what, "passed": passed, "called": called, "answered": answered});
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// The moment at which the program was started; only a host knows more.
struct Stopped(DateTime);

impl Clock for Stopped {
    fn now(&self) -> DateTime {
        self.0
    }

    fn elapsed_us(&self) -> u64 {
        0
    }
}

/// The ids of messages: no secret is made here.
struct Seeded;

impl Randomness for Seeded {
    fn bytes(&self) -> [u8; 16] {
        let half = || RandomState::new().build_hasher().finish();
        (u128::from(half()) << 64 | u128::from(half())).to_be_bytes()
    }
}
