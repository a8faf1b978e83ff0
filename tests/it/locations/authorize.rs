//! What a Location that is known changes in an answer, and what it never changes.

use ocpi_domain::Profile;
use serde_json::{Value, json};

use super::{CPO, at, builder, taken, world};
use crate::support::http::Request;
use crate::support::push::{LOCATIONS, connector, evse, location};
use crate::support::token::{card, question, with};
use crate::support::world::{World, party};

/// Gives the Token U1, which is new, this account.
async fn limit(world: &World, account: &Value) {
    world.push(&card("U1")).await;
    world.put_account(party("CH", "ABC"), "U1", account).await;
}

/// An account for which these EVSEs of LOC1 of NL/ALF are denied.
fn denied(evse_uids: &[&str]) -> Value {
    let entry = json!({
        "country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": evse_uids,
    });
    json!({"denied_locations": [entry]})
}

/// The codes and `data` of the answer to a question about U1 at these EVSEs of LOC1.
async fn ask(world: &World, evse_uids: &[&str]) -> ((u16, u64), Value) {
    let place = json!({"location_id": "LOC1", "evse_uids": evse_uids});
    let request = Request::new("POST", &question("U1")).token(CPO);
    let request = request.party("from", "NL", "ALF").json(&place);
    let response = world.send(&request).await;
    (response.codes(), response.data())
}

/// The EVSEs of an ALLOWED.
async fn allowed(world: &World, evse_uids: &[&str]) -> Value {
    let (codes, mut data) = ask(world, evse_uids).await;
    assert_eq!(codes, (200, 1000), "{data}");
    assert_eq!(data["allowed"], "ALLOWED", "{data}");
    data["location"]["evse_uids"].take()
}

/// Holds: E-22, L-07, L-09.
#[tokio::test]
async fn where_some_evses_are_denied_the_others_are_listed_once_they_are_known() {
    let world = world().await;
    limit(&world, &denied(&["E2"])).await;
    assert_eq!(
        ask(&world, &[]).await.0,
        (200, 2002),
        "nobody knows its EVSEs"
    );
    let evses = [
        evse("E1"),
        evse("E2"),
        with(evse("E3"), &json!({"status": "REMOVED"})),
        with(evse("E4"), &json!({"status": "OUTOFORDER"})),
    ];
    let whole = with(location("LOC1", &[]), &json!({"evses": evses}));
    taken(&world, "PUT", &at("LOC1"), &whole, 201).await;
    assert_eq!(allowed(&world, &[]).await, json!(["E1", "E4"]));
    // One that comes, and one that goes.
    taken(&world, "PUT", &at("LOC1/E5"), &evse("E5"), 201).await;
    let gone = json!({"status": "REMOVED", "last_updated": "2026-01-01T11:00:00Z"});
    taken(&world, "PATCH", &at("LOC1/E1"), &gone, 200).await;
    assert_eq!(allowed(&world, &[]).await, json!(["E4", "E5"]));
    let kept = super::shown(&world, &at("LOC1/E1")).await;
    assert_eq!(kept["status"], "REMOVED", "the record is kept");
}

/// Holds: E-22.
#[tokio::test]
async fn without_a_denial_the_whole_location_is_an_empty_list_known_or_not() {
    let world = world().await;
    limit(&world, &json!({})).await;
    assert_eq!(allowed(&world, &[]).await, json!([]));
    taken(&world, "PUT", &at("LOC1"), &location("LOC1", &["E1"]), 201).await;
    assert_eq!(allowed(&world, &[]).await, json!([]));
}

/// Holds: E-22, E-17.
#[tokio::test]
async fn a_location_of_another_cpo_says_nothing_of_this_one() {
    let world = world().await;
    limit(&world, &denied(&["E2"])).await;
    let of_bet = with(location("LOC1", &["E1", "E2"]), &json!({"party_id": "BET"}));
    taken(
        &world,
        "PUT",
        &format!("{LOCATIONS}/NL/BET/LOC1"),
        &of_bet,
        201,
    )
    .await;
    assert_eq!(ask(&world, &[]).await.0, (200, 2002));
}

/// Holds: E-23, L-09.
#[tokio::test]
async fn no_state_of_an_evse_or_a_location_refuses() {
    let world = world().await;
    limit(&world, &json!({})).await;
    let statuses = [
        "AVAILABLE",
        "BLOCKED",
        "CHARGING",
        "INOPERATIVE",
        "OUTOFORDER",
        "PLANNED",
        "REMOVED",
        "RESERVED",
        "UNKNOWN",
        "NEW_STATUS",
    ];
    let evses: Vec<Value> = statuses
        .iter()
        .map(|status| with(evse(status), &json!({"status": status})))
        .collect();
    let closed = json!({
        "evses": evses,
        "publish": false,
        "opening_times": {"twentyfourseven": false, "regular_hours": []},
    });
    let whole = with(location("LOC1", &[]), &closed);
    taken(&world, "PUT", &at("LOC1"), &whole, 201).await;
    for status in statuses {
        assert_eq!(allowed(&world, &[status]).await, json!([status]));
    }
    assert_eq!(allowed(&world, &[]).await, json!([]));
}

/// Holds: E-24, L-09.
#[tokio::test]
async fn an_evse_that_its_location_does_not_have_is_no_error() {
    let world = world().await;
    taken(&world, "PUT", &at("LOC1"), &location("LOC1", &["E1"]), 201).await;
    limit(&world, &json!({})).await;
    assert_eq!(allowed(&world, &["PRIVATE"]).await, json!(["PRIVATE"]));
    world
        .put_account(party("CH", "ABC"), "U1", &denied(&["E1"]))
        .await;
    assert_eq!(
        allowed(&world, &["PRIVATE", "E1"]).await,
        json!(["PRIVATE"])
    );
}

/// Holds: Q-14.
#[tokio::test]
async fn an_evse_id_in_the_place_of_a_uid_is_understood_and_sent_back() {
    let world = world().await;
    taken(
        &world,
        "PUT",
        &at("LOC1"),
        &location("LOC1", &["E1", "E2"]),
        201,
    )
    .await;
    limit(&world, &denied(&["E2"])).await;
    for (asked, expected) in [
        (&["BE*ALF*E1"][..], json!(["BE*ALF*E1"])),
        (&["be*alf*e1", "BE*ALF*E2"], json!(["be*alf*e1"])),
        (&["E1", "BE*ALF*E9"], json!(["E1", "BE*ALF*E9"])),
    ] {
        assert_eq!(allowed(&world, asked).await, expected, "{asked:?}");
    }
    let (_, data) = ask(&world, &["BE*ALF*E2"]).await;
    assert_eq!(data["allowed"], "NOT_ALLOWED");
}

/// Holds: X-07.
#[tokio::test]
async fn connector_ids_come_for_one_known_evse_and_in_the_tutorials_profile_only() {
    let two = json!({"connectors": [connector("1"), connector("2")]});
    let evses = json!([
        with(evse("E1"), &two),
        with(evse("E2"), &json!({"connectors": null}))
    ]);
    let whole = with(location("LOC1", &[]), &json!({"evses": evses}));
    for is_tutorial in [false, true] {
        let profile = Profile {
            tutorial: is_tutorial,
            ..Profile::default()
        };
        let world = builder(profile).start().await;
        limit(&world, &json!({})).await;
        let connector_ids = async |evse_uids: &[&str]| {
            let (_, data) = ask(&world, evse_uids).await;
            assert_eq!(data["allowed"], "ALLOWED");
            data["location"].get("connector_ids").cloned()
        };
        assert_eq!(
            connector_ids(&["E1"]).await,
            None,
            "the Location is not known"
        );
        taken(&world, "PUT", &at("LOC1"), &whole, 201).await;
        let of_one = is_tutorial.then(|| json!(["1", "2"]));
        assert_eq!(connector_ids(&["E1"]).await, of_one);
        assert_eq!(connector_ids(&["BE*ALF*E1"]).await, of_one);
        for evse_uids in [&[][..], &["E1", "E2"], &["PRIVATE"]] {
            assert_eq!(connector_ids(evse_uids).await, None, "{evse_uids:?}");
        }
    }
}
