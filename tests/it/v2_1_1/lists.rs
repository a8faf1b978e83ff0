//! The list of an eMSP's Tokens: sections E.1 and M of `docs/protocol.md`.

use std::sync::Arc;

use ocpi_domain::{PartyRole, Role};
use serde_json::{Value, json};

use super::{full_card, older_card, question, send};
use crate::support::http::Request;
use crate::support::token::{card, with};
use crate::support::world::{TOKEN, World, WorldBuilder, hosted, party};

const LIST: &str = "/ocpi/emsp/2.1.1/tokens";

async fn list(world: &World, query: &str) -> Vec<Value> {
    let request = Request::new("GET", &format!("{LIST}{query}")).token(TOKEN);
    let response = world.send(&request).await;
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    response.data().as_array().expect("a list").clone()
}

/// Holds: E-01, M-02, M-19, P-04, P-06, P-07, T-66.
#[tokio::test]
async fn tokens_are_listed_in_the_words_of_2_1_1() {
    let world = World::start().await;
    for uid in ["A", "B", "C"] {
        world.push(&full_card(uid, &json!({}))).await;
    }
    let request = Request::new("GET", &format!("{LIST}?limit=2")).token(TOKEN);
    let first = world.send(&request).await;
    let older = |uid: &str| {
        with(
            older_card(uid),
            &json!({"visual_number": "No 7", "language": "it"}),
        )
    };
    assert_eq!(first.data(), json!([older("A"), older("B")]));
    assert_eq!(first.header("X-Total-Count"), Some("3"));
    let link = first.header("Link").expect("there is more");
    assert!(link.contains("/ocpi/emsp/2.1.1/tokens?"), "{link}");
    assert_eq!(list(&world, "?offset=2&limit=2").await, [older("C")]);
}

/// A world that lists every type.
async fn world_of_all_types() -> World {
    let mut builder = WorldBuilder::new();
    builder.options.list_all_token_types = true;
    builder.start().await
}

/// Holds: E-05, M-04, E-04.
#[tokio::test]
async fn every_type_but_rfid_is_listed_as_other() {
    let world = world_of_all_types().await;
    for token_type in ["RFID", "OTHER", "AD_HOC_USER", "APP_USER", "EMAID"] {
        let uid = format!("X-{token_type}");
        world
            .push(&with(card(&uid), &json!({"type": token_type})))
            .await;
    }
    let types: Vec<(String, String)> = list(&world, "")
        .await
        .iter()
        .map(|it| (it["uid"].to_string(), it["type"].to_string()))
        .collect();
    let expected = [
        ("X-RFID", "RFID"),
        ("X-OTHER", "OTHER"),
        ("X-AD_HOC_USER", "OTHER"),
        ("X-APP_USER", "OTHER"),
        ("X-EMAID", "OTHER"),
    ];
    let expected = expected.map(|(uid, shown)| (format!("\"{uid}\""), format!("\"{shown}\"")));
    assert_eq!(types, expected);
}

/// Holds: M-04.
#[tokio::test]
async fn of_two_that_would_be_one_token_the_one_updated_last_is_listed() {
    let world = world_of_all_types().await;
    for (token_type, day) in [("APP_USER", 1), ("OTHER", 3), ("EMAID", 2), ("RFID", 9)] {
        let changes = json!({
            "type": token_type,
            "issuer": token_type,
            "last_updated": format!("2026-01-0{day}T00:00:00Z"),
        });
        world.push(&with(card("X"), &changes)).await;
    }
    let issuers: Vec<Value> = list(&world, "")
        .await
        .iter()
        .map(|it| it["issuer"].clone())
        .collect();
    assert_eq!(issuers, ["OTHER", "RFID"]);
}

/// Holds: C-17, E-03, E-12. 2.1.1 cannot say whose Token it is.
#[tokio::test]
async fn a_connection_is_with_one_party_of_ours() {
    let both = |id: &str| hosted("CH", id, &[Role::Cpo, Role::Emsp]);
    for (our_party, expected) in [(None, "CH-ABC-C00000001"), (Some("XYZ"), "CH-XYZ-C1")] {
        let mut builder = WorldBuilder::new();
        builder.hosted = vec![both("ABC"), both("XYZ")];
        for stored in &mut builder.platforms {
            let platform = Arc::make_mut(&mut stored.platform);
            platform.our_party = our_party.map(|id| party("CH", id));
            platform.roles.push(PartyRole {
                party: party("CH", "XYZ"),
                role: Role::Emsp,
            });
        }
        let world = builder.start().await;
        world.push(&card("X")).await;
        let other = json!({"party_id": "XYZ", "contract_id": "CH-XYZ-C1"});
        world.push(&with(card("X"), &other)).await;
        let listed = list(&world, "").await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0]["auth_id"], expected);
        let asked = send(&world, "POST", &question("X"), &json!({})).await;
        assert_eq!(asked.codes(), (200, 1000), "{}", asked.message());
    }
}
