//! One page: its size, its headers, and its limits.

use super::{get, list, page, parameters, push_many, request, uids};
use crate::support::http::Request;
use crate::support::token::SENDER;
use crate::support::world::{PUBLIC_URL, TOKEN, World, WorldBuilder};

/// Holds: P-03, P-04, P-05, P-06, P-12, Z-08.
#[tokio::test]
async fn a_page_holds_what_offset_and_limit_ask_for_and_says_where_the_next_is() {
    let world = World::start().await;
    push_many(&world, 0..7).await;
    for (offset, limit, expected, has_next) in [
        (0, 3, 0..3, true),
        (1, 3, 1..4, true),
        (3, 3, 3..6, true),
        (4, 3, 4..7, false),
        (6, 3, 6..7, false),
        (0, 7, 0..7, false),
        (0, 6, 0..6, true),
        (7, 3, 0..0, false),
        (1000, 3, 0..0, false),
    ] {
        let query = format!("offset={offset}&limit={limit}");
        let found = list(&world, &query).await;
        assert_eq!(found.uids, uids(expected), "{query}");
        assert_eq!(found.total, "7", "{query}");
        assert_eq!(
            found.limit,
            limit.to_string(),
            "{query}: the page size, not the count"
        );
        assert_eq!(found.next.is_some(), has_next, "{query}");
    }
}

/// Holds: P-04, P-06, T-21.
#[tokio::test]
async fn an_empty_list_is_an_array_with_the_headers_of_a_page() {
    let world = World::start().await;
    for target in [
        SENDER.to_owned(),
        format!("{SENDER}/"),
        format!("{SENDER}?limit=5"),
    ] {
        let found = get(&world, &target).await;
        assert_eq!((found.uids.len(), &*found.total), (0, "0"), "{target}");
        assert!(found.next.is_none(), "{target}");
    }
    let response = world.call("GET", SENDER, None).await;
    assert_eq!(response.header("X-Limit"), Some("50"));
    assert_eq!(response.json()["data"], serde_json::json!([]));
}

/// Holds: P-03, P-05, P-07.
#[tokio::test]
async fn without_a_limit_fifty_come_and_the_link_says_so() {
    let world = World::start().await;
    push_many(&world, 0..51).await;
    let first = get(&world, SENDER).await;
    assert_eq!((first.uids, &*first.limit), (uids(0..50), "50"));
    let next = first.next.unwrap();
    assert!(parameters(&next).contains(&"limit=50"), "{next}");
    assert!(parameters(&next).contains(&"offset=50"), "{next}");
    assert_eq!(get(&world, &next).await.uids, uids(50..51));
}

/// Holds: P-03, P-05, Z-08.
#[tokio::test]
async fn a_limit_beyond_the_servers_own_is_cut() {
    let mut builder = WorldBuilder::new();
    assert_eq!(
        (
            builder.limits.page_size_default,
            builder.limits.page_size_max
        ),
        (50, 1000)
    );
    builder.limits.page_size_default = 2;
    builder.limits.page_size_max = 3;
    let world = builder.start().await;
    push_many(&world, 0..5).await;
    for (query, size) in [
        ("", 2),
        ("limit=3", 3),
        ("limit=4", 3),
        ("limit=99999999999999999999999", 3),
        ("limit=", 2),
    ] {
        let found = list(&world, query).await;
        assert_eq!(
            (found.uids, found.limit),
            (uids(0..size), size.to_string()),
            "{query}"
        );
        let limit = format!("limit={size}");
        assert!(
            parameters(&found.next.unwrap()).contains(&&*limit),
            "{query}"
        );
    }
}

/// Holds: P-11.
#[tokio::test]
async fn a_limit_of_zero_counts_and_shows_nothing() {
    let world = World::start().await;
    push_many(&world, 0..3).await;
    for query in ["limit=0", "limit=0&offset=1", "limit=000"] {
        let found = list(&world, query).await;
        assert_eq!(
            (found.uids.len(), &*found.total, &*found.limit),
            (0, "3", "0"),
            "{query}"
        );
        assert!(found.next.is_none(), "{query}");
    }
}

/// Holds: P-07, V-11.
#[tokio::test]
async fn the_link_is_on_the_public_url_whatever_the_request_calls_the_server() {
    let world = World::start().await;
    push_many(&world, 0..3).await;
    let forwarded = request("limit=1")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Proto", "http")
        .header("Forwarded", "host=evil.example");
    // The absolute form of a target overrides `Host`, and is no more to be trusted.
    let absolute =
        Request::new("GET", &format!("http://evil.example{SENDER}?limit=1")).token(TOKEN);
    let slash = Request::new("GET", &format!("{SENDER}/?limit=1")).token(TOKEN);
    for request in [forwarded, absolute, slash] {
        let response = world.send(&request).await;
        let link = response.header("Link").unwrap();
        assert!(
            link.starts_with(&format!("<{PUBLIC_URL}{SENDER}?")),
            "{link}"
        );
        assert_eq!(page("", &response).uids, uids(0..1));
    }
}

/// Holds: P-01, P-10, P-12, T-34.
#[tokio::test]
async fn a_bad_value_of_a_parameter_is_refused_and_named() {
    let world = World::start().await;
    push_many(&world, 0..2).await;
    for name in ["offset", "limit"] {
        for bad in ["-1", "1.5", "one", "0x1", "%2B1", "1%20", "1,2", "%00"] {
            let response = world.send(&request(&format!("{name}={bad}"))).await;
            assert_eq!(response.codes(), (200, 2001), "{name}={bad}");
            assert!(response.message().contains(name), "{}", response.message());
            assert_eq!(response.json().get("data"), None, "{name}={bad}");
        }
    }
    for name in ["date_from", "date_to"] {
        for bad in [
            "2025-12-01",
            "1764547200",
            "2025-13-01T00:00:00Z",
            "now",
            "2025-12-01T00:00",
        ] {
            let response = world.send(&request(&format!("{name}={bad}"))).await;
            assert_eq!(response.codes(), (200, 2001), "{name}={bad}");
            assert!(response.message().contains(name), "{}", response.message());
        }
    }
    let empty = list(&world, "offset=&limit=&date_from=&date_to=").await;
    assert_eq!(empty.uids, uids(0..2), "an empty value is none");
    let far = list(&world, "offset=99999999999999999999999").await;
    assert_eq!(
        (far.uids.len(), &*far.total),
        (0, "2"),
        "too big a number saturates"
    );
    assert!(far.next.is_none());
}

/// Holds: E-01, T-33.
#[tokio::test]
async fn the_list_can_only_be_read() {
    let world = World::start().await;
    push_many(&world, 0..1).await;
    let before = world.snapshot().await;
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for target in [SENDER.to_owned(), format!("{SENDER}/")] {
            let response = world
                .send(&Request::new(method, &target).token(TOKEN).body("{}"))
                .await;
            assert_eq!(response.codes(), (405, 2000), "{method} {target}");
            assert_eq!(response.header("Allow"), Some("GET"), "{method} {target}");
        }
    }
    assert_eq!(world.snapshot().await, before);
}
