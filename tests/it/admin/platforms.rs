//! The platforms that we know.

use serde_json::{Value, json};

use super::{Ask, started};
use crate::support::http::Request;
use crate::support::world::World;

const PEER: &str = "/admin/v1/platforms/peer";

/// The status that a peer is answered who presents this token.
async fn presented(world: &World, token: &str) -> u16 {
    let request = Request::new("GET", "/ocpi/versions").token(token);
    world.send(&request).await.status
}

/// Beyond the protocol: `{}` is enough for a platform, and its token lets it in at once.
#[tokio::test]
async fn a_platform_is_let_in_by_its_token_until_it_is_deleted() {
    let (world, operator) = started().await;
    let strict = json!({
        "id": "peer",
        "roles": [],
        "hub_party_id": null,
        "allowed_parties": null,
        "our_party": null,
        "registered": false,
        "tokens": [],
        "connection": null,
        "profile": {
            "tutorial": false,
            "fill_owner": false,
            "strict_from": false,
            "auth_encoding": "auto",
            "prefer_cache": false,
            "ask_unknown": false,
            "no_answer": "by_whitelist",
            "authorize_timeout_ms": null,
            "push_tokens": "put",
            "no_pull": false,
        },
        "breaker": {"state": "closed", "failures": 0, "open_since": null, "reason": null},
    });
    assert_eq!(
        operator.put(PEER, &json!({})).await.with_status(201),
        strict
    );
    assert_eq!(presented(&world, "peer-token").await, 401);
    operator
        .put(PEER, &json!({"credentials_token": "peer-token"}))
        .await
        .found();
    assert_eq!(presented(&world, "peer-token").await, 200);
    // Whoever does not name a token keeps the one that there is.
    let roles = json!([{"role": "CPO", "country_code": "NL", "party_id": "ALF"}]);
    let profile = json!({"tutorial": true, "auth_encoding": "base64"});
    let shown = operator
        .put(PEER, &json!({"roles": roles, "profile": profile}))
        .await
        .found();
    assert_eq!(shown["roles"], roles);
    assert_eq!(shown["profile"]["tutorial"], true);
    assert_eq!(shown["profile"]["auth_encoding"], "base64");
    assert_eq!(operator.get(PEER).await.found(), shown);
    assert_eq!(presented(&world, "peer-token").await, 200);
    operator
        .put(PEER, &json!({"credentials_token": "new-token"}))
        .await
        .found();
    assert_eq!(presented(&world, "peer-token").await, 401);
    assert_eq!(presented(&world, "new-token").await, 200);
    assert_eq!(operator.send(Ask::new("DELETE", PEER)).await.status, 204);
    assert_eq!(presented(&world, "new-token").await, 401);
    assert_eq!(operator.get(PEER).await.problem(404), "no such platform");
    assert_eq!(
        operator.send(Ask::new("DELETE", PEER)).await.problem(404),
        "no such platform"
    );
}

/// Beyond the protocol: two platforms never have one token, and nobody is shown any.
#[tokio::test]
async fn a_token_of_another_platform_is_refused_and_no_token_is_ever_shown() {
    let (world, operator) = started().await;
    let taken = json!({"credentials_token": "your-token"});
    let mut answers = vec![operator.put(PEER, &taken).await];
    let detail = answers[0].problem(409);
    assert!(detail.contains("another platform"), "{detail}");
    assert_eq!(operator.get(PEER).await.status, 404, "nothing was written");
    for body in [
        json!({"credentials_token": "s3cret"}),
        json!({"credentials_token": "s3cret", "roles": [{}]}),
        json!({"credentials_token": "s3cret s3cret"}),
        json!({"credentials_token": ["s3cret"]}),
        json!({"credentials_token": {"s3cret": "s3cret"}}),
    ] {
        answers.push(operator.put(PEER, &body).await);
    }
    answers.push(operator.get(PEER).await);
    answers.push(operator.get("/admin/v1/platforms").await);
    for answer in answers {
        let text = answer.text();
        assert!(
            !text.contains("s3cret") && !text.contains("your-token"),
            "{text}"
        );
    }
    assert_eq!(presented(&world, "your-token").await, 200);
}

/// Beyond the protocol: platforms are listed by their ids, in pages.
#[tokio::test]
async fn the_list_is_whole_and_in_the_order_of_the_ids() {
    let (_world, operator) = started().await;
    for id in ["b", "a", "z.1", "Z-2", "partner_2"] {
        operator
            .put(&format!("/admin/v1/platforms/{id}"), &json!({}))
            .await
            .with_status(201);
    }
    for limit in [1, 2, 3, 6, 7, 1000] {
        let platforms = operator
            .list("/admin/v1/platforms", &format!("limit={limit}"))
            .await;
        let ids: Vec<&Value> = platforms.iter().map(|platform| &platform["id"]).collect();
        assert_eq!(
            ids,
            ["Z-2", "a", "b", "partner", "partner_2", "z.1"],
            "{limit}"
        );
    }
    let after = operator
        .get("/admin/v1/platforms?after=partner")
        .await
        .found();
    assert_eq!(
        after["items"][0]["id"], "partner_2",
        "also when nobody has that id"
    );
}

/// Beyond the protocol: a role that OCPI does not list is a slip of the operator.
#[tokio::test]
async fn a_role_with_a_typo_is_refused() {
    let (_world, operator) = started().await;
    let roles = json!([{"role": "EMPS", "country_code": "NL", "party_id": "ALF"}]);
    let detail = operator
        .put(PEER, &json!({"roles": roles}))
        .await
        .problem(400);
    assert!(
        detail.contains("`roles[0].role`") && detail.contains("EMSP"),
        "{detail}"
    );
}
