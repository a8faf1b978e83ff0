//! A store in a file: its key, its platforms, and what outlives a run.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::http::{Connection, Request, Response};
use crate::support::program::{ANYWHERE, Directory, Ended, Program};
use crate::support::token::{card, copy, question};

const KEY: &str = "secret_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n";

/// A file whose platform presents this token.
fn file(key: &str, token: &str) -> String {
    format!(
        r#"listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
store = "sqlite:store.db"
admin_token = "admin-s3cret"
{key}
[[parties]]
country_code = "CH"
party_id = "ABC"
roles = ["CPO", "EMSP"]
name = "Example"

[[platforms]]
id = "partner"
credentials_token = "{token}"
roles = [{{ role = "EMSP", country_code = "CH", party_id = "ABC" }}]
"#
    )
}

async fn send(address: std::net::SocketAddr, request: &Request) -> Response {
    Connection::open(address).await.send(request).await
}

/// A start that must be refused.
async fn refused(directory: &Directory, arguments: &[&str]) -> Ended {
    let ended = Program::start_in(directory, arguments, &[]).end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    ended
}

/// Holds: E-33. What was acknowledged is there after the next start.
#[tokio::test]
async fn a_quickstart_keeps_tokens_and_records() {
    let directory = Directory::new("durable");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    let put = Request::new("PUT", &copy("T"))
        .token("your-token")
        .json(&card("T"));
    assert_eq!(send(ocpi, &put).await.codes(), (201, 1000));
    let ask = Request::new("POST", &question("T"))
        .token("your-token")
        .body("{}");
    let answer = send(ocpi, &ask).await.data();
    assert_eq!(program.terminate().await.code, Some(0));
    let left = directory.path().join("ocpi.db-wal");
    let left = std::fs::metadata(left).map_or(0, |left| left.len());
    assert_eq!(left, 0, "a store that was closed is in one file");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    let (ocpi, admin) = program.addresses().await;
    assert_eq!(send(ocpi, &put).await.codes(), (200, 1000));
    let reference = answer["authorization_reference"].as_str();
    let target = format!("/admin/v1/authorizations/{}", reference.expect("a text"));
    let get = Request::new("GET", &target).header("Authorization", "Bearer admin");
    assert_eq!(send(admin, &get).await.json()["allowed"], "ALLOWED");
}

/// Holds: T-13. The key is its owner's, and a store without its key is not opened.
#[tokio::test]
async fn a_quickstart_keeps_its_key_beside_its_store() {
    let directory = Directory::new("key-file");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    program.addresses().await;
    program.terminate().await;
    let key_file = directory.path().join("ocpi.db-key");
    let metadata = std::fs::metadata(&key_file).expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let key = std::fs::read_to_string(&key_file).expect("it is text");
    std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o640)).expect("it can");
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    program.addresses().await;
    let stderr = program.terminate().await.stderr;
    let warning = stderr.lines().find(|line| line.contains(" WARN "));
    assert!(
        warning.is_some_and(|line| line.contains("ocpi.db-key")),
        "{stderr}"
    );
    assert!(!stderr.contains(key.trim()), "{stderr}");
    std::fs::remove_file(&key_file).expect("it is there");
    let ended = refused(&directory, &ANYWHERE).await;
    for named in ["ocpi.db ", "ocpi.db-key"] {
        assert!(ended.stderr.contains(named), "{named}: {}", ended.stderr);
    }
    assert!(!key_file.exists(), "none is made that does not fit");
    for (wrong, said) in [
        ("not a key", "32 bytes"),
        (
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "another secret key",
        ),
    ] {
        directory.write("ocpi.db-key", wrong);
        let ended = refused(&directory, &ANYWHERE).await;
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!ended.stderr.contains(wrong), "{}", ended.stderr);
    }
    directory.write("ocpi.db-key", &key);
    let mut program = Program::start_in(&directory, &ANYWHERE, &[]);
    program.addresses().await;
}

/// Holds: T-13. With a configuration file the key is the operator's to keep.
#[tokio::test]
async fn a_configured_durable_store_needs_a_key() {
    let directory = Directory::new("no-key");
    directory.write("ocpi.toml", &file("", "partner-s3cret"));
    let ended = refused(&directory, &["--config", "ocpi.toml"]).await;
    for said in ["secret_key", "OCPI_SECRET_KEY", "openssl rand -base64 32"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(!directory.path().join("store.db").exists());
}

/// Beyond the protocol: the file seeds, the store rules.
#[tokio::test]
async fn what_happened_to_a_platform_wins_over_the_file() {
    let directory = Directory::new("seeding");
    directory.write("ocpi.toml", &file(KEY, "first-s3cret"));
    let start = || Program::start_in(&directory, &["--config", "ocpi.toml"], &[]);
    let operator = |method: &str| {
        Request::new(method, "/admin/v1/platforms/partner")
            .header("Authorization", "Bearer admin-s3cret")
            .header("Content-Type", "application/json")
    };
    let versions = |token: &str| Request::new("GET", "/ocpi/versions").token(token);
    let warnings = |stderr: &str| {
        let lines = stderr.lines().filter(|line| line.contains(" WARN "));
        lines.filter(|line| line.contains("platform")).count()
    };
    let mut program = start();
    let (ocpi, _) = program.addresses().await;
    assert_eq!(
        send(ocpi, &versions("first-s3cret")).await.codes(),
        (200, 1000)
    );
    let ended = program.terminate().await;
    assert_eq!(warnings(&ended.stderr), 0, "{}", ended.stderr);
    // The same file again says nothing new.
    let mut program = start();
    let (_, admin) = program.addresses().await;
    let put = operator("PUT").json(&json!({"credentials_token": "second-s3cret"}));
    assert_eq!(send(admin, &put).await.status, 200);
    let ended = program.terminate().await;
    assert_eq!(warnings(&ended.stderr), 0, "{}", ended.stderr);
    let mut program = start();
    let (ocpi, admin) = program.addresses().await;
    assert_eq!(
        send(ocpi, &versions("first-s3cret")).await.codes(),
        (401, 2000)
    );
    assert_eq!(
        send(ocpi, &versions("second-s3cret")).await.codes(),
        (200, 1000)
    );
    assert_eq!(send(admin, &operator("DELETE")).await.status, 204);
    let ended = program.terminate().await;
    assert_eq!(warnings(&ended.stderr), 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("/admin/v1/platforms/partner"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    let mut program = start();
    let (ocpi, _) = program.addresses().await;
    for token in ["first-s3cret", "second-s3cret"] {
        assert_eq!(send(ocpi, &versions(token)).await.codes(), (401, 2000));
    }
    let ended = program.terminate().await;
    assert_eq!(warnings(&ended.stderr), 1, "{}", ended.stderr);
}
