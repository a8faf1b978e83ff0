//! What a CPO does to our Tokens beside taking them.

use std::collections::HashMap;
use std::time::Duration;

use super::other_side::{Arrived, refused, silent, unavailable};
use super::seconds;
use super::world::{World, cpo};
use crate::testing::hosting;
use crate::{RunState, SyncOptions};

const AT_ONCE: Duration = Duration::ZERO;

/// How often each Token arrived.
fn counts(arrived: &[Arrived]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for arrived in arrived {
        *counts.entry(arrived.uid.clone()).or_default() += 1;
    }
    counts
}

/// A Token that is refused waits for itself, and its present state is tried then.
#[tokio::test(start_paused = true)]
async fn a_refusal_holds_up_no_other_token() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|it| {
        let is_bad = it.uid == "T1" && it.version == "1";
        (AT_ONCE, if is_bad { Err(refused()) } else { Ok(()) })
    });
    world.put_many(4).await;
    let _running = world.run();
    seconds(1).await;
    assert_eq!(
        world.other.take_arrived(),
        ["put T0 1", "put T1 1", "put T2 1", "put T3 1"]
    );
    let status = world.app.sync_status().await.unwrap();
    let push = status[0].push.clone().unwrap();
    assert_eq!((push.state, push.pending), (RunState::Idle, 1));
    assert_eq!(push.failures, 0);
    let [behind] = &push.behind[..] else {
        panic!("{push:?}")
    };
    assert_eq!(behind.key.uid.as_str(), "T1");
    assert!(
        behind.reason.contains("no such contract"),
        "{}",
        behind.reason
    );
    assert_eq!(
        world.metrics("ocpi_push_pending_tokens"),
        ["ocpi_push_pending_tokens{platform=\"cpo\"} 1"]
    );

    // After half a minute, and then after a minute.
    seconds(30).await;
    assert_eq!(world.other.take_arrived(), ["put T1 1"]);
    seconds(58).await;
    assert!(world.other.take_arrived().is_empty());
    seconds(3).await;
    assert_eq!(world.other.take_arrived(), ["put T1 1"]);
    assert_eq!(world.sync.push("cpo").unwrap().behind[0].attempts, 3);
    // A new state is tried at once.
    world.put("T1", "2").await;
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put T1 2"]);
    assert!(world.sync.push("cpo").unwrap().behind.is_empty());
    seconds(1000).await;
    assert!(world.other.take_arrived().is_empty());
}

/// Holds: T-98. A platform that does not answer is left alone longer and longer, and gets what is
/// there then.
#[tokio::test(start_paused = true)]
async fn a_cpo_that_fails_is_left_alone_longer_and_longer() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|_| (AT_ONCE, Err(silent())));
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1800).await;
    // Changes wake nobody who backs off.
    world.put("CARD", "2").await;
    seconds(10).await;
    let times: Vec<_> = world.other.arrived().iter().map(|it| it.at_ms).collect();
    let pauses: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
    for (place, pause) in pauses.iter().enumerate() {
        let least = (1000 << place.min(9)).min(300_000);
        assert!((least..=least * 3 / 2).contains(pause), "{pauses:?}");
    }
    assert!((9..=13).contains(&pauses.len()), "{pauses:?}");
    let status = world.app.sync_status().await.unwrap();
    let push = status[0].push.clone().unwrap();
    assert_eq!((push.state, push.pending), (RunState::BackingOff, 1));
    assert_eq!(push.failures as usize, times.len());
    assert!(push.failure.unwrap().contains("did not answer"));
    assert!(push.next_at.is_some() && push.behind_since.is_some());
    let lag = world.metrics("ocpi_push_lag_seconds");
    assert_eq!(lag, ["ocpi_push_lag_seconds{platform=\"cpo\"} 1810"]);

    world.other.take_arrived();
    world.other.take_after_ms(0);
    seconds(450).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 2"]);
    assert_eq!(
        world.app.sync_status().await.unwrap()[0]
            .push
            .clone()
            .unwrap()
            .failures,
        0
    );
    // It is as if it had never failed.
    world.other.answer(|_| (AT_ONCE, Err(silent())));
    world.put("CARD", "3").await;
    seconds(2).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 3", "put CARD 3"]);
}

/// Holds: T-48. Who says when to come back is not asked before, and gets nothing more meanwhile.
#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|it| {
        let answer = if it.at_ms < 60_000 {
            Err(unavailable(Some(60)))
        } else {
            Ok(())
        };
        (AT_ONCE, answer)
    });
    world.put_many(30).await;
    let _running = world.run();
    seconds(59).await;
    // Those that were under way when it said so.
    assert_eq!(world.other.take_arrived().len(), 8);
    seconds(2).await;
    assert_eq!(world.other.take_arrived().len(), 30);
}

/// What was taken before the CPO failed is not sent again.
#[tokio::test(start_paused = true)]
async fn of_a_batch_that_failed_only_what_failed_is_sent_again() {
    let world = World::of(vec![cpo()]);
    let mut number = 0;
    world.other.answer(move |_| {
        number += 1;
        (
            AT_ONCE,
            if number % 7 == 0 {
                Err(unavailable(None))
            } else {
                Ok(())
            },
        )
    });
    world.put_many(100).await;
    let _running = world.run();
    seconds(60).await;
    assert_eq!(world.other.copies("cpo").len(), 100);
    let counts = counts(&world.other.arrived());
    let again = counts.values().filter(|count| **count > 1).count();
    assert_eq!(again, 14);
    assert_eq!(world.other.arrived().len(), 100 + 14 + 2);
}

/// When it fails with everything, little is tried.
#[tokio::test(start_paused = true)]
async fn a_cpo_that_fails_with_all_is_not_tried_with_all() {
    let world = World::of(vec![cpo()]);
    world
        .other
        .answer(|_| (Duration::from_secs(10), Err(silent())));
    world.put_many(500).await;
    let _running = world.run();
    seconds(11).await;
    assert_eq!(world.other.take_arrived().len(), 8 + 7);
}

/// One Token that breaks the CPO must not keep the others from it.
#[tokio::test(start_paused = true)]
async fn a_token_that_the_cpo_fails_with_alone_is_put_behind() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|it| {
        (
            AT_ONCE,
            if it.uid == "T0" {
                Err(unavailable(None))
            } else {
                Ok(())
            },
        )
    });
    world.put_many(3).await;
    let _running = world.run();
    for round in 0..20 {
        seconds(3).await;
        world.put("OTHER", &round.to_string()).await;
    }
    let push = world.sync.push("cpo").unwrap();
    assert_eq!(push.behind.len(), 1);
    assert!(
        push.behind[0].reason.contains("this Token only"),
        "{:?}",
        push.behind
    );
    seconds(3).await;
    let status = world.app.sync_status().await.unwrap();
    assert_eq!(status[0].push.as_ref().unwrap().state, RunState::Idle);
}

/// The same where one Token is on its way at a time.
#[tokio::test(start_paused = true)]
async fn a_token_that_fails_is_sent_after_the_others() {
    let options = SyncOptions {
        push_in_flight_max: 1,
        ..SyncOptions::default()
    };
    let world = World::with(vec![cpo()], hosting(), options);
    world.other.answer(|it| {
        let is_bad = it.uid == "T0";
        (
            AT_ONCE,
            if is_bad {
                Err(unavailable(Some(1)))
            } else {
                Ok(())
            },
        )
    });
    world.put_many(3).await;
    let _running = world.run();
    seconds(3).await;
    let arrived = world.other.take_arrived();
    assert_eq!(
        arrived[..4],
        ["put T0 1", "put T1 1", "put T2 1", "put T0 1"]
    );
}

/// A CPO that refuses everything has something against us, not against a Token.
#[tokio::test(start_paused = true)]
async fn a_cpo_that_refuses_all_gets_a_thousand_and_no_more() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|_| (AT_ONCE, Err(refused())));
    world.put_many(1700).await;
    let _running = world.run();
    seconds(20).await;
    assert_eq!(world.other.take_arrived().len(), 1000);
    let status = world.app.sync_status().await.unwrap();
    let push = status[0].push.clone().unwrap();
    assert_eq!((push.state, push.pending), (RunState::BackingOff, 1700));
    assert!(push.failure.unwrap().contains("no such contract"));
    // It is tried with those, and gets the others when it takes some.
    world.other.take_after_ms(0);
    seconds(900).await;
    assert_eq!(world.other.copies("cpo").len(), 1700);
    assert!(world.sync.push("cpo").unwrap().behind.is_empty());
}

/// Our own store failing is no fault of the CPO's, and nothing gets lost over it.
#[tokio::test(start_paused = true)]
async fn when_our_store_is_down_it_is_tried_again() {
    let world = World::of(vec![cpo()]);
    world.put("CARD", "1").await;
    world.tokens.set_down(true);
    let _running = world.run();
    seconds(10).await;
    assert!(world.other.take_arrived().is_empty());
    world.tokens.set_down(false);
    let status = world.app.sync_status().await.unwrap();
    let failure = status[0].push.clone().unwrap().failure.unwrap();
    assert!(failure.contains("our own store"), "{failure}");
    seconds(30).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
}

/// Holds: E-41. Whatever fails, and however often Tokens change meanwhile: in the end the CPO has
/// the present state of each, and never saw an older one after a newer.
#[tokio::test(start_paused = true)]
async fn whatever_fails_the_cpo_comes_to_the_present_state() {
    let world = World::of(vec![cpo()]);
    let mut random: u64 = 6;
    world.other.answer(move |_| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let after = Duration::from_millis(random >> 55);
        match random >> 32 & 15 {
            0 => (after, Err(silent())),
            1 => (after, Err(unavailable(None))),
            2 => (after, Err(refused())),
            _ => (after, Ok(())),
        }
    });
    let running = world.run();
    for round in 0..40 {
        for number in 0..20 {
            world
                .put(
                    &format!("T{}", (round * 7 + number) % 50),
                    &round.to_string(),
                )
                .await;
        }
        seconds(1).await;
    }
    drop(running);
    let world = world.restarted();
    let _running = world.run();
    seconds(3600 * 3).await;
    let mut expected: Vec<_> = world
        .tokens
        .all()
        .iter()
        .map(|stored| {
            (
                stored.token.uid.to_string(),
                stored.token.issuer.to_string(),
            )
        })
        .collect();
    expected.sort();
    assert_eq!(world.other.copies("cpo"), expected);
    assert_eq!(world.other.older_after_newer(), 0);
}
