//! The limits of Tokens.

use serde_json::{Value, json};

use super::{Ask, Operator, started};
use crate::support::token::{card, question};
use crate::support::world::World;

const X: &str = "/admin/v1/accounts/CH/ABC/X";

async fn patch(operator: &Operator, target: &str, patch: &Value) -> super::Answer {
    let ask = Ask::new("PATCH", target).body("application/merge-patch+json", patch.to_string());
    operator.send(ask).await
}

/// The answer to a question about the Token X.
async fn asked(world: &World) -> Value {
    world.call("POST", &question("X"), None).await.data()["allowed"].take()
}

/// Holds: E-17. The limits that the operator sets decide from then on.
#[tokio::test]
async fn limits_decide_as_soon_as_they_are_set_and_until_they_are_removed() {
    let (world, operator) = started().await;
    // An account may exist before its token.
    operator
        .put(X, &json!({"blocked": true}))
        .await
        .with_status(201);
    world.push(&card("X")).await;
    assert_eq!(asked(&world).await, "BLOCKED");
    for (change, answer) in [
        (json!({"blocked": false}), "ALLOWED"),
        (json!({"expires_at": "2026-01-01T12:00:00Z"}), "EXPIRED"),
        (json!({"expires_at": null}), "ALLOWED"),
        (
            json!({"credit": {"balance": "0.00", "currency": "EUR"}}),
            "NO_CREDIT",
        ),
        (json!({"credit": {"balance": "0.01"}}), "ALLOWED"),
        (json!({"permitted_locations": []}), "NOT_ALLOWED"),
        (json!({"permitted_locations": null}), "ALLOWED"),
        (
            json!({"denied_locations": [{"country_code": "CH", "party_id": "ABC"}]}),
            "NOT_ALLOWED",
        ),
    ] {
        patch(&operator, X, &change).await.found();
        assert_eq!(asked(&world).await, answer, "{change}");
    }
    let deleted = operator.send(Ask::new("DELETE", X)).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0));
    assert_eq!(asked(&world).await, "ALLOWED");
    assert_eq!(operator.get(X).await.problem(404), "no such account");
    assert_eq!(
        operator.send(Ask::new("DELETE", X)).await.problem(404),
        "no such account"
    );
}

/// Beyond the protocol: an account reads back as it was put, by whatever case of its key.
#[tokio::test]
async fn an_account_reads_back_as_it_was_put() {
    let (_world, operator) = started().await;
    let place = json!({
        "country_code": "NL", "party_id": "ALF", "location_id": "L1", "evse_uids": ["E1", "E2"],
    });
    let account = json!({
        "blocked": false,
        "expires_at": "2027-01-01T00:00:00Z",
        "credit": {"balance": "12.50", "currency": "EUR"},
        "permitted_locations": [place],
        "denied_locations": [{"country_code": "NL", "party_id": "ALF", "location_id": "L2"}],
        "concurrent_sessions_max": 1,
        "concurrency_scope": "token",
    });
    assert_eq!(operator.put(X, &account).await.with_status(201), account);
    assert_eq!(
        operator.get("/admin/v1/accounts/ch/abc/x").await.found(),
        account
    );
    assert_eq!(
        operator.get(&format!("{X}?type=RFID")).await.found(),
        account
    );
    assert_eq!(
        operator.get(&format!("{X}?type=APP_USER")).await.status,
        404
    );
    let none = operator.put(X, &json!({})).await.with_status(200);
    assert_eq!(
        none,
        json!({"blocked": false, "concurrency_scope": "token"})
    );
}

/// Beyond the protocol: whoever says what it has read does not overwrite what it has not.
#[tokio::test]
async fn a_write_that_follows_something_else_is_412_and_changes_nothing() {
    let (_world, operator) = started().await;
    let makers: [fn(&str, &str) -> Ask; 2] = [
        |tag, balance| {
            let account = json!({"credit": {"balance": balance, "currency": "EUR"}});
            Ask::new("PUT", X).json(&account).header("If-Match", tag)
        },
        |tag, balance| {
            let ask = Ask::new("PATCH", X).json(&json!({"credit": {"balance": balance}}));
            ask.header("If-Match", tag)
        },
    ];
    let [put, change] = makers;
    assert_eq!(
        operator.send(put("\"1\"", "1")).await.status,
        412,
        "there is none"
    );
    assert_eq!(
        operator.send(change("\"1\"", "1")).await.status,
        412,
        "there is none"
    );
    let created = operator.send(put("", "1")).await;
    assert_eq!(created.status, 201);
    let mut tag = created.header("ETag").to_owned();
    for make in makers {
        assert_eq!(operator.get(X).await.header("ETag"), tag);
        let written = operator.send(make(&tag, "2")).await;
        assert_eq!(written.status, 200);
        let newer = written.header("ETag").to_owned();
        assert_ne!(newer, tag);
        for stale in [tag.as_str(), "\"never given\""] {
            let refused = operator.send(make(stale, "3")).await;
            assert!(refused.problem(412).contains("read it again"));
        }
        let shown = operator.get(X).await;
        assert_eq!(shown.header("ETag"), newer);
        assert_eq!(shown.found()["credit"]["balance"], "2");
        tag = newer;
    }
    for wrong in ["*", "7", "W/\"7\"", "\"7\", \"8\""] {
        let detail = operator.send(put(wrong, "3")).await.problem(400);
        assert!(detail.starts_with("If-Match: "), "{detail}");
    }
}

/// Beyond the protocol: changes to different limits at the same time all stay.
#[tokio::test]
async fn patches_at_the_same_time_lose_nothing() {
    let (_world, operator) = started().await;
    let changes = [
        json!({"blocked": true}),
        json!({"expires_at": "2027-01-01T00:00:00Z"}),
        json!({"credit": {"balance": "1", "currency": "EUR"}}),
        json!({"permitted_locations": []}),
        json!({"denied_locations": [{"country_code": "NL", "party_id": "ALF"}]}),
        json!({"concurrent_sessions_max": 2}),
        json!({"concurrency_scope": "group"}),
    ];
    let mut expected = json!({});
    for change in &changes {
        for (name, value) in change.as_object().expect("an object") {
            expected[name] = value.clone();
        }
    }
    let operator = std::sync::Arc::new(operator);
    let mut tasks = Vec::new();
    for change in changes {
        let operator = std::sync::Arc::clone(&operator);
        tasks.push(tokio::spawn(async move {
            patch(&operator, X, &change).await.status.as_u16()
        }));
    }
    let mut created = 0;
    for task in tasks {
        created += u32::from(task.await.expect("it is answered") == 201);
    }
    assert_eq!(created, 1);
    assert_eq!(operator.get(X).await.found(), expected);
}

/// Beyond the protocol: only Tokens of parties hosted here have accounts here.
#[tokio::test]
async fn accounts_of_others_are_not_ours() {
    let (_world, operator) = started().await;
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let ask = Ask::new(method, "/admin/v1/accounts/DE/TNM/X").json(&json!({}));
        let detail = operator.send(ask).await.problem(404);
        assert_eq!(detail, "DE/TNM is not hosted here as eMSP", "{method}");
    }
}
