//! Which versions are served, and where their modules are: `docs/protocol.md`, section V.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use crate::support::answer::{assert_refused, opened, request};
use crate::support::world::{PUBLIC_URL, World, WorldBuilder, hosted, platform};

/// `data` of a GET.
async fn got(world: &World, target: &str) -> Value {
    let response = world.call("GET", target, None).await;
    assert_eq!(
        response.codes(),
        (200, 1000),
        "{target}: {}",
        response.message()
    );
    opened(&response, &target).expect("data")
}

/// The path below the public URL.
fn path(url: &Value) -> &str {
    let url = url.as_str().expect("a URL");
    url.strip_prefix(PUBLIC_URL)
        .unwrap_or_else(|| panic!("not below the public URL: {url}"))
}

/// The endpoints as `identifier role path`, in any order.
fn endpoints(details: &Value) -> Vec<String> {
    let endpoints = details["endpoints"].as_array().expect("a list");
    let mut lines: Vec<String> = endpoints
        .iter()
        .map(|it| {
            assert_eq!(it.as_object().map(serde_json::Map::len), Some(3), "{it}");
            let text = |name: &str| it[name].as_str().expect("a text").to_owned();
            format!(
                "{} {} {}",
                text("identifier"),
                text("role"),
                path(&it["url"])
            )
        })
        .collect();
    lines.sort();
    lines
}

const CREDENTIALS: &str = "credentials SENDER /ocpi/2.3.0/credentials";
const SENDER: &str = "tokens SENDER /ocpi/emsp/2.3.0/tokens";
const RECEIVER: &str = "tokens RECEIVER /ocpi/cpo/2.3.0/tokens";
const SESSIONS: &str = "sessions RECEIVER /ocpi/emsp/2.3.0/sessions";
const LOCATIONS: &str = "locations RECEIVER /ocpi/emsp/2.3.0/locations";

/// What is served as eMSP, beside the credentials, and what as CPO.
const OF_EMSP: &[&str] = &[LOCATIONS, SESSIONS, SENDER];
const OF_CPO: &[&str] = &[RECEIVER];

/// Holds: V-01, V-05, V-11.
#[tokio::test]
async fn each_root_lists_the_versions_that_are_served_below_it() {
    let world = World::start().await;
    for (root, url) in [
        ("/ocpi/versions", "https://ocpi.example.com/ocpi/2.3.0"),
        (
            "/ocpi/cpo/versions",
            "https://ocpi.example.com/ocpi/cpo/2.3.0",
        ),
        (
            "/ocpi/emsp/versions",
            "https://ocpi.example.com/ocpi/emsp/2.3.0",
        ),
    ] {
        assert_eq!(
            got(&world, root).await,
            json!([{"version": "2.3.0", "url": url}])
        );
    }
}

/// Holds: V-03, V-06, V-08, V-15.
#[tokio::test]
async fn the_combined_details_list_both_roles_together_and_credentials_once() {
    let world = World::start().await;
    for target in ["/ocpi/2.3.0", "/ocpi/2.3.0/details"] {
        let details = got(&world, target).await;
        assert_eq!(details["version"], "2.3.0");
        assert_eq!(
            details.as_object().map(serde_json::Map::len),
            Some(2),
            "{details}"
        );
        assert_eq!(
            endpoints(&details),
            [CREDENTIALS, LOCATIONS, SESSIONS, RECEIVER, SENDER],
            "{target}"
        );
    }
}

/// Holds: V-05, V-06, V-08, V-15.
#[tokio::test]
async fn the_details_below_a_roles_root_list_that_role_only() {
    let world = World::start().await;
    for (role, modules) in [("cpo", OF_CPO), ("emsp", OF_EMSP)] {
        for target in [
            format!("/ocpi/{role}/2.3.0"),
            format!("/ocpi/{role}/2.3.0/details"),
        ] {
            let credentials = format!("credentials SENDER /ocpi/{role}/2.3.0/credentials");
            let expected = [&[credentials.as_str()], modules].concat();
            assert_eq!(endpoints(&got(&world, &target).await), expected, "{target}");
        }
    }
}

/// Holds: V-06.
#[tokio::test]
async fn a_host_of_one_role_lists_what_that_role_serves_and_no_more() {
    for (role, modules) in [(Role::Cpo, OF_CPO), (Role::Emsp, OF_EMSP)] {
        let mut builder = WorldBuilder::new();
        builder.hosted = vec![hosted("CH", "ABC", std::slice::from_ref(&role))];
        let world = builder.start().await;
        let combined = endpoints(&got(&world, "/ocpi/2.3.0").await);
        let expected = [&[CREDENTIALS], modules].concat();
        assert_eq!(combined, expected, "{role}");
        let other = if role == Role::Cpo { "emsp" } else { "cpo" };
        let none = endpoints(&got(&world, &format!("/ocpi/{other}/2.3.0")).await);
        assert_eq!(none.len(), 1, "{role}: {none:?}");
    }
}

/// Holds: V-02.
#[tokio::test]
async fn versions_and_details_are_shown_to_whoever_proves_who_calls() {
    let no_roles = platform("new", Profile::default(), &[]);
    let world = WorldBuilder::new()
        .platform(no_roles, "new-token")
        .start()
        .await;
    for target in ["/ocpi/versions", "/ocpi/2.3.0", "/ocpi/2.3.0/credentials"] {
        let request = crate::support::http::Request::new("GET", target);
        assert_refused(&world.send(&request).await, (401, 2000), &target);
        let proven = world.send(&request.token("new-token")).await;
        assert_eq!(proven.codes(), (200, 1000), "{target}");
    }
}

/// Holds: V-09.
#[tokio::test]
async fn an_unknown_version_is_404_and_3002() {
    let world = World::start().await;
    for version in [
        "2.0", "2.1", "2.1.1", "2.2", "2.2.1", "2.3", "2.3.1", "3.0", "2.3.0.0",
    ] {
        for target in [
            format!("/ocpi/{version}"),
            format!("/ocpi/{version}/details"),
            format!("/ocpi/{version}/credentials"),
            format!("/ocpi/cpo/{version}/tokens/CH/ABC/TOKEN123"),
            format!("/ocpi/emsp/{version}/tokens"),
        ] {
            for method in ["GET", "POST", "PUT"] {
                let response = world.send(&request(method, &target, "{}")).await;
                assert_refused(&response, (404, 3002), &format_args!("{method} {target}"));
            }
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for target in ["/ocpi/versions", "/ocpi/2.3.0"] {
            world
                .assert_all_refused((405, 2000), &[(method, target, "{}")])
                .await;
        }
    }
}

/// Holds: V-11.
#[tokio::test]
async fn urls_are_below_the_public_url_and_never_longer_than_255_characters() {
    let base = format!("https://{}.example.com/base", "x".repeat(170));
    for public_url in [
        base.clone(),
        format!("{base}/"),
        "http://127.0.0.1:8000".to_owned(),
    ] {
        let mut builder = WorldBuilder::new();
        builder.public_url.clone_from(&public_url);
        let world = builder.start().await;
        for target in [
            "/ocpi/versions",
            "/ocpi/2.3.0",
            "/ocpi/emsp/2.3.0",
            "/ocpi/cpo/2.3.0",
        ] {
            let text = got(&world, target).await.to_string();
            let mut urls = text
                .split('"')
                .filter(|part| part.contains("://"))
                .peekable();
            assert!(urls.peek().is_some(), "{target}: {text}");
            for url in urls {
                let start = format!("{}/ocpi/", public_url.trim_end_matches('/'));
                assert!(
                    url.starts_with(&start) && url.len() <= 255,
                    "{target}: {url}"
                );
            }
        }
    }
}

/// Holds: V-15, V-11.
#[tokio::test]
async fn every_published_url_is_served() {
    let world = World::start().await;
    let mut targets = vec![
        "/ocpi/cpo/versions".to_owned(),
        "/ocpi/emsp/versions".to_owned(),
    ];
    for version in got(&world, "/ocpi/versions")
        .await
        .as_array()
        .expect("a list")
    {
        targets.push(path(&version["url"]).to_owned());
        let details = got(&world, path(&version["url"])).await;
        for endpoint in details["endpoints"].as_array().expect("a list") {
            let url = path(&endpoint["url"]);
            let is_receiver = endpoint["role"] == "RECEIVER";
            // What a Receiver has is addressed one by one.
            targets.push(if is_receiver {
                format!("{url}/CH/ABC/X")
            } else {
                url.to_owned()
            });
        }
    }
    assert_eq!(targets.len(), 8);
    for target in targets {
        let codes = world.call("GET", &target, None).await.codes();
        let unknown = [
            ("/tokens/", 2004),
            ("/sessions/", 2000),
            ("/locations/", 2003),
        ];
        let unknown = unknown.iter().find(|(module, _)| target.contains(module));
        let expected = unknown.map_or((200, 1000), |(_, code)| (404, *code));
        assert_eq!(codes, expected, "{target}");
    }
}
