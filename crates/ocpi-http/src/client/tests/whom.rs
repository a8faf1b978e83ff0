//! Whom a peer can make us call.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ocpi_domain::OcpiUrl;
use ocpi_ports::{RemoteError, RemotePlatform};
use tokio::net::TcpListener;

use super::super::policy::{Names, UrlPolicy};
use super::peer::{Peer, Setup, call, envelope, response};

/// Names that are at other addresses each time that somebody looks; the last answer stays.
pub(super) struct Looked {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Looked {
    pub(super) fn up(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Arc<Looked> {
        Arc::new(Looked {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: AtomicUsize::new(0),
        })
    }

    /// How often somebody looked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Names for Looked {
    async fn look_up(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let found = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Ok(found
            .into_iter()
            .map(|address| SocketAddr::new(address, 0))
            .collect())
    }
}

const OPEN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const CLOSED: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A rule by which the second address of this machine is public, and no other.
fn only_the_second() -> UrlPolicy {
    UrlPolicy::by(true, |address| {
        (address != OPEN).then_some("a closed address")
    })
}

/// Peers at both addresses, at one port. The open one closes its connections.
async fn two_peers() -> (Peer, Peer) {
    loop {
        let once = response(200, r#"{"data":[],"status_code":1000}"#);
        let once = once.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let answer = move |_: usize, _: &str| Some(once.clone());
        let open = Peer::answering_at(&OPEN.to_string(), None, answer).await;
        let port = open.address.port();
        if let Ok(listener) = TcpListener::bind((CLOSED, port)).await {
            let closed = Peer::serving_on(listener, None, |_, _| Box::pin(async {}));
            return (open, closed);
        }
    }
}

/// Holds: C-23.
#[tokio::test]
async fn a_name_that_leads_to_another_address_a_moment_later_is_not_followed_there() {
    let (open, closed) = two_peers().await;
    let names = Looked::up([vec![OPEN.into()], vec![CLOSED.into()]]);
    let setup = Setup {
        policy: only_the_second(),
        names: names.clone(),
        ..Setup::default()
    };
    let (client, url) = (setup.client(), open.url_of("peer.example", "/x"));
    client.list_versions(&call(), &url).await.unwrap();
    let error = client.list_versions(&call(), &url).await.unwrap_err();
    assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("peer.example is at 127.0.0.1, a closed address"),
        "{text}"
    );
    assert!(text.contains("outbound.allow_private_addresses"), "{text}");
    assert!(!error.may_be_done());
    assert_eq!(names.asked(), 2);
    assert_eq!(open.connections.load(Ordering::SeqCst), 1);
    assert_eq!(closed.connections.load(Ordering::SeqCst), 0);
}

/// Holds: C-23.
#[tokio::test]
async fn of_several_addresses_only_those_that_are_public_are_connected_to() {
    let (open, closed) = two_peers().await;
    for addresses in [[CLOSED, OPEN], [OPEN, CLOSED]] {
        let setup = Setup {
            policy: only_the_second(),
            names: Looked::up([addresses.map(IpAddr::from).to_vec()]),
            ..Setup::default()
        };
        let url = open.url_of("peer.example", "/x");
        setup.client().list_versions(&call(), &url).await.unwrap();
    }
    assert_eq!(open.connections.load(Ordering::SeqCst), 2);
    assert_eq!(closed.connections.load(Ordering::SeqCst), 0);
}

/// Holds: C-23.
#[tokio::test]
async fn no_spelling_of_an_address_of_this_machine_is_called() {
    let peer = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let port = peer.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ] {
        let setup = Setup {
            policy: UrlPolicy::new(true, false),
            ..Setup::default()
        };
        let url = OcpiUrl::new(&format!("http://{host}:{port}/x")).unwrap();
        let error = setup
            .client()
            .list_versions(&call(), &url)
            .await
            .unwrap_err();
        assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
        assert!(!error.may_be_done());
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
}

/// Holds: C-23.
#[tokio::test]
async fn what_a_connection_leads_to_is_looked_at_again() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let peer = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let setup = Setup {
        // Whatever was looked at before: once it is connected, it is another.
        policy: UrlPolicy::by(true, |_| {
            (LOOKS.fetch_add(1, Ordering::SeqCst) > 0).then_some("a closed address")
        }),
        ..Setup::default()
    };
    let error = setup
        .client()
        .list_versions(&call(), &peer.url("/x"))
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
    assert!(peer.requests().is_empty());
}

/// Holds: C-23, T-96.
#[tokio::test]
async fn http_is_not_spoken_unless_the_operator_says_so() {
    let peer = Peer::answering(|_, _| Some(envelope("[]"))).await;
    let setup = Setup {
        policy: UrlPolicy::new(false, true),
        ..Setup::default()
    };
    let error = setup
        .client()
        .list_versions(&call(), &peer.url("/"))
        .await
        .unwrap_err();
    assert!(matches!(error, RemoteError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("outbound.allow_http"), "{error}");
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
}
