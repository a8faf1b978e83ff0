//! The versions and endpoints of peers.

use ocpi_domain::{InterfaceRole, ModuleId, OcpiVersion, VersionNumber};
use ocpi_ports::{OfferedEndpoint, RemoteError, RemotePlatform};

use super::peer::{Peer, call, call_in, client, envelope};

/// What `list_versions` makes of `data`.
async fn versions(data: &str) -> Result<Vec<(VersionNumber, String)>, RemoteError> {
    let answer = envelope(data);
    let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
    let versions = client()
        .list_versions(&call(), &peer.url("/versions?x=1"))
        .await?;
    assert_eq!(peer.lines(), ["GET /versions?x=1"]);
    let pairs = versions.into_iter();
    Ok(pairs
        .map(|version| (version.version, version.url.to_string()))
        .collect())
}

/// Holds: V-01, V-10, P-17, Q-04.
#[tokio::test]
async fn versions_are_listed_but_those_that_cannot_be_read() {
    let listed = versions(
        r#"[{"version":"2.2.1","url":"https://h/2.2.1"},
            {"version":"9.9-beta","url":"https://h/9"},
            {"version":"2.3.0","url":"no URL"},
            {"version":230,"url":"https://h/230"},
            {"url":"https://h"}, {"version":"2.1.1"}, "2.1.1", ["2.1.1","https://h"], null,
            {"version":"2.3.0","url":"https://h/2.3.0","x":1}]"#,
    )
    .await
    .unwrap();
    let expected = [
        (VersionNumber::V2_2_1, "https://h/2.2.1"),
        ("9.9-beta".parse().unwrap(), "https://h/9"),
        (VersionNumber::V2_3_0, "https://h/2.3.0"),
    ];
    assert_eq!(
        listed,
        expected.map(|(version, url)| (version, url.to_owned()))
    );

    let single = versions(r#"{"version":"2.1.1","url":"https://h/2.1.1"}"#)
        .await
        .unwrap();
    assert_eq!(single.len(), 1);
    assert_eq!(versions("[]").await.unwrap(), []);
    for bad in ["null", r#""2.1.1""#, "3"] {
        let error = versions(bad).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
    }
}

/// What `list_endpoints` makes of `data`.
async fn endpoints(version: OcpiVersion, data: &str) -> Result<Vec<OfferedEndpoint>, RemoteError> {
    let answer = envelope(data);
    let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
    client()
        .list_endpoints(&call_in(version), &peer.url("/2"))
        .await
}

fn endpoint(identifier: ModuleId, role: Option<InterfaceRole>, url: &str) -> OfferedEndpoint {
    OfferedEndpoint {
        identifier,
        role,
        url: url.parse().unwrap(),
    }
}

/// Holds: V-03, V-08, V-12, V-14, P-17.
#[tokio::test]
async fn endpoints_are_listed_once_and_those_that_nobody_knows_are_left_out() {
    use InterfaceRole::{Receiver, Sender};
    let data = r#"{"version":"2.2.1","endpoints":[
        {"identifier":"tokens","role":"SENDER","url":"https://h/s/tokens"},
        {"identifier":"tokens","role":"RECEIVER","url":"https://h/r/tokens"},
        {"identifier":"tokens","role":"SENDER","url":"https://h/again"},
        {"identifier":"credentials","role":null,"url":"https://h/credentials"},
        {"identifier":"credentials","role":"RECEIVER","url":"https://h/again"},
        {"identifier":"sessions","role":"PROXY","url":"https://h/sessions"},
        {"identifier":"sessions","role":1,"url":"https://h/sessions"},
        {"identifier":"locations","url":"https://h/locations"},
        {"identifier":"nltnm-stars","role":"SENDER","url":"https://h/stars"},
        {"identifier":"cdrs","role":"SENDER","url":"h/cdrs"},
        {"identifier":"cdrs","role":"SENDER"}, {"role":"SENDER"}, 7, null]}"#;
    let expected = [
        endpoint(ModuleId::Tokens, Some(Sender), "https://h/s/tokens"),
        endpoint(ModuleId::Tokens, Some(Receiver), "https://h/r/tokens"),
        endpoint(ModuleId::Credentials, None, "https://h/credentials"),
        endpoint(ModuleId::Locations, None, "https://h/locations"),
    ];
    for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
        assert_eq!(endpoints(version, data).await.unwrap(), expected);
        assert_eq!(
            endpoints(version, &format!("[{data}]")).await.unwrap(),
            expected
        );
    }
    let unknown = r#"{"endpoints":[{"identifier":"credentials","role":"X","url":"https://h/c"}]}"#;
    let expected = [endpoint(ModuleId::Credentials, None, "https://h/c")];
    assert_eq!(
        endpoints(OcpiVersion::V2_3_0, unknown).await.unwrap(),
        expected
    );
}

/// Holds: V-04.
#[tokio::test]
async fn endpoints_of_2_1_1_have_no_role() {
    let data = r#"{"version":"2.1.1","endpoints":[
        {"identifier":"credentials","url":"https://h/credentials"},
        {"identifier":"tokens","url":"https://h/tokens"},
        {"identifier":"sessions","role":"whatever","url":"https://h/sessions"},
        {"identifier":"tokens","url":"https://h/again"}]}"#;
    let expected = [
        endpoint(ModuleId::Credentials, None, "https://h/credentials"),
        endpoint(ModuleId::Tokens, None, "https://h/tokens"),
        endpoint(ModuleId::Sessions, None, "https://h/sessions"),
    ];
    assert_eq!(
        endpoints(OcpiVersion::V2_1_1, data).await.unwrap(),
        expected
    );
}

/// Holds: Q-04, T-55.
#[tokio::test]
async fn details_that_are_none_are_unreadable() {
    let twice = r#"[{"endpoints":[]},{"endpoints":[]}]"#;
    for bad in [
        "[]",
        "{}",
        "null",
        twice,
        r#"{"endpoints":{}}"#,
        r#"{"endpoints":null}"#,
    ] {
        let error = endpoints(OcpiVersion::V2_3_0, bad).await.unwrap_err();
        assert!(
            matches!(error, RemoteError::Unreadable { .. }),
            "{bad}: {error}"
        );
    }
}
