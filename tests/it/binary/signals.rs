//! How the program ends.

use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Program};

/// A PUT whose body is still to come, in flight.
async fn put_in_flight(program: &mut Program, body: &str) -> Connection {
    let (ocpi, _) = program.addresses().await;
    let head = Request::new("PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/T")
        .token("your-token")
        .header("Content-Length", &body.len().to_string())
        .header("Expect", "100-continue");
    let mut connection = Connection::open(ocpi).await;
    connection
        .send_bytes(&head.bytes())
        .await
        .expect("the server takes it");
    connection.receive_leave().await;
    connection
}

const BODY: &str = r#"{"country_code":"CH","party_id":"ABC","uid":"T","type":"RFID",
    "contract_id":"C1","issuer":"Example","valid":true,"whitelist":"NEVER",
    "last_updated":"2026-01-01T00:00:00Z"}"#;

/// Beyond the protocol: graceful shutdown.
#[tokio::test]
async fn either_signal_lets_the_request_in_flight_finish_and_ends_with_0() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&ANYWHERE, &[]);
        let mut connection = put_in_flight(&mut program, BODY).await;
        program.signal(signal).await;
        program.logs("stopping").await;
        connection
            .send_bytes(BODY.as_bytes())
            .await
            .expect("the server takes it");
        let response = connection.receive().await.expect("the request is answered");
        assert_eq!(response.codes(), (201, 1000), "{signal}");
        assert!(
            connection.receive().await.is_none(),
            "{signal}: the connection is closed"
        );
        let ended = program.end().await;
        assert_eq!(ended.code, Some(0), "{signal}: {}", ended.stderr);
        assert!(
            ended.stderr.trim_end().ends_with("stopped"),
            "{signal}: {}",
            ended.stderr
        );
    }
}

/// Beyond the protocol: who signals twice does not want to wait.
#[tokio::test]
async fn a_second_signal_ends_the_program_at_once() {
    let mut program = Program::start(&ANYWHERE, &[]);
    let connection = put_in_flight(&mut program, BODY).await;
    program.signal("INT").await;
    program.logs("stopping").await;
    program.signal("INT").await;
    let ended = program.end().await;
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    drop(connection);
}

/// Beyond the protocol: a program without a request in flight ends at once.
#[tokio::test]
async fn an_idle_program_ends_with_0_and_closes_idle_connections() {
    let mut program = Program::start(&ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    let mut idle = Connection::open(ocpi).await;
    let versions = Request::new("GET", "/ocpi/versions").token("your-token");
    assert_eq!(idle.send(&versions).await.codes(), (200, 1000));
    let ended = program.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(idle.receive().await.is_none());
}

/// Beyond the protocol: while the last requests are finished, the operator sees that the server
/// stops, and a load balancer that it is not to be asked any more.
#[tokio::test]
async fn the_operator_can_look_until_the_last_request_is_finished() {
    let mut program = Program::start(&ANYWHERE, &[]);
    let mut connection = put_in_flight(&mut program, BODY).await;
    let (_, admin) = program.addresses().await;
    program.signal("TERM").await;
    program.logs("stopping").await;
    for (target, status) in [
        ("/health/live", 200),
        ("/health/ready", 503),
        ("/metrics", 200),
    ] {
        let mut operator = Connection::open(admin).await;
        let response = operator.send(&Request::new("GET", target)).await;
        assert_eq!(response.status, status, "{target}");
    }
    connection
        .send_bytes(BODY.as_bytes())
        .await
        .expect("the server takes it");
    let response = connection.receive().await.expect("the request is answered");
    assert_eq!(response.codes(), (201, 1000));
    let ended = program.end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}
