//! `token put|block|unblock` and `account`: what the operator sets decides.

use serde_json::{Value, json};

use super::{asked, done, run};
use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Directory, Program};
use crate::support::token::question;

const PUT: [&str; 11] = [
    "token",
    "put",
    "CH/ABC/T1",
    "--contract-id",
    "C1",
    "--issuer",
    "Example",
    "--valid",
    "true",
    "--whitelist",
    "ALLOWED",
];

async fn allowed(ocpi: std::net::SocketAddr) -> Value {
    let ask = Request::new("POST", &question("T1"))
        .token("your-token")
        .body("{}");
    let response = Connection::open(ocpi).await.send(&ask).await;
    assert_eq!(response.codes(), (200, 1000), "{}", response.json());
    response.data()["allowed"].take()
}

/// Holds: E-17. A Token is blocked through the server, and by the command itself.
#[tokio::test]
async fn a_blocked_token_is_refused_until_the_block_ends() {
    let directory = Directory::new("cli-block");
    assert_eq!(done(&directory, &PUT).await, "CH/ABC/T1: created\n");
    assert_eq!(done(&directory, &PUT).await, "CH/ABC/T1: replaced\n");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    assert_eq!(allowed(ocpi).await, "ALLOWED");
    let said = done(&directory, &["token", "block", "CH/ABC/T1"]).await;
    assert!(said.starts_with("blocked"), "{said}");
    assert_eq!(allowed(ocpi).await, "BLOCKED");
    assert_eq!(program.terminate().await.code, Some(0));
    let account = asked(&directory, &["token", "unblock", "ch/abc/t1"]).await;
    assert_eq!(account["blocked"], false);
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    assert_eq!(allowed(ocpi).await, "ALLOWED");
}

/// Beyond the protocol: a misspelt Token must not seem blocked.
#[tokio::test]
async fn a_token_that_is_not_there_cannot_be_blocked() {
    let directory = Directory::new("cli-block-unknown");
    done(&directory, &PUT).await;
    for key in ["CH/ABC/T2", "NL/XYZ/T1"] {
        let ended = run(&directory, &["token", "block", key]).await;
        assert_eq!(ended.code, Some(3), "{key}: {}", ended.stderr);
    }
    let ended = run(
        &directory,
        &["token", "block", "CH/ABC/T1", "--type", "APP_USER"],
    )
    .await;
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let ended = run(&directory, &["account", "get", "CH/ABC/T2"]).await;
    assert_eq!(ended.code, Some(3), "nothing was written: {}", ended.stderr);
}

/// Beyond the protocol: what is not named stays, and what is cleared is gone.
#[tokio::test]
async fn limits_are_set_one_by_one_and_cleared() {
    let directory = Directory::new("cli-account");
    done(&directory, &PUT).await;
    let set = async |flags: &[&str]| {
        asked(
            &directory,
            &[&["account", "set", "CH/ABC/T1"], flags].concat(),
        )
        .await
    };
    set(&[
        "--credit",
        "12.50",
        "--currency",
        "EUR",
        "--expires-at",
        "2030-01-01T00:00:00Z",
    ])
    .await;
    set(&[
        "--permit",
        "NL/ALF/LOC1/E1,E2",
        "--permit",
        "NL/BET",
        "--deny",
        "NL/BET/L2",
    ])
    .await;
    let account = set(&["--credit", "-0.01", "--concurrent-sessions-max", "2"]).await;
    let place = |party: &str| json!({"country_code": "NL", "party_id": party});
    let mut evses = place("ALF");
    evses["location_id"] = json!("LOC1");
    evses["evse_uids"] = json!(["E1", "E2"]);
    let mut denied = place("BET");
    denied["location_id"] = json!("L2");
    assert_eq!(
        account,
        json!({
            "blocked": false, "expires_at": "2030-01-01T00:00:00Z",
            "credit": {"balance": "-0.01", "currency": "EUR"},
            "permitted_locations": [evses, place("BET")], "denied_locations": [denied],
            "concurrent_sessions_max": 2, "concurrency_scope": "token",
        })
    );
    let cleared = [
        "expires_at",
        "credit",
        "permitted_locations",
        "denied_locations",
    ];
    let flags: Vec<&str> = cleared.iter().flat_map(|name| ["--clear", name]).collect();
    let account = set(&flags).await;
    assert_eq!(
        account,
        json!({"blocked": false, "concurrent_sessions_max": 2, "concurrency_scope": "token"})
    );
    assert_eq!(
        asked(&directory, &["account", "get", "CH/ABC/T1"]).await,
        account
    );
    done(&directory, &["account", "delete", "CH/ABC/T1"]).await;
    let ended = run(&directory, &["account", "get", "CH/ABC/T1"]).await;
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
}
