//! How commands end that cannot do what they are told.

use serde_json::Value;
use tokio::net::TcpListener;

use super::{done, run};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::token::card;

/// Beyond the protocol: a script can tell by the exit code what went wrong.
#[tokio::test]
async fn each_kind_of_failure_has_its_code() {
    let directory = Directory::new("cli-exits");
    directory.write("tokens.jsonl", &card("T").to_string());
    let none = run(&directory, &["token", "get", "CH/ABC/T"]).await;
    assert_eq!(none.code, Some(6), "{}", none.stderr);
    assert!(
        none.stderr.contains("there is no store at ocpi.db"),
        "{}",
        none.stderr
    );
    assert!(
        !directory.path().join("ocpi.db").exists(),
        "and none was made"
    );
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    for (arguments, code) in [
        (&["token", "get", "CH/ABC/NOBODY"][..], 3),
        (&["authorizations", "get", "NOBODY"], 3),
        (&["token", "get", "CH-ABC-T"], 2),
        (&["token", "get", "CH/ABC/"], 2),
        (&["token"], 2),
        (&["token", "sell", "CH/ABC/T"], 2),
        (&["account", "set", "CH/ABC/T"], 2),
        (&["account", "set", "CH/ABC/T", "--credit", "much"], 2),
        (&["token", "put", "CH/ABC/T", "--valid", "maybe"], 2),
        (&["token", "put", "CH/ABC/T", "--valid", "true"], 2),
        (&["authorizations", "list", "--limit", "0"], 2),
        (&["authorizations", "list", "--after", "junk"], 2),
        (&["backup", "nowhere/copy.db"], 1),
        (&["explain", "CH/ABC/T", "--platform", "nobody"], 3),
        (&["token", "get", "CH/ABC/T", "--store", "redis:x"], 1),
        (&["token", "get", "CH/ABC/T", "--config", "nowhere.toml"], 1),
        (&["token", "get", "CH/ABC/T", "--admin-url", "ftp://x"], 1),
        (&["token", "get", "CH/ABC/T"], 0),
    ] {
        let ended = run(&directory, arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert_eq!(
            ended.stderr.is_empty(),
            code == 0,
            "{arguments:?}: {}",
            ended.stderr
        );
    }
}

/// Beyond the protocol: with `--json` a failure is a problem document.
#[tokio::test]
async fn a_failure_is_json_when_the_answer_would_be() {
    let directory = Directory::new("cli-problems");
    directory.write("tokens.jsonl", &card("T").to_string());
    done(&directory, &["token", "import", "tokens.jsonl"]).await;
    for (arguments, status) in [
        (&["token", "get", "CH/ABC/NOBODY", "--json"][..], Some(404)),
        (
            &[
                "token",
                "get",
                "CH/ABC/T",
                "--store",
                "sqlite:nowhere.db",
                "--json",
            ],
            None,
        ),
    ] {
        let ended = run(&directory, arguments).await;
        assert_eq!(ended.stdout, "");
        let problem: Value = serde_json::from_str(&ended.stderr)
            .unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
        assert_eq!(problem["status"].as_u64(), status, "{problem}");
        for name in ["title", "detail"] {
            assert!(
                problem[name].as_str().is_some_and(|text| !text.is_empty()),
                "{problem}"
            );
        }
    }
}

/// Beyond the protocol: a server that is not there, and one that does not know the operator.
#[tokio::test]
async fn a_server_that_cannot_be_spoken_to_is_named() {
    let directory = Directory::new("cli-unreachable");
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let nobody = free.local_addr().expect("it is bound");
    drop(free);
    let url = format!("http://{nobody}");
    let arguments = ["token", "get", "CH/ABC/T", "--admin-url", &url];
    let ended = run(&directory, &arguments).await;
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&nobody.to_string()),
        "{}",
        ended.stderr
    );
    // A store in memory is nowhere but in its server.
    let config = format!(
        "store = \"memory:\"\nadmin_listen = \"{nobody}\"\nadmin_token = \"x\"\n[[parties]]\n\
         country_code = \"CH\"\nparty_id = \"ABC\"\nroles = [\"EMSP\"]\nname = \"E\"\n"
    );
    directory.write("memory.toml", &config);
    for command in [&["token", "get", "CH/ABC/T"][..], &["audit", "verify"]] {
        let arguments = [command, &["--config", "memory.toml"]].concat();
        let ended = run(&directory, &arguments).await;
        assert_eq!(ended.code, Some(6), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&nobody.to_string()),
            "{}",
            ended.stderr
        );
    }
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    // Another server answers, and what it says of the path is not what was asked.
    let url = format!("http://{ocpi}");
    let arguments = ["token", "get", "CH/ABC/T", "--admin-url", &url];
    let ended = run(&directory, &arguments).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("admin_listen"), "{}", ended.stderr);
    let wrong = [("OCPI_ADMIN_TOKEN", "wrong-s3cret")];
    let ended = Program::start_in(&directory, &["token", "get", "CH/ABC/T"], &wrong)
        .end()
        .await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("OCPI_ADMIN_TOKEN"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    drop(program);
}
