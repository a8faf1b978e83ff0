//! The list of the caller's own sessions, in pages.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{CPO, at, builder, send, taken, world};
use crate::support::http::{Request, Response};
use crate::support::push::{SESSIONS, session};
use crate::support::token::with;
use crate::support::world::{PUBLIC_URL, TOKEN, World, platform};

/// Puts the sessions `S000`, `S001`, ...; each changed last as many seconds after noon.
async fn put_many(world: &World, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let (minute, second) = (number / 60, number % 60);
        let moment = format!("2025-12-01T12:{minute:02}:{second:02}Z");
        let moment = json!({ "last_updated": moment });
        let body = with(session(&id(number), "U1"), &moment);
        taken(world, "PUT", &at(&id(number)), &body, 201).await;
    }
}

fn id(number: usize) -> String {
    format!("S{number:03}")
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(id).collect()
}

/// The ids of a page, which must be one, and its total.
fn page(response: &Response) -> (Vec<String>, String) {
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let data = response.data();
    let sessions = data.as_array().expect("a list");
    let id = |session: &Value| session["id"].as_str().expect("an id").to_owned();
    let total = response.header("X-Total-Count").expect("a list has one");
    (sessions.iter().map(id).collect(), total.to_owned())
}

/// The target of the next page.
fn next(response: &Response) -> Option<String> {
    let link = response.header("Link")?;
    let url = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(url.strip_prefix(PUBLIC_URL)?.to_owned())
}

/// Holds: S-27, P-04, P-05, P-06, P-08, P-12.
#[tokio::test]
async fn the_sessions_of_the_caller_are_listed_in_pages_in_the_order_of_their_creation() {
    let world = world().await;
    put_many(&world, 0..7).await;
    // A change moves nothing.
    let change = json!({"kwh": 1, "last_updated": "2025-12-02T00:00:00Z"});
    taken(&world, "PATCH", &at(&id(0)), &change, 200).await;
    for (query, expected) in [
        ("", 0..7),
        ("/", 0..7),
        ("?limit=3", 0..3),
        ("?limit=3&offset=3", 3..6),
        ("/?limit=3&offset=6", 6..7),
        ("?offset=7", 0..0),
        ("?limit=0", 0..0),
    ] {
        let response = send(&world, "GET", &format!("{SESSIONS}{query}"), None).await;
        assert_eq!(page(&response), (ids(expected), "7".to_owned()), "{query}");
        let has_next = matches!(query, "?limit=3" | "?limit=3&offset=3");
        assert_eq!(next(&response).is_some(), has_next, "{query}");
    }
}

/// Holds: S-27, P-03, P-05. A session may be a thousand times as long as a Token.
#[tokio::test]
async fn a_page_of_sessions_has_a_hundred_at_most() {
    let world = world().await;
    put_many(&world, 0..101).await;
    let response = send(&world, "GET", &format!("{SESSIONS}?limit=1000"), None).await;
    assert_eq!(page(&response), (ids(0..100), "101".to_owned()));
    assert_eq!(response.header("X-Limit"), Some("100"));
    let rest = send(&world, "GET", &next(&response).unwrap(), None).await;
    assert_eq!(page(&rest), (ids(100..101), "101".to_owned()));
}

/// Holds: S-27, P-07, P-09.
#[tokio::test]
async fn the_links_lead_through_all_sessions_whatever_comes_meanwhile() {
    let world = world().await;
    put_many(&world, 0..5).await;
    let mut target = Some(format!("{SESSIONS}/?limit=2"));
    let mut seen = Vec::new();
    while let Some(next_target) = target {
        let response = send(&world, "GET", &next_target, None).await;
        seen.extend(page(&response).0);
        if seen.len() == 2 {
            put_many(&world, 5..6).await;
        }
        target = next(&response);
    }
    assert_eq!(seen, ids(0..6));
}

/// Holds: S-27, P-01, P-02, P-10, P-13.
#[tokio::test]
async fn the_list_can_be_narrowed_to_what_changed_in_a_time() {
    let world = world().await;
    put_many(&world, 0..5).await;
    let at_second = |second: u32| format!("2025-12-01T12:00:{second:02}Z");
    for (from, to, expected) in [
        (Some(1), None, 1..5),
        (None, Some(3), 0..3),
        (Some(1), Some(3), 1..3),
        (Some(3), Some(3), 0..0),
    ] {
        let from = from.map(|second| format!("date_from={}&", at_second(second)));
        let to = to.map(|second| format!("date_to={}", at_second(second)));
        let query = [from, to].into_iter().flatten().collect::<String>();
        let response = send(&world, "GET", &format!("{SESSIONS}?{query}"), None).await;
        let total = expected.len().to_string();
        assert_eq!(page(&response), (ids(expected), total), "{query}");
    }
    for bad in ["limit=x", "offset=-1", "date_from=now"] {
        let response = send(&world, "GET", &format!("{SESSIONS}?{bad}"), None).await;
        assert_eq!(response.codes(), (200, 2001), "{bad}");
    }
}

/// Holds: S-27, T-37, T-90, C-20.
#[tokio::test]
async fn nobody_sees_the_sessions_of_another() {
    let other = platform("other", Profile::default(), &[("FR", "FOR", Role::Cpo)]);
    let world = builder(Profile::default())
        .platform(other, "other.token")
        .start()
        .await;
    put_many(&world, 0..2).await;
    let bet = with(session("S002", "U1"), &json!({"party_id": "BET"}));
    taken(&world, "PUT", &format!("{SESSIONS}/NL/BET/S002"), &bet, 201).await;
    let list = async |credentials: &str, from: Option<(&str, &str)>| {
        let request = Request::new("GET", SESSIONS).token(credentials);
        let request = from.iter().fold(request, |request, (country, id)| {
            request.party("from", country, id)
        });
        world.send(&request).await
    };
    for (credentials, from, expected) in [
        (CPO, None, ids(0..3)),
        (CPO, Some(("NL", "ALF")), ids(0..2)),
        (CPO, Some(("nl", "bet")), ids(2..3)),
        // No party of the connection narrows nothing, and opens nothing.
        (CPO, Some(("FR", "FOR")), ids(0..3)),
        ("other.token", None, ids(0..0)),
        ("other.token", Some(("NL", "ALF")), ids(0..0)),
    ] {
        let response = list(credentials, from).await;
        let total = expected.len().to_string();
        assert_eq!(page(&response), (expected, total), "{credentials} {from:?}");
    }
    let response = list(TOKEN, None).await;
    assert_eq!(response.codes(), (404, 2000), "an eMSP has no sessions");
    assert_eq!(response.json().get("data"), None);
}

/// Holds: S-27, S-01, T-33.
#[tokio::test]
async fn the_list_can_only_be_read() {
    let world = world().await;
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for target in [SESSIONS.to_owned(), format!("{SESSIONS}/")] {
            let response = send(&world, method, &target, Some(&json!({}))).await;
            assert_eq!(response.codes(), (405, 2000), "{method} {target}");
            assert_eq!(response.header("Allow"), Some("GET"), "{method} {target}");
        }
    }
}
