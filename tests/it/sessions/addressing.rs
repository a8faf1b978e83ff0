//! Where sessions are, and who may reach them.

use serde_json::json;

use super::{CPO, at, refused, send, shown, snapshot, taken, world};
use crate::support::http::Request;
use crate::support::push::{SESSIONS, session};
use crate::support::token::with;
use crate::support::world::TOKEN;

/// Holds: S-01, T-32, T-33, K-36.
#[tokio::test]
async fn a_session_can_be_read_put_and_patched_and_nothing_else() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &session("S1", "U1"), 201).await;
    let before = snapshot(&world).await;
    for method in ["POST", "DELETE"] {
        let response = send(&world, method, &at("S1"), Some(&json!({}))).await;
        assert_eq!(response.codes(), (405, 2000), "{method}");
        assert_eq!(
            response.header("Allow"),
            Some("GET, PUT, PATCH"),
            "{method}"
        );
    }
    for target in [
        format!("{SESSIONS}/NL"),
        format!("{SESSIONS}/NL/ALF"),
        format!("{SESSIONS}/NL/ALF/S1/more"),
        format!("{SESSIONS}/NL/ALF/S1/more/still"),
        "/ocpi/cpo/2.3.0/sessions/NL/ALF/S1".to_owned(),
    ] {
        for method in ["GET", "PUT", "PATCH"] {
            let response = send(&world, method, &target, Some(&session("S1", "U1"))).await;
            assert_eq!(response.codes(), (404, 2000), "{method} {target}");
        }
    }
    let long = at(&"s".repeat(37));
    for (method, codes) in [
        ("GET", (404, 2000)),
        ("PATCH", (404, 2000)),
        ("PUT", (200, 2001)),
    ] {
        let body = with(session("S1", "U1"), &json!({"id": "s".repeat(37)}));
        let response = send(&world, method, &long, Some(&body)).await;
        assert_eq!(response.codes(), codes, "{method}: {}", response.message());
    }
    assert_eq!(snapshot(&world).await, before);
}

/// Holds: T-69, T-93, T-94, S-25.
#[tokio::test]
async fn a_session_is_found_whatever_the_case_and_the_slashes() {
    let world = world().await;
    let odd = with(session("A/B C", "U1"), &json!({}));
    taken(&world, "PUT", &at("A%2FB%20C"), &odd, 201).await;
    for target in [
        at("a%2fb%20c"),
        format!("{SESSIONS}/nl/alf/A%2FB%20C/"),
        format!("{SESSIONS}//NL//ALF/A%2FB%20C"),
    ] {
        assert_eq!(shown(&world, &target).await, odd, "{target}");
    }
}

/// Holds: S-02, K-05, T-37, C-20.
#[tokio::test]
async fn only_the_platform_of_the_cpo_reaches_its_sessions() {
    let world = world().await;
    taken(&world, "PUT", &at("S1"), &session("S1", "U1"), 201).await;
    let before = snapshot(&world).await;
    // One of a CPO that the platform does not hold, known or not; and of one whose eMSP it holds.
    let foreign = format!("{SESSIONS}/FR/FOR/S1");
    let body = with(
        session("S1", "U1"),
        &json!({"country_code": "FR", "party_id": "FOR"}),
    );
    for method in ["GET", "PUT", "PATCH"] {
        refused(&world, method, &foreign, Some(&body), (404, 2000)).await;
    }
    for (target, body) in [
        (at("S1"), session("S1", "U1")),
        (at("S2"), session("S2", "U1")),
    ] {
        for method in ["GET", "PUT", "PATCH"] {
            let request = Request::new(method, &target).token(TOKEN).json(&body);
            let response = world.send(&request).await;
            assert_eq!(response.codes(), (404, 2000), "{method} {target}");
            assert_eq!(response.json().get("data"), None);
        }
    }
    // Who may not write learns nothing of what is wrong with the body.
    let request = Request::new("PUT", &at("S1")).token(TOKEN).body("{");
    assert_eq!(world.send(&request).await.codes(), (404, 2000));
    let nobody = Request::new("GET", &at("S1"));
    assert_eq!(world.send(&nobody).await.codes(), (401, 2000));
    assert_eq!(snapshot(&world).await, before);
    let sibling = with(session("S1", "U1"), &json!({"party_id": "BET"}));
    let target = format!("{SESSIONS}/NL/BET/S1");
    taken(&world, "PUT", &target, &sibling, 201).await;
    assert_eq!(
        shown(&world, &at("S1")).await,
        session("S1", "U1"),
        "not mixed up"
    );
}

/// Holds: T-80, T-85, T-89, T-90.
#[tokio::test]
async fn ids_come_back_and_routing_is_swapped_and_checked() {
    let world = world().await;
    let request = |method: &str| {
        Request::new(method, &at("S1"))
            .token(CPO)
            .header("X-Request-ID", "request-1")
            .header("X-Correlation-ID", "correlation-1")
            .json(&session("S1", "U1"))
    };
    let routed = |method: &str, to: &str| {
        request(method)
            .party("from", "NL", "ALF")
            .party("to", "CH", to)
    };
    for (method, codes) in [
        ("GET", (404, 2000)),
        ("PUT", (201, 1000)),
        ("GET", (200, 1000)),
    ] {
        let response = world.send(&routed(method, "XYZ")).await;
        assert_eq!(response.codes(), codes, "{method}");
        for (name, value) in [
            ("X-Request-ID", "request-1"),
            ("X-Correlation-ID", "correlation-1"),
            ("OCPI-to-party-id", "ALF"),
            ("OCPI-to-country-code", "NL"),
            ("OCPI-from-party-id", "XYZ"),
            ("OCPI-from-country-code", "CH"),
        ] {
            assert_eq!(response.header(name), Some(value), "{method} {name}");
        }
    }
    let to_nobody = world.send(&routed("PUT", "NOB")).await;
    assert_eq!(to_nobody.codes(), (200, 2001), "{}", to_nobody.message());
    let of_a_stranger = request("GET").party("from", "FR", "FOR");
    assert_eq!(world.send(&of_a_stranger).await.codes(), (200, 1000));
}
