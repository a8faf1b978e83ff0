//! What each operation does in its own way.

use serde_json::json;

use super::Document;
use super::examples::example;
use super::stores::durable;
use crate::admin::sessions::{push, session};
use crate::admin::{Ask, Operator};
use crate::support::token::{card, question, with};
use crate::support::world::{TOKEN, World, WorldBuilder};

const TOKEN_URL: &str = "/admin/v1/tokens/CH/ABC/TOKEN123";
const ACCOUNT: &str = "/admin/v1/accounts/CH/ABC/TOKEN123";
const PLATFORM: &str = "/admin/v1/platforms/peer";
const RECORDS: &str = "/admin/v1/authorizations";
const SESSIONS: &str = "/admin/v1/sessions";
const EXPLAIN: &str = "/admin/v1/explain";
const CHARGE_POINT: &str = "/admin/v1/charge-point/authorize";
const SYNC: &str = "/admin/v1/sync";

/// The examples in an order in which each finds what it needs, or does not.
const STEPS: [(&str, &str, u16); 34] = [
    ("GET", TOKEN_URL, 404),
    ("PUT", TOKEN_URL, 201),
    ("PUT", TOKEN_URL, 200),
    ("GET", TOKEN_URL, 200),
    ("POST", "/admin/v1/tokens/import", 200),
    ("GET", "/admin/v1/tokens", 200),
    ("GET", "/admin/v1/tokens/export", 200),
    ("GET", ACCOUNT, 404),
    ("DELETE", ACCOUNT, 404),
    ("PATCH", ACCOUNT, 201),
    ("DELETE", ACCOUNT, 204),
    ("PUT", ACCOUNT, 201),
    ("PUT", ACCOUNT, 200),
    ("PATCH", ACCOUNT, 200),
    ("GET", ACCOUNT, 200),
    ("POST", EXPLAIN, 200),
    ("POST", CHARGE_POINT, 200),
    ("GET", SYNC, 200),
    ("POST", SYNC, 202),
    ("GET", "/admin/v1/authorizations/REFERENCE", 404),
    ("GET", SESSIONS, 200),
    ("GET", PLATFORM, 404),
    ("DELETE", PLATFORM, 404),
    ("PUT", PLATFORM, 201),
    ("PUT", PLATFORM, 200),
    ("GET", PLATFORM, 200),
    ("GET", "/admin/v1/platforms", 200),
    ("DELETE", PLATFORM, 204),
    ("GET", "/admin/v1/audit/verify", 200),
    ("POST", "/admin/v1/backup", 201),
    ("GET", "/admin/v1/openapi.json", 200),
    ("GET", "/health/live", 200),
    ("GET", "/health/ready", 200),
    ("GET", "/metrics", 200),
];

/// Drives what each operation does, and what it refuses for reasons of its own.
pub(super) async fn drive_each(document: &mut Document) {
    let mut world = WorldBuilder::new().ports(durable).start().await;
    let operator = Operator::of(&mut world).await;
    for (method, path, status) in STEPS {
        document
            .drive(&operator, example(method, path), status)
            .await;
    }
    drive_records(document, &world, &operator).await;
    for (ask, status) in refused() {
        document.drive(&operator, ask, status).await;
    }
}

/// Drives the list and the lookup of a record that is there, and of a session that followed it.
async fn drive_records(document: &mut Document, world: &World, operator: &Operator) {
    let asked = world.call("POST", &question("TOKEN123"), None).await;
    assert_eq!(asked.status, 200);
    let found = document.drive(operator, example("GET", RECORDS), 200).await;
    let page = found.json();
    let reference = page["items"][0]["reference"].as_str().expect("a record");
    let followed = json!({"authorization_reference": reference});
    push(world, TOKEN, &with(session("S1", "TOKEN123"), &followed)).await;
    let ask = Ask::new("GET", &format!("{RECORDS}/{reference}"));
    let found = document.drive(operator, ask, 200).await;
    assert_eq!(found.json()["sessions"][0]["session"]["id"], "S1");
    let found = document
        .drive(operator, example("GET", SESSIONS), 200)
        .await;
    assert_eq!(found.json()["items"][0]["session"]["id"], "S1");
    let found = document
        .drive(operator, example("POST", EXPLAIN), 200)
        .await;
    assert_eq!(found.json()["slots"][0]["session"]["id"], "S1");
}

/// Requests that are refused after those of [`STEPS`].
fn refused() -> Vec<(Ask, u16)> {
    let put = |path: &str, body| Ask::new("PUT", &format!("/admin/v1/{path}")).json(&body);
    let post = |path: &str, body| Ask::new("POST", &format!("/admin/v1/{path}")).json(&body);
    let older = with(
        card("TOKEN123"),
        &json!({"last_updated": "2025-01-01T00:00:00Z"}),
    );
    let stale = "\"0\"";
    vec![
        (Ask::new("GET", "/admin/v1/tokens?party=DE/TNM"), 404),
        (put("tokens/DE/TNM/X", card("X")), 404),
        (Ask::new("PUT", TOKEN_URL).json(&older), 409),
        (put("accounts/DE/TNM/X", json!({})), 404),
        (
            Ask::new("PATCH", "/admin/v1/accounts/DE/TNM/X").json(&json!({})),
            404,
        ),
        (example("PUT", ACCOUNT).header("If-Match", stale), 412),
        (example("PATCH", ACCOUNT).header("If-Match", stale), 412),
        (
            post("explain", json!({"uid": "X", "platform": "nobody"})),
            404,
        ),
        (
            put(
                "platforms/other",
                json!({"credentials_token": "your-token"}),
            ),
            409,
        ),
        (post("backup", json!({"file": "/backup/taken.db"})), 409),
        (
            post(
                "charge-point/authorize",
                json!({
                    "cpo": {"country_code": "NL", "party_id": "ALF"},
                    "uid": "X", "location_id": "L1",
                }),
            ),
            404,
        ),
        (
            post("sync", json!({"what": "pull", "platform": "nobody"})),
            404,
        ),
        (
            post("sync", json!({"what": "pull", "platform": "partner"})),
            409,
        ),
    ]
}
