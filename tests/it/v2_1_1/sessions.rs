//! Sessions: sections S and M of `docs/protocol.md`.

use serde_json::{Value, json};

use super::{send, taken};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::token::{card, with};
use crate::support::world::{TOKEN, World, party};

const SESSION: &str = "/ocpi/emsp/2.1.1/sessions/CH/ABC/S1";

/// A session with the EVSE and connector that it uses, as 2.1.1 has it.
fn older_session() -> Value {
    json!({
        "id": "S1",
        "start_datetime": "2026-01-01T11:00:00Z",
        "kwh": 1.25,
        "auth_id": "CH-ABC-C00000001",
        "auth_method": "AUTH_REQUEST",
        "location": place("LOC1", &["E1"]),
        "currency": "EUR",
        "charging_periods": [{
            "start_date_time": "2026-01-01T11:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 1.25}],
        }],
        "total_cost": 2.5,
        "status": "ACTIVE",
        "last_updated": "2026-01-01T11:30:00Z",
    })
}

/// The Location of a session, with these EVSEs, each with the connector 1.
fn place(id: &str, evse_uids: &[&str]) -> Value {
    let evses: Vec<Value> = evse_uids
        .iter()
        .map(|uid| {
            json!({
                "uid": uid,
                "status": "CHARGING",
                "connectors": [{"id": "1", "standard": "IEC_62196_T2"}],
                "last_updated": "2026-01-01T11:00:00Z",
            })
        })
        .collect();
    json!({
        "id": id,
        "type": "ON_STREET",
        "address": "F.Rooseveltlaan 3A",
        "evses": evses,
        "last_updated": "2026-01-01T11:00:00Z",
    })
}

/// The session as 2.3.0 or 2.2.1 shows it.
async fn shown_in(world: &World, version: &str) -> Value {
    world.shown(&SESSION.replace("2.1.1", version)).await
}

/// Holds: M-10, M-11, M-12, D-13, S-07, S-25.
#[tokio::test]
async fn a_session_is_shown_as_it_came_and_in_the_words_of_newer_versions() {
    let world = World::start().await;
    taken(&world, "PUT", SESSION, &older_session(), 201).await;
    assert_eq!(world.shown(SESSION).await, older_session());
    let newest = shown_in(&world, "2.3.0").await;
    for (member, value) in [
        ("country_code", json!("CH")),
        ("party_id", json!("ABC")),
        ("id", json!("S1")),
        ("start_date_time", json!("2026-01-01T11:00:00Z")),
        ("location_id", json!("LOC1")),
        ("evse_uid", json!("E1")),
        ("connector_id", json!("1")),
        ("auth_method", json!("AUTH_REQUEST")),
        (
            "charging_periods",
            older_session()["charging_periods"].clone(),
        ),
        ("status", json!("ACTIVE")),
    ] {
        assert_eq!(newest[member], value, "{member}");
    }
    assert_eq!(newest["cdr_token"]["contract_id"], "CH-ABC-C00000001");
    assert_eq!(newest["total_cost"], json!({"before_taxes": 2.5}));
    assert_eq!(
        shown_in(&world, "2.2.1").await["total_cost"],
        json!({"excl_vat": 2.5})
    );
    for version in ["2.2.1", "2.3.0"] {
        let newer = shown_in(&world, version).await;
        for older in ["start_datetime", "auth_id", "location"] {
            assert_eq!(newer.get(older), None, "{version} {older}");
        }
    }
}

/// Holds: M-10, Q-24.
#[tokio::test]
async fn a_place_with_no_evse_or_many_is_not_available() {
    for evses in [&[][..], &["E1", "E2"]] {
        let world = World::start().await;
        let body = with(older_session(), &json!({"location": place("LOC1", evses)}));
        taken(&world, "PUT", SESSION, &body, 201).await;
        let newest = shown_in(&world, "2.3.0").await;
        assert_eq!(newest["location_id"], "LOC1");
        assert_eq!(newest["evse_uid"], "#NA", "{evses:?}");
        assert_eq!(newest["connector_id"], "#NA", "{evses:?}");
        assert_eq!(world.shown(SESSION).await, body, "{evses:?}");
    }
    let world = World::start().await;
    let mut location = place("LOC1", &["E1"]);
    location["evses"][0]["connectors"] = json!([{"id": "1"}, {"id": "2"}]);
    let body = with(older_session(), &json!({"location": location}));
    taken(&world, "PUT", SESSION, &body, 201).await;
    let newest = shown_in(&world, "2.3.0").await;
    assert_eq!(
        (&newest["evse_uid"], &newest["connector_id"]),
        (&json!("E1"), &json!("#NA"))
    );
}

/// Holds: S-04, S-05, S-06, S-23, M-10.
#[tokio::test]
async fn a_patch_needs_no_last_updated_and_speaks_2_1_1() {
    let world = World::start().await;
    let patch = json!({
        "kwh": 7,
        "charging_periods": [{
            "start_date_time": "2026-01-01T11:40:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 5.75}],
        }],
        "end_datetime": "2026-01-01T11:50:00Z",
        "total_cost": 5,
        "status": "COMPLETED",
    });
    let unknown = send(&world, "PATCH", SESSION, &patch).await;
    assert_refused(&unknown, (404, 2000), &"before the PUT");
    taken(&world, "PUT", SESSION, &older_session(), 201).await;
    taken(&world, "PATCH", SESSION, &patch, 200).await;
    let shown = world.shown(SESSION).await;
    assert_eq!(shown["kwh"], 7);
    assert_eq!(shown["end_datetime"], "2026-01-01T11:50:00Z");
    assert_eq!(shown["total_cost"], 5);
    assert_eq!(shown["charging_periods"].as_array().map(Vec::len), Some(2));
    assert_eq!(shown["location"], older_session()["location"], "as it was");
    let newest = shown_in(&world, "2.3.0").await;
    assert_eq!(newest["end_date_time"], "2026-01-01T11:50:00Z");
    assert_eq!(newest["total_cost"], json!({"before_taxes": 5}));
    // The others need it.
    for version in ["2.2.1", "2.3.0"] {
        let target = SESSION.replace("2.1.1", version);
        let refused = send(&world, "PATCH", &target, &json!({"kwh": 8})).await;
        assert_refused(&refused, (200, 2001), &version);
    }
}

/// Holds: S-07, S-09, D-13, T-34.
#[tokio::test]
async fn what_is_used_of_a_session_is_checked_and_named_as_2_1_1_does() {
    let world = World::start().await;
    let nowhere = with(place("LOC1", &["E1"]), &json!({"id": null}));
    for (changes, named) in [
        (json!({"id": null}), "id"),
        (json!({"id": "S2"}), "id"),
        (json!({"start_datetime": null}), "start_datetime"),
        (json!({"start_datetime": "soon"}), "start_datetime"),
        (json!({"auth_id": null}), "auth_id"),
        (json!({"auth_id": "x".repeat(37)}), "auth_id"),
        (json!({"location": null}), "location"),
        (json!({"location": "LOC1"}), "location"),
        (json!({"location": nowhere}), "location"),
        (json!({"status": null}), "status"),
        (json!({"status": "RESERVATION"}), "status"),
        (json!({"status": "DONE"}), "status"),
        (json!({"end_datetime": "later"}), "end_datetime"),
        (json!({"last_updated": null}), "last_updated"),
    ] {
        let body = with(older_session(), &changes);
        let refused = send(&world, "PUT", SESSION, &body).await;
        assert_refused(&refused, (200, 2001), &changes);
        let said = refused.message();
        assert!(said.contains(named), "{changes}: {said}");
    }
    let request = Request::new("GET", SESSION).token(TOKEN);
    assert_refused(&world.send(&request).await, (404, 2000), &"none was taken");
    // What is not used is not looked at.
    let odd = json!({"total_cost": "much", "currency": 7, "auth_method": "MAGIC", "x_ours": []});
    taken(&world, "PUT", SESSION, &with(older_session(), &odd), 201).await;
    assert_eq!(world.shown(SESSION).await, with(older_session(), &odd));
}

/// Holds: M-11.
#[tokio::test]
async fn a_session_of_2_3_0_is_shown_in_the_words_of_2_1_1() {
    let world = World::start().await;
    let newest = json!({
        "country_code": "CH", "party_id": "ABC", "id": "S1",
        "start_date_time": "2026-01-01T11:00:00.500Z",
        "kwh": 0,
        "cdr_token": {"country_code": "CH", "party_id": "ABC", "uid": "X", "type": "RFID",
            "contract_id": "CH-ABC-C00000001"},
        "auth_method": "COMMAND",
        "authorization_reference": "REF1",
        "location_id": "LOC1", "evse_uid": "E1", "connector_id": "1",
        "currency": "EUR",
        "total_cost": {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 1}]},
        "status": "RESERVATION",
        "last_updated": "2026-01-01T11:00:00.500Z",
    });
    taken(
        &world,
        "PUT",
        &SESSION.replace("2.1.1", "2.3.0"),
        &newest,
        201,
    )
    .await;
    let shown = world.shown(SESSION).await;
    for (member, value) in [
        ("id", json!("S1")),
        ("start_datetime", json!("2026-01-01T11:00:00Z")),
        ("auth_id", json!("CH-ABC-C00000001")),
        ("auth_method", json!("AUTH_REQUEST")),
        ("status", json!("PENDING")),
        ("total_cost", json!(4)),
        ("last_updated", json!("2026-01-01T11:00:00Z")),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    assert_eq!(shown["location"]["id"], "LOC1");
    assert_eq!(shown["location"]["evses"][0]["uid"], "E1");
    assert_eq!(shown["location"]["evses"][0]["connectors"][0]["id"], "1");
    for newer in [
        "country_code",
        "party_id",
        "cdr_token",
        "authorization_reference",
        "location_id",
        "evse_uid",
        "connector_id",
        "start_date_time",
    ] {
        assert_eq!(shown.get(newer), None, "{newer}");
    }
}

/// Which card of a contract is taken by a session: asks about each where another charges.
async fn is_taken(world: &World, uid: &str) -> bool {
    let elsewhere = json!({"location_id": "LOC9", "evse_uids": ["E9"]});
    let answer = send(world, "POST", &super::question(uid), &elsewhere).await;
    match answer.data()["allowed"].as_str() {
        Some("ALLOWED") => false,
        Some("NOT_ALLOWED") => true,
        other => panic!("{other:?}: {}", answer.message()),
    }
}

/// Two cards of one contract, each of which may charge one car.
async fn two_cards() -> World {
    let world = World::start().await;
    for uid in ["ONE", "TWO"] {
        world.push(&card(uid)).await;
        let limit = json!({"concurrent_sessions_max": 1});
        world.put_account(party("CH", "ABC"), uid, &limit).await;
    }
    world
}

/// Holds: S-12, E-29, E-30.
#[tokio::test]
async fn a_session_is_of_the_card_of_its_contract_that_was_allowed_at_that_place() {
    let world = two_cards().await;
    let here = json!({"location_id": "LOC1", "evse_uids": ["E1"]});
    let asked = send(&world, "POST", &super::question("TWO"), &here).await;
    assert_eq!(asked.data()["allowed"], "ALLOWED");
    taken(&world, "PUT", SESSION, &older_session(), 201).await;
    // The pending slot would be over by now: it is the session that counts.
    world.clock.advance_ms(4 * 60 * 1000);
    assert!(!is_taken(&world, "ONE").await);
    assert!(is_taken(&world, "TWO").await);
    let over = json!({"status": "COMPLETED"});
    taken(&world, "PATCH", SESSION, &over, 200).await;
    assert!(!is_taken(&world, "TWO").await);
}

/// Holds: S-12, E-29.
#[tokio::test]
async fn without_a_question_a_session_is_of_the_first_card_of_its_contract() {
    let world = two_cards().await;
    taken(&world, "PUT", SESSION, &older_session(), 201).await;
    assert!(is_taken(&world, "ONE").await);
    assert!(!is_taken(&world, "TWO").await);
}

/// Holds: S-10, S-12.
#[tokio::test]
async fn a_session_of_an_unknown_contract_is_stored_and_counts_for_nobody() {
    let world = two_cards().await;
    let body = with(older_session(), &json!({"auth_id": "NOBODY"}));
    taken(&world, "PUT", SESSION, &body, 201).await;
    for uid in ["ONE", "TWO"] {
        assert!(!is_taken(&world, uid).await, "{uid}");
    }
}
