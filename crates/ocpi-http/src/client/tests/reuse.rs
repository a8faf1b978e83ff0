//! Connections that are kept, and requests that are sent once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocpi_ports::{RemoteError, RemotePlatform};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use super::credentials::{credentials, our_credentials};
use super::peer::{Peer, Setup, call, client, envelope, read_request, redirect, response};
use super::tokens::{key, token, uid};
use super::whom::Looked;
use ocpi_domain::{OcpiUrl, TokenType};

#[tokio::test]
async fn a_connection_serves_call_after_call() {
    let peer = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let client = client();
    for _ in 0..3 {
        client.list_versions(&call(), &peer.url("/")).await.unwrap();
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 1);
}

/// Holds: W-33. Whoever drives the connections by which Tokens travel may be busy with a million of
/// them: a driver does not wait for that.
#[tokio::test]
async fn a_question_about_a_driver_has_connections_of_its_own() {
    let allowed = r#"{"allowed": "ALLOWED"}"#;
    let peer = Peer::answering(move |_, _| Some(envelope(allowed))).await;
    let (client, url) = (client(), peer.url("/x"));
    for connections in [2, 2] {
        client.put_token(&call(), &url, &token()).await.unwrap();
        let known = client
            .authorize_token(&call(), &url, &uid(), &TokenType::Rfid, None)
            .await;
        assert!(known.unwrap().is_some());
        assert_eq!(peer.connections.load(Ordering::SeqCst), connections);
    }
}

/// A peer that answers the first request of each connection, and closes the connection at the
/// second one, of which it says `partly`.
async fn forgetful_peer(partly: &'static str) -> (Peer, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let peer = Peer::serving("127.0.0.1", None, move |_, mut stream| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            for answer in [response(204, ""), partly.to_owned()] {
                if read_request(&mut stream).await.is_some() {
                    seen.fetch_add(1, Ordering::SeqCst);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        })
    })
    .await;
    (peer, requests)
}

/// Holds: T-98.
#[tokio::test]
async fn a_question_or_a_put_goes_once_more_when_a_kept_connection_closed_before_an_answer() {
    let (peer, requests) = forgetful_peer("").await;
    let (client, url) = (client(), peer.url("/x"));
    client.put_token(&call(), &url, &token()).await.unwrap();
    client.put_token(&call(), &url, &token()).await.unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    client.get_token(&call(), &url, &key()).await.unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 5);
}

/// Holds: T-98.
#[tokio::test]
async fn what_must_not_be_done_twice_is_not_sent_twice() {
    for number in 0..4 {
        let (peer, requests) = forgetful_peer("").await;
        let (client, url) = (client(), peer.url("/x"));
        let ask = async || {
            client
                .authorize_token(&call(), &url, &uid(), &TokenType::Rfid, None)
                .await
                .unwrap_err()
        };
        // A question has connections of its own, and an empty answer is none.
        match number {
            3 => drop(ask().await),
            _ => client.put_token(&call(), &url, &token()).await.unwrap(),
        }
        let ours = our_credentials();
        let error = match number {
            0 => client
                .post_credentials(&call(), &url, &ours)
                .await
                .unwrap_err(),
            1 => client
                .put_credentials(&call(), &url, &ours)
                .await
                .unwrap_err(),
            2 => client.delete_credentials(&call(), &url).await.unwrap_err(),
            _ => ask().await,
        };
        assert!(matches!(error, RemoteError::Broken { .. }), "{error}");
        assert!(error.may_be_done());
        assert_eq!(requests.load(Ordering::SeqCst), 2, "request {number}");
    }
}

/// Holds: T-98.
#[tokio::test]
async fn nothing_goes_once_more_when_a_part_of_an_answer_came_or_the_connection_is_new() {
    let (peer, requests) = forgetful_peer("HTTP/1.1 2").await;
    let (client, url) = (client(), peer.url("/x"));
    client.put_token(&call(), &url, &token()).await.unwrap();
    let error = client.put_token(&call(), &url, &token()).await.unwrap_err();
    assert!(matches!(error, RemoteError::Broken { .. }), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 2);

    let peer = Peer::answering(|_, _| None).await;
    let error = client
        .get_token(&call(), &peer.url("/x"), &key())
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Broken { .. }), "{error}");
    assert_eq!(peer.requests().len(), 1);

    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";
    let (peer, requests) = forgetful_peer(cut).await;
    let url = peer.url("/x");
    client.put_token(&call(), &url, &token()).await.unwrap();
    let error = client.get_token(&call(), &url, &key()).await.unwrap_err();
    assert!(matches!(error, RemoteError::Broken { .. }), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

/// Holds: T-98.
#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    // Nobody else gets the address, and nobody listens there.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let url = OcpiUrl::new(&format!("http://{address}/x?key=secret")).unwrap();
    let error = client()
        .post_credentials(&call(), &url, &our_credentials())
        .await
        .unwrap_err();
    let RemoteError::Unreachable { url, reason } = &error else {
        panic!("{error}");
    };
    assert_eq!(*url, format!("http://{address}/x"));
    assert!(reason.contains("refused"), "{reason}");
    assert!(!error.may_be_done());
}

/// Holds: T-98.
#[tokio::test]
async fn a_peer_that_is_back_at_once_gets_the_request() {
    // The name leads nowhere the first time, and to the peer the second time.
    let peer = Peer::answering(|_, _| Some(envelope(credentials()))).await;
    let names = Looked::up([vec![], vec!["127.0.0.1".parse().unwrap()]]);
    let setup = Setup {
        names: names.clone(),
        ..Setup::default()
    };
    let url = peer.url_of("peer.example", "/x");
    let ours = our_credentials();
    setup
        .client()
        .post_credentials(&call(), &url, &ours)
        .await
        .unwrap();
    assert_eq!(names.asked(), 2);
}

/// Holds: T-98, T-97.
#[tokio::test]
async fn one_call_repeats_one_request_however_often_it_is_sent_on() {
    let peer = Peer::answering(|_, _| {
        let sent_on = redirect(307, "/y");
        Some(sent_on.replacen("\r\n", "\r\nConnection: close\r\n", 1))
    })
    .await;
    let here = vec!["127.0.0.1".parse().unwrap()];
    let names = Looked::up([vec![], here.clone(), vec![], here]);
    let setup = Setup {
        names: names.clone(),
        ..Setup::default()
    };
    let url = peer.url_of("peer.example", "/x");
    let error = setup
        .client()
        .get_token(&call(), &url, &key())
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
    assert_eq!((names.asked(), peer.requests().len()), (3, 1));
}
