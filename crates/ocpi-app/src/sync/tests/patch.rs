//! CPOs that are sent changes instead of whole Tokens.

use std::time::Duration;

use ocpi_domain::{Profile, PushTokens, Role};
use serde_json::json;

use super::other_side::{refused, silent};
use super::seconds;
use super::world::{World, connected};
use crate::testing::token;

const AT_ONCE: Duration = Duration::ZERO;

fn patched() -> World {
    let profile = Profile {
        push_tokens: PushTokens::Patch,
        ..Profile::default()
    };
    World::of(vec![connected("cpo", &[(Role::Cpo, "NL/BET")], profile)])
}

/// Holds: E-40, E-42, Q-29. Where a change is refused it is looked what is there, and the Token is
/// put whole.
#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_is_put_whole() {
    let world = patched();
    world.other.answer(|it| {
        (
            AT_ONCE,
            if it.what == "patch" && it.version == "1" {
                Err(refused())
            } else {
                Ok(())
            },
        )
    });
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1).await;
    assert_eq!(
        world.other.take_arrived(),
        ["patch CARD 1", "get CARD", "put CARD 1"]
    );
    world.put("CARD", "2").await;
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["patch CARD 2"]);
}

/// Holds: E-42. What the CPO has already need not be put.
#[tokio::test(start_paused = true)]
async fn a_copy_that_is_the_same_is_left() {
    let world = patched();
    world.other.answer(|it| {
        (
            AT_ONCE,
            if it.what == "get" {
                Ok(())
            } else {
                Err(refused())
            },
        )
    });
    world.put("CARD", "1").await;
    world
        .other
        .give("cpo", &token("CARD", &json!({"issuer": "1"})));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["patch CARD 1", "get CARD"]);
    assert!(world.sync.push("cpo").unwrap().behind.is_empty());
}

/// Holds: Q-29. A CPO that does not show what it has is put the Token, once; then the operator
/// hears of it.
#[tokio::test(start_paused = true)]
async fn a_cpo_that_refuses_all_of_it_is_asked_each_once() {
    let world = patched();
    world.other.answer(|_| (AT_ONCE, Err(refused())));
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1).await;
    assert_eq!(
        world.other.take_arrived(),
        ["patch CARD 1", "get CARD", "put CARD 1"]
    );
    assert_eq!(world.sync.push("cpo").unwrap().behind.len(), 1);
}

/// A CPO that is away is not put what it could not be told the change of.
#[tokio::test(start_paused = true)]
async fn no_answer_to_a_change_is_no_refusal() {
    let world = patched();
    world
        .other
        .answer(|it| (AT_ONCE, if it.at_ms == 0 { Err(silent()) } else { Ok(()) }));
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(5).await;
    assert_eq!(world.other.take_arrived(), ["patch CARD 1", "patch CARD 1"]);
}
