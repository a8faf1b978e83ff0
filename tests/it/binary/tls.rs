//! `[tls]`: the listener speaks TLS, and takes a new certificate while it works.

use std::time::Duration;

use tokio::time::{interval, timeout};

use crate::support::answer::PATIENCE;
use crate::support::configured::{Configured, KEY};
use crate::support::http::{Connection, Request};
use crate::support::tls::authority;

const PLATFORM: &str = r#"
[[platforms]]
id = "partner"
credentials_token = "partner-s3cret"
roles = [{ role = "CPO", country_code = "NL", party_id = "ALF" }]
"#;

fn versions() -> Request {
    Request::new("GET", "/ocpi/versions").token("partner-s3cret")
}

/// The certificate that a new connection is shown.
async fn shown(server: &Configured) -> Vec<u8> {
    let stream = authority().connect(server.address()).await;
    let stream = stream.expect("the server proves who it is");
    let (_, session) = stream.get_ref();
    let certificates = session.peer_certificates().expect("it shows one");
    certificates[0].to_vec()
}

/// Waits until new connections are shown this certificate.
async fn until_shown(server: &Configured, certificate: &[u8]) {
    let looking = async {
        let mut look = interval(Duration::from_millis(100));
        while shown(server).await != certificate {
            look.tick().await;
        }
    };
    timeout(PATIENCE, looking).await.expect("it is taken");
}

/// Holds: T-96.
#[tokio::test]
async fn a_new_certificate_is_taken_and_open_connections_stay() {
    let server = Configured::over_tls("tls-reload", "ABC", PLATFORM);
    let first = server.renew();
    let mut program = server.serve().await;
    assert_eq!(shown(&server).await, first);
    let mut open = Connection::open_tls(server.address()).await;
    assert_eq!(open.send(&versions()).await.codes(), (200, 1000));

    let second = server.renew();
    assert_ne!(first, second);
    until_shown(&server, &second).await;
    program.logs("certificate was replaced").await;
    for _ in 0..3 {
        assert_eq!(
            open.send(&versions()).await.codes(),
            (200, 1000),
            "it stays"
        );
    }
    let mut new = Connection::open_tls(server.address()).await;
    assert_eq!(new.send(&versions()).await.codes(), (200, 1000));

    // What cannot be used is not taken, and is named.
    server.directory.write("key.pem", "not a key");
    program.logs("key.pem").await;
    assert_eq!(shown(&server).await, second);
    // And what is right again is.
    let third = server.renew();
    until_shown(&server, &third).await;
    assert_eq!(open.send(&versions()).await.codes(), (200, 1000));
    let ended = program.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Holds: T-96.
#[tokio::test]
async fn without_tls_the_listener_that_speaks_it_says_nothing_of_ours() {
    let server = Configured::over_tls("tls-plain", "ABC", PLATFORM);
    let _program = server.serve().await;
    let mut plain = Connection::open(server.address()).await;
    plain.send_bytes(&versions().bytes()).await.expect("sent");
    let answer = plain.receive().await;
    assert!(answer.is_none(), "{answer:?}");
    let stranger = crate::support::tls::Authority::new();
    let refused = stranger.connect(server.address()).await;
    assert!(refused.is_err(), "another authority vouches for nothing");
}

/// Holds: T-96.
#[tokio::test]
async fn files_that_are_no_certificate_and_its_key_are_refused_at_the_start() {
    let server = Configured::over_tls("tls-broken", "ABC", PLATFORM);
    let other = authority().identity();
    let good = authority().identity();
    for (certificate, key, named) in [
        (&*good.certificate_pem, "not a key", "key.pem"),
        ("not a certificate", &*good.key_pem, "cert.pem"),
        ("", &*good.key_pem, "cert.pem"),
        // The key of another certificate.
        (&*good.certificate_pem, &*other.key_pem, "key.pem"),
    ] {
        server.directory.write("cert.pem", certificate);
        server.directory.write("key.pem", key);
        let ended = server.start(&[], KEY).end().await;
        assert_eq!(ended.code, Some(1), "{named}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{named}: {}", ended.stderr);
        let secret = good.key_pem.lines().nth(1).expect("a line of the key");
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
    std::fs::remove_file(server.directory.path().join("key.pem")).expect("it is there");
    let ended = server.start(&[], KEY).end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("key.pem"), "{}", ended.stderr);
}
