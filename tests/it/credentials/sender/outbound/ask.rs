//! What we ask: a copy of a Token, and whether a Token may charge.

use ocpi_domain::{LocationReferences, TokenKey, TokenType};
use serde_json::json;

use super::{answering, ask, cpo_of_2_1_1, header, only, token_of};
use crate::credentials::stage::{PEER, VERSIONS};
use crate::support::pair::id;
use crate::support::peer::Reply;
use crate::support::token::card;
use crate::support::world::party;

/// Holds: K-10, K-11, T-62, T-63, M-01.
#[tokio::test]
async fn a_copy_is_read_back_and_none_is_none() {
    let shown = json!(token_of(&json!({"x_extra": {"kept": true}})));
    let key = TokenKey {
        party: party("CH", "ABC"),
        uid: "CARD1".parse().expect("a uid"),
        token_type: TokenType::Rfid,
    };
    for version in ["2.2.1", "2.3.0"] {
        let stage = answering(version, Reply::success(&shown)).await;
        let app = &stage.world.app;
        let found = app.get_token_at(&id(PEER), &key).await.expect("an answer");
        assert_eq!(json!(found), shown, "{version}");
        let asked = only(&stage);
        assert_eq!(asked.method, "GET", "{version}");
        assert!(!asked.headers.contains_key("content-type"), "{version}");
        for (status, code) in [(404, 2004), (404, 2000), (200, 2004)] {
            stage
                .peer
                .answers(move |_| Reply::refused(status, code, "no such token"));
            let found = app.get_token_at(&id(PEER), &key).await;
            assert_eq!(found.expect("an answer"), None, "{version} {status} {code}");
        }
    }
    let older = json!({
        "uid": "CARD1", "type": "RFID", "auth_id": "CH-ABC-C00000001", "issuer": "Example",
        "valid": true, "whitelist": "ALLOWED", "last_updated": "2026-01-01T00:00:00Z",
    });
    let stage = cpo_of_2_1_1(Reply::success(&older)).await;
    let app = &stage.world.app;
    let found = app.get_token_at(&id(PEER), &key).await.expect("an answer");
    assert_eq!(
        json!(found),
        json!(token_of(&json!({}))),
        "the owner is that of the URL"
    );
}

/// Holds: E-10, T-87, Q-06, Q-15, M-08.
#[tokio::test]
async fn a_question_names_the_type_and_the_place_and_is_never_empty() {
    let place: LocationReferences =
        serde_json::from_value(json!({"location_id": "LOC1", "evse_uids": ["E1"]})).expect("one");
    for version in VERSIONS {
        let allowed = Reply::success(&json!({"allowed": "ALLOWED"}));
        let stage = answering(version, allowed).await;
        ask(&stage, "A/B", Some(&place)).await.expect("an answer");
        let asked = only(&stage);
        let path = format!("/ocpi/{version}/tokens/sender/A%2FB/authorize");
        let (bare, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        assert_eq!((&*asked.method, bare), ("POST", &*path), "{version}");
        if version != "2.1.1" {
            assert_eq!(query, "type=RFID", "{version}");
            assert_eq!(header(&asked, "ocpi-from-country-code"), "CH");
            assert_eq!(header(&asked, "ocpi-to-party-id"), "TNM");
        }
        assert_eq!(asked.json(), json!(place), "{version}");
        stage.peer.forget();
        ask(&stage, "A", None).await.expect("an answer");
        assert!(only(&stage).json().is_object(), "{version}: never empty");
    }
}

/// Holds, M-07, Q-04.
#[tokio::test]
async fn an_answer_is_read_as_far_as_it_goes_and_unknown_is_unknown() {
    let whole = json!({
        "allowed": "ALLOWED",
        "token": card("CARD1"),
        "location": {"location_id": "LOC1", "evse_uids": ["E1"]},
        "authorization_reference": "REF1",
        "info": {"language": "en", "text": "Welcome"},
    });
    let stage = answering("2.3.0", Reply::success(&whole)).await;
    let answer = ask(&stage, "CARD1", None).await.expect("an answer");
    let expected = json!({
        "allowed": "ALLOWED",
        "location": whole["location"],
        "reference": "REF1",
        "info": whole["info"],
        "token": whole["token"],
    });
    assert_eq!(answer, Some(expected));
    let thin = |allowed: &str| {
        json!({
            "allowed": allowed, "location": null, "reference": null, "info": null, "token": null,
        })
    };
    for (data, allowed) in [
        (json!({"allowed": "BLOCKED"}), "BLOCKED"),
        (json!([{"allowed": "ALLOWED"}]), "ALLOWED"),
        (
            json!({"allowed": "NO_CREDIT", "location": null, "info": null, "token": null}),
            "NO_CREDIT",
        ),
        (
            json!({"allowed": "ALLOWED", "token": {"uid": "CARD1"}, "info": 7, "location": {}}),
            "ALLOWED",
        ),
    ] {
        let reply = Reply::success(&data);
        stage.peer.answers(move |_| reply.clone());
        let answer = ask(&stage, "CARD1", None).await.expect("an answer");
        assert_eq!(answer, Some(thin(allowed)), "{data}");
    }
    for (status, code) in [(404, 2004), (200, 2004), (400, 2004)] {
        stage
            .peer
            .answers(move |_| Reply::refused(status, code, "unknown"));
        let answer = ask(&stage, "CARD1", None).await.expect("an answer");
        assert_eq!(answer, None, "{status} {code}");
    }
    // What is no yes is a no.
    let maybe = Reply::success(&json!({"allowed": "MAYBE"}));
    stage.peer.answers(move |_| maybe.clone());
    let answer = ask(&stage, "CARD1", None).await.expect("an answer");
    assert_eq!(answer, Some(thin("NOT_ALLOWED")));
    for data in [json!({}), json!([]), json!(null)] {
        let reply = Reply::success(&data);
        stage.peer.answers(move |_| reply.clone());
        ask(&stage, "CARD1", None)
            .await
            .expect_err("nothing to go by");
    }
}
