//! A platform leaves: C-14, C-15.

use serde_json::json;

use crate::credentials::stage::{PEER, Stage, VERSIONS, given, issue};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::pair::id;
use crate::support::token::{card, with};
use crate::support::world::party;

/// Holds: C-14.
#[tokio::test]
async fn after_leaving_nothing_opens_and_the_records_stay() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let live = stage.register(version).await;
        let token = with(card("X"), &json!({"country_code": "DE", "party_id": "TNM"}));
        let target = "/ocpi/cpo/2.3.0/tokens/DE/TNM/X";
        let put = Request::new("PUT", target).token(&live).json(&token);
        assert_eq!(stage.world.send(&put).await.codes(), (201, 1000));
        stage.peer.forget();

        let left = stage.send("DELETE", version, &live, None).await;
        assert_eq!(left.codes(), (200, 1000), "{version}: {}", left.message());
        assert_eq!(left.json().get("data"), None, "{version}");
        let again = stage.send("DELETE", version, &live, None).await;
        assert_refused(&again, (401, 2000), &version);
        assert!(!stage.admits(&live).await, "{version}");

        let stored = stage.stored().await;
        assert!(stored.tokens.is_empty(), "{version}");
        assert_eq!(stored.connection, None, "{version}");
        let emsp = ocpi_domain::Role::Emsp;
        assert!(
            stored.platform.holds(party("DE", "TNM"), &emsp),
            "{version}"
        );
        assert_eq!(stage.world.stored().await.len(), 1, "the Token is kept");
        assert!(stage.peer.asked().is_empty(), "who leaves is not called");
    }
}

/// Holds: C-14, C-09.
#[tokio::test]
async fn who_leaves_during_the_grace_takes_both_tokens_along() {
    let stage = Stage::new().await;
    let first = stage.register("2.3.0").await;
    let body = stage.credentials("2.3.0", &json!({}));
    let second = given(&stage.send("PUT", "2.3.0", &first, Some(&body)).await);
    let left = stage.send("DELETE", "2.3.0", &first, None).await;
    assert_eq!(left.codes(), (200, 1000), "{}", left.message());
    assert!(!stage.admits(&first).await);
    assert!(!stage.admits(&second).await);
}

/// Holds: C-15.
#[tokio::test]
async fn who_left_needs_a_new_bootstrap_token() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let live = stage.register(version).await;
        stage.send("DELETE", version, &live, None).await;
        let body = stage.credentials(version, &json!({}));
        for token in [&stage.bootstrap, &live] {
            let refused = stage.send("POST", version, token, Some(&body)).await;
            assert_refused(&refused, (401, 2000), &version);
        }
        let next = issue(&stage.world, &id(PEER)).await;
        let again = given(&stage.send("POST", version, &next, Some(&body)).await);
        assert!(stage.admits_to_modules(&again).await, "{version}");
    }
}

/// Holds: C-15.
#[tokio::test]
async fn the_operator_resets_a_connection_whose_other_side_lost_its_token() {
    let stage = Stage::new().await;
    let live = stage.register("2.3.0").await;
    let app = &stage.world.app;
    // A token for who is registered would be one too many.
    let refused = app.issue_bootstrap_token(&id(PEER)).await;
    assert!(refused.is_err(), "{refused:?}");
    stage.book(|book| book.knows.clear());
    let told = app.unregister_from(&id(PEER), false).await;
    assert!(told.is_err(), "it cannot be told: {told:?}");
    assert!(stage.admits(&live).await, "and nothing has changed");
    app.unregister_from(&id(PEER), true)
        .await
        .expect("it need not be told");
    assert!(!stage.admits(&live).await);
    let next = issue(&stage.world, &id(PEER)).await;
    stage.book(|_| ());
    let body = stage.credentials("2.3.0", &json!({}));
    given(&stage.send("POST", "2.3.0", &next, Some(&body)).await);
}
