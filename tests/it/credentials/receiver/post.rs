//! A platform registers with us: C-02.

use std::collections::HashSet;

use ocpi_domain::{CredentialsUse, Role};
use serde_json::{Value, json};

use crate::credentials::stage::{PEER, Stage, THEIRS, VERSIONS, endpoint, issue, written};
use crate::support::answer::{assert_refused, opened};
use crate::support::http::Request;
use crate::support::pair::id;
use crate::support::peer::Asked;
use crate::support::token::{card, with};
use crate::support::world::{party, presented};

/// Holds: C-01, C-02, C-03, C-26, T-11.
#[tokio::test]
async fn a_platform_registers_in_each_version_and_its_bootstrap_token_is_spent() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let body = stage.credentials(version, &json!({}));
        let response = stage
            .send("POST", version, &stage.bootstrap, Some(&body))
            .await;
        assert_eq!(response.codes(), (200, 1000), "{version}");
        let ours = opened(&response, &version).expect("our credentials");
        let token = ours["token"].as_str().expect("a token");
        // Looked up with their token, in the order of the book, before anything was stored.
        let asked: Vec<String> = stage.peer.asked().iter().map(Asked::line).collect();
        let details = format!("GET /ocpi/{version}");
        assert_eq!(asked, ["GET /ocpi/versions".to_owned(), details]);
        for asked in stage.peer.asked() {
            assert_eq!(asked.token(), written(version, THEIRS), "{version}");
        }
        // One token is good now, for everything; the bootstrap token is good for nothing.
        let stored = stage.stored().await;
        assert_eq!(stored.tokens, [presented(token, CredentialsUse::Live)]);
        assert!(!stage.admits(&stage.bootstrap).await, "{version}");
        assert!(!stage.admits(THEIRS).await, "theirs is for us to present");
        assert!(stage.admits_to_modules(token).await, "{version}");
    }
}

/// Holds: C-02, C-20, M-13, D-10.
#[tokio::test]
async fn what_a_platform_says_of_itself_is_stored_whole() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        stage.register(version).await;
        let stored = stage.stored().await;
        let held: Vec<_> = stored.platform.roles.iter().collect();
        assert_eq!(held.len(), 1, "{version}: {held:?}");
        assert!(stored.platform.holds(party("DE", "TNM"), &Role::Emsp));
        assert_eq!(stored.platform.hub, None);
        let connection = stored.connection.as_ref().expect("we call it");
        assert_eq!(connection.versions_url.as_str(), stage.peer.versions_url());
        assert_eq!(stage.ours().await.as_deref(), Some(THEIRS));
        let served = connection.served.as_ref().expect("it was looked up");
        assert_eq!(served.version.as_str(), version);
        let mut endpoints: Vec<String> = served
            .endpoints
            .iter()
            .filter(|it| it.identifier.as_str() != "credentials")
            .map(|it| format!("{} {} {}", it.identifier, it.role, it.url))
            .collect();
        endpoints.sort();
        let url = &stage.peer.url;
        let expected = [
            format!("sessions RECEIVER {url}/ocpi/{version}/sessions/receiver"),
            format!("tokens SENDER {url}/ocpi/{version}/tokens/sender"),
        ];
        assert_eq!(endpoints, expected, "{version}");
        let [presents] = connection.presented.as_slice() else {
            panic!("{version}: {:?}", connection.presented);
        };
        assert_eq!(presents.role, Role::Emsp, "{version}");
        assert_eq!(json!(presents.business_details.name), "The other side");
    }
}

/// Holds: T-07.
#[tokio::test]
async fn the_tokens_that_we_make_are_long_random_and_never_like_base64() {
    let stage = Stage::new().await;
    let mut made = HashSet::new();
    let mut token = stage.register("2.3.0").await;
    for _ in 0..20 {
        made.insert(token.clone());
        let body = stage.credentials("2.3.0", &json!({}));
        let response = stage.send("PUT", "2.3.0", &token, Some(&body)).await;
        token = crate::credentials::stage::given(&response);
    }
    let other = id("other");
    let row = ocpi_domain::Platform::new(other.clone());
    stage.world.know(row).await;
    for _ in 0..20 {
        made.insert(issue(&stage.world, &other).await);
    }
    assert_eq!(made.len(), 40, "each is another");
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    for token in made {
        let bytes = token.as_bytes();
        // 22 characters of 6 bits hold 128 bits.
        assert!((22..=64).contains(&bytes.len()), "{token}");
        assert!(bytes.iter().all(u8::is_ascii_graphic), "{token}");
        assert!(!bytes.iter().copied().all(is_base64), "{token}");
    }
}

/// Holds: C-13, C-16, C-17, T-86.
#[tokio::test]
async fn our_credentials_are_those_of_the_version_and_name_no_other_token() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let body = stage.credentials(version, &json!({}));
        let response = stage
            .send("POST", version, &stage.bootstrap, Some(&body))
            .await;
        for name in ["OCPI-to-party-id", "OCPI-from-party-id"] {
            assert_eq!(response.header(name), None, "{version}");
        }
        let mut ours = response.data();
        let token = ours["token"].take();
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
        // Asked again, they hold the token that is presented.
        let token = token.as_str().expect("a token");
        let again = stage.send("GET", version, token, None).await.data();
        assert_eq!(again, with(expected, &json!({"token": token})), "{version}");
    }
}

/// Holds: C-13, T-11.
#[tokio::test]
async fn a_bootstrap_token_opens_versions_details_and_credentials_and_nothing_else() {
    let stage = Stage::new().await;
    let credentials = stage
        .send("GET", "2.3.0", &stage.bootstrap, None)
        .await
        .data();
    assert_eq!(credentials["token"], stage.bootstrap);
    for target in ["/ocpi/versions", "/ocpi/2.3.0", "/ocpi/cpo/2.1.1"] {
        let request = Request::new("GET", target).token(&stage.bootstrap);
        assert_eq!(stage.world.send(&request).await.codes(), (200, 1000));
    }
    let request = Request::new("PUT", "/ocpi/cpo/2.3.0/tokens/DE/TNM/X")
        .token(&stage.bootstrap)
        .json(&card("X"));
    let refused = stage.world.send(&request).await;
    assert_refused(&refused, (401, 2000), &"a module");
    assert_eq!(refused.header("WWW-Authenticate"), Some("Token"));
}

/// Holds: C-02, C-15, C-20.
#[tokio::test]
async fn who_registered_may_write_what_its_role_may_in_any_version() {
    let stage = Stage::new().await;
    let token = stage.register("2.2.1").await;
    let theirs = with(card("X"), &json!({"country_code": "DE", "party_id": "TNM"}));
    let put = |version: &str, token: &str, uid: &str, body: &Value| {
        let target = format!("/ocpi/cpo/{version}/tokens/DE/TNM/{uid}");
        Request::new("PUT", &target).token(token).json(body)
    };
    let written = stage.world.send(&put("2.2.1", &token, "X", &theirs)).await;
    assert_eq!(written.codes(), (201, 1000), "{}", written.message());
    let request = put("2.3.0", &token, "X", &theirs);
    assert_eq!(stage.world.send(&request).await.codes(), (200, 1000));
    // It is no CPO.
    let sessions = "/ocpi/emsp/2.2.1/sessions/DE/TNM/S1";
    let request = Request::new("GET", sessions).token(&token);
    assert_eq!(stage.world.send(&request).await.codes(), (404, 2000));
}

/// Holds: C-02, C-15.
#[tokio::test]
async fn a_bootstrap_token_ends_with_its_time_or_with_the_next() {
    let stage = Stage::new().await;
    let next = issue(&stage.world, &id(PEER)).await;
    assert!(!stage.admits(&stage.bootstrap).await, "there is a next one");
    assert!(stage.admits(&next).await);
    stage.world.clock.advance_ms(7 * 24 * 60 * 60 * 1000 - 1);
    assert!(stage.admits(&next).await, "until the last moment");
    stage.world.clock.advance_ms(1);
    let before = stage.state().await;
    for version in VERSIONS {
        let body = stage.credentials(version, &json!({}));
        let late = stage.send("POST", version, &next, Some(&body)).await;
        assert_refused(&late, (401, 2000), &version);
    }
    assert_eq!(stage.state().await, before);
    assert!(stage.peer.asked().is_empty(), "nobody is called for it");
}

/// Holds: C-01, T-33.
#[tokio::test]
async fn the_credentials_endpoint_offers_four_methods_and_no_other() {
    let stage = Stage::new().await;
    for version in VERSIONS {
        for method in ["PATCH", "OPTIONS", "BREW"] {
            let request = Request::new(method, &endpoint(version)).token(&stage.bootstrap);
            let refused = stage.world.send(&request).await;
            assert_refused(&refused, (405, 2000), &method);
            assert_eq!(
                refused.header("Allow"),
                Some("GET, POST, PUT, DELETE"),
                "{version} {method}"
            );
        }
    }
}

/// Holds: V-15, C-01.
#[tokio::test]
async fn a_platform_registers_below_any_root_and_is_told_that_root() {
    for version in ["2.2.1", "2.3.0"] {
        for root in ["/ocpi", "/ocpi/cpo", "/ocpi/emsp"] {
            let stage = Stage::new().await;
            let request = Request::new("POST", &format!("{root}/{version}/credentials"))
                .token(&stage.bootstrap)
                .json(&stage.credentials(version, &json!({})));
            let ours = stage.world.send(&request).await.data();
            let url = format!("{}{root}/versions", stage.world.url);
            assert_eq!(ours["url"], url, "{version}");
        }
    }
}
