//! A platform that means us harm, or a URL that leads where we must not go.

use std::sync::Arc;
use std::time::Duration;

use ocpi_app::RegisterRequest;
use ocpi_domain::{CredentialsToken, Platform};
use serde_json::{Value, json};
use tokio::time::{Instant, interval, timeout};

use super::stage::{PEER, Stage, THEIRS, credentials, given, issue};
use crate::support::answer::{PATIENCE, assert_refused};
use crate::support::http::Response;
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Peer, Reply};
use crate::support::world::WorldBuilder;

/// What a call may take in all.
const DEADLINE: Duration = Duration::from_secs(10);

/// A platform wants to register with this as its versions URL.
async fn posts(stage: &Stage, url: &str) -> Response {
    let body = stage.credentials("2.3.0", &json!({"url": url}));
    let post = stage.send("POST", "2.3.0", &stage.bootstrap, Some(&body));
    post.await
}

/// The operator wants to register with what is at this URL. Says what comes of it.
async fn registers(stage: &Stage, url: &str, token: &str) -> String {
    let row = id("other");
    let app = &stage.world.app;
    let known = app.find_platform(&row).await.is_ok();
    if !known {
        stage.world.know(Platform::new(row.clone())).await;
    }
    let request = RegisterRequest {
        versions_url: url.parse().expect("a URL"),
        token: CredentialsToken::new(token).expect("a token"),
        peer_role: None,
    };
    let refused = app.register_with(&row, request).await;
    refused.expect_err("it is refused").to_string()
}

/// Both ways to be led to a URL: refused, nothing stored, and both told which.
async fn assert_refused_both_ways(stage: &Stage, url: &str, says: &str) {
    let before = stage.state().await;
    let answer = posts(stage, url).await;
    assert_refused(&answer, (200, 3001), &url);
    let message = answer.message();
    let names_it = message.to_lowercase().contains(&url.to_lowercase());
    assert!(names_it, "the answer says which: {message}");
    assert_eq!(stage.state().await, before, "{url}");
    let told = registers(stage, url, THEIRS).await;
    let names_it = told.to_lowercase().contains(&url.to_lowercase());
    assert!(names_it && told.contains(says), "no `{says}`: {told}");
    let other = stage.world.app.find_platform(&id("other")).await;
    let other = other.expect("a row");
    assert!(
        other.tokens.is_empty() && other.connection.is_none(),
        "{url}"
    );
}

/// A world that may not call this machine, nor without TLS when that is said.
async fn strict_stage(allow_http: bool) -> Stage {
    let mut builder = WorldBuilder::alone();
    let outbound = builder.outbound.as_mut().expect("it calls");
    outbound.allow_private_addresses = false;
    outbound.allow_http = allow_http;
    Stage::of(builder, Platform::new(id(PEER))).await
}

/// Holds: C-23, C-03.
#[tokio::test]
async fn an_address_that_is_not_public_is_never_connected_to_however_it_is_written() {
    let stage = strict_stage(true).await;
    let port = stage
        .peer
        .url
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    for host in [
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "LOCALHOST",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[::ffff:10.0.0.1]",
        "[fd00:ec2::254]",
    ] {
        let url = format!("http://{host}:{port}/ocpi/versions");
        assert_refused_both_ways(&stage, &url, "must not be called").await;
    }
    // How these are read is the system's matter; they lead nowhere either.
    for host in [
        "localhost.",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
    ] {
        let url = format!("http://{host}:{port}/ocpi/versions");
        assert_refused_both_ways(&stage, &url, "").await;
    }
    assert!(stage.peer.asked().is_empty(), "{:?}", stage.peer.asked());
    // The operator is told how to permit it.
    let url = format!("http://127.0.0.1:{port}/ocpi/versions");
    let told = registers(&stage, &url, THEIRS).await;
    assert!(told.contains("allow_private_addresses"), "{told}");
}

/// Holds: C-23, T-96.
#[tokio::test]
async fn without_tls_nobody_is_called() {
    let stage = strict_stage(false).await;
    let url = stage.peer.versions_url();
    assert_refused_both_ways(&stage, &url, "https").await;
    let shouted = url.replace("http://", "HTTP://");
    assert_refused_both_ways(&stage, &shouted, "https").await;
    assert!(stage.peer.asked().is_empty());
}

/// Holds: T-97, C-23.
#[tokio::test]
async fn redirects_are_followed_three_times_on_the_same_host_and_no_further() {
    let stage = Stage::new().await;
    let url = stage.peer.versions_url();
    // Without end.
    let next = stage.peer.url.clone();
    stage.peer.answers(move |asked| {
        let number = asked.target.len();
        Reply::redirect(307, &format!("{next}/ocpi/versions{}", "x".repeat(number)))
    });
    assert_refused_both_ways(&stage, &url, "redirect").await;
    // Each of the two asked once, and followed three times.
    assert_eq!(stage.peer.asked().len(), 2 * 4);
    let itself = url.clone();
    stage.peer.forget();
    stage.peer.answers(move |_| Reply::redirect(308, &itself));
    assert_refused_both_ways(&stage, &url, "redirect").await;
    assert!(stage.peer.asked().len() <= 2 * 4);
    // Not all that say elsewhere may be followed with a secret.
    for (status, to) in [(301, &url), (302, &url), (303, &url)] {
        stage.peer.forget();
        let to = to.clone();
        stage.peer.answers(move |_| Reply::redirect(status, &to));
        assert_refused_both_ways(&stage, &url, &status.to_string()).await;
        assert_eq!(stage.peer.asked().len(), 2, "{status}");
    }
}

/// Holds: T-97, C-23.
#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let stage = Stage::new().await;
    let thief = Peer::start().await;
    let url = stage.peer.versions_url();
    for to in [
        thief.versions_url(),
        thief.versions_url().replace("127.0.0.1", "localhost"),
        "ftp://127.0.0.1/".to_owned(),
        "//thief.invalid/ocpi/versions".to_owned(),
        "not a url at all \u{7f}".to_owned(),
    ] {
        let to = to.trim_end_matches('\u{7f}').to_owned();
        stage.peer.answers(move |_| Reply::redirect(307, &to));
        assert_refused_both_ways(&stage, &url, "").await;
    }
    assert!(thief.asked().is_empty(), "the token went there");
}

/// Holds: T-97.
#[tokio::test]
async fn a_redirect_by_the_book_is_followed_with_method_body_and_token() {
    let stage = Stage::new().await;
    let book = ByTheBook::of(&stage.peer, THEIRS);
    let url = stage.peer.url.clone();
    stage.peer.answers(move |asked| match &*asked.target {
        "/ocpi/versions" => Reply::redirect(308, "/elsewhere"),
        "/elsewhere" => Reply::redirect(307, &format!("{url}/there/")),
        "/there/" => Reply::success(&book.list()),
        _ => book.answer(asked),
    });
    stage.register("2.3.0").await;
    let asked = stage.peer.asked();
    assert!(asked.iter().all(|it| it.presents(THEIRS)), "{asked:?}");
}

/// Holds: C-23.
#[tokio::test]
async fn a_body_without_end_is_left_at_the_limit() {
    let stage = Stage::new().await;
    let url = stage.peer.versions_url();
    stage.peer.answers(|_| Reply::endless());
    let before = stage.peer.sent();
    let begun = Instant::now();
    assert_refused_both_ways(&stage, &url, "1048576").await;
    assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
    let sent = stage.peer.sent() - before;
    // Twice 1 MiB, and what is on its way in the buffers of the system.
    assert!(sent < 32 * 1024 * 1024, "{sent} bytes were taken");
    // The details are no way around it.
    let book = ByTheBook::of(&stage.peer, THEIRS);
    stage.peer.answers(move |asked| match &*asked.target {
        "/ocpi/versions" => Reply::success(&book.list()),
        _ => Reply::endless(),
    });
    let refused = posts(&stage, &url).await;
    assert_refused(&refused, (200, 3001), &"details");
    assert!(refused.message().contains("2.3.0"), "{}", refused.message());
}

/// Holds: C-23.
#[tokio::test]
async fn json_as_deep_as_it_likes_is_refused_and_nothing_breaks() {
    let stage = Stage::new().await;
    let url = stage.peer.versions_url();
    for text in ["[".repeat(500_000), "{\"data\":".repeat(100_000)] {
        stage
            .peer
            .answers(move |_| Reply::text(200, "application/json", text.clone()));
        assert_refused_both_ways(&stage, &url, "").await;
    }
    // As much nonsense as fits, and not one version that we speak.
    let nonsense: Value = (0..5000)
        .map(|number| json!({"version": format!("9.{number}"), "url": "https://peer.invalid/x"}))
        .collect();
    stage.peer.answers(move |_| Reply::success(&nonsense));
    let refused = posts(&stage, &url).await;
    assert_refused(&refused, (200, 3002), &"no version of ours");
    let told = registers(&stage, &url, THEIRS).await;
    assert!(told.len() < 2000, "{} bytes to the operator", told.len());
}

/// A reply that takes its time is given up at the deadline, not later.
async fn assert_given_up(reply: Reply) {
    let stage = Stage::new().await;
    let before = stage.state().await;
    stage.peer.answers(move |_| reply.clone());
    let url = stage.peer.versions_url();
    let begun = Instant::now();
    let refused = posts(&stage, &url).await;
    let took = begun.elapsed();
    assert_refused(&refused, (200, 3001), &"too slow");
    assert!(refused.message().contains(&url), "{}", refused.message());
    let deadline = DEADLINE..DEADLINE + Duration::from_secs(1);
    assert!(deadline.contains(&took), "{took:?}");
    assert_eq!(stage.state().await, before);
    assert!(stage.admits(&stage.bootstrap).await, "as good as before");
}

/// Holds: C-23, C-03.
#[tokio::test(start_paused = true)]
async fn a_platform_that_says_nothing_is_given_up_at_the_deadline() {
    assert_given_up(Reply::success(&json!([])).after(Duration::from_hours(1))).await;
}

/// Holds: C-23, C-03.
#[tokio::test(start_paused = true)]
async fn a_platform_that_drips_is_given_up_at_the_deadline() {
    assert_given_up(Reply::dripping(Duration::from_millis(700))).await;
}

/// Holds: C-23, C-03.
#[tokio::test(start_paused = true)]
async fn redirects_do_not_lengthen_the_deadline() {
    let stage = Stage::new().await;
    let url = stage.peer.versions_url();
    let to = url.clone();
    stage
        .peer
        .answers(move |_| Reply::redirect(307, &to).after(Duration::from_secs(4)));
    let begun = Instant::now();
    assert_refused(&posts(&stage, &url).await, (200, 3001), &url);
    let took = begun.elapsed();
    assert!(took < DEADLINE + Duration::from_secs(1), "{took:?}");
}

/// Holds: C-23, C-03, C-20.
#[tokio::test]
async fn our_own_url_is_no_platform() {
    let stage = Stage::new().await;
    let url = format!("{}/ocpi/versions", stage.world.url);
    let before = stage.state().await;
    // The token A that we made opens our own versions, so all would look by the book.
    let body = stage.credentials("2.3.0", &json!({"url": url, "token": stage.bootstrap}));
    let refused = stage
        .send("POST", "2.3.0", &stage.bootstrap, Some(&body))
        .await;
    let (status, code) = refused.codes();
    assert!(status == 200 && [2001, 3001].contains(&code), "{code}");
    assert!(
        refused.message().contains("of ours"),
        "{}",
        refused.message()
    );
    assert_eq!(stage.state().await, before);
    let told = registers(&stage, &url, &stage.bootstrap).await;
    assert!(told.contains("of ours"), "{told}");
    let other = stage.world.app.find_platform(&id("other")).await;
    let other = other.expect("a row");
    assert!(other.tokens.is_empty() && other.connection.is_none());
}

/// Holds: C-23, C-24.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_hangs_keeps_nobody_else_waiting() {
    let stage = Arc::new(Stage::new().await);
    stage
        .peer
        .answers(|_| Reply::success(&json!([])).after(Duration::from_hours(1)));
    let mut hanging = Vec::new();
    for _ in 0..100 {
        let stage = Arc::clone(&stage);
        hanging.push(tokio::spawn(async move {
            posts(&stage, &stage.peer.versions_url()).await
        }));
    }
    // So many are called back for at once; the others wait for their turn.
    let all_hang = async {
        let mut look = interval(Duration::from_millis(5));
        while stage.peer.asked().len() < 4 {
            look.tick().await;
        }
    };
    timeout(PATIENCE, all_hang).await.expect("they are called");
    // Others are served, and may register.
    assert!(stage.admits(&stage.bootstrap).await);
    let other = id("other");
    stage.world.know(Platform::new(other.clone())).await;
    let peer = Peer::start().await;
    let book = ByTheBook::of(&peer, THEIRS);
    peer.answers(move |asked| book.answer(asked));
    let token = issue(&stage.world, &other).await;
    let body = credentials("2.3.0", &peer.versions_url(), &json!({}));
    let registered = stage.send("POST", "2.3.0", &token, Some(&body));
    let registered = timeout(DEADLINE / 2, registered).await;
    given(&registered.expect("it waits for nobody"));
    assert_eq!(stage.peer.asked().len(), 4, "nobody has us make many calls");
    for post in hanging {
        post.abort();
    }
}
