//! What a hostile peer costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocpi_ports::{RemoteError, RemotePlatform};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::peer::{Peer, Setup, call, client, pause, read_request};

const MEBIBYTE: usize = 1024 * 1024;

/// What the system may hold of a connection between two programs.
const BUFFERS_MAX: usize = 16 * MEBIBYTE;

/// A peer that sends `head`, then zeros as long as somebody takes them, at most 1 GiB; and how much
/// was taken.
async fn peer_of_zeros(head: &'static str) -> (Peer, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let peer = Peer::serving("127.0.0.1", None, move |_, mut stream| {
        let sent = Arc::clone(&counted);
        Box::pin(async move {
            read_request(&mut stream).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            let zeros = vec![b'0'; MEBIBYTE / 16];
            while sent.load(Ordering::SeqCst) < 1024 * MEBIBYTE {
                let chunk = if head.contains("chunked") {
                    let mut chunk = format!("{:x}\r\n", zeros.len()).into_bytes();
                    chunk.extend(&zeros);
                    chunk.extend(b"\r\n");
                    chunk
                } else {
                    zeros.clone()
                };
                if stream.write_all(&chunk).await.is_err() {
                    break;
                }
                sent.fetch_add(zeros.len(), Ordering::SeqCst);
            }
        })
    })
    .await;
    (peer, sent)
}

/// Holds: C-23.
#[tokio::test]
async fn of_a_body_of_1_gib_only_what_is_allowed_is_read() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let (peer, sent) = peer_of_zeros(head).await;
        let url = peer.url("/x");
        let error = client().list_versions(&call(), &url).await.unwrap_err();
        let expected = RemoteError::TooLarge {
            url: url.to_string(),
            max: MEBIBYTE,
        };
        assert_eq!(error, expected, "{head}");
        let sent = sent.load(Ordering::SeqCst);
        assert!(sent < BUFFERS_MAX, "{sent} bytes after {head}");
    }
}

/// Holds: C-23.
#[tokio::test]
async fn a_head_without_end_is_no_answer() {
    let (peer, sent) = peer_of_zeros("HTTP/1.1 200 OK\r\nX: ").await;
    let error = client()
        .list_versions(&call(), &peer.url("/x"))
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
    let sent = sent.load(Ordering::SeqCst);
    assert!(sent < BUFFERS_MAX, "{sent} bytes");
}

/// Holds: C-23.
#[tokio::test]
async fn the_limit_is_the_operators() {
    let (peer, _) = peer_of_zeros("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n").await;
    let setup = Setup {
        response_bytes_max: 100,
        ..Setup::default()
    };
    let error = setup
        .client()
        .list_versions(&call(), &peer.url("/"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RemoteError::TooLarge { max: 100, .. }),
        "{error}"
    );
}

/// Holds: C-23.
#[tokio::test(start_paused = true)]
async fn a_slow_drip_ends_at_the_deadline_wherever_it_drips() {
    for dripped in [
        "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
        "",
    ] {
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&drops);
        let peer = Peer::serving("127.0.0.1", None, move |_, mut stream| {
            let drops = Arc::clone(&counted);
            Box::pin(async move {
                read_request(&mut stream).await;
                stream.write_all(dripped.as_bytes()).await.unwrap();
                while !dripped.is_empty() {
                    pause(1).await;
                    if stream.write_all(b"x").await.is_err() {
                        return;
                    }
                    drops.fetch_add(1, Ordering::SeqCst);
                }
                // Silence: until the client goes away.
                let _ = stream.read_u8().await;
            })
        })
        .await;
        let begin = tokio::time::Instant::now();
        let error = client()
            .list_versions(&call(), &peer.url("/x"))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                RemoteError::TimedOut {
                    timeout_ms: 10_000,
                    ..
                }
            ),
            "{error} after {dripped}"
        );
        assert_eq!(begin.elapsed().as_secs(), 10);
        let drops = drops.load(Ordering::SeqCst);
        assert!(
            dripped.is_empty() || drops >= 9,
            "{drops} drops of {dripped}"
        );
    }
}
