//! The end of a registration, from either side.

use ocpi_domain::{CredentialsUse, OcpiVersion};
use ocpi_ports::{RemoteError, StoredPlatform, TokenEncoding};

use super::{
    Case, LIVE, POST, THEIRS, World, emsp, id, invited, presenting, registered, registered_in,
};
use crate::OperatorError;
use crate::testing::peer::{Peer, refused, timed_out, token};
use crate::testing::{now, platform};

const BASE64: TokenEncoding = TokenEncoding::Base64;

/// The platform with nothing but its record.
fn gone() -> StoredPlatform {
    StoredPlatform {
        tokens: vec![],
        connection: None,
        ..registered()
    }
}

/// Holds: C-14, C-15.
#[tokio::test]
async fn a_platform_that_leaves_is_kept_as_a_record() {
    let until = now().plus_ms(1000);
    let mut stored = registered();
    stored
        .tokens
        .push(presenting("former", CredentialsUse::Former { until }));
    for text in ["former", LIVE] {
        let world = World::of(vec![stored.clone()], &Peer::knowing("theirs", BASE64));
        let context = world.context(text, OcpiVersion::V2_2_1).await;
        let presented = token(text);
        let ended = world.app.unregister_platform(&context, &presented).await;
        ended.unwrap();
        assert_eq!(*world.known.get("peer"), gone());
        assert_eq!(world.good_for(LIVE).await, None);
        assert_eq!(world.good_for("former").await, None);
        // Nobody is called.
        assert!(world.peer.requests().is_empty());

        // It comes back with a new token A only.
        let token = world.app.issue_bootstrap_token(&id()).await.unwrap().token;
        let back = world.send(POST, token.expose(), emsp("theirs")).await;
        assert!(back.is_ok(), "{back:?}");
    }
}

/// Holds: C-14.
#[tokio::test]
async fn we_leave_and_say_so() {
    for version in OcpiVersion::ALL {
        let form = match version {
            OcpiVersion::V2_1_1 => TokenEncoding::Raw,
            OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => BASE64,
        };
        let world = World::of(vec![registered_in(version)], &Peer::knowing(THEIRS, form));
        let stored = world.app.unregister_from(&id(), false).await.unwrap();
        assert_eq!(*stored, gone());
        assert_eq!(*world.known.get("peer"), gone());
        let requests = world.peer.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].url, "https://peer.example/credentials");
        assert_eq!(requests[0].call.version, version);
        assert!(world.counted("handshake=\"unregister\",outcome=\"done\"} 1"));
        let again = world.app.unregister_from(&id(), false).await;
        assert!(matches!(again, Err(OperatorError::NotRegistered)));
    }
}

/// Holds: C-14, C-15. Without force, nothing is forgotten that the other side still knows.
#[tokio::test]
async fn a_platform_that_cannot_be_told_is_left_by_force_only() {
    let cases: [Case; 3] = [
        (
            "no answer",
            |world| world.peer.fail("delete", timed_out()),
            |error| matches!(error, OperatorError::Remote(RemoteError::TimedOut { .. })),
        ),
        (
            "it says no",
            |world| world.peer.fail("delete", refused()),
            |error| matches!(error, OperatorError::Remote(RemoteError::Refused { .. })),
        ),
        (
            "it lost our token",
            |world| world.peer.forget(THEIRS),
            |error| {
                matches!(
                    error,
                    OperatorError::Remote(RemoteError::Unauthorized { .. })
                )
            },
        ),
    ];
    for (name, arrange, is_expected) in cases {
        let world = World::of(vec![registered()], &Peer::knowing(THEIRS, BASE64));
        arrange(&world);
        let error = world
            .app
            .unregister_from(&id(), false)
            .await
            .expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
        assert_eq!(*world.known.get("peer"), registered(), "{name}");
        let bootstrap = world.app.issue_bootstrap_token(&id()).await;
        assert!(
            matches!(bootstrap, Err(OperatorError::AlreadyRegistered)),
            "{name}"
        );

        assert!(
            world.app.unregister_from(&id(), true).await.is_ok(),
            "{name}"
        );
        assert_eq!(*world.known.get("peer"), gone(), "{name}");
        assert!(
            world.app.issue_bootstrap_token(&id()).await.is_ok(),
            "{name}"
        );
    }
}

/// Holds: C-14, V-10. A connection of the operator's, never called before: first one looks where
/// to leave it.
#[tokio::test]
async fn a_connection_that_was_never_looked_up_is_left_too() {
    let mut stored = registered();
    stored.connection.as_mut().unwrap().served = None;
    let world = World::of(vec![stored.clone()], &Peer::knowing(THEIRS, BASE64));
    world.app.unregister_from(&id(), false).await.unwrap();
    let asked = ["versions", "details", "delete"].map(|what| format!("{what} {THEIRS} base64"));
    assert_eq!(world.peer.asked(), asked);

    let world = World::of(vec![stored], &Peer::knowing(THEIRS, BASE64));
    world.peer.serve(&[("tokens", None)]);
    let error = world.app.unregister_from(&id(), false).await.unwrap_err();
    assert!(
        matches!(error, OperatorError::EndpointsMissing(_)),
        "{error:?}"
    );
    assert!(world.app.unregister_from(&id(), true).await.is_ok());
}

/// Holds: C-15. What was only invited, or presents something and is not called, has nobody to tell.
#[tokio::test]
async fn a_platform_that_is_not_called_is_left_in_silence() {
    let mut configured = registered();
    configured.connection = None;
    for stored in [invited(), configured] {
        let world = World::of(vec![stored], &Peer::knowing(THEIRS, BASE64));
        let stored = world.app.unregister_from(&id(), false).await.unwrap();
        assert!(stored.tokens.is_empty());
        assert!(world.peer.requests().is_empty());
    }
    let world = World::of(
        vec![StoredPlatform::new(platform("peer"))],
        &Peer::knowing("x", BASE64),
    );
    for is_forced in [false, true] {
        let refused = world.app.unregister_from(&id(), is_forced).await;
        assert!(matches!(refused, Err(OperatorError::NotRegistered)));
    }
    let nobody = "nobody".parse().unwrap();
    for refused in [
        world.app.unregister_from(&nobody, true).await.err(),
        world.app.rotate_credentials(&nobody, true).await.err(),
        world.app.issue_bootstrap_token(&nobody).await.err(),
    ] {
        assert!(matches!(refused, Some(OperatorError::UnknownPlatform)));
    }
}
