//! Credentials, both ways.

use ocpi_domain::{
    BusinessDetails, Credentials, CredentialsRole, CredentialsToken, OcpiVersion, Role,
};
use ocpi_ports::{RemoteCall, RemoteError, RemotePlatform};

use super::peer::{Peer, TOKEN, TOKEN_BASE64, call, call_in, client, envelope, header, response};

const OFFERED: &str = "offered.token";

/// What we send.
pub(super) fn our_credentials() -> Credentials {
    Credentials {
        token: CredentialsToken::new(OFFERED).unwrap(),
        url: "https://ours.example/ocpi/versions".parse().unwrap(),
        roles: vec![CredentialsRole {
            role: Role::Emsp,
            business_details: BusinessDetails {
                name: "Ours".parse().unwrap(),
                website: None,
                logo: None,
            },
            party_id: "ABC".parse().unwrap(),
            country_code: "CH".parse().unwrap(),
        }],
        hub: None,
    }
}

/// What a peer of 2.2.1 or 2.3.0 sends.
pub(super) fn credentials() -> &'static str {
    r#"{"token":"their.token","url":"https://theirs.example/versions","roles":[{"role":"CPO",
        "party_id":"XYZ","country_code":"DE","business_details":{"name":"Theirs"}}]}"#
}

/// What a peer of 2.1.1 sends.
const CREDENTIALS_2_1_1: &str = r#"{"token":"their.token","url":"https://theirs.example/versions",
    "party_id":"XYZ","country_code":"DE","business_details":{"name":"Theirs"}}"#;

/// Holds: C-16, C-17, M-13, Q-04.
#[tokio::test]
async fn credentials_are_exchanged_in_every_version() {
    for version in OcpiVersion::ALL {
        let theirs = match version {
            OcpiVersion::V2_1_1 => CREDENTIALS_2_1_1,
            _ => credentials(),
        };
        let wrapped = format!("[{theirs}]");
        let answers = [envelope(theirs), envelope(&wrapped)];
        let peer = Peer::answering(move |number, _| Some(answers[number].clone())).await;
        let (client, url) = (client(), peer.url("/credentials"));
        let (call, ours) = (call_in(version), our_credentials());
        let posted = client.post_credentials(&call, &url, &ours).await.unwrap();
        let put = client.put_credentials(&call, &url, &ours).await.unwrap();
        for theirs in [posted, put] {
            assert_eq!(theirs.token.expose(), "their.token");
            assert_eq!(theirs.url.as_str(), "https://theirs.example/versions");
            assert_eq!(theirs.roles.len(), 1);
            assert_eq!(theirs.roles[0].role, Role::Cpo, "{version}");
            assert_eq!(theirs.roles[0].party_id.as_str(), "XYZ");
        }
        assert_eq!(peer.lines(), ["POST /credentials", "PUT /credentials"]);
        for request in peer.requests() {
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let sent: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(sent["token"], OFFERED);
            assert_eq!(sent["url"], "https://ours.example/ocpi/versions");
            let party = match version {
                OcpiVersion::V2_1_1 => &sent,
                _ => &sent["roles"][0],
            };
            assert_eq!(party["party_id"], "ABC");
        }
    }
}

/// Holds: T-23, Q-16.
#[tokio::test]
async fn an_end_is_an_end_whatever_comes_with_it() {
    for answer in [
        response(204, ""),
        response(200, ""),
        envelope("null"),
        envelope("[]"),
        envelope(r#"{"token":7}"#),
        response(200, r#"{"status_code":1000}"#),
        response(202, r#""gone""#),
    ] {
        let sent = answer.clone();
        let peer = Peer::answering(move |_, _| Some(sent.clone())).await;
        let ended = client().delete_credentials(&call(), &peer.url("/c")).await;
        assert_eq!(ended, Ok(()), "{answer}");
        assert_eq!(peer.lines(), ["DELETE /c"]);
        assert_eq!(header(&peer.requests()[0], "Content-Length"), None);
    }
}

/// Holds: T-13.
#[tokio::test]
async fn no_token_gets_into_an_error_whatever_a_peer_repeats() {
    let echoes = [
        format!("unknown {TOKEN} {TOKEN_BASE64} {OFFERED} b2ZmZXJlZC50b2tlbg=="),
        format!("<p>{TOKEN}"),
        format!(r#"{{"detail":"{OFFERED} for {TOKEN}"}}"#),
        format!(r#"{{"status_code":2001,"status_message":["{OFFERED}","{TOKEN}"]}}"#),
        format!(r#"{{"data":"{TOKEN}","status_code":1000}}"#),
        r#"{"data":{"token":"their.token","url":"no their.token"},"status_code":1000}"#.to_owned(),
        r#"{"data":{"token":["their.token"],"url":"x"},"status_code":1000}"#.to_owned(),
        r#"{"data":{"token":"their.token","url":"https://h","roles":"their.token",
            "business_details":"their.token"}}"#
            .to_owned(),
        r#"{"data":{"token":"their.token","url":"https://h""#.to_owned(),
        r#"{"data":{"their.token":1,"their.token":2},"status_code":1000}"#.to_owned(),
        r#"{"data":"their.token","data":"their.token"}"#.to_owned(),
        r#"{"status_code":2000,"status_message":"not their.token"}"#.to_owned(),
        "their.token".to_owned(),
    ];
    for body in echoes {
        for status in [200, 400, 401, 500] {
            let answer = response(status, &body);
            let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
            for version in OcpiVersion::ALL {
                let (call, url, ours) = (call_in(version), peer.url("/c"), our_credentials());
                let posted = client().post_credentials(&call, &url, &ours).await;
                let text = posted.unwrap_err().to_string();
                for secret in [TOKEN, TOKEN_BASE64, OFFERED, "b2ZmZXJlZC50b2tlbg"] {
                    assert!(!text.contains(secret), "{text}");
                }
                assert!(!text.contains("their"), "{text}");
            }
        }
    }
}

/// Holds: T-13, T-34.
#[tokio::test]
async fn what_is_wrong_with_credentials_is_told_without_their_values() {
    for (body, words) in [
        (r#"{"data":{"token":"their.to"#, "it is no JSON (EOF"),
        (
            r#"{"data":{"token":"their.token","url":"their.token","roles":[]}}"#,
            "`url` of the credentials",
        ),
        (
            r#"{"data":{"token":["their.token"],"url":"https://h","roles":[]}}"#,
            "`token` of the credentials",
        ),
        (
            r#"{"data":["their.token","their.token"]}"#,
            "one object is due",
        ),
    ] {
        let answer = response(200, body);
        let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
        let posted = client()
            .put_credentials(&call(), &peer.url("/c"), &our_credentials())
            .await;
        let text = posted.map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("their"), "{text}");
    }
}

/// Holds: T-55.
#[tokio::test]
async fn credentials_that_break_a_rule_are_unreadable() {
    let too_long = "x".repeat(65);
    for bad in [
        "null",
        "[]",
        r#"{"url":"https://h"}"#,
        r#"{"token":"t.1","url":"nowhere","roles":[]}"#,
        &format!(r#"{{"token":"{too_long}","url":"https://h"}}"#),
        "7",
    ] {
        let answer = envelope(bad);
        let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
        let posted = client()
            .post_credentials(&call(), &peer.url("/c"), &our_credentials())
            .await;
        let error = posted.map(|_| ()).unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
        assert!(error.may_be_done());
    }
}

/// Holds: M-13.
#[tokio::test]
async fn the_role_of_a_peer_of_2_1_1_is_that_of_the_call() {
    let peer = Peer::answering(|_, _| Some(envelope(CREDENTIALS_2_1_1))).await;
    let call = RemoteCall {
        peer_role: Role::Emsp,
        ..call_in(OcpiVersion::V2_1_1)
    };
    let posted = client()
        .post_credentials(&call, &peer.url("/c"), &our_credentials())
        .await;
    assert_eq!(posted.unwrap().roles[0].role, Role::Emsp);
}
