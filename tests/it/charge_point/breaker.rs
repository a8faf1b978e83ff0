//! An eMSP that is silent is not asked for a while.

use std::time::Duration;

use ocpi_domain::{AllowedType, DecisionSource, PlatformId, Profile};
use serde_json::json;

use super::stage::{Stage, StageBuilder, emsp, foreign, to_start};
use crate::support::peer::{Peer, Reply};
use crate::support::until::until;

/// The failures after which the breaker opens, and how often the platform is tried then.
const FAILURES: u32 = 3;
const PROBE_MS: u64 = 5000;

fn silent() -> Reply {
    Reply::success(&json!({"allowed": "ALLOWED"})).after(Duration::from_hours(1))
}

fn allows() -> Reply {
    Reply::success(&json!({"allowed": "ALLOWED"}))
}

async fn stage(peer: &Peer) -> Stage {
    let profile = Profile {
        authorize_timeout_ms: Some(50),
        ..Profile::default()
    };
    let stage = StageBuilder::new()
        .emsp(profile, peer)
        .options(|options| {
            options.breaker_failures = FAILURES;
            options.breaker_probe_ms = PROBE_MS;
            options.same_question_ms = 0;
        })
        .start()
        .await;
    stage.copy(&foreign("CARD1", &json!({}))).await;
    stage
}

impl Stage {
    fn breaker(&self) -> &'static str {
        let id = PlatformId::new("emsp").expect("an id");
        self.world.app.breaker(&id).state
    }
}

/// Holds: W-33, Q-19. After some failures in a row nobody waits; one question tries each interval,
/// whose driver does not wait either; and when it is answered, everybody is asked about again.
#[tokio::test]
async fn a_silent_platform_is_not_asked_until_it_answers_a_probe() {
    let peer = emsp(silent()).await;
    let stage = stage(&peer).await;
    assert_eq!(stage.breaker(), "closed");
    for _ in 0..FAILURES {
        let answer = stage.starts("CARD1").await;
        assert_eq!(answer, (AllowedType::Allowed, DecisionSource::Offline));
    }
    // The last question is given up a moment after its driver was answered.
    until("it opens", || async { stage.breaker() == "open" }).await;
    let failures = usize::try_from(FAILURES).expect("a small number");
    assert_eq!(peer.asked().len(), failures);
    for _ in 0..10 {
        let answer = stage.answer(to_start("CARD1")).await;
        assert_eq!(answer.source, DecisionSource::Offline);
        assert!(answer.reason.contains("50 ms"), "why: {}", answer.reason);
    }
    assert_eq!(peer.asked().len(), failures, "nobody is asked");

    // It is back; the next that comes after the interval tries, and does not wait for it.
    peer.answers(|_| allows());
    stage
        .world
        .clock
        .advance_ms(u32::try_from(PROBE_MS).expect("a small number"));
    let answer = stage.starts("CARD1").await;
    assert_eq!(answer, (AllowedType::Allowed, DecisionSource::Offline));
    until("the probe is answered", || async {
        stage.breaker() == "closed"
    })
    .await;
    assert_eq!(peer.asked().len(), failures + 1, "one tried");
    let answer = stage.starts("CARD1").await;
    assert_eq!(answer, (AllowedType::Allowed, DecisionSource::RealTime));
}

/// Holds: W-33. A probe that gets no answer leaves it as it was, for another interval.
#[tokio::test]
async fn a_probe_without_an_answer_is_the_only_question_of_its_interval() {
    let peer = emsp(silent()).await;
    let stage = stage(&peer).await;
    for _ in 0..FAILURES {
        stage.starts("CARD1").await;
    }
    until("it opens", || async { stage.breaker() == "open" }).await;
    peer.forget();
    for probe in 1..=3 {
        stage
            .world
            .clock
            .advance_ms(u32::try_from(PROBE_MS).expect("a small number"));
        for _ in 0..5 {
            assert_eq!(stage.starts("CARD1").await.1, DecisionSource::Offline);
        }
        until("the probe has failed", || async {
            peer.asked().len() == probe && stage.breaker() == "open"
        })
        .await;
    }
}

/// Holds: W-23, W-33. A refusal is an answer: it opens nothing.
#[tokio::test]
async fn who_refuses_is_not_silent() {
    let peer = emsp(Reply::success(&json!({"allowed": "BLOCKED"}))).await;
    let stage = stage(&peer).await;
    for reply in [
        Reply::success(&json!({"allowed": "BLOCKED"})),
        Reply::refused(404, 2004, "unknown"),
        Reply::refused(200, 2001, "not so"),
    ] {
        peer.answers(move |_| reply.clone());
        for _ in 0..=FAILURES {
            assert_eq!(stage.starts("CARD1").await.1, DecisionSource::RealTime);
        }
        assert_eq!(stage.breaker(), "closed");
    }
}

/// Holds: Q-19. One that lists the module and always says that it cannot is as silent as one that is
/// gone.
#[tokio::test]
async fn who_always_says_that_it_cannot_is_silent() {
    let peer = emsp(Reply::refused(200, 3000, "not supported yet")).await;
    let stage = stage(&peer).await;
    for _ in 0..FAILURES {
        let answer = stage.answer(to_start("CARD1")).await;
        assert_eq!(answer.source, DecisionSource::Offline);
        assert!(
            answer.reason.contains("not supported yet"),
            "{}",
            answer.reason
        );
    }
    until("it opens", || async { stage.breaker() == "open" }).await;
}
