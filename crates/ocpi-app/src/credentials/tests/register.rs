//! We register with a platform.

use std::sync::Arc;

use ocpi_domain::{AuthEncoding, CredentialsUse, InterfaceRole, OcpiVersion, Role};
use ocpi_ports::{StoredPlatform, TokenEncoding};

use super::{World, emsp, id, other, presenting, with_roles};
use crate::testing::peer::{Peer, credentials, token, versions_url};
use crate::testing::{now, party, platform};
use crate::{OperatorError, RegisterRequest};

const BASE64: TokenEncoding = TokenEncoding::Base64;
const RAW: TokenEncoding = TokenEncoding::Raw;

pub(super) fn door(peer_role: Option<Role>) -> RegisterRequest {
    RegisterRequest {
        versions_url: versions_url(),
        token: token("a-of-theirs"),
        peer_role,
    }
}

pub(super) fn unknown() -> StoredPlatform {
    StoredPlatform::new(platform("peer"))
}

pub(super) fn world(encoding: TokenEncoding) -> World {
    let peer = Peer::knowing("a-of-theirs", encoding);
    World::of(vec![unknown(), other(&[("CPO", "NL/OTH")])], &peer)
}

pub(super) async fn register(
    world: &World,
    peer_role: Option<Role>,
) -> Result<Arc<StoredPlatform>, OperatorError> {
    world.app.register_with(&id(), door(peer_role)).await
}

/// Holds: C-10, C-11, C-16, C-20, V-10.
#[tokio::test]
async fn we_register_with_what_we_offer_good_before_it_is_sent() {
    let world = world(BASE64);
    let known = Arc::clone(&world.known);
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    world.peer.on_request(move |request| {
        let tokens = known.get("peer").tokens.clone();
        told.lock().unwrap().push((request.what, tokens));
        async {}
    });
    let stored = register(&world, None).await.unwrap();
    assert_eq!(stored, world.known.get("peer"));
    let asked = ["versions", "details", "post"].map(|what| format!("{what} a-of-theirs base64"));
    assert_eq!(world.peer.asked(), asked);
    let requests = world.peer.requests();
    assert_eq!(requests[1].url, "https://peer.example/2.3.0");
    assert_eq!(requests[2].url, "https://peer.example/credentials");
    let correlation = |place: usize| requests[place].call.correlation_id.clone();
    assert_eq!(correlation(0), correlation(2));

    let ours = requests[2].ours.as_ref().unwrap();
    assert_eq!(ours.url.as_str(), "https://here.example/ocpi/versions");
    assert_eq!(ours.roles.len(), 3);
    let offered = ours.token.expose();
    let seen = seen.lock().unwrap();
    assert!(seen[1].1.is_empty());
    let until = now().plus_ms(300_000);
    let limited = CredentialsUse::Offered {
        until,
        replaces: false,
    };
    assert_eq!(seen[2].1, [presenting(offered, limited)]);

    assert_eq!(stored.tokens, [presenting(offered, CredentialsUse::Live)]);
    assert_eq!(world.sealed(), "theirs-2");
    assert_eq!(
        stored.platform.roles,
        with_roles(platform("x"), &[("EMSP", "DE/EMS")]).roles
    );
    let connection = stored.connection.as_ref().unwrap();
    assert_eq!(connection.versions_url, versions_url());
    assert_eq!(connection.presented, emsp("x").roles);
    assert!(world.counted(
        "ocpi_handshakes_total{direction=\"sent\",handshake=\"register\",outcome=\"done\"} 1"
    ));
    assert!(!world.app.handshakes.is_running(&id()));
}

/// Holds: T-08, C-11, M-16.
#[tokio::test]
async fn the_form_of_the_token_is_found_out_and_learned() {
    use AuthEncoding::{Auto, Base64, Raw};
    for (versions, recorded, known, tries, learned) in [
        (&["2.3.0"][..], Auto, BASE64, 1, Auto),
        (&["2.2.1"], Auto, RAW, 2, Raw),
        (&["2.2.1"], Raw, RAW, 1, Raw),
        (&["2.1.1"], Auto, RAW, 2, Auto),
        (&["2.1.1"], Auto, BASE64, 2, Base64),
    ] {
        let mut stored = unknown();
        Arc::make_mut(&mut stored.platform).profile.auth_encoding = recorded;
        let world = World::of(vec![stored], &Peer::knowing("a-of-theirs", known));
        world.peer.list(versions);
        let stored = register(&world, Some(Role::Emsp)).await.unwrap();
        assert_eq!(
            world.peer.requests().len(),
            tries + 2,
            "{versions:?} {known:?}"
        );
        assert_eq!(
            stored.platform.profile.auth_encoding, learned,
            "{versions:?} {known:?}"
        );
    }
}

/// Holds: T-03, M-16. A platform that takes both is sent what its version says.
#[tokio::test]
async fn a_platform_that_takes_both_forms_gets_that_of_its_version() {
    for (versions, form) in [(["2.3.0"], "base64"), (["2.1.1"], "raw")] {
        let world = world(BASE64);
        world.peer.know("a-of-theirs", RAW);
        world.peer.list(&versions);
        let stored = register(&world, Some(Role::Emsp)).await.unwrap();
        let asked = [
            "versions a-of-theirs base64".to_owned(),
            format!("details a-of-theirs {form}"),
            format!("post a-of-theirs {form}"),
        ];
        assert_eq!(world.peer.asked(), asked);
        let learned = stored.platform.profile.auth_encoding;
        assert_eq!(learned, AuthEncoding::Auto);
    }
}

/// Holds: C-11. Some open their versions to everybody: the form shows at the first closed door.
#[tokio::test]
async fn a_401_on_the_post_is_answered_in_the_other_form() {
    let world = world(BASE64);
    let peer = Arc::clone(&world.peer);
    world.peer.on_request(move |request| {
        if request.what == "post" {
            peer.forget("a-of-theirs");
            peer.know("a-of-theirs", RAW);
        }
        async {}
    });
    let stored = register(&world, None).await.unwrap();
    assert_eq!(world.peer.asked().last().unwrap(), "post a-of-theirs raw");
    assert_eq!(stored.platform.profile.auth_encoding, AuthEncoding::Raw);
}

/// Holds: C-17, M-13, M-14.
#[tokio::test]
async fn over_2_1_1_one_of_us_registers_with_one_of_them() {
    for (role, our_party, path, ours, tokens) in [
        (Role::Emsp, None, "cpo/", "CH/ABC", InterfaceRole::Sender),
        (
            Role::Emsp,
            Some("NL/ALF"),
            "cpo/",
            "NL/ALF",
            InterfaceRole::Sender,
        ),
        (
            Role::Cpo,
            Some("NL/ALF"),
            "emsp/",
            "CH/ABC",
            InterfaceRole::Receiver,
        ),
    ] {
        let mut stored = unknown();
        Arc::make_mut(&mut stored.platform).our_party = our_party.map(party);
        let world = World::of(vec![stored], &Peer::knowing("a-of-theirs", RAW));
        world.peer.list(&["2.1.1"]);
        world.peer.serve(&[("credentials", None), ("tokens", None)]);
        world
            .peer
            .answer(credentials("theirs-2", &[(role.as_str(), "DE/EMS")]));
        let stored = register(&world, Some(role.clone())).await.unwrap();
        let requests = world.peer.requests();
        let sent = requests.last().unwrap();
        assert_eq!(sent.call.version, OcpiVersion::V2_1_1);
        assert_eq!(sent.call.peer_role, role);
        let sent = sent.ours.as_ref().unwrap();
        assert_eq!(
            sent.url.as_str(),
            format!("https://here.example/ocpi/{path}versions")
        );
        let [presented] = sent.roles.as_slice() else {
            panic!("{:?}", sent.roles);
        };
        let name = format!("{}/{}", presented.country_code, presented.party_id);
        assert_eq!(name, ours);
        let served = stored.connection.as_ref().unwrap().served.as_ref().unwrap();
        assert_eq!(served.endpoints[1].role, tokens);
    }
}

/// Holds: C-17, M-14. What a platform of 2.1.1 is, somebody must say.
#[tokio::test]
async fn over_2_1_1_it_must_be_known_what_the_platform_is() {
    for (roles, named, is_known) in [
        (&[][..], None, false),
        (&[], Some(Role::Nsp), false),
        (&[], Some(Role::Emsp), true),
        (&[("EMSP", "DE/EMS")], None, true),
        (&[("EMSP", "DE/EMS"), ("CPO", "DE/EMS")], None, false),
    ] {
        let stored = match roles {
            [] => unknown(),
            roles => StoredPlatform::new(with_roles(platform("peer"), roles)),
        };
        let world = World::of(vec![stored], &Peer::knowing("a-of-theirs", RAW));
        world.peer.list(&["2.1.1"]);
        let done = register(&world, named.clone()).await;
        assert_eq!(done.is_ok(), is_known, "{roles:?} {named:?}: {done:?}");
        if let Err(error) = done {
            assert!(matches!(error, OperatorError::PeerRoleNeeded), "{error:?}");
            assert_eq!(world.known.writes(), 0);
        }
    }
}

/// Holds: C-24.
#[tokio::test]
async fn of_two_handshakes_at_once_the_second_is_told() {
    let world = world(BASE64);
    let running = world.app.handshakes.begin(&id()).unwrap();
    let refused = register(&world, None).await;
    assert!(matches!(refused, Err(OperatorError::HandshakeRunning)));
    let refused = world.app.rotate_credentials(&id(), false).await;
    assert!(matches!(refused, Err(OperatorError::HandshakeRunning)));
    let refused = world.app.unregister_from(&id(), true).await;
    assert!(matches!(refused, Err(OperatorError::HandshakeRunning)));
    let refused = world.app.issue_bootstrap_token(&id()).await;
    assert!(matches!(refused, Err(OperatorError::HandshakeRunning)));
    drop(running);
    assert!(register(&world, None).await.is_ok());
    let again = register(&world, None).await;
    assert!(matches!(again, Err(OperatorError::AlreadyRegistered)));
}

/// Holds: C-10, C-24. Who waits for it goes away in the middle: nothing is left running, and what
/// was offered ends by itself.
#[tokio::test]
async fn a_handshake_that_is_dropped_leaves_nothing_behind() {
    let world = world(BASE64);
    let is_posted = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&is_posted);
    world.peer.on_request(move |request| {
        let is_post = request.what == "post";
        let told = Arc::clone(&told);
        async move {
            if is_post {
                told.notify_one();
                std::future::pending::<()>().await;
            }
        }
    });
    tokio::select! {
        _ = register(&world, None) => panic!("nobody answers"),
        () = is_posted.notified() => {}
    }
    assert!(!world.app.handshakes.is_running(&id()));
    let stored = world.known.get("peer");
    assert_eq!(stored.tokens.len(), 1);
    assert!(!stored.is_registered());
    assert_eq!(stored.connection, None);
    let requests = world.peer.requests();
    let offered = requests[2].ours.as_ref().unwrap().token.expose();
    assert!(world.good_for(offered).await.is_some());
    world.clock.pass_ms(300_000);
    assert_eq!(world.good_for(offered).await, None);
    world.peer.on_request(|_| async {});
    let stored = register(&world, None).await.unwrap();
    assert_eq!(stored.tokens.len(), 1);
}
