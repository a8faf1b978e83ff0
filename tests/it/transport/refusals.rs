//! Which codes each refusal has, the rows of T-30 that have to do with routes and bodies.
//!
//! T-30 itself is in `auth`, T-46 and T-47 in `faults`, T-48 in `limits`.

use serde_json::{Value, json};

use crate::support::answer::{assert_refused, request};
use crate::support::http::Request;
use crate::support::token::{RECEIVER, SENDER, card, copy, question, with};
use crate::support::world::{TOKEN, World};

/// A world that holds the card TOKEN123.
async fn world_with_a_card() -> World {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    world
}

/// Holds: T-31.
#[tokio::test]
async fn a_body_that_is_no_json_is_400() {
    let world = world_with_a_card().await;
    let (copy, question) = (copy("TOKEN123"), question("TOKEN123"));
    let before = world.snapshot().await;
    let malformed: [&[u8]; 10] = [
        b"{",
        b"{\"valid\":true",
        b"{\"valid\":true}}",
        b"{\"valid\":true} more",
        b"{'valid':true}",
        b"{valid:true}",
        b"{\"valid\":True}",
        b"{\"valid\":true,}",
        b"uid=TOKEN123",
        b"{\"uid\":\"\xff\"}",
    ];
    for (method, target) in [("PUT", &copy), ("PATCH", &copy), ("POST", &question)] {
        for body in malformed {
            let request = Request::new(method, target).token(TOKEN).body(body);
            let case = format!("{method} {}", String::from_utf8_lossy(body));
            assert_refused(&world.send(&request).await, (400, 2000), &case);
        }
    }
    for (method, body) in [
        ("PUT", ""),
        ("PATCH", ""),
        ("PUT", " \r\n"),
        ("PATCH", "\u{feff}"),
    ] {
        let request = Request::new(method, &copy).token(TOKEN).body(body);
        assert_refused(
            &world.send(&request).await,
            (400, 2000),
            &format_args!("{method} {body:?}"),
        );
        let request = Request::new(method, &copy).token(TOKEN);
        assert_refused(
            &world.send(&request).await,
            (400, 2000),
            &format_args!("{method} no body"),
        );
    }
    assert_eq!(world.snapshot().await, before, "a malformed body wrote");
}

/// Holds: T-32, K-02.
#[tokio::test]
async fn an_unknown_route_is_404() {
    let world = world_with_a_card().await;
    let targets = [
        "/",
        "/favicon.ico",
        "/versions",
        "/tokens",
        "/ocpi",
        "/ocpi/",
        "/OCPI/versions",
        "/ocpi/Versions",
        "/ocpi/versions/2.3.0",
        "/ocpi/unknown",
        "/ocpi/msp/2.3.0",
        "/ocpi/2.3.0/unknown",
        "/ocpi/2.3.0/credentials/more",
        "/ocpi/2.3.0/tokens",
        "/ocpi/2.3.0/tokens/CH/ABC/TOKEN123",
        "/ocpi/2.3.0/sessions",
        "/ocpi/cpo/2.3.0/sessions",
        "/ocpi/cpo/2.3.0/sessions/CH/ABC/SESS001",
        "/ocpi/emsp/2.3.0/sessions/CH",
        "/ocpi/emsp/2.3.0/sessions/CH/ABC",
        "/ocpi/emsp/2.3.0/sessions/CH/ABC/SESS001/more",
        "/ocpi/emsp/2.3.0/locations",
        "/ocpi/emsp/2.3.0/locations/CH/ABC",
        "/ocpi/emsp/2.3.0/locations/CH/ABC/LOC001/EVSE001/1/more",
        "/ocpi/emsp/2.3.0/tokens/TOKEN123",
        "/ocpi/emsp/2.3.0/tokens/CH/ABC/TOKEN123",
        "/ocpi/emsp/2.3.0/tokens/TOKEN123/authorize/more",
        "/ocpi/cpo/2.3.0/tokens",
        "/ocpi/cpo/2.3.0/tokens/CH",
        "/ocpi/cpo/2.3.0/tokens/CH/ABC",
        "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123/more",
        "/ocpi/cpo/2.3.0/tokens/TOKEN123/authorize",
    ];
    for method in ["GET", "PUT", "POST", "DELETE"] {
        let requests = targets.map(|target| (method, target, ""));
        world.assert_all_refused((404, 2000), &requests).await;
    }
}

/// Holds: T-33, V-09, E-01, E-10, K-02.
#[tokio::test]
async fn a_method_that_a_route_does_not_offer_is_405_and_allow_names_those_it_does() {
    let world = world_with_a_card().await;
    let before = world.snapshot().await;
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];
    let long = format!("{SENDER}/CH/ABC/TOKEN123/authorize");
    let routes = [
        ("/ocpi/versions", "GET"),
        ("/ocpi/cpo/versions", "GET"),
        ("/ocpi/2.3.0", "GET"),
        ("/ocpi/emsp/2.3.0/details", "GET"),
        ("/ocpi/2.3.0/credentials", "GET, POST, PUT, DELETE"),
        (SENDER, "GET"),
        (&*question("TOKEN123"), "POST"),
        (&*long, "POST"),
        (&*copy("TOKEN123"), "GET, PUT, PATCH"),
    ];
    for (target, allow) in routes {
        for method in methods {
            if allow.split(", ").any(|offered| offered == method) {
                continue;
            }
            let response = world.send(&request(method, target, "{}")).await;
            assert_refused(&response, (405, 2000), &format_args!("{method} {target}"));
            assert_eq!(response.header("Allow"), Some(allow), "{method} {target}");
        }
    }
    assert_eq!(world.snapshot().await, before, "a refused method wrote");
}

/// Holds: T-35.
#[tokio::test]
async fn json_that_is_no_object_where_one_is_due_is_2001() {
    let world = world_with_a_card().await;
    let (copy, question) = (copy("TOKEN123"), question("TOKEN123"));
    let token = json!([card("TOKEN123")]).to_string();
    for body in [
        "[]",
        "[{}]",
        &token,
        "\"TOKEN123\"",
        "12",
        "-1.5e3",
        "true",
        "false",
    ] {
        let requests = [
            ("PUT", &*copy, body),
            ("PATCH", &*copy, body),
            ("POST", &*question, body),
        ];
        world.assert_all_refused((200, 2001), &requests).await;
    }
    world
        .assert_all_refused(
            (200, 2001),
            &[("PUT", &copy, "null"), ("PATCH", &copy, "null")],
        )
        .await;
}

/// Holds: T-36, K-18, K-19, K-20.
#[tokio::test]
async fn a_body_of_another_object_than_the_url_names_is_2001() {
    let world = world_with_a_card().await;
    world
        .push(&with(card("TOKEN123"), &json!({"type": "APP_USER"})))
        .await;
    let target = copy("TOKEN123");
    let typed = format!("{target}?type=APP_USER");
    for (target, changes) in [
        (&target, json!({"uid": "TOKEN124"})),
        (&target, json!({"country_code": "NL"})),
        (&target, json!({"party_id": "ABD"})),
        (&typed, json!({"type": "OTHER"})),
    ] {
        let body = with(card("TOKEN123"), &changes).to_string();
        world
            .assert_all_refused((200, 2001), &[("PUT", target, &body)])
            .await;
        let body = with(changes, &json!({"last_updated": "2026-02-01T00:00:00Z"})).to_string();
        world
            .assert_all_refused((200, 2001), &[("PATCH", target, &body)])
            .await;
    }
    let folded = with(
        card("TOKEN123"),
        &json!({"uid": "token123", "party_id": "aBc"}),
    );
    let response = world.call("PUT", &target, Some(&folded)).await;
    assert_eq!(response.codes(), (200, 1000), "ids compare without case");
}

/// Holds: T-37, K-05.
#[tokio::test]
async fn a_party_that_is_not_the_callers_is_404_and_nothing_is_revealed() {
    let world = world_with_a_card().await;
    // Stored, but not for the caller's eyes.
    let other = with(
        card("TOKEN123"),
        &json!({"country_code": "DE", "party_id": "TNM"}),
    );
    let stored: ocpi_domain::Token = serde_json::from_value(other.clone()).expect("a Token");
    let write = ocpi_ports::TokenWrite {
        token: stored.into(),
        marks: ocpi_domain::TokenMarks::default(),
        follows: None,
    };
    ocpi_ports::TokenRepository::put_token(&*world.store, write)
        .await
        .expect("it is stored");
    let patch = json!({"valid": false, "last_updated": "2027-01-01T00:00:00Z"});
    let mut answers = Vec::new();
    for owner in [
        "DE/TNM",
        "DE/TNX",
        "NL/ABC",
        "CHE/ABC",
        "CH/ABCD",
        "C1/ABC",
        "%C3%A9/ABC",
    ] {
        let target = format!("{RECEIVER}/{owner}/TOKEN123");
        for (method, body) in [
            ("GET", ""),
            ("PUT", &*other.to_string()),
            ("PATCH", &patch.to_string()),
        ] {
            world
                .assert_all_refused((404, 2000), &[(method, &target, body)])
                .await;
            answers.push(world.send(&request(method, &target, body)).await.json());
        }
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

/// Holds: V-06.
#[tokio::test]
async fn what_is_not_served_yet_is_not_pretended() {
    let world = World::start().await;
    let details: Value = world.call("GET", "/ocpi/2.3.0", None).await.data();
    for module in ["cdrs", "tariffs", "commands"] {
        assert!(!details.to_string().contains(module), "{module}");
        let target = format!("/ocpi/emsp/2.3.0/{module}/CH/ABC/X1");
        world
            .assert_all_refused((404, 2000), &[("GET", &target, ""), ("PUT", &target, "{}")])
            .await;
    }
}
