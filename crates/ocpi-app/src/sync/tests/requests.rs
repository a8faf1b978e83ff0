//! What the operator asks for, and is told.

use ocpi_domain::{PlatformId, Profile, PushTokens, Role};
use ocpi_ports::RemotePageRequest;

use super::list::List;
use super::other_side::silent;
use super::seconds;
use super::world::{World, connected, cpo, emsp};
use crate::{OperatorError, RunState};

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

/// However long the pause is, who is asked for is tried at once; and everything is sent when that
/// is asked for.
#[tokio::test(start_paused = true)]
async fn a_push_that_is_asked_for_ends_the_pause() {
    let world = World::of(vec![cpo()]);
    world
        .other
        .answer(|_| (std::time::Duration::ZERO, Err(silent())));
    world.put("A", "1").await;
    let _running = world.run();
    seconds(1000).await;
    world.other.take_arrived();
    world.other.take_after_ms(0);
    world
        .app
        .request_push(Some(&id("cpo")), false)
        .await
        .unwrap();
    let status = world.app.sync_status().await.unwrap();
    assert_eq!(status[0].push.as_ref().unwrap().state, RunState::Running);
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put A 1"]);
    world.app.request_push(None, false).await.unwrap();
    seconds(1).await;
    assert!(world.other.take_arrived().is_empty());
    world.app.request_push(None, true).await.unwrap();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put A 1"]);
}

/// What was asked for is not forgotten when it fails at first, nor by a restart.
#[tokio::test(start_paused = true)]
async fn everything_is_sent_anew_even_after_failures_and_a_restart() {
    let world = World::of(vec![cpo()]);
    world.put("A", "1").await;
    let running = world.run();
    seconds(1).await;
    world.other.take_arrived();
    world
        .other
        .answer(|_| (std::time::Duration::ZERO, Err(silent())));
    world.app.request_push(None, true).await.unwrap();
    seconds(1).await;
    drop(running);
    let world = world.restarted();
    world.other.take_arrived();
    world.other.take_after_ms(0);
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put A 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_is_asked_for_is_done_at_once() {
    let world = World::of(vec![emsp()]);
    let list = List::of(3);
    world.other.list(move |asked| Ok(list.page(asked, 10)));
    let _running = world.run();
    seconds(100).await;
    world.other.take_asked();
    world
        .app
        .request_pull(Some(&id("emsp")), false)
        .await
        .unwrap();
    seconds(1).await;
    let is_of_all = |request: &RemotePageRequest| matches!(request, RemotePageRequest::First { window, .. } if window.is_open());
    let asked = world.other.take_asked();
    assert_eq!(asked.len(), 1);
    assert!(!is_of_all(&asked[0]));
    world.app.request_pull(None, true).await.unwrap();
    seconds(1).await;
    let asked = world.other.take_asked();
    assert!(is_of_all(&asked[0]));
    assert_eq!(asked.len(), 2);
    let pull = world.app.sync_status().await.unwrap()[0]
        .pull
        .clone()
        .unwrap();
    assert_eq!(
        (pull.state, pull.all, pull.left_out),
        (RunState::Idle, None, 0)
    );
    // What follows a crawl of everything is counted with it.
    assert_eq!((pull.pages, pull.seen), (2, 6));
    assert!(pull.all_pulled_at < pull.pulled_at);
    let gauge = world.metrics("ocpi_pull_last_success_timestamp_seconds");
    let seconds = pull.pulled_at.unwrap().unix_ms() / 1000;
    let line = format!("ocpi_pull_last_success_timestamp_seconds{{platform=\"emsp\"}} {seconds}");
    assert_eq!(gauge, [line]);
}

/// A request that comes in the middle of a pause of the platform goes on with its crawl.
#[tokio::test(start_paused = true)]
async fn a_pull_that_is_asked_for_ends_the_pause() {
    let world = World::of(vec![emsp()]);
    let list = List::of(6);
    world.other.list(move |asked| {
        if asked.at_ms < 1_000_000 && matches!(asked.request, RemotePageRequest::At(_)) {
            return Err(silent());
        }
        Ok(list.page(asked, 4))
    });
    let _running = world.run();
    seconds(1001).await;
    world.other.take_asked();
    world.app.request_pull(None, true).await.unwrap();
    seconds(1).await;
    let asked = world.other.take_asked();
    assert!(matches!(asked[0], RemotePageRequest::At(_)), "{asked:?}");
    assert_eq!(world.tokens.all().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_exchanged_is_said_with_what_to_do() {
    let off = Profile {
        push_tokens: PushTokens::Off,
        no_pull: true,
        ..Profile::default()
    };
    let mut unconnected = connected("unconnected", &[(Role::Cpo, "NL/UNC")], Profile::default());
    unconnected.connection = None;
    let mut nothing = connected("nothing", &[(Role::Cpo, "NL/NOT")], Profile::default());
    nothing
        .connection
        .as_mut()
        .unwrap()
        .served
        .as_mut()
        .unwrap()
        .endpoints
        .clear();
    let world = World::of(vec![
        cpo(),
        emsp(),
        nothing,
        connected("off", &[(Role::Cpo, "NL/OFF"), (Role::Emsp, "NL/OFF")], off),
        unconnected,
    ]);
    for (name, push, said) in [
        (
            "emsp",
            true,
            "Tokens are not pushed to the platform emsp: it speaks for no CPO",
        ),
        (
            "cpo",
            false,
            "Tokens are not pulled from the platform cpo: it speaks for no eMSP",
        ),
        ("off", true, "push_tokens = \"off\""),
        ("off", false, "no_pull = true"),
        ("unconnected", true, "it is not connected: register with it"),
        ("nothing", true, "it serves no tokens as RECEIVER in 2.2.1"),
    ] {
        let asked = if push {
            world.app.request_push(Some(&id(name)), false).await
        } else {
            world.app.request_pull(Some(&id(name)), false).await
        };
        let Err(OperatorError::NotSynced(why)) = asked else {
            panic!("{name}: {asked:?}")
        };
        assert!(why.contains(said), "{why}");
    }
    let unknown = world.app.request_push(Some(&id("nobody")), false).await;
    assert!(matches!(unknown, Err(OperatorError::UnknownPlatform)));
    // All is all of those.
    world.app.request_push(None, false).await.unwrap();
    let status = world.app.sync_status().await.unwrap();
    let shown: Vec<_> = status
        .iter()
        .map(|it| (it.platform.as_str(), it.push.is_some(), it.pull.is_some()))
        .collect();
    assert_eq!(shown, [("cpo", true, false), ("emsp", false, true)]);
}

/// Whoever is both is pushed to and pulled from, each by itself.
#[tokio::test(start_paused = true)]
async fn a_platform_that_is_both_is_pushed_to_and_pulled_from() {
    let roles = [(Role::Cpo, "DE/EMS"), (Role::Emsp, "DE/EMS")];
    let world = World::of(vec![connected("emsp", &roles, Profile::default())]);
    let list = List::of(2);
    world.other.list(move |asked| Ok(list.page(asked, 10)));
    world.put("OURS", "1").await;
    let running = world.run();
    seconds(1).await;
    // Its own Tokens do not come back to it.
    assert_eq!(world.other.take_arrived(), ["put OURS 1"]);
    assert_eq!(world.tokens.all().len(), 3);
    // Nothing goes on when nobody runs it.
    drop(running);
    seconds(1).await;
    world.put("OURS", "2").await;
    seconds(100).await;
    assert!(world.other.take_arrived().is_empty());
}
