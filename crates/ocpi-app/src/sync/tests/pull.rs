//! What is fetched from whom, when, and what becomes of it.

use ocpi_domain::{DateWindow, OcpiVersion, Profile, Role};
use ocpi_ports::RemotePageRequest;
use serde_json::json;

use super::list::{List, page, theirs};
use super::other_side::at;
use super::seconds;
use super::world::{World, connected, connected_in, emsp};
use crate::testing::peer::url;
use crate::testing::{hosting, party};
use crate::{RunState, SyncOptions};

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn first(window: DateWindow) -> RemotePageRequest {
    RemotePageRequest::First { window, limit: 500 }
}

fn from(ms: i64) -> DateWindow {
    DateWindow {
        from: Some(at(ms)),
        to: None,
    }
}

/// The Tokens that are stored, each with its version, and a mark when it is absent.
fn stored(world: &World) -> Vec<String> {
    let text = |stored: &ocpi_domain::StoredToken| {
        let absent = if stored.marks.absent { " absent" } else { "" };
        format!("{} {}{absent}", stored.token.uid, stored.token.issuer)
    };
    world.tokens.all().iter().map(text).collect()
}

fn lists(world: &World, list: &List, size: usize) {
    let list = list.clone();
    world.other.list(move |asked| Ok(list.page(asked, size)));
}

/// Holds: P-15, P-19. Everything to begin with, then what changed meanwhile; what changed since,
/// every few hours; and everything again, every few days.
#[tokio::test(start_paused = true)]
async fn everything_is_fetched_first_and_then_what_changed() {
    let world = World::of(vec![emsp()]);
    let list = List::of(5);
    lists(&world, &list, 2);
    let _running = world.run();
    seconds(1).await;
    assert_eq!(stored(&world).len(), 5);
    let at_offset = |offset: u32| {
        RemotePageRequest::At(url(&format!(
            "https://emsp.example/tokens?from=0&offset={offset}"
        )))
    };
    let everything = [first(DateWindow::default()), at_offset(2), at_offset(4)];
    let asked = world.other.take_asked();
    assert_eq!(asked[..3], everything);
    // By ten minutes the clocks may differ.
    assert_eq!(asked[3], first(from(-10 * MINUTE_MS)));
    assert_eq!(asked.len(), 3 + 3);

    list.put(theirs(
        "T1",
        &json!({"issuer": "2", "last_updated": at(HOUR_MS)}),
    ));
    seconds(6 * 3600 - 2).await;
    assert!(world.other.take_asked().is_empty());
    seconds(6 * 900 + 3).await;
    assert!(stored(&world).contains(&"T1 2".to_owned()));
    let asked = world.other.take_asked();
    let RemotePageRequest::First { window, .. } = &asked[0] else {
        panic!("{asked:?}")
    };
    let since_ms = window.from.unwrap().ms_since(at(0)) + 10 * MINUTE_MS;
    assert!((0..10).contains(&since_ms), "{since_ms}");
    // All of them are that new.
    assert_eq!(asked.len(), 3);

    seconds(7 * 24 * 3600 * 5 / 4).await;
    let asked = world.other.take_asked();
    let of_everything = asked
        .iter()
        .filter(|it| **it == first(DateWindow::default()));
    assert_eq!(of_everything.count(), 1);
    let crawls = asked
        .iter()
        .filter(|it| matches!(it, RemotePageRequest::First { .. }));
    let crawls = crawls.count();
    assert!((24..=36).contains(&crawls), "{crawls}");
}

/// Holds: P-19. Not all platforms at one moment, however they began.
#[tokio::test(start_paused = true)]
async fn the_crawls_of_many_platforms_are_spread() {
    let platform = |number: usize| {
        let name = format!("DE/E{number:02}");
        connected(
            &format!("emsp{number}"),
            &[(Role::Emsp, &*name)],
            Profile::default(),
        )
    };
    let world = World::of((0..20).map(platform).collect());
    let _running = world.run();
    seconds(60).await;
    world.other.take_asked();
    seconds(8 * 3600).await;
    let minutes: std::collections::HashSet<_> = world
        .other
        .asked()
        .iter()
        .map(|asked| asked.at_ms / 60_000)
        .collect();
    assert_eq!(world.other.asked().len(), 20);
    assert!(minutes.len() >= 10, "{minutes:?}");
}

/// It goes on with the page that came next, and forgets nothing of what it saw.
#[tokio::test(start_paused = true)]
async fn after_a_restart_a_crawl_goes_on_where_it_was() {
    let world = World::of(vec![emsp()]);
    world.store("GONE", &super::list::of_emsp(&json!({}))).await;
    let list = List::of(10);
    let served = list.clone();
    world.other.list(move |asked| {
        if asked.request
            == RemotePageRequest::At(url("https://emsp.example/tokens?from=0&offset=4"))
            && asked.at_ms < 60_000
        {
            return Err(super::other_side::silent());
        }
        Ok(served.page(asked, 2))
    });
    let running = world.run();
    seconds(40).await;
    drop(running);
    seconds(21).await;
    let crawl = world.sync.pull("emsp").unwrap().crawl.unwrap();
    assert_eq!((crawl.pages, crawl.seen, crawl.changed), (2, 4, 4));
    world.other.take_asked();
    let world = world.restarted();
    let _running = world.run();
    seconds(1).await;
    let asked = world.other.take_asked();
    let next = url("https://emsp.example/tokens?from=0&offset=4");
    assert_eq!(asked[0], RemotePageRequest::At(next));
    assert!(!asked.contains(&first(DateWindow::default())));
    let mut expected: Vec<_> = (0..10).map(|number| format!("T{number} Example")).collect();
    expected.insert(0, "GONE Example absent".to_owned());
    assert_eq!(stored(&world), expected);
    assert!(world.sync.pull("emsp").unwrap().crawl.is_none());
}

/// Holds: K-21, K-27. What is newer here stays; what is the same is not written.
#[tokio::test(start_paused = true)]
async fn an_older_token_does_not_replace_a_newer_one() {
    let world = World::of(vec![emsp()]);
    let newer = json!({"issuer": "2", "last_updated": at(1)});
    world.store("T0", &super::list::of_emsp(&newer)).await;
    world.store("T1", &super::list::of_emsp(&json!({}))).await;
    world
        .store("T2", &super::list::of_emsp(&json!({"issuer": "0"})))
        .await;
    lists(&world, &List::of(3), 100);
    let _running = world.run();
    seconds(1).await;
    assert_eq!(stored(&world), ["T0 2", "T1 Example", "T2 Example"]);
    assert_eq!(world.tokens.all()[1].revision.0, 2);
    let counts = world.metrics("ocpi_pulled_tokens_total");
    for (outcome, count) in [
        ("created", 0),
        ("updated", 1),
        ("unchanged", 3),
        ("stale", 2),
        ("left_out", 0),
    ] {
        let line =
            format!("ocpi_pulled_tokens_total{{platform=\"emsp\",outcome=\"{outcome}\"}} {count}");
        assert!(counts.contains(&line), "{line} in {counts:?}");
    }
}

/// Holds: Q-21, K-05. Nobody is believed about the Tokens of others, least of all about ours.
#[tokio::test(start_paused = true)]
async fn tokens_of_parties_that_are_not_the_platforms_are_left_out() {
    let world = World::of(vec![
        emsp(),
        connected("other", &[(Role::Emsp, "DE/OTH")], Profile::default()),
    ]);
    world.store("OLD", &super::list::of_emsp(&json!({}))).await;
    let list = List::of(1);
    list.put(theirs("FOREIGN", &json!({"party_id": "OTH"})));
    list.put(theirs(
        "OURS",
        &json!({"country_code": "CH", "party_id": "ABC"}),
    ));
    let empty = List::default();
    world.other.list(move |asked| {
        let is_other = asked.owner == Some(party("DE/OTH"));
        if is_other {
            Ok(empty.page(asked, 10))
        } else {
            Ok(list.page(asked, 10))
        }
    });
    let _running = world.run();
    seconds(1).await;
    // They can be read, so they do not keep us from knowing what is gone.
    assert_eq!(stored(&world), ["OLD Example absent", "T0 Example"]);
    let status = world.app.sync_status().await.unwrap();
    let pull = status[0].pull.clone().unwrap();
    assert_eq!(pull.state, RunState::Idle);
    assert_eq!(pull.left_out, 4);
    let reason = pull.left_out_reason.unwrap();
    assert!(reason.contains("DE/OTH/FOREIGN"), "{reason}");
    assert!(reason.contains("does not speak for DE/OTH"), "{reason}");
}

/// Holds: C-20. The operator may give a platform a party that is hosted here: our Tokens are ours
/// even then.
#[tokio::test(start_paused = true)]
async fn tokens_of_a_party_that_is_hosted_here_are_not_fetched() {
    let roles = [(Role::Emsp, "CH/ABC"), (Role::Emsp, "DE/EMS")];
    let world = World::of(vec![connected("emsp", &roles, Profile::default())]);
    world.put("OURS", "1").await;
    let list = List::of(1);
    let ours = json!({"country_code": "CH", "party_id": "ABC", "last_updated": at(HOUR_MS)});
    list.put(theirs("OURS", &ours));
    list.put(theirs("NEW", &ours));
    world.other.list(move |asked| Ok(list.page(asked, 10)));
    let _running = world.run();
    seconds(1).await;
    assert_eq!(stored(&world), ["OURS 1", "T0 Example"]);
}

/// Holds: T-87, E-03, M-01, Q-21. Who is asked for, and whose the Tokens are that do not say it:
/// where there are several eMSPs, nobody's.
#[tokio::test(start_paused = true)]
async fn a_platform_of_several_emsps_is_asked_for_all_of_them() {
    let two = [(Role::Emsp, "DE/ONE"), (Role::Emsp, "DE/TWO")];
    let old = [(Role::Emsp, "DE/OLD")];
    let world = World::of(vec![
        emsp(),
        connected("several", &two, Profile::default()),
        connected_in(OcpiVersion::V2_1_1, "old", &old, Profile::default()),
    ]);
    let _running = world.run();
    seconds(1).await;
    let asked = world.other.asked();
    let routing = |owner: Option<&str>| {
        let asked = asked
            .iter()
            .find(|asked| asked.owner == owner.map(party))
            .unwrap();
        asked.call.routing.map(|routing| (routing.from, routing.to))
    };
    let ours = party("CH/ABC");
    assert_eq!(routing(Some("DE/EMS")), Some((ours, Some(party("DE/EMS")))));
    assert_eq!(routing(None), Some((ours, None)));
    assert_eq!(routing(Some("DE/OLD")), None);
    // All pages of a crawl are one operation.
    let operations: std::collections::HashSet<_> = asked
        .iter()
        .map(|asked| asked.call.correlation_id.to_string())
        .collect();
    assert_eq!(operations.len(), 6);
}

/// Holds: C-14. Who is not to be asked is not.
#[tokio::test(start_paused = true)]
async fn only_connected_emsps_are_pulled_from() {
    let off = Profile {
        no_pull: true,
        ..Profile::default()
    };
    let mut unconnected = connected("unconnected", &[(Role::Emsp, "DE/UNC")], Profile::default());
    unconnected.connection = None;
    let mut receiver = connected("receiver", &[(Role::Emsp, "DE/REC")], Profile::default());
    let connection = receiver.connection.as_mut().unwrap();
    connection.served.as_mut().unwrap().endpoints.remove(0);
    let world = World::of(vec![
        connected("off", &[(Role::Emsp, "DE/OFF")], off),
        connected("cpo", &[(Role::Cpo, "NL/BET")], Profile::default()),
        unconnected,
        receiver,
    ]);
    let _running = world.run();
    seconds(100).await;
    assert!(world.other.asked().is_empty());
}

/// A crawl of very many Tokens is one of pages; each is stored before the next is fetched.
#[tokio::test(start_paused = true)]
async fn a_page_is_stored_before_the_next_is_fetched() {
    let options = SyncOptions {
        pull_page_size: 7,
        ..SyncOptions::default()
    };
    let world = World::with(vec![emsp()], hosting(), options);
    let tokens = std::sync::Arc::clone(&world.tokens);
    world.other.list(move |asked| {
        let number = match &asked.request {
            RemotePageRequest::First { limit, window } if window.is_open() => {
                assert_eq!(*limit, 7);
                0
            }
            RemotePageRequest::At(url) => url.as_str()["https://emsp.example/".len()..]
                .parse()
                .unwrap(),
            _ => return Ok(page("https://emsp.example/0", &[], None)),
        };
        assert_eq!(tokens.all().len(), number);
        let next = (number < 9).then(|| format!("https://emsp.example/{}", number + 1));
        let token = theirs(&format!("T{number}"), &json!({}));
        Ok(page(
            &format!("https://emsp.example/{number}"),
            &[token],
            next.as_deref(),
        ))
    });
    let _running = world.run();
    seconds(1).await;
    assert_eq!(stored(&world).len(), 10);
}
