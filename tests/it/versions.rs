//! Which versions are served, and where their modules are: `docs/protocol.md`, section V.

use std::collections::BTreeMap;

use ocpi_domain::{Profile, Role};
use serde_json::Value;

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

/// The endpoints as `identifier role path`, in any order; 2.1.1 has no roles.
fn endpoints(details: &Value) -> Vec<String> {
    let is_older = details["version"] == "2.1.1";
    let endpoints = details["endpoints"].as_array().expect("a list");
    let mut lines: Vec<String> = endpoints
        .iter()
        .map(|it| {
            let members = if is_older { 2 } else { 3 };
            let found = it.as_object().map(serde_json::Map::len);
            assert_eq!(found, Some(members), "{it}");
            let text = |name: &str| it[name].as_str().expect("a text").to_owned();
            let role = if is_older {
                "-".to_owned()
            } else {
                text("role")
            };
            format!("{} {role} {}", text("identifier"), path(&it["url"]))
        })
        .collect();
    lines.sort();
    lines
}

/// The endpoints of the credentials below a root, and of what is served as these roles.
fn expected(version: &str, root: &str, roles: &[Role]) -> Vec<String> {
    let mut lines = vec![format!("credentials SENDER {root}/{version}/credentials")];
    if roles.contains(&Role::Cpo) {
        lines.push(format!("tokens RECEIVER /ocpi/cpo/{version}/tokens"));
    }
    if roles.contains(&Role::Emsp) {
        lines.extend([
            format!("tokens SENDER /ocpi/emsp/{version}/tokens"),
            format!("sessions RECEIVER /ocpi/emsp/{version}/sessions"),
            format!("locations RECEIVER /ocpi/emsp/{version}/locations"),
        ]);
    }
    if version == "2.1.1" {
        for line in &mut lines {
            *line = line.replace(" SENDER ", " - ").replace(" RECEIVER ", " - ");
        }
    }
    lines.sort();
    lines
}

/// The versions that a root lists, with the paths of their URLs.
async fn listed(world: &World, root: &str) -> BTreeMap<String, String> {
    let list = got(world, &format!("{root}/versions")).await;
    let list = list.as_array().expect("a list");
    let versions: BTreeMap<String, String> = list
        .iter()
        .map(|it| {
            assert_eq!(it.as_object().map(serde_json::Map::len), Some(2), "{it}");
            let version = it["version"].as_str().expect("a version").to_owned();
            (version, path(&it["url"]).to_owned())
        })
        .collect();
    assert_eq!(versions.len(), list.len(), "each once: {list:?}");
    versions
}

/// The versions with their URLs below a root.
fn at(root: &str, versions: &[&str]) -> BTreeMap<String, String> {
    let entry = |version: &&str| ((*version).to_owned(), format!("{root}/{version}"));
    versions.iter().map(entry).collect()
}

const BOTH: [Role; 2] = [Role::Cpo, Role::Emsp];

/// A world that hosts one party in these roles.
async fn hosting(roles: &[Role]) -> World {
    let mut builder = WorldBuilder::new();
    builder.hosted = vec![hosted("CH", "ABC", roles)];
    builder.start().await
}

/// Holds: V-01, V-05, V-11, Z-17.
#[tokio::test]
async fn each_root_lists_the_versions_that_are_served_below_it() {
    let world = World::start().await;
    let (newer, all) = (["2.2.1", "2.3.0"], ["2.1.1", "2.2.1", "2.3.0"]);
    assert_eq!(listed(&world, "/ocpi").await, at("/ocpi", &newer));
    for root in ["/ocpi/cpo", "/ocpi/emsp"] {
        assert_eq!(listed(&world, root).await, at(root, &all), "{root}");
    }
    // Who is one of the two is it below every root.
    for role in BOTH {
        let world = hosting(std::slice::from_ref(&role)).await;
        assert_eq!(listed(&world, "/ocpi").await, at("/ocpi", &all), "{role}");
    }
}

/// Holds: V-03, V-06, V-08, V-15.
#[tokio::test]
async fn the_combined_details_list_both_roles_together_and_credentials_once() {
    let world = World::start().await;
    for version in ["2.2.1", "2.3.0"] {
        for target in [
            format!("/ocpi/{version}"),
            format!("/ocpi/{version}/details"),
        ] {
            let details = got(&world, &target).await;
            assert_eq!(details["version"], version);
            assert_eq!(
                details.as_object().map(serde_json::Map::len),
                Some(2),
                "{details}"
            );
            let expected = expected(version, "/ocpi", &BOTH);
            assert_eq!(endpoints(&details), expected, "{target}");
        }
    }
}

/// Holds: V-04, V-05, V-06, V-07, V-08, V-15.
#[tokio::test]
async fn the_details_below_a_roles_root_list_that_role_only() {
    let world = World::start().await;
    for version in ["2.1.1", "2.2.1", "2.3.0"] {
        for (name, role) in [("cpo", Role::Cpo), ("emsp", Role::Emsp)] {
            let root = format!("/ocpi/{name}");
            for target in [
                format!("{root}/{version}"),
                format!("{root}/{version}/details"),
            ] {
                let details = got(&world, &target).await;
                assert_eq!(details["version"], version, "{target}");
                let expected = expected(version, &root, std::slice::from_ref(&role));
                assert_eq!(endpoints(&details), expected, "{target}");
            }
        }
    }
}

/// Holds: V-05, V-06, V-07.
#[tokio::test]
async fn a_host_of_one_role_lists_what_that_role_serves_and_no_more() {
    for (role, other) in [(Role::Cpo, "emsp"), (Role::Emsp, "cpo")] {
        let world = hosting(std::slice::from_ref(&role)).await;
        for version in ["2.1.1", "2.2.1", "2.3.0"] {
            let combined = endpoints(&got(&world, &format!("/ocpi/{version}")).await);
            let expected = expected(version, "/ocpi", std::slice::from_ref(&role));
            assert_eq!(combined, expected, "{role}");
            let none = endpoints(&got(&world, &format!("/ocpi/{other}/{version}")).await);
            assert_eq!(none.len(), 1, "{role}: {none:?}");
        }
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
    for target in [
        "/ocpi/versions",
        "/ocpi/2.2.1",
        "/ocpi/2.3.0",
        "/ocpi/emsp/2.1.1",
        "/ocpi/2.3.0/credentials",
        "/ocpi/cpo/2.1.1/credentials",
    ] {
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
        "2.0", "2.1", "2.2", "2.3", "2.3.1", "3.0", "2.3.0.0", "2.2.10",
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
            "/ocpi/cpo/2.1.1",
            "/ocpi/emsp/2.2.1",
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

/// Holds: V-09, V-05, Z-17.
#[tokio::test]
async fn below_the_combined_root_2_1_1_is_unknown_where_both_roles_are_hosted() {
    let world = World::start().await;
    for target in [
        "/ocpi/2.1.1",
        "/ocpi/2.1.1/details",
        "/ocpi/2.1.1/credentials",
    ] {
        for method in ["GET", "POST"] {
            let response = world.send(&request(method, target, "{}")).await;
            assert_refused(&response, (404, 3002), &format_args!("{method} {target}"));
        }
    }
}

/// Holds: V-15, V-11.
#[tokio::test]
async fn every_published_url_is_served() {
    let world = World::start().await;
    let mut targets = Vec::new();
    for root in ["/ocpi", "/ocpi/cpo", "/ocpi/emsp"] {
        for target in listed(&world, root).await.into_values() {
            let details = got(&world, &target).await;
            let is_of_emsp = root == "/ocpi/emsp";
            for endpoint in details["endpoints"].as_array().expect("a list") {
                let url = path(&endpoint["url"]);
                // What a Receiver has is addressed one by one.
                let is_list = is_of_emsp && url.ends_with("/tokens");
                let is_of_receiver = !is_list && !url.ends_with("/credentials");
                let role = endpoint["role"].as_str();
                let is_receiver = role.map_or(is_of_receiver, |role| role == "RECEIVER");
                targets.push(if is_receiver {
                    format!("{url}/CH/ABC/X")
                } else {
                    url.to_owned()
                });
            }
            targets.push(target);
        }
    }
    assert_eq!(targets.len(), 36);
    for target in targets {
        let codes = world.call("GET", &target, None).await.codes();
        let tokens = if target.contains("/2.1.1/") {
            2000
        } else {
            2004
        };
        let unknown = [
            ("/tokens/", tokens),
            ("/sessions/", 2000),
            ("/locations/", 2003),
        ];
        let unknown = unknown.iter().find(|(module, _)| target.contains(module));
        let expected = unknown.map_or((200, 1000), |(_, code)| (404, *code));
        assert_eq!(codes, expected, "{target}");
    }
}
