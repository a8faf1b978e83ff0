//! The operator registers with platforms, and lets them register.

use serde_json::{Value, json};

use super::{Ask, Operator, start};
use crate::support::http::Request;
use crate::support::peer::{Peer, Reply};
use crate::support::world::{World, WorldBuilder};

/// Two worlds of their own, each with its operator, where nobody is known.
async fn two() -> [(World, Operator); 2] {
    let mut other = WorldBuilder::alone();
    other.randomness =
        std::sync::Arc::new(crate::support::clock::CountingRandomness::from(1 << 32));
    other.hosted = vec![crate::support::world::hosted(
        "NL",
        "ALF",
        &[ocpi_domain::Role::Cpo, ocpi_domain::Role::Emsp],
    )];
    [start(WorldBuilder::alone()).await, start(other).await]
}

/// The status that a platform is answered who presents this token.
async fn presented(world: &World, token: &str) -> u16 {
    let request = Request::new("GET", "/ocpi/versions").token(token);
    world.send(&request).await.status
}

/// Makes a token A of the receiver and registers with it; gives it, and how each shows the other.
async fn registered(sides: &[(World, Operator); 2]) -> (String, [Value; 2]) {
    let [(_, sender), (there, receiver)] = sides;
    let row = json!({});
    sender
        .put("/admin/v1/platforms/there", &row)
        .await
        .with_status(201);
    receiver
        .put("/admin/v1/platforms/here", &row)
        .await
        .with_status(201);
    let issued = receiver
        .post("/admin/v1/platforms/here/bootstrap-token", &row)
        .await
        .with_status(201);
    assert_eq!(issued["expires_at"], "2026-01-08T12:00:00Z");
    let token = issued["token"].as_str().expect("a token").to_owned();
    assert_eq!(presented(there, &token).await, 200);
    let question = json!({
        "versions_url": format!("{}/ocpi/versions", there.url),
        "token": token,
    });
    let shown = sender
        .post("/admin/v1/platforms/there/register", &question)
        .await
        .found();
    let seen = receiver.get("/admin/v1/platforms/here").await.found();
    (token, [shown, seen])
}

/// Holds: C-02, C-11, C-15.
#[tokio::test]
async fn a_bootstrap_token_is_all_that_two_operators_exchange() {
    let sides = two().await;
    let (token, shown) = registered(&sides).await;
    let [(here, _), (there, _)] = &sides;
    assert_eq!(presented(there, &token).await, 401, "it is spent");
    for (shown, party, world) in [(&shown[0], "ALF", there), (&shown[1], "ABC", here)] {
        assert_eq!(shown["registered"], true);
        let roles = shown["roles"].as_array().expect("a list");
        assert!(roles.iter().all(|it| it["party_id"] == party), "{shown}");
        assert_eq!(shown["tokens"][0]["use"], "live");
        let connection = &shown["connection"];
        let url = format!("{}/ocpi/versions", world.url);
        assert_eq!(connection["versions_url"], url, "{shown}");
        assert_eq!(connection["version"], "2.3.0", "{shown}");
    }
}

/// Holds: C-06, C-09, C-14, C-25.
#[tokio::test]
async fn either_operator_rotates_and_either_ends_it() {
    let sides = two().await;
    let (_, shown) = registered(&sides).await;
    let hash = |shown: &Value| shown["tokens"][0]["hash"].clone();
    let [(_, sender), (_, receiver)] = &sides;
    let before = hash(&shown[0]);
    let rotated = sender
        .post(
            "/admin/v1/platforms/there/rotate",
            &json!({"compromised": true}),
        )
        .await
        .found();
    assert_ne!(hash(&rotated), before);
    assert_eq!(
        rotated["tokens"].as_array().map(Vec::len),
        Some(1),
        "no grace"
    );
    let rotated = receiver
        .post("/admin/v1/platforms/here/rotate", &json!({}))
        .await
        .found();
    assert_eq!(rotated["registered"], true);
    let ended = receiver
        .post("/admin/v1/platforms/here/unregister", &json!({}))
        .await
        .found();
    assert_eq!(ended["registered"], false);
    let seen = sender.get("/admin/v1/platforms/there").await.found();
    assert_eq!(seen["registered"], false);
    assert_eq!(seen["connection"], Value::Null);
}

/// Holds: T-13.
#[tokio::test]
async fn no_answer_but_the_first_shows_a_token() {
    let sides = two().await;
    let (token, _) = registered(&sides).await;
    for (_, operator) in &sides {
        for target in ["/admin/v1/platforms", "/metrics"] {
            let answer = operator.get(target).await;
            assert!(!answer.text().contains(&token), "{target}");
        }
    }
    let [(_, sender), _] = &sides;
    let again = json!({"versions_url": "https://peer.invalid/x", "token": "s3cret.token"});
    let refused = sender
        .post("/admin/v1/platforms/there/register", &again)
        .await;
    assert_eq!(refused.status, 409);
    assert!(!refused.text().contains("s3cret"), "{}", refused.text());
}

/// Holds: C-12, C-23, T-55, Q-25.
#[tokio::test]
async fn what_a_platform_does_wrong_is_said_with_its_url_and_a_way_out() {
    let (_world, operator) = start(WorldBuilder::alone()).await;
    operator
        .put("/admin/v1/platforms/peer", &json!({}))
        .await
        .with_status(201);
    let before = operator.get("/admin/v1/platforms/peer").await.found();
    let peer = Peer::start().await;
    let url = peer.versions_url();
    let question = json!({"versions_url": url, "token": "their.token"});
    let page = Reply::text(200, "text/html", "<html>");
    for (reply, says) in [
        (Reply::refused(401, 2000, "who?"), "401"),
        (Reply::refused(200, 3000, "later"), "3000"),
        (Reply::success(&json!([])), "none"),
        (page, "read"),
        (Reply::endless(), "1048576"),
    ] {
        peer.answers(move |_| reply.clone());
        let target = "/admin/v1/platforms/peer/register";
        let detail = operator.post(target, &question).await.problem(502);
        assert!(detail.contains(says), "no `{says}`: {detail}");
        assert!(detail.contains(&url) || says == "none", "{detail}");
        let way_out = detail.rsplit("; ").next().unwrap_or_default();
        assert!(
            way_out.len() > 10 && way_out != detail,
            "no way out: {detail}"
        );
        let after = operator.get("/admin/v1/platforms/peer").await.found();
        assert_eq!(after, before, "{detail}");
    }
}

/// Holds: C-05, C-14.
#[tokio::test]
async fn a_handshake_needs_a_platform_in_the_right_state() {
    let (_world, operator) = start(WorldBuilder::alone()).await;
    operator
        .put("/admin/v1/platforms/peer", &json!({}))
        .await
        .with_status(201);
    for verb in ["rotate", "unregister"] {
        let target = format!("/admin/v1/platforms/peer/{verb}");
        let detail = operator.post(&target, &json!({})).await.problem(409);
        assert!(detail.contains("not registered"), "{detail}");
    }
    let own = json!({"versions_url": "https://peer.example/x", "token": "a b"});
    let target = "/admin/v1/platforms/peer/register";
    let detail = operator.post(target, &own).await.problem(400);
    assert!(
        detail.contains("`token`") && !detail.contains("a b"),
        "{detail}"
    );
    for (changes, named) in [
        (json!({"versions_url": "nowhere"}), "versions_url"),
        (json!({"role": "HUB"}), "role"),
        (json!({"more": 1}), "more"),
    ] {
        let mut question = json!({"versions_url": "https://peer.example/x", "token": "abc"});
        let members = changes.as_object().expect("an object");
        question
            .as_object_mut()
            .expect("one")
            .extend(members.clone());
        let ask = Ask::new("POST", target).json(&question);
        let detail = operator.send(ask).await.problem(400);
        assert!(detail.contains(named), "{detail}");
    }
}
