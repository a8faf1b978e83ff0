//! What the operator sees: health and metrics.

use std::net::SocketAddr;
use std::sync::Arc;

use ocpi_admin::{AdminOptions, AdminServer};
use ocpi_app::Ports;
use ocpi_ports::{MockAuthorizationRepository, MockStoreHealth, StorageError, SubjectLookup};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::http::{Connection, Request, Response};
use crate::support::token::{card, question};
use crate::support::world::{World, WorldBuilder};

/// The operator's listener of a world.
struct Operator {
    address: SocketAddr,
    /// Says that the server of OCPI stops.
    stopping: watch::Sender<bool>,
    _stop: watch::Sender<bool>,
}

impl Operator {
    async fn of(world: &mut World) -> Operator {
        let (stopping, is_stopping) = watch::channel(false);
        let registry = std::mem::take(&mut world.registry);
        let server = AdminServer::new(
            Arc::clone(&world.app),
            registry,
            is_stopping,
            None,
            AdminOptions::default(),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server.serve(listener, stopped));
        Operator {
            address,
            stopping,
            _stop: stop,
        }
    }

    async fn send(&self, method: &str, target: &str) -> Response {
        Connection::open(self.address)
            .await
            .send(&Request::new(method, target))
            .await
    }

    /// The lines of the metrics that start with this name.
    async fn metric(&self, name: &str) -> Vec<String> {
        let response = self.send("GET", "/metrics").await;
        let text = String::from_utf8(response.body).expect("metrics are text");
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with(name))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }
}

/// An RFC 9457 problem document of this status.
fn assert_problem(response: &Response, status: u16, case: &str) {
    assert_eq!(response.status, status, "{case}");
    assert_eq!(
        response.header("Content-Type"),
        Some("application/problem+json"),
        "{case}"
    );
    let problem = response.json();
    assert_eq!(problem["status"], status, "{case}");
    for name in ["title", "detail"] {
        assert!(
            problem[name].as_str().is_some_and(|text| !text.is_empty()),
            "{case}: {problem}"
        );
    }
    assert_eq!(problem.get("status_code"), None, "no OCPI envelope: {case}");
}

fn unavailable() -> StorageError {
    StorageError::Unavailable("the disk at /var/secret is gone".into())
}

/// Holds: E-33. The readiness probe says yes, too.
#[tokio::test]
async fn a_working_server_is_live_and_ready() {
    let mut world = World::start().await;
    let operator = Operator::of(&mut world).await;
    for (target, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let response = operator.send("GET", target).await;
        assert_eq!(
            (response.status, response.json()),
            (200, json!({"status": status}))
        );
        assert_eq!(response.header("Content-Type"), Some("application/json"));
        assert_eq!(response.header("Cache-Control"), Some("no-store"));
    }
}

/// Holds: E-33. The readiness probe says no, but not how the store is built.
#[tokio::test]
async fn a_server_whose_store_is_down_is_live_but_not_ready() {
    let mut health = MockStoreHealth::new();
    health.expect_check().returning(|| Err(unavailable()));
    let ports = |ports| Ports {
        health: Arc::new(health),
        ..ports
    };
    let mut world = WorldBuilder::new().ports(ports).start().await;
    let operator = Operator::of(&mut world).await;
    assert_eq!(operator.send("GET", "/health/live").await.status, 200);
    let response = operator.send("GET", "/health/ready").await;
    assert_problem(&response, 503, "not ready");
    assert!(
        !response.json().to_string().contains("/var/secret"),
        "{}",
        response.json()
    );
}

/// Beyond the protocol: who sends requests here learns to send them elsewhere.
#[tokio::test]
async fn a_server_that_stops_is_live_but_not_ready() {
    let mut world = World::start().await;
    let operator = Operator::of(&mut world).await;
    operator.stopping.send_replace(true);
    assert_eq!(operator.send("GET", "/health/live").await.status, 200);
    assert_problem(
        &operator.send("GET", "/health/ready").await,
        503,
        "stopping",
    );
    assert_eq!(operator.send("GET", "/metrics").await.status, 200);
}

/// Holds: E-33.
#[tokio::test]
async fn a_server_that_cannot_record_is_not_ready_until_it_can_and_counts() {
    let mut broken = MockAuthorizationRepository::new();
    broken
        .expect_load_authorization_subject()
        .returning(|_| Ok(SubjectLookup::Unknown));
    broken
        .expect_append_record()
        .times(2)
        .returning(|_| Err(unavailable()));
    broken.expect_append_record().returning(|_| Ok(()));
    let ports = |ports| Ports {
        authorizations: Arc::new(broken),
        ..ports
    };
    let mut world = WorldBuilder::new().ports(ports).start().await;
    let operator = Operator::of(&mut world).await;
    assert_eq!(operator.send("GET", "/health/ready").await.status, 200);
    for (codes, ready, failures) in [
        ((200, 3000), 503, 1),
        ((200, 3000), 503, 2),
        ((404, 2004), 200, 2),
    ] {
        assert_eq!(
            world.call("POST", &question("X"), None).await.codes(),
            codes
        );
        assert_eq!(operator.send("GET", "/health/ready").await.status, ready);
        let counted = operator
            .metric("ocpi_authorization_record_failures_total")
            .await;
        assert_eq!(
            counted,
            [format!(
                "ocpi_authorization_record_failures_total {failures}"
            )]
        );
    }
}

/// Beyond the protocol: errors of the operator's listener are RFC 9457 problem documents.
#[tokio::test]
async fn what_the_operator_asks_wrongly_is_a_problem_document() {
    let mut world = World::start().await;
    let operator = Operator::of(&mut world).await;
    for target in ["/", "/health", "/metrics/", "/ocpi/versions"] {
        assert_problem(&operator.send("GET", target).await, 404, target);
    }
    for method in ["POST", "PUT", "DELETE"] {
        for target in ["/health/live", "/health/ready", "/metrics"] {
            let response = operator.send(method, target).await;
            assert_problem(&response, 405, target);
            assert_eq!(
                response.header("Allow"),
                Some("GET, HEAD"),
                "{method} {target}"
            );
        }
    }
}

/// Holds: T-32. What OCPI serves and what the operator sees are apart.
#[tokio::test]
async fn the_listener_of_ocpi_shows_nothing_of_the_operators() {
    let world = World::start().await;
    for target in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(
            world.call("GET", target, None).await.codes(),
            (404, 2000),
            "{target}"
        );
    }
}

/// Holds: E-33.
#[tokio::test]
async fn metrics_count_each_answer_by_its_outcome_and_platform() {
    let mut world = World::start().await;
    let operator = Operator::of(&mut world).await;
    world.push(&card("GOOD")).await;
    let mut bad = card("BAD");
    bad["valid"] = false.into();
    world.push(&bad).await;
    for uid in ["GOOD", "BAD", "GOOD", "UNKNOWN", "GOOD"] {
        world.call("POST", &question(uid), None).await;
    }
    let response = operator.send("GET", "/metrics").await;
    assert_eq!(response.status, 200);
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(response.header("Content-Type"), Some(openmetrics));
    let text = String::from_utf8(response.body).expect("metrics are text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let answers = |allowed, status, count| {
        let platform = "platform=\"partner\"";
        let labels = format!("allowed=\"{allowed}\",status=\"{status}\",{platform}");
        format!("ocpi_authorizations_total{{{labels}}} {count}")
    };
    assert_eq!(
        operator.metric("ocpi_authorizations_total").await,
        [
            answers("ALLOWED", "ACCEPTED", 3),
            answers("BLOCKED", "INVALID", 1),
            answers("unknown_token", "", 1),
        ]
    );
    let durations = operator.metric("ocpi_authorization_duration_seconds").await;
    assert!(durations.contains(&"ocpi_authorization_duration_seconds_count 5".to_owned()));
    let buckets = durations
        .iter()
        .filter(|line| line.contains("_bucket{le="))
        .count();
    assert!(buckets > 5, "{durations:?}");
    let failures = operator
        .metric("ocpi_authorization_record_failures_total")
        .await;
    assert_eq!(failures, ["ocpi_authorization_record_failures_total 0"]);
}
