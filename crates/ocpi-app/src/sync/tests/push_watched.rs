//! What can be seen of a push that does not go.

use std::time::Duration;

use super::other_side::silent;
use super::seconds;
use super::world::{World, cpo};
use crate::RunState;

/// Holds: E-40. It fails before anything is read: still it is seen how much does not go.
#[tokio::test(start_paused = true)]
async fn what_cannot_even_begin_is_pending_and_lags() {
    let mut sealed_by_another = cpo();
    let connection = sealed_by_another.connection.as_mut().unwrap();
    connection.sealed_token.0[30] ^= 1;
    let world = World::of(vec![sealed_by_another]);
    world.put_many(3).await;
    let _running = world.run();
    seconds(100).await;
    assert_eq!(
        world.metrics("ocpi_push_pending_tokens"),
        ["ocpi_push_pending_tokens{platform=\"cpo\"} 3"]
    );
    assert_eq!(
        world.metrics("ocpi_push_lag_seconds"),
        ["ocpi_push_lag_seconds{platform=\"cpo\"} 100"]
    );
    let status = world.app.sync_status().await.unwrap();
    let push = status[0].push.clone().unwrap();
    assert_eq!((push.state, push.pending), (RunState::BackingOff, 3));
    assert!(push.behind_since.is_some() && push.taken_at.is_none());
}

/// Who lacks nothing lags behind nothing.
#[tokio::test(start_paused = true)]
async fn a_platform_that_fails_and_lacks_nothing_does_not_lag() {
    let mut sealed_by_another = cpo();
    let connection = sealed_by_another.connection.as_mut().unwrap();
    connection.sealed_token.0[30] ^= 1;
    let world = World::of(vec![sealed_by_another]);
    let _running = world.run();
    seconds(100).await;
    let lag = world.metrics("ocpi_push_lag_seconds");
    assert_eq!(lag, ["ocpi_push_lag_seconds{platform=\"cpo\"} 0"]);
}

/// However often somebody looks, it is counted now and then: a count costs as much as there is.
#[tokio::test(start_paused = true)]
async fn looking_at_a_platform_that_fails_counts_now_and_then() {
    let world = World::of(vec![cpo()]);
    world.other.answer(|_| (Duration::ZERO, Err(silent())));
    world.put_many(40).await;
    let _running = world.run();
    seconds(1000).await;
    let before = world.tokens.counts();
    for _ in 0..100 {
        let status = world.app.sync_status().await.unwrap();
        assert_eq!(status[0].push.as_ref().unwrap().pending, 40);
        seconds(1).await;
    }
    let counted = world.tokens.counts() - before;
    assert!((2..=6).contains(&counted), "{counted}");
    // What came meanwhile is seen soon.
    world.put("MORE", "1").await;
    seconds(31).await;
    let status = world.app.sync_status().await.unwrap();
    assert_eq!(status[0].push.as_ref().unwrap().pending, 41);
}
