//! Registering: a peer with another peer, which answers as a platform does.

use ocpi_domain::OcpiVersion;
use ocpi_simulate::{Peer, PeerRole, RequestKind};

use super::plain::{get, options, send, send_with, start};

/// Holds: V-01, V-03, V-04, V-08, C-16, C-17.
#[tokio::test]
async fn versions_and_details_say_where_things_are() {
    for version in OcpiVersion::ALL {
        for (role, word) in [(PeerRole::Emsp, "SENDER"), (PeerRole::Cpo, "RECEIVER")] {
            let peer = start(options(role, version, 0)).await;
            let listed = get(&peer, "versions").await.data();
            assert_eq!(listed.as_array().unwrap().len(), 1);
            assert_eq!(listed[0]["version"], version.as_str());
            let details = get(&peer, version.as_str()).await.data();
            let endpoints = details["endpoints"].as_array().unwrap();
            let is_tokens = |endpoint: &&serde_json::Value| endpoint["identifier"] == "tokens";
            let tokens = endpoints.iter().find(is_tokens).unwrap();
            assert_eq!(tokens["url"], peer.tokens_url());
            let said = tokens.get("role").and_then(|role| role.as_str());
            let expected = (version != OcpiVersion::V2_1_1).then_some(word);
            assert_eq!(said, expected);
            let credentials = get(&peer, &format!("{version}/credentials")).await.data();
            assert_eq!(credentials["token"], "peer-token");
            assert_eq!(credentials["url"], peer.versions_url());
        }
    }
}

async fn two(version: OcpiVersion) -> (Peer, Peer) {
    (
        start(options(PeerRole::Cpo, version, 0)).await,
        start(options(PeerRole::Emsp, version, 1)).await,
    )
}

/// Holds: C-02, C-10, C-11, C-14.
#[tokio::test]
async fn a_peer_registers_with_another_and_ends_it() {
    for version in OcpiVersion::ALL {
        let (cpo, emsp) = two(version).await;
        cpo.register(&emsp.versions_url(), "peer-token")
            .await
            .unwrap();
        assert!(cpo.is_registered() && emsp.is_registered());
        // It was called back, inside of its call.
        assert_eq!(cpo.count(RequestKind::Versions), 1);
        assert_eq!(cpo.count(RequestKind::Details), 1);
        // Token A is used up.
        let again = cpo.register(&emsp.versions_url(), "peer-token").await;
        let error = again.unwrap_err().to_string();
        assert!(error.contains("401"), "{error}");
        assert!(cpo.is_registered());
        cpo.unregister().await.unwrap();
        assert!(!cpo.is_registered() && !emsp.is_registered());
        cpo.register(&emsp.versions_url(), "peer-token")
            .await
            .unwrap();
    }
}

/// Holds: C-03, C-22.
#[tokio::test]
async fn a_registration_that_fails_says_why_and_changes_nothing() {
    let (cpo, emsp) = two(OcpiVersion::V2_2_1).await;
    for (token, versions_url, says) in [
        ("wrong", emsp.versions_url(), "401"),
        ("peer-token", format!("{}/nothing", emsp.base_url()), "404"),
        ("peer-token", "https://127.0.0.1:1/".to_owned(), "scheme"),
    ] {
        let error = cpo.register(&versions_url, token).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let other = start(options(PeerRole::Emsp, OcpiVersion::V2_3_0, 1)).await;
    let error = cpo.register(&other.versions_url(), "peer-token").await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("does not list version 2.2.1"), "{error}");
    let target = "/ocpi/2.2.1/credentials";
    for (body, code) in [
        ("", 2001),
        (r#"{"token":"T"}"#, 2001),
        (r#"{"token":"T","url":"http://127.0.0.1:1/"}"#, 3001),
    ] {
        let refused = send(&emsp, "POST", target, body).await.unwrap();
        assert_eq!((refused.http, refused.code()), (200, code), "{body}");
    }
    let early = send(&emsp, "DELETE", target, "").await.unwrap();
    assert_eq!(early.http, 405);
    assert!(!cpo.is_registered() && !emsp.is_registered());
    let still = send_with(&emsp, "GET", "/ocpi/versions", "", "Token peer-token").await;
    assert_eq!(still.unwrap().http, 200);
}
