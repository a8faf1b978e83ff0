//! Started with nothing: the tutorial's calls, by the tutorial's means.

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::http::{Connection, Request};
use crate::support::program::{ANYWHERE, Directory, Program};

/// The tutorial's `token_data` as JSON.
const TOKEN_JSON: &str = r#"{
    "country_code": "CH",
    "party_id": "ABC",
    "uid": "TOKEN123",
    "type": "RFID",
    "auth_method": "AUTH_REQUEST",
    "issuer": "ChargePoint Inc",
    "valid": true,
    "whitelist": "ALWAYS",
    "language": "en",
    "last_updated": "2024-01-01T00:00:00Z"
}"#;

/// The tutorial's three calls, letter for letter.
const AUTHORIZE: &str = r#"curl -X POST 'http://127.0.0.1:8000/ocpi/emsp/2.3.0/tokens/CH/ABC/TOKEN123/authorize' \
  -H 'Authorization: Token your-token' \
  -H 'Content-Type: application/json' \
  -d '{
    "location_id": "LOC001",
    "evse_uids": ["EVSE001"]
  }'"#;
const GET: &str = r"curl 'http://127.0.0.1:8000/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123' \
  -H 'Authorization: Token your-token'";
const PUT: &str = r"curl -X PUT 'http://127.0.0.1:8000/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123' \
  -H 'Authorization: Token your-token' \
  -H 'Content-Type: application/json' \
  -d @token.json";

/// What the real `curl` is told beside a command: be quiet, and say the status at the end.
const CURLRC: &str = "silent\nshow-error\nnoproxy = \"*\"\nwrite-out = \"\\n%{http_code}\"\n";

/// Runs a command in a real shell and gives the status and the body that `curl` received.
async fn shell(command: &str, directory: &Directory) -> (u16, Value) {
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(directory.path())
        .env("CURL_HOME", directory.path())
        .output()
        .await
        .expect("a shell runs");
    let (said, wrong) = (
        String::from_utf8(output.stdout),
        String::from_utf8(output.stderr),
    );
    let (said, wrong) = (said.expect("text"), wrong.expect("text"));
    assert!(output.status.success(), "{command}: {wrong}");
    let (body, status) = said
        .rsplit_once('\n')
        .expect("the status is on the last line");
    let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    (status.parse().expect("a status"), body)
}

/// Holds: X-02, X-03, X-05, X-08, X-10, X-11, T-25.
#[tokio::test]
async fn the_tutorials_calls_work_verbatim_by_curl_in_a_shell() {
    let directory = Directory::new("tutorial");
    directory.write("token.json", TOKEN_JSON);
    directory.write(".curlrc", CURLRC);
    let mut program = Program::start(&ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    let here = |command: &str| command.replace("127.0.0.1:8000", &ocpi.to_string());
    let (status, missing) = shell(&here(GET), &directory).await;
    assert_eq!(
        (status, &missing["status_code"]),
        (404, &json!(2004)),
        "nothing is stored yet"
    );
    for expected in [201, 200] {
        let (status, body) = shell(&here(PUT), &directory).await;
        assert_eq!(
            (status, &body["status_code"]),
            (expected, &json!(1000)),
            "{body}"
        );
        assert_eq!(body.get("data"), None);
    }
    let (status, body) = shell(&here(GET), &directory).await;
    assert_eq!(
        (status, &body["status_code"]),
        (200, &json!(1000)),
        "{body}"
    );
    let sent: Value = serde_json::from_str(TOKEN_JSON).expect("JSON");
    for (name, value) in sent.as_object().expect("an object") {
        assert_eq!(&body["data"][name], value, "{name}");
    }
    let mut references = Vec::new();
    for _ in 0..3 {
        let (status, body) = shell(&here(AUTHORIZE), &directory).await;
        assert_eq!(
            (status, &body["status_code"]),
            (200, &json!(1000)),
            "{body}"
        );
        let data = &body["data"];
        assert_eq!(data["allowed"], "ALLOWED");
        assert_eq!(data["status"], "ACCEPTED");
        assert_eq!(
            data["location"],
            json!({"location_id": "LOC001", "evse_uids": ["EVSE001"]})
        );
        let reference = data["authorization_reference"]
            .as_str()
            .expect("a reference");
        assert!(
            (1..=36).contains(&reference.len()) && reference.is_ascii(),
            "{reference}"
        );
        assert!(
            !references.contains(&reference.to_owned()),
            "each is fresh: {references:?}"
        );
        references.push(reference.to_owned());
    }
}

/// Holds: X-02, X-08, X-20. The quickstart says what it did, and the calls to try.
#[tokio::test]
async fn the_quickstart_greets_with_calls_that_work() {
    let directory = Directory::new("greeting");
    directory.write(".curlrc", CURLRC);
    let mut program = Program::start(&ANYWHERE, &[]);
    let (ocpi, admin) = program.addresses().await;
    let greeting = program.tells("--config").await;
    for said in [
        "quickstart".to_owned(),
        "CH/ABC".to_owned(),
        "your-token".to_owned(),
        format!("http://{ocpi}/ocpi/versions"),
        format!("http://{admin}/health/ready"),
        "ocpi.db-key".to_owned(),
    ] {
        assert!(greeting.contains(&said), "`{said}` is not in: {greeting}");
    }
    // A command goes from its `curl` to the line that no backslash continues and that closes
    // its quotes.
    let mut commands: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in greeting.lines() {
        let starts = line.trim_start().starts_with("curl ");
        if starts {
            commands.push(String::new());
        }
        if let Some(command) = commands.last_mut().filter(|_| starts || is_open) {
            command.push_str(line);
            command.push('\n');
            is_open = line.ends_with('\\') || command.matches('\'').count() % 2 == 1;
        }
    }
    assert_eq!(commands.len(), 3, "{greeting}");
    let (status, body) = shell(&commands[0], &directory).await;
    assert_eq!(
        (status, &body["status_code"]),
        (201, &json!(1000)),
        "{body}"
    );
    let (status, body) = shell(&commands[1], &directory).await;
    assert_eq!(
        (status, &body["data"]["status"]),
        (200, &json!("ACCEPTED")),
        "{body}"
    );
    let reference = &body["data"]["authorization_reference"];
    let (status, records) = shell(&commands[2], &directory).await;
    assert_eq!(
        (status, &records["items"][0]["reference"]),
        (200, reference),
        "{records}"
    );
}

/// Holds: V-11. Without `--public-url`, the published base is the address that is bound.
#[tokio::test]
async fn the_quickstart_has_health_and_metrics() {
    let mut program = Program::start(
        &["serve", "--listen=127.0.0.1:0"],
        &[("OCPI_ADMIN_LISTEN", "127.0.0.1:0")],
    );
    let (ocpi, admin) = program.addresses().await;
    for target in ["/health/live", "/health/ready"] {
        let response = Connection::open(admin)
            .await
            .send(&Request::new("GET", target))
            .await;
        assert_eq!(response.status, 200, "{target}");
    }
    let response = Connection::open(admin)
        .await
        .send(&Request::new("GET", "/metrics"))
        .await;
    let metrics = String::from_utf8(response.body).expect("metrics are text");
    assert!(
        metrics.contains("\nocpi_log_lines_dropped_total 0\n"),
        "{metrics}"
    );
    let versions = Request::new("GET", "/ocpi/versions").token("your-token");
    let response = Connection::open(ocpi).await.send(&versions).await;
    let url = format!("http://{ocpi}/ocpi/2.3.0");
    assert_eq!(response.data()[0], json!({"version": "2.3.0", "url": url}));
}

/// Holds: T-96.
#[tokio::test]
async fn the_quickstart_refuses_every_address_that_is_not_loopback() {
    for (flag, address) in [
        ("--listen", "0.0.0.0:0"),
        ("--listen", "192.0.2.1:8000"),
        ("--listen", "[::]:0"),
        ("--admin-listen", "0.0.0.0:0"),
    ] {
        let ended = Program::start(&[flag, address], &[]).end().await;
        assert_eq!(ended.code, Some(1), "{flag} {address}");
        assert!(ended.stderr.contains(flag), "{}", ended.stderr);
        assert!(ended.stderr.contains(address), "{}", ended.stderr);
        assert!(ended.stderr.contains("loopback"), "{}", ended.stderr);
        assert_eq!(ended.stdout, "", "it greets nobody");
    }
}

/// Beyond the protocol: a fault at the start has a clear message and an exit code.
#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    for (flag, setting) in [("--listen", "listen"), ("--admin-listen", "admin_listen")] {
        let mut flags = ANYWHERE.to_vec();
        let at = flags
            .iter()
            .position(|it| *it == flag)
            .expect("it is there");
        flags[at + 1] = &address;
        let ended = Program::start(&flags, &[]).end().await;
        assert_eq!(ended.code, Some(1), "{flag}");
        assert!(
            ended.stderr.contains(&format!("{setting}:")),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(&address), "{}", ended.stderr);
        assert_eq!(ended.stdout, "", "it greets nobody");
    }
}
