//! `session list`, and the commands that name sessions.

use serde_json::{Value, json};

use super::{asked, done, run};
use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::push::{self, SESSIONS};
use crate::support::token::{card, question, with};

/// A session of CH/ABC that the RFID Token of that uid has at an EVSE of its own.
fn session(id: &str, uid: &str, status: &str) -> Value {
    let changes = json!({
        "country_code": "CH",
        "party_id": "ABC",
        "evse_uid": format!("E-{id}"),
        "status": status,
        // Ahead of every clock, so that it counts from its push on.
        "last_updated": "2999-01-01T00:00:00Z",
    });
    with(push::session(id, uid), &changes)
}

/// A store with the Token T, an authorization of it at E-S2, and its sessions S1, which is over,
/// and S2, which is not, and S3 of a Token that nobody knows; the reference of the authorization.
async fn charged(directory: &Directory) -> String {
    directory.write("tokens.jsonl", &card("T").to_string());
    done(directory, &["token", "import", "tokens.jsonl"]).await;
    let limit = ["--concurrent-sessions-max", "1"];
    done(
        directory,
        &[&["account", "set", "CH/ABC/T"], &limit[..]].concat(),
    )
    .await;
    let mut program = Program::start_in(directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    let mut connection = Connection::open(ocpi).await;
    let place = json!({"location_id": "LOC1", "evse_uids": ["E-S2"]});
    let ask = Request::new("POST", &question("T")).token("your-token");
    let answer = connection.send(&ask.json(&place)).await;
    assert_eq!(answer.codes(), (200, 1000), "{}", answer.message());
    for (id, uid, status) in [
        ("S1", "T", "COMPLETED"),
        ("S2", "T", "ACTIVE"),
        ("S3", "X", "ACTIVE"),
    ] {
        let target = format!("{SESSIONS}/CH/ABC/{id}");
        let put = Request::new("PUT", &target).token("your-token");
        let response = connection.send(&put.json(&session(id, uid, status))).await;
        assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    }
    assert_eq!(program.terminate().await.code, Some(0));
    let reference = answer.data()["authorization_reference"].take();
    reference.as_str().expect("a reference").to_owned()
}

/// Lines of a table without its names, each by its columns.
fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().skip(1);
    lines
        .map(|line| line.split_whitespace().collect())
        .collect()
}

/// Holds: S-10, S-20. Sessions are listed out of the store itself and through its server.
#[tokio::test]
async fn sessions_are_listed_by_what_is_asked_for() {
    let directory = Directory::new("cli-sessions");
    charged(&directory).await;
    for is_served in [false, true] {
        let _server = super::server(&directory, is_served).await;
        for (flags, expected) in [
            (&[][..], &["S3", "S2", "S1"][..]),
            (&["--active"], &["S3", "S2"]),
            (&["--token-uid", "t"], &["S2", "S1"]),
            (&["--token-uid", "T", "--active"], &["S2"]),
            (&["--platform", "nobody"], &[]),
            (&["--limit", "1"], &["S3"]),
        ] {
            let page = asked(&directory, &[&["session", "list"], flags].concat()).await;
            let items = page["items"].as_array().expect("items").iter();
            let ids: Vec<_> = items.map(|item| item["session"]["id"].clone()).collect();
            assert_eq!(ids, expected, "{flags:?}");
        }
        let first = done(&directory, &["session", "list", "--limit", "2"]).await;
        let (table, next) = first.trim_end().rsplit_once('\n').expect("lines");
        let after = next.strip_prefix("there are more: ").expect("a next");
        let shown = rows(table);
        let unknown = ["CH/ABC/S3", "CH/ABC/X", "(unknown)", "LOC1/E-S3", "ACTIVE"];
        assert_eq!(shown[0][1..6], unknown, "{table}");
        let known = ["CH/ABC/S2", "CH/ABC/T", "LOC1/E-S2", "ACTIVE"];
        assert_eq!(shown[1][1..5], known, "{table}");
        let flags: Vec<&str> = after.split(' ').collect();
        let rest = done(&directory, &[&["session", "list"], &flags[..]].concat()).await;
        let over = ["CH/ABC/S1", "CH/ABC/T", "LOC1/E-S1", "COMPLETED", "-"];
        assert_eq!(rows(&rest)[0][1..6], over, "{rest}");
    }
}

/// Holds: E-26, E-29. The commands of the operator lead from a refusal to the car that charges.
#[tokio::test]
async fn an_explanation_and_a_record_name_the_session() {
    let directory = Directory::new("cli-sessions-named");
    let reference = charged(&directory).await;
    let explain = ["explain", "CH/ABC/T", "--location", "LOC1"];
    let elsewhere = [&explain[..], &["--platform", "quickstart", "--evse", "E9"]].concat();
    let said = done(&directory, &elsewhere).await;
    assert!(said.starts_with("NOT_ALLOWED (CONCURRENT_TX)"), "{said}");
    let slot = said.lines().last().expect("a line");
    let slot: Vec<&str> = slot.split_whitespace().collect();
    let expected = [
        "session",
        "CH/ABC/S2",
        "CH/ABC/T",
        "LOC1/E-S2",
        "quickstart",
    ];
    assert_eq!(slot[..5], expected, "{said}");
    let here = [
        &explain[..],
        &["--platform", "quickstart", "--evse", "E-S2"],
    ]
    .concat();
    let said = done(&directory, &here).await;
    assert!(said.starts_with("ALLOWED"), "{said}");
    assert!(!said.contains("CH/ABC/S2"), "{said}");
    let said = done(&directory, &["authorizations", "get", &reference]).await;
    assert!(
        said.lines().any(|line| line.contains("CH/ABC/S2")),
        "{said}"
    );
    let page = asked(&directory, &["session", "list", "--active"]).await;
    assert_eq!(page["items"][1]["authorization_reference"], *reference);
}

/// Beyond the protocol: a value that a flag cannot take is named.
#[tokio::test]
async fn a_list_of_sessions_refuses_what_it_cannot_take() {
    let directory = Directory::new("cli-sessions-refused");
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    for (flags, named) in [
        (["--limit", "0"], "limit"),
        (["--after", "S1"], "after"),
        (["--token-uid", "é"], "token_uid"),
        (["--platform", "a/b"], "--platform"),
    ] {
        let ended = run(&directory, &[&["session", "list"], &flags[..]].concat()).await;
        assert_eq!(ended.code, Some(2), "{flags:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{flags:?}: {}", ended.stderr);
    }
}
