//! `backup` and `restore`.

use serde_json::json;

use super::{asked, done, run, server};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::token::card;

/// Beyond the protocol: a backup of a server that works holds what it had then.
#[tokio::test]
async fn a_restored_store_is_what_it_was_at_the_backup() {
    for is_served in [true, false] {
        let directory = Directory::new(&format!("cli-backup-{is_served}"));
        for uid in ["BEFORE", "AFTER"] {
            directory.write(&format!("{uid}.jsonl"), &card(uid).to_string());
        }
        done(&directory, &["token", "import", "BEFORE.jsonl"]).await;
        let program = server(&directory, is_served).await;
        let backup = asked(&directory, &["backup", "copy.db"]).await;
        let size = std::fs::metadata(directory.path().join("copy.db"))
            .expect("it is there")
            .len();
        assert_eq!(backup["bytes"], size);
        let again = run(&directory, &["backup", "copy.db"]).await;
        assert_eq!(again.code, Some(1), "no file is replaced: {}", again.stderr);
        done(&directory, &["token", "import", "AFTER.jsonl"]).await;
        if let Some(program) = program {
            let held = run(&directory, &["restore", "copy.db"]).await;
            assert_eq!(held.code, Some(6), "{}", held.stderr);
            assert!(held.stderr.contains("ocpi.db"), "{}", held.stderr);
            program.terminate().await;
        }
        let said = done(&directory, &["restore", "copy.db"]).await;
        assert!(said.contains("secret key"), "{said}");
        done(&directory, &["token", "get", "CH/ABC/BEFORE"]).await;
        let ended = run(&directory, &["token", "get", "CH/ABC/AFTER"]).await;
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    }
}

/// Beyond the protocol: what is no backup replaces nothing.
#[tokio::test]
async fn a_file_that_is_no_backup_is_refused() {
    let directory = Directory::new("cli-restore-refused");
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    directory.write("other.db", &"no database".repeat(1000));
    for file in ["other.db", "nowhere.db"] {
        let ended = run(&directory, &["restore", file]).await;
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(file), "{}", ended.stderr);
        assert!(
            !ended.stderr.contains("restore FILE"),
            "that is what failed: {}",
            ended.stderr
        );
    }
    done(&directory, &["token", "get", "CH/ABC/T"]).await;
}

/// Beyond the protocol: one store, one server.
#[tokio::test]
async fn a_second_server_on_the_same_store_refuses_to_start() {
    let directory = Directory::new("cli-second");
    let mut first = Program::start_in(&directory, &ANYWHERE, &[]);
    let (_, admin) = first.addresses().await;
    let second = run(&directory, &ANYWHERE).await;
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    assert!(second.stderr.contains("ocpi.db"), "{}", second.stderr);
    assert!(
        second.stderr.contains(&admin.to_string()),
        "{}",
        second.stderr
    );
    assert_eq!(second.stdout, "", "it greets nobody");
    let report = asked(&directory, &["audit", "verify"]).await;
    assert_eq!(report["fault"], json!(null), "the first one works on");
}
