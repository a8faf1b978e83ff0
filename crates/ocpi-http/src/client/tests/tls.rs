//! Calls over TLS.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ocpi_domain::OcpiUrl;
use ocpi_ports::{RemoteError, RemotePlatform};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::policy::UrlPolicy;
use super::super::roots::tls_config;
use super::super::{OutboundClient, OutboundClientError, OutboundOptions};
use super::peer::{Counted, Peer, Setup, call, envelope, response};
use super::whom::Looked;
use crate::certificates::Authority;

/// A client that believes `authority`, and finds every name on this machine.
fn client_of(authority: Option<&Authority>) -> OutboundClient {
    let pem = authority.map(Authority::pem);
    let setup = Setup {
        policy: UrlPolicy::new(false, true),
        names: Looked::up([vec!["127.0.0.1".parse().unwrap()]]),
        tls: tls_config(Vec::new(), pem.as_deref()).unwrap(),
        ..Setup::default()
    };
    setup.client()
}

/// A peer with a certificate of `authority` for `peer.example`.
async fn peer_of(authority: &Authority) -> Peer {
    let tls = authority.issue("peer.example").acceptor();
    Peer::answering_at("127.0.0.1", Some(tls), |_, _| Some(envelope("[]"))).await
}

/// Holds: T-96.
#[tokio::test]
async fn a_peer_is_believed_when_its_certificate_is_for_its_host_and_of_an_authority_of_ours() {
    let authority = Authority::new();
    let peer = peer_of(&authority).await;
    let client = client_of(Some(&authority));
    for _ in 0..2 {
        let url = peer.url_of("peer.example", "/x");
        client.list_versions(&call(), &url).await.unwrap();
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 1);

    let elsewhere = peer.url_of("other.example", "/x");
    let error = client.list_versions(&call(), &elsewhere).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("TLS failed"), "{error}");

    let stranger = client_of(Some(&Authority::new()));
    let url = peer.url_of("peer.example", "/x");
    let error = stranger.list_versions(&call(), &url).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("outbound.extra_ca"), "{error}");
    assert_eq!(peer.requests().len(), 2, "nobody else got a request");
    assert_eq!(
        peer.connections.load(Ordering::SeqCst),
        3,
        "nor was connected to twice"
    );
}

/// Holds: T-96.
#[tokio::test]
async fn without_any_authority_calls_fail_and_say_what_to_do() {
    let peer = peer_of(&Authority::new()).await;
    let url = peer.url_of("peer.example", "/x");
    let error = client_of(None)
        .list_versions(&call(), &url)
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
    for word in ["ca-certificates", "outbound.extra_ca"] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// Holds: T-96.
#[tokio::test]
async fn a_peer_that_speaks_no_tls_gets_no_request() {
    let plain = Peer::serving("127.0.0.1", None, |_, mut stream| {
        Box::pin(async move {
            let first = stream.read_u8().await.unwrap();
            assert_eq!(first, 22, "the type of a handshake");
            stream
                .write_all(response(400, "").as_bytes())
                .await
                .unwrap();
        })
    })
    .await;
    let url = format!("https://peer.example:{}/x", plain.address.port());
    let url = OcpiUrl::new(&url).unwrap();
    let client = client_of(Some(&Authority::new()));
    let error = client.list_versions(&call(), &url).await.unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("TLS failed"), "{error}");
}

/// Holds: C-23.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_ends_at_the_deadline() {
    let silent = Peer::serving("127.0.0.1", None, |_, mut stream| {
        Box::pin(async move { while stream.read_u8().await.is_ok() {} })
    })
    .await;
    let url = format!("https://peer.example:{}/x", silent.address.port());
    let client = client_of(Some(&Authority::new()));
    let url = OcpiUrl::new(&url).unwrap();
    let error = client.list_versions(&call(), &url).await.unwrap_err();
    assert!(
        matches!(
            error,
            RemoteError::TimedOut {
                timeout_ms: 10_000,
                ..
            }
        ),
        "{error}"
    );
}

/// Holds: T-96.
#[test]
fn a_client_is_made_of_what_the_operator_says() {
    let make = |extra_ca: Option<&[u8]>| {
        let options = OutboundOptions {
            extra_ca: extra_ca.map(<[u8]>::to_vec),
            ..OutboundOptions::default()
        };
        OutboundClient::new(options, Arc::new(Counted::default()))
    };
    assert!(make(None).is_ok());
    assert!(make(Some(&Authority::new().pem())).is_ok());
    let refused = make(Some(b"no PEM")).map(|_| ()).unwrap_err();
    assert!(
        matches!(refused, OutboundClientError::ExtraCa(_)),
        "{refused}"
    );
}
