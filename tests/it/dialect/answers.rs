//! The answer to the question, in both dialects.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{asked, codes, limit, long_question, names, tutorial};
use crate::support::answer::{assert_refused, request};
use crate::support::http::Request;
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::World;

/// The tutorial's body.
fn place() -> Value {
    json!({"location_id": "LOC001", "evse_uids": ["EVSE001"]})
}

/// Holds, E-11.
#[tokio::test]
async fn the_long_path_is_answered_like_the_short_one_with_a_status_beside() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let mut long = asked(&world, &long_question("TOKEN123"), &place()).await;
    let mut short = asked(&world, &question("TOKEN123"), &place()).await;
    let plain = ["allowed", "authorization_reference", "location", "token"];
    assert_eq!(
        names(&short),
        plain,
        "a plain peer gets no field that OCPI does not name"
    );
    assert_eq!(
        long["location"],
        place(),
        "no connector_ids: nobody told us of connectors"
    );
    let status = long.as_object_mut().expect("an object").remove("status");
    assert_eq!(status, Some(json!("ACCEPTED")));
    let references = [&mut long, &mut short].map(|it| it["authorization_reference"].take());
    assert_ne!(references[0], references[1], "each answer has its own");
    assert_eq!(long, short);
}

/// Holds.
#[tokio::test]
async fn the_tutorials_profile_has_the_status_on_the_short_path_too() {
    let world = tutorial().await;
    world.push(&card("TOKEN123")).await;
    for target in [question("TOKEN123"), long_question("TOKEN123")] {
        let data = asked(&world, &target, &place()).await;
        assert_eq!(data["status"], "ACCEPTED", "{target}");
        assert_eq!(data["allowed"], "ALLOWED", "{target}");
        assert_eq!(data["location"], place(), "{target}");
        assert_eq!(data["token"], card("TOKEN123"), "{target}");
    }
}

/// Holds.
#[tokio::test]
async fn each_status_of_the_tutorial_stands_beside_its_allowed_value() {
    let (plain, tutorial) = (World::start().await, tutorial().await);
    let elsewhere = json!([{"country_code": "CH", "party_id": "ABC", "location_id": "LOC002"}]);
    let cases = [
        ("OK", json!({}), "ALLOWED", "ACCEPTED"),
        ("BLOCKED", json!({"blocked": true}), "BLOCKED", "BLOCKED"),
        (
            "EXPIRED",
            json!({"expires_at": "2026-01-01T12:00:00Z"}),
            "EXPIRED",
            "EXPIRED",
        ),
        (
            "NOT-YET",
            json!({"expires_at": "2026-01-01T12:00:01Z"}),
            "ALLOWED",
            "ACCEPTED",
        ),
        ("INVALID", json!({}), "BLOCKED", "INVALID"),
        (
            "BUSY",
            json!({"concurrent_sessions_max": 0}),
            "NOT_ALLOWED",
            "CONCURRENT_TX",
        ),
        (
            "POOR",
            json!({"credit": {"balance": "-0.01", "currency": "EUR"}}),
            "NO_CREDIT",
            "BLOCKED",
        ),
        (
            "AWAY",
            json!({"permitted_locations": elsewhere}),
            "NOT_ALLOWED",
            "BLOCKED",
        ),
    ];
    for world in [&plain, &tutorial] {
        for (uid, account, allowed, status) in &cases {
            world
                .push(&with(card(uid), &json!({"valid": *uid != "INVALID"})))
                .await;
            limit(world, uid, account).await;
            let long = asked(world, &long_question(uid), &place()).await;
            let short = asked(world, &question(uid), &place()).await;
            for data in [&long, &short] {
                assert_eq!(data["allowed"], *allowed, "{uid}: {data}");
                let is_allowed = *allowed == "ALLOWED";
                assert_eq!(data.get("location").is_some(), is_allowed, "{uid}: {data}");
                assert_eq!(data.get("info").is_none(), is_allowed, "{uid}: {data}");
            }
            assert_eq!(long["status"], *status, "{uid}");
            let is_plain = std::ptr::eq(world, &raw const plain);
            let shown = (!is_plain).then(|| json!(status));
            assert_eq!(short.get("status").cloned(), shown, "{uid}");
        }
    }
}

/// Holds.
#[tokio::test]
async fn an_unknown_token_has_no_status_and_no_data_in_either_dialect() {
    for world in [World::start().await, tutorial().await] {
        for target in [question("UNKNOWN"), long_question("UNKNOWN")] {
            let response = world.call("POST", &target, Some(&place())).await;
            assert_refused(&response, (404, 2004), &target);
        }
    }
}

/// Holds: X-01.
#[tokio::test]
async fn the_emsp_is_asked_and_the_cpo_keeps_copies() {
    for world in [World::start().await, tutorial().await] {
        world.push(&card("TOKEN123")).await;
        let asked = format!("{}/authorize", copy("TOKEN123"));
        assert_eq!(codes(&world, ("POST", &asked, "{}")).await, (404, 2000));
        let pushed = format!("{SENDER}/CH/ABC/TOKEN123");
        let body = card("TOKEN123").to_string();
        assert_eq!(codes(&world, ("PUT", &pushed, &body)).await, (404, 2000));
        assert_eq!(codes(&world, ("GET", &pushed, "")).await, (404, 2000));
    }
}

/// Holds: X-16.
#[tokio::test]
async fn what_the_library_answers_otherwise_is_not_imitated() {
    let world = tutorial().await;
    world.push(&card("TOKEN123")).await;
    let anonymous = Request::new("POST", &long_question("TOKEN123"));
    let response = world.send(&anonymous).await;
    assert_refused(&response, (401, 2000), &"no 403");
    assert!(world.shown(&copy("TOKEN123")).await.is_object());
    assert!(
        asked(&world, &long_question("TOKEN123"), &place())
            .await
            .is_object()
    );
    let invalid = world.send(&request("PUT", &copy("TOKEN123"), "{}")).await;
    assert_refused(&invalid, (200, 2001), &"no `detail`");
}

/// Holds.
#[tokio::test]
async fn both_dialects_answer_everything_with_the_same_codes_but_for_a_missing_contract_id() {
    let (plain, tutorial) = (World::start().await, tutorial().await);
    let (copy, question, long) = (copy("T"), question("T"), long_question("T"));
    let put = card("T").to_string();
    let incomplete = with(card("T"), &json!({"contract_id": null})).to_string();
    let requests = [
        ("GET", &*copy, ""),
        ("PUT", &*copy, &*put),
        ("PUT", &*copy, &*put),
        ("PUT", &*copy, "{}"),
        ("PUT", &*copy, "{"),
        ("PATCH", &*copy, "{\"valid\":true}"),
        (
            "PATCH",
            &*copy,
            "{\"valid\":true,\"last_updated\":\"2020-01-01T00:00:00Z\"}",
        ),
        (
            "PATCH",
            &*copy,
            "{\"valid\":true,\"last_updated\":\"2026-01-02T00:00:00Z\"}",
        ),
        ("PUT", &*copy, &*put),
        ("GET", &*copy, ""),
        ("DELETE", &*copy, ""),
        ("GET", SENDER, ""),
        ("GET", "/ocpi/emsp/2.3.0/tokens?limit=x", ""),
        ("POST", &*question, ""),
        ("POST", &*question, "{\"location_id\":1}"),
        ("POST", &*question, "[]"),
        ("POST", &*long, "{\"location_id\":\"L\"}"),
        ("POST", "/ocpi/emsp/2.3.0/tokens/U/authorize", ""),
        ("GET", "/ocpi/versions", ""),
        ("GET", "/ocpi/2.3.0", ""),
        ("GET", "/ocpi/2.0", ""),
        ("GET", "/ocpi/2.3.0/credentials", ""),
        ("POST", "/ocpi/2.3.0/credentials", "{}"),
    ];
    let mut seen = HashSet::new();
    for sent in requests {
        let answers = (codes(&plain, sent).await, codes(&tutorial, sent).await);
        assert_eq!(answers.0, answers.1, "{sent:?}");
        seen.insert(answers.0);
    }
    let expected = [
        (200, 1000),
        (200, 2001),
        (201, 1000),
        (400, 2000),
        (404, 2004),
        (404, 3002),
        (405, 2000),
    ];
    assert_eq!(seen, expected.into());
    let newer = incomplete.replace("2026-01-01", "2026-01-03");
    assert_eq!(codes(&plain, ("PUT", &copy, &newer)).await, (200, 2001));
    assert_eq!(codes(&tutorial, ("PUT", &copy, &newer)).await, (200, 1000));
}
