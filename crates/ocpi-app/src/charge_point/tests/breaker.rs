//! A platform that gives no answers is not asked any more, until it is back.

use ocpi_domain::PlatformId;
use serde_json::json;

use super::world::{Does, World, copy, emsp, fails_with, ms_of, outcome, pass_ms, says, start};
use crate::{BreakerView, ChargePointRequest};

fn tnm() -> PlatformId {
    "tnm".parse().unwrap()
}

/// Another question than every one before.
fn another(number: u32) -> ChargePointRequest {
    ChargePointRequest {
        location_id: format!("LOC-{number}").parse().unwrap(),
        ..start()
    }
}

fn world() -> World {
    World::of_copy(&json!({"whitelist": "ALLOWED_OFFLINE"}))
}

impl World {
    fn breaker(&self) -> BreakerView {
        self.app.breaker(&tnm())
    }

    /// Has it open: five questions that nobody answers.
    async fn open(&self) {
        for number in 0..5 {
            assert_eq!(self.breaker().state, "closed");
            let (answer, _) = ms_of(self.answer(another(number))).await;
            assert_eq!(outcome(&answer), "offline ALLOWED");
        }
        // Their ends are noted when they have ended.
        pass_ms(1).await;
        assert_eq!(self.breaker().state, "open");
    }
}

/// Holds: W-33, Q-19.
#[tokio::test(start_paused = true)]
async fn after_five_silences_in_a_row_drivers_wait_no_more() {
    for silent in [
        Does::Hangs,
        fails_with(200, Some(3000)),
        fails_with(502, None),
    ] {
        let world = world();
        world.does("tnm", silent);
        world.open().await;
        let asked = world.peer.questions().len();
        let (answer, ms) = ms_of(world.answer(another(9))).await;
        assert_eq!((outcome(&answer).as_str(), ms), ("offline ALLOWED", 0));
        assert!(
            answer.reason.contains("is not asked at present"),
            "{}",
            answer.reason
        );
        assert_eq!(world.peer.questions().len(), asked);
        let view = world.breaker();
        assert_eq!(view.failures, 5);
        assert!(view.open_since.is_some() && view.reason.is_some());
        let metrics = world.metrics();
        assert!(
            metrics.contains("ocpi_breaker_state{platform=\"tnm\"} 2"),
            "{metrics}"
        );
        let count = "ocpi_charge_point_questions_total{platform=\"tnm\",outcome=\"no_answer\"} 5";
        assert!(metrics.contains(count), "{metrics}");
    }
}

/// Holds: W-33. An answer is an answer, whatever it says.
#[tokio::test(start_paused = true)]
async fn a_platform_that_answers_is_asked() {
    for answers in [says("BLOCKED"), Does::SaysUnknown, fails_with(400, None)] {
        let world = world();
        for number in 0..12 {
            let silent = number % 5 != 4;
            world.does(
                "tnm",
                if silent {
                    fails_with(503, None)
                } else {
                    answers.clone()
                },
            );
            world.answer(another(number)).await;
            assert_eq!(world.breaker().state, "closed", "{number}");
        }
    }
}

/// Holds: W-33. One question tries it; its driver does not wait, and no other is asked meanwhile.
#[tokio::test(start_paused = true)]
async fn a_probe_is_a_question_whose_driver_does_not_wait() {
    let world = world();
    world.does("tnm", Does::Hangs);
    world.open().await;
    pass_ms(5000).await;
    let (answer, ms) = ms_of(world.answer(another(10))).await;
    assert_eq!((outcome(&answer).as_str(), ms), ("offline ALLOWED", 0));
    assert!(
        answer.reason.contains("tried again just now"),
        "{}",
        answer.reason
    );
    let (answer, ms) = ms_of(world.answer(another(11))).await;
    assert_eq!((outcome(&answer).as_str(), ms), ("offline ALLOWED", 0));
    pass_ms(100).await;
    assert_eq!(world.breaker().state, "half_open");
    assert!(
        world
            .metrics()
            .contains("ocpi_breaker_state{platform=\"tnm\"} 1")
    );
    assert_eq!(world.peer.questions().len(), 6);
    pass_ms(1450).await;
    assert_eq!(world.breaker().state, "open");
    // It returns a moment after the probe was sent: the next one, within an interval, finds it.
    world.does("tnm", says("ALLOWED").after(50));
    let ((), ms) = ms_of(async {
        for number in 100.. {
            let answer = world.answer(another(number)).await;
            if outcome(&answer) == "real_time ALLOWED" {
                break;
            }
            pass_ms(10).await;
        }
    })
    .await;
    assert!(ms <= 5000, "{ms}");
    assert_eq!(world.breaker().state, "closed");
    assert_eq!(world.peer.questions().len(), 8);
    assert!(
        world
            .metrics()
            .contains("ocpi_breaker_state{platform=\"tnm\"} 0")
    );
}

/// Holds: W-33. After a quiet time it may be back for long: the first driver finds that out for
/// himself, and nobody else waits.
#[tokio::test(start_paused = true)]
async fn after_a_quiet_time_the_driver_of_the_probe_waits_for_it() {
    // The breaker opened with its last silence; the first probe is due 5 s later.
    for (quiet_ms, does, expected, max_ms) in [
        (15_000, says("BLOCKED").after(50), "offline ALLOWED", 0),
        (15_001, says("BLOCKED").after(50), "real_time BLOCKED", 50),
        (
            3_600_000,
            says("BLOCKED").after(50),
            "real_time BLOCKED",
            50,
        ),
        (3_600_000, Does::Hangs, "offline ALLOWED", 1500),
    ] {
        let world = world();
        world.does("tnm", fails_with(503, None));
        world.open().await;
        pass_ms(quiet_ms - 1).await;
        world.does("tnm", does);
        let first = async { ms_of(world.answer(another(10))).await };
        let second = async {
            pass_ms(10).await;
            ms_of(world.answer(another(11))).await
        };
        let ((first, ms), (second, second_ms)) = tokio::join!(first, second);
        assert_eq!((outcome(&first).as_str(), ms), (expected, max_ms));
        assert_eq!(
            (outcome(&second).as_str(), second_ms),
            ("offline ALLOWED", 0)
        );
    }
}

/// Holds: W-33. The answer of a probe stands for the same question, as any other.
#[tokio::test(start_paused = true)]
async fn a_driver_who_taps_again_gets_the_probes_answer() {
    let world = world();
    world.does("tnm", fails_with(503, None));
    world.open().await;
    pass_ms(5000).await;
    world.does("tnm", says("BLOCKED").after(100));
    assert_eq!(world.outcome().await, "offline ALLOWED");
    pass_ms(200).await;
    let asked = world.peer.questions().len();
    assert_eq!(world.outcome().await, "real_time BLOCKED");
    assert_eq!(world.peer.questions().len(), asked);
}

/// Holds: W-33. Once it is open nobody waits any more, for a question that began before either.
#[tokio::test(start_paused = true)]
async fn nobody_joins_a_question_that_hangs_at_a_platform_that_is_not_asked() {
    let world = world();
    world.does("tnm", Does::Hangs);
    let hanging = world.answer(start());
    let tapped_again = async {
        pass_ms(10).await;
        world.does("tnm", fails_with(503, None));
        world.open().await;
        let (answer, ms) = ms_of(world.answer(start())).await;
        assert_eq!((outcome(&answer).as_str(), ms), ("offline ALLOWED", 0));
    };
    let (first, ()) = tokio::join!(hanging, tapped_again);
    assert_eq!(outcome(&first), "offline ALLOWED");
}

/// A platform that is gone leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_a_platform_that_is_gone() {
    let oth = emsp("oth", &["DE/OTH"]);
    let tokens = vec![
        copy(&json!({"whitelist": "ALLOWED"})),
        copy(&json!({"whitelist": "ALLOWED", "party_id": "OTH", "uid": "OTHER"})),
    ];
    let world = World::new(vec![emsp("tnm", &["DE/TNM"]), oth], tokens);
    world.does("tnm", fails_with(503, None));
    world.open().await;
    world.app.delete_platform(&tnm()).await.unwrap();
    world.answer(super::world::start_of("OTHER", None)).await;
    assert_eq!(world.breaker().state, "closed");
    let metrics = world.metrics();
    assert!(!metrics.contains("platform=\"tnm\""), "{metrics}");
    assert!(
        metrics.contains("ocpi_breaker_state{platform=\"oth\"} 0"),
        "{metrics}"
    );
}
