//! We replace the credentials of both sides.

use std::sync::Arc;

use ocpi_domain::{CredentialsUse, OcpiVersion, Role};
use ocpi_ports::{RemoteError, StoredPlatform, TokenEncoding};

use super::{
    Case, LIVE, THEIRS, World, hash, id, invited, other, presenting, registered, registered_in,
};
use crate::OperatorError;
use crate::testing::peer::{Peer, credentials, refused, timed_out};
use crate::testing::{down, now, party, platform};

const BASE64: TokenEncoding = TokenEncoding::Base64;
const RAW: TokenEncoding = TokenEncoding::Raw;
const FIVE_MINUTES: i64 = 300_000;

fn world() -> World {
    let peer = Peer::knowing(THEIRS, BASE64);
    World::of(vec![registered(), other(&[("CPO", "NL/OTH")])], &peer)
}

async fn rotate(world: &World) -> Result<Arc<StoredPlatform>, OperatorError> {
    world.app.rotate_credentials(&id(), false).await
}

/// What we offered with the PUT.
fn offered(world: &World) -> String {
    let requests = world.peer.requests();
    let sent = requests
        .iter()
        .rfind(|request| request.what == "put")
        .unwrap();
    sent.ours.as_ref().unwrap().token.expose().to_owned()
}

/// Holds: C-06, C-09, C-10. From the moment that it is sent, the new token opens what the present
/// one opens: the platform may use it before its answer has reached us.
#[tokio::test]
async fn both_tokens_are_replaced_and_no_request_is_lost() {
    let world = world();
    let known = Arc::clone(&world.known);
    world.peer.on_request(move |request| {
        let tokens = known.get("peer").tokens.clone();
        let live = presenting(LIVE, CredentialsUse::Live);
        match request.ours.as_ref() {
            None => assert_eq!(tokens, [live]),
            Some(ours) => {
                let until = now().plus_ms(FIVE_MINUTES);
                let good_for = CredentialsUse::Offered {
                    until,
                    replaces: true,
                };
                assert!(good_for.opens_modules());
                assert_eq!(tokens, [live, presenting(ours.token.expose(), good_for)]);
            }
        }
        async {}
    });
    let stored = rotate(&world).await.unwrap();
    let asked = ["versions", "details", "put"].map(|what| format!("{what} {THEIRS} base64"));
    assert_eq!(world.peer.asked(), asked);
    let offered = offered(&world);
    let until = now().plus_ms(FIVE_MINUTES);
    let expected = [
        presenting(&offered, CredentialsUse::Live),
        presenting(LIVE, CredentialsUse::Former { until }),
    ];
    assert_eq!(stored.tokens, expected);
    assert_eq!(world.sealed(), "theirs-2");
    assert!(world.good_for(LIVE).await.is_some());
    assert_eq!(world.good_for(&offered).await, Some(CredentialsUse::Live));
    assert_eq!(world.good_for(LIVE).await, None);
}

/// Holds: C-09, C-25.
#[tokio::test]
async fn a_compromised_token_has_no_grace() {
    let world = world();
    let stored = world.app.rotate_credentials(&id(), true).await.unwrap();
    let offered = offered(&world);
    assert_eq!(stored.tokens, [presenting(&offered, CredentialsUse::Live)]);
    assert_eq!(world.good_for(LIVE).await, None);
}

/// Holds: C-10. Before the PUT, and after a clear no, everything is as it was.
#[tokio::test]
async fn a_rotation_that_fails_leaves_the_former_pair() {
    let cases: [Case; 6] = [
        (
            "versions",
            |world| world.peer.fail("versions", timed_out()),
            |error| matches!(error, OperatorError::Remote(RemoteError::TimedOut { .. })),
        ),
        (
            "our token is not known there",
            |world| world.peer.forget(THEIRS),
            |error| {
                matches!(
                    error,
                    OperatorError::Remote(RemoteError::Unauthorized { .. })
                )
            },
        ),
        (
            "details",
            |world| world.peer.fail("details", refused()),
            |error| matches!(error, OperatorError::Remote(RemoteError::Refused { .. })),
        ),
        (
            "endpoints",
            |world| world.peer.serve(&[("credentials", None)]),
            |error| matches!(error, OperatorError::EndpointsMissing(missing) if missing.len() == 1),
        ),
        (
            "the store is down",
            |world| world.known.before_next_put(|_| Err(down())),
            |error| matches!(error, OperatorError::Storage(_)),
        ),
        (
            "the platform says no",
            |world| world.peer.fail("put", refused()),
            |error| matches!(error, OperatorError::Remote(RemoteError::Refused { .. })),
        ),
    ];
    for (name, arrange, is_expected) in cases {
        let world = world();
        arrange(&world);
        let before = world.known.all();
        let error = rotate(&world).await.expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
        assert_eq!(world.known.all(), before, "{name}");
        assert!(!world.app.handshakes.is_running(&id()), "{name}");
    }
}

/// Holds: C-09, C-10. Whatever the platform did, nothing is lost while the operator tries again.
#[tokio::test]
async fn after_a_lost_answer_both_tokens_are_good_until_the_next_try() {
    let world = world();
    world.peer.fail("put", timed_out());
    let error = rotate(&world).await.unwrap_err();
    assert!(
        matches!(error, OperatorError::OutcomeUnknown(_)),
        "{error:?}"
    );
    assert!(error.to_string().contains("do it again"), "{error}");
    assert!(world.counted("outcome=\"unknown\"} 1"));
    let lost = offered(&world);
    assert_eq!(world.good_for(LIVE).await, Some(CredentialsUse::Live));
    assert!(world.good_for(&lost).await.unwrap().opens_modules());
    assert_eq!(world.sealed(), THEIRS);

    world.peer.recover();
    let stored = rotate(&world).await.unwrap();
    let second = offered(&world);
    let hashes: Vec<_> = stored.tokens.iter().map(|token| token.hash).collect();
    assert_eq!(hashes.len(), 3);
    for text in [second.as_str(), LIVE, &lost] {
        assert!(hashes.contains(&hash(text)), "{text}");
    }
    // The first use of the new one ends both.
    assert_eq!(world.good_for(&second).await, Some(CredentialsUse::Live));
    assert_eq!(world.good_for(&lost).await, None);
    assert_eq!(world.good_for(LIVE).await, None);
}

/// Holds: C-10.
#[tokio::test]
async fn after_a_lost_answer_what_was_offered_ends_by_itself() {
    let world = world();
    world.peer.fail("put", timed_out());
    rotate(&world).await.unwrap_err();
    let lost = offered(&world);
    world.clock.pass_ms(FIVE_MINUTES);
    assert_eq!(world.good_for(&lost).await, None);
    assert_eq!(world.good_for(LIVE).await, Some(CredentialsUse::Live));
    // The next one sweeps it away.
    world.peer.recover();
    assert_eq!(rotate(&world).await.unwrap().tokens.len(), 2);
}

/// Holds: C-20. Both sides have new tokens by then: the connection stays, the parties do not change.
#[tokio::test]
async fn parties_that_cannot_be_the_platforms_do_not_end_the_connection() {
    for roles in [&[("CPO", "NL/OTH")][..], &[("EMSP", "CH/ABC")], &[]] {
        let world = world();
        world.peer.answer(credentials("theirs-2", roles));
        let stored = rotate(&world).await.unwrap();
        let held: Vec<_> = stored
            .platform
            .roles
            .iter()
            .map(|held| held.party)
            .collect();
        assert_eq!(held, [party("DE/EMS")], "{roles:?}");
        assert_eq!(world.sealed(), "theirs-2");
    }
    let world = world();
    world
        .peer
        .answer(credentials("theirs-2", &[("EMSP", "DE/TWO")]));
    let stored = rotate(&world).await.unwrap();
    assert!(stored.platform.holds(party("DE/TWO"), &Role::Emsp));
    assert_eq!(stored.platform.roles.len(), 1);
}

/// Holds: C-07, V-10, T-08.
#[tokio::test]
async fn a_rotation_takes_the_highest_version_there_is_by_now() {
    let peer = Peer::knowing(THEIRS, RAW);
    let world = World::of(vec![registered_in(OcpiVersion::V2_1_1)], &peer);
    let stored = rotate(&world).await.unwrap();
    // As 2.1.1 has it, then as 2.3.0 has it, then as it is taken.
    let asked = ["versions raw", "details base64", "details raw", "put raw"];
    let asked = asked.map(|asked| asked.replace(' ', &format!(" {THEIRS} ")));
    assert_eq!(world.peer.asked(), asked);
    let served = stored.connection.as_ref().unwrap().served.as_ref().unwrap();
    assert_eq!(served.version, OcpiVersion::V2_3_0);
    let learned = stored.platform.profile.auth_encoding;
    assert_eq!(learned, ocpi_domain::AuthEncoding::Raw);
}

/// Holds: C-10, C-24. The operator wrote another token while the platform answered.
#[tokio::test]
async fn what_the_operator_writes_meanwhile_stays() {
    let world = world();
    let known = Arc::clone(&world.known);
    world.peer.on_request(move |request| {
        if request.what == "put" {
            known.before_next_put(|platforms| {
                let place = platforms
                    .iter()
                    .position(|it| it.platform.id == id())
                    .unwrap();
                let mut new = StoredPlatform::clone(&platforms[place]);
                new.tokens = vec![presenting("written", CredentialsUse::Live)];
                platforms[place] = Arc::new(new);
                Ok(())
            });
        }
        async {}
    });
    let error = rotate(&world).await.unwrap_err();
    assert!(matches!(error, OperatorError::Changed), "{error:?}");
    let written = [presenting("written", CredentialsUse::Live)];
    assert_eq!(world.known.get("peer").tokens, written);
}

/// Holds: T-13.
#[tokio::test]
async fn what_is_not_registered_or_cannot_be_decrypted_is_not_rotated() {
    for stored in [StoredPlatform::new(platform("peer")), invited()] {
        let world = World::of(vec![stored], &Peer::knowing(THEIRS, BASE64));
        let refused = rotate(&world).await;
        assert!(matches!(refused, Err(OperatorError::NotRegistered)));
        assert!(world.peer.requests().is_empty());
    }
    let mut stored = registered();
    stored.connection.as_mut().unwrap().sealed_token.0[30] ^= 1;
    let world = World::of(vec![stored], &Peer::knowing(THEIRS, BASE64));
    let refused = rotate(&world).await;
    assert!(matches!(refused, Err(OperatorError::Unopenable(_))));
}
