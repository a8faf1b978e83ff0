//! What a platform lists, and what of it is used.

use serde_json::{Value, json};

use crate::credentials::stage::{Stage, THEIRS, VERSIONS};
use crate::support::peer::{ByTheBook, Reply};

/// Registers in a version with these entries as its endpoints, and gives those that are stored.
async fn endpoints_of(version: &str, entries: impl Fn(&str) -> Vec<Value>) -> Vec<String> {
    let stage = Stage::new().await;
    let url = stage.peer.url.clone();
    let details = json!({"version": version, "endpoints": entries(&url)});
    let book = ByTheBook::of(&stage.peer, THEIRS);
    stage.peer.answers(move |asked| match &*asked.target {
        "/ocpi/versions" => Reply::success(&book.list()),
        _ => Reply::success(&details),
    });
    stage.register(version).await;
    let stored = stage.stored().await;
    let connection = stored.connection.as_ref().expect("we call it");
    let served = connection.served.as_ref().expect("it was looked up");
    let mut lines: Vec<String> = served
        .endpoints
        .iter()
        .map(|it| {
            let below = it.url.as_str().strip_prefix(&url).unwrap_or_default();
            format!("{} {} {below}", it.identifier, it.role)
        })
        .collect();
    lines.sort();
    lines
}

fn tokens(url: &str) -> Value {
    json!({"identifier": "tokens", "role": "SENDER", "url": format!("{url}/t")})
}

/// Holds: V-12, V-14.
#[tokio::test]
async fn an_endpoint_that_is_unknown_or_listed_twice_is_passed_over() {
    for version in ["2.2.1", "2.3.0"] {
        let found = endpoints_of(version, |url| {
            vec![
                json!({"identifier": "tokens", "role": "BOTH", "url": format!("{url}/no")}),
                json!({"identifier": "tokens", "role": "SENDER", "url": "no url"}),
                json!(null),
                json!("tokens"),
                json!({"role": "SENDER", "url": format!("{url}/no")}),
                json!({"identifier": "tokens", "url": format!("{url}/no")}),
                tokens(url),
                json!({"identifier": "tokens", "role": "SENDER", "url": format!("{url}/second")}),
                json!({"identifier": "tokens", "role": "RECEIVER", "url": format!("{url}/r")}),
            ]
        })
        .await;
        let of_tokens: Vec<&String> = found.iter().filter(|it| it.starts_with("tokens")).collect();
        assert_eq!(
            of_tokens,
            ["tokens RECEIVER /r", "tokens SENDER /t"],
            "{version}"
        );
    }
}

/// Holds: V-08.
#[tokio::test]
async fn the_role_of_a_peers_credentials_does_not_matter() {
    for version in ["2.2.1", "2.3.0"] {
        for role in [json!("SENDER"), json!("RECEIVER"), json!(null), json!("X")] {
            let listed = role.clone();
            let found = endpoints_of(version, move |url| {
                let credentials = |path: &str| {
                    let url = format!("{url}/{path}");
                    json!({"identifier": "credentials", "role": listed, "url": url})
                };
                vec![credentials("c"), tokens(url), credentials("again")]
            })
            .await;
            let of_credentials: Vec<&String> = found
                .iter()
                .filter(|it| it.starts_with("credentials"))
                .collect();
            assert_eq!(of_credentials.len(), 1, "{version} {role}: {found:?}");
            assert!(of_credentials[0].ends_with(" /c"), "{version} {role}");
        }
    }
}

/// Holds: M-14, V-04.
#[tokio::test]
async fn the_endpoints_of_a_2_1_1_emsp_get_the_roles_of_an_emsp() {
    let found = endpoints_of("2.1.1", |url| {
        let modules = [
            "credentials",
            "tokens",
            "sessions",
            "locations",
            "cdrs",
            "tariffs",
        ];
        let all = modules.iter().chain(&["commands"]);
        all.map(|module| json!({"identifier": module, "url": format!("{url}/{module}")}))
            .collect()
    })
    .await;
    let roles: Vec<&str> = found
        .iter()
        .filter_map(|it| it.split_once(" /").map(|(line, _)| line))
        .filter(|line| !line.starts_with("credentials"))
        .collect();
    let expected = [
        "cdrs RECEIVER",
        "commands SENDER",
        "locations RECEIVER",
        "sessions RECEIVER",
        "tariffs RECEIVER",
        "tokens SENDER",
    ];
    assert_eq!(roles, expected);
}

/// Holds: V-11, T-95.
#[tokio::test]
async fn the_urls_of_a_peer_are_followed_as_they_stand() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let url = stage.peer.url.clone();
        let known = ByTheBook::of(&stage.peer, THEIRS);
        stage.peer.answers(move |asked| match &*asked.target {
            "/a/strange//place/?tenant=7" => Reply::success(&json!([
                {"version": "2.1.1", "url": format!("{url}/v/1?tenant=7")},
                {"version": "2.2.1", "url": format!("{url}/v/2/")},
                {"version": "2.3.0", "url": format!("{url}/v/3")},
            ])),
            "/v/1?tenant=7" => Reply::success(&known.details("2.1.1")),
            "/v/2/" => Reply::success(&known.details("2.2.1")),
            "/v/3" => Reply::success(&known.details("2.3.0")),
            _ => Reply::refused(404, 2000, "guessed"),
        });
        let url = format!("{}/a/strange//place/?tenant=7", stage.peer.url);
        let body = stage.credentials(version, &json!({"url": url}));
        let taken = stage
            .send("POST", version, &stage.bootstrap, Some(&body))
            .await;
        assert_eq!(taken.codes(), (200, 1000), "{version}: {}", taken.message());
        let stored = stage.stored().await;
        let connection = stored.connection.as_ref().expect("we call it");
        assert_eq!(connection.versions_url.as_str(), url);
    }
}
