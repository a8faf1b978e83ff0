//! Who may use the API.

use ocpi_admin::AdminOptions;

use super::{ADMIN_TOKEN, Ask, Operator, started};
use crate::support::world::World;

/// Paths of the API, and one of which there is nothing.
const PATHS: [&str; 4] = [
    "/admin/v1/tokens",
    "/admin/v1/openapi.json",
    "/admin/v1/no/such/thing",
    "/admin/v1",
];

/// Beyond the protocol: a wrong admin token is refused before anything is said about the API.
#[tokio::test]
async fn without_the_admin_token_everything_below_the_api_is_401() {
    let (_world, operator) = started().await;
    let nearly = &ADMIN_TOKEN[1..];
    for authorization in [
        String::new(),
        format!("Token {ADMIN_TOKEN}"),
        format!("Bearer {nearly}"),
        format!("Bearer {ADMIN_TOKEN}x"),
        "Bearer your-token".to_owned(),
    ] {
        for path in PATHS {
            for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS"] {
                let ask = Ask::new(method, path).header("Authorization", &authorization);
                let answer = operator.send(ask).await;
                let detail = answer.problem(401);
                assert_eq!(answer.header("WWW-Authenticate"), "Bearer");
                assert!(!detail.contains(nearly), "{detail}");
            }
        }
    }
    let shouted = format!("BEARER {ADMIN_TOKEN}");
    let ask = Ask::new("GET", "/admin/v1/tokens").header("Authorization", &shouted);
    operator.send(ask).await.found();
}

/// Beyond the protocol: there is no other way to write a path that needs no token.
#[tokio::test]
async fn a_path_in_disguise_does_not_get_past_the_token() {
    let (_world, operator) = started().await;
    for path in [
        "/%61dmin/v1/tokens",
        "/admin%2Fv1/tokens",
        "//admin/v1/tokens",
        "/health/../admin/v1/tokens",
        "/ADMIN/v1/tokens",
        "/admin/v1/tokens?token=x",
    ] {
        let ask = Ask::new("GET", path).header("Authorization", "");
        let status = operator.send(ask).await.status.as_u16();
        assert!(matches!(status, 401 | 404), "{path}: {status}");
    }
}

/// Beyond the protocol: a server without an admin token says how to give it one.
#[tokio::test]
async fn without_a_token_of_the_server_the_api_is_closed_and_the_rest_is_open() {
    let mut world = World::start().await;
    let operator = Operator::start(&mut world, None, AdminOptions::default()).await;
    for authorization in ["", "Bearer ", &format!("Bearer {ADMIN_TOKEN}")] {
        for path in PATHS {
            let ask = Ask::new("GET", path).header("Authorization", authorization);
            let detail = operator.send(ask).await.problem(403);
            for way in ["admin_token", "OCPI_ADMIN_TOKEN"] {
                assert!(detail.contains(way), "{detail}");
            }
        }
    }
    for path in ["/health/live", "/health/ready", "/metrics"] {
        let ask = Ask::new("GET", path).header("Authorization", "");
        assert_eq!(operator.send(ask).await.status, 200, "{path}");
    }
}

/// Beyond the protocol: nothing between us and the operator keeps an answer.
#[tokio::test]
async fn no_answer_may_be_stored() {
    let (_world, operator) = started().await;
    for (method, path) in [
        ("GET", "/admin/v1/tokens"),
        ("GET", "/admin/v1/tokens/export"),
        ("GET", "/admin/v1/tokens/CH/ABC/X"),
        ("DELETE", "/admin/v1/accounts/CH/ABC/X"),
        ("PATCH", "/admin/v1/tokens"),
        ("GET", "/metrics"),
        ("GET", "/nothing"),
    ] {
        let answer = operator.send(Ask::new(method, path)).await;
        assert_eq!(answer.header("Cache-Control"), "no-store", "{path}");
    }
}
