//! What the program writes to its log.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::http::{Connection, Request, Response};
use crate::support::program::{ANYWHERE, Program};

const TOKEN: &str = r#"{"country_code":"CH","party_id":"ABC","uid":"CARD1","type":"RFID",
    "contract_id":"C1","issuer":"Example","valid":true,"whitelist":"NEVER",
    "last_updated":"2026-01-01T00:00:00Z"}"#;

async fn send(ocpi: SocketAddr, request: &Request) -> Response {
    Connection::open(ocpi).await.send(request).await
}

/// Stores CARD1 and asks about it and others: an answer each.
async fn authorize(ocpi: SocketAddr) -> Vec<Response> {
    let put = Request::new("PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/CARD1").token("your-token");
    assert_eq!(send(ocpi, &put.body(TOKEN)).await.codes(), (201, 1000));
    let mut answers = Vec::new();
    for (index, uid) in ["CARD1", "CARD2", "CARD1", "line%0Abreak", "CARD1"]
        .iter()
        .enumerate()
    {
        let target = format!("/ocpi/emsp/2.3.0/tokens/{uid}/authorize");
        let request = Request::new("POST", &target)
            .token("your-token")
            .header("X-Request-ID", &format!("request-{index}"))
            .header("X-Correlation-ID", &format!("correlation-{index}"));
        answers.push(send(ocpi, &request.body("{\"location_id\":\"LOC001\"}")).await);
    }
    answers
}

/// Holds: E-33, T-81, T-83.
#[tokio::test]
async fn each_authorization_is_one_line_of_json_with_its_ids_and_outcome() {
    let flags = [&ANYWHERE[..], &["--log-format", "json"]].concat();
    let mut program = Program::start(&flags, &[]);
    let (ocpi, _) = program.addresses().await;
    let answers = authorize(ocpi).await;
    let ended = program.terminate().await;
    let lines: Vec<Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let authorizations: Vec<&Value> = lines
        .iter()
        .filter(|line| line["target"] == "ocpi::authorization")
        .collect();
    assert_eq!(authorizations.len(), answers.len(), "{}", ended.stderr);
    for (index, (line, answer)) in authorizations.iter().zip(&answers).enumerate() {
        assert_eq!(line["request_id"], format!("request-{index}"), "{line}");
        assert_eq!(
            line["correlation_id"],
            format!("correlation-{index}"),
            "{line}"
        );
        assert_eq!(line["platform"], "quickstart", "{line}");
        assert_eq!(line["location_id"], "LOC001", "{line}");
        if answer.status == 200 {
            let data = answer.data();
            assert_eq!(line["token_uid"], "CARD1", "{line}");
            assert_eq!(line["allowed"], data["allowed"], "{line}");
            assert_eq!(line["reference"], data["authorization_reference"], "{line}");
        } else {
            assert!(line.get("allowed").is_none_or(Value::is_null), "{line}");
            assert_eq!(line["rule"], "unknown_token", "{line}");
        }
    }
}

/// Holds: E-33.
#[tokio::test]
async fn each_authorization_is_one_line_for_a_person_too() {
    let mut program = Program::start(&ANYWHERE, &[]);
    let (ocpi, _) = program.addresses().await;
    let answers = authorize(ocpi).await;
    let ended = program.terminate().await;
    for index in 0..answers.len() {
        let id = format!("request-{index}");
        let lines: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.contains(&id))
            .collect();
        assert_eq!(lines.len(), 1, "{}", ended.stderr);
        assert!(
            lines[0].contains(&format!("correlation-{index}")),
            "{}",
            lines[0]
        );
    }
}

/// Sends a request with these credentials by HTTP/2, which has a codec that logs too.
async fn send_http2(ocpi: SocketAddr, credentials: &str) {
    let stream = TcpStream::connect(ocpi).await.expect("the server accepts");
    let io = TokioIo::new(stream);
    let opened = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
    let (mut sender, connection) = opened.expect("the server speaks HTTP/2");
    tokio::spawn(connection);
    let request = hyper::Request::builder()
        .uri("http://test/ocpi/2.3.0/credentials")
        .header("Authorization", format!("Token {credentials}"))
        .body(Full::new(Bytes::new()))
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    response.into_body().collect().await.expect("a body");
}

/// Holds: T-13.
#[tokio::test]
async fn no_credentials_token_is_ever_logged_however_much_is_logged() {
    for (format, filter) in [("human", "trace"), ("json", "trace"), ("human", "info")] {
        let flags = [&ANYWHERE[..], &["--log-format", format, "--log", filter]].concat();
        let mut program = Program::start(&flags, &[]);
        let (ocpi, _) = program.addresses().await;
        authorize(ocpi).await;
        for credentials in [
            "your-token",
            "eW91ci10b2tlbg==",
            "wr0ng-token",
            "d3IwbmctdG9rZW4=",
            "wr0ng token",
        ] {
            send_http2(ocpi, credentials).await;
            for (method, target) in [
                ("GET", "/ocpi/2.3.0/credentials"),
                ("PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/CARD1"),
                ("GET", "/unknown"),
            ] {
                let request = Request::new(method, target).token(credentials).body("{");
                send(ocpi, &request).await;
            }
        }
        let ended = program.terminate().await;
        assert!(ended.stderr.contains("authorization"), "{}", ended.stderr);
        for secret in ["your-token", "eW91ci10b2tlbg", "wr0ng", "d3IwbmctdG9rZW4"] {
            let line = ended.stderr.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{format} {filter}");
        }
        // The greeting of the quickstart says the token that everybody knows.
        assert!(!ended.stdout.contains("wr0ng"));
    }
}
