//! `token import`: what becomes of each line.

use serde_json::json;

use super::{asked, csv, done, run, server};
use crate::support::program::Directory;
use crate::support::token::{card, with};

const NAMES: &str = "uid,contract_id,issuer,valid,whitelist,visual_number";

/// Beyond the protocol: a bad line says its number, column and reason, and the rest is imported.
#[tokio::test]
async fn bad_lines_are_reported_and_the_rest_is_imported() {
    for is_served in [false, true] {
        let directory = Directory::new(&format!("import-csv-{is_served}"));
        let lines = [
            NAMES,
            "GOOD1,C1,Example,true,ALLOWED,1",
            "BAD1,C2,Example,maybe,ALLOWED,2",
            "BAD2,C3,Example,true,SOMETIMES,3",
            "",
            "BAD3,C4,Example,true",
            "BAD4,C5,\"Example,true,ALLOWED,5",
            "GOOD2,C6,\"Example, Inc\",FALSE,NEVER,",
            "BAD5,,Example,true,ALLOWED,7",
        ];
        directory.write("tokens.csv", &lines.join("\n"));
        let program = server(&directory, is_served).await;
        let ended = run(&directory, &["token", "import", "tokens.csv", "--json"]).await;
        assert_eq!(ended.code, Some(4), "{}", ended.stderr);
        let summary: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        for (name, value) in [
            ("complete", json!(true)),
            ("lines", json!(9)),
            ("created", json!(2)),
            ("updated", json!(0)),
            ("unchanged", json!(0)),
            ("rejected", json!(5)),
            ("rejects", json!("tokens.csv.rejects")),
        ] {
            assert_eq!(summary[name], value, "{name}: {summary}");
        }
        let rejects = std::fs::read_to_string(directory.path().join("tokens.csv.rejects"));
        let rejects = rejects.expect("it is there");
        let starts = [
            "line,column,reason,text",
            "3,valid,must be true or false,\"BAD1,",
            "4,whitelist,",
            "6,,\"has 4 cells, the first line has 6\",\"BAD3,",
            "7,,a quotation mark is not closed on its line,\"BAD4,",
            "9,contract_id,",
        ];
        assert_eq!(rejects.lines().count(), starts.len(), "{rejects}");
        for (line, start) in rejects.lines().zip(starts) {
            assert!(line.starts_with(start), "{start}: {line}");
        }
        let token = asked(&directory, &["token", "get", "CH/ABC/GOOD2"]).await;
        assert_eq!(
            (&token["issuer"], &token["valid"], &token["type"]),
            (&json!("Example, Inc"), &json!(false), &json!("RFID"))
        );
        assert_eq!(
            token.get("visual_number"),
            None,
            "an empty cell is no field"
        );
        let missing = run(&directory, &["token", "get", "CH/ABC/BAD1"]).await;
        assert_eq!(missing.code, Some(3), "{}", missing.stderr);
        assert!(!directory.path().join("tokens.csv.import-state").exists());
        if let Some(program) = program {
            assert_eq!(program.terminate().await.code, Some(0));
        }
    }
}

/// Beyond the protocol: an import may be repeated.
#[tokio::test]
async fn what_is_imported_again_is_unchanged_and_what_differs_is_updated() {
    let directory = Directory::new("import-again");
    let card = |uid: &str, changes| with(card(uid), &changes).to_string();
    let first = [card("A", json!({})), card("B", json!({"x_custom": [1]}))];
    directory.write("first.jsonl", &first.join("\n"));
    let newer = json!({"issuer": "Other", "last_updated": "2026-02-01T00:00:00Z"});
    let second = [
        card("B", json!({"x_custom": [1]})),
        card("A", newer),
        card("C", json!({})),
    ];
    directory.write("second.jsonl", &second.join("\n"));
    for (file, counts) in [
        ("first.jsonl", (2, 0, 0)),
        ("first.jsonl", (0, 0, 2)),
        ("second.jsonl", (1, 1, 1)),
    ] {
        let summary = asked(&directory, &["token", "import", file]).await;
        let count = |name: &str| summary[name].as_u64().expect("a number");
        let found = (count("created"), count("updated"), count("unchanged"));
        assert_eq!((found, count("rejected")), (counts, 0), "{file}");
    }
    let said = done(&directory, &["token", "import", "second.jsonl"]).await;
    assert!(
        said.contains("3 tokens: 0 created, 0 updated, 3 unchanged"),
        "{said}"
    );
}

/// Beyond the protocol: every bad line is in the file of rejects, however many they are.
#[tokio::test]
async fn more_bad_lines_than_an_answer_names_are_all_reported() {
    let directory = Directory::new("import-rejects");
    let good = [1200, 2503];
    let lines: Vec<String> = (1..=2504)
        .map(|number| {
            let uid = format!("T{number}");
            if good.contains(&number) {
                card(&uid).to_string()
            } else {
                with(card(&uid), &json!({"valid": "yes"})).to_string()
            }
        })
        .collect();
    directory.write("tokens.jsonl", &lines.join("\n"));
    let arguments = ["token", "import", "tokens.jsonl", "--rejects", "bad.csv"];
    let ended = run(&directory, &arguments).await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stdout.contains("2 created"), "{}", ended.stdout);
    assert!(ended.stdout.contains("2,502 rejected"), "{}", ended.stdout);
    assert!(ended.stdout.contains("bad.csv"), "{}", ended.stdout);
    let rejects = std::fs::read_to_string(directory.path().join("bad.csv")).expect("it is there");
    let numbers: Vec<u64> = rejects
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .next()
                .expect("a cell")
                .parse()
                .expect("a number")
        })
        .collect();
    let expected: Vec<u64> = (1..=2504).filter(|number| !good.contains(number)).collect();
    assert_eq!(numbers, expected);
    assert!(
        rejects.lines().skip(1).all(|line| line.contains(",valid,")),
        "{rejects}"
    );
}

/// Beyond the protocol: of what cannot be read as a whole, nothing is imported.
#[tokio::test]
async fn a_file_that_is_not_what_it_should_be_is_refused() {
    let directory = Directory::new("import-refused");
    directory.write(
        "columns.csv",
        "uid,contract_id,issuer,valid,whitelist,colour\n",
    );
    directory.write("missing.csv", "uid,issuer,valid,whitelist\n");
    directory.write("empty.csv", "");
    directory.write("tokens.txt", &csv(&["T"]));
    for (file, code, said) in [
        ("columns.csv", 1, "`colour`"),
        ("missing.csv", 1, "contract_id"),
        ("empty.csv", 1, "empty"),
        ("tokens.txt", 2, "--format"),
        ("nowhere.csv", 1, "nowhere.csv"),
    ] {
        let ended = run(&directory, &["token", "import", file]).await;
        assert_eq!(ended.code, Some(code), "{file}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{file}: {}", ended.stderr);
        assert!(
            ended.stderr.starts_with("ocpi-server: "),
            "{file}: {}",
            ended.stderr
        );
    }
    done(
        &directory,
        &["token", "import", "tokens.txt", "--format", "csv"],
    )
    .await;
}

/// Beyond the protocol: rejects replace rejects and nothing else.
#[tokio::test]
async fn rejects_never_replace_the_file_that_is_imported() {
    let directory = Directory::new("import-same");
    let lines = csv(&["T"]);
    directory.write("tokens.csv", &lines);
    let arguments = ["token", "import", "tokens.csv", "--rejects", "tokens.csv"];
    let ended = run(&directory, &arguments).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("--rejects"), "{}", ended.stderr);
    let left = std::fs::read_to_string(directory.path().join("tokens.csv")).expect("it is there");
    assert_eq!(left, lines);
}
