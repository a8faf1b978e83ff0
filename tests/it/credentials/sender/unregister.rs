//! We leave: C-14.

use ocpi_app::OperatorError;

use super::{TOKEN_A, follow, lines, lists, offered, register, registered};
use crate::credentials::stage::{PEER, Stage, VERSIONS};
use crate::support::pair::id;
use crate::support::peer::Reply;

async fn unregister(stage: &Stage, is_forced: bool) -> Result<(), OperatorError> {
    let app = &stage.world.app;
    let left = app.unregister_from(&id(PEER), is_forced).await;
    left.map(|_| ())
}

/// Holds: C-14, T-23, T-60.
#[tokio::test]
async fn leaving_tells_the_platform_and_ends_both_directions() {
    for version in VERSIONS {
        for answered in [
            Reply::refused(200, 1000, "Success"),
            Reply::success(&serde_json::json!([])),
            Reply::success(&serde_json::json!({"token": "x"})),
            Reply::text(204, "text/plain", ""),
        ] {
            let stage = registered(version).await;
            let ours = offered(&stage.peer.asked());
            stage.peer.forget();
            let answer = answered.clone();
            stage.peer.answers(move |_| answer.clone());
            unregister(&stage, false).await.expect("it is told");
            let asked = stage.peer.asked();
            let delete = format!("DELETE /ocpi/{version}/credentials");
            assert_eq!(lines(&asked), [delete], "{version} {answered:?}");
            assert!(!asked[0].headers.contains_key("content-type"));
            let stored = stage.stored().await;
            assert!(stored.tokens.is_empty(), "{version}");
            assert_eq!(stored.connection, None, "{version}");
            assert!(!stored.platform.roles.is_empty(), "kept as a record");
            assert!(!stage.admits(&ours).await, "{version}");
        }
    }
}

/// Holds: C-14, C-15.
#[tokio::test]
async fn a_platform_that_cannot_be_told_is_left_when_that_is_forced() {
    let stage = registered("2.3.0").await;
    let ours = offered(&stage.peer.asked());
    let before = stage.stored().await;
    stage.peer.answers(|_| Reply::refused(500, 3000, "oops"));
    unregister(&stage, false).await.expect_err("it is not told");
    assert_eq!(stage.stored().await, before);
    assert!(stage.admits_to_modules(&ours).await);
    unregister(&stage, true).await.expect("forced");
    assert!(!stage.admits(&ours).await);
    assert_eq!(stage.stored().await.connection, None);
}

/// Holds: C-14.
#[tokio::test]
async fn a_platform_that_has_forgotten_us_is_left_too() {
    // It does not know our token, or cannot do it in its state: there is nothing left to end.
    let stage = registered("2.3.0").await;
    stage.peer.answers(|_| Reply::refused(401, 2000, "who?"));
    let left = unregister(&stage, false).await;
    if left.is_err() {
        unregister(&stage, true).await.expect("forced");
    }
    assert!(stage.stored().await.tokens.is_empty());
}

/// Holds: C-15, C-11.
#[tokio::test]
async fn who_left_registers_again_with_a_new_bootstrap_token() {
    let stage = registered("2.3.0").await;
    unregister(&stage, false).await.expect("it is told");
    stage.peer.forget();
    follow(&stage, lists(&stage, &["2.3.0"]));
    register(&stage).await.expect("by the book");
    assert!(stage.peer.asked().iter().all(|it| it.presents(TOKEN_A)));
}
