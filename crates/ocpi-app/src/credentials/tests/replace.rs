//! A platform replaces its credentials.

use std::sync::Arc;

use ocpi_domain::{AuthEncoding, Credentials, CredentialsUse, OcpiVersion, Role};
use ocpi_ports::TokenEncoding;

use super::{LIVE, PUT, Sent, THEIRS, World, emsp, hash, presenting, registered, registered_in};
use crate::CredentialsError;
use crate::testing::now;
use crate::testing::peer::{Peer, credentials};

const BASE64: TokenEncoding = TokenEncoding::Base64;
const RAW: TokenEncoding = TokenEncoding::Raw;
const GRACE_MS: i64 = 300_000;

/// Holds: C-06, C-09, C-20.
#[tokio::test]
async fn new_credentials_take_the_place_of_the_former_ones() {
    let world = World::of(vec![registered()], &Peer::knowing("theirs-2", BASE64));
    let offered = credentials("theirs-2", &[("EMSP", "DE/EMS"), ("CPO", "DE/EMS")]);
    let ours = world.send(PUT, LIVE, offered).await.unwrap();
    // Looked at anew, though the version is the same.
    let asked = ["versions theirs-2 base64", "details theirs-2 base64"];
    assert_eq!(world.peer.asked(), asked);
    assert_eq!(world.sealed(), "theirs-2");
    let stored = world.known.get("peer");
    assert_eq!(stored.platform.parties(&Role::Cpo).count(), 1);
    let until = now().plus_ms(GRACE_MS);
    let issued = ours.token.expose();
    let expected = [
        presenting(issued, CredentialsUse::Live),
        presenting(LIVE, CredentialsUse::Former { until }),
    ];
    assert_eq!(stored.tokens, expected);
    assert_eq!(world.known.writes(), 1);
    assert!(world.counted("handshake=\"rotate\",outcome=\"done\"} 1"));
}

/// Holds: C-09.
#[tokio::test]
async fn the_replaced_token_is_good_until_the_new_one_is_used() {
    let world = World::of(vec![registered()], &Peer::knowing("theirs-2", BASE64));
    let ours = world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
    let until = now().plus_ms(GRACE_MS);
    let former = Some(CredentialsUse::Former { until });
    world.clock.pass_ms(GRACE_MS - 1);
    for _ in 0..3 {
        assert_eq!(world.good_for(LIVE).await, former);
    }
    let issued = ours.token.expose();
    assert_eq!(world.good_for(issued).await, Some(CredentialsUse::Live));
    assert_eq!(world.good_for(LIVE).await, None);
    assert_eq!(world.good_for(issued).await, Some(CredentialsUse::Live));
}

/// Holds: C-09.
#[tokio::test]
async fn the_replaced_token_ends_after_five_minutes_unused_or_not() {
    let world = World::of(vec![registered()], &Peer::knowing("theirs-2", BASE64));
    world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
    world.clock.pass_ms(GRACE_MS);
    assert_eq!(world.good_for(LIVE).await, None);
}

/// Holds: C-08, Z-07, M-16. Asked in this order: the new token in both forms, then once the
/// present one, as it is presented until now.
#[tokio::test]
async fn a_new_token_that_is_not_good_yet_is_stood_in_for_by_the_present_one() {
    for (version, standing_in) in [(OcpiVersion::V2_3_0, BASE64), (OcpiVersion::V2_1_1, RAW)] {
        let world = World::of(
            vec![registered_in(version)],
            &Peer::knowing(THEIRS, standing_in),
        );
        world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
        let form = match standing_in {
            BASE64 => "base64",
            RAW => "raw",
        };
        let expected = [
            "versions theirs-2 base64".to_owned(),
            "versions theirs-2 raw".to_owned(),
            format!("versions {THEIRS} {form}"),
            format!("details {THEIRS} {form}"),
        ];
        assert_eq!(world.peer.asked(), expected);
        // What is kept is the new one, and nothing was learned of it.
        assert_eq!(world.sealed(), "theirs-2");
        let stored = world.known.get("peer");
        assert_eq!(stored.platform.profile.auth_encoding, AuthEncoding::Auto);
    }
}

/// Holds: C-08. The new token becomes good while we look.
#[tokio::test]
async fn a_new_token_may_become_good_between_two_calls() {
    let world = World::of(vec![registered()], &Peer::knowing(THEIRS, BASE64));
    let peer = Arc::clone(&world.peer);
    world.peer.on_request(move |request| {
        if request.what == "details" {
            peer.forget(THEIRS);
            peer.know("theirs-2", BASE64);
        }
        async {}
    });
    world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
    assert_eq!(
        world.peer.asked().last().unwrap(),
        "details theirs-2 base64"
    );
}

/// Holds: C-08, T-13. Whoever got hold of what the platform presents must not get what we present.
#[tokio::test]
async fn the_present_token_goes_to_no_other_host() {
    let world = World::of(vec![registered()], &Peer::knowing(THEIRS, BASE64));
    let elsewhere = Credentials {
        url: "https://elsewhere.example/versions".parse().unwrap(),
        ..emsp("theirs-2")
    };
    let refused = world.send(PUT, LIVE, elsewhere).await;
    assert!(matches!(refused, Err(CredentialsError::Callback(_))));
    let asked = world.peer.asked();
    assert!(!asked.is_empty());
    assert!(
        asked
            .iter()
            .all(|asked| !asked.contains(&format!("{THEIRS} "))),
        "{asked:?}"
    );
}

/// Holds: C-08, C-03. A present token that cannot be decrypted is only one chance less.
#[tokio::test]
async fn what_cannot_be_decrypted_is_not_tried() {
    let mut stored = registered();
    stored.connection.as_mut().unwrap().sealed_token.0[30] ^= 1;
    let world = World::of(vec![stored.clone()], &Peer::knowing(THEIRS, BASE64));
    let refused = world.send(PUT, LIVE, emsp("theirs-2")).await;
    assert!(matches!(refused, Err(CredentialsError::Callback(_))));
    assert_eq!(world.peer.requests().len(), 2);
    let world = World::of(vec![stored], &Peer::knowing("theirs-2", BASE64));
    assert!(world.send(PUT, LIVE, emsp("theirs-2")).await.is_ok());
}

/// Holds: C-07, M-16.
#[tokio::test]
async fn a_put_in_another_version_switches_to_it() {
    for version in OcpiVersion::ALL {
        let world = World::of(
            vec![registered_in(OcpiVersion::V2_2_1)],
            &Peer::knowing("theirs-2", BASE64),
        );
        let sent = Sent {
            version,
            root: crate::Root::Cpo,
            ..PUT
        };
        world.send(sent, LIVE, emsp("theirs-2")).await.unwrap();
        assert_eq!(
            world.peer.requests()[1].url,
            format!("https://peer.example/{version}")
        );
        let stored = world.known.get("peer");
        let served = stored.connection.as_ref().unwrap().served.as_ref().unwrap();
        assert_eq!(served.version, version);
        // Base64 is not what 2.1.1 prescribes.
        let learned = match version {
            OcpiVersion::V2_1_1 => AuthEncoding::Base64,
            OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => AuthEncoding::Auto,
        };
        assert_eq!(stored.platform.profile.auth_encoding, learned);
    }
}

/// Holds: C-09, C-24. Two at once are one after the other: neither token is lost at once.
#[tokio::test]
async fn a_put_with_the_replaced_token_is_heard_within_its_time() {
    let world = World::of(vec![registered()], &Peer::knowing("theirs-2", BASE64));
    let first = world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
    let second = world.send(PUT, LIVE, emsp("theirs-2")).await.unwrap();
    let hashes: Vec<_> = world
        .known
        .get("peer")
        .tokens
        .iter()
        .map(|it| it.hash)
        .collect();
    let expected = [second.token.expose(), first.token.expose(), LIVE];
    let mut expected = expected.map(hash).to_vec();
    assert_eq!(hashes[0], expected[0]);
    let sorted = |hashes: &mut Vec<ocpi_ports::TokenHash>| hashes.sort_by_key(|hash| hash.0);
    let mut hashes = hashes;
    sorted(&mut hashes);
    sorted(&mut expected);
    assert_eq!(hashes, expected);

    // Its time is over while we look.
    let clock = Arc::clone(&world.clock);
    world.peer.on_request(move |_| {
        clock.pass_ms(GRACE_MS);
        async {}
    });
    let late = world.send(PUT, LIVE, emsp("theirs-2")).await;
    assert!(matches!(late, Err(CredentialsError::WrongState(_))));
}

/// Holds: C-14, C-24. The platform left, or the operator deleted it, while we looked.
#[tokio::test]
async fn a_put_of_a_connection_that_ended_meanwhile_brings_nothing_back() {
    let world = World::of(vec![registered()], &Peer::knowing("theirs-2", BASE64));
    world.known.before_next_put(|platforms| {
        platforms.clear();
        Ok(())
    });
    let refused = world.send(PUT, LIVE, emsp("theirs-2")).await;
    assert!(matches!(refused, Err(CredentialsError::WrongState(_))));
    assert!(world.known.all().is_empty());
}
