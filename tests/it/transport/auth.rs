//! The `Authorization` header: T.1.

use ocpi_domain::{Profile, Role};
use serde_json::json;

use crate::support::answer::{ROUTES, assert_refused, request};
use crate::support::http::{Request, Response};
use crate::support::token::{card, copy, with};
use crate::support::world::{TOKEN, World, WorldBuilder, hosted, platform};

/// `GET credentials` with this header: its `token` is the one that was understood.
async fn credentials(world: &World, authorization: &str) -> Response {
    let request = Request::new("GET", "/ocpi/2.3.0/credentials");
    world
        .send(&request.header("Authorization", authorization))
        .await
}

/// The credentials token that is understood, if one is.
async fn understood(world: &World, authorization: &str) -> Option<String> {
    let response = credentials(world, authorization).await;
    if response.status == 401 {
        return None;
    }
    assert_eq!(response.codes(), (200, 1000), "{authorization}");
    response.data()["token"].as_str().map(str::to_owned)
}

/// A world that knows platforms by these tokens beside [`TOKEN`].
async fn world_with(tokens: &[&str]) -> World {
    let builder = tokens
        .iter()
        .enumerate()
        .fold(WorldBuilder::new(), |builder, (index, token)| {
            let id = format!("platform-{index}");
            builder.platform(platform(&id, Profile::default(), &[]), token)
        });
    builder.start().await
}

/// Holds: T-01, T-10, T-30, V-02.
#[tokio::test]
async fn every_route_refuses_who_does_not_prove_who_calls() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let before = world.snapshot().await;
    let headers = [
        None,
        Some("Token"),
        Some("Token "),
        Some("Token unknown"),
        Some("Token dW5rbm93bg=="),
        Some("Token YOUR-TOKEN"),
        Some("Token your-token2"),
        Some("Token your-token your-token"),
        Some("Bearer your-token"),
        Some("Basic eW91ci10b2tlbjp4"),
        Some("your-token"),
        Some("Tokenyour-token"),
        Some("Token \"your-token\""),
    ];
    for (method, target, body) in ROUTES {
        for header in headers {
            let request = Request::new(method, target).body(body);
            let response = match header {
                Some(header) => world.send(&request.header("Authorization", header)).await,
                None => world.send(&request).await,
            };
            let case = format!("{method} {target} {header:?}");
            assert_refused(&response, (401, 2000), &case);
            assert_eq!(response.header("WWW-Authenticate"), Some("Token"), "{case}");
        }
    }
    assert_eq!(world.snapshot().await, before, "an unproven request wrote");
}

/// Holds: T-04, T-06, Q-01, X-03.
#[tokio::test]
async fn a_token_is_understood_raw_and_encoded_and_never_decoded_twice() {
    // The last is the sample of 2.1.1: Base64 of bytes that are no token.
    let sample = "IpbJOXxkxOAuKR92z0nEcmVF3Qw09VG7I7d/WCg0koM=";
    let world = world_with(&["abc", sample]).await;
    for (value, token) in [
        ("your-token", Some(TOKEN)),
        ("eW91ci10b2tlbg==", Some(TOKEN)),
        ("eW91ci10b2tlbg", Some(TOKEN)),
        ("abc", Some("abc")),
        ("YWJj", Some("abc")),
        ("WVdKag==", None),
        (sample, Some(sample)),
    ] {
        let found = understood(&world, &format!("Token {value}")).await;
        assert_eq!(found.as_deref(), token, "{value}");
    }
}

/// Holds: T-04.
#[tokio::test]
async fn what_a_value_decodes_to_is_looked_up_before_the_value() {
    let world = world_with(&["abc", "YWJj"]).await;
    assert_eq!(
        understood(&world, "Token YWJj").await.as_deref(),
        Some("abc")
    );
    assert_eq!(
        understood(&world, "Token WVdKag==").await.as_deref(),
        Some("YWJj")
    );
    let world = world_with(&["YWJj"]).await;
    assert_eq!(
        understood(&world, "Token YWJj").await.as_deref(),
        Some("YWJj"),
        "raw"
    );
}

/// Holds: T-05, Q-02.
#[tokio::test]
async fn one_line_end_inside_the_encoding_is_forgiven() {
    let world = World::start().await;
    for value in ["eW91ci10b2tlbgo=", "eW91ci10b2tlbg0K"] {
        let found = understood(&world, &format!("Token {value}")).await;
        assert_eq!(found.as_deref(), Some(TOKEN), "{value}");
    }
    let twice = understood(&world, "Token eW91ci10b2tlbgoK").await;
    assert_eq!(twice, None, "one is forgiven, two are not");
}

/// Holds: T-09.
#[tokio::test]
async fn the_scheme_is_read_without_case_and_with_any_number_of_spaces() {
    let world = World::start().await;
    for header in [
        "Token your-token",
        "token your-token",
        "TOKEN your-token",
        "tOkEn     your-token",
        "Token your-token   ",
        "token   eW91ci10b2tlbg==  ",
    ] {
        assert_eq!(
            understood(&world, header).await.as_deref(),
            Some(TOKEN),
            "`{header}`"
        );
    }
}

/// Holds: T-12, C-20.
#[tokio::test]
async fn one_credentials_token_speaks_for_every_party_of_its_platform_and_for_no_other() {
    let roles = [("DE", "TNM", Role::Emsp), ("CH", "XYZ", Role::Emsp)];
    let mut builder =
        WorldBuilder::new().platform(platform("hub", Profile::default(), &roles), "hub-token");
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Cpo]));
    let world = builder.start().await;
    for (country, id) in [("DE", "TNM"), ("CH", "XYZ")] {
        let token = with(
            card("CARD"),
            &json!({"country_code": country, "party_id": id}),
        );
        world.push_as("hub-token", &token).await;
    }
    let foreign = Request::new("PUT", &copy("CARD"))
        .token("hub-token")
        .json(&card("CARD"));
    assert_refused(
        &world.send(&foreign).await,
        (404, 2000),
        &"a party of another platform",
    );
    // What a driver shows proves nothing about who calls.
    world.push(&card("TOKEN123")).await;
    assert_eq!(understood(&world, "Token TOKEN123").await, None);
    assert_eq!(understood(&world, "Token VE9LRU4xMjM=").await, None);
}

/// Holds: T-13.
#[tokio::test]
async fn no_answer_repeats_a_credentials_token_but_the_credentials() {
    let secrets = [
        "your-token",
        "eW91ci10b2tlbg",
        "wrong-secret",
        "d3Jvbmctc2VjcmV0",
    ];
    let world = World::start().await;
    let more = [
        ("GET", "/ocpi/unknown", ""),
        ("DELETE", "/ocpi/versions", ""),
        ("PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123", "{"),
        ("PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123", "{}"),
    ];
    for (method, target, body) in ROUTES.into_iter().chain(more) {
        for value in [
            "your-token",
            "eW91ci10b2tlbg==",
            "wrong-secret",
            "d3Jvbmctc2VjcmV0",
        ] {
            let request = Request::new(method, target).body(body).token(value);
            let response = world.send(&request).await;
            let answer = format!("{:?} {}", response.headers(), response.json());
            let is_credentials = target.ends_with("/credentials") && response.status == 200;
            let repeated = secrets.iter().any(|secret| answer.contains(secret));
            assert_eq!(
                repeated, is_credentials,
                "{method} {target} {value}: {answer}"
            );
        }
    }
    let response = world
        .send(&request("GET", "/ocpi/2.3.0/credentials", ""))
        .await;
    assert!(!format!("{:?}", response.headers()).contains(TOKEN));
}
