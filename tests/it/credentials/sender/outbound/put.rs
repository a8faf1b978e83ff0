//! Tokens that we put into the stores of CPOs.

use serde_json::json;

use super::{answering, cpo_of_2_1_1, header, only, put, token_of};
use crate::credentials::sender::TOKEN_C;
use crate::credentials::stage::written;
use crate::support::peer::Reply;

/// Holds: T-02, T-60, T-82, T-84, T-87, T-94, K-01, M-06.
#[tokio::test]
async fn a_token_is_put_with_its_whole_url_and_the_four_routing_headers() {
    for version in ["2.2.1", "2.3.0"] {
        let stage = answering(version, Reply::refused(201, 1000, "Success")).await;
        let plain = token_of(&json!({}));
        put(&stage, &plain).await.expect("it is taken");
        let asked = only(&stage);
        let target = format!("/ocpi/{version}/tokens/receiver/CH/ABC/CARD1");
        let bare = asked.target.split('?').next().expect("a path");
        assert_eq!((&*asked.method, bare), ("PUT", &*target), "{version}");
        assert_eq!(asked.token(), written(version, TOKEN_C), "{version}");
        assert_eq!(header(&asked, "content-type"), "application/json");
        assert_eq!(asked.json(), json!(plain), "{version}");
        for (name, value) in [
            ("ocpi-from-country-code", "CH"),
            ("ocpi-from-party-id", "ABC"),
            ("ocpi-to-country-code", "DE"),
            ("ocpi-to-party-id", "TNM"),
        ] {
            assert_eq!(header(&asked, name), value, "{version} {name}");
        }
        for name in ["x-request-id", "x-correlation-id"] {
            assert_eq!(header(&asked, name).len(), 36, "{version} {name}");
        }
        // What is data in a segment stays data; the type is said when it is not RFID.
        stage.peer.forget();
        let odd = token_of(&json!({"uid": "A/B C?#%", "type": "APP_USER"}));
        put(&stage, &odd).await.expect("it is taken");
        let target = format!("/ocpi/{version}/tokens/receiver/CH/ABC/A%2FB%20C%3F%23%25");
        assert_eq!(only(&stage).target, format!("{target}?type=APP_USER"));
    }
}

/// Holds: T-03, T-86, M-02, M-04, M-19, T-66.
#[tokio::test]
async fn a_token_is_put_in_the_words_of_2_1_1() {
    let stage = cpo_of_2_1_1(Reply::refused(200, 1000, "Success")).await;
    let token = token_of(&json!({
        "type": "APP_USER",
        "group_id": "G1",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Sun"},
        "last_updated": "2026-01-01T00:00:00.750Z",
    }));
    put(&stage, &token).await.expect("it is taken");
    let asked = only(&stage);
    assert_eq!(asked.token(), TOKEN_C, "as it is");
    assert!(!asked.headers.keys().any(|name| name.starts_with("ocpi-")));
    assert!(
        asked.target.contains("/tokens/CH/ABC/CARD1") || asked.target.contains("/CH/ABC/CARD1")
    );
    let expected = json!({
        "uid": "CARD1",
        "type": "OTHER",
        "auth_id": "CH-ABC-C00000001",
        "issuer": "Example",
        "valid": true,
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    });
    assert_eq!(asked.json(), expected);
}

/// Holds: T-23, Q-16.
#[tokio::test]
async fn any_success_of_a_write_is_one_whatever_it_holds() {
    for reply in [
        Reply::refused(200, 1000, "Success"),
        Reply::refused(201, 1000, "Success"),
        Reply::success(&json!(null)),
        Reply::success(&json!([])),
        Reply::success(&json!({"uid": "CARD1"})),
        Reply::text(204, "text/plain", ""),
        Reply::text(200, "text/plain", ""),
    ] {
        let stage = answering("2.3.0", reply.clone()).await;
        let done = put(&stage, &token_of(&json!({}))).await;
        assert!(done.is_ok(), "{reply:?}: {done:?}");
    }
}

/// Holds: T-54, T-55, T-98, Q-11, Q-12.
#[tokio::test]
async fn what_is_no_success_is_an_error_that_says_what_was_answered_and_is_not_sent_again() {
    for (reply, said) in [
        (Reply::refused(200, 2001, "no issuer"), "no issuer"),
        (Reply::refused(200, 2999, "odd"), "2999"),
        (Reply::refused(400, 2001, "no issuer"), "2001"),
        (Reply::refused(404, 2000, "not yours"), "404"),
        (Reply::json(422, &json!({"detail": [{"msg": "x"}]})), "422"),
        (Reply::text(502, "text/html", "<html>"), "502"),
        (Reply::text(500, "text/plain", ""), "500"),
        (Reply::refused(200, 3000, "later"), "3000"),
    ] {
        let stage = answering("2.3.0", reply.clone()).await;
        let failed = put(&stage, &token_of(&json!({}))).await;
        let failed = failed.expect_err("no success").to_string();
        assert!(failed.contains(said), "{reply:?}: {failed}");
        assert!(failed.contains(&stage.peer.url), "{failed}");
        assert!(!failed.contains(TOKEN_C), "{failed}");
        assert_eq!(stage.peer.asked().len(), 1, "{reply:?}");
    }
}
