//! The Tokens of the eMSPs hosted here.

use ocpi_domain::Role;
use serde_json::{Value, json};

use super::{Operator, start, started};
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::{WorldBuilder, hosted};

const TOKENS: &str = "/admin/v1/tokens";

fn url(uid: &str) -> String {
    format!("{TOKENS}/CH/ABC/{uid}")
}

async fn put(operator: &Operator, uid: &str) -> Value {
    operator.put(&url(uid), &card(uid)).await.with_status(201)
}

fn uids(tokens: &[Value]) -> Vec<&str> {
    let uids = tokens.iter().map(|token| token["uid"].as_str());
    uids.map(|uid| uid.expect("a uid")).collect()
}

/// Beyond the protocol: what the operator writes is what CPOs are told, and what drivers charge
/// with.
#[tokio::test]
async fn a_token_that_is_put_is_listed_to_cpos_and_authorized() {
    let (world, operator) = started().await;
    let token = with(
        card("TOKEN123"),
        &json!({"x-note": {"kept": [1]}, "visual_number": "1"}),
    );
    let keeping = url("TOKEN123") + "?unknown_fields=keep";
    for status in [201, 200] {
        let stored = operator.put(&keeping, &token).await.with_status(status);
        assert_eq!(stored, token);
    }
    assert_eq!(operator.get(&url("token123")).await.found(), token);
    assert_eq!(world.call("GET", SENDER, None).await.data(), json!([token]));
    assert_eq!(
        world.call("GET", &copy("TOKEN123"), None).await.data(),
        token
    );
    let asked = world.call("POST", &question("TOKEN123"), None).await;
    assert_eq!(asked.data()["allowed"], "ALLOWED");
    let blocked = with(
        token,
        &json!({"valid": false, "last_updated": "2026-01-02T00:00:00Z"}),
    );
    operator.put(&keeping, &blocked).await.with_status(200);
    let asked = world.call("POST", &question("TOKEN123"), None).await;
    assert_eq!(asked.data()["allowed"], "BLOCKED");
}

/// Beyond the protocol: a slip in the name of a field does not pass silently.
#[tokio::test]
async fn a_field_that_ocpi_does_not_name_is_refused_by_its_name() {
    let (_world, operator) = started().await;
    let token = with(card("TOKEN123"), &json!({"visual_numbr": "1"}));
    let refused = operator.put(&url("TOKEN123"), &token).await;
    let said = refused.problem(400);
    assert!(said.contains("`visual_numbr`"), "{said}");
    assert!(said.contains("unknown_fields=keep"), "{said}");
    assert_eq!(operator.get(&url("TOKEN123")).await.status, 404);
    let wrong = url("TOKEN123") + "?unknown_fields=yes";
    assert!(
        operator
            .put(&wrong, &token)
            .await
            .problem(400)
            .contains("must be `keep`")
    );
}

/// Beyond the protocol: what the URL says need not be said again, but must not be contradicted.
#[tokio::test]
async fn the_url_completes_a_token_and_is_not_contradicted() {
    let (_world, operator) = started().await;
    let little = json!({
        "contract_id": "C-1",
        "issuer": "Example",
        "valid": true,
        "whitelist": "NEVER",
    });
    let target = format!("{}?type=APP_USER", url("X"));
    let stored = operator.put(&target, &little).await.with_status(201);
    let expected = json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "X",
        "type": "APP_USER",
        "last_updated": "2026-01-01T12:00:00Z",
    });
    assert_eq!(stored, with(little.clone(), &expected));
    let rfid = operator.put(&url("X"), &little).await.with_status(201);
    assert_eq!(rfid["type"], "RFID");
    for (target, name, value) in [
        (url("X"), "uid", "Y"),
        (url("X"), "party_id", "XYZ"),
        (url("X"), "country_code", "DE"),
        (target, "type", "RFID"),
    ] {
        let detail = operator
            .put(&target, &with(little.clone(), &json!({name: value})))
            .await
            .problem(400);
        assert!(detail.contains(&format!("`{name}`")), "{detail}");
    }
    let detail = operator
        .put(&url("Y"), &json!({"uid": "Y"}))
        .await
        .problem(400);
    for name in ["contract_id", "issuer", "valid", "whitelist"] {
        assert!(detail.contains(name), "{detail}");
    }
}

/// Beyond the protocol: without a type, the RFID token is meant, else the only one.
#[tokio::test]
async fn a_token_is_found_by_its_type_or_as_the_only_one() {
    let (_world, operator) = started().await;
    for (uid, token_type) in [("A", "APP_USER"), ("B", "APP_USER"), ("B", "RFID")] {
        let token = with(card(uid), &json!({"type": token_type}));
        operator.put(&url(uid), &token).await.with_status(201);
    }
    for (target, found) in [
        (url("A"), "APP_USER"),
        (url("B"), "RFID"),
        (format!("{}?type=APP_USER", url("B")), "APP_USER"),
    ] {
        assert_eq!(
            operator.get(&target).await.found()["type"],
            found,
            "{target}"
        );
    }
    let other = format!("{}?type=OTHER", url("A"));
    assert_eq!(operator.get(&other).await.problem(404), "no such token");
}

/// Beyond the protocol: pages that follow each other hold every Token once, in creation order.
#[tokio::test]
async fn the_list_is_whole_however_large_its_pages_are() {
    let (_world, operator) = started().await;
    let all: Vec<String> = (0..7).map(|number| format!("T{number}")).collect();
    for uid in &all {
        put(&operator, uid).await;
    }
    operator
        .put(&url("T0"), &with(card("T0"), &json!({"valid": false})))
        .await
        .found();
    for limit in [1, 2, 3, 6, 7, 8, 1000] {
        let tokens = operator.list(TOKENS, &format!("limit={limit}")).await;
        assert_eq!(uids(&tokens), all, "{limit}");
    }
    assert_eq!(uids(&operator.list(TOKENS, "").await), all);
    let last = operator.get(&format!("{TOKENS}?limit=7")).await.found();
    assert_eq!(last["next"], Value::Null);
}

/// Beyond the protocol: the operator sees the Tokens of the eMSPs hosted here, of every type, and
/// no copies of others'.
#[tokio::test]
async fn the_list_is_of_the_parties_hosted_and_narrowed_by_party_and_uid() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Emsp]));
    let (_world, operator) = start(builder).await;
    put(&operator, "A").await;
    let other = with(card("A"), &json!({"party_id": "XYZ", "type": "EMAID"}));
    operator
        .put(&format!("{TOKENS}/CH/XYZ/A"), &other)
        .await
        .with_status(201);
    put(&operator, "B").await;
    for (query, expected) in [
        ("", vec!["A", "A", "B"]),
        ("party=CH/ABC", vec!["A", "B"]),
        ("party=ch/xyz", vec!["A"]),
        ("party=CH%2FABC&uid=b", vec!["B"]),
        ("uid=a", vec!["A", "A"]),
        ("uid=C", vec![]),
    ] {
        for limit in [1, 50] {
            let tokens = operator
                .list(TOKENS, &format!("{query}&limit={limit}"))
                .await;
            assert_eq!(uids(&tokens), expected, "{query}");
        }
    }
    let refused = operator.get(&format!("{TOKENS}?party=DE/TNM")).await;
    assert_eq!(refused.problem(404), "DE/TNM is not hosted here as eMSP");
}

/// Beyond the protocol: an older version does not replace a newer one.
#[tokio::test]
async fn an_older_token_is_refused_and_changes_nothing() {
    let (_world, operator) = started().await;
    let token = put(&operator, "X").await;
    let older = with(
        card("X"),
        &json!({"last_updated": "2025-12-31T23:59:59Z", "valid": false}),
    );
    let detail = operator.put(&url("X"), &older).await.problem(409);
    assert!(detail.contains("last_updated"), "{detail}");
    assert_eq!(operator.get(&url("X")).await.found(), token);
}
