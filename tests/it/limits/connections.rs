//! Connections: kept, shared, and closed.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use ocpi_http::Limits;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::support::answer::{PATIENCE, request};
use crate::support::http::Connection;
use crate::support::token::{card, copy, question};
use crate::support::world::{TOKEN, World, WorldBuilder};

async fn world_with(limits: Limits) -> World {
    WorldBuilder::new().limits(limits).start().await
}

/// Waits until the server closes the connection without a word, and gives how long it took.
async fn silence(connection: &mut Connection) -> Duration {
    let started = Instant::now();
    let answer = timeout(Duration::from_secs(1000), connection.receive()).await;
    assert!(
        answer.expect("the connection is closed").is_none(),
        "there is nothing to answer"
    );
    started.elapsed()
}

/// From the limit to the look that finds it exceeded: looks are half of the shorter limit apart,
/// and whoever waits for the network may lose one.
fn is_about(took: Duration, limit_s: u64) -> bool {
    (limit_s..=limit_s + 15).contains(&took.as_secs())
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_in_time_closes_the_connection() {
    let world = World::start().await;
    for part in ["G", "GET /ocpi/versions HTTP/1.1\r\nHost: test\r\n"] {
        let mut connection = Connection::open(world.address).await;
        connection
            .send_bytes(part.as_bytes())
            .await
            .expect("the server takes it");
        let took = silence(&mut connection).await;
        assert!(is_about(took, 10), "{took:?}");
    }
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn a_head_that_stops_half_way_after_a_request_closes_the_connection_too() {
    let world = World::start().await;
    let mut connection = Connection::open(world.address).await;
    let response = connection.send(&request("GET", "/ocpi/versions", "")).await;
    assert_eq!(response.codes(), (200, 1000));
    connection
        .send_bytes(b"GET /ocpi/ver")
        .await
        .expect("the server takes it");
    let took = silence(&mut connection).await;
    assert!(is_about(took, 10), "{took:?}");
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed_in_time_and_not_before() {
    let world = World::start().await;
    let mut connection = Connection::open(world.address).await;
    for _ in 0..5 {
        // Not yet: each request starts the count again.
        tokio::time::advance(Duration::from_secs(50)).await;
        let response = connection.send(&request("GET", "/ocpi/versions", "")).await;
        assert_eq!(response.codes(), (200, 1000));
    }
    let took = silence(&mut connection).await;
    assert!(is_about(took, 75), "{took:?}");
    let took = silence(&mut Connection::open(world.address).await).await;
    assert!(is_about(took, 75), "{took:?}");
}

/// Holds: T-48.
#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_ends() {
    let limits = Limits {
        connections_max: 2,
        ..Limits::default()
    };
    let world = world_with(limits).await;
    let (mut one, mut other) = (
        Connection::open(world.address).await,
        Connection::open(world.address).await,
    );
    let versions = request("GET", "/ocpi/versions", "");
    assert_eq!(one.send(&versions).await.codes(), (200, 1000));
    assert_eq!(other.send(&versions).await.codes(), (200, 1000));
    let mut third = Connection::open(world.address).await;
    let put = request("PUT", &copy("X"), &card("X").to_string());
    third
        .send_bytes(&put.bytes())
        .await
        .expect("the system takes it");
    for _ in 0..20 {
        // The third is not served while there are two: what it writes is not there.
        let response = one.send(&request("GET", &copy("X"), "")).await;
        assert_eq!(response.codes(), (404, 2004));
    }
    drop(other);
    let response = timeout(PATIENCE, third.receive())
        .await
        .expect("its turn comes");
    assert_eq!(response.expect("an answer").codes(), (201, 1000));
    assert_eq!(
        one.send(&request("GET", &copy("X"), "")).await.codes(),
        (200, 1000)
    );
}

/// Holds: T-20.
#[tokio::test]
async fn requests_sent_without_waiting_are_answered_in_their_order() {
    let world = World::start().await;
    let mut connection = Connection::open(world.address).await;
    let mut bytes = Vec::new();
    for index in 0..30 {
        let uid = format!("X{index}");
        bytes.extend(request("PUT", &copy(&uid), &card(&uid).to_string()).bytes());
        bytes.extend(request("GET", &copy(&uid), "").bytes());
        bytes.extend(request("POST", &question("UNKNOWN"), "").bytes());
    }
    connection
        .send_bytes(&bytes)
        .await
        .expect("the server takes it");
    for index in 0..30 {
        let mut next = async || connection.receive().await.expect("an answer");
        assert_eq!(next().await.codes(), (201, 1000), "{index}");
        assert_eq!(next().await.data()["uid"], format!("X{index}"));
        assert_eq!(next().await.codes(), (404, 2004), "{index}");
    }
}

/// An HTTP/2 connection by prior knowledge.
async fn http2(world: &World) -> http2::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(world.address)
        .await
        .expect("the server accepts");
    let opened = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = opened.expect("the server speaks HTTP/2");
    tokio::spawn(connection);
    sender
}

/// Sends a request by HTTP/2 and gives both codes of its answer.
async fn codes(
    sender: &http2::SendRequest<Full<Bytes>>,
    method: &str,
    target: &str,
    body: String,
) -> (u16, u64) {
    let request = hyper::Request::builder()
        .method(method)
        .uri(format!("http://test{target}"))
        .header("Authorization", format!("Token {TOKEN}"))
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    let response = sender
        .clone()
        .send_request(request)
        .await
        .expect("an answer");
    assert_eq!(response.version(), hyper::Version::HTTP_2);
    assert!(response.headers().contains_key("X-Request-ID"));
    assert!(
        !response.headers().contains_key("Connection"),
        "HTTP/2 has no such header"
    );
    let status = response.status().as_u16();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let envelope: Value = serde_json::from_slice(&body).expect("an envelope");
    (status, envelope["status_code"].as_u64().expect("a code"))
}

/// Holds: T-20, T-48.
#[tokio::test]
async fn http_2_is_spoken_to_who_starts_with_it() {
    let limits = Limits {
        body_bytes_max: 1000,
        ..Limits::default()
    };
    let world = world_with(limits).await;
    let sender = http2(&world).await;
    let put = card("X").to_string();
    assert_eq!(
        codes(&sender, "PUT", &copy("X"), put.clone()).await,
        (201, 1000)
    );
    assert_eq!(
        codes(&sender, "GET", &copy("X"), String::new()).await,
        (200, 1000)
    );
    assert_eq!(
        codes(&sender, "POST", &question("X"), "{}".to_owned()).await,
        (200, 1000)
    );
    assert_eq!(
        codes(&sender, "PUT", &copy("X"), "{".to_owned()).await,
        (400, 2000)
    );
    let large = format!("{}{put}", " ".repeat(1000));
    assert_eq!(codes(&sender, "PUT", &copy("X"), large).await, (413, 2000));
    assert_eq!(
        codes(&sender, "GET", "/ocpi/versions", String::new()).await,
        (200, 1000)
    );
    // Many at the same time, all on one connection.
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (sender, target) = (sender.clone(), question("X"));
        asking.spawn(async move { codes(&sender, "POST", &target, String::new()).await });
    }
    assert_eq!(asking.join_all().await, [(200, 1000); 50]);
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_of_http_2_is_closed_too() {
    let world = World::start().await;
    let sender = http2(&world).await;
    assert_eq!(
        codes(&sender, "GET", "/ocpi/versions", String::new()).await,
        (200, 1000)
    );
    let started = Instant::now();
    while !sender.is_closed() && started.elapsed() < Duration::from_secs(1000) {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert!(is_about(started.elapsed(), 75), "{:?}", started.elapsed());
}
