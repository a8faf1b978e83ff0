//! Many Tokens at once.

use std::sync::{Arc, Mutex};

use ocpi_app::Ports;
use ocpi_domain::{Revision, Role};
use ocpi_ports::{MockTokenRepository, StorageError};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{ADMIN_TOKEN, Answer, Ask, Operator, start, started};
use crate::support::http::{Connection, Request};
use crate::support::token::{card, with};
use crate::support::world::{World, WorldBuilder, hosted};

const IMPORT: &str = "/admin/v1/tokens/import";

async fn import(operator: &Operator, lines: impl Into<Vec<u8>>) -> Answer {
    let ask = Ask::new("POST", IMPORT).body("application/jsonl", lines.into());
    operator.send(ask).await
}

/// So many lines, each with a Token of its own.
fn cards(numbers: std::ops::Range<usize>) -> String {
    let lines = numbers.map(|number| format!("{}\n", card(&format!("T{number}"))));
    lines.collect()
}

fn counts(report: &Value) -> [u64; 5] {
    ["lines", "created", "updated", "unchanged", "refused"]
        .map(|name| report[name].as_u64().expect("a count"))
}

/// Beyond the protocol: a bad line is refused with its number, and the others are stored.
#[tokio::test]
async fn every_line_is_dealt_with_by_itself() {
    let (_world, operator) = started().await;
    let old = with(
        card("OLD"),
        &json!({"last_updated": "2026-01-01T00:00:00Z"}),
    );
    for uid in ["SAME", "NEWER"] {
        operator
            .put(&format!("/admin/v1/tokens/CH/ABC/{uid}"), &card(uid))
            .await
            .with_status(201);
    }
    operator
        .put("/admin/v1/tokens/CH/ABC/OLD", &old)
        .await
        .with_status(201);
    let mut bare = card("BARE");
    for name in ["country_code", "party_id", "type", "last_updated"] {
        bare.as_object_mut().expect("an object").remove(name);
    }
    let long = with(card("LONG"), &json!({"x": "y".repeat(64 * 1024)}));
    let lines = [
        card("NEW").to_string(),
        String::new(),
        bare.to_string(),
        card("SAME").to_string() + "\r",
        with(
            card("NEWER"),
            &json!({"valid": false, "last_updated": "2026-01-01T00:00:01Z"}),
        )
        .to_string(),
        "{\"uid\": \"X\"".to_owned(),
        "[]".to_owned(),
        with(card("X"), &json!({"whitelist": "MAYBE"})).to_string(),
        with(card("X"), &json!({"party_id": "XYZ"})).to_string(),
        with(card("X"), &json!({"issuer": null})).to_string(),
        r#"{"uid": "X", "uid": "Y"}"#.to_owned(),
        long.to_string(),
        with(
            card("OLD"),
            &json!({"last_updated": "2025-01-01T00:00:00Z"}),
        )
        .to_string(),
        "  ".to_owned(),
        with(card("LAST"), &json!({"x-note": {"kept": true}})).to_string(),
    ];
    let report = import(&operator, lines.join("\n")).await.found();
    assert_eq!(counts(&report), [13, 3, 1, 1, 8]);
    let refusals = report["refusals"].as_array().expect("refusals");
    let expected = [
        (6, "EOF while parsing"),
        (7, "must be a JSON object"),
        (8, "`whitelist`: must be one of"),
        (9, "CH/XYZ is not hosted here"),
        (10, "`issuer`: required"),
        (11, "`uid`: sent twice"),
        (12, "more than 65536 bytes"),
        (13, "last_updated"),
    ];
    assert_eq!(refusals.len(), expected.len());
    for (refusal, (line, said)) in refusals.iter().zip(expected) {
        let reason = refusal["reason"].as_str().expect("a reason");
        assert_eq!(refusal["line"], line, "{refusal}");
        assert!(reason.contains(said), "{refusal}");
    }
    let shown = operator.get("/admin/v1/tokens/CH/ABC/BARE").await.found();
    assert_eq!(shown["type"], "RFID");
    assert_eq!(shown["last_updated"], "2026-01-01T12:00:00Z");
    let shown = operator.get("/admin/v1/tokens/CH/ABC/LAST").await.found();
    assert_eq!(shown["x-note"], json!({"kept": true}));
}

/// Beyond the protocol: whose a Token is, must be said when it could be several parties'.
#[tokio::test]
async fn without_an_owner_a_line_belongs_to_the_only_emsp() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Emsp]));
    let (_world, operator) = start(builder).await;
    let line = with(card("X"), &json!({"country_code": null, "party_id": null}));
    let report = import(&operator, line.to_string()).await.found();
    assert_eq!(counts(&report), [1, 0, 0, 0, 1]);
    let reason = report["refusals"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("country_code"), "{reason}");
}

/// Beyond the protocol: all refused lines are counted, and a thousand are told.
#[tokio::test]
async fn refusals_are_told_up_to_a_thousand_and_counted_without_end() {
    let (_world, operator) = started().await;
    let report = import(&operator, "x\n".repeat(2500)).await.found();
    assert_eq!(counts(&report), [2500, 0, 0, 0, 2500]);
    let refusals = report["refusals"].as_array().expect("refusals");
    assert_eq!(refusals.len(), 1000);
    assert_eq!(refusals[999]["line"], 1000);
    assert_eq!(counts(&import(&operator, "").await.found()), [0; 5]);
}

/// Beyond the protocol: an import may come as JSON lines by any of their names, or by none.
#[tokio::test]
async fn json_lines_are_taken_by_their_names_and_nothing_else_is() {
    let (_world, operator) = started().await;
    for (content_type, status) in [
        ("application/jsonl", 200),
        ("application/x-ndjson; charset=utf-8", 200),
        ("application/json", 200),
        ("", 200),
        ("text/csv", 415),
        ("application/x-www-form-urlencoded", 415),
    ] {
        let ask = Ask::new("POST", IMPORT).body("application/json", cards(0..1));
        let answer = operator
            .send(ask.header("Content-Type", content_type))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{content_type}");
    }
    let packed = Ask::new("POST", IMPORT).body("application/jsonl", cards(0..1));
    let answer = operator
        .send(packed.header("Content-Encoding", "gzip"))
        .await;
    assert!(answer.problem(415).contains("Content-Encoding"));
}

/// A store in which every Token is new, and whose writes are told to `written`: how many Tokens
/// each has. From the write of this number on, it fails.
async fn counting(
    fails_from: usize,
) -> (
    World,
    Operator,
    Arc<Mutex<Vec<usize>>>,
    mpsc::UnboundedReceiver<usize>,
) {
    let (told, written) = mpsc::unbounded_channel();
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&sizes);
    let mut tokens = MockTokenRepository::new();
    tokens
        .expect_find_tokens()
        .returning(|keys| Ok(vec![None; keys.len()]));
    tokens.expect_put_tokens().returning(move |writes| {
        let mut kept = kept.lock().expect("it is whole");
        if kept.len() >= fails_from {
            return Err(StorageError::Unavailable("the disk is full".into()));
        }
        kept.push(writes.len());
        // Nobody may listen any more.
        let _ = told.send(writes.len());
        Ok(vec![Some(Revision(1)); writes.len()])
    });
    let ports = |ports| Ports {
        tokens: Arc::new(tokens),
        ..ports
    };
    let (world, operator) = start(WorldBuilder::new().ports(ports)).await;
    (world, operator, sizes, written)
}

/// Beyond the protocol: an import holds no transaction for longer than others can wait.
#[tokio::test]
async fn no_transaction_has_more_than_a_thousand_lines() {
    let (_world, operator, sizes, _written) = counting(usize::MAX).await;
    let report = import(&operator, cards(0..2500)).await.found();
    assert_eq!(counts(&report), [2500, 2500, 0, 0, 0]);
    assert_eq!(*sizes.lock().expect("it is whole"), [1000, 1000, 500]);
}

/// Beyond the protocol: an import that fails says how far it came, so that it can be resumed.
#[tokio::test]
async fn an_import_that_fails_says_how_many_lines_are_dealt_with() {
    for (fails_from, lines) in [(0, 0), (1, 1000), (2, 2000)] {
        let (_world, operator, ..) = counting(fails_from).await;
        let answer = import(&operator, cards(0..2500)).await;
        let detail = answer.problem(503);
        assert!(detail.contains(&format!("first {lines} lines")), "{detail}");
        assert_eq!(answer.json()["lines"], lines);
        assert_eq!(answer.header("Retry-After"), "5");
    }
}

/// Beyond the protocol: lines are stored while others are still on their way, so that an import
/// may be larger than any memory.
#[tokio::test]
async fn lines_are_stored_before_the_last_one_has_come() {
    let (_world, operator, _, mut written) = counting(usize::MAX).await;
    let (first, rest) = (cards(0..2000), cards(2000..2001));
    let head = Request::new("POST", IMPORT)
        .header("Authorization", &format!("Bearer {ADMIN_TOKEN}"))
        .header("Content-Length", &(first.len() + rest.len()).to_string());
    let mut connection = Connection::open(operator.address).await;
    let began = [head.bytes(), first.into_bytes()].concat();
    connection.send_bytes(&began).await.expect("it is taken");
    assert_eq!(written.recv().await, Some(1000));
    assert_eq!(written.recv().await, Some(1000));
    connection
        .send_bytes(rest.as_bytes())
        .await
        .expect("it is taken");
    let report = connection.receive().await.expect("it is answered").json();
    assert_eq!(counts(&report), [2001, 2001, 0, 0, 0]);
}
