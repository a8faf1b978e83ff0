//! The end of a server.

use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_http::Limits;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::support::answer::{PATIENCE, request};
use crate::support::gate::{At, Gate};
use crate::support::http::{Connection, Request};
use crate::support::token::{card, copy, question};
use crate::support::world::{TOKEN, World, WorldBuilder};

/// Beyond the protocol: graceful shutdown finishes requests in flight.
#[tokio::test]
async fn a_request_in_flight_is_finished_and_nothing_new_is_taken() {
    let world = World::start().await;
    let body = card("X").to_string();
    let head = Request::new("PUT", &copy("X"))
        .token(TOKEN)
        .header("Expect", "100-continue");
    let head = head.header("Content-Length", &body.len().to_string());
    let mut connection = Connection::open(world.address).await;
    let mut idle = Connection::open(world.address).await;
    let versions = idle.send(&request("GET", "/ocpi/versions", "")).await;
    assert_eq!(versions.codes(), (200, 1000));
    connection
        .send_bytes(&head.bytes())
        .await
        .expect("the server takes it");
    connection.receive_leave().await;
    world.stop();
    assert!(
        idle.receive().await.is_none(),
        "a connection without a request is closed"
    );
    let refused = async { while TcpStream::connect(world.address).await.is_ok() {} };
    timeout(PATIENCE, refused)
        .await
        .expect("no connection is taken any more");
    assert!(!world.serving.is_finished(), "it waits for the request");
    connection
        .send_bytes(body.as_bytes())
        .await
        .expect("the server takes it");
    let response = connection
        .receive()
        .await
        .expect("the request in flight is answered");
    assert_eq!(response.codes(), (201, 1000));
    assert!(
        connection.receive().await.is_none(),
        "then its connection is closed"
    );
    timeout(PATIENCE, world.serving)
        .await
        .expect("the server ends")
        .expect("without a fault");
}

/// Beyond the protocol: the wait for requests in flight has an end.
#[tokio::test(start_paused = true)]
async fn a_server_that_stops_does_not_wait_for_ever() {
    // Shorter than an authorization may take.
    let limits = Limits {
        shutdown_timeout_ms: 1000,
        ..Limits::default()
    };
    let builder = WorldBuilder::new().limits(limits);
    let gate = Gate::new(&builder.store, At::Append);
    let authorizations = Arc::clone(&gate);
    let world = builder
        .ports(|ports| Ports {
            authorizations,
            ..ports
        })
        .start()
        .await;
    world.push(&card("X")).await;
    let mut connection = Connection::open(world.address).await;
    connection
        .send_bytes(&request("POST", &question("X"), "").bytes())
        .await
        .expect("sent");
    gate.arrival().await;
    world.stop();
    let started = Instant::now();
    let ended = timeout(PATIENCE, world.serving).await;
    ended.expect("the server ends").expect("without a fault");
    let took = started.elapsed();
    assert!((1000..1400).contains(&took.as_millis()), "{took:?}");
}
