//! Which Token a URL addresses, and who may.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{refused, taken};
use crate::support::http::Request;
use crate::support::token::{RECEIVER, card, copy, with};
use crate::support::world::{World, WorldBuilder, platform};

/// A world whose platform speaks for the eMSPs CH/ABC and DE/TNM, and is a CPO as FR/CPO.
async fn world_of_two_emsps() -> World {
    let roles = [
        ("CH", "ABC", Role::Emsp),
        ("DE", "TNM", Role::Emsp),
        ("FR", "CPO", Role::Cpo),
    ];
    WorldBuilder::new()
        .platform(
            platform("partner", Profile::default(), &roles),
            "your-token",
        )
        .start()
        .await
}

/// Holds: K-01, K-10, K-17.
#[tokio::test]
async fn a_token_is_kept_and_shown_at_the_url_of_its_party_and_uid() {
    let world = World::start().await;
    let token = card("U1");
    for target in [copy("U1"), copy("U1") + "?type=RFID"] {
        refused(&world, "GET", &target, None, (404, 2004)).await;
    }
    world.push(&token).await;
    for target in [copy("U1"), copy("U1") + "?type=RFID", copy("U1") + "/"] {
        assert_eq!(world.shown(&target).await, token, "{target}");
    }
}

/// Holds: K-02, T-33.
#[tokio::test]
async fn a_copy_can_be_read_put_and_patched_but_never_posted_or_deleted() {
    let world = World::start().await;
    world.push(&card("U1")).await;
    for method in ["POST", "DELETE", "OPTIONS"] {
        for uid in ["U1", "U2"] {
            let response = refused(&world, method, &copy(uid), None, (405, 2000)).await;
            assert_eq!(
                response.header("Allow"),
                Some("GET, PUT, PATCH"),
                "{method} {uid}"
            );
        }
    }
}

/// Holds: K-02, T-32.
#[tokio::test]
async fn there_is_no_list_of_copies_and_nothing_below_a_copy() {
    let world = World::start().await;
    world.push(&card("U1")).await;
    for tail in [
        "",
        "/",
        "/CH",
        "/CH/ABC",
        "/CH/ABC/U1/RFID",
        "/CH/ABC/U1/authorize",
    ] {
        for method in ["GET", "PUT", "PATCH", "POST", "DELETE"] {
            refused(
                &world,
                method,
                &format!("{RECEIVER}{tail}"),
                None,
                (404, 2000),
            )
            .await;
        }
    }
}

/// Holds: K-03, T-69, Q-03.
#[tokio::test]
async fn party_and_uid_are_one_in_any_case_and_keep_the_case_received() {
    let world = World::start().await;
    let token = card("Card-a1");
    world.push(&token).await;
    let other_case = format!("{RECEIVER}/ch/aBc/CARD-A1");
    assert_eq!(world.shown(&other_case).await, token);
    taken(
        &world,
        "PATCH",
        &other_case,
        &json!({"last_updated": "2026-01-01T00:00:01Z"}),
    )
    .await;
    assert_eq!(world.shown(&copy("card-A1")).await["uid"], "Card-a1");
    let respelt = with(card("CARD-A1"), &json!({"country_code": "ch"}));
    taken(&world, "PUT", &copy("Card-a1"), &with(respelt, &later())).await;
    assert_eq!(world.stored().await.len(), 1);
    let shown = world.shown(&copy("Card-a1")).await;
    assert_eq!(
        (&shown["uid"], &shown["country_code"]),
        (&json!("CARD-A1"), &json!("ch"))
    );
}

fn later() -> Value {
    json!({"last_updated": "2026-01-01T00:00:02Z"})
}

/// Holds: K-03.
#[tokio::test]
async fn the_same_uid_under_another_type_or_party_is_another_token() {
    let world = world_of_two_emsps().await;
    let rfid = card("U1");
    let app = with(card("U1"), &json!({"type": "APP_USER", "issuer": "App"}));
    let german = with(
        card("U1"),
        &json!({"country_code": "DE", "party_id": "TNM"}),
    );
    for token in [&rfid, &app, &german] {
        world.push(token).await;
    }
    assert_eq!(world.shown(&copy("U1")).await, rfid);
    assert_eq!(world.shown(&(copy("U1") + "?type=APP_USER")).await, app);
    assert_eq!(world.shown(&format!("{RECEIVER}/DE/TNM/U1")).await, german);
    let change = json!({"valid": false, "last_updated": "2026-01-01T00:00:01Z"});
    taken(&world, "PATCH", &(copy("U1") + "?type=APP_USER"), &change).await;
    assert_eq!(world.shown(&copy("U1")).await, rfid);
    assert_eq!(world.shown(&format!("{RECEIVER}/DE/TNM/U1")).await, german);
    assert_eq!(
        world.shown(&(copy("U1") + "?type=APP_USER")).await["valid"],
        false
    );
}

/// Holds: K-04, K-20.
#[tokio::test]
async fn the_type_may_be_named_token_type() {
    let world = World::start().await;
    let app = with(card("U1"), &json!({"type": "APP_USER"}));
    refused(
        &world,
        "PUT",
        &(copy("U1") + "?token_type=OTHER"),
        Some(&app),
        (200, 2001),
    )
    .await;
    world.push(&card("U1")).await;
    world.push(&app).await;
    assert_eq!(
        world.shown(&(copy("U1") + "?token_type=APP_USER")).await,
        app
    );
    // The name of the specification wins.
    let both = copy("U1") + "?token_type=APP_USER&type=RFID";
    assert_eq!(world.shown(&both).await["type"], "RFID");
}

/// Holds: K-05, T-37, C-20, Q-21.
#[tokio::test]
async fn a_party_that_the_connection_does_not_hold_as_emsp_is_not_found() {
    let world = world_of_two_emsps().await;
    let stranger = [("BE", "BEC", Role::Emsp)];
    let builder = WorldBuilder::new().platform(
        platform("stranger", Profile::default(), &stranger),
        "stranger.token",
    );
    let shared = builder.start().await;
    let belgian = with(
        card("U1"),
        &json!({"country_code": "BE", "party_id": "BEC"}),
    );
    shared.push_as("stranger.token", &belgian).await;
    // Held by another platform and stored, held by nobody, held in another role, no party.
    for (world, path) in [
        (&shared, "BE/BEC/U1"),
        (&shared, "BE/BEC/U2"),
        (&world, "BE/BEC/U1"),
        (&world, "FR/CPO/U1"),
        (&world, "CHE/ABC/U1"),
        (&world, "CH/AB%C3%89/U1"),
    ] {
        let target = format!("{RECEIVER}/{path}");
        let change = json!({"valid": false, "last_updated": "2026-01-02T00:00:00Z"});
        let mut said = Vec::new();
        for (method, body) in [
            ("GET", None),
            ("PUT", Some(&belgian)),
            ("PATCH", Some(&change)),
        ] {
            said.push(
                refused(world, method, &target, body, (404, 2000))
                    .await
                    .message(),
            );
        }
        assert_eq!(said, ["this connection has no such party"; 3], "{path}");
    }
    let owners_view = Request::new("GET", &format!("{RECEIVER}/BE/BEC/U1")).token("stranger.token");
    assert_eq!(shared.send(&owners_view).await.data(), belgian);
}

/// Holds: K-06, D-06, D-08.
#[tokio::test]
async fn any_text_is_a_type_and_is_kept_verbatim() {
    let world = World::start().await;
    let future = with(card("U1"), &json!({"type": "Fob_2030"}));
    world.push(&future).await;
    assert_eq!(world.shown(&(copy("U1") + "?type=Fob_2030")).await, future);
    // Types are compared with case.
    refused(
        &world,
        "GET",
        &(copy("U1") + "?type=FOB_2030"),
        None,
        (404, 2004),
    )
    .await;
    // An empty one is none; too long a one, or one that cannot be printed, is no type.
    assert_eq!(world.shown(&(copy("U1") + "?type=")).await, future);
    let longest = "T".repeat(255);
    refused(
        &world,
        "GET",
        &(copy("U1") + "?type=" + &longest),
        None,
        (404, 2004),
    )
    .await;
    refused(
        &world,
        "GET",
        &(copy("U1") + "?type=T" + &longest),
        None,
        (200, 2001),
    )
    .await;
    refused(
        &world,
        "GET",
        &(copy("U1") + "?type=A%0AB"),
        None,
        (200, 2001),
    )
    .await;
}

/// Holds: K-11.
#[tokio::test]
async fn without_a_type_rfid_is_meant_else_the_only_one_there_is() {
    let world = World::start().await;
    let app = with(card("U1"), &json!({"type": "APP_USER"}));
    let other = with(card("U1"), &json!({"type": "OTHER"}));
    let change = json!({"valid": false, "last_updated": "2026-01-01T00:00:01Z"});
    world.push(&app).await;
    assert_eq!(world.shown(&copy("U1")).await, app);
    taken(&world, "PATCH", &copy("U1"), &change).await;
    assert_eq!(
        world.shown(&(copy("U1") + "?type=APP_USER")).await["valid"],
        false
    );
    world.push(&other).await;
    refused(&world, "GET", &copy("U1"), None, (404, 2004)).await;
    refused(&world, "PATCH", &copy("U1"), Some(&change), (404, 2004)).await;
    world.push(&card("U1")).await;
    assert_eq!(world.shown(&copy("U1")).await["type"], "RFID");
    taken(&world, "PATCH", &copy("U1"), &change).await;
    assert_eq!(
        world.shown(&(copy("U1") + "?type=RFID")).await["valid"],
        false
    );
    assert_eq!(world.shown(&(copy("U1") + "?type=OTHER")).await, other);
}

/// Holds: K-36, T-39.
#[tokio::test]
async fn a_uid_that_no_token_can_have_is_invalid_in_a_put_and_unknown_elsewhere() {
    let world = World::start().await;
    let longest = "u".repeat(36);
    let too_long = "u".repeat(37);
    let change = json!({"valid": false, "last_updated": "2026-01-01T00:00:01Z"});
    world.push(&card(&longest)).await;
    for uid in [&*too_long, "%C3%89", "a%0Ab"] {
        refused(&world, "GET", &copy(uid), None, (404, 2004)).await;
        refused(&world, "PATCH", &copy(uid), Some(&change), (404, 2004)).await;
        for body in [card(uid), card("U1")] {
            let response = refused(&world, "PUT", &copy(uid), Some(&body), (200, 2001)).await;
            assert!(
                response.message().starts_with("`uid`: "),
                "{}",
                response.message()
            );
        }
    }
}

/// Holds: K-34.
#[tokio::test]
async fn tokens_of_commands_do_not_enter_the_store() {
    let world = World::start().await;
    let command = json!({"response_url": "https://peer.example/1", "token": card("U1")});
    for root in ["cpo", "emsp"] {
        for name in ["START_SESSION", "RESERVE_NOW"] {
            let target = format!("/ocpi/{root}/2.3.0/commands/{name}");
            refused(&world, "POST", &target, Some(&command), (404, 2000)).await;
        }
    }
}
