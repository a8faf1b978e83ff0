//! Where calls go, with what, and what becomes of them when the credentials change meanwhile.

use ocpi_app::OutboundError;
use ocpi_domain::{Platform, Role};
use ocpi_ports::{Connection, StoredPlatform};
use serde_json::json;

use super::{answering, only, put, registered_as_both, token_of};
use crate::credentials::sender::{TOKEN_C, lists, offered, register, registered, stage};
use crate::credentials::stage::{PEER, Stage, given, role};
use crate::support::clock::{CountingRandomness, START};
use crate::support::pair::id;
use crate::support::peer::{Asked, ByTheBook, Reply};
use crate::support::world::{WorldBuilder, keys, platform};

/// Holds: T-95.
#[tokio::test]
async fn segments_are_joined_to_an_endpoint_by_one_slash_before_its_query() {
    for (endpoint, target) in [
        ("/t", "/t/CH/ABC/CARD1"),
        ("/t/", "/t/CH/ABC/CARD1"),
        ("/t?tenant=7", "/t/CH/ABC/CARD1?tenant=7"),
        ("/t/?tenant=7&x=%20", "/t/CH/ABC/CARD1?tenant=7&x=%20"),
    ] {
        let stage = stage().await;
        let mut book = lists(&stage, &["2.3.0"]);
        book.credentials.as_mut().expect("one")["roles"] = json!([role("CPO", "DE", "TNM")]);
        let tokens = json!({
            "identifier": "tokens",
            "role": "RECEIVER",
            "url": format!("{}{endpoint}", stage.peer.url),
        });
        stage.peer.answers(move |asked| {
            if asked.line() != "GET /ocpi/2.3.0" {
                return book.answer(asked);
            }
            let mut details = book.details("2.3.0");
            let endpoints = details["endpoints"].as_array_mut().expect("a list");
            endpoints.push(tokens.clone());
            Reply::success(&details)
        });
        register(&stage).await.expect("by the book");
        stage.peer.forget();
        stage.peer.answers(|_| Reply::refused(201, 1000, "Success"));
        put(&stage, &token_of(&json!({})))
            .await
            .expect("it is taken");
        let found = only(&stage).target;
        let found = found
            .replace("?type=RFID&", "?")
            .replace("&type=RFID", "")
            .replace("?type=RFID", "");
        assert_eq!(found, target, "{endpoint}");
    }
}

/// Holds: C-09, T-82.
#[tokio::test]
async fn a_call_that_a_rotation_overtook_is_made_once_more_with_the_current_token() {
    let stage = std::sync::Arc::new(registered_as_both("2.3.0").await);
    let ours = offered(&stage.peer.asked());
    stage.peer.forget();
    let (on_stage, presents) = (std::sync::Arc::clone(&stage), ours.clone());
    stage.peer.does(move |asked| {
        let (stage, ours) = (std::sync::Arc::clone(&on_stage), presents.clone());
        async move {
            let mut book = ByTheBook::of(&stage.peer, "their.new~token");
            book.versions = vec!["2.3.0"];
            if asked.method == "PUT" && asked.presents(TOKEN_C) {
                // While our call is on its way, the platform replaces its token.
                let roles = json!([role("EMSP", "DE", "TNM"), role("CPO", "DE", "TNM")]);
                let body = stage.credentials(
                    "2.3.0",
                    &json!({"token": "their.new~token", "roles": roles}),
                );
                book.endpoints.push(("tokens", "RECEIVER"));
                given(&stage.send("PUT", "2.3.0", &ours, Some(&body)).await);
                return Reply::refused(401, 2000, "that was before");
            }
            book.endpoints.push(("tokens", "RECEIVER"));
            if asked.method == "PUT" && asked.presents("their.new~token") {
                return Reply::refused(201, 1000, "Success");
            }
            book.answer(&asked)
        }
    });
    put(&stage, &token_of(&json!({})))
        .await
        .expect("it is taken");
    let asked = stage.peer.asked();
    let puts: Vec<&Asked> = asked.iter().filter(|it| it.method == "PUT").collect();
    assert_eq!(puts.len(), 2);
    assert_ne!(
        puts[0].headers["x-request-id"],
        puts[1].headers["x-request-id"]
    );
    assert_eq!(
        puts[0].headers["x-correlation-id"],
        puts[1].headers["x-correlation-id"]
    );
}

/// Holds: C-09.
#[tokio::test]
async fn a_401_without_a_rotation_is_an_error_at_once() {
    let stage = answering("2.3.0", Reply::refused(401, 2000, "who?")).await;
    let failed = put(&stage, &token_of(&json!({}))).await.expect_err("401");
    assert!(failed.to_string().contains("401"), "{failed}");
    assert_eq!(stage.peer.asked().len(), 1);
}

/// What an operator wrote down is looked up when it is needed first, once.
///
/// Holds: V-10, C-20.
#[tokio::test]
async fn a_connection_of_the_operator_is_looked_up_at_its_first_call() {
    let stage = stage().await;
    let randomness = CountingRandomness::from(1 << 40);
    let token = ocpi_domain::CredentialsToken::new(TOKEN_C).expect("a token");
    let roles = [("DE", "TNM", Role::Cpo)];
    let stored = StoredPlatform {
        connection: Some(Connection {
            versions_url: stage.peer.versions_url().parse().expect("a URL"),
            sealed_token: keys()
                .credentials_seal()
                .seal(&id(PEER), &token, &randomness),
            served: None,
            presented: Vec::new(),
            connected_at: START.parse().expect("a moment"),
        }),
        ..StoredPlatform::new(platform(PEER, ocpi_domain::Profile::default(), &roles))
    };
    let put_row = stage.world.platforms.put_platform(stored, None).await;
    put_row.expect("it is written");
    let mut book = lists(&stage, &["2.1.1", "2.2.1"]);
    book.endpoints.push(("tokens", "RECEIVER"));
    stage.peer.answers(move |asked| {
        if asked.method == "PUT" {
            Reply::refused(201, 1000, "Success")
        } else {
            book.answer(asked)
        }
    });
    for expected in [3, 1] {
        put(&stage, &token_of(&json!({})))
            .await
            .expect("it is taken");
        assert_eq!(stage.peer.asked().len(), expected);
        stage.peer.forget();
    }
}

/// Holds: V-06.
#[tokio::test]
async fn a_platform_without_the_endpoint_or_a_connection_is_not_called() {
    let stage = registered("2.3.0").await;
    stage.peer.forget();
    // It is an eMSP: it has no copies of Tokens.
    let failed = put(&stage, &token_of(&json!({}))).await;
    assert!(
        matches!(failed, Err(OutboundError::NoEndpoint { .. })),
        "{failed:?}"
    );
    let stranger = Stage::of(WorldBuilder::alone(), Platform::new(id(PEER))).await;
    let failed = put(&stranger, &token_of(&json!({}))).await;
    assert!(
        matches!(failed, Err(OutboundError::NotConnected)),
        "{failed:?}"
    );
    let app = &stage.world.app;
    let failed = app.put_token_at(&id("nobody"), &token_of(&json!({}))).await;
    assert!(
        matches!(failed, Err(OutboundError::UnknownPlatform)),
        "{failed:?}"
    );
    assert!(stage.peer.asked().is_empty() && stranger.peer.asked().is_empty());
}
