//! How the Tokens of an eMSP get here by being fetched.

use ocpi_app::RunState;
use ocpi_domain::{OcpiVersion, PlatformId, Profile, Role};
use serde_json::{Value, json};

use super::emsp::{Emsp, parameter};
use super::stage::{Syncing, builder, builder_over, peer_of, pulled, status};
use crate::support::http::Request;
use crate::support::program::Directory;
use crate::support::token::{card, with};
use crate::support::until::until;
use crate::support::world::{World, WorldBuilder, hosted, platform};

/// A Token of DE/TNM.
fn theirs(number: usize) -> Value {
    let owner = json!({"country_code": "DE", "party_id": "TNM"});
    with(card(&format!("CARD{number:03}")), &owner)
}

fn many(count: usize) -> Vec<Value> {
    (0..count).map(theirs).collect()
}

/// NL/ALF as CPO, and the eMSP DE/TNM of that version.
fn knowing(mut builder: WorldBuilder, version: OcpiVersion, emsp: &Emsp) -> WorldBuilder {
    builder.hosted = vec![hosted("NL", "ALF", &[Role::Cpo])];
    let known = platform("emsp", Profile::default(), &[("DE", "TNM", Role::Emsp)]);
    builder.platforms = vec![peer_of(known, version, &emsp.peer)];
    builder
}

async fn world_of(emsp: &Emsp) -> World {
    knowing(builder(), OcpiVersion::V2_3_0, emsp).start().await
}

/// Asks for a pull, of everything or of what changed, and waits until it is done.
async fn pull(world: &World, all: bool) {
    let id = PlatformId::new("emsp").expect("an id");
    let before = status(world, "emsp").await.pull.expect("it is pulled from");
    world.clock.advance_ms(3_600_000);
    world
        .app
        .request_pull(Some(&id), all)
        .await
        .expect("it is pulled from");
    until("it is pulled", || async {
        let pull = status(world, "emsp").await.pull.expect("it is pulled from");
        let is_later = if all {
            pull.all_pulled_at > before.all_pulled_at
        } else {
            pull.pulled_at > before.pulled_at
        };
        is_later && pull.state == RunState::Idle
    })
    .await;
}

/// What the owner is shown of its copy: the Token, or nothing.
async fn shown(world: &World, uid: &str) -> Option<Value> {
    let target = format!("/ocpi/cpo/2.3.0/tokens/DE/TNM/{uid}");
    let request = Request::new("GET", &target).token("emsp.token");
    let response = world.send(&request).await;
    match response.codes() {
        (200, 1000) => Some(response.data()),
        (404, 2004) => None,
        codes => panic!("{codes:?} {}", response.message()),
    }
}

/// Holds: P-15, P-03, T-84, T-87, M-01. Everything is fetched page by page, along the links.
#[tokio::test]
async fn everything_is_fetched_along_the_links() {
    let emsp = Emsp::listing(many(45)).await;
    let world = world_of(&emsp).await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let stored = world.stored().await;
    let tokens: Vec<Value> = stored.iter().map(|stored| json!(*stored.token)).collect();
    assert_eq!(tokens, many(45));
    let pages = emsp.pages();
    assert_eq!(pages[0].headers["ocpi-to-party-id"], "TNM");
    assert_eq!(pages[0].headers["ocpi-from-party-id"], "ALF");
    assert_eq!(parameter(&pages[0], "limit").as_deref(), Some("10"));
    assert_eq!(parameter(&pages[0], "date_from"), None, "everything");
    let offsets: Vec<Option<String>> = pages[1..5]
        .iter()
        .map(|page| parameter(page, "offset"))
        .collect();
    let expected = ["10", "20", "30", "40"].map(|offset| Some(offset.to_owned()));
    assert_eq!(offsets, expected);
    // What changed meanwhile is fetched after it.
    assert_eq!(pages.len(), 6);
    assert!(
        parameter(&pages[5], "date_from").is_some(),
        "{:?}",
        pages[5]
    );
}

/// Holds: P-19, P-02, P-18. Later only what changed is asked for, from where the last one began and
/// earlier; a crawl of what changed calls nothing absent.
#[tokio::test]
async fn later_only_what_changed_is_fetched() {
    let emsp = Emsp::listing(many(25)).await;
    let world = world_of(&emsp).await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let began = world.app.now();
    emsp.peer.forget();
    let newer = json!({"issuer": "Renamed", "last_updated": "2026-01-01T12:30:00Z"});
    emsp.state().tokens[7] = with(theirs(7), &newer);
    emsp.state().tokens.remove(3);
    pull(&world, false).await;
    let pages = emsp.pages();
    let from = parameter(&pages[0], "date_from").expect("only what changed");
    let from: ocpi_domain::DateTime = from.parse().expect("a moment");
    assert!(from <= began, "{from} {began}");
    assert_eq!(
        shown(&world, "CARD007").await.expect("known")["issuer"],
        "Renamed"
    );
    assert!(
        shown(&world, "CARD003").await.is_some(),
        "a filtered crawl invalidates nothing"
    );
    let pull = status(&world, "emsp")
        .await
        .pull
        .expect("it is pulled from");
    let next = pull.next_at.expect("there is another");
    let hours = (next.unix_ms() - world.app.now().unix_ms()) / 3_600_000;
    assert!((5..=8).contains(&hours), "in hours, not minutes: {hours}");
}

/// Holds: P-18, K-10, W-13. What a whole crawl does not find is not known any more, until its owner
/// sends it again; users of apps, which are not listed, stay.
#[tokio::test]
async fn what_a_whole_crawl_does_not_find_is_not_known_any_more() {
    let emsp = Emsp::listing(many(25)).await;
    let world = world_of(&emsp).await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let app_user = with(
        theirs(900),
        &json!({"type": "APP_USER", "whitelist": "NEVER"}),
    );
    let put = |token: Value| {
        let uid = token["uid"].as_str().expect("a uid").to_owned();
        let kind = token["type"].as_str().expect("a type").to_owned();
        let target = format!("/ocpi/cpo/2.3.0/tokens/DE/TNM/{uid}?type={kind}");
        Request::new("PUT", &target)
            .token("emsp.token")
            .json(&token)
    };
    assert_eq!(world.send(&put(app_user)).await.codes(), (201, 1000));
    emsp.state().tokens.remove(3);
    pull(&world, true).await;
    assert_eq!(shown(&world, "CARD003").await, None);
    assert!(shown(&world, "CARD004").await.is_some());
    assert!(shown(&world, "CARD900").await.is_some(), "it is not listed");
    let again = with(theirs(3), &json!({"last_updated": "2026-01-01T13:30:00Z"}));
    world.send(&put(again)).await;
    assert!(
        shown(&world, "CARD003").await.is_some(),
        "its owner sent it"
    );
    // And by the list.
    emsp.state().tokens.remove(5);
    pull(&world, true).await;
    assert_eq!(shown(&world, "CARD006").await, None);
    emsp.state().tokens.push(theirs(6));
    pull(&world, true).await;
    assert!(shown(&world, "CARD006").await.is_some());
}

/// Holds: P-17, P-18, D-07. An object that cannot be read spoils no other, and where there is one
/// nothing is called absent.
#[tokio::test]
async fn a_bad_object_spoils_no_good_one_and_nothing_is_called_absent() {
    let emsp = Emsp::listing(many(25)).await;
    let world = world_of(&emsp).await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    emsp.state().tokens[12] = with(theirs(12), &json!({"whitelist": "SOMETIMES"}));
    emsp.state().tokens.remove(3);
    emsp.state().tokens.push(theirs(99));
    pull(&world, true).await;
    assert!(shown(&world, "CARD099").await.is_some());
    assert!(
        shown(&world, "CARD003").await.is_some(),
        "it may be the bad one"
    );
    assert!(shown(&world, "CARD012").await.is_some());
    let pull = status(&world, "emsp")
        .await
        .pull
        .expect("it is pulled from");
    assert_eq!(pull.failure, None);
}

/// Holds: P-15, P-18. A list that leads back to where it was is broken: nothing is called absent, and
/// the operator is told.
#[tokio::test]
async fn a_list_that_leads_in_circles_is_broken() {
    let emsp = Emsp::listing(many(45)).await;
    let world = world_of(&emsp).await;
    emsp.state().loops_at = Some(20);
    let _syncing = Syncing::of(&world.app);
    until("the operator is told", || async {
        let pull = status(&world, "emsp")
            .await
            .pull
            .expect("it is pulled from");
        pull.failure.is_some()
    })
    .await;
    assert_eq!(world.stored().await.len(), 30, "what came is kept");
    emsp.state().loops_at = None;
    world.clock.advance_ms(60_000);
    let id = PlatformId::new("emsp").expect("an id");
    world
        .app
        .request_pull(Some(&id), true)
        .await
        .expect("asked");
    pulled(&world, "emsp").await;
    assert_eq!(world.stored().await.len(), 45);
}

/// Holds: P-16. When one is taken out while we crawl, the next page begins one earlier: none is
/// missed.
#[tokio::test]
async fn when_the_total_drops_the_page_is_asked_for_from_one_earlier() {
    let emsp = Emsp::listing(many(45)).await;
    let world = world_of(&emsp).await;
    emsp.state().after = Some((10, |tokens| {
        tokens.remove(2);
    }));
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let offsets: Vec<String> = emsp
        .pages()
        .iter()
        .filter_map(|page| parameter(page, "offset"))
        .collect();
    assert!(offsets.contains(&"19".to_owned()), "{offsets:?}");
    assert!(
        shown(&world, "CARD020").await.is_some(),
        "the one that moved"
    );
    for number in (0..45).filter(|number| *number != 2) {
        let uid = format!("CARD{number:03}");
        assert!(shown(&world, &uid).await.is_some(), "{uid}");
    }
}

/// Holds: P-15, P-18. A crawl that broke off goes on where it was, also after a restart.
#[tokio::test]
async fn a_crawl_goes_on_where_it_was_after_a_restart() {
    let directory = Directory::new("pull");
    let emsp = Emsp::listing(many(65)).await;
    emsp.state().fails_from = Some(30);
    let builder = knowing(builder_over(directory.path()), OcpiVersion::V2_3_0, &emsp);
    let world = builder.start().await;
    let syncing = Syncing::of(&world.app);
    until("it fails", || async {
        let pull = status(&world, "emsp")
            .await
            .pull
            .expect("it is pulled from");
        pull.failure.is_some() && pull.pages == 3
    })
    .await;
    syncing.end().await;
    world.end().await;
    emsp.state().fails_from = None;
    emsp.peer.forget();
    let mut again = builder_over(directory.path());
    again.hosted = vec![hosted("NL", "ALF", &[Role::Cpo])];
    let world = again.start().await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let first = &emsp.pages()[0];
    assert_eq!(
        parameter(first, "offset").as_deref(),
        Some("30"),
        "{first:?}"
    );
    for number in [0, 29, 30, 64] {
        let uid = format!("CARD{number:03}");
        assert!(shown(&world, &uid).await.is_some(), "{uid}");
    }
}

/// Holds: Q-21, C-20, K-05. Tokens of parties that the platform does not speak for, or that are hosted
/// here, are left out.
#[tokio::test]
async fn tokens_of_others_are_left_out() {
    let mut tokens = many(3);
    tokens.push(with(theirs(8), &json!({"party_id": "XYZ"})));
    tokens.push(with(
        theirs(9),
        &json!({"country_code": "NL", "party_id": "ALF"}),
    ));
    let emsp = Emsp::listing(tokens).await;
    let world = world_of(&emsp).await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    assert_eq!(world.stored().await.len(), 3);
    let pull = status(&world, "emsp")
        .await
        .pull
        .expect("it is pulled from");
    assert_eq!(pull.left_out, 2, "{pull:?}");
    let reason = pull.left_out_reason.expect("the operator is told why");
    assert!(reason.contains("XYZ"), "{reason}");
}

/// Holds: K-27, P-18. What was pushed meanwhile is newer than what a page says, and stays.
#[tokio::test]
async fn a_page_overwrites_nothing_newer() {
    let emsp = Emsp::listing(many(5)).await;
    let world = world_of(&emsp).await;
    let newer = with(
        theirs(2),
        &json!({"issuer": "Pushed", "last_updated": "2026-01-01T11:00:00Z"}),
    );
    let target = "/ocpi/cpo/2.3.0/tokens/DE/TNM/CARD002";
    let request = Request::new("PUT", target).token("emsp.token").json(&newer);
    assert_eq!(world.send(&request).await.codes(), (201, 1000));
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    assert_eq!(
        shown(&world, "CARD002").await.expect("known")["issuer"],
        "Pushed"
    );
    assert_eq!(world.stored().await.len(), 5);
}

/// Holds: M-01, M-14, Q-09. The Tokens of an eMSP of 2.1.1 are its party's; a list that says no total
/// is read to its end.
#[tokio::test]
async fn tokens_of_2_1_1_are_those_of_the_party_of_the_connection() {
    let tokens = many(25).iter().map(super::cpo::in_2_1_1).collect();
    let emsp = Emsp::listing(tokens).await;
    emsp.state().says_total = false;
    let world = knowing(builder(), OcpiVersion::V2_1_1, &emsp).start().await;
    let _syncing = Syncing::of(&world.app);
    pulled(&world, "emsp").await;
    let stored = world.stored().await;
    let tokens: Vec<Value> = stored.iter().map(|stored| json!(*stored.token)).collect();
    assert_eq!(tokens, many(25));
}
