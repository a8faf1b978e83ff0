//! Crawls that do not come to their end, and what goes on all the same.

use ocpi_domain::{OcpiVersion, Profile, Role};
use ocpi_ports::{RemoteError, RemotePageRequest, RemoteTokenPage};
use serde_json::json;

use super::list::{List, of_emsp, page, theirs};
use super::other_side::{at, refused, silent, unavailable};
use super::seconds;
use super::world::{World, connected, connected_in, emsp};
use crate::RunState;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

async fn pull_of(world: &World) -> crate::PullView {
    world.app.sync_status().await.unwrap()[0]
        .pull
        .clone()
        .unwrap()
}

fn is_first(request: &RemotePageRequest) -> bool {
    matches!(request, RemotePageRequest::First { .. })
}

/// Whether it asks for what changed.
fn begins_changes(request: &RemotePageRequest) -> bool {
    matches!(request, RemotePageRequest::First { window, .. } if !window.is_open())
}

/// Whether the Token is stored, and valid.
fn is_valid(world: &World, uid: &str) -> bool {
    let all = world.tokens.all();
    let found = all.iter().find(|stored| stored.token.uid.as_str() == uid);
    found.unwrap().token.valid
}

/// Serves the list in pages of four, and fails at the third of them.
fn fails_at_the_third(
    world: &World,
    list: &List,
    error: impl Fn() -> RemoteError + Send + 'static,
) {
    let list = list.clone();
    world.other.list(move |asked| {
        let page = list.page(asked, 4);
        let is_third = page.url.as_str().ends_with("from=0&offset=8");
        if is_third { Err(error()) } else { Ok(page) }
    });
}

/// Holds: P-19, P-18. A page that never comes keeps nobody from what changes, and is asked for in
/// hours.
#[tokio::test(start_paused = true)]
async fn a_page_that_never_comes_does_not_stop_what_changes() {
    let errors: [fn() -> RemoteError; 4] = [
        silent,
        || unavailable(None),
        refused,
        || RemoteError::TooLarge {
            url: "https://emsp.example".to_owned(),
            max: 1,
        },
    ];
    for error in errors {
        let world = World::of(vec![emsp()]);
        world.store("OLD", &of_emsp(&json!({}))).await;
        let list = List::of(12);
        fails_at_the_third(&world, &list, error);
        let _running = world.run();
        seconds(10).await;
        assert_eq!(world.tokens.all().len(), 1 + 8, "what can be had is taken");
        let change = json!({"valid": false, "last_updated": at(20_000)});
        list.put(theirs("T0", &change));
        seconds(DAY).await;
        assert!(!is_valid(&world, "T0"));
        let said = error().to_string();
        let failure = pull_of(&world).await.failure.unwrap();
        assert!(failure.contains(&said), "{failure}");
        world.other.take_asked();
        seconds(DAY).await;
        let asked = world.other.take_asked();
        let crawls = asked.iter().filter(|it| is_first(it)).count();
        assert!((4..=12).contains(&crawls), "{crawls} crawls in a day");
        assert!(asked.len() < 60, "{} requests in a day", asked.len());
        assert!(asked.iter().any(begins_changes));
        let stored = world.tokens.all();
        assert!(stored.iter().all(|stored| !stored.marks.absent));
        let progress = world.sync.pull("emsp").unwrap();
        assert_eq!(progress.all_pulled_at, None);
    }
}

/// Beyond the protocol: what our own rules forbid is that page, and not the platform.
#[tokio::test(start_paused = true)]
async fn a_next_page_that_must_not_be_called_ends_the_crawl() {
    let world = World::of(vec![emsp()]);
    let list = List::of(12);
    fails_at_the_third(&world, &list, || RemoteError::Forbidden {
        url: "https://10.0.0.1".to_owned(),
        reason: "a private address".to_owned(),
    });
    let _running = world.run();
    seconds(10).await;
    assert_eq!(world.other.asked().len(), 3);
    assert_eq!(world.sync.pull("emsp").unwrap().crawl, None);
    let failure = pull_of(&world).await.failure.unwrap();
    assert!(failure.contains("a private address"), "{failure}");
}

/// Holds: P-16, P-18. Where no step back can be taken the list is read on, but not called whole.
#[tokio::test(start_paused = true)]
async fn a_step_back_that_is_refused_does_not_end_the_crawl() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    let list = List::of(12);
    let served = list.clone();
    world.other.list(move |asked| {
        if matches!(asked.request, RemotePageRequest::OneBack(_)) {
            return Err(refused());
        }
        let page = served.page(asked, 4);
        served.remove("T0");
        Ok(page)
    });
    let _running = world.run();
    seconds(1).await;
    assert!(!world.tokens.all()[0].marks.absent);
    let pull = pull_of(&world).await;
    assert_eq!((pull.state, pull.failure), (RunState::Idle, None));
    assert!(pull.left_out_reason.unwrap().contains("further back"));
}

/// Beyond the protocol: a page may have been too great, or too slow.
#[tokio::test(start_paused = true)]
async fn after_a_page_that_fails_smaller_ones_are_asked_for() {
    let world = World::of(vec![emsp()]);
    let list = List::of(300);
    world.other.list(move |asked| match &asked.request {
        RemotePageRequest::First { limit, .. } if *limit > 250 => Err(silent()),
        _ => Ok(list.page(asked, 250)),
    });
    let _running = world.run();
    seconds(2 * HOUR).await;
    assert_eq!(world.tokens.all().len(), 300);
}

/// Holds: P-19. A crawl of what changed that is broken leaves what it has not read to the next one,
/// and the operator sees it until then.
#[tokio::test(start_paused = true)]
async fn what_a_broken_crawl_has_not_read_is_read_by_the_next() {
    let world = World::of(vec![emsp()]);
    let list = List::of(2);
    let served = list.clone();
    world.other.list(move |asked| {
        let is_changes = begins_changes(&asked.request);
        if is_changes && (10_000..u128::from(9 * HOUR) * 1000).contains(&asked.at_ms) {
            let here = "https://emsp.example/loop";
            return Ok(page(here, &[], Some(here)));
        }
        Ok(served.page(asked, 4))
    });
    let _running = world.run();
    seconds(20).await;
    let change = json!({"valid": false, "last_updated": at(25_000)});
    list.put(theirs("T0", &change));
    let before = world.sync.pull("emsp").unwrap();
    seconds(8 * HOUR).await;
    assert_eq!(world.sync.pull("emsp").unwrap(), before);
    let pull = pull_of(&world).await;
    assert_eq!(pull.state, RunState::BackingOff);
    assert!(pull.failure.unwrap().contains("which was read before"));
    seconds(8 * HOUR).await;
    assert!(!is_valid(&world, "T0"));
    let pull = pull_of(&world).await;
    assert_eq!((pull.state, pull.failure), (RunState::Idle, None));
}

/// Holds: P-15, Q-09, P-18. A next page that cannot be asked for does not spoil the page that names
/// it; whether there is more is not known.
#[tokio::test(start_paused = true)]
async fn a_link_that_cannot_be_followed_spoils_no_page() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    world.other.list(|_| {
        let listed = [theirs("T0", &json!({}))];
        Ok(RemoteTokenPage {
            next_fault: Some("the next page is at another host".to_owned()),
            ..page("https://emsp.example/1", &listed, None)
        })
    });
    let _running = world.run();
    seconds(10).await;
    assert_eq!(world.other.asked().len(), 1);
    assert_eq!(world.tokens.all().len(), 2);
    assert!(!world.tokens.all()[0].marks.absent);
    let failure = pull_of(&world).await.failure.unwrap();
    assert!(failure.contains("at another host"), "{failure}");
}

/// Holds: P-15, P-18. Some name a next page behind the last: when all that is said to be there was
/// seen, that is the end.
#[tokio::test(start_paused = true)]
async fn a_list_that_goes_on_behind_its_end_is_whole() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    let list = List::of(6);
    world.other.list(move |asked| {
        let mut page = list.page(asked, 4);
        if page.next.is_none() {
            page.next = Some(page.url.clone());
        }
        Ok(page)
    });
    let _running = world.run();
    seconds(10).await;
    assert!(world.tokens.all()[0].marks.absent);
    let pull = pull_of(&world).await;
    assert_eq!((pull.state, pull.failure), (RunState::Idle, None));
}

/// Holds: P-15, P-16. Some say as the total what is on the page: all of their pages are read.
#[tokio::test(start_paused = true)]
async fn a_total_that_is_the_count_of_the_page_cuts_nothing_off() {
    let world = World::of(vec![emsp()]);
    let list = List::of(1250);
    world.other.list(move |asked| {
        let mut page = list.page(asked, 10);
        page.total = Some(page.tokens.len() as u64);
        Ok(page)
    });
    let _running = world.run();
    seconds(10).await;
    assert_eq!(world.tokens.all().len(), 1250);
    let asked = world.other.take_asked();
    assert!(
        !asked
            .iter()
            .any(|it| matches!(it, RemotePageRequest::OneBack(_)))
    );
    let pull = pull_of(&world).await;
    assert_eq!(
        (pull.state, pull.left_out, pull.failure),
        (RunState::Idle, 0, None)
    );
}

/// Holds: P-18. Without a total, a last page that is as full as can be may be one that was cut off.
#[tokio::test(start_paused = true)]
async fn without_a_total_a_full_last_page_invalidates_nothing() {
    for (listed, is_absent) in [(499, true), (500, false)] {
        let world = World::of(vec![emsp()]);
        world.store("OLD", &of_emsp(&json!({}))).await;
        let list = List::of(listed);
        world.other.list(move |asked| {
            let mut page = list.page(asked, 1000);
            page.total = None;
            Ok(page)
        });
        let _running = world.run();
        seconds(1).await;
        assert_eq!(world.tokens.all()[0].marks.absent, is_absent, "{listed}");
    }
}

/// Holds: P-18, M-03. In another version, or with another party, there may be more than was heard.
#[tokio::test(start_paused = true)]
async fn another_version_or_party_is_another_list() {
    let one = [(Role::Emsp, "DE/EMS")];
    let two = [(Role::Emsp, "DE/EMS"), (Role::Emsp, "DE/TWO")];
    let old = || connected_in(OcpiVersion::V2_1_1, "emsp", &one, Profile::default());
    let (version, party) = (
        connected("emsp", &one, Profile::default()),
        connected_in(OcpiVersion::V2_2_1, "emsp", &two, Profile::default()),
    );
    for (before, after, is_new) in [
        (old(), version, true),
        (emsp(), party, true),
        (old(), old(), false),
    ] {
        let world = World::of(vec![before]);
        let list = List::of(1);
        world.other.list(move |asked| Ok(list.page(asked, 10)));
        let _running = world.run();
        seconds(1).await;
        world.other.take_asked();
        let written = world
            .app
            .update_platform(|_| Ok::<_, ocpi_ports::StorageError>(after.clone()));
        written.await.unwrap();
        seconds(120).await;
        let asked = world.other.take_asked();
        let is_all = |it: &RemotePageRequest| is_first(it) && !begins_changes(it);
        assert_eq!(asked.iter().any(is_all), is_new);
    }
}

/// Beyond the protocol: an alert on the last success does not go off at each restart.
#[tokio::test(start_paused = true)]
async fn the_last_success_is_known_after_a_restart() {
    let world = World::of(vec![emsp()]);
    let running = world.run();
    seconds(1).await;
    drop(running);
    let pulled_at = world.sync.pull("emsp").unwrap().pulled_to.unwrap();
    let world = world.restarted();
    let _running = world.run();
    seconds(60).await;
    let gauge = world.metrics("ocpi_pull_last_success_timestamp_seconds");
    let value = pulled_at.unix_ms() / 1000;
    let line = format!("ocpi_pull_last_success_timestamp_seconds{{platform=\"emsp\"}} {value}");
    assert_eq!(gauge, [line]);
}
