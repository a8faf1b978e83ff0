//! Real-time authorization: section E.2 of `docs/protocol.md`.

use ocpi_ports::{AuthorizationRepository, RecordQuery};
use serde_json::{Value, json};

use super::{question, send};
use crate::support::answer::assert_refused;
use crate::support::http::Response;
use crate::support::token::{card, with};
use crate::support::world::{World, party};

async fn world_with_card() -> World {
    let world = World::start().await;
    world.push(&card("X")).await;
    world
}

async fn ask(world: &World, uid: &str, body: &Value) -> Response {
    send(world, "POST", &question(uid), body).await
}

/// `data` of an answer.
fn answered(response: &Response) -> Value {
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    response.data()
}

/// Holds: E-18, E-19, E-26, M-07, D-04.
#[tokio::test]
async fn an_answer_has_neither_token_nor_reference_and_its_record_has_one() {
    let world = world_with_card().await;
    let answer = answered(&ask(&world, "X", &json!({})).await);
    assert_eq!(answer, json!({"allowed": "ALLOWED"}));
    let query = RecordQuery::default();
    let records = world.store.list_records(&query, None, 10).await;
    let records = records.expect("the store lists");
    let [record] = records.as_slice() else {
        panic!("{} records", records.len());
    };
    assert!(!record.record.reference.as_str().is_empty());
}

/// Holds: E-20, E-21, E-22, E-25, D-03, M-07.
#[tokio::test]
async fn connectors_are_no_ground_and_come_back_when_the_evses_do() {
    let world = world_with_card().await;
    let place = json!({
        "location_id": "LOC1", "evse_uids": ["E1", "E2"], "connector_ids": ["1", "2"],
    });
    let answer = answered(&ask(&world, "X", &place).await);
    assert_eq!(answer["location"], place);
    // A connector that is nowhere changes nothing.
    let odd = with(
        place.clone(),
        &json!({"connector_ids": ["no such connector"]}),
    );
    let answer = answered(&ask(&world, "X", &odd).await);
    assert_eq!(
        (&answer["allowed"], &answer["location"]),
        (&json!("ALLOWED"), &odd)
    );
    // A list that was reduced does not say to which EVSE a connector belongs.
    let one = json!({
        "permitted_locations": [{
            "country_code": "CH", "party_id": "ABC", "location_id": "LOC1", "evse_uids": ["E1"],
        }],
    });
    world.put_account(party("CH", "ABC"), "X", &one).await;
    let answer = answered(&ask(&world, "X", &place).await);
    let reduced = json!({"location_id": "LOC1", "evse_uids": ["E1"]});
    assert_eq!(
        (&answer["allowed"], &answer["location"]),
        (&json!("ALLOWED"), &reduced)
    );
    let elsewhere = with(place, &json!({"evse_uids": ["E2"]}));
    let answer = answered(&ask(&world, "X", &elsewhere).await);
    assert_eq!(answer["allowed"], "NOT_ALLOWED");
    assert_eq!(answer.get("location"), None);
}

/// Holds: D-03, E-15, T-34.
#[tokio::test]
async fn the_place_of_a_question_has_the_lengths_of_2_1_1() {
    let world = world_with_card().await;
    let longest = json!({
        "location_id": "L".repeat(39), "evse_uids": ["E".repeat(39)],
        "connector_ids": ["C".repeat(36)],
    });
    assert_eq!(
        answered(&ask(&world, "X", &longest).await)["location"],
        longest
    );
    for changes in [
        json!({"location_id": "L".repeat(40)}),
        json!({"evse_uids": ["E".repeat(40)]}),
        json!({"connector_ids": ["C".repeat(37)]}),
        json!({"location_id": null}),
        json!({"connector_ids": "1"}),
    ] {
        let refused = ask(&world, "X", &with(longest.clone(), &changes)).await;
        assert_refused(&refused, (200, 2001), &changes);
    }
}

/// Holds: T-40, T-53, M-18, E-14.
#[tokio::test]
async fn an_unknown_token_is_404_and_2000() {
    let world = world_with_card().await;
    for uid in ["Y", &"Y".repeat(37), "X%20"] {
        assert_refused(&ask(&world, uid, &json!({})).await, (404, 2000), &uid);
    }
    let long = "/ocpi/emsp/2.1.1/tokens/DE/TNM/X/authorize";
    assert_refused(
        &send(&world, "POST", long, &json!({})).await,
        (404, 2000),
        &long,
    );
}

/// Holds: M-05, E-13, E-10, K-06.
#[tokio::test]
async fn a_type_is_the_exact_one_else_the_only_one_that_is_shown_as_it() {
    let world = World::start().await;
    let of_type = |uid: &str, token_type: &str| with(card(uid), &json!({"type": token_type}));
    world.push(&of_type("ONE", "APP_USER")).await;
    for token_type in ["APP_USER", "AD_HOC_USER"] {
        world.push(&of_type("TWO", token_type)).await;
        world.push(&of_type("EXACT", token_type)).await;
    }
    world.push(&of_type("EXACT", "OTHER")).await;
    let blocked = json!({"valid": false, "last_updated": "2026-02-01T00:00:00Z"});
    let target = "/ocpi/cpo/2.3.0/tokens/CH/ABC/EXACT?type=OTHER";
    assert_eq!(
        send(&world, "PATCH", target, &blocked).await.codes(),
        (200, 1000)
    );
    let asked = async |uid: &str, query: &str| {
        let target = format!("{}{query}", question(uid));
        send(&world, "POST", &target, &json!({})).await
    };
    assert_eq!(
        answered(&asked("ONE", "?type=OTHER").await)["allowed"],
        "ALLOWED"
    );
    assert_eq!(
        answered(&asked("ONE", "?type=APP_USER").await)["allowed"],
        "ALLOWED"
    );
    assert_eq!(
        answered(&asked("EXACT", "?type=OTHER").await)["allowed"],
        "BLOCKED"
    );
    for (uid, query) in [
        ("TWO", "?type=OTHER"),
        ("ONE", ""),
        ("ONE", "?type=RFID"),
        ("ONE", "?type=AD_HOC_USER"),
    ] {
        assert_refused(
            &asked(uid, query).await,
            (404, 2000),
            &format_args!("{uid}{query}"),
        );
    }
    assert_refused(
        &asked("ONE", "?type=MAYBE").await,
        (200, 2001),
        &"no type of 2.1.1",
    );
}

/// Holds: E-16, E-27, T-41.
#[tokio::test]
async fn a_refusal_says_why_and_a_place_that_is_needed_is_asked_for() {
    let world = world_with_card().await;
    let bound = json!({
        "permitted_locations": [{"country_code": "CH", "party_id": "ABC", "location_id": "LOC1"}],
    });
    world.put_account(party("CH", "ABC"), "X", &bound).await;
    assert_refused(
        &ask(&world, "X", &json!({})).await,
        (200, 2002),
        &"no place",
    );
    let blocked = json!({"blocked": true});
    world.put_account(party("CH", "ABC"), "X", &blocked).await;
    let answer = answered(&ask(&world, "X", &json!({})).await);
    assert_eq!(answer["allowed"], "BLOCKED");
    let text = answer["info"]["text"]
        .as_str()
        .expect("a word to the driver");
    assert!(!text.is_empty() && text.is_ascii(), "{text}");
    assert_eq!(
        answer["info"].as_object().map(serde_json::Map::len),
        Some(2)
    );
}
