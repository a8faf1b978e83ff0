//! Whole Tokens: `PUT`.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{refused, taken};
use crate::support::http::Request;
use crate::support::token::{card, copy, with};
use crate::support::world::{TOKEN, World, WorldBuilder, platform};

/// Every field that a Token can have.
fn full(uid: &str) -> Value {
    with(
        card(uid),
        &json!({
            "visual_number": "CH-0001-1",
            "group_id": "CH-0001",
            "language": "it",
            "default_profile_type": "GREEN",
            "energy_contract": {"supplier_name": "Sun", "contract_id": "0123456789"},
        }),
    )
}

/// A world whose platform has this profile.
async fn world_with(profile: Profile) -> World {
    let roles = [("CH", "ABC", Role::Emsp), ("CH", "ABC", Role::Cpo)];
    WorldBuilder::new()
        .platform(platform("partner", profile, &roles), TOKEN)
        .start()
        .await
}

/// Holds: K-17, T-22, T-25.
#[tokio::test]
async fn a_put_that_creates_is_201_and_one_that_replaces_is_200_both_without_data() {
    let world = World::start().await;
    for (status, issuer) in [(201, "One"), (200, "Two"), (200, "Two")] {
        let token = with(card("U1"), &json!({"issuer": issuer}));
        let response = world.call("PUT", &copy("U1"), Some(&token)).await;
        assert_eq!(response.codes(), (status, 1000), "{issuer}");
        assert_eq!(response.json().get("data"), None);
        assert_eq!(world.shown(&copy("U1")).await, token);
    }
}

/// Holds: K-15, T-34.
#[tokio::test]
async fn a_put_that_lacks_a_required_field_is_refused_and_names_it() {
    let world = World::start().await;
    world.push(&full("U1")).await;
    for field in [
        "country_code",
        "party_id",
        "uid",
        "type",
        "contract_id",
        "issuer",
        "valid",
        "whitelist",
        "last_updated",
    ] {
        let lacking = with(with(full("U1"), &later()), &json!({field: null}));
        let mut as_null = lacking.clone();
        as_null[field] = Value::Null;
        // To a stored Token and to one that there is not.
        for uid in ["U1", "U2"] {
            for body in [&lacking, &as_null] {
                let mut body = body.clone();
                if field != "uid" {
                    body["uid"] = json!(uid);
                }
                let response = refused(&world, "PUT", &copy(uid), Some(&body), (200, 2001)).await;
                assert!(
                    response.message().contains(&format!("`{field}`")),
                    "{field}"
                );
            }
        }
    }
}

fn later() -> Value {
    json!({"last_updated": "2026-01-01T00:00:01Z"})
}

/// Holds: K-15, T-34, T-35, T-65, T-70, T-71, D-07.
#[tokio::test]
async fn a_put_with_one_bad_field_is_refused_and_changes_no_other() {
    let world = World::start().await;
    world.push(&full("U1")).await;
    for (field, bad) in [
        ("country_code", json!("CHE")),
        ("party_id", json!("AB")),
        ("uid", json!("u".repeat(37))),
        ("type", json!("")),
        ("contract_id", json!("c".repeat(37))),
        ("visual_number", json!("v".repeat(65))),
        ("issuer", json!("a\nb")),
        ("group_id", json!("é")),
        ("valid", json!("true")),
        ("whitelist", json!("allowed")),
        ("language", json!("english")),
        ("default_profile_type", json!("SLOW")),
        ("energy_contract", json!({"contract_id": "1"})),
        ("energy_contract", json!([])),
        ("last_updated", json!(1_700_000_000)),
        ("last_updated", json!("2026-01-02")),
    ] {
        let body = with(card("U1"), &json!({"issuer": "Changed"}));
        let body = with(with(body, &later()), &json!({field: bad}));
        let response = refused(&world, "PUT", &copy("U1"), Some(&body), (200, 2001)).await;
        assert!(
            response.message().contains(field),
            "{field}: {}",
            response.message()
        );
    }
    for body in [json!([card("U1")]), json!("text"), Value::Null] {
        refused(&world, "PUT", &copy("U1"), Some(&body), (200, 2001)).await;
    }
    let twice = card("U1").to_string().replacen('{', "{\"valid\":false,", 1);
    let request = Request::new("PUT", &copy("U1")).token(TOKEN).body(twice);
    assert_eq!(world.send(&request).await.codes(), (200, 2001));
    assert_eq!(world.shown(&copy("U1")).await, full("U1"));
}

/// Holds: K-16, K-33, T-64.
#[tokio::test]
async fn a_put_replaces_the_whole_token() {
    let world = World::start().await;
    let token = with(full("U1"), &json!({"x_extra": 1}));
    world.push(&token).await;
    assert_eq!(world.shown(&copy("U1")).await, token);
    let bare = with(card("U1"), &later());
    taken(&world, "PUT", &copy("U1"), &bare).await;
    assert_eq!(world.shown(&copy("U1")).await, bare);
    // `null` is "not sent".
    let mut nulls = with(full("U1"), &later());
    for field in [
        "visual_number",
        "group_id",
        "language",
        "default_profile_type",
    ] {
        nulls[field] = Value::Null;
    }
    nulls["energy_contract"] = Value::Null;
    nulls["x_extra"] = Value::Null;
    taken(&world, "PUT", &copy("U1"), &nulls).await;
    assert_eq!(world.shown(&copy("U1")).await, bare);
}

/// Holds: K-18, K-19, T-36.
#[tokio::test]
async fn a_body_that_names_another_token_than_the_url_is_refused() {
    let world = World::start().await;
    world.push(&card("U1")).await;
    for (field, other) in [("country_code", "DE"), ("party_id", "XYZ"), ("uid", "U2")] {
        let body = with(with(card("U1"), &later()), &json!({field: other}));
        for target in [copy("U1"), copy("U1") + "?type=RFID"] {
            let response = refused(&world, "PUT", &target, Some(&body), (200, 2001)).await;
            assert!(
                response.message().starts_with(&format!("`{field}`")),
                "{field}"
            );
        }
    }
    let other_case = json!({"country_code": "ch", "party_id": "abc", "uid": "u1"});
    taken(
        &world,
        "PUT",
        &copy("U1"),
        &with(with(card("U1"), &later()), &other_case),
    )
    .await;
}

/// Holds: K-20, Z-10.
#[tokio::test]
async fn the_type_of_the_url_must_be_that_of_the_body_and_without_it_the_body_decides() {
    let world = World::start().await;
    let app = with(card("U1"), &json!({"type": "APP_USER"}));
    for (url_type, body) in [
        ("RFID", &app),
        ("app_user", &app),
        ("APP_USER", &card("U1")),
    ] {
        let target = copy("U1") + "?type=" + url_type;
        let response = refused(&world, "PUT", &target, Some(body), (200, 2001)).await;
        assert!(response.message().starts_with("`type`"), "{url_type}");
    }
    world.push(&app).await;
    assert_eq!(
        world.stored().await[0].token.token_type.as_str(),
        "APP_USER"
    );
    taken(&world, "PUT", &(copy("U1") + "?type=APP_USER"), &app).await;
    world.push(&card("U1")).await;
    assert_eq!(world.stored().await.len(), 2);
}

/// Holds: K-21.
#[tokio::test]
async fn the_identical_put_changes_nothing_at_all() {
    let world = World::start().await;
    let token = with(full("U1"), &json!({"x_extra": {"a": [1, 2]}}));
    world.push(&token).await;
    world.push(&card("U2")).await;
    let before = world.snapshot().await;
    taken(&world, "PUT", &copy("U1"), &token).await;
    taken(&world, "PUT", &(copy("U1") + "?type=RFID"), &token).await;
    let mut with_nulls = token.clone();
    with_nulls["x_null"] = Value::Null;
    taken(&world, "PUT", &copy("U1"), &with_nulls).await;
    assert_eq!(world.snapshot().await, before);
    // The counterpart: what differs in one letter's case only is written, at the old place.
    taken(
        &world,
        "PUT",
        &copy("U1"),
        &with(token, &json!({"contract_id": "ch-ABC-C00000001"})),
    )
    .await;
    let after = world.snapshot().await;
    assert!(after[0].0 > before[0].0, "{after:?}");
    assert_eq!(after[1], before[1]);
}

/// Holds: K-32.
#[tokio::test]
async fn a_token_that_is_not_valid_stays_stored_and_readable() {
    let world = World::start().await;
    let invalid = with(card("U1"), &json!({"valid": false}));
    world.push(&invalid).await;
    assert_eq!(world.shown(&copy("U1")).await, invalid);
    let again = with(with(card("U1"), &later()), &json!({"valid": true}));
    taken(&world, "PUT", &copy("U1"), &again).await;
    assert_eq!(world.shown(&copy("U1")).await, again);
}

/// Holds: K-33, T-62, T-63, X-09.
#[tokio::test]
async fn unknown_fields_are_kept_and_returned_to_the_letter() {
    let world = World::start().await;
    let unknown =
        r#""x_price":1.50,"auth_method":"AUTH_REQUEST","x_nested":{"b" : [1.0, 2e3],"a":"\u00e9"}"#;
    let sent = card("U1")
        .to_string()
        .replacen('{', &format!("{{{unknown},"), 1);
    let request = Request::new("PUT", &copy("U1"))
        .token(TOKEN)
        .body(sent.clone());
    assert_eq!(world.send(&request).await.codes(), (201, 1000));
    let shown = world.call("GET", &copy("U1"), None).await;
    let text = String::from_utf8(shown.body.clone()).unwrap();
    for member in [
        r#""x_price":1.50"#,
        r#""auth_method":"AUTH_REQUEST""#,
        r#""x_nested":{"b" : [1.0, 2e3],"a":"\u00e9"}"#,
    ] {
        assert!(text.contains(member), "{member} in {text}");
    }
    // A PATCH changes the unknown fields that it sends, and keeps the others as they were.
    let change = json!({"x_price": 2, "x_new": true, "last_updated": "2026-01-01T00:00:01Z"});
    taken(&world, "PATCH", &copy("U1"), &change).await;
    let text = String::from_utf8(world.call("GET", &copy("U1"), None).await.body).unwrap();
    for member in [
        r#""x_price":2,"#,
        r#""x_new":true"#,
        r#""x_nested":{"b" : [1.0, 2e3]"#,
    ] {
        assert!(text.contains(member), "{member} in {text}");
    }
}

/// Holds: K-35.
#[tokio::test]
async fn a_missing_owner_is_taken_from_the_url_only_where_the_profile_says_so() {
    let ownerless = with(card("U1"), &json!({"country_code": null, "party_id": null}));
    let strict = world_with(Profile::default()).await;
    refused(&strict, "PUT", &copy("U1"), Some(&ownerless), (200, 2001)).await;
    let filling = world_with(Profile {
        fill_owner: true,
        ..Profile::default()
    })
    .await;
    let response = filling.call("PUT", &copy("U1"), Some(&ownerless)).await;
    assert_eq!(response.codes(), (201, 1000));
    assert_eq!(filling.shown(&copy("U1")).await, card("U1"));
    // What is there and wrong is not completed.
    let wrong = with(
        with(card("U1"), &later()),
        &json!({"country_code": "DE", "party_id": null}),
    );
    refused(&filling, "PUT", &copy("U1"), Some(&wrong), (200, 2001)).await;
}

/// A hub pushes with its own name in the header; whose Token it is, the URL and the body say.
///
/// Holds: T-90, T-91, Z-14.
#[tokio::test]
async fn the_sender_that_a_header_names_owns_nothing_by_it() {
    let world = World::start().await;
    let foreign = with(
        card("U1"),
        &json!({"country_code": "DE", "party_id": "TNM"}),
    );
    for (from, uid) in [(("NL", "HUB"), "U1"), (("DE", "TNM"), "U2")] {
        let request = Request::new("PUT", &copy(uid))
            .token(TOKEN)
            .json(&card(uid));
        let response = world.send(&request.party("from", from.0, from.1)).await;
        assert_eq!(response.codes(), (201, 1000), "{from:?}");
        // Nor does it make the body's owner right, or the URL's one that the connection holds.
        let before = world.snapshot().await;
        for (target, codes) in [
            (copy("U1"), (200, 2001)),
            (copy("U1").replace("CH/ABC", "DE/TNM"), (404, 2000)),
        ] {
            let request = Request::new("PUT", &target).token(TOKEN).json(&foreign);
            let response = world.send(&request.party("from", from.0, from.1)).await;
            assert_eq!(response.codes(), codes, "{from:?} {target}");
        }
        assert_eq!(world.snapshot().await, before);
    }
}
