//! Faults of ours: a port that fails, hangs or breaks.

mod credentials;

use std::sync::Arc;
use std::time::Duration;

use ocpi_app::Ports;
use ocpi_domain::AuthorizationSubject;
use ocpi_ports::{
    MockAuthenticator, MockAuthorizationRepository, MockLocationRepository, MockSessionRepository,
    MockTokenRepository, StorageError, SubjectLookup,
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::answer::{ROUTES, assert_refused, request};
use crate::support::gate::{At, Gate};
use crate::support::http::{Connection, Response};
use crate::support::token::{SENDER, card, copy, question};
use crate::support::world::{World, WorldBuilder};

/// What only the operator's log may say.
const SECRET: &str = "postgres://user:secret@10.0.0.1";

fn unavailable<T>() -> Result<T, StorageError> {
    Err(StorageError::Unavailable(SECRET.into()))
}

fn corrupt<T>() -> Result<T, StorageError> {
    Err(StorageError::Corrupt(SECRET.into()))
}

/// Asserts the codes, and that the answer says nothing of what is inside.
fn assert_fault(response: &Response, codes: (u16, u64), case: &str) {
    assert_refused(response, codes, &case);
    let answer = format!("{:?} {}", response.headers(), response.json());
    for secret in ["postgres", "secret", "10.0.0.1", "panic", ".rs"] {
        assert!(!answer.contains(secret), "{case}: {answer}");
    }
}

async fn world_with(change: impl FnOnce(Ports) -> Ports + 'static) -> World {
    WorldBuilder::new().ports(change).start().await
}

/// The subject of a question about the card X.
fn subject() -> SubjectLookup {
    let token = serde_json::from_value(card("X")).expect("a Token");
    SubjectLookup::One(Box::new(AuthorizationSubject::of(token)))
}

/// A Token repository that can find nothing, and can neither list nor write.
fn broken_tokens<F: Fn() -> StorageError + Clone + Send + 'static>(
    fault: F,
) -> MockTokenRepository {
    let mut tokens = MockTokenRepository::new();
    let [find, by_uid, list, put] = std::array::from_fn(|_| fault.clone());
    tokens.expect_find_token().returning(move |_| Err(find()));
    tokens
        .expect_find_tokens_by_uid()
        .returning(move |_, _| Err(by_uid()));
    tokens
        .expect_list_tokens()
        .returning(move |_, _| Err(list()));
    tokens.expect_put_token().returning(move |_| Err(put()));
    tokens
}

/// Holds: T-46, E-32.
#[tokio::test]
async fn a_store_that_fails_after_the_request_was_understood_is_200_and_3000() {
    for fault in [|| unavailable::<()>(), || corrupt::<()>()] {
        let fault = move || fault().expect_err("a fault");
        let world = world_with(move |ports| Ports {
            tokens: Arc::new(broken_tokens(fault)),
            authorizations: Arc::new({
                let mut authorizations = MockAuthorizationRepository::new();
                let load = authorizations.expect_load_authorization_subject();
                load.returning(move |_| Err(fault()));
                authorizations
            }),
            sessions: Arc::new({
                let mut sessions = MockSessionRepository::new();
                let find = sessions.expect_find_session();
                find.returning(move |_| Err(fault()));
                let list = sessions.expect_list_sessions();
                list.returning(move |_, _| Err(fault()));
                sessions
            }),
            locations: Arc::new({
                let mut locations = MockLocationRepository::new();
                let find = locations.expect_find_location();
                find.returning(move |_| Err(fault()));
                locations
            }),
            ..ports
        })
        .await;
        let of_the_store = |target: &str| {
            let modules = ["/tokens", "/sessions", "/locations"];
            modules.iter().any(|module| target.contains(module))
        };
        for (method, target, body) in ROUTES.iter().filter(|(_, it, _)| of_the_store(it)) {
            let response = world.send(&request(method, target, body)).await;
            assert_fault(&response, (200, 3000), &format!("{method} {target}"));
        }
        // What needs no store works on.
        assert_eq!(
            world.call("GET", "/ocpi/versions", None).await.codes(),
            (200, 1000)
        );
    }
}

/// Holds: T-46.
#[tokio::test]
async fn a_write_that_fails_after_reading_is_200_and_3000() {
    let mut tokens = MockTokenRepository::new();
    tokens.expect_find_token().returning(|_| Ok(None));
    tokens.expect_put_token().returning(|_| unavailable());
    let world = world_with(|ports| Ports {
        tokens: Arc::new(tokens),
        ..ports
    })
    .await;
    let response = world.call("PUT", &copy("X"), Some(&card("X"))).await;
    assert_fault(&response, (200, 3000), "PUT");
}

/// Holds: E-33, E-32, T-46.
#[tokio::test]
async fn nobody_is_allowed_without_a_record_and_the_failure_is_counted_and_shown() {
    let mut broken = MockAuthorizationRepository::new();
    broken
        .expect_load_authorization_subject()
        .returning(|_| Ok(subject()));
    broken.expect_append_record().returning(|_| unavailable());
    let world = world_with(|ports| Ports {
        authorizations: Arc::new(broken),
        ..ports
    })
    .await;
    world.app.check_ready().await.expect("nothing failed yet");
    let response = world
        .call("POST", &question("X"), Some(&json!({"location_id": "L"})))
        .await;
    assert_fault(&response, (200, 3000), "authorize");
    world
        .app
        .check_ready()
        .await
        .expect_err("a record could not be written");
    let mut metrics = String::new();
    prometheus_client::encoding::text::encode(&mut metrics, &world.registry).expect("text");
    assert!(
        metrics.contains("ocpi_authorization_record_failures_total 1\n"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("ALLOWED"),
        "an answer that was not given was counted: {metrics}"
    );
}

/// Holds: E-17, E-29, E-32, E-33.
#[tokio::test]
async fn nobody_is_allowed_when_the_slot_and_the_record_cannot_be_written_together() {
    let mut broken = MockAuthorizationRepository::new();
    broken.expect_load_authorization_subject().returning(|_| {
        let SubjectLookup::One(mut subject) = subject() else {
            return Ok(SubjectLookup::Unknown);
        };
        let limit = json!({"concurrent_sessions_max": 1});
        subject.account = serde_json::from_value(limit).expect("an account");
        Ok(SubjectLookup::One(subject))
    });
    // Neither may be written without the other: the record alone is not even tried.
    broken.expect_append_record().never();
    broken
        .expect_append_record_with_slot()
        .times(1)
        .returning(|_, _| Err(StorageError::Unavailable(SECRET.into())));
    let world = world_with(|ports| Ports {
        authorizations: Arc::new(broken),
        ..ports
    })
    .await;
    let response = world.call("POST", &question("X"), None).await;
    assert_fault(&response, (200, 3000), "authorize");
    let ready = world.app.check_ready().await;
    ready.expect_err("the record could not be written");
}

/// Holds: T-46, S-26.
#[tokio::test]
async fn a_session_that_cannot_be_written_is_200_and_3000() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_find_session().returning(|_| Ok(None));
    sessions
        .expect_put_session()
        .returning(|_| Err(StorageError::Unavailable(SECRET.into())));
    let world = world_with(|ports| Ports {
        sessions: Arc::new(sessions),
        ..ports
    })
    .await;
    let is_put = |route: &&(&str, &str, &str)| route.0 == "PUT" && route.1.contains("/sessions/");
    let (method, target, body) = ROUTES.iter().find(is_put).expect("there is one");
    let response = world.send(&request(method, target, body)).await;
    assert_fault(&response, (200, 3000), "PUT");
}

/// Holds: E-31, E-32.
#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_answered_with_3000_within_the_hard_limit() {
    for at in [At::Load, At::Append] {
        let builder = WorldBuilder::new();
        let gate = Gate::new(&builder.store, at);
        let hanging = Arc::clone(&gate);
        let world = builder
            .ports(|ports| Ports {
                authorizations: hanging,
                ..ports
            })
            .start()
            .await;
        world.push(&card("X")).await;
        let started = Instant::now();
        let response = world.call("POST", &question("X"), None).await;
        let took = started.elapsed();
        assert_fault(&response, (200, 3000), "authorize");
        let limit = Duration::from_millis(1500)..Duration::from_millis(1600);
        assert!(limit.contains(&took), "{took:?}");
        gate.arrival().await;
    }
}

/// Holds: E-33, E-31.
#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_written_in_time_is_a_record_that_cannot_be_written() {
    let builder = WorldBuilder::new();
    let gate = Gate::new(&builder.store, At::Append);
    let world = builder
        .ports(|ports| Ports {
            authorizations: gate,
            ..ports
        })
        .start()
        .await;
    world.push(&card("X")).await;
    assert_eq!(
        world.call("POST", &question("X"), None).await.codes(),
        (200, 3000)
    );
    world
        .app
        .check_ready()
        .await
        .expect_err("the record could not be written");
    let mut metrics = String::new();
    prometheus_client::encoding::text::encode(&mut metrics, &world.registry).expect("text");
    assert!(
        metrics.contains("ocpi_authorization_record_failures_total 1\n"),
        "{metrics}"
    );
}

/// Holds: T-47.
#[tokio::test]
async fn credentials_that_cannot_be_checked_are_503_and_3000() {
    let mut authenticator = MockAuthenticator::new();
    authenticator
        .expect_find_caller()
        .returning(|_| unavailable());
    let change = |ports| Ports {
        authenticator: Arc::new(authenticator),
        ..ports
    };
    let world = world_with(change).await;
    for (method, target, body) in &ROUTES {
        let response = world.send(&request(method, target, body)).await;
        assert_fault(&response, (503, 3000), &format!("{method} {target}"));
    }
}

/// Holds: T-47.
#[tokio::test]
async fn a_panic_is_500_and_3000_and_neither_the_connection_nor_the_server_ends() {
    let mut tokens = MockTokenRepository::new();
    tokens
        .expect_list_tokens()
        .returning(|_, _| panic!("{SECRET}"));
    let world = world_with(|ports| Ports {
        tokens: Arc::new(tokens),
        ..ports
    })
    .await;
    let mut connection = Connection::open(world.address).await;
    for _ in 0..3 {
        let response = connection.send(&request("GET", SENDER, "")).await;
        assert_fault(&response, (500, 3000), "a panic");
        let response = connection.send(&request("GET", "/ocpi/versions", "")).await;
        assert_eq!(response.codes(), (200, 1000), "on the same connection");
    }
    assert_eq!(
        world.call("GET", "/ocpi/versions", None).await.codes(),
        (200, 1000)
    );
}

/// Holds: T-47.
#[tokio::test]
async fn a_panic_before_the_caller_is_known_is_500_and_3000() {
    let mut authenticator = MockAuthenticator::new();
    authenticator
        .expect_find_caller()
        .returning(|_| panic!("{SECRET}"));
    let change = |ports| Ports {
        authenticator: Arc::new(authenticator),
        ..ports
    };
    let world = world_with(change).await;
    let response = world.call("GET", "/ocpi/versions", None).await;
    assert_fault(&response, (500, 3000), "authentication");
}
