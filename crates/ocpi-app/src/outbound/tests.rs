//! Calls of a platform whose every step a test decides.

mod trouble;

use std::sync::{Arc, Mutex};

use ocpi_domain::{
    AuthEncoding, CredentialsUse, Endpoint, InterfaceRole, ModuleId, OcpiVersion, Platform,
    PlatformId, Role, TokenKey, TokenType,
};
use ocpi_ports::{
    Connection, PlatformRepository, PresentedToken, RemoteError, RemoteRouting, Served,
    StoredPlatform, TokenEncoding, TokenHash,
};
use serde_json::json;

use super::OutboundError;
use crate::testing::peer::{Peer, later, refused, token, url, versions_url};
use crate::testing::{
    CountedRandomness, KnownPlatforms, app, party, platform, ports, token as card,
};
use crate::{App, Ports};

const BASE64: TokenEncoding = TokenEncoding::Base64;
const RAW: TokenEncoding = TokenEncoding::Raw;

fn id() -> PlatformId {
    "peer".parse().unwrap()
}

fn connection(text: &str, served: Option<Served>) -> Connection {
    let seal = ports().credentials_seal;
    Connection {
        versions_url: versions_url(),
        sealed_token: seal.seal(&id(), &token(text), &CountedRandomness::default()),
        served,
        presented: vec![],
        connected_at: crate::testing::now(),
    }
}

/// A platform of these roles that serves both ends of `tokens`.
fn connected(version: OcpiVersion, roles: &[(Role, &str)]) -> StoredPlatform {
    let endpoint = |role: InterfaceRole| Endpoint {
        identifier: ModuleId::Tokens,
        role,
        url: url(&format!("https://peer.example/tokens/{role}")),
    };
    let endpoints = [InterfaceRole::Sender, InterfaceRole::Receiver].map(endpoint);
    let served = Served {
        version,
        endpoints: endpoints.to_vec(),
    };
    let role = |(role, name): &(Role, &str)| ocpi_domain::PartyRole {
        party: party(name),
        role: role.clone(),
    };
    StoredPlatform {
        tokens: vec![PresentedToken {
            hash: TokenHash([1; 32]),
            good_for: CredentialsUse::Live,
        }],
        connection: Some(connection("theirs", Some(served))),
        ..StoredPlatform::new(Platform {
            roles: roles.iter().map(role).collect(),
            ..platform("peer")
        })
    }
}

const BOTH: &[(Role, &str)] = &[(Role::Cpo, "NL/BET"), (Role::Emsp, "DE/EMS")];

fn world(stored: StoredPlatform, peer: &Arc<Peer>) -> (App, Arc<KnownPlatforms>) {
    let known = KnownPlatforms::of(vec![stored]);
    let app = app(Ports {
        platforms: Arc::clone(&known) as _,
        remote: Arc::clone(peer) as _,
        randomness: Arc::new(CountedRandomness::default()),
        ..ports()
    });
    (app, known)
}

/// Puts, gets and asks; what came of each.
async fn call_all(app: &App) -> [Result<(), OutboundError>; 3] {
    let card = card("CARD", &json!({}));
    let key: TokenKey = card.key();
    let id = id();
    let asked = app.authorize_at(&id, &card.uid, &TokenType::Rfid, None);
    [
        app.put_token_at(&id, &card).await,
        app.get_token_at(&id, &key).await.map(|_| ()),
        asked.await.map(|_| ()),
    ]
}

/// Holds: T-02, T-03, T-82, T-86, T-87.
#[tokio::test]
async fn each_call_goes_to_its_endpoint_between_two_parties() {
    for version in OcpiVersion::ALL {
        let peer = Peer::knowing("theirs", BASE64);
        peer.know("theirs", RAW);
        let (app, known) = world(connected(version, BOTH), &peer);
        for done in call_all(&app).await {
            done.unwrap();
        }
        let requests = peer.requests();
        let routing = |from: &str, to: &str| {
            (version != OcpiVersion::V2_1_1).then_some(RemoteRouting {
                from: party(from),
                to: Some(party(to)),
            })
        };
        let form = if version == OcpiVersion::V2_1_1 {
            RAW
        } else {
            BASE64
        };
        for (request, what, end, peer_role, routing, timeout_ms) in [
            (
                &requests[0],
                "put_token",
                "RECEIVER",
                Role::Cpo,
                routing("CH/ABC", "NL/BET"),
                10_000,
            ),
            (
                &requests[1],
                "get_token",
                "RECEIVER",
                Role::Cpo,
                routing("CH/ABC", "NL/BET"),
                10_000,
            ),
            (
                &requests[2],
                "authorize",
                "SENDER",
                Role::Emsp,
                routing("CH/ABC", "DE/EMS"),
                1500,
            ),
        ] {
            assert_eq!(request.what, what);
            assert_eq!(request.url, format!("https://peer.example/tokens/{end}"));
            let call = &request.call;
            assert_eq!((call.encoding, call.version), (form, version), "{what}");
            assert_eq!(call.peer_role, peer_role, "{what}");
            assert_eq!(call.routing, routing, "{what} {version}");
            assert_eq!(call.timeout.as_millis(), timeout_ms, "{what}");
        }
        assert_ne!(
            requests[0].call.correlation_id,
            requests[1].call.correlation_id
        );
        assert_eq!(known.writes(), 0);
    }
}

/// Holds: T-08. What was learned of a platform is used.
#[tokio::test]
async fn the_recorded_form_of_the_token_is_sent() {
    let mut stored = connected(OcpiVersion::V2_3_0, BOTH);
    Arc::make_mut(&mut stored.platform).profile.auth_encoding = AuthEncoding::Raw;
    let peer = Peer::knowing("theirs", RAW);
    let (app, _) = world(stored, &peer);
    for done in call_all(&app).await {
        done.unwrap();
    }
    assert_eq!(peer.requests().len(), 3);
}

/// Holds: T-87, C-21.
#[tokio::test]
async fn a_hub_is_called_itself_and_a_party_of_ours_may_be_set() {
    let mut stored = connected(OcpiVersion::V2_2_1, &[]);
    let of = Arc::make_mut(&mut stored.platform);
    of.hub = Some(party("NL/HUB"));
    of.our_party = Some(party("NL/ALF"));
    let peer = Peer::knowing("theirs", BASE64);
    let (app, _) = world(stored, &peer);
    for done in call_all(&app).await {
        done.unwrap();
    }
    let between = |place: usize| {
        let RemoteRouting { from, to } = peer.requests()[place].call.routing.unwrap();
        (from, to.unwrap())
    };
    // The owner of a Token sends it; NL/ALF is a CPO only.
    assert_eq!(between(0), (party("CH/ABC"), party("NL/HUB")));
    assert_eq!(between(2), (party("NL/ALF"), party("NL/HUB")));
}

/// Holds: C-09. The token was replaced while the call was under way: once more, with the new one.
#[tokio::test]
async fn a_call_that_a_rotation_overtakes_is_made_again() {
    let peer = Peer::knowing("theirs-2", BASE64);
    let (app, known) = world(connected(OcpiVersion::V2_3_0, BOTH), &peer);
    for what in ["put_token", "get_token", "authorize"] {
        let store = Arc::clone(&known);
        let before = StoredPlatform::clone(&known.get("peer"));
        let is_replaced = Mutex::new(false);
        let stored = connected(OcpiVersion::V2_3_0, BOTH);
        peer.on_request(move |_| {
            let first = !std::mem::replace(&mut *is_replaced.lock().unwrap(), true);
            let mut stored = stored.clone();
            let store = Arc::clone(&store);
            async move {
                if first {
                    let served = stored.connection.unwrap().served;
                    stored.connection = Some(connection("theirs-2", served));
                    store.put_platform(stored, None).await.unwrap();
                }
            }
        });
        let card = card("CARD", &json!({}));
        match what {
            "put_token" => app.put_token_at(&id(), &card).await.unwrap(),
            "get_token" => assert_eq!(app.get_token_at(&id(), &card.key()).await.unwrap(), None),
            _ => {
                let id = id();
                let asked = app.authorize_at(&id, &card.uid, &TokenType::Rfid, None);
                assert_eq!(asked.await.unwrap(), None);
            }
        }
        let asked = peer.asked();
        let asked = &asked[asked.len() - 2..];
        assert_eq!(
            asked,
            [
                format!("{what} theirs base64"),
                format!("{what} theirs-2 base64")
            ]
        );
        known.put_platform(before, None).await.unwrap();
    }
}

/// Holds: C-09, C-21. What is made again goes to the hub as it did at first, for all of its CPOs.
#[tokio::test]
async fn a_call_of_a_hub_that_is_made_again_goes_to_the_hub() {
    let hub_of = |token: &str| {
        let mut stored = connected(OcpiVersion::V2_2_1, &[(Role::Cpo, "NL/ONE")]);
        Arc::make_mut(&mut stored.platform).hub = Some(party("NL/HUB"));
        let connection_before = stored.connection.unwrap();
        stored.connection = Some(connection(token, connection_before.served));
        stored
    };
    for what in ["put_token", "get_token"] {
        let peer = Peer::knowing("theirs-2", BASE64);
        let (app, known) = world(hub_of("theirs"), &peer);
        let replaced = hub_of("theirs-2");
        peer.on_request(move |_| {
            let (store, stored) = (Arc::clone(&known), replaced.clone());
            async move {
                store.put_platform(stored, None).await.unwrap();
            }
        });
        let card = card("CARD", &json!({}));
        if what == "put_token" {
            app.put_token_at(&id(), &card).await.unwrap();
        } else {
            assert_eq!(app.get_token_at(&id(), &card.key()).await.unwrap(), None);
        }
        let routings = peer
            .requests()
            .into_iter()
            .map(|it| it.call.routing.unwrap().to);
        let hub = Some(party("NL/HUB"));
        assert_eq!(routings.collect::<Vec<_>>(), [hub, hub], "{what}");
    }
}

/// Holds: C-09. Nothing changed: what is refused is refused.
#[tokio::test]
async fn a_401_without_a_new_token_is_an_answer() {
    let peer = Peer::knowing("another", BASE64);
    let (app, _) = world(connected(OcpiVersion::V2_3_0, BOTH), &peer);
    for done in call_all(&app).await {
        let is_refused = matches!(
            done,
            Err(OutboundError::Remote(RemoteError::Unauthorized { .. }))
        );
        assert!(is_refused, "{done:?}");
    }
    assert_eq!(peer.requests().len(), 3);
}

/// Holds: V-10, T-08. A connection of the operator's is looked up when it is needed first, and then
/// known.
#[tokio::test]
async fn a_configured_connection_is_looked_up_once() {
    let mut stored = connected(OcpiVersion::V2_3_0, BOTH);
    stored.connection = Some(connection("theirs", None));
    let peer = Peer::knowing("theirs", RAW);
    peer.list(&["2.2.1"]);
    peer.serve(&[
        ("tokens", Some(InterfaceRole::Receiver)),
        ("tokens", Some(InterfaceRole::Sender)),
    ]);
    let (app, known) = world(stored, &peer);
    for done in call_all(&app).await {
        done.unwrap();
    }
    let expected = [
        "versions theirs base64",
        "versions theirs raw",
        "details theirs raw",
        "put_token theirs raw",
        "get_token theirs raw",
        "authorize theirs raw",
    ];
    assert_eq!(peer.asked(), expected);
    let stored = known.get("peer");
    let served = stored.connection.as_ref().unwrap().served.as_ref().unwrap();
    assert_eq!(served.version, OcpiVersion::V2_2_1);
    assert_eq!(stored.platform.profile.auth_encoding, AuthEncoding::Raw);
    assert_eq!(known.writes(), 1);
}

/// Holds: E-31, V-10. A question does not wait longer for what must be looked up before it.
#[tokio::test(start_paused = true)]
async fn a_question_has_one_time_for_all_its_calls() {
    let mut stored = connected(OcpiVersion::V2_3_0, BOTH);
    stored.connection = Some(connection("theirs", None));
    let peer = Peer::knowing("theirs", BASE64);
    peer.on_request(|_| later(std::time::Duration::from_secs(1)));
    let (app, _) = world(stored, &peer);
    let started = tokio::time::Instant::now();
    let uid = "CARD".parse().unwrap();
    let answer = app.authorize_at(&id(), &uid, &TokenType::Rfid, None).await;
    assert!(matches!(
        answer,
        Err(OutboundError::Remote(RemoteError::TimedOut { .. }))
    ));
    assert_eq!(started.elapsed().as_millis(), 1500);
}

/// Holds: T-87.
#[tokio::test]
async fn each_emsp_of_a_platform_is_asked_until_one_knows_the_card() {
    let roles = [
        (Role::Emsp, "DE/EMS"),
        (Role::Emsp, "DE/TWO"),
        (Role::Emsp, "DE/TRI"),
    ];
    let peer = Peer::knowing("theirs", BASE64);
    let (app, _) = world(connected(OcpiVersion::V2_3_0, &roles), &peer);
    let uid = "CARD".parse().unwrap();
    let id = id();
    let ask = || app.authorize_at(&id, &uid, &TokenType::Rfid, None);
    assert_eq!(ask().await.unwrap(), None);
    assert_eq!(peer.requests().len(), 3);
    peer.know_cards_of(party("DE/TWO"));
    assert!(ask().await.unwrap().is_some());
    let asked: Vec<_> = peer.requests()[3..]
        .iter()
        .map(|request| request.call.routing.unwrap().to)
        .collect();
    assert_eq!(asked, [Some(party("DE/EMS")), Some(party("DE/TWO"))]);
    // What fails is no "no".
    peer.fail("authorize", refused());
    assert!(matches!(ask().await, Err(OutboundError::Remote(_))));
}

/// Holds: C-14. Whom we cannot call, we say why.
#[tokio::test]
async fn what_cannot_be_called_is_said() {
    let peer = Peer::knowing("theirs", BASE64);
    let (app, _) = world(StoredPlatform::new(platform("other")), &peer);
    for done in call_all(&app).await {
        assert!(
            matches!(done, Err(OutboundError::UnknownPlatform)),
            "{done:?}"
        );
    }
    let (app, _) = world(StoredPlatform::new(platform("peer")), &peer);
    for done in call_all(&app).await {
        assert!(matches!(done, Err(OutboundError::NotConnected)), "{done:?}");
    }
    let mut bare = connected(OcpiVersion::V2_3_0, BOTH);
    let served = bare.connection.as_mut().unwrap().served.as_mut().unwrap();
    served.endpoints.clear();
    let (app, _) = world(bare, &peer);
    for (done, end) in call_all(&app).await.into_iter().zip([
        InterfaceRole::Receiver,
        InterfaceRole::Receiver,
        InterfaceRole::Sender,
    ]) {
        let is_said = matches!(
            &done,
            Err(OutboundError::NoEndpoint { module: ModuleId::Tokens, role }) if *role == end
        );
        assert!(is_said, "{done:?}");
    }
    let mut damaged = connected(OcpiVersion::V2_3_0, BOTH);
    damaged.connection.as_mut().unwrap().sealed_token.0[30] ^= 1;
    let (app, _) = world(damaged, &peer);
    for done in call_all(&app).await {
        assert!(matches!(done, Err(OutboundError::Token(_))), "{done:?}");
    }
    assert!(peer.requests().is_empty());
    let mut unknown = connected(OcpiVersion::V2_3_0, BOTH);
    unknown.connection.as_mut().unwrap().served = None;
    peer.list(&["2.0"]);
    let (app, _) = world(unknown, &peer);
    for done in call_all(&app).await {
        assert!(
            matches!(done, Err(OutboundError::NoCommonVersion(_))),
            "{done:?}"
        );
    }
}
