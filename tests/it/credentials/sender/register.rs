//! We register: C-10 to C-12, V-10.

use std::sync::{Arc, Mutex};

use ocpi_domain::{AuthEncoding, CredentialsUse, Role};
use serde_json::json;

use super::{TOKEN_A, TOKEN_C, follow, lines, lists, offered, register, stage, stage_of};
use crate::credentials::stage::{PEER, VERSIONS, admits, written};
use crate::support::pair::id;
use crate::support::peer::Reads;
use crate::support::world::{WorldBuilder, hosted, party, presented};

/// Holds: C-11, C-16, C-17, T-02, T-03, T-60, T-86, V-10, V-11.
#[tokio::test]
async fn we_register_in_each_version_by_the_book() {
    for version in VERSIONS {
        let stage = stage().await;
        follow(&stage, lists(&stage, &[version]));
        register(&stage).await.expect("by the book");
        let asked = stage.peer.asked();
        let post = format!("POST /ocpi/{version}/credentials");
        let details = format!("GET /ocpi/{version}");
        assert_eq!(lines(&asked), ["GET /ocpi/versions", &details, &post]);
        for (number, asked) in asked.iter().enumerate() {
            // Before the list is read the version is not known.
            let version = if number == 0 { "2.3.0" } else { version };
            assert_eq!(asked.token(), written(version, TOKEN_A), "{version}");
            let has = |name: &str| asked.headers.contains_key(name);
            assert_eq!(has("content-type"), asked.method == "POST", "{version}");
            assert!(!has("ocpi-to-party-id") && !has("ocpi-from-party-id"));
        }
        let sent = &asked[2];
        assert_eq!(sent.headers["content-type"], "application/json");
        let mut ours = sent.json();
        let token = offered(&asked);
        ours["token"].take();
        let role = |role: &str| {
            json!({
                "role": role,
                "business_details": {"name": "Example"},
                "party_id": "ABC",
                "country_code": "CH",
            })
        };
        let expected = if version == "2.1.1" {
            json!({
                "token": null,
                "url": format!("{}/ocpi/cpo/versions", stage.world.url),
                "business_details": {"name": "Example"},
                "party_id": "ABC",
                "country_code": "CH",
            })
        } else {
            json!({
                "token": null,
                "url": format!("{}/ocpi/versions", stage.world.url),
                "roles": [role("CPO"), role("EMSP")],
            })
        };
        assert_eq!(ours, expected, "{version}");
        // From now on C is presented, and what we offered opens everything.
        let stored = stage.stored().await;
        assert_eq!(stored.tokens, [presented(&token, CredentialsUse::Live)]);
        assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_C));
        assert!(stored.platform.holds(party("DE", "TNM"), &Role::Emsp));
        let connection = stored.connection.as_ref().expect("we call it");
        assert_eq!(connection.versions_url.as_str(), stage.peer.versions_url());
        let served = connection.served.as_ref().expect("it was looked up");
        assert_eq!(served.version.as_str(), version);
    }
}

/// Holds: T-82, T-81.
#[tokio::test]
async fn each_request_has_an_id_of_its_own_and_all_of_one_handshake_have_one_in_common() {
    let stage = stage().await;
    follow(&stage, lists(&stage, &["2.3.0"]));
    register(&stage).await.expect("by the book");
    let asked = stage.peer.asked();
    let ids = |name: &str| {
        let ids = asked.iter().map(|it| it.headers[name].clone());
        ids.collect::<std::collections::HashSet<String>>()
    };
    assert_eq!(ids("x-request-id").len(), asked.len());
    assert_eq!(ids("x-correlation-id").len(), 1);
    for id in ids("x-request-id") {
        assert_eq!(id.len(), 36, "a UUID: {id}");
    }
}

/// Holds: C-10, T-11.
#[tokio::test]
async fn what_we_offer_opens_our_versions_before_the_platform_has_answered_and_no_module() {
    for version in VERSIONS {
        let stage = stage().await;
        let book = lists(&stage, &[version]);
        let found = Arc::new(Mutex::new(Vec::new()));
        let (world, seen) = (stage.world.address, Arc::clone(&found));
        stage.peer.does(move |asked| {
            let (book, seen) = (book.clone(), Arc::clone(&seen));
            async move {
                if asked.method == "POST" {
                    let token = asked.json()["token"].as_str().unwrap().to_owned();
                    for target in [
                        "/ocpi/versions",
                        "/ocpi/2.3.0",
                        "/ocpi/2.3.0/credentials",
                        "/ocpi/cpo/2.3.0/tokens/DE/TNM/X",
                    ] {
                        use crate::support::http::{Connection, Request};
                        let request = Request::new("GET", target).token(&token);
                        let response = Connection::open(world).await.send(&request).await;
                        seen.lock().unwrap().push(response.codes());
                    }
                }
                book.answer(&asked)
            }
        });
        register(&stage).await.expect("by the book");
        let (yes, no) = ((200, 1000), (401, 2000));
        assert_eq!(*found.lock().unwrap(), [yes, yes, yes, no], "{version}");
        let token = offered(&stage.peer.asked());
        assert!(stage.admits_to_modules(&token).await, "{version}");
    }
}

/// Holds: V-10.
#[tokio::test]
async fn of_the_versions_that_both_list_the_highest_is_chosen() {
    for (listed, chosen) in [
        (
            vec!["2.0", "2.1", "2.1.1", "2.2", "2.2.1", "2.3.0"],
            "2.3.0",
        ),
        (vec!["2.3.0", "2.2.1", "2.1.1"], "2.3.0"),
        (vec!["2.2.1", "3.0", "2.1.1"], "2.2.1"),
        (vec!["9.9", "2.1.1", "2.2"], "2.1.1"),
    ] {
        let stage = stage().await;
        let mut book = lists(&stage, &listed);
        book.credentials = Some(super::answer_of(&stage, chosen, TOKEN_C));
        follow(&stage, book);
        register(&stage).await.expect("by the book");
        let stored = stage.stored().await;
        let connection = stored.connection.as_ref().expect("we call it");
        let served = connection.served.as_ref().expect("it was looked up");
        assert_eq!(served.version.as_str(), chosen, "{listed:?}");
    }
}

/// Holds: C-11, T-08.
#[tokio::test]
async fn a_token_that_is_refused_in_one_form_is_tried_in_the_other() {
    for (version, reads, learned) in [
        ("2.3.0", Reads::Base64, AuthEncoding::Auto),
        ("2.3.0", Reads::Raw, AuthEncoding::Raw),
        ("2.2.1", Reads::Raw, AuthEncoding::Raw),
    ] {
        let stage = stage().await;
        let mut book = lists(&stage, &[version]);
        book.reads = reads;
        follow(&stage, book);
        register(&stage).await.expect("it reads one of the two");
        let learned_form = stage.stored().await.platform.profile.auth_encoding;
        assert_eq!(learned_form, learned, "{version} {reads:?}");
        // Once the form is known it is used: one call was too many at most.
        assert!(stage.peer.asked().len() <= 4, "{version} {reads:?}");
    }
    // The version is not known before the list is: both forms are tried for 2.1.1 too.
    let stage = stage().await;
    let mut book = lists(&stage, &["2.1.1"]);
    book.reads = Reads::Raw;
    follow(&stage, book);
    register(&stage).await.expect("it reads tokens as they are");
    let profile = stage.stored().await.platform.profile;
    assert_eq!(profile.auth_encoding, AuthEncoding::Auto, "as 2.1.1 says");
}

/// Holds: C-17, M-13, M-14.
#[tokio::test]
async fn with_a_cpo_of_2_1_1_we_are_the_emsp() {
    let stage = stage().await;
    let mut book = lists(&stage, &["2.1.1"]);
    book.endpoints = vec![("credentials", ""), ("tokens", ""), ("sessions", "")];
    follow(&stage, book);
    let request = ocpi_app::RegisterRequest {
        versions_url: stage.peer.versions_url().parse().expect("a URL"),
        token: ocpi_domain::CredentialsToken::new(TOKEN_A).expect("a token"),
        peer_role: Some(Role::Cpo),
    };
    let app = &stage.world.app;
    app.register_with(&id(PEER), request)
        .await
        .expect("by the book");
    let post = stage.peer.asked().pop().expect("we sent our credentials");
    let url = format!("{}/ocpi/emsp/versions", stage.world.url);
    assert_eq!(post.json()["url"], url);
    let stored = stage.stored().await;
    assert!(stored.platform.holds(party("DE", "TNM"), &Role::Cpo));
    let connection = stored.connection.as_ref().expect("we call it");
    let served = connection.served.as_ref().expect("it was looked up");
    let mut roles: Vec<String> = served
        .endpoints
        .iter()
        .filter(|it| it.identifier.as_str() != "credentials")
        .map(|it| format!("{} {}", it.identifier, it.role))
        .collect();
    roles.sort();
    assert_eq!(roles, ["sessions SENDER", "tokens RECEIVER"]);
}

/// Holds: C-16.
#[tokio::test]
async fn our_credentials_name_every_party_in_every_role_once() {
    let mut builder = WorldBuilder::alone();
    builder.hosted = vec![
        hosted("CH", "ONE", &[Role::Emsp]),
        hosted("CH", "TWO", &[Role::Cpo, Role::Emsp]),
    ];
    let stage = stage_of(builder).await;
    follow(&stage, lists(&stage, &["2.2.1"]));
    register(&stage).await.expect("by the book");
    let sent = stage.peer.asked().pop().expect("we sent our credentials");
    let body = sent.json();
    let roles: Vec<String> = body["roles"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| format!("{} {} {}", it["country_code"], it["party_id"], it["role"]))
        .collect();
    let expected = ["ONE EMSP", "TWO CPO", "TWO EMSP"]
        .map(|text| format!("\"CH\" \"{}\"", text.replace(' ', "\" \"")));
    assert_eq!(roles, expected);
}

/// Holds: C-20.
#[tokio::test]
async fn what_the_platform_answers_is_checked_as_what_it_sends() {
    let roles = [("DE", "TNM", Role::Emsp)];
    let other = crate::support::world::platform("other", ocpi_domain::Profile::default(), &roles);
    let builder = WorldBuilder::alone().platform(other, "other.token");
    let stage = stage_of(builder).await;
    follow(&stage, lists(&stage, &["2.3.0"]));
    let before = stage.stored().await;
    let refused = register(&stage).await.expect_err("the party is taken");
    assert!(refused.to_string().contains("DE/TNM"), "{refused}");
    assert_eq!(stage.stored().await, before);
    let token = offered(&stage.peer.asked());
    assert!(!admits(&stage.world, "/ocpi/versions", &token).await);
}
