//! Which Token a question is about.

use serde_json::{Value, json};

use super::{CPO, allowed, answered, ask, asking, unanswered, world};
use crate::support::http::Request;
use crate::support::token::{SENDER, card, question, with};
use crate::support::world::{TOKEN, World};

/// Holds: E-10, E-18.
#[tokio::test]
async fn a_question_is_posted_below_the_uid_and_means_rfid() {
    let world = world().await;
    world.push(&card("U1")).await;
    let app = with(card("U1"), &json!({"type": "APP_USER"}));
    world.push(&app).await;
    for (tail, kind) in [
        ("", "RFID"),
        ("/", "RFID"),
        ("?type=RFID", "RFID"),
        ("?type=", "RFID"),
        ("?type=APP_USER", "APP_USER"),
        ("?token_type=APP_USER", "APP_USER"),
    ] {
        let response = world.send(&asking(&(question("U1") + tail))).await;
        let data = answered(&response);
        assert_eq!(
            (&data["allowed"], &data["token"]["type"]),
            (&json!("ALLOWED"), &json!(kind))
        );
    }
}

/// Holds: E-10, T-33.
#[tokio::test]
async fn a_question_can_only_be_posted() {
    let world = world().await;
    world.push(&card("U1")).await;
    for target in [
        question("U1"),
        format!("{SENDER}/CH/ABC/U1/authorize"),
        question("U2"),
    ] {
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let response = world.send(&Request::new(method, &target).token(CPO)).await;
            unanswered(&response, (405, 2000), &target);
            assert_eq!(response.header("Allow"), Some("POST"), "{method} {target}");
        }
    }
    for target in [
        "U1",
        "CH/U1/authorize",
        "CH/ABC/U1",
        "CH/ABC/U1/authorize/now",
    ] {
        let response = world.send(&asking(&format!("{SENDER}/{target}"))).await;
        unanswered(&response, (404, 2000), target);
    }
}

/// Holds: E-13, K-03, Z-10.
#[tokio::test]
async fn another_type_of_the_same_uid_never_answers() {
    let world = world().await;
    world
        .push(&with(card("U1"), &json!({"type": "APP_USER"})))
        .await;
    for tail in ["", "?type=RFID", "?type=OTHER", "?type=app_user"] {
        let response = world.send(&asking(&(question("U1") + tail))).await;
        unanswered(&response, (404, 2004), tail);
    }
}

/// A world in which both hosted eMSPs have `BOTH`, one has `ABC1`, the other `XYZ1`, and a foreign
/// eMSP, whose Tokens are kept as copies, `DE1`.
async fn world_of_owners() -> World {
    let world = world().await;
    for (country, id, uid) in [
        ("CH", "ABC", "BOTH"),
        ("CH", "XYZ", "BOTH"),
        ("CH", "ABC", "ABC1"),
        ("CH", "XYZ", "XYZ1"),
        ("DE", "TNM", "DE1"),
        ("DE", "TNM", "ABC1"),
    ] {
        let token = json!({"country_code": country, "party_id": id, "issuer": id});
        world.push(&with(card(uid), &token)).await;
    }
    world
}

type Selector = Option<(&'static str, &'static str)>;

async fn ask_owner(
    world: &World,
    path: Selector,
    to: Selector,
    uid: &str,
) -> crate::support::http::Response {
    let owner = path.map_or(String::new(), |(country, id)| format!("{country}/{id}/"));
    let request = asking(&format!("{SENDER}/{owner}{uid}/authorize"));
    let request = to.iter().fold(request, |request, (country, id)| {
        request.party("to", country, id)
    });
    world.send(&request).await
}

/// Holds: E-11, E-12, T-88.
#[tokio::test]
async fn the_owner_is_that_of_the_path_else_the_one_addressed_else_any_hosted() {
    let world = world_of_owners().await;
    let (abc, xyz) = (Some(("CH", "ABC")), Some(("CH", "XYZ")));
    for (path, to, uid, issuer) in [
        (None, None, "ABC1", "ABC"),
        (None, None, "XYZ1", "XYZ"),
        (None, abc, "BOTH", "ABC"),
        (None, xyz, "BOTH", "XYZ"),
        (abc, None, "BOTH", "ABC"),
        (xyz, None, "BOTH", "XYZ"),
        (xyz, xyz, "BOTH", "XYZ"),
        (Some(("ch", "xyz")), None, "both", "XYZ"),
    ] {
        let response = ask_owner(&world, path, to, uid).await;
        assert_eq!(
            answered(&response)["token"]["issuer"],
            issuer,
            "{path:?} {to:?} {uid}"
        );
    }
}

/// Holds: E-12.
#[tokio::test]
async fn a_uid_that_two_hosted_parties_have_is_ambiguous_until_one_is_named() {
    let world = world_of_owners().await;
    let response = ask(&world, "BOTH").await;
    unanswered(&response, (200, 2001), "ambiguous");
    assert!(
        response.message().contains("ambiguous token"),
        "{}",
        response.message()
    );
}

/// Holds: E-03, E-11, E-12, E-14, T-40, T-89.
#[tokio::test]
async fn a_token_of_another_owner_is_unknown() {
    let world = world_of_owners().await;
    let (abc, xyz, foreign) = (("CH", "ABC"), ("CH", "XYZ"), ("DE", "TNM"));
    for (path, to, uid) in [
        (None, None, "DE1"),
        (Some(foreign), None, "DE1"),
        (Some(xyz), None, "ABC1"),
        (None, Some(xyz), "ABC1"),
        // Both narrow: no party is both.
        (Some(abc), Some(xyz), "BOTH"),
        (Some(("CHE", "ABC")), None, "ABC1"),
        (Some(("CH", "A")), None, "ABC1"),
    ] {
        let response = ask_owner(&world, path, to, uid).await;
        unanswered(&response, (404, 2004), &format!("{path:?} {to:?} {uid}"));
    }
    let response = ask_owner(&world, None, Some(foreign), "DE1").await;
    unanswered(
        &response,
        (200, 2001),
        "OCPI-to names a party that is not hosted",
    );
}

/// Holds: E-14, T-40, Z-01.
#[tokio::test]
async fn an_unknown_token_is_404_with_2004_and_no_data() {
    let world = world().await;
    world.push(&card("U1")).await;
    let too_long = "u".repeat(37);
    let place = json!({"location_id": "LOC1"});
    for uid in ["U2", "U1%20", "%C3%89", "%0A", "%23NA", &too_long] {
        for target in [question(uid), format!("{SENDER}/CH/ABC/{uid}/authorize")] {
            unanswered(&world.send(&asking(&target)).await, (404, 2004), &target);
            let placed = asking(&target).json(&place);
            unanswered(&world.send(&placed).await, (404, 2004), &target);
        }
    }
    let unseen = world
        .send(&asking(&(question("U1") + "?type=NEVER_SEEN")))
        .await;
    unanswered(&unseen, (404, 2004), "a type that no Token has");
    assert_eq!(
        allowed(&ask(&world, "u1").await),
        "ALLOWED",
        "the counterpart"
    );
}

/// Holds: E-35.
#[tokio::test]
async fn an_emaid_is_found_without_its_separators() {
    let world = world().await;
    let emaid = with(card("DE-8AC*C12E46L89"), &json!({"type": "EMAID"}));
    world.push(&emaid).await;
    for uid in [
        "DE-8AC*C12E46L89",
        "DE8ACC12E46L89",
        "de*8ac-c12e46l89",
        "DE-8AC-C12E46L89",
    ] {
        let response = world.send(&asking(&(question(uid) + "?type=EMAID"))).await;
        assert_eq!(answered(&response)["token"], emaid, "{uid}");
        unanswered(&ask(&world, uid).await, (404, 2004), "RFID is meant");
    }
    // Separators count for every other type.
    world.push(&card("AB-CD")).await;
    unanswered(&ask(&world, "ABCD").await, (404, 2004), "RFID");
}

/// Holds: C-20, T-37.
#[tokio::test]
async fn a_platform_that_is_no_cpo_may_not_ask() {
    let world = world().await;
    world.push(&card("U1")).await;
    for uid in ["U1", "U2"] {
        let response = world
            .send(&Request::new("POST", &question(uid)).token(TOKEN))
            .await;
        unanswered(&response, (404, 2000), uid);
        assert_eq!(response.message(), "this connection has no such party");
    }
}

/// What a strict peer pushes for a hosted party is ours: it is listed and authorized.
///
/// Holds: K-10, E-01, E-19.
#[tokio::test]
async fn a_token_that_a_peer_pushed_is_listed_and_authorized() {
    let world = World::start().await;
    let token = with(card("U1"), &json!({"group_id": "G", "x_extra": {"a": 1}}));
    world.push(&token).await;
    let listed = world.call("GET", SENDER, None).await;
    assert_eq!(listed.data(), json!([token]));
    let place = json!({"location_id": "LOC1", "evse_uids": ["E1"]});
    let answer = world.call("POST", &question("U1"), Some(&place)).await;
    let data = answered(&answer);
    assert_eq!(
        (&data["allowed"], &data["token"]),
        (&json!("ALLOWED"), &token)
    );
    assert_eq!(
        data.get("status"),
        None::<&Value>,
        "plain OCPI has no status"
    );
}
