//! What an eMSP does to its list beside listing.

use ocpi_domain::DateWindow;
use ocpi_ports::{RemoteError, RemotePageRequest};
use serde_json::json;

use super::list::{List, of_emsp, page, theirs};
use super::other_side::{refused, silent, unavailable};
use super::seconds;
use super::world::{World, emsp};
use crate::RunState;
use crate::testing::peer::url;

fn is_absent(world: &World, uid: &str) -> bool {
    let all = world.tokens.all();
    let found = all.iter().find(|stored| stored.token.uid.as_str() == uid);
    found.unwrap().marks.absent
}

/// Whether it is the beginning of a crawl of everything.
fn begins_all(request: &RemotePageRequest) -> bool {
    matches!(request, RemotePageRequest::First { window, .. } if window.is_open())
}

async fn pull_of(world: &World) -> crate::PullView {
    world.app.sync_status().await.unwrap()[0]
        .pull
        .clone()
        .unwrap()
}

/// Holds: P-15, P-18, Q-09. A list that leads in a circle ends, and says nothing of what it lacks.
#[tokio::test(start_paused = true)]
async fn a_url_that_was_visited_ends_the_crawl() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    world.other.list(|asked| {
        let (one, two) = ("https://emsp.example/1", "https://emsp.example/2");
        let page = match &asked.request {
            RemotePageRequest::At(at) if *at == url(two) => {
                page(two, &[theirs("T2", &json!({}))], Some(one))
            }
            _ => page(one, &[theirs("T1", &json!({}))], Some(two)),
        };
        Ok(page)
    });
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.asked().len(), 2);
    assert_eq!(world.tokens.all().len(), 3);
    assert!(!is_absent(&world, "OLD"));
    let pull = pull_of(&world).await;
    assert_eq!((pull.state, pull.failures), (RunState::BackingOff, 1));
    assert!(pull.next_at.is_some());
    assert_eq!((pull.pulled_at, pull.all_pulled_at), (None, None));
    assert!(
        pull.failure
            .unwrap()
            .contains("https://emsp.example/1 as the next page")
    );
    assert_eq!(
        world.metrics("ocpi_pull_failures_total"),
        ["ocpi_pull_failures_total{platform=\"emsp\"} 1"]
    );
    assert!(
        world
            .metrics("ocpi_pull_last_success")
            .iter()
            .all(|line| line.starts_with('#'))
    );
}

/// Holds: P-15, P-18. A list that goes on without end ends. One that names a next page behind its
/// last has been read; of one that repeats itself that is not known.
#[tokio::test(start_paused = true)]
async fn pages_that_lead_nowhere_end_the_crawl() {
    for (is_empty, total, state) in [
        (true, None, RunState::Idle),
        (true, Some(10), RunState::BackingOff),
        (false, None, RunState::BackingOff),
        (false, Some(10), RunState::BackingOff),
    ] {
        let world = World::of(vec![emsp()]);
        world.store("OLD", &of_emsp(&json!({}))).await;
        let mut number = 0;
        world.other.list(move |asked| {
            if matches!(&asked.request, RemotePageRequest::First { window, .. } if !window.is_open())
            {
                return Ok(page("https://emsp.example/x", &[], None));
            }
            number += 1;
            let tokens = [theirs("T1", &json!({}))];
            let tokens = if is_empty { &[] } else { &tokens[..] };
            let here = format!("https://emsp.example/{number}");
            let next = format!("https://emsp.example/{}", number + 1);
            let mut page = page(&here, tokens, Some(&next));
            page.total = total;
            Ok(page)
        });
        let _running = world.run();
        seconds(5).await;
        // And the one of what changed meanwhile.
        let asked = world.other.asked().len();
        assert!(asked <= 22, "{asked}");
        assert!(!is_absent(&world, "OLD"));
        assert_eq!(pull_of(&world).await.state, state, "{is_empty} {total:?}");
    }
}

/// Holds: P-16. When the list moves up under us, nothing is passed over.
#[tokio::test(start_paused = true)]
async fn what_moved_up_a_page_is_not_passed_over() {
    for gone in [&["T0"][..], &["T0", "T2"]] {
        let world = World::of(vec![emsp()]);
        let list = List::of(12);
        let served = list.clone();
        let mut pages = 0;
        world.other.list(move |asked| {
            pages += 1;
            if pages == 2 {
                for uid in gone {
                    served.remove(uid);
                }
            }
            Ok(served.page(asked, 4))
        });
        let _running = world.run();
        seconds(1).await;
        let mut uids: Vec<_> = world
            .tokens
            .all()
            .iter()
            .map(|stored| stored.token.uid.to_string())
            .collect();
        uids.sort();
        uids.dedup();
        assert_eq!(uids.len(), 12);
        let back = world.other.take_asked();
        let back = back
            .iter()
            .filter(|it| matches!(it, RemotePageRequest::OneBack(_)));
        assert_eq!(back.count(), gone.len());
    }
}

/// Holds: P-18. When so many go at once that others may have been passed over, none is taken for
/// absent.
#[tokio::test(start_paused = true)]
async fn a_list_that_shrinks_too_much_says_nothing_of_what_it_lacks() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    let list = List::of(100);
    let served = list.clone();
    let mut pages = 0;
    world.other.list(move |asked| {
        pages += 1;
        if pages == 2 {
            for number in 0..50 {
                served.remove(&format!("T{number}"));
            }
        }
        Ok(served.page(asked, 60))
    });
    let _running = world.run();
    seconds(1).await;
    assert!(!is_absent(&world, "OLD"));
    let pull = pull_of(&world).await;
    assert!(
        pull.left_out_reason
            .unwrap()
            .contains("50 objects left the list")
    );
}

/// Holds: P-17, P-18. An object that cannot be read spoils no other; but it may be any Token.
#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_is_left_out_and_counted() {
    let world = World::of(vec![emsp()]);
    world.store("OLD", &of_emsp(&json!({}))).await;
    world.other.list(|_| {
        let mut page = page("https://emsp.example/1", &[theirs("T1", &json!({}))], None);
        page.left_out = 2;
        page.left_out_reason = Some("`uid`: required, but missing".to_owned());
        Ok(page)
    });
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.tokens.all().len(), 2);
    assert!(!is_absent(&world, "OLD"));
    let pull = pull_of(&world).await;
    assert_eq!((pull.seen, pull.changed, pull.left_out), (2, 1, 4));
    assert_eq!(
        pull.left_out_reason.unwrap(),
        "`uid`: required, but missing"
    );
}

/// A page is tried three times, then the platform is left alone; the crawl is not begun anew.
#[tokio::test(start_paused = true)]
async fn a_page_that_fails_is_tried_again_and_then_the_platform_is_left_alone() {
    let world = World::of(vec![emsp()]);
    let list = List::of(6);
    world.other.list(move |asked| {
        if asked.at_ms < 100_000 && matches!(asked.request, RemotePageRequest::At(_)) {
            return Err(silent());
        }
        Ok(list.page(asked, 4))
    });
    let _running = world.run();
    seconds(5).await;
    assert_eq!(world.other.take_asked().len(), 1 + 3);
    let pull = pull_of(&world).await;
    assert_eq!(
        (pull.state, pull.failures, pull.all),
        (RunState::BackingOff, 1, Some(true))
    );
    assert_eq!((pull.pages, pull.seen, pull.total), (1, 4, Some(6)));
    assert!(pull.failure.unwrap().contains("did not answer"));
    assert!(pull.next_at.is_some());
    seconds(300).await;
    assert!(!world.other.take_asked().iter().any(begins_all));
    assert_eq!(world.tokens.all().len(), 6);
    let pull = pull_of(&world).await;
    assert_eq!(
        (pull.state, pull.failures, pull.failure),
        (RunState::Idle, 0, None)
    );
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn who_says_when_to_come_back_is_not_asked_before() {
    let world = World::of(vec![emsp()]);
    world.other.list(|asked| {
        if asked.at_ms < 600_000 {
            return Err(unavailable(Some(600)));
        }
        Ok(page("https://emsp.example/1", &[], None))
    });
    let _running = world.run();
    seconds(599).await;
    assert_eq!(world.other.take_asked().len(), 1);
    seconds(2).await;
    assert_eq!(world.other.take_asked().len(), 2);
}

/// A page that the platform does not know any more is not asked for a second time.
#[tokio::test(start_paused = true)]
async fn a_crawl_whose_next_page_is_refused_is_begun_anew() {
    let world = World::of(vec![emsp()]);
    let list = List::of(6);
    let mut refusals = 0;
    world.other.list(move |asked| {
        if refusals == 0 && matches!(asked.request, RemotePageRequest::At(_)) {
            refusals += 1;
            return Err(refused());
        }
        Ok(list.page(asked, 4))
    });
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_asked().len(), 2);
    assert_eq!(pull_of(&world).await.state, RunState::BackingOff);
    seconds(80).await;
    assert!(begins_all(&world.other.take_asked()[0]));
    assert_eq!(world.tokens.all().len(), 6);
    assert_eq!(pull_of(&world).await.failure, None);
}

/// A platform that is away keeps its crawl; but what was listed a day ago is another list by now.
#[tokio::test(start_paused = true)]
async fn a_crawl_that_waits_for_a_day_is_begun_anew() {
    let world = World::of(vec![emsp()]);
    let list = List::of(6);
    world.other.list(move |asked| {
        if matches!(asked.request, RemotePageRequest::At(_)) && asked.at_ms < 86_400_000 {
            return Err(RemoteError::Unreachable {
                url: "https://emsp.example".to_owned(),
                reason: "nobody listens".to_owned(),
            });
        }
        Ok(list.page(asked, 4))
    });
    let _running = world.run();
    seconds(86_000).await;
    let asked = world.other.take_asked();
    assert_eq!(
        asked.iter().filter(|request| begins_all(request)).count(),
        1
    );
    assert!(asked.len() > 100);
    seconds(1000).await;
    assert!(world.other.take_asked().iter().any(begins_all));
    assert!(world.sync.pull("emsp").unwrap().crawl.is_none());
    assert_eq!(world.tokens.all().len(), 6);
}

/// Our own store failing is no fault of the eMSP's, and no page is passed over for it.
#[tokio::test(start_paused = true)]
async fn when_our_store_is_down_the_page_is_fetched_again() {
    let world = World::of(vec![emsp()]);
    let list = List::of(6);
    let tokens = std::sync::Arc::clone(&world.tokens);
    world.other.list(move |asked| {
        tokens.set_down(asked.at_ms < 10_000 && matches!(asked.request, RemotePageRequest::At(_)));
        Ok(list.page(asked, 2))
    });
    let _running = world.run();
    seconds(5).await;
    let pull = pull_of(&world).await;
    assert_eq!((pull.state, pull.pages), (RunState::BackingOff, 1));
    assert!(pull.failure.unwrap().contains("our own store"));
    seconds(60).await;
    assert_eq!(world.tokens.all().len(), 6);
    assert_eq!(world.sync.pull("emsp").unwrap().crawl, None);
    assert!(DateWindow::default().is_open());
}
