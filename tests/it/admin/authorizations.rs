//! The records of authorizations.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{Operator, start};
use crate::support::http::Request;
use crate::support::token::{card, question, with};
use crate::support::world::{World, WorldBuilder, platform};

const RECORDS: &str = "/admin/v1/authorizations";

/// A world in which two platforms asked about three uids, a second apart: A, B, C by `partner` and
/// A by `other`.
async fn asked() -> (World, Operator) {
    let other = platform("other", Profile::default(), &[("CH", "ABC", Role::Cpo)]);
    let (world, operator) = start(WorldBuilder::new().platform(other, "other-token")).await;
    world.push(&card("A")).await;
    world.push(&with(card("B"), &json!({"valid": false}))).await;
    for (uid, token) in [
        ("A", "your-token"),
        ("B", "your-token"),
        ("C", "your-token"),
        ("a", "other-token"),
    ] {
        world
            .send(&Request::new("POST", &question(uid)).token(token))
            .await;
        world.clock.advance_ms(1000);
    }
    (world, operator)
}

/// What tells the records apart.
fn shown(records: &[Value]) -> Vec<String> {
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or("-").to_owned();
    let shown = records.iter().map(|record| {
        ["token_uid", "platform", "allowed"]
            .map(|name| text(record, name))
            .join(" ")
    });
    shown.collect()
}

/// Holds: E-33. Every question is on record with its answer, the newest first.
#[tokio::test]
async fn every_record_is_listed_newest_first_however_large_the_pages_are() {
    let (_world, operator) = asked().await;
    let expected = [
        "a other ALLOWED",
        "C partner -",
        "B partner BLOCKED",
        "A partner ALLOWED",
    ];
    for query in ["", "limit=1", "limit=3", "limit=4", "limit=1000"] {
        let records = operator.list(RECORDS, query).await;
        assert_eq!(shown(&records), expected, "{query}");
    }
    let unknown = &operator.list(RECORDS, "token_uid=C").await[0];
    assert_eq!(unknown["rule"], "unknown_token");
    assert_eq!(unknown["at"], "2026-01-01T12:00:02Z");
}

/// Holds: E-33. A record is found by what an operator knows of it.
#[tokio::test]
async fn records_are_found_by_every_filter_and_by_all_of_them() {
    let (_world, operator) = asked().await;
    for (query, expected) in [
        ("token_uid=a", vec!["a other ALLOWED", "A partner ALLOWED"]),
        ("token_uid=X", vec![]),
        (
            "platform=partner&allowed=ALLOWED",
            vec!["A partner ALLOWED"],
        ),
        ("platform=Partner", vec![]),
        ("allowed=BLOCKED", vec!["B partner BLOCKED"]),
        (
            "from=2026-01-01T12:00:02Z",
            vec!["a other ALLOWED", "C partner -"],
        ),
        ("to=2026-01-01T12:00:01Z", vec!["A partner ALLOWED"]),
        (
            "from=2026-01-01T13:00:01%2B01:00&to=2026-01-01T13:00:03+01:00",
            vec!["C partner -", "B partner BLOCKED"],
        ),
        (
            "token_uid=A&platform=other&from=2026-01-01T12:00:04Z",
            vec![],
        ),
    ] {
        for limit in [1, 1000] {
            let records = operator
                .list(RECORDS, &format!("{query}&limit={limit}"))
                .await;
            assert_eq!(shown(&records), expected, "{query}");
        }
    }
}

/// Holds: E-33. The reference that a CPO was given leads to the record.
#[tokio::test]
async fn the_reference_of_an_answer_leads_to_its_record() {
    let (world, operator) = asked().await;
    let answer = world.call("POST", &question("A"), None).await.data();
    let reference = answer["authorization_reference"]
        .as_str()
        .expect("a reference");
    let record = operator
        .get(&format!("{RECORDS}/{reference}"))
        .await
        .found();
    assert_eq!(record["sessions"], json!([]), "none followed yet");
    let record = with(record, &json!({"sessions": null}));
    assert_eq!(record["reference"], reference);
    assert_eq!(
        record["token_party"],
        json!({"country_code": "CH", "party_id": "ABC"})
    );
    assert_eq!(record["rule"], "all_passed");
    let newest = operator.list(RECORDS, "limit=1").await;
    assert_eq!(newest[0], record);
    let unknown = operator.get(&format!("{RECORDS}/NONE")).await;
    assert_eq!(unknown.problem(404), "no such authorization");
}
