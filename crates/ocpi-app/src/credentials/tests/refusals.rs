//! What keeps a platform from registering changes nothing.

use std::sync::Arc;

use ocpi_domain::{Credentials, CredentialsUse, OcpiVersion, Platform};
use ocpi_ports::{RemoteError, StoredPlatform, TokenEncoding};

use super::{LIVE, POST, PUT, THEIRS, World, emsp, invited, other, presenting, registered};
use crate::CredentialsError;
use crate::testing::peer::{Peer, credentials, refused, timed_out, token, url};
use crate::testing::{down, now, party};

/// What is changed before a POST, and the error that comes of it.
struct Case {
    name: &'static str,
    arrange: fn(&World),
    offered: fn() -> Credentials,
    is_expected: fn(&CredentialsError) -> bool,
    /// Whether it is refused before anybody is called.
    is_early: bool,
}

fn theirs() -> Credentials {
    emsp("theirs")
}

const CASES: &[Case] = &[
    Case {
        name: "its versions time out",
        arrange: |world| world.peer.fail("versions", timed_out()),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::Callback(RemoteError::TimedOut { .. })
            )
        },
        is_early: false,
    },
    Case {
        name: "it refuses its versions",
        arrange: |world| world.peer.fail("versions", refused()),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::Callback(RemoteError::Refused { .. })
            )
        },
        is_early: false,
    },
    Case {
        name: "it does not know the token that it offers",
        arrange: |world| world.peer.forget("theirs"),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::Callback(RemoteError::Unauthorized { .. })
            )
        },
        is_early: false,
    },
    Case {
        name: "it does not list the version of the URL",
        arrange: |world| world.peer.list(&["2.2.1", "2.1.1", "3.0"]),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::VersionNotListed(OcpiVersion::V2_3_0)
            )
        },
        is_early: false,
    },
    Case {
        name: "its details cannot be read",
        arrange: |world| world.peer.fail("details", refused()),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::Callback(RemoteError::Refused { .. })
            )
        },
        is_early: false,
    },
    Case {
        name: "its details are ours",
        arrange: |world| world.peer.move_details("https://here.example/ocpi/2.3.0"),
        offered: theirs,
        is_expected: |error| {
            matches!(
                error,
                CredentialsError::Callback(RemoteError::Forbidden { .. })
            )
        },
        is_early: false,
    },
    Case {
        name: "it serves no tokens",
        arrange: |world| world.peer.serve(&[("credentials", None)]),
        offered: theirs,
        is_expected: |error| {
            matches!(error, CredentialsError::EndpointsMissing(missing) if missing.len() == 1)
                && error.to_string().contains("tokens SENDER")
        },
        is_early: false,
    },
    Case {
        name: "its versions endpoint is ours",
        arrange: |_| {},
        offered: || Credentials {
            url: url("https://here.example/ocpi/versions"),
            ..theirs()
        },
        is_expected: |error| matches!(error, CredentialsError::Invalid(invalid) if invalid.field == "url"),
        is_early: true,
    },
    Case {
        name: "it speaks for nobody",
        arrange: |_| {},
        offered: || credentials("theirs", &[]),
        is_expected: |error| matches!(error, CredentialsError::Invalid(invalid) if invalid.field == "roles"),
        is_early: true,
    },
    Case {
        name: "it speaks for another's party",
        arrange: |_| {},
        offered: || credentials("theirs", &[("EMSP", "DE/EMS"), ("CPO", "nl/oth")]),
        is_expected: |error| matches!(error, CredentialsError::PartyTaken(taken, _) if *taken == party("NL/OTH")),
        is_early: true,
    },
    Case {
        name: "it speaks for a party of ours",
        arrange: |_| {},
        offered: || credentials("theirs", &[("EMSP", "CH/ABC")]),
        is_expected: |error| {
            matches!(error, CredentialsError::Invalid(invalid) if invalid.field == "roles")
                && error.to_string().contains("CH/ABC is hosted here as EMSP")
        },
        is_early: true,
    },
    Case {
        name: "the store is down",
        arrange: |world| world.known.before_next_put(|_| Err(down())),
        offered: theirs,
        is_expected: |error| matches!(error, CredentialsError::Storage(_)),
        is_early: false,
    },
];

fn world(stored: StoredPlatform) -> World {
    let peer = Peer::knowing("theirs", TokenEncoding::Base64);
    World::of(vec![stored, other(&[("CPO", "NL/OTH")])], &peer)
}

/// Holds: C-03, C-20, C-22, C-23, C-27, T-50, T-51, T-52.
#[tokio::test]
async fn a_failure_at_any_step_of_a_registration_changes_nothing() {
    for case in CASES {
        let world = world(invited());
        (case.arrange)(&world);
        let before = world.known.all();
        let error = world.send(POST, "token-a", (case.offered)()).await;
        let error = error.expect_err(case.name);
        assert!((case.is_expected)(&error), "{}: {error:?}", case.name);
        assert_eq!(world.known.all(), before, "{}", case.name);
        assert_eq!(
            world.peer.requests().is_empty(),
            case.is_early,
            "{}",
            case.name
        );
        assert_eq!(world.known.writes(), 0, "{}", case.name);

        // Token A is as good as before.
        world.peer.recover();
        let peer = Peer::knowing("theirs", TokenEncoding::Base64);
        let later = World::of(
            world
                .known
                .all()
                .iter()
                .map(|it| StoredPlatform::clone(it))
                .collect(),
            &peer,
        );
        let registered = later.send(POST, "token-a", theirs()).await;
        assert!(registered.is_ok(), "{}: {registered:?}", case.name);
    }
}

/// Holds: C-03, C-08. The same, when it replaces its credentials: both former tokens stay.
#[tokio::test]
async fn a_failure_at_any_step_of_a_rotation_changes_nothing() {
    for case in CASES {
        let world = world(registered());
        (case.arrange)(&world);
        let before = world.known.all();
        let error = world.send(PUT, LIVE, (case.offered)()).await;
        let error = error.expect_err(case.name);
        assert!((case.is_expected)(&error), "{}: {error:?}", case.name);
        assert_eq!(world.known.all(), before, "{}", case.name);
        assert_eq!(world.good_for(LIVE).await, Some(CredentialsUse::Live));
        assert_eq!(world.sealed(), THEIRS);
    }
}

/// Holds: C-04, C-05, Z-06.
#[tokio::test]
async fn what_does_not_fit_the_state_of_the_connection_is_refused() {
    let until = now().plus_ms(1000);
    let mut replaced = registered();
    replaced
        .tokens
        .push(presenting("former", CredentialsUse::Former { until }));
    for (stored, text, sent) in [
        (registered(), LIVE, POST),
        (replaced.clone(), "former", POST),
        (invited(), "token-a", PUT),
    ] {
        let world = world(stored);
        let before = world.known.all();
        // The use of a live token ends a former one; here it is not used.
        let refused = world.send(sent, text, theirs()).await;
        assert!(
            matches!(refused, Err(CredentialsError::WrongState(_))),
            "{text}"
        );
        if text != LIVE {
            assert_eq!(world.known.all(), before, "{text}");
        }
        assert!(world.peer.requests().is_empty());
        assert!(world.counted("outcome=\"refused\"} 1"));
    }
    let world = world(invited());
    let context = world.context("token-a", OcpiVersion::V2_3_0).await;
    let presented = token("token-a");
    let refused = world.app.unregister_platform(&context, &presented).await;
    assert!(matches!(refused, Err(CredentialsError::WrongState(_))));
}

/// Holds: C-20. The operator's list is the last word, about whom we host as well.
#[tokio::test]
async fn an_allow_list_bounds_what_a_platform_speaks_for() {
    let limited = |parties: &[&str]| {
        let mut stored = invited();
        let allowed = parties.iter().map(|name| party(name)).collect();
        stored.platform = Arc::new(Platform {
            allowed_parties: Some(allowed),
            ..Platform::clone(&stored.platform)
        });
        stored
    };
    for (allowed, claimed, is_refused) in [
        (&["DE/EMS"][..], &[("EMSP", "DE/EMS")][..], false),
        (&["DE/EMS"], &[("EMSP", "DE/EMS"), ("NSP", "DE/TWO")], true),
        (&[], &[("EMSP", "DE/EMS")], true),
        (&["CH/ABC"], &[("EMSP", "CH/ABC")], false),
    ] {
        let world = world(limited(allowed));
        let answer = world
            .send(POST, "token-a", credentials("theirs", claimed))
            .await;
        assert_eq!(
            answer.is_err(),
            is_refused,
            "{allowed:?} {claimed:?}: {answer:?}"
        );
        if let Err(error) = answer {
            assert!(
                matches!(error, CredentialsError::PartyNotAllowed(_)),
                "{error:?}"
            );
        }
    }
}

/// Holds: C-02, C-15. A token to register with ends, and has another one after it.
#[tokio::test]
async fn a_token_a_is_good_until_its_end_and_until_the_next_one() {
    let peer = Peer::knowing("theirs", TokenEncoding::Base64);
    let world = World::of(
        vec![StoredPlatform::new(crate::testing::platform("peer"))],
        &peer,
    );
    let id = super::id();
    let first = world.app.issue_bootstrap_token(&id).await.unwrap();
    let second = world.app.issue_bootstrap_token(&id).await.unwrap();
    assert_eq!(world.good_for(first.token.expose()).await, None);
    let week = 7 * 24 * 60 * 60 * 1000;
    assert_eq!(second.expires_at, now().plus_ms(week));
    world.clock.pass_ms(week - 1);
    let text = second.token.expose();
    assert!(world.good_for(text).await.is_some());
    world.clock.pass_ms(1);
    assert_eq!(world.good_for(text).await, None);

    // It ended while we looked.
    world.clock.pass_ms(-1);
    let clock = Arc::clone(&world.clock);
    peer.on_request(move |_| {
        clock.pass_ms(1);
        async {}
    });
    let late = world.send(POST, text, theirs()).await;
    assert!(matches!(late, Err(CredentialsError::WrongState(_))));
}
