//! `[outbound]` and `[registration]`: who is called, and who may register.

use serde_json::json;

use crate::support::configured::{Configured, KEY};
use crate::support::http::Request;
use crate::support::peer::{ByTheBook, Peer, Reply};

/// A server whose file has this in the place of what may be called.
fn server(name: &str, outbound: &str) -> Configured {
    let server = Configured::plain(name, "ABC", "");
    let path = server.directory.path().join("ocpi.toml");
    let file = std::fs::read_to_string(&path).expect("it is there");
    let (before, rest) = file.split_once("[outbound]").expect("a section");
    let (_, after) = rest.split_once("[[parties]]").expect("a section");
    let file = format!("{before}{outbound}\n[[parties]]{after}");
    server.directory.write("ocpi.toml", &file);
    server
}

/// What the command to register with this platform says, that must fail.
async fn refused(server: &Configured, url: &str) -> String {
    server.directory.write("token-a", "their.token\n");
    let arguments = [
        "platform",
        "register",
        "peer",
        "--versions-url",
        url,
        "--token-file",
        "token-a",
    ];
    let ended = server.run(&arguments).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!ended.stderr.contains("their.token"), "{}", ended.stderr);
    ended.stderr
}

/// Holds: C-23.
#[tokio::test]
async fn nothing_is_called_that_the_file_does_not_permit_and_the_operator_is_told_which() {
    let peer = Peer::start().await;
    let http = peer.versions_url();
    let https = http.replace("http://", "https://");
    for (name, outbound, url, says) in [
        ("outbound-strict", "", &http, "allow_http"),
        ("outbound-https", "", &https, "allow_private_addresses"),
        (
            "outbound-http",
            "[outbound]\nallow_http = true",
            &http,
            "allow_private_addresses",
        ),
        (
            "outbound-private",
            "[outbound]\nallow_private_addresses = true",
            &http,
            "allow_http",
        ),
    ] {
        let server = server(name, outbound);
        let _program = server.serve().await;
        let said = refused(&server, url).await;
        assert!(said.contains(says) && said.contains(url), "{name}: {said}");
    }
    assert!(peer.asked().is_empty());
}

/// Holds: C-23, T-13.
#[tokio::test]
async fn a_platform_that_leads_us_astray_is_named_in_the_log() {
    let server = server("outbound-log", "");
    let mut program = server.serve().await;
    let issued = server.asked(&["platform", "bootstrap-token", "peer"]).await;
    let token = issued["token"].as_str().expect("a token");
    let url = "https://[::ffff:169.254.169.254]/latest/meta-data";
    let body = json!({"token": "their.token", "url": url, "roles": [{
        "role": "EMSP", "business_details": {"name": "The other side"},
        "country_code": "DE", "party_id": "TNM",
    }]});
    let post = Request::new("POST", "/ocpi/2.3.0/credentials")
        .token(token)
        .json(&body);
    assert_eq!(server.send(&post).await.codes(), (200, 3001));
    program.logs(url).await;
    let log = program.terminate().await.stderr;
    let line = log.lines().find(|line| line.contains(url));
    let line = line.expect("it is there");
    assert!(line.contains("WARN") && line.contains("peer"), "{line}");
    assert!(line.contains("metadata"), "which rule: {line}");
    for secret in ["their.token", token] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// Holds: C-23.
#[tokio::test]
async fn the_limits_of_a_call_are_those_of_the_file() {
    let peer = Peer::start().await;
    let limits = "[outbound]\nallow_http = true\nallow_private_addresses = true\n\
        timeout_ms = 300\nresponse_bytes_max = 16384";
    let server = server("outbound-limits", limits);
    let _program = server.serve().await;
    peer.answers(|_| Reply::endless());
    let said = refused(&server, &peer.versions_url()).await;
    assert!(said.contains("16384"), "{said}");
    let hour = std::time::Duration::from_hours(1);
    peer.answers(move |_| Reply::success(&json!([])).after(hour));
    let said = refused(&server, &peer.versions_url()).await;
    assert!(said.contains("300 ms"), "{said}");
}

/// Holds: C-23, C-27.
#[tokio::test]
async fn a_setting_that_is_none_is_refused_by_name() {
    for (name, section, says) in [
        ("outbound-x1", "[outbound]\nallow_htpp = true", "allow_htpp"),
        (
            "outbound-x2",
            "[outbound]\nextra_ca = \"no-such-file.pem\"",
            "no-such-file.pem",
        ),
        (
            "outbound-x3",
            "[outbound]\nextra_ca = \"ocpi.toml\"",
            "ocpi.toml",
        ),
        ("outbound-x4", "[outbound]\ntimeout_ms = 0", "timeout_ms"),
        (
            "outbound-x5",
            "[registration]\nbootstrap_token_days = 0",
            "bootstrap_token_days",
        ),
        (
            "outbound-x6",
            "[registration]\nrequired_of_emsp = [\"token SENDER\"]",
            "required_of_emsp",
        ),
    ] {
        let ended = server(name, section).start(&[], KEY).end().await;
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{name}: {}", ended.stderr);
    }
}

/// Holds: C-27, C-15.
#[tokio::test]
async fn what_a_registration_needs_is_that_of_the_file() {
    let peer = Peer::start().await;
    let mut book = ByTheBook::of(&peer, "their.token");
    let role = json!({
        "role": "CPO",
        "business_details": {"name": "The other side"},
        "country_code": "DE",
        "party_id": "CPO",
    });
    let url = peer.versions_url();
    book.credentials = Some(json!({"token": "their.token", "url": url, "roles": [role]}));
    let needs = "[outbound]\nallow_http = true\nallow_private_addresses = true\n\
        [registration]\nbootstrap_token_days = 1\nrequired_of_cpo = [\"tokens RECEIVER\"]";
    let server = server("registration-needs", needs);
    let _program = server.serve().await;
    let answering = book.clone();
    peer.answers(move |asked| answering.answer(asked));
    server.directory.write("token-a", "their.token");
    let arguments = [
        "platform",
        "register",
        "peer",
        "--versions-url",
        &url,
        "--token-file",
        "token-a",
        "--role",
        "CPO",
    ];
    let ended = server.run(&arguments).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.to_lowercase().contains("tokens"),
        "{}",
        ended.stderr
    );
    book.endpoints.push(("tokens", "RECEIVER"));
    peer.answers(move |asked| book.answer(asked));
    server.done(&arguments).await;
    let issued = server
        .asked(&["platform", "bootstrap-token", "another"])
        .await;
    let expires: ocpi_domain::DateTime = issued["expires_at"]
        .as_str()
        .expect("a moment")
        .parse()
        .expect("a moment");
    let shown = server.asked(&["platform", "show", "another"]).await;
    assert_eq!(shown["tokens"][0]["until"], expires.to_string());
}
