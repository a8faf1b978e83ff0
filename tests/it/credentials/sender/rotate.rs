//! We replace our credentials: C-09, C-10, C-25.

use std::sync::{Arc, Mutex};

use ocpi_app::OperatorError;
use ocpi_domain::CredentialsUse;

use super::{TOKEN_C, answer_of, follow, lines, lists, offered, registered};
use crate::credentials::stage::{PEER, Stage, VERSIONS};
use crate::support::http::{Connection, Request};
use crate::support::pair::id;
use crate::support::peer::Reply;
use crate::support::world::presented;

/// The token that the platform answers a rotation with.
const TOKEN_D: &str = "their.later~token";

/// The platform answers our PUT with this.
fn puts(stage: &Stage, version: &'static str, reply: Reply) {
    let mut book = lists(stage, &[version]);
    book.knows = vec![TOKEN_C.to_owned(), TOKEN_D.to_owned()];
    stage.peer.answers(move |asked| {
        if asked.method == "PUT" {
            reply.clone()
        } else {
            book.answer(asked)
        }
    });
}

async fn rotate(stage: &Stage) -> Result<(), OperatorError> {
    let app = &stage.world.app;
    let rotated = app.rotate_credentials(&id(PEER), false).await;
    rotated.map(|_| ())
}

/// Holds: C-09, C-10, C-25, T-02, T-03.
#[tokio::test]
async fn a_rotation_replaces_both_tokens_and_leaves_the_old_one_its_grace() {
    for version in VERSIONS {
        let stage = registered(version).await;
        let first = offered(&stage.peer.asked());
        stage.peer.forget();
        puts(
            &stage,
            version,
            Reply::success(&answer_of(&stage, version, TOKEN_D)),
        );
        rotate(&stage).await.expect("by the book");
        let asked = stage.peer.asked();
        let put = format!("PUT /ocpi/{version}/credentials");
        assert_eq!(lines(&asked).last(), Some(&put));
        assert!(asked.iter().all(|it| it.presents(TOKEN_C)), "{version}");
        let second = offered(&asked);
        assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_D), "{version}");
        assert!(
            stage.admits_to_modules(&first).await,
            "{version}: on its way"
        );
        assert!(stage.admits_to_modules(&second).await, "{version}");
        assert!(
            !stage.admits(&first).await,
            "{version}: the new one was used"
        );
    }
}

/// Holds: C-09, C-25.
#[tokio::test]
async fn after_a_compromise_the_old_token_has_no_grace() {
    let stage = registered("2.3.0").await;
    let first = offered(&stage.peer.asked());
    puts(
        &stage,
        "2.3.0",
        Reply::success(&answer_of(&stage, "2.3.0", TOKEN_D)),
    );
    let app = &stage.world.app;
    app.rotate_credentials(&id(PEER), true)
        .await
        .expect("by the book");
    let second = offered(&stage.peer.asked());
    assert!(!stage.admits(&first).await);
    assert!(stage.admits_to_modules(&second).await);
    let live = presented(&second, CredentialsUse::Live);
    assert_eq!(stage.stored().await.tokens, [live]);
}

/// The platform may have stored what we sent, and use it, before its answer has reached us.
///
/// Holds: C-09, C-10.
#[tokio::test]
async fn what_a_rotation_offers_opens_modules_before_the_platform_has_answered() {
    let stage = registered("2.3.0").await;
    let first = offered(&stage.peer.asked());
    let mut book = lists(&stage, &["2.3.0"]);
    book.credentials = Some(answer_of(&stage, "2.3.0", TOKEN_D));
    let found = Arc::new(Mutex::new(Vec::new()));
    let (world, seen, former) = (stage.world.address, Arc::clone(&found), first.clone());
    stage.peer.does(move |asked| {
        let (book, seen, former) = (book.clone(), Arc::clone(&seen), former.clone());
        async move {
            if asked.method == "PUT" {
                let offered = asked.json()["token"].as_str().unwrap().to_owned();
                for token in [&former, &offered, &former] {
                    let target = "/ocpi/cpo/2.3.0/tokens/DE/TNM/X";
                    let request = Request::new("GET", target).token(token);
                    let response = Connection::open(world).await.send(&request).await;
                    seen.lock().unwrap().push(response.codes());
                }
            }
            book.answer(&asked)
        }
    });
    rotate(&stage).await.expect("by the book");
    // The Token is not known, and that is said to whom we know.
    assert_eq!(*found.lock().unwrap(), [(404, 2004); 3]);
}

/// Holds: C-10.
#[tokio::test]
async fn a_rotation_that_is_refused_keeps_the_pair_and_withdraws_the_offer() {
    for version in VERSIONS {
        let stage = registered(version).await;
        let first = offered(&stage.peer.asked());
        let before = stage.stored().await;
        for reply in [
            Reply::refused(401, 2000, "who?"),
            Reply::refused(405, 2000, "not now"),
            Reply::refused(200, 3001, "your versions"),
        ] {
            puts(&stage, version, reply);
            rotate(&stage).await.expect_err("no success");
            let second = offered(&stage.peer.asked());
            assert_eq!(stage.stored().await, before, "{version}");
            assert!(!stage.admits(&second).await, "{version}");
            assert!(stage.admits_to_modules(&first).await, "{version}");
        }
    }
}

/// Holds: C-10.
#[tokio::test]
async fn a_rotation_whose_outcome_is_unknown_keeps_both_for_five_minutes_and_says_so() {
    let half = Reply::text(200, "application/json", "{\"data\":");
    for reply in [
        half,
        Reply::text(502, "text/html", "<html>"),
        Reply::refused(200, 3000, "oops"),
    ] {
        assert_outcome_is_unknown(reply).await;
    }
}

async fn assert_outcome_is_unknown(reply: Reply) {
    let stage = registered("2.3.0").await;
    let first = offered(&stage.peer.asked());
    puts(&stage, "2.3.0", reply);
    let failed = rotate(&stage).await.expect_err("no answer");
    assert!(
        matches!(failed, OperatorError::OutcomeUnknown(_)),
        "{failed}"
    );
    assert!(failed.to_string().contains(&stage.peer.url), "{failed}");
    let second = offered(&stage.peer.asked());
    // Whichever the platform has stored, it gets in.
    for token in [&first, &second, &first] {
        assert!(stage.admits_to_modules(token).await);
    }
    assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_C));
    stage.world.clock.advance_ms(300_000);
    assert!(stage.admits_to_modules(&first).await);
    assert!(!stage.admits(&second).await);
    // The way out is to rotate again.
    puts(
        &stage,
        "2.3.0",
        Reply::success(&answer_of(&stage, "2.3.0", TOKEN_D)),
    );
    rotate(&stage).await.expect("by the book");
    assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_D));
}

/// Holds: C-07, V-10, M-16.
#[tokio::test]
async fn a_rotation_follows_a_platform_to_the_version_that_it_has_learned() {
    let stage = registered("2.2.1").await;
    let mut book = lists(&stage, &["2.2.1", "2.3.0"]);
    book.credentials = Some(answer_of(&stage, "2.3.0", TOKEN_D));
    follow(&stage, book);
    rotate(&stage).await.expect("by the book");
    let stored = stage.stored().await;
    let connection = stored.connection.as_ref().expect("we call it");
    let served = connection.served.as_ref().expect("it was looked up");
    assert_eq!(served.version.as_str(), "2.3.0");
    assert_eq!(stage.ours().await.as_deref(), Some(TOKEN_D));
}
