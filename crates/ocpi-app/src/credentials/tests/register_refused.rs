//! What keeps us from registering with a platform leaves nothing behind.

use std::sync::Arc;

use ocpi_domain::{InterfaceRole, ModuleId, Platform, Role};
use ocpi_ports::{RemoteError, StoredPlatform, TokenEncoding};

use super::register::{door, register, unknown, world};
use super::{Case, World, id, other, registered};
use crate::testing::peer::{Peer, credentials, refused, timed_out, url};
use crate::testing::{down, party, platform};
use crate::{OperatorError, RegisterRequest};

const BASE64: TokenEncoding = TokenEncoding::Base64;

const BEFORE_THE_POST: &[Case] = &[
    (
        "its versions fail",
        |world| world.peer.fail("versions", timed_out()),
        |error| matches!(error, OperatorError::Remote(RemoteError::TimedOut { .. })),
    ),
    (
        "it does not know the token",
        |world| world.peer.forget("a-of-theirs"),
        |error| {
            matches!(
                error,
                OperatorError::Remote(RemoteError::Unauthorized { .. })
            )
        },
    ),
    (
        "no version is spoken by both",
        |world| world.peer.list(&["2.0", "2.2"]),
        |error| {
            matches!(error, OperatorError::NoCommonVersion(_))
                && error.to_string().contains("but 2.0, 2.2")
        },
    ),
    (
        "its details fail",
        |world| world.peer.fail("details", refused()),
        |error| matches!(error, OperatorError::Remote(RemoteError::Refused { .. })),
    ),
    (
        "its details are ours",
        |world| world.peer.move_details("https://here.example/ocpi/2.3.0"),
        |error| matches!(error, OperatorError::Remote(RemoteError::Forbidden { .. })),
    ),
    (
        "it has no credentials endpoint",
        |world| world.peer.serve(&[("tokens", Some(InterfaceRole::Sender))]),
        |error| {
            matches!(error, OperatorError::EndpointsMissing(missing)
                if *missing == [(ModuleId::Credentials, InterfaceRole::Sender)])
        },
    ),
    (
        "it is an eMSP without tokens",
        |world| {
            let sessions = ("sessions", Some(InterfaceRole::Receiver));
            world.peer.serve(&[("credentials", None), sessions]);
        },
        |error| {
            matches!(error, OperatorError::EndpointsMissing(missing)
                if *missing == [(ModuleId::Tokens, InterfaceRole::Sender)])
        },
    ),
    (
        "the store is down",
        |world| world.known.before_next_put(|_| Err(down())),
        |error| matches!(error, OperatorError::Storage(_)),
    ),
    (
        "it registered itself meanwhile",
        |world| {
            world.known.before_next_put(|platforms| {
                platforms[1] = Arc::new(registered());
                Ok(())
            });
        },
        |error| matches!(error, OperatorError::AlreadyRegistered),
    ),
];

/// Holds: C-10, C-12, C-24, V-10.
#[tokio::test]
async fn what_fails_before_the_post_sends_nothing() {
    for (name, arrange, is_expected) in BEFORE_THE_POST {
        let world = world(BASE64);
        arrange(&world);
        let error = register(&world, None).await.expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
        assert_eq!(world.known.writes(), 0, "{name}");
        let posted = world.peer.requests().iter().any(|it| it.what == "post");
        assert!(!posted, "{name}");
        assert!(!world.app.handshakes.is_running(&id()), "{name}");
    }
}

/// Holds: C-10. What was offered is good for nothing any more, whatever came of it.
#[tokio::test]
async fn a_post_that_fails_leaves_what_was_before() {
    for (failure, is_unknown) in [(refused(), false), (timed_out(), true)] {
        let world = world(BASE64);
        let before = world.known.all();
        world.peer.fail("post", failure.clone());
        let error = register(&world, None).await.unwrap_err();
        match error {
            OperatorError::OutcomeUnknown(said) if is_unknown => assert_eq!(said, failure),
            OperatorError::Remote(said) if !is_unknown => assert_eq!(said, failure),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.known.all(), before);
        assert_eq!(world.known.writes(), 2);
        let outcome = if is_unknown { "unknown" } else { "refused" };
        assert!(world.counted(&format!("outcome=\"{outcome}\"}} 1")));
    }
}

const CANNOT_BE_KEPT: &[Case] = &[
    (
        "another's party",
        |world| {
            world
                .peer
                .answer(credentials("theirs-2", &[("CPO", "NL/OTH")]));
        },
        |error| matches!(error, OperatorError::PartyTaken(taken, Role::Cpo) if *taken == party("NL/OTH")),
    ),
    (
        "a party of ours",
        |world| {
            world
                .peer
                .answer(credentials("theirs-2", &[("EMSP", "CH/ABC")]));
        },
        |error| matches!(error, OperatorError::Invalid(_)),
    ),
    (
        "a party that is not allowed",
        |world| {
            world
                .peer
                .answer(credentials("theirs-2", &[("EMSP", "DE/TWO")]));
        },
        |error| matches!(error, OperatorError::PartyNotAllowed(_)),
    ),
    (
        "nobody",
        |world| world.peer.answer(credentials("theirs-2", &[])),
        |error| matches!(error, OperatorError::Remote(RemoteError::Unreadable { .. })),
    ),
    (
        "a platform that is gone",
        |world| {
            let known = Arc::clone(&world.known);
            world.peer.on_request(move |request| {
                if request.what == "post" {
                    known.before_next_put(|platforms| {
                        platforms.retain(|stored| stored.platform.id.as_str() != "peer");
                        Ok(())
                    });
                }
                async {}
            });
        },
        |error| matches!(error, OperatorError::UnknownPlatform),
    ),
];

/// Holds: C-10, C-20. What we cannot keep the platform must not keep either.
#[tokio::test]
async fn an_answer_that_cannot_be_kept_is_taken_back() {
    for (name, arrange, is_expected) in CANNOT_BE_KEPT {
        let mut stored = unknown();
        if *name == "a party that is not allowed" {
            let allowed = Some(vec![party("DE/EMS")]);
            stored = StoredPlatform::new(Platform {
                allowed_parties: allowed,
                ..platform("peer")
            });
        }
        let peer = Peer::knowing("a-of-theirs", BASE64);
        peer.know("theirs-2", BASE64);
        let world = World::of(vec![stored.clone(), other(&[("CPO", "NL/OTH")])], &peer);
        arrange(&world);
        let error = register(&world, None).await.expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
        assert_eq!(
            world.peer.asked().last().unwrap(),
            "delete theirs-2 base64",
            "{name}"
        );
        if *name != "a platform that is gone" {
            assert_eq!(*world.known.get("peer"), stored, "{name}");
        }
    }
}

/// Holds: C-23.
#[tokio::test]
async fn we_do_not_register_with_ourselves() {
    let world = world(BASE64);
    let ourselves = RegisterRequest {
        versions_url: url("https://here.example/ocpi/emsp/versions"),
        ..door(None)
    };
    let refused = world.app.register_with(&id(), ourselves).await;
    assert!(matches!(refused, Err(OperatorError::Invalid(_))));
    assert!(world.peer.requests().is_empty());
    let unknown = world
        .app
        .register_with(&"nobody".parse().unwrap(), door(None))
        .await;
    assert!(matches!(unknown, Err(OperatorError::UnknownPlatform)));
}
