//! Who gets in where: every route, and every kind of credentials token.

use std::collections::BTreeSet;

use ocpi_domain::{CredentialsUse, DateTime, Profile, Role};
use ocpi_ports::StoredPlatform;
use serde_json::json;

use super::stage::VERSIONS;
use crate::support::answer::assert_refused;
use crate::support::clock::START;
use crate::support::http::Request;
use crate::support::token::card;
use crate::support::world::{World, WorldBuilder, platform, presented};

/// What a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Versions and credentials.
    Connection,
    /// Objects of a party of the platform.
    OwnParty,
    /// Tokens of ours, for any CPO.
    OurTokens,
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// It is answered.
    Open,
    /// 401.
    Shut,
    /// 404: who asks is known, and may not know of this.
    Foreign,
}

use Door::{Foreign, Open, Shut};

/// What is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presented {
    Nothing,
    Wrong,
    /// Token A of ours.
    Bootstrap,
    /// Token A whose time is over.
    LateBootstrap,
    /// Token B of a registration that we began.
    Offered,
    /// Token B of a rotation that we began.
    Replacing,
    Live,
    Grace,
    /// Replaced, and its grace is over.
    LateGrace,
    Revoked,
    /// The live one of a platform that speaks for others.
    OfAnother,
    /// The live one of a platform that speaks for nobody.
    OfNobody,
}

/// Who gets in: to connections, to objects of the platform's party, to our Tokens.
const TABLE: [(Presented, [Door; 3]); 12] = [
    (Presented::Nothing, [Shut, Shut, Shut]),
    (Presented::Wrong, [Shut, Shut, Shut]),
    (Presented::Bootstrap, [Open, Shut, Shut]),
    (Presented::LateBootstrap, [Shut, Shut, Shut]),
    (Presented::Offered, [Open, Shut, Shut]),
    (Presented::Replacing, [Open, Open, Open]),
    (Presented::Live, [Open, Open, Open]),
    (Presented::Grace, [Open, Open, Open]),
    (Presented::LateGrace, [Shut, Shut, Shut]),
    (Presented::Revoked, [Shut, Shut, Shut]),
    (Presented::OfAnother, [Open, Foreign, Open]),
    (Presented::OfNobody, [Open, Foreign, Foreign]),
];

/// The paths below a module's endpoint, their methods, and what they are about.
fn module_paths(
    version: &str,
    module: &str,
    role: &str,
) -> Vec<(&'static str, &'static str, About)> {
    use About::{OurTokens, OwnParty};
    // The list of sessions is the tutorial's, which is about 2.3.0.
    if module == "sessions" && version != "2.3.0" {
        return vec![("/CH/ABC/SESS001", "GET, PUT, PATCH", OwnParty)];
    }
    match (module, role) {
        ("tokens", "SENDER") => vec![
            ("", "GET", OurTokens),
            ("/TOKEN123/authorize", "POST", OurTokens),
            ("/CH/ABC/TOKEN123/authorize", "POST", OurTokens),
        ],
        ("tokens", "RECEIVER") => vec![("/CH/ABC/TOKEN123", "GET, PUT, PATCH", OwnParty)],
        ("sessions", "RECEIVER") => vec![
            ("", "GET", OurTokens),
            ("/CH/ABC/SESS001", "GET, PUT, PATCH", OwnParty),
        ],
        ("locations", "RECEIVER") => vec![
            ("/CH/ABC/LOC001", "GET, PUT, PATCH", OwnParty),
            ("/CH/ABC/LOC001/EVSE001", "GET, PUT, PATCH", OwnParty),
            ("/CH/ABC/LOC001/EVSE001/1", "GET, PUT, PATCH", OwnParty),
        ],
        _ => panic!("{module} {role} has no row in the table of who gets in"),
    }
}

/// The roots below which a version is served where both roles are hosted.
fn roots(version: &str) -> &'static [&'static str] {
    if version == "2.1.1" {
        &["/ocpi/cpo", "/ocpi/emsp"]
    } else {
        &["/ocpi", "/ocpi/cpo", "/ocpi/emsp"]
    }
}

/// Every route of a version: path, methods, and what it is about. What ends a connection comes last.
async fn routes(world: &World, version: &str) -> Vec<(String, String, About)> {
    let mut paths = BTreeSet::new();
    let mut routes = Vec::new();
    for root in roots(version) {
        let get = "GET".to_owned();
        for path in [
            "versions".to_owned(),
            version.to_owned(),
            format!("{version}/details"),
        ] {
            routes.push((format!("{root}/{path}"), get.clone(), About::Connection));
        }
        let request = Request::new("GET", &format!("{root}/{version}")).token(SEED);
        let details = world.send(&request).await.data();
        for endpoint in details["endpoints"].as_array().expect("a list") {
            let module = endpoint["identifier"].as_str().expect("a module");
            let url = endpoint["url"].as_str().expect("a URL");
            let base = url
                .strip_prefix(&world.url)
                .expect("below our URL")
                .to_owned();
            if module == "credentials" {
                let methods = "GET, POST, PUT, DELETE".to_owned();
                routes.push((base, methods, About::Connection));
                continue;
            }
            let role = endpoint["role"].as_str().unwrap_or(match (*root, module) {
                ("/ocpi/emsp", "tokens") => "SENDER",
                _ => "RECEIVER",
            });
            for (path, methods, about) in module_paths(version, module, role) {
                let path = format!("{base}{path}");
                if paths.insert(path.clone()) {
                    routes.push((path, methods.to_owned(), about));
                }
            }
        }
    }
    routes.sort_by_key(|(path, ..)| path.ends_with("/credentials"));
    routes
}

/// What the objects were pushed with.
const SEED: &str = "seed.token";

const THE_TOKEN: &str = "the.token~presented";

/// A world with the objects of the routes, where [`THE_TOKEN`] is this.
async fn world_where(presents: Presented) -> World {
    let both = |country, id| [(country, id, Role::Cpo), (country, id, Role::Emsp)];
    let mut builder = WorldBuilder::alone();
    builder.outbound = None;
    let ours = platform("peer", Profile::default(), &both("CH", "ABC"));
    let other = platform("other", Profile::default(), &both("DE", "TNM"));
    let nobody = platform("nobody", Profile::default(), &[]);
    let world = builder.platform(ours.clone(), SEED).start().await;
    push_objects(&world).await;
    let start: DateTime = START.parse().expect("a moment");
    let (until, past) = (start.plus_ms(1), start);
    let mut tokens = vec![presented(SEED, CredentialsUse::Live)];
    let good_for = match presents {
        Presented::Nothing | Presented::Wrong | Presented::Revoked => None,
        Presented::Bootstrap => Some(CredentialsUse::Registration { until }),
        Presented::LateBootstrap => Some(CredentialsUse::Registration { until: past }),
        Presented::Offered => Some(CredentialsUse::Offered {
            until,
            replaces: false,
        }),
        Presented::Replacing => Some(CredentialsUse::Offered {
            until,
            replaces: true,
        }),
        Presented::Grace => Some(CredentialsUse::Former { until }),
        Presented::LateGrace => Some(CredentialsUse::Former { until: past }),
        Presented::Live | Presented::OfAnother | Presented::OfNobody => Some(CredentialsUse::Live),
    };
    let holder = match presents {
        Presented::OfAnother => other,
        Presented::OfNobody => nobody,
        _ => ours,
    };
    if matches!(
        presents,
        Presented::Live | Presented::Bootstrap | Presented::Offered
    ) {
        tokens.clear();
    }
    if holder.id.as_str() != "peer" {
        tokens.clear();
    }
    tokens.extend(good_for.map(|good_for| presented(THE_TOKEN, good_for)));
    let stored = StoredPlatform {
        tokens,
        ..StoredPlatform::new(holder)
    };
    let put = world.platforms.put_platform(stored, None).await;
    put.expect("it is written");
    world
}

/// Pushes what the routes are about.
async fn push_objects(world: &World) {
    let connector = json!({"id": "1", "last_updated": START});
    let location = json!({
        "country_code": "CH", "party_id": "ABC", "id": "LOC001", "last_updated": START,
        "evses": [{"uid": "EVSE001", "connectors": [connector], "last_updated": START}],
    });
    let session = json!({
        "country_code": "CH", "party_id": "ABC", "id": "SESS001", "status": "ACTIVE",
        "start_date_time": START, "location_id": "LOC001", "evse_uid": "EVSE001",
        "cdr_token": {"country_code": "CH", "party_id": "ABC", "uid": "TOKEN123",
            "type": "RFID", "contract_id": "CH-ABC-C00000001"},
        "last_updated": START,
    });
    for (target, body) in [
        ("/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123", card("TOKEN123")),
        ("/ocpi/emsp/2.3.0/sessions/CH/ABC/SESS001", session),
        ("/ocpi/emsp/2.3.0/locations/CH/ABC/LOC001", location),
    ] {
        let put = Request::new("PUT", target).token(SEED).json(&body);
        let response = world.send(&put).await;
        assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    }
}

/// The request of a route, with what is presented.
fn request(method: &str, path: &str, presents: Presented) -> Request {
    let request = Request::new(method, path);
    let request = match presents {
        Presented::Nothing => request,
        Presented::Wrong => request.token("another.token"),
        _ => request.token(THE_TOKEN),
    };
    match method {
        "GET" | "DELETE" => request,
        // Nothing is to come of it but an answer.
        _ => request.body("{}"),
    }
}

/// Holds: T-01, T-10, T-11, T-30, T-37, C-05, C-09, C-10, C-13, C-14, C-20, K-05, V-02, S-01, L-01.
#[tokio::test]
async fn who_gets_in_is_as_the_table_says_for_every_route_of_every_version() {
    let mut faults = Vec::new();
    for version in VERSIONS {
        let seeded = world_where(Presented::Nothing).await;
        let routes = routes(&seeded, version).await;
        for (presents, [connection, own, ours]) in TABLE {
            for (path, methods, about) in &routes {
                for method in methods.split(", ") {
                    // What one request ends must not be missed by the next.
                    let world = world_where(presents).await;
                    let response = world.send(&request(method, path, presents)).await;
                    let found = match (response.status, response.codes().1) {
                        (401, 2000) => Shut,
                        (404, 2000) => Foreign,
                        _ => Open,
                    };
                    let expected = match about {
                        About::Connection => connection,
                        About::OwnParty => own,
                        About::OurTokens => ours,
                    };
                    if found != expected {
                        let codes = response.codes();
                        faults.push(format!(
                            "{presents:?} {method} {path}: {expected:?}, found {codes:?}"
                        ));
                    }
                    if found != Open {
                        let case = format!("{presents:?} {method} {path}");
                        assert_refused(&response, response.codes(), &case);
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Holds: T-33, C-01, K-02, S-01, L-01, E-01, E-10.
#[tokio::test]
async fn the_table_knows_every_method_of_every_route_that_is_published() {
    for version in VERSIONS {
        let world = world_where(Presented::Nothing).await;
        let routes = routes(&world, version).await;
        assert!(routes.len() > 12, "{version}: {}", routes.len());
        for (path, methods, _) in routes {
            let response = world.send(&Request::new("BREW", &path).token(SEED)).await;
            assert_refused(&response, (405, 2000), &path);
            assert_eq!(response.header("Allow"), Some(&*methods), "{path}");
        }
    }
}
