//! Whose Tokens a CPO sees, and of which types.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::page;
use crate::support::http::{Request, Response};
use crate::support::token::{SENDER, card, with};
use crate::support::world::{World, WorldBuilder, hosted, platform};

const OWNER: &str = "owner.token";
const CPO: &str = "cpo.token";

/// Two eMSPs are hosted, and a CPO. One platform pushes their Tokens and those of a foreign eMSP,
/// another is a CPO.
fn builder() -> WorldBuilder {
    let owner = [
        ("CH", "ABC", Role::Emsp),
        ("CH", "XYZ", Role::Emsp),
        ("DE", "TNM", Role::Emsp),
    ];
    let mut builder = WorldBuilder::new();
    builder.hosted = vec![
        hosted("CH", "ABC", &[Role::Cpo, Role::Emsp]),
        hosted("CH", "XYZ", &[Role::Emsp]),
        hosted("CH", "CPO", &[Role::Cpo]),
    ];
    builder
        .platform(platform("owner", Profile::default(), &owner), OWNER)
        .platform(
            platform("cpo", Profile::default(), &[("NL", "ALF", Role::Cpo)]),
            CPO,
        )
}

async fn ask(world: &World, to: Option<(&str, &str)>) -> Response {
    let request = Request::new("GET", SENDER).token(CPO);
    let request = to.iter().fold(request, |request, (country, id)| {
        request.party("to", country, id)
    });
    world.send(&request).await
}

fn of(party: (&str, &str), uid: &str) -> Value {
    with(
        card(uid),
        &json!({"country_code": party.0, "party_id": party.1}),
    )
}

/// Holds: E-03, T-88, T-89.
#[tokio::test]
async fn the_party_addressed_decides_what_is_listed_and_foreign_tokens_never_are() {
    let world = builder().start().await;
    let (abc, xyz, foreign) = (("CH", "ABC"), ("CH", "XYZ"), ("DE", "TNM"));
    for (party, uid) in [(abc, "A1"), (foreign, "F1"), (xyz, "X1"), (abc, "A2")] {
        world.push_as(OWNER, &of(party, uid)).await;
    }
    for (to, expected) in [
        (None, &["A1", "X1", "A2"][..]),
        (Some(abc), &["A1", "A2"]),
        (Some(("ch", "xyz")), &["X1"]),
    ] {
        let response = ask(&world, to).await;
        let found = page("", &response);
        assert_eq!(found.uids, expected, "{to:?}");
        assert_eq!(found.total, expected.len().to_string(), "{to:?}");
    }
    // A party that is not hosted, though its Tokens are kept; one that is hosted in another role.
    for to in [foreign, ("CH", "CPO")] {
        let response = ask(&world, Some(to)).await;
        assert_eq!(response.codes(), (200, 2001), "{to:?}");
        assert_eq!(response.json().get("data"), None, "{to:?}");
    }
    // Half a pair counts as absent.
    let half = Request::new("GET", SENDER)
        .token(CPO)
        .header("OCPI-to-party-id", "XYZ");
    assert_eq!(page("", &world.send(&half).await).uids, ["A1", "X1", "A2"]);
}

/// Holds: E-03, C-20.
#[tokio::test]
async fn a_platform_that_is_no_cpo_is_shown_no_list() {
    let world = builder().start().await;
    world.push_as(OWNER, &of(("CH", "ABC"), "A1")).await;
    let response = world.send(&Request::new("GET", SENDER).token(OWNER)).await;
    assert_eq!(response.codes(), (404, 2000));
    assert_eq!(response.json().get("data"), None);
}

/// Holds: E-02, Z-09.
#[tokio::test]
async fn tokens_that_are_not_valid_are_listed() {
    let world = builder().start().await;
    let invalid = with(card("A1"), &json!({"valid": false, "x_extra": [1]}));
    world.push_as(OWNER, &invalid).await;
    world.push_as(OWNER, &card("A2")).await;
    let response = ask(&world, None).await;
    assert_eq!(
        response.data(),
        json!([invalid, card("A2")]),
        "whole, as they were pushed"
    );
}

/// Every type there is, with the whitelist that makes the least of it.
async fn push_every_type(world: &World) {
    for kind in [
        "AD_HOC_USER",
        "APP_USER",
        "EMAID",
        "OTHER",
        "RFID",
        "Fob_2030",
    ] {
        let token = with(card(kind), &json!({"type": kind, "whitelist": "ALLOWED"}));
        world.push_as(OWNER, &token).await;
    }
}

/// Holds: E-04, P-04.
#[tokio::test]
async fn types_that_a_cpo_has_no_use_for_are_neither_listed_nor_counted() {
    let world = builder().start().await;
    push_every_type(&world).await;
    let found = page("", &ask(&world, None).await);
    assert_eq!(found.uids, ["OTHER", "RFID", "Fob_2030"]);
    assert_eq!(found.total, "3");
}

/// Holds: E-04.
#[tokio::test]
async fn where_every_type_is_listed_users_of_apps_are_never_whitelisted() {
    let mut builder = builder();
    builder.options.list_all_token_types = true;
    let world = builder.start().await;
    push_every_type(&world).await;
    let response = ask(&world, None).await;
    let listed: Vec<(String, String)> = response
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|token| ["type", "whitelist"].map(|name| token[name].as_str().unwrap().to_owned()))
        .map(|[kind, whitelist]| (kind, whitelist))
        .collect();
    let expected = [
        ("AD_HOC_USER", "NEVER"),
        ("APP_USER", "NEVER"),
        ("EMAID", "ALLOWED"),
        ("OTHER", "ALLOWED"),
        ("RFID", "ALLOWED"),
        ("Fob_2030", "ALLOWED"),
    ];
    assert_eq!(
        listed,
        expected.map(|(kind, list)| (kind.to_owned(), list.to_owned()))
    );
    assert_eq!(response.header("X-Total-Count"), Some("6"));
    // What is stored stays as its owner pushed it.
    let owners_view = Request::new(
        "GET",
        "/ocpi/cpo/2.3.0/tokens/CH/ABC/APP_USER?type=APP_USER",
    );
    assert_eq!(
        world.send(&owners_view.token(OWNER)).await.data()["whitelist"],
        "ALLOWED"
    );
}
