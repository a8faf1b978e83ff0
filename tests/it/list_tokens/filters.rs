//! Dates, and parameters that are not ours.

use super::{get, list, parameters, push_many, uids};
use crate::support::world::World;

/// The Tokens are of 00:00:00, 00:00:01, ... 00:00:05.
///
/// Holds: P-01, P-02, P-04, P-13.
#[tokio::test]
async fn the_window_is_from_inclusive_to_exclusive_and_counts_alone() {
    let world = World::start().await;
    push_many(&world, 0..6).await;
    for (from, to, expected) in [
        ("2025-12-01T00:00:02Z", "", 2..6),
        ("", "2025-12-01T00:00:02Z", 0..2),
        ("2025-12-01T00:00:02Z", "2025-12-01T00:00:04Z", 2..4),
        ("2025-12-01T00:00:02.001Z", "2025-12-01T00:00:04.001Z", 3..5),
        ("2025-12-01T00:00:02Z", "2025-12-01T00:00:02.001Z", 2..3),
        ("2025-12-01T00:00:02Z", "2025-12-01T00:00:02Z", 0..0),
        ("2025-12-01T00:00:04Z", "2025-12-01T00:00:02Z", 0..0),
        ("2030-01-01T00:00:00Z", "", 0..0),
        // Without a zone it is UTC; with one it is converted, its plus escaped or not.
        ("2025-12-01T00:00:02", "2025-12-01T02:00:04%2B02:00", 2..4),
        (
            "2025-12-01T02:00:02+02:00",
            "2025-12-01T02:00:04%2002:00",
            2..4,
        ),
    ] {
        let query = format!("date_from={from}&date_to={to}");
        let found = list(&world, &query).await;
        assert_eq!(found.total, expected.len().to_string(), "{query}");
        assert_eq!(found.uids, uids(expected), "{query}");
        assert!(found.next.is_none(), "{query}");
    }
    let part = list(&world, "date_from=2025-12-01T00:00:01Z&offset=1&limit=2").await;
    assert_eq!((part.uids, &*part.total), (uids(2..4), "5"));
    assert!(part.next.is_some());
}

/// Holds: P-06, P-07, P-13.
#[tokio::test]
async fn the_link_repeats_the_filters_so_that_following_it_stays_inside() {
    let world = World::start().await;
    push_many(&world, 0..9).await;
    let query = "date_from=2025-12-01T01:00:02+01:00&date_to=2025-12-01T00:00:07Z&limit=2";
    let mut found = list(&world, query).await;
    let mut seen = found.uids;
    while let Some(next) = found.next {
        let repeated = parameters(&next);
        assert!(
            repeated.contains(&"date_from=2025-12-01T01:00:02%2B01:00"),
            "{next}"
        );
        assert!(repeated.contains(&"date_to=2025-12-01T00:00:07Z"), "{next}");
        assert!(repeated.contains(&"limit=2"), "{next}");
        found = get(&world, &next).await;
        assert_eq!(found.total, "5");
        seen.extend(found.uids);
    }
    assert_eq!(seen, uids(2..7));
}

/// Holds: P-07, P-14.
#[tokio::test]
async fn unknown_and_repeated_parameters_stay_in_the_link_as_they_were() {
    let world = World::start().await;
    push_many(&world, 0..3).await;
    let query = "x=1&limit=1&x=2&y=a%20b%26c%3D%C3%A9&flag&date_from=2025-12-01T00:00:01Z\
                 &date_from=2030-01-01T00:00:00Z&limit=2&offset=";
    let found = list(&world, query).await;
    assert_eq!(
        found.uids,
        uids(1..2),
        "the first value of a repeated parameter counts"
    );
    let next = found.next.unwrap();
    let (moved, kept): (Vec<&str>, Vec<&str>) = parameters(&next).into_iter().partition(|part| {
        ["offset=", "limit=", "cursor="]
            .iter()
            .any(|name| part.starts_with(name))
    });
    assert_eq!(
        kept,
        [
            "x=1",
            "x=2",
            "y=a%20b%26c%3D%C3%A9",
            "flag=",
            "date_from=2025-12-01T00:00:01Z",
            "date_from=2030-01-01T00:00:00Z",
        ],
    );
    assert_eq!(moved[..2], ["offset=1", "limit=1"], "each once: {next}");
    assert_eq!(moved.len(), 3, "{next}");
    let last = get(&world, &next).await;
    assert_eq!((last.uids, last.next), (uids(2..3), None));
}

/// A parameter in a Link must not end the header early.
///
/// Holds: P-07, T-94.
#[tokio::test]
async fn what_a_client_writes_into_a_parameter_cannot_break_out_of_the_link() {
    let world = World::start().await;
    push_many(&world, 0..2).await;
    let found = list(
        &world,
        "limit=1&a=%3E;%20rel=%22prev%22,%20%3Chttp://evil&%0D%0AX-A=1",
    )
    .await;
    let next = found.next.unwrap();
    assert!(!next.contains(['<', '>', '"', ' ', ',', ';']), "{next}");
    assert_eq!(get(&world, &next).await.uids, uids(1..2));
}
