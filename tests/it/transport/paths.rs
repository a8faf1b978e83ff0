//! How URLs are read, and how they are published.

use serde_json::json;

use crate::support::answer::{ROUTES, assert_refused, request};
use crate::support::token::{RECEIVER, SENDER, card, copy, question, with};
use crate::support::world::{PUBLIC_URL, World};

/// Holds: T-93, Q-08.
#[tokio::test]
async fn a_trailing_slash_and_empty_segments_change_nothing_and_redirect_nobody() {
    let world = World::start().await;
    world.push_for_routes().await;
    for (method, target, body) in ROUTES {
        let mut answers = Vec::new();
        let doubled = target.replace('/', "//");
        for target in [
            target,
            &format!("{target}/"),
            &doubled,
            &format!("{doubled}///"),
        ] {
            let response = world.send(&request(method, target, body)).await;
            assert_eq!(response.codes(), (200, 1000), "{method} {target}");
            let mut answer = response.json();
            // Every answer to an authorize request has a reference of its own.
            if let Some(reference) = answer.pointer_mut("/data/authorization_reference") {
                reference.take();
            }
            answers.push(answer);
        }
        assert!(
            answers.iter().all(|it| *it == answers[0]),
            "{method} {target}: {answers:?}"
        );
    }
}

/// Holds: T-93, V-11.
#[tokio::test]
async fn published_urls_have_no_trailing_slash_and_lead_where_they_say() {
    let world = World::start().await;
    for target in [
        "/ocpi/versions/",
        "/ocpi/2.3.0/",
        "/ocpi/cpo/2.3.0/",
        "/ocpi/2.3.0/credentials/",
    ] {
        let text = world.call("GET", target, None).await.data().to_string();
        let urls: Vec<&str> = text
            .split('"')
            .filter(|part| part.starts_with(PUBLIC_URL))
            .collect();
        assert!(!urls.is_empty(), "{target}: {text}");
        for url in urls {
            assert!(!url.ends_with('/') && !url[8..].contains("//"), "{url}");
        }
    }
}

/// Holds: T-94.
#[tokio::test]
async fn segments_are_split_first_and_decoded_once_after() {
    let world = World::start().await;
    for (segment, uid) in [
        ("A%2FB", "A/B"),
        ("a%2fb%2Fc", "a/b/c"),
        ("A%20B", "A B"),
        ("A+B", "A+B"),
        ("A%252FB", "A%2FB"),
        ("%41%42%43", "ABC"),
        ("A%3FB%23C", "A?B#C"),
        ("A;B=C&D", "A;B=C&D"),
        ("authorize", "authorize"),
        ("..%2F..", "../.."),
    ] {
        let response = world.call("PUT", &copy(segment), Some(&card(uid))).await;
        assert_eq!(
            response.codes(),
            (201, 1000),
            "{segment}: {}",
            response.message()
        );
        assert_eq!(world.shown(&copy(segment)).await, card(uid), "{segment}");
        for target in [
            question(segment),
            format!("{SENDER}/CH/ABC/{segment}/authorize"),
        ] {
            let response = world.call("POST", &target, None).await;
            assert_eq!(response.codes(), (200, 1000), "{target}");
            assert_eq!(response.data()["token"]["uid"], uid, "{target}");
        }
    }
    let party = format!("{RECEIVER}/%43%48/A%42C/A%20B");
    assert_eq!(world.shown(&party).await, card("A B"));
    for broken in ["%FF", "%C3", "A%00B"] {
        let response = world.call("GET", &copy(broken), None).await;
        assert_refused(&response, (404, 2004), &broken);
    }
}

/// Holds: T-94.
#[tokio::test]
async fn values_of_a_query_are_decoded() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    world
        .push(&with(
            card("TOKEN123"),
            &json!({"type": "A&B=C/D", "issuer": "Other"}),
        ))
        .await;
    let plain = world
        .shown(&format!("{}?type=%52FI%44", copy("TOKEN123")))
        .await;
    assert_eq!(plain["issuer"], "Example");
    let odd = world
        .shown(&format!("{}?x=1&t%79pe=A%26B%3DC%2FD", copy("TOKEN123")))
        .await;
    assert_eq!(odd["issuer"], "Other");
}

/// Holds: T-93, P-07, V-11.
#[tokio::test]
async fn links_and_urls_are_below_the_public_url_whatever_a_request_says() {
    let world = World::start().await;
    world.push(&card("ONE")).await;
    world.push(&card("TWO")).await;
    for target in ["/ocpi/versions", "/ocpi/2.3.0", "/ocpi/2.3.0/credentials"] {
        for target in [target.to_owned(), format!("http://evil.example{target}")] {
            let lying = request("GET", &target, "")
                .header("X-Forwarded-Host", "evil.example")
                .header("Forwarded", "host=evil.example;proto=http");
            let response = world.send(&lying).await;
            assert_eq!(response.codes(), (200, 1000), "{target}");
            let text = response.data().to_string();
            assert!(text.contains(PUBLIC_URL), "{target}: {text}");
            assert!(
                !text.contains("evil") && !text.contains("http://"),
                "{target}: {text}"
            );
        }
    }
    for target in [SENDER.to_owned(), format!("http://evil.example{SENDER}/")] {
        let response = world
            .send(&request("GET", &format!("{target}?limit=1"), ""))
            .await;
        let link = response.header("Link").expect("there is a second page");
        let start = format!("<{PUBLIC_URL}{SENDER}?");
        assert!(link.starts_with(&start), "{target}: {link}");
    }
}
