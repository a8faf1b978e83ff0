//! A platform registers with us.

use std::sync::Arc;

use ocpi_domain::{AuthEncoding, CredentialsUse, InterfaceRole, ModuleId, OcpiVersion, Role};
use ocpi_ports::{StoredPlatform, TokenEncoding};
use tokio::sync::Barrier;

use super::{POST, Sent, World, emsp, hash, invited, other, presenting, registered};
use crate::testing::peer::{Peer, credentials, later, token, versions_url};
use crate::testing::{party, platform};
use crate::{CredentialsError, Root};

const BASE64: TokenEncoding = TokenEncoding::Base64;
const RAW: TokenEncoding = TokenEncoding::Raw;

/// Holds: C-02, C-11, C-20.
#[tokio::test]
async fn a_platform_registers_with_what_it_offers() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    let ours = world.send(POST, "token-a", emsp("theirs")).await.unwrap();
    let asked = ["versions theirs base64", "details theirs base64"];
    assert_eq!(world.peer.asked(), asked);
    assert_eq!(world.peer.requests()[1].url, "https://peer.example/2.3.0");
    assert_eq!(world.peer.requests()[1].call.correlation_id.as_str(), "C-1");

    let issued = ours.token.expose();
    assert_eq!(world.good_for(issued).await, Some(CredentialsUse::Live));
    assert_eq!(world.good_for("token-a").await, None);
    assert_eq!(world.sealed(), "theirs");
    let stored = world.known.get("peer");
    let held: Vec<_> = stored.platform.parties(&Role::Emsp).collect();
    assert_eq!(held, [party("DE/EMS")]);
    assert_eq!(stored.platform.profile.auth_encoding, AuthEncoding::Auto);
    let connection = stored.connection.as_ref().unwrap();
    assert_eq!(connection.versions_url, versions_url());
    assert_eq!(connection.presented, emsp("theirs").roles);
    let served = connection.served.as_ref().unwrap();
    assert_eq!(served.version, OcpiVersion::V2_3_0);
    let endpoints = served.endpoints.iter();
    let endpoints = endpoints.map(|endpoint| (&endpoint.identifier, endpoint.role));
    let expected = [
        (&ModuleId::Credentials, InterfaceRole::Sender),
        (&ModuleId::Tokens, InterfaceRole::Sender),
    ];
    assert_eq!(endpoints.collect::<Vec<_>>(), expected);
    // All of it at once.
    assert_eq!(world.known.writes(), 1);
    assert!(world.counted(
        "ocpi_handshakes_total{direction=\"received\",handshake=\"register\",outcome=\"done\"} 1"
    ));

    // It is registered now.
    let again = world.send(POST, issued, emsp("theirs")).await;
    assert!(matches!(again, Err(CredentialsError::WrongState(_))));
}

/// Holds: T-13, C-13. Neither of the tokens stands in what is stored.
#[tokio::test]
async fn what_is_stored_holds_no_token() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    let ours = world.send(POST, "token-a", emsp("theirs")).await.unwrap();
    let stored = world.known.get("peer");
    let sealed = &stored.connection.as_ref().unwrap().sealed_token.0;
    let text = format!("{stored:?} {}", String::from_utf8_lossy(sealed));
    for secret in ["theirs", ours.token.expose(), "token-a"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// Holds: C-24. Both look at the platform before either is stored.
#[tokio::test]
async fn of_two_posts_at_once_one_registers() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    let both_look = Arc::new(Barrier::new(2));
    world.peer.on_request(move |_| {
        let both_look = Arc::clone(&both_look);
        async move {
            both_look.wait().await;
        }
    });
    let (one, other) = tokio::join!(
        world.send(POST, "token-a", emsp("theirs")),
        world.send(POST, "token-a", emsp("theirs")),
    );
    let (done, lost): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), lost.len()), (1, 1));
    assert!(matches!(lost[0], Err(CredentialsError::WrongState(_))));
    let winner = done[0].as_ref().unwrap().token.expose();
    assert_eq!(world.good_for(winner).await, Some(CredentialsUse::Live));
    assert_eq!(world.known.get("peer").tokens.len(), 1);
}

/// Holds: C-24. The second is stored while the first looks; the first must not undo it.
#[tokio::test]
async fn a_post_that_is_overtaken_changes_nothing() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    world.known.before_next_put(|platforms| {
        platforms[0] = Arc::new(registered());
        Ok(())
    });
    let lost = world.send(POST, "token-a", emsp("theirs")).await;
    assert!(
        matches!(lost, Err(CredentialsError::WrongState(_))),
        "{lost:?}"
    );
    assert_eq!(*world.known.get("peer"), registered());
}

/// Holds: C-24. What others write meanwhile keeps nobody from registering.
#[tokio::test]
async fn a_write_of_another_platform_is_followed() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    for name in ["x", "y"] {
        world.known.before_next_put(move |platforms| {
            platforms.push(Arc::new(StoredPlatform::new(platform(name))));
            Ok(())
        });
    }
    assert!(world.send(POST, "token-a", emsp("theirs")).await.is_ok());
    assert_eq!(world.known.all().len(), 3);
}

/// Holds: C-20, C-24. A party that another got while we looked is another's.
#[tokio::test]
async fn a_party_that_is_taken_meanwhile_is_not_given_twice() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    world.known.before_next_put(|platforms| {
        platforms.push(Arc::new(other(&[("EMSP", "de/ems")])));
        Ok(())
    });
    let refused = world.send(POST, "token-a", emsp("theirs")).await;
    assert!(
        matches!(&refused, Err(CredentialsError::PartyTaken(taken, Role::Emsp)) if *taken == party("DE/EMS"))
    );
    assert_eq!(*world.known.get("peer"), invited());
}

/// Holds: T-04, T-08. The form in which a platform presents its token is tried first, then the
/// other; and what is not the standard of the version is recorded.
#[tokio::test]
async fn the_form_of_our_token_is_found_out_and_learned() {
    use AuthEncoding::{Auto, Base64, Raw};
    for (version, recorded, hint, known, tries, learned) in [
        (OcpiVersion::V2_3_0, Auto, BASE64, BASE64, 1, Auto),
        (OcpiVersion::V2_3_0, Auto, RAW, RAW, 1, Raw),
        (OcpiVersion::V2_3_0, Auto, RAW, BASE64, 2, Auto),
        (OcpiVersion::V2_2_1, Auto, BASE64, RAW, 2, Raw),
        (OcpiVersion::V2_1_1, Auto, RAW, RAW, 1, Auto),
        (OcpiVersion::V2_1_1, Auto, RAW, BASE64, 2, Base64),
        // What the operator wrote is tried before.
        (OcpiVersion::V2_3_0, Raw, BASE64, RAW, 1, Raw),
        (OcpiVersion::V2_3_0, Raw, BASE64, BASE64, 2, Auto),
    ] {
        let mut stored = invited();
        Arc::make_mut(&mut stored.platform).profile.auth_encoding = recorded;
        let world = World::of(vec![stored], &Peer::knowing("theirs", known));
        let sent = Sent {
            version,
            root: Root::Cpo,
            encoding: hint,
            ..POST
        };
        world.send(sent, "token-a", emsp("theirs")).await.unwrap();
        let asked = world.peer.asked();
        let versions = asked.iter().filter(|asked| asked.starts_with("versions"));
        assert_eq!(versions.count(), tries, "{version} {hint:?} {known:?}");
        // What is known by then is not asked again.
        assert_eq!(asked.len(), tries + 1, "{asked:?}");
        let stored = world.known.get("peer");
        assert_eq!(
            stored.platform.profile.auth_encoding, learned,
            "{version} {known:?}"
        );
    }
}

/// Holds: M-13, M-14, M-16, V-07.
#[tokio::test]
async fn a_platform_of_2_1_1_is_what_its_root_is_for() {
    for (root, role, tokens) in [
        (Root::Cpo, "EMSP", InterfaceRole::Sender),
        (Root::Emsp, "CPO", InterfaceRole::Receiver),
    ] {
        let world = World::of(vec![invited()], &Peer::knowing("theirs", RAW));
        world.peer.serve(&[("credentials", None), ("tokens", None)]);
        let sent = Sent {
            version: OcpiVersion::V2_1_1,
            root,
            encoding: RAW,
            ..POST
        };
        let offered = credentials("theirs", &[(role, "DE/EMS")]);
        world.send(sent, "token-a", offered).await.unwrap();
        let stored = world.known.get("peer");
        let served = stored.connection.as_ref().unwrap().served.as_ref().unwrap();
        assert_eq!(served.version, OcpiVersion::V2_1_1);
        assert_eq!(served.endpoints[1].role, tokens);
        let peer_role = &world.peer.requests()[1].call.peer_role;
        assert_eq!(peer_role.as_str(), role);
    }
}

/// Holds: T-50, C-23. However long each step takes, the platform waits for an end.
#[tokio::test(start_paused = true)]
async fn the_whole_look_has_an_end() {
    let world = World::of(vec![invited()], &Peer::knowing("theirs", BASE64));
    world
        .peer
        .on_request(|_| later(std::time::Duration::from_secs(20)));
    let started = tokio::time::Instant::now();
    let refused = world.send(POST, "token-a", emsp("theirs")).await;
    assert!(
        matches!(refused, Err(CredentialsError::Callback(_))),
        "{refused:?}"
    );
    assert_eq!(started.elapsed().as_secs(), 30);
    assert_eq!(*world.known.get("peer"), invited());
}

/// Holds: C-10, C-24. Were both sides to wait for each other, both would hang.
#[tokio::test]
async fn nothing_is_taken_of_a_platform_with_which_we_shake_hands() {
    let with_offer = |mut stored: StoredPlatform, replaces| {
        let until = crate::testing::now().plus_ms(1);
        let offered = CredentialsUse::Offered { until, replaces };
        stored.tokens.push(presenting("offered", offered));
        stored
    };
    for (stored, text, is_running) in [
        (invited(), "token-a", true),
        (registered(), super::LIVE, true),
        (with_offer(registered(), true), "offered", true),
        // What we offered in a first handshake is good for its look at us only.
        (with_offer(invited(), false), "offered", false),
    ] {
        let world = World::of(vec![stored], &Peer::knowing("theirs", BASE64));
        let running = is_running.then(|| world.app.handshakes.begin(&super::id()));
        let before = world.known.get("peer");
        for sent in [POST, super::PUT] {
            let refused = world.send(sent, text, emsp("theirs")).await;
            assert!(
                matches!(refused, Err(CredentialsError::WrongState(_))),
                "{text}"
            );
        }
        let context = world.context(text, OcpiVersion::V2_3_0).await;
        let presented = token(text);
        let refused = world.app.unregister_platform(&context, &presented).await;
        assert!(
            matches!(refused, Err(CredentialsError::WrongState(_))),
            "{text}"
        );
        assert_eq!(world.known.get("peer"), before);
        assert!(world.peer.requests().is_empty());
        drop(running);
    }
}

/// Holds: C-06, C-09, C-10. The answer to our PUT was lost: the platform took what we offered, and
/// has nothing else to present.
#[tokio::test]
async fn a_platform_that_took_our_offer_can_put_things_right() {
    let until = crate::testing::now().plus_ms(60_000);
    let offered = CredentialsUse::Offered {
        until,
        replaces: true,
    };
    let mut stored = registered();
    stored.tokens.push(presenting("offered", offered));
    let world = World::of(vec![stored], &Peer::knowing("theirs-2", BASE64));
    let issued = world
        .send(super::PUT, "offered", emsp("theirs-2"))
        .await
        .unwrap();
    let live = world.good_for(issued.token.expose()).await;
    assert_eq!(live, Some(CredentialsUse::Live));
    assert_eq!(world.sealed(), "theirs-2");
}

/// Holds: C-24. Nor is it stored, when we began while we looked.
#[tokio::test]
async fn a_handshake_that_we_begin_meanwhile_wins() {
    let peer = Peer::knowing("theirs", BASE64);
    let world = World::of(vec![invited()], &peer);
    let both = Arc::new(Barrier::new(2));
    let inside = Arc::clone(&both);
    peer.on_request(move |_| {
        let inside = Arc::clone(&inside);
        async move {
            inside.wait().await;
            inside.wait().await;
        }
    });
    let begin = async {
        both.wait().await;
        let running = world.app.handshakes.begin(&super::id());
        both.wait().await;
        both.wait().await;
        both.wait().await;
        running
    };
    let (refused, running) = tokio::join!(world.send(POST, "token-a", emsp("theirs")), begin);
    assert!(running.is_some());
    assert!(matches!(refused, Err(CredentialsError::WrongState(_))));
    assert_eq!(*world.known.get("peer"), invited());
    assert_eq!(world.known.get("peer").tokens[0].hash, hash("token-a"));
}
