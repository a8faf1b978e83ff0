//! `token export` and `authorizations export`.

use serde_json::{Value, json};

use super::{asked, done, run, server};
use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::token::{card, question, with};

fn read(directory: &Directory, name: &str) -> String {
    std::fs::read_to_string(directory.path().join(name)).expect("it is there")
}

/// Beyond the protocol: an export loses nothing, and an import of it brings all of it back.
#[tokio::test]
async fn what_is_exported_comes_back_whole_in_either_format() {
    let tokens = [
        card("PLAIN"),
        with(
            card("FULL"),
            &json!({
                "visual_number": "DF000-2001-8999-1", "group_id": "G, \"1\"", "language": "de",
                "default_profile_type": "GREEN",
                "energy_contract": {"supplier_name": "Ünï", "contract_id": "E1"},
            }),
        ),
        with(
            card("CUSTOM"),
            &json!({"x_custom": {"a": [1, 2.50, null]}, "auth_method": "WHITELIST"}),
        ),
        with(card("EMPTY"), &json!({"visual_number": "", "issuer": ""})),
        with(
            card("APP"),
            &json!({"type": "APP_USER", "valid": false, "whitelist": "NEVER"}),
        ),
    ];
    let lines: Vec<String> = tokens.iter().map(Value::to_string).collect();
    let first = Directory::new("export-first");
    first.write("tokens.jsonl", &lines.join("\n"));
    done(&first, &["token", "import", "tokens.jsonl"]).await;
    for is_served in [false, true] {
        let program = server(&first, is_served).await;
        done(&first, &["token", "export", "all.csv"]).await;
        done(&first, &["token", "export", "all.jsonl"]).await;
        let to_stdout = done(&first, &["token", "export"]).await;
        assert_eq!(to_stdout, read(&first, "all.jsonl"));
        assert_eq!(
            done(&first, &["token", "export", "-", "--format", "csv"]).await,
            read(&first, "all.csv")
        );
        for name in ["all.csv", "all.jsonl"] {
            let second = Directory::new(&format!("export-second-{name}-{is_served}"));
            second.write(name, &read(&first, name));
            done(&second, &["token", "import", name]).await;
            assert_eq!(
                done(&second, &["token", "export"]).await,
                to_stdout,
                "{name}"
            );
        }
        drop(program);
    }
    let of_nobody = done(&first, &["token", "export", "--party", "NL/XYZ"]).await;
    assert_eq!(of_nobody, "");
    let of_all = done(&first, &["token", "export", "--party", "ch/abc"]).await;
    assert_eq!(of_all, read(&first, "all.jsonl"));
}

/// Beyond the protocol: a file appears when it is complete, or not at all.
#[tokio::test]
async fn an_export_that_fails_leaves_no_file_behind() {
    let directory = Directory::new("export-fails");
    let ended = run(&directory, &["token", "export", "all.csv"]).await;
    assert_eq!(ended.code, Some(6), "there is no store: {}", ended.stderr);
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    let ended = run(&directory, &["token", "export", "nowhere/all.csv"]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("nowhere/all.csv"), "{}", ended.stderr);
    let left = std::fs::read_dir(directory.path()).expect("it is there");
    let names = left.map(|entry| entry.expect("an entry").file_name());
    let names: Vec<_> = names
        .filter(|name| name.to_string_lossy().starts_with("all"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

/// Beyond the protocol: what is no file stays what it is, and a link leads where it led.
#[tokio::test]
async fn an_export_replaces_only_files() {
    let directory = Directory::new("export-replaces");
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    let all = done(&directory, &["token", "export"]).await;
    directory.write("old.jsonl", "old");
    let link = directory.path().join("link.jsonl");
    std::os::unix::fs::symlink("old.jsonl", &link).expect("a link");
    done(&directory, &["token", "export", "link.jsonl"]).await;
    assert!(link.is_symlink());
    assert_eq!(read(&directory, "old.jsonl"), all);
    let socket = directory.path().join("socket.jsonl");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    std::fs::create_dir(directory.path().join("folder.jsonl")).expect("a folder");
    for name in ["socket.jsonl", "folder.jsonl"] {
        let ended = run(&directory, &["token", "export", name]).await;
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
    assert!(
        !std::fs::symlink_metadata(&socket)
            .expect("it is there")
            .is_file()
    );
    drop(listener);
}

/// Holds: E-33. Every record is in an export, refused ones too.
#[tokio::test]
async fn records_are_listed_and_exported_as_they_are() {
    let directory = Directory::new("export-records");
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    for uid in ["T", "UNKNOWN", "T"] {
        let ask = Request::new("POST", &question(uid))
            .token("your-token")
            .body("{}");
        Connection::open(ocpi).await.send(&ask).await;
    }
    for is_served in [true, false] {
        if !is_served {
            program.signal("TERM").await;
            program.logs("stopped").await;
        }
        let page = asked(&directory, &["authorizations", "list"]).await;
        let records = page["items"].as_array().expect("a list").clone();
        let uids: Vec<&str> = records
            .iter()
            .filter_map(|it| it["token_uid"].as_str())
            .collect();
        assert_eq!(uids, ["T", "UNKNOWN", "T"], "the newest first");
        let lines = done(&directory, &["authorizations", "export"]).await;
        let exported: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(exported, records);
        let allowed = [
            "authorizations",
            "export",
            "--format",
            "csv",
            "--allowed",
            "ALLOWED",
        ];
        let csv = done(&directory, &allowed).await;
        assert_eq!(csv.lines().count(), 3, "{csv}");
        assert!(csv.starts_with("reference,at,platform,"), "{csv}");
        let reference = records[1]["reference"].as_str().expect("a text");
        let one = asked(&directory, &["authorizations", "get", reference]).await;
        let alone = with(records[1].clone(), &json!({"sessions": []}));
        assert_eq!(one, alone, "no session followed");
        let shown = done(
            &directory,
            &["authorizations", "list", "--token-uid", "unknown"],
        )
        .await;
        assert_eq!(shown.lines().count(), 2, "{shown}");
        assert!(shown.contains(reference), "{shown}");
        let paged = done(&directory, &["authorizations", "list", "--limit", "2"]).await;
        let (_, after) = paged.split_once("--after ").expect("there are more");
        let rest = ["authorizations", "list", "--after", after.trim()];
        assert_eq!(asked(&directory, &rest).await["items"], json!([records[2]]));
    }
}
