//! `sync`: how far it is, and more at once.

use serde_json::{Value, json};

use crate::support::configured::Configured;
use crate::support::peer::{Asked, Peer, Reply};
use crate::support::token::{card, with};

/// A server that pulls from an eMSP and pushes to a CPO, both of which that peer is.
fn configured(name: &str, peer: &Peer) -> Configured {
    let url = peer.versions_url();
    let platform = |id: &str, role: &str| {
        format!(
            "[[platforms]]\nid = \"{id}\"\ncredentials_token = \"{id}.token\"\n\
             versions_url = \"{url}\"\noutbound_token = \"our.token\"\n\
             roles = [{{ role = \"{role}\", country_code = \"DE\", party_id = \"TNM\" }}]\n"
        )
    };
    let more = format!("{}\n{}", platform("emsp", "EMSP"), platform("cpo", "CPO"));
    Configured::plain(name, "ABC", &more)
}

/// A platform with two Tokens, one of which cannot be read when `is_bad`.
fn answers(url: &str, asked: &Asked, is_bad: bool) -> Reply {
    let token = |uid: &str, changes: &Value| {
        let owner = json!({"country_code": "DE", "party_id": "TNM"});
        with(with(card(uid), &owner), changes)
    };
    let second = if is_bad {
        json!({"whitelist": "SOMETIMES"})
    } else {
        json!({})
    };
    let path = asked.target.split('?').next().unwrap_or_default();
    match (asked.method.as_str(), path) {
        ("GET", "/ocpi/versions") => {
            let url = format!("{url}/ocpi/2.3.0");
            Reply::success(&json!([{"version": "2.3.0", "url": url}]))
        }
        ("GET", "/ocpi/2.3.0") => {
            let of = |role: &str| {
                let url = format!("{url}/{role}");
                json!({"identifier": "tokens", "role": role, "url": url})
            };
            let endpoints = [of("SENDER"), of("RECEIVER")];
            Reply::success(&json!({"version": "2.3.0", "endpoints": endpoints}))
        }
        ("GET", "/SENDER") if !asked.target.contains("date_from") => {
            Reply::success(&json!([token("ONE", &json!({})), token("TWO", &second)]))
        }
        ("GET", "/SENDER") => Reply::success(&json!([])),
        ("PUT", _) => Reply::refused(201, 1000, "Success"),
        _ => Reply::refused(404, 2000, "nothing"),
    }
}

async fn started(name: &str, is_bad: bool) -> (Peer, Configured) {
    let peer = Peer::start().await;
    let url = peer.url.clone();
    peer.answers(move |asked| answers(&url, asked, is_bad));
    let configured = configured(name, &peer);
    (peer, configured)
}

/// What the command shows of the platform.
fn shown<'a>(status: &'a Value, platform: &str) -> &'a Value {
    let items = status["items"].as_array().expect("items");
    let found = items.iter().find(|item| item["platform"] == platform);
    found.unwrap_or_else(|| panic!("no {platform}: {status}"))
}

/// Holds: E-40, P-15, P-18. The operator asks for more at once and waits until it is done, through a
/// server that runs, and without one.
#[tokio::test]
async fn what_is_asked_for_is_waited_for_with_and_without_a_server() {
    for is_served in [true, false] {
        let name = format!("cli-sync-{is_served}");
        let (peer, configured) = started(&name, false).await;
        let line = format!("{}\n", with(card("OURS"), &json!({"last_updated": null})));
        configured.directory.write("tokens.jsonl", &line);
        configured.done(&["token", "import", "tokens.jsonl"]).await;
        // The platforms of its file are known from its first start on.
        let program = configured.serve().await;
        let _program = if is_served {
            Some(program)
        } else {
            assert_eq!(program.terminate().await.code, Some(0));
            None
        };
        configured
            .done(&["sync", "pull", "--platform", "emsp"])
            .await;
        configured
            .done(&["sync", "push", "--platform", "cpo"])
            .await;
        let status = configured.asked(&["sync", "status"]).await;
        let pull = &shown(&status, "emsp")["pull"];
        assert!(pull["all_pulled_at"].is_string(), "{status}");
        let push = &shown(&status, "cpo")["push"];
        assert_eq!(push["pending"], 0, "{status}");
        let puts: Vec<Asked> = peer.asked();
        let puts = puts.iter().filter(|asked| asked.method == "PUT");
        assert!(puts.count() >= 1, "the Token is there");
    }
}

/// Holds: P-17. What was left out is told by the exit code.
#[tokio::test]
async fn objects_that_were_left_out_are_an_exit_of_their_own() {
    let (_peer, configured) = started("cli-sync-bad", true).await;
    let _program = configured.serve().await;
    let pull = ["sync", "pull", "--platform", "emsp", "--everything"];
    let ended = configured.run(&pull).await;
    assert_eq!(ended.code, Some(4), "{} {}", ended.stdout, ended.stderr);
}

/// Holds: T-55. A platform that fails is an error, with its words.
#[tokio::test]
async fn a_platform_that_fails_is_an_error_of_the_command() {
    let (peer, configured) = started("cli-sync-failing", false).await;
    peer.answers(|_| Reply::refused(503, 3000, "closed for lunch"));
    let _program = configured.serve().await;
    let ended = configured
        .run(&["sync", "pull", "--platform", "emsp"])
        .await;
    assert_eq!(ended.code, Some(1), "{} {}", ended.stdout, ended.stderr);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("closed for lunch"), "{said}");
    let unknown = configured
        .run(&["sync", "pull", "--platform", "nobody"])
        .await;
    assert_eq!(unknown.code, Some(3), "{}", unknown.stderr);
}
