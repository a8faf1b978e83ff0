//! `audit verify` and `explain`.

use serde_json::json;

use super::{asked, done, run, server};
use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::token::{card, question};

/// Holds: E-33. The head that the log showed is in the chain; one that never was is a fault.
#[tokio::test]
async fn an_audit_says_by_its_exit_whether_the_records_are_whole() {
    let directory = Directory::new("cli-audit");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    for _ in 0..3 {
        let ask = Request::new("POST", &question("T"))
            .token("your-token")
            .body("{}");
        Connection::open(ocpi).await.send(&ask).await;
    }
    let report = asked(&directory, &["audit", "verify"]).await;
    assert_eq!(
        (&report["records"], &report["fault"]),
        (&json!(3), &json!(null))
    );
    let stderr = program.terminate().await.stderr;
    let heads: Vec<&str> = stderr
        .lines()
        .filter(|line| line.contains("ocpi::audit"))
        .collect();
    assert_eq!(heads.len(), 2, "at the start and at the stop: {stderr}");
    let (_, link) = heads[1].split_once("link=").expect("it is there");
    let link = link.split_whitespace().next().expect("it is there");
    assert_eq!(json!(link), report["head"]["link"]);
    assert!(heads[1].contains("number=3"), "{}", heads[1]);
    let report = asked(&directory, &["audit", "verify", "--head", link]).await;
    assert_eq!(report["records"], 3);
    let another = "0f".repeat(32);
    let ended = run(&directory, &["audit", "verify", "--head", &another]).await;
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stdout.contains(&another), "{}", ended.stdout);
    let ended = run(&directory, &["audit", "verify", "--head", "x"]).await;
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

/// Holds: E-17. The trail of the rules, read and for a machine, and no record of it.
#[tokio::test]
async fn an_explanation_shows_the_rule_that_decides_and_writes_nothing() {
    for is_served in [false, true] {
        let directory = Directory::new(&format!("cli-explain-{is_served}"));
        directory.write("tokens.jsonl", &card("T").to_string());
        done(&directory, &["token", "import", "tokens.jsonl"]).await;
        let program = server(&directory, is_served).await;
        done(
            &directory,
            &["account", "set", "CH/ABC/T", "--deny", "NL/ALF/LOC1"],
        )
        .await;
        let place = ["--cpo", "NL/ALF", "--location", "LOC1", "--evse", "E1,E2"];
        let asks = [&["explain", "CH/ABC/T"][..], &place].concat();
        let answer = asked(&directory, &asks).await;
        assert_eq!(answer["allowed"], "NOT_ALLOWED", "{answer}");
        let shown = done(&directory, &asks).await;
        let rule = answer["rule"].as_str().expect("a text");
        assert!(
            shown.starts_with("NOT_ALLOWED (BLOCKED), by the rule "),
            "{shown}"
        );
        let outcomes = shown.lines().map(|line| line.split_whitespace().nth(1));
        let decided = outcomes.filter(|it| *it == Some("decided")).count();
        assert_eq!(decided, 1, "{shown}");
        let trail = answer["trail"].as_array().expect("a list");
        assert_eq!(shown.lines().count(), trail.len() + 3, "{shown}");
        assert!(shown.lines().any(|line| line.starts_with(rule)), "{shown}");
        let elsewhere = asked(&directory, &["explain", "CH/ABC/T", "--location", "LOC2"]).await;
        assert_eq!(elsewhere["allowed"], "ALLOWED", "{elsewhere}");
        let nowhere = done(&directory, &["explain", "CH/ABC/T"]).await;
        let undecided = "no decision but an OCPI error, by the rule location_missing";
        assert!(nowhere.starts_with(undecided), "{nowhere}");
        let records = asked(&directory, &["authorizations", "list"]).await;
        assert_eq!(records["items"], json!([]));
        drop(program);
    }
}
