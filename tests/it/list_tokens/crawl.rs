//! Following the links, while others write.

use serde_json::json;

use super::{get, list, push_many, uid, uids};
use crate::support::token::{card, copy, with};
use crate::support::world::World;

/// Holds: P-06, P-08, P-09.
#[tokio::test]
async fn a_crawl_misses_and_repeats_nothing_while_tokens_are_created_and_updated() {
    let world = World::start().await;
    push_many(&world, 0..10).await;
    let mut seen = Vec::new();
    let mut totals = Vec::new();
    let mut created = 10;
    let mut next = Some(format!("{}?limit=3", crate::support::token::SENDER));
    while let Some(target) = next {
        let found = get(&world, &target).await;
        seen.extend(found.uids);
        totals.push(found.total);
        next = found.next;
        if totals.len() <= 3 {
            // One that was seen, one that was not, and a new one.
            for number in [0, 9] {
                let moment = format!("2026-01-01T00:00:0{}Z", totals.len());
                let change = json!({"last_updated": moment, "issuer": "Changed"});
                let response = world
                    .call("PATCH", &copy(&uid(number)), Some(&change))
                    .await;
                assert_eq!(response.codes(), (200, 1000));
            }
            push_many(&world, created..created + 1).await;
            created += 1;
        }
    }
    assert_eq!(seen, uids(0..13));
    assert_eq!(totals, ["10", "11", "12", "13", "13"]);
}

/// Holds: P-08, P-09.
#[tokio::test]
async fn the_order_is_that_of_creation_whatever_is_updated() {
    let world = World::start().await;
    // Created in an order that is neither that of the uids nor that of the moments.
    for (uid, moment) in [
        ("M", "2025-12-03T00:00:00Z"),
        ("A", "2025-12-01T00:00:00Z"),
        ("Z", "2025-12-02T00:00:00Z"),
    ] {
        world
            .push(&with(card(uid), &json!({"last_updated": moment})))
            .await;
    }
    let order = ["M", "A", "Z"];
    assert_eq!(list(&world, "").await.uids, order);
    for (method, uid, body) in [
        (
            "PATCH",
            "M",
            json!({"valid": false, "last_updated": "2026-01-01T00:00:00Z"}),
        ),
        ("PUT", "A", card("A")),
        ("PUT", "Z", card("z")),
    ] {
        let response = world.call(method, &copy(uid), Some(&body)).await;
        assert_eq!(response.codes(), (200, 1000), "{uid}");
    }
    assert_eq!(list(&world, "").await.uids, ["M", "A", "z"]);
    assert_eq!(list(&world, "").await.uids, list(&world, "").await.uids);
}

/// Holds: P-07.
#[tokio::test]
async fn the_cursor_of_a_link_wins_over_its_offset() {
    let world = World::start().await;
    push_many(&world, 0..6).await;
    let next = list(&world, "limit=2").await.next.unwrap();
    assert!(next.contains("offset=2&"), "{next}");
    for offset in ["offset=0&", "offset=5&", "offset=1000&", ""] {
        let target = next.replace("offset=2&", offset);
        assert_eq!(get(&world, &target).await.uids, uids(2..4), "{target}");
    }
    // Without the cursor the offset counts, and says the same.
    let (bare, _) = next.split_once("&cursor=").unwrap();
    assert_eq!(get(&world, bare).await.uids, uids(2..4));
    let strange = world
        .call("GET", &next.replace("&cursor=", "&cursor=x"), None)
        .await;
    assert_eq!(strange.codes(), (200, 2001));
}

/// A Token that leaves the window during a crawl shifts what a bare offset means, not the links.
///
/// Holds: P-07, P-09.
#[tokio::test]
async fn links_stay_right_when_a_token_leaves_the_window() {
    let world = World::start().await;
    push_many(&world, 0..6).await;
    let first = list(&world, "date_to=2025-12-31T00:00:00Z&limit=2").await;
    assert_eq!((first.uids, &*first.total), (uids(0..2), "6"));
    let change = json!({"last_updated": "2026-01-01T00:00:00Z"});
    let response = world.call("PATCH", &copy(&uid(0)), Some(&change)).await;
    assert_eq!(response.codes(), (200, 1000));
    let second = get(&world, &first.next.unwrap()).await;
    assert_eq!((second.uids, &*second.total), (uids(2..4), "5"));
    let third = get(&world, &second.next.unwrap()).await;
    assert_eq!((third.uids, third.next), (uids(4..6), None));
}
