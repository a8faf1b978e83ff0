//! Tokens with which a CPO fails, alone or beside others.

use std::sync::Arc;
use std::time::Duration;

use super::other_side::{refused, silent, unavailable};
use super::seconds;
use super::world::{World, cpo};
use crate::{PushView, RunState};

const AT_ONCE: Duration = Duration::ZERO;

/// A CPO that fails with these Tokens for ever, as often as they come.
fn failing_with(uids: &'static [&'static str]) -> World {
    let world = World::of(vec![cpo()]);
    world.other.answer(|it| {
        let is_bad = uids.contains(&it.uid.as_str());
        (
            AT_ONCE,
            if is_bad {
                Err(unavailable(None))
            } else {
                Ok(())
            },
        )
    });
    world
}

async fn push_of(world: &World) -> PushView {
    let status = world.app.sync_status().await.unwrap();
    status[0].push.clone().unwrap()
}

/// Holds: E-40. The batch is full, so nothing beside the Token is sent any more once the others were
/// taken.
#[tokio::test(start_paused = true)]
async fn a_token_that_the_cpo_fails_with_holds_up_no_full_batch() {
    let world = failing_with(&["T7"]);
    world.put_many(1200).await;
    let _running = world.run();
    seconds(60).await;
    assert_eq!(world.other.copies("cpo").len(), 1199);
    let push = push_of(&world).await;
    assert_eq!((push.pending, push.behind.len()), (1, 1));
    assert!(
        push.behind[0].reason.contains("this Token only"),
        "{push:?}"
    );
    assert_eq!((push.state, push.failures), (RunState::Idle, 0));
}

/// Holds: E-40. Many of them, more than are on their way at once.
#[tokio::test(start_paused = true)]
async fn tokens_that_the_cpo_fails_with_hold_up_no_others() {
    let world = World::of(vec![cpo()]);
    let is_bad = |uid: &str| uid[1..].parse::<usize>().unwrap().is_multiple_of(25);
    world.other.answer(move |it| {
        (
            AT_ONCE,
            if is_bad(&it.uid) {
                Err(unavailable(None))
            } else {
                Ok(())
            },
        )
    });
    world.put_many(700).await;
    let _running = world.run();
    seconds(3600).await;
    assert_eq!(world.other.copies("cpo").len(), 700 - 28);
    assert_eq!(push_of(&world).await.behind.len(), 28);
}

/// Holds: E-40. There is nothing beside it that would tell whether the CPO fails with all.
#[tokio::test(start_paused = true)]
async fn a_new_token_does_not_wait_for_one_that_the_cpo_fails_with() {
    let world = failing_with(&["BAD"]);
    world.put("BAD", "1").await;
    let _running = world.run();
    seconds(3600).await;
    let push = push_of(&world).await;
    assert_eq!((push.state, push.pending), (RunState::BackingOff, 1));
    assert!(push.failures > 5 && push.failure.is_some() && push.next_at.is_some());
    // As seldom as a platform is tried that fails.
    assert!(world.other.take_arrived().len() < 25);
    world.put("GOOD", "1").await;
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put GOOD 1"]);
    let push = push_of(&world).await;
    assert_eq!((push.state, push.pending), (RunState::Idle, 1));
    assert_eq!((push.failures, push.failure), (0, None));
}

/// Holds: E-40. Each time that it is tried again it is the Token's failure, not the platform's.
#[tokio::test(start_paused = true)]
async fn a_token_that_fails_again_is_no_failure_of_the_platform() {
    let world = failing_with(&["BAD"]);
    world.put("BAD", "1").await;
    world.put("OTHER", "1").await;
    let _running = world.run();
    seconds(60).await;
    world.other.take_arrived();
    let mut tried = 0;
    for round in 0..60 {
        seconds(60).await;
        let push = push_of(&world).await;
        assert_eq!((push.state, push.failures), (RunState::Idle, 0), "{push:?}");
        let arrived = world.other.take_arrived();
        tried += arrived.iter().filter(|it| *it == "put BAD 1").count();
        world.put("GOOD", &round.to_string()).await;
        seconds(1).await;
        assert!(
            world
                .other
                .take_arrived()
                .contains(&format!("put GOOD {round}")),
            "{round}"
        );
    }
    assert!((8..25).contains(&tried), "{tried}");
}

/// Holds: T-48. Who asks to be left alone is, whatever Token it was said of.
#[tokio::test(start_paused = true)]
async fn retry_after_of_a_token_that_waits_for_itself_is_the_platforms() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|it| {
        let is_bad = it.uid == "BAD";
        (
            AT_ONCE,
            if is_bad {
                Err(unavailable(Some(60)))
            } else {
                Ok(())
            },
        )
    });
    world.put("OTHER", "1").await;
    world.put("BAD", "1").await;
    let _running = world.run();
    // It is put behind, and tried again, and each time the CPO is left alone for a minute.
    seconds(1000).await;
    assert_eq!(world.sync.push("cpo").unwrap().behind.len(), 1);
    let times: Vec<_> = world.other.arrived().iter().map(|it| it.at_ms).collect();
    let tries = &times[2..];
    assert!(
        tries.windows(2).all(|two| two[1] - two[0] >= 60_000),
        "{times:?}"
    );
    // Still it is tried.
    assert!(tries.len() > 5);
}

/// Holds: E-41. A CPO that was away in the middle of a batch gets all of it soon after it is back.
#[tokio::test(start_paused = true)]
async fn what_was_put_behind_in_an_outage_is_sent_soon_after_it() {
    let world = World::of(vec![cpo()]);
    let mut count = 0;
    world.other.answer(move |it| {
        count += 1;
        let is_away = count > 100 && it.at_ms < 4 * 3_600_000;
        (AT_ONCE, if is_away { Err(silent()) } else { Ok(()) })
    });
    world.put_many(110).await;
    let _running = world.run();
    seconds(4 * 3600 - 1).await;
    assert_eq!(world.other.copies("cpo").len(), 100);
    seconds(480).await;
    assert_eq!(world.other.copies("cpo").len(), 110);
    assert!(world.sync.push("cpo").unwrap().behind.is_empty());
}

/// Holds: E-40. The store was away when it was to keep that a Token was refused.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_not_kept_is_not_forgotten() {
    let world = World::of(vec![cpo()]);
    let sync = Arc::clone(&world.sync);
    world.other.answer(move |it| match it.uid.as_str() {
        "T0" if it.at_ms < 10_000 => (AT_ONCE, Err(refused())),
        "T1" if it.at_ms < 500 => {
            sync.set_down(true);
            (AT_ONCE, Err(unavailable(None)))
        }
        _ => (AT_ONCE, Ok(())),
    });
    world.put_many(3).await;
    let _running = world.run();
    seconds(1).await;
    world.sync.set_down(false);
    seconds(120).await;
    let copies = world.other.copies("cpo");
    let uids: Vec<_> = copies.iter().map(|(uid, _)| uid.as_str()).collect();
    assert_eq!(uids, ["T0", "T1", "T2"]);
}

/// Holds: E-40. A push that is asked for tries those that were refused, too.
#[tokio::test(start_paused = true)]
async fn who_asks_for_a_push_does_not_wait_for_what_was_refused() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|_| (AT_ONCE, Err(refused())));
    world.put_many(2).await;
    let _running = world.run();
    // By now each waits for an hour.
    seconds(3 * 3600).await;
    world.other.take_arrived();
    world.app.request_push(None, false).await.unwrap();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put T0 1", "put T1 1"]);
    world.other.take_after_ms(0);
    world.app.request_push(None, false).await.unwrap();
    seconds(1).await;
    assert_eq!(world.other.copies("cpo").len(), 2);
    assert_eq!(push_of(&world).await.pending, 0);
}
