//! Whose trouble it is when nothing comes of a question.

use std::time::Duration;

use super::*;

/// Longer than anybody waits.
const LONG: Duration = Duration::from_mins(1);

/// A platform that is to be looked up before it is asked.
fn unknown_yet() -> StoredPlatform {
    let mut stored = connected(OcpiVersion::V2_3_0, BOTH);
    stored.connection = Some(connection("theirs", None));
    stored
}

/// What came of a question, and after how many milliseconds.
async fn ask(app: &App) -> (OutboundError, u128) {
    let began = tokio::time::Instant::now();
    let uid = "CARD".parse().unwrap();
    let answer = app.authorize_at(&id(), &uid, &TokenType::Rfid, None).await;
    (answer.unwrap_err(), began.elapsed().as_millis())
}

fn is_timeout(error: &OutboundError) -> bool {
    matches!(error, OutboundError::Remote(RemoteError::TimedOut { .. }))
}

fn is_ours(error: &OutboundError) -> bool {
    matches!(error, OutboundError::NotSent { timeout_ms: 1500 })
}

/// Holds: W-04, W-33. The question has no more time, but the platform has not kept anybody waiting.
#[tokio::test(start_paused = true)]
async fn a_slow_store_of_ours_is_no_silence_of_the_platform() {
    let peer = Peer::knowing("theirs", BASE64);
    let (app, known) = world(connected(OcpiVersion::V2_3_0, BOTH), &peer);
    known.be_slow(LONG);
    let (error, ms) = ask(&app).await;
    assert!(is_ours(&error), "{error:?}");
    assert_eq!((ms, peer.requests().len()), (1500, 0));
    // A moment is all that it takes from the platform's time.
    known.be_slow(Duration::from_millis(100));
    peer.on_request(|_| later(LONG));
    let (error, ms) = ask(&app).await;
    assert!(is_timeout(&error), "{error:?}");
    assert_eq!((ms, peer.requests().len()), (1500, 1));
}

/// Holds: W-04, V-10. The platform has answered, and the answer cannot be kept in time.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_slow_after_a_look_up_is_no_silence_either() {
    let peer = Peer::knowing("theirs", BASE64);
    let (app, known) = world(unknown_yet(), &peer);
    peer.on_request(move |request| {
        if request.what == "details" {
            known.be_slow(LONG);
        }
        later(Duration::from_millis(1))
    });
    let (error, _) = ask(&app).await;
    assert!(is_ours(&error), "{error:?}");
    assert_eq!(
        peer.asked(),
        ["versions theirs base64", "details theirs base64"]
    );
}

/// Holds: C-09, W-04. The platform has refused our token at once, and we wait for the new one.
#[tokio::test(start_paused = true)]
async fn to_wait_for_new_credentials_is_no_silence_of_the_platform() {
    let peer = Peer::knowing("another", BASE64);
    let (app, known) = world(connected(OcpiVersion::V2_3_0, BOTH), &peer);
    peer.on_request(move |_| {
        known.be_slow(LONG);
        later(Duration::from_millis(1))
    });
    let (error, ms) = ask(&app).await;
    assert!(is_ours(&error), "{error:?}");
    assert_eq!((ms, peer.requests().len()), (1500, 1));
}

/// Holds: W-04, W-12, V-10. What fails before the question is no answer to it, whatever it is.
#[tokio::test(start_paused = true)]
async fn a_look_up_that_fails_is_told_from_an_answer() {
    for what in ["versions", "details"] {
        let failed = RemoteError::Unreadable {
            url: "https://peer.example".to_owned(),
            reason: "it is no JSON: (a page of HTML or XML)".to_owned(),
        };
        let peer = Peer::knowing("theirs", BASE64);
        let (app, _) = world(unknown_yet(), &peer);
        peer.fail(what, failed.clone());
        let (error, _) = ask(&app).await;
        let is_looked_up = matches!(&error, OutboundError::LookUp(of) if *of == failed);
        assert!(is_looked_up, "{what}: {error:?}");
        let told = error.to_string();
        assert!(told.contains("looked up"), "{told}");
        assert!(told.contains("a page of HTML"), "{told}");
        let asked = peer.requests();
        assert!(asked.iter().all(|request| request.what != "authorize"));
        // A question that reaches the platform is answered as it was.
        peer.recover();
        peer.fail("authorize", failed.clone());
        let (error, _) = ask(&app).await;
        let is_answer = matches!(&error, OutboundError::Remote(of) if *of == failed);
        assert!(is_answer, "{what}: {error:?}");
    }
}
