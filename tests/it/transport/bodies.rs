//! How bodies are read: T.3.

use serde_json::{Value, json};

use crate::support::answer::{assert_refused, request};
use crate::support::http::Request;
use crate::support::token::{card, copy, question, with};
use crate::support::world::{TOKEN, World};

/// Holds: T-61, Q-28.
#[tokio::test]
async fn a_body_is_json_whatever_its_content_type_says() {
    let world = World::start().await;
    let types = [
        None,
        Some("application/json"),
        Some("application/json; charset=UTF-8"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/xml"),
        Some("nonsense"),
        Some(""),
    ];
    for (index, content_type) in types.iter().enumerate() {
        let uid = format!("CARD{index}");
        let put = Request::new("PUT", &copy(&uid))
            .token(TOKEN)
            .json(&card(&uid));
        let ask = Request::new("POST", &question(&uid))
            .token(TOKEN)
            .body("{}");
        for (sent, status) in [(put, 201), (ask, 200)] {
            let sent = content_type
                .iter()
                .fold(sent, |sent, it| sent.header("Content-Type", it));
            let response = world.send(&sent).await;
            assert_eq!(response.codes(), (status, 1000), "{content_type:?}");
        }
    }
}

/// Holds: T-61.
#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let world = World::start().await;
    let marked = format!("\u{feff}{}", card("TOKEN123"));
    let response = world
        .send(&request("PUT", &copy("TOKEN123"), &marked))
        .await;
    assert_eq!(response.codes(), (201, 1000));
    let marked = "\u{feff}{\"location_id\":\"LOC001\"}";
    let response = world
        .send(&request("POST", &question("TOKEN123"), marked))
        .await;
    assert_eq!(response.data()["location"]["location_id"], "LOC001");
}

/// Holds: T-62, T-63.
#[tokio::test]
async fn unknown_fields_of_a_token_are_kept_and_come_back_only_with_the_token() {
    let world = World::start().await;
    let theirs = json!({
        "auth_method": "AUTH_REQUEST",
        "zz_object": {"a": [1, 2.50, {"b": null}]},
        "zz_number": 1,
        "zz_text": "Grüße",
    });
    let token = with(card("TOKEN123"), &theirs);
    world.push(&token).await;
    assert_eq!(world.shown(&copy("TOKEN123")).await, token);
    let place = json!({"location_id": "LOC001", "evse_uids": ["E1"], "zz_place": 1, "x": null});
    let response = world
        .call("POST", &question("TOKEN123"), Some(&place))
        .await;
    assert_eq!(response.codes(), (200, 1000));
    let mut data = response.data();
    assert_eq!(data["token"].take(), token);
    assert_eq!(
        data["location"],
        json!({"location_id": "LOC001", "evse_uids": ["E1"]})
    );
    let names: Vec<&String> = data.as_object().expect("an object").keys().collect();
    assert_eq!(
        names,
        ["allowed", "authorization_reference", "location", "token"]
    );
    let patch = json!({"last_updated": "2026-01-01T00:00:01Z", "zz_text": "new", "zz_more": true});
    assert_eq!(
        world
            .call("PATCH", &copy("TOKEN123"), Some(&patch))
            .await
            .codes(),
        (200, 1000)
    );
    assert_eq!(world.shown(&copy("TOKEN123")).await, with(token, &patch));
}

/// Holds: T-65.
#[tokio::test]
async fn a_key_sent_twice_in_one_object_is_2001_and_is_named() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let text = with(card("TOKEN123"), &json!({"valid": false, "zz": {"a": 1}})).to_string();
    let twice = [
        (
            "valid",
            text.replace("\"valid\":", "\"valid\":true,\"valid\":"),
        ),
        (
            "valid",
            text.replace("\"valid\":", "\"valid\":true,\"v\\u0061lid\":"),
        ),
        (
            "valid",
            text.replace("\"valid\":", "\"valid\":null,\"valid\":"),
        ),
        ("zz", text.replace("\"zz\":", "\"zz\":2,\"zz\":")),
        ("a", text.replace("\"a\":", "\"a\":2,\"a\":")),
    ];
    for (name, body) in &twice {
        for method in ["PUT", "PATCH"] {
            world
                .assert_all_refused((200, 2001), &[(method, &copy("TOKEN123"), body)])
                .await;
            let response = world.send(&request(method, &copy("TOKEN123"), body)).await;
            assert!(
                response.message().contains(name),
                "{body}: {}",
                response.message()
            );
        }
    }
    let place = r#"{"location_id":"LOC001","location_id":"LOC002"}"#;
    world
        .assert_all_refused((200, 2001), &[("POST", &question("TOKEN123"), place)])
        .await;
}

/// Holds: T-71, D-16.
#[tokio::test]
async fn ids_are_printable_ascii_and_texts_are_printable_and_counted_in_characters() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let target = copy("TOKEN123");
    let longest = json!({
        "issuer": "é".repeat(64),
        "visual_number": "🚗".repeat(64),
        "contract_id": "x".repeat(36),
        "group_id": "~".repeat(36),
    });
    let token = with(card("TOKEN123"), &longest);
    assert_eq!(
        world.call("PUT", &target, Some(&token)).await.codes(),
        (200, 1000)
    );
    assert_eq!(world.shown(&target).await, token);
    for (name, value) in [
        ("issuer", "é".repeat(65)),
        ("issuer", "a\nb".to_owned()),
        ("issuer", "a\rb".to_owned()),
        ("issuer", "a\tb".to_owned()),
        ("issuer", "a\u{0}b".to_owned()),
        ("issuer", "a\u{7f}b".to_owned()),
        ("visual_number", "a\u{85}b".to_owned()),
        ("contract_id", "Größe".to_owned()),
        ("contract_id", "a\tb".to_owned()),
        ("group_id", "a\u{1f}b".to_owned()),
    ] {
        let body = with(card("TOKEN123"), &json!({name: value.as_str()})).to_string();
        world
            .assert_all_refused((200, 2001), &[("PUT", &target, &body)])
            .await;
        let message = world.send(&request("PUT", &target, &body)).await.message();
        assert!(message.contains(name), "{body}: {message}");
    }
    let half = card("TOKEN123")
        .to_string()
        .replace("\"Example\"", "\"\\ud83d\"");
    assert_refused(
        &world.send(&request("PUT", &target, &half)).await,
        (200, 2001),
        &"half a surrogate pair is no character",
    );
}

/// Holds: T-74.
#[tokio::test]
async fn json_may_be_64_levels_deep_and_no_deeper() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let nested = |levels: usize| {
        let inner = levels - 1;
        let value = format!("{}{}", "[".repeat(inner), "]".repeat(inner));
        card("TOKEN123")
            .to_string()
            .replacen('{', &format!("{{\"zz\":{value},"), 1)
    };
    for (levels, codes) in [
        (64, (200, 1000)),
        (65, (200, 2001)),
        (1000, (200, 2001)),
        (400_000, (200, 2001)),
    ] {
        let response = world
            .send(&request("PUT", &copy("TOKEN123"), &nested(levels)))
            .await;
        assert_eq!(
            response.codes(),
            codes,
            "{levels} levels: {}",
            response.message()
        );
    }
}

/// Holds: T-66.
#[tokio::test]
async fn moments_are_shown_in_utc_with_milliseconds_only_when_there_are_some() {
    let world = World::start().await;
    for (sent, shown) in [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:01.5Z", "2026-01-01T00:00:01.500Z"),
        ("2026-01-01T00:00:02.123456789Z", "2026-01-01T00:00:02.123Z"),
        ("2026-01-01T01:00:03+01:00", "2026-01-01T00:00:03Z"),
    ] {
        let token = with(card("TOKEN123"), &json!({"last_updated": sent}));
        let response = world.call("PUT", &copy("TOKEN123"), Some(&token)).await;
        assert!(response.status < 300, "{sent}");
        let token: Value = world.shown(&copy("TOKEN123")).await;
        assert_eq!(token["last_updated"], shown, "{sent}");
    }
    world.clock.advance_ms(7);
    let response = world.call("GET", "/ocpi/versions", None).await;
    assert_eq!(response.json()["timestamp"], "2026-01-01T12:00:00.007Z");
}
