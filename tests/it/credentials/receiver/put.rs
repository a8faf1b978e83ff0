//! A platform replaces its credentials: C-06 to C-09.

use serde_json::json;

use crate::credentials::stage::{Stage, THEIR_NEXT, THEIRS, VERSIONS, given, role, written};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::peer::{Asked, Reads};
use crate::support::token::{card, with};
use crate::support::world::presented;

/// The grace of a token that was replaced, milliseconds.
const GRACE_MS: u32 = 300_000;

/// Holds: C-06, C-09, C-26, Z-07.
#[tokio::test]
async fn a_rotation_looks_again_and_replaces_both_tokens() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let first = stage.register(version).await;
        stage.peer.forget();
        stage.book(|book| book.knows = vec![THEIR_NEXT.to_owned()]);
        let body = stage.credentials(version, &json!({"token": THEIR_NEXT}));
        let second = given(&stage.send("PUT", version, &first, Some(&body)).await);
        assert_ne!(first, second, "{version}");
        let asked = stage.peer.asked();
        let lines: Vec<String> = asked.iter().map(Asked::line).collect();
        let details = format!("GET /ocpi/{version}");
        assert_eq!(lines, ["GET /ocpi/versions".to_owned(), details]);
        for asked in asked {
            assert_eq!(asked.token(), written(version, THEIR_NEXT), "{version}");
        }
        assert_eq!(stage.ours().await.as_deref(), Some(THEIR_NEXT));
        assert!(
            stage.admits_to_modules(&first).await,
            "a request on its way"
        );
        assert!(stage.admits_to_modules(&second).await, "{version}");
    }
}

/// Holds: C-09.
#[tokio::test]
async fn the_replaced_token_is_good_until_the_first_use_of_the_new_one() {
    let stage = Stage::new().await;
    let first = stage.register("2.3.0").await;
    let body = stage.credentials("2.3.0", &json!({}));
    let second = given(&stage.send("PUT", "2.3.0", &first, Some(&body)).await);
    for _ in 0..3 {
        assert!(stage.admits_to_modules(&first).await);
    }
    assert!(stage.admits(&second).await, "versions are a use too");
    assert!(!stage.admits(&first).await);
    assert!(!stage.admits_to_modules(&first).await);
    let live = presented(&second, ocpi_domain::CredentialsUse::Live);
    assert_eq!(stage.stored().await.tokens, [live]);
}

/// Holds: C-09.
#[tokio::test]
async fn the_replaced_token_is_good_for_five_minutes_and_no_longer() {
    let stage = Stage::new().await;
    let first = stage.register("2.3.0").await;
    let body = stage.credentials("2.3.0", &json!({}));
    let second = given(&stage.send("PUT", "2.3.0", &first, Some(&body)).await);
    stage.world.clock.advance_ms(GRACE_MS - 1);
    assert!(stage.admits_to_modules(&first).await);
    stage.world.clock.advance_ms(1);
    assert!(!stage.admits_to_modules(&first).await);
    assert!(!stage.admits(&first).await);
    assert!(stage.admits_to_modules(&second).await);
}

/// Holds: C-09.
#[tokio::test]
async fn of_many_rotations_the_last_two_tokens_are_good() {
    let stage = Stage::new().await;
    let mut tokens = vec![stage.register("2.3.0").await];
    for _ in 0..5 {
        let body = stage.credentials("2.3.0", &json!({}));
        let last = tokens.last().expect("one");
        tokens.push(given(&stage.send("PUT", "2.3.0", last, Some(&body)).await));
    }
    // Each was used, to replace it, but the last.
    let [former @ .., before, last] = tokens.as_slice() else {
        panic!("six tokens");
    };
    for token in former {
        assert!(!stage.admits(token).await);
    }
    assert!(stage.admits(before).await);
    assert!(stage.admits(last).await);
    assert!(!stage.admits(before).await);
}

/// Holds: C-08, Z-07.
#[tokio::test]
async fn a_new_token_that_is_not_live_yet_is_tried_first_and_then_the_former_once() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let first = stage.register(version).await;
        stage.peer.forget();
        // The book still knows the former one only.
        let body = stage.credentials(version, &json!({"token": THEIR_NEXT}));
        let answer = stage.send("PUT", version, &first, Some(&body)).await;
        given(&answer);
        let asked = stage.peer.asked();
        let first_look = asked.first().expect("it was called");
        assert!(
            first_look.presents(THEIR_NEXT),
            "{version}: the new one first"
        );
        let last_look = asked.last().expect("it was called");
        assert_eq!(last_look.target, format!("/ocpi/{version}"));
        assert!(last_look.presents(THEIRS), "{version}");
        // A look with each is a list, in at most two forms, and the details.
        assert!(asked.len() <= 4, "{version}: {asked:?}");
        assert_eq!(stage.ours().await.as_deref(), Some(THEIR_NEXT), "{version}");
    }
}

/// Holds: C-08, C-03.
#[tokio::test]
async fn when_the_platform_knows_neither_token_nothing_is_committed() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let first = stage.register(version).await;
        stage.book(|book| book.knows.clear());
        let before = stage.state().await;
        let body = stage.credentials(version, &json!({"token": THEIR_NEXT}));
        let refused = stage.send("PUT", version, &first, Some(&body)).await;
        assert_refused(&refused, (200, 3001), &version);
        assert!(refused.message().contains("401"), "{}", refused.message());
        assert_eq!(stage.state().await, before, "{version}");
        assert!(stage.admits_to_modules(&first).await, "{version}");
    }
}

/// Holds: C-07, M-16.
#[tokio::test]
async fn a_rotation_at_another_version_switches_to_it_and_keeps_what_is_stored() {
    for (from, to) in [("2.3.0", "2.2.1"), ("2.1.1", "2.3.0"), ("2.2.1", "2.1.1")] {
        let stage = Stage::new().await;
        let first = stage.register(from).await;
        let token = with(
            card("X"),
            &json!({"country_code": "DE", "party_id": "TNM", "group_id": "G"}),
        );
        let target = "/ocpi/cpo/2.3.0/tokens/DE/TNM/X";
        let put = Request::new("PUT", target).token(&first).json(&token);
        assert_eq!(stage.world.send(&put).await.codes(), (201, 1000));

        let body = stage.credentials(to, &json!({"token": THEIRS}));
        let second = given(&stage.send("PUT", to, &first, Some(&body)).await);
        let stored = stage.stored().await;
        let connection = stored.connection.as_ref().expect("we call it");
        let served = connection.served.as_ref().expect("it was looked up");
        assert_eq!(served.version.as_str(), to, "{from}");
        let of_version = format!("/ocpi/{to}/");
        for endpoint in &served.endpoints {
            assert!(endpoint.url.as_str().contains(&of_version), "{endpoint:?}");
        }
        // The version governs what we send: a request is served in that of its URL.
        for version in VERSIONS {
            let target = format!("/ocpi/cpo/{version}/tokens/DE/TNM/X");
            let get = Request::new("GET", &target).token(&second);
            let shown = stage.world.send(&get).await;
            assert_eq!(shown.codes(), (200, 1000), "{from} {to} {version}");
            let id = if version == "2.1.1" {
                "auth_id"
            } else {
                "contract_id"
            };
            assert_eq!(shown.data()[id], token["contract_id"], "{version}");
        }
    }
}

/// Holds: C-06, C-20.
#[tokio::test]
async fn a_rotation_replaces_the_parties_too() {
    let stage = Stage::new().await;
    let first = stage.register("2.3.0").await;
    let roles = json!({"roles": [role("EMSP", "DE", "NEW"), role("CPO", "DE", "TNM")]});
    let body = stage.credentials("2.3.0", &roles);
    let second = given(&stage.send("PUT", "2.3.0", &first, Some(&body)).await);
    for (party, status) in [("NEW", (404, 2004)), ("TNM", (404, 2000))] {
        let target = format!("/ocpi/cpo/2.3.0/tokens/DE/{party}/X");
        let get = Request::new("GET", &target).token(&second);
        assert_eq!(stage.world.send(&get).await.codes(), status, "{party}");
    }
}

/// Holds: C-05, Z-06, T-49.
#[tokio::test]
async fn who_is_not_registered_can_neither_rotate_nor_leave() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    for version in VERSIONS {
        let body = stage.credentials(version, &json!({}));
        for method in ["PUT", "DELETE"] {
            let known = stage
                .send(method, version, &stage.bootstrap, Some(&body))
                .await;
            assert_refused(&known, (405, 2000), &format_args!("{method} {version}"));
            let unknown = stage.send(method, version, "nobody.s", Some(&body)).await;
            assert_refused(&unknown, (401, 2000), &format_args!("{method} {version}"));
        }
    }
    assert_eq!(stage.state().await, before);
    assert!(stage.peer.asked().is_empty());
}

/// Holds: C-04, T-49.
#[tokio::test]
async fn who_is_registered_cannot_register_again() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let live = stage.register(version).await;
        stage.peer.forget();
        let before = stage.state().await;
        let body = stage.credentials(version, &json!({}));
        let refused = stage.send("POST", version, &live, Some(&body)).await;
        assert_refused(&refused, (405, 2000), &version);
        let said = refused.message();
        assert!(said.contains("PUT"), "says what to do: {said}");
        assert_eq!(stage.state().await, before, "{version}");
        assert!(stage.peer.asked().is_empty(), "{version}");
    }
}

/// Holds: T-08, Q-01.
#[tokio::test]
async fn the_form_in_which_a_platform_reads_our_token_is_found_and_remembered() {
    use ocpi_domain::AuthEncoding;

    for (version, reads, learned) in [
        ("2.3.0", Reads::Base64, AuthEncoding::Auto),
        ("2.3.0", Reads::Raw, AuthEncoding::Raw),
        ("2.2.1", Reads::Raw, AuthEncoding::Raw),
        ("2.1.1", Reads::Raw, AuthEncoding::Auto),
        ("2.1.1", Reads::Base64, AuthEncoding::Base64),
    ] {
        let stage = Stage::new().await;
        stage.book(|book| book.reads = reads);
        let live = stage.register(version).await;
        let stored = stage.stored().await;
        assert_eq!(
            stored.platform.profile.auth_encoding, learned,
            "{version} {reads:?}"
        );
        // What is known is not tried again in the other form.
        stage.peer.forget();
        let body = stage.credentials(version, &json!({}));
        given(&stage.send("PUT", version, &live, Some(&body)).await);
        assert_eq!(stage.peer.asked().len(), 2, "{version} {reads:?}");
    }
}

/// Holds: T-08.
#[tokio::test]
async fn what_a_platform_presents_hints_at_what_it_reads() {
    let stage = Stage::new().await;
    stage.book(|book| book.reads = Reads::Raw);
    // It sends its token as it is, where 2.3.0 has it encoded.
    let request = Request::new("POST", "/ocpi/2.3.0/credentials")
        .token(&stage.bootstrap)
        .json(&stage.credentials("2.3.0", &json!({})));
    given(&stage.world.send(&request).await);
    let asked = stage.peer.asked();
    assert!(asked.iter().all(|it| it.token() == THEIRS), "{asked:?}");
    assert_eq!(asked.len(), 2);
}
