//! A registration that fails: what we offered is withdrawn, and all else is as it was.

use ocpi_app::OperatorError;
use ocpi_domain::PlatformId;
use serde_json::{Value, json};

use super::{TOKEN_C, answer_of, follow, lines, lists, offered, register, stage};
use crate::credentials::stage::{PEER, Stage, VERSIONS};
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Reply};

/// The platform answers our POST with this.
fn posts(stage: &Stage, version: &'static str, reply: Reply) {
    let book: ByTheBook = lists(stage, &[version]);
    stage.peer.answers(move |asked| {
        if asked.method == "POST" {
            reply.clone()
        } else {
            book.answer(asked)
        }
    });
}

/// What it may answer that registers nobody.
fn answers(stage: &Stage, version: &str) -> Vec<(&'static str, Reply)> {
    let with = |changes: Value| {
        let whole = answer_of(stage, version, TOKEN_C);
        Reply::success(&crate::support::token::with(whole, &changes))
    };
    vec![
        ("a refusal", Reply::refused(405, 2000, "registered already")),
        (
            "an OCPI refusal",
            Reply::refused(200, 3001, "your versions"),
        ),
        ("a page", Reply::text(502, "text/html", "<html>")),
        ("an odd pair", Reply::refused(424, 3001, "callback")),
        ("no credentials", Reply::refused(200, 1000, "Success")),
        ("no token", with(json!({"token": null}))),
        ("a token that is none", with(json!({"token": "a b"}))),
        ("no url", with(json!({"url": "somewhere"}))),
        ("half", Reply::text(200, "application/json", "{\"data\":{")),
    ]
}

/// Holds: C-10, C-12, T-55, Q-11, Q-12.
#[tokio::test]
async fn a_post_that_fails_withdraws_what_was_offered() {
    for version in VERSIONS {
        let stage = stage().await;
        let before = stage.stored().await;
        for (case, reply) in answers(&stage, version) {
            posts(&stage, version, reply);
            let failed = register(&stage).await.expect_err("no success");
            let case = format!("{version}: {case}: {failed}");
            let is_theirs = matches!(
                failed,
                OperatorError::Remote(_) | OperatorError::OutcomeUnknown(_)
            );
            assert!(is_theirs, "{case}");
            // Which call of which platform, and nothing that is a secret.
            let said = failed.to_string();
            assert!(said.contains(&stage.peer.url), "{case}");
            let token = offered(&stage.peer.asked());
            assert!(!said.contains(&token) && !said.contains(TOKEN_C), "{case}");
            assert!(!stage.admits(&token).await, "{case}");
            assert_eq!(stage.stored().await, before, "{case}");
        }
    }
}

/// Holds: C-10, C-12.
#[tokio::test]
async fn a_platform_that_cannot_be_looked_up_is_sent_nothing() {
    let stage = stage().await;
    let before = stage.stored().await;
    let page = Reply::text(200, "text/html", "<html>");
    let replies = [
        Reply::refused(401, 2000, "who?"),
        Reply::text(404, "text/plain", ""),
        page,
        Reply::success(&json!("x")),
    ];
    for reply in replies {
        stage.peer.forget();
        let answer = reply.clone();
        stage.peer.answers(move |_| answer.clone());
        let failed = register(&stage).await.expect_err("no success");
        assert!(failed.to_string().contains(&stage.peer.url), "{failed}");
        let asked = stage.peer.asked();
        assert!(asked.iter().all(|it| it.method == "GET"), "{reply:?}");
        assert_eq!(stage.stored().await, before, "{reply:?}");
    }
}

/// Holds: V-10.
#[tokio::test]
async fn a_platform_without_a_version_of_ours_is_named_what_it_lists() {
    let stage = stage().await;
    for listed in [vec![], vec!["2.0", "2.2", "9.9"]] {
        follow(&stage, lists(&stage, &listed));
        let failed = register(&stage).await.expect_err("none in common");
        assert!(
            matches!(failed, OperatorError::NoCommonVersion(_)),
            "{failed}"
        );
        for version in listed {
            assert!(failed.to_string().contains(version), "{failed}");
        }
    }
}

/// Holds: C-12.
#[tokio::test]
async fn a_platform_that_lacks_what_we_need_is_not_registered_with() {
    for version in VERSIONS {
        let stage = stage().await;
        let before = stage.stored().await;
        let mut book = lists(&stage, &[version]);
        book.endpoints.retain(|(module, _)| *module != "tokens");
        follow(&stage, book);
        let failed = register(&stage).await.expect_err("no tokens");
        assert!(
            failed.to_string().to_lowercase().contains("tokens"),
            "{failed}"
        );
        let asked = lines(&stage.peer.asked());
        assert!(asked.iter().all(|it| it.starts_with("GET")), "{asked:?}");
        assert_eq!(stage.stored().await, before, "{version}");
        // Without an endpoint for credentials there is nowhere to go.
        let mut book = lists(&stage, &[version]);
        book.endpoints
            .retain(|(module, _)| *module != "credentials");
        follow(&stage, book);
        let failed = register(&stage).await.expect_err("no credentials");
        assert!(
            failed.to_string().to_lowercase().contains("credentials"),
            "{failed}"
        );
        assert_eq!(stage.stored().await, before, "{version}");
    }
}

/// Holds: C-04, C-24.
#[tokio::test]
async fn we_register_once_and_with_platforms_that_we_know() {
    let stage = super::registered("2.3.0").await;
    let before = stage.stored().await;
    let again = register(&stage).await.expect_err("it is registered");
    assert!(matches!(again, OperatorError::AlreadyRegistered), "{again}");
    assert_eq!(stage.stored().await, before);
    let app = &stage.world.app;
    let nobody: PlatformId = id("nobody");
    for failed in [
        app.rotate_credentials(&nobody, false).await,
        app.unregister_from(&nobody, false).await,
    ] {
        assert!(matches!(failed, Err(OperatorError::UnknownPlatform)));
    }
    let other = super::stage().await;
    let app = &other.world.app;
    for failed in [
        app.rotate_credentials(&id(PEER), false).await,
        app.unregister_from(&id(PEER), false).await,
    ] {
        assert!(matches!(failed, Err(OperatorError::NotRegistered)));
    }
}

/// Holds: C-24, T-49.
#[tokio::test]
async fn while_we_register_nobody_else_does_for_the_same_platform() {
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    let stage = Arc::new(stage().await);
    let book = lists(&stage, &["2.3.0"]);
    let (arrived, open) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (told, waits) = (Arc::clone(&arrived), Arc::clone(&open));
    stage.peer.does(move |asked| {
        let (book, told, waits) = (book.clone(), Arc::clone(&told), Arc::clone(&waits));
        async move {
            if asked.method == "POST" {
                told.add_permits(1);
                let _ = waits.acquire().await;
            }
            book.answer(&asked)
        }
    });
    let first = tokio::spawn({
        let stage = Arc::clone(&stage);
        async move { register(&stage).await }
    });
    arrived
        .acquire()
        .await
        .expect("we sent our credentials")
        .forget();
    let second = register(&stage).await.expect_err("one is under way");
    assert!(
        matches!(second, OperatorError::HandshakeRunning),
        "{second}"
    );
    // The platform itself may not begin one either, with what we offered it.
    let token = offered(&stage.peer.asked());
    for method in ["POST", "PUT", "DELETE"] {
        let body = answer_of(&stage, "2.3.0", "their.own~token");
        let refused = stage.send(method, "2.3.0", &token, Some(&body)).await;
        assert_eq!(refused.codes(), (405, 2000), "{method}");
    }
    open.close();
    first.await.expect("it ends").expect("by the book");
    assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_C));
}
