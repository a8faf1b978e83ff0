//! Who we are to each other: `docs/protocol.md`, section C.

mod access_table;
mod hostile;
mod pair;
mod receiver;
mod sender;
mod stage;

use std::collections::HashSet;

use ocpi_domain::{Profile, Role};
use serde_json::json;

use crate::support::answer::opened;
use crate::support::http::Request;
use crate::support::world::{PUBLIC_URL, TOKEN, World, WorldBuilder, hosted, platform};

/// The route and its aliases.
const ROUTES: [&str; 3] = [
    "/ocpi/2.3.0/credentials",
    "/ocpi/cpo/2.3.0/credentials",
    "/ocpi/emsp/2.3.0/credentials",
];

/// Holds: C-13, C-16, C-18, V-15.
#[tokio::test]
async fn our_credentials_hold_the_versions_url_and_every_hosted_party_in_every_role() {
    let world = World::start().await;
    let role = |role| {
        json!({
            "role": role,
            "business_details": {"name": "Example"},
            "party_id": "ABC",
            "country_code": "CH",
        })
    };
    for version in ["2.2.1", "2.3.0"] {
        for target in ROUTES.map(|target| target.replace("2.3.0", version)) {
            // The root that was called is the one that is named, with whom it leads to.
            let (root, _) = target.split_once(&format!("/{version}")).expect("a root");
            let roles = match root {
                "/ocpi/cpo" => vec![role("CPO")],
                "/ocpi/emsp" => vec![role("EMSP")],
                _ => vec![role("CPO"), role("EMSP")],
            };
            let expected = json!({
                "token": TOKEN,
                "url": format!("{PUBLIC_URL}{root}/versions"),
                "roles": roles,
            });
            let response = world.call("GET", &target, None).await;
            assert_eq!(response.codes(), (200, 1000), "{target}");
            assert_eq!(opened(&response, &target), Some(expected), "{target}");
        }
    }
}

/// Holds: C-13.
#[tokio::test]
async fn the_token_of_our_credentials_is_the_one_presented_as_it_was_understood() {
    let other = platform("other", Profile::default(), &[]);
    let world = WorldBuilder::new()
        .platform(other, "other~token")
        .start()
        .await;
    for (presented, token) in [
        ("your-token", "your-token"),
        ("eW91ci10b2tlbg==", "your-token"),
        ("eW91ci10b2tlbgo=", "your-token"),
        ("other~token", "other~token"),
    ] {
        let response = world
            .send(&Request::new("GET", ROUTES[0]).token(presented))
            .await;
        assert_eq!(response.data()["token"], token, "{presented}");
    }
}

/// Holds: C-16.
#[tokio::test]
async fn roles_are_unique_and_each_has_a_name() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("NL", "XYZ", &[Role::Emsp]));
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Cpo]));
    let world = builder.start().await;
    let data = world.call("GET", ROUTES[0], None).await.data();
    let roles = data["roles"].as_array().expect("a list");
    let named: HashSet<String> = roles
        .iter()
        .map(|it| {
            let name = it["business_details"]["name"].as_str();
            assert!(name.is_some_and(|name| !name.is_empty()), "{it}");
            format!("{}{}{}", it["country_code"], it["party_id"], it["role"]).replace('"', " ")
        })
        .collect();
    assert_eq!(roles.len(), named.len(), "{roles:?}");
    let expected = [
        " CH  ABC  CPO ",
        " CH  ABC  EMSP ",
        " NL  XYZ  EMSP ",
        " CH  XYZ  CPO ",
    ];
    assert_eq!(named, expected.map(str::to_owned).into());
    assert!(
        !data["url"].as_str().expect("a URL").contains("2.3.0"),
        "never the details"
    );
}
