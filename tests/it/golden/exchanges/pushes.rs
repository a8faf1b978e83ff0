//! What a CPO pushes to us: sessions and Locations, and what they change in an answer.
//!
//! The session and the Location are after the examples of the specification
//! (`examples/session_example_1_simple_start.json`, `examples/location_example.json`).

use ocpi_domain::Profile;
use serde_json::{Value, json};

use super::super::{Body, Exchange, Sent};
use super::{
    FROM_CPO, TO_EMSP, exchange, put_example, sent, to_sender, world, world_of, world_with_account,
    world_with_profile,
};
use crate::support::http::Request;
use crate::support::push::{LOCATIONS, SESSIONS};
use crate::support::token::with;
use crate::support::world::World;

const SESSION: &str = "/BE/BEC/101";

const LOCATION: &str = "/BE/BEC/LOC1";

fn session_example() -> Value {
    json!({
        "country_code": "BE",
        "party_id": "BEC",
        "id": "101",
        "start_date_time": "2026-01-01T11:57:09Z",
        "kwh": 0.0,
        "cdr_token": {
            "country_code": "NL",
            "party_id": "TNM",
            "uid": "012345678",
            "type": "RFID",
            "contract_id": "NL8ACC12E46L89",
        },
        "auth_method": "AUTH_REQUEST",
        "location_id": "LOC1",
        "evse_uid": "3256",
        "connector_id": "1",
        "currency": "EUR",
        "total_cost": {"before_taxes": 2.5},
        "status": "ACTIVE",
        "last_updated": "2026-01-01T11:57:09Z",
    })
}

fn session_patch() -> Value {
    json!({
        "kwh": 15.25,
        "charging_periods": [{
            "start_date_time": "2026-01-01T11:57:09Z",
            "dimensions": [{"type": "ENERGY", "volume": 15.25}],
        }],
        "status": "COMPLETED",
        "end_date_time": "2026-01-01T11:59:00Z",
        "last_updated": "2026-01-01T11:59:00Z",
    })
}

fn connector_example(id: &str, format: &str) -> Value {
    json!({
        "id": id,
        "standard": "IEC_62196_T2",
        "format": format,
        "power_type": "AC_3_PHASE",
        "max_voltage": 220,
        "max_amperage": 16,
        "tariff_ids": ["11"],
        "last_updated": "2015-03-16T10:10:02Z",
    })
}

fn evse_example() -> Value {
    json!({
        "uid": "3256",
        "evse_id": "BE*BEC*E041503001",
        "status": "AVAILABLE",
        "capabilities": ["RESERVABLE"],
        "connectors": [connector_example("1", "CABLE"), connector_example("2", "SOCKET")],
        "physical_reference": "1",
        "floor_level": "-1",
        "last_updated": "2015-06-28T08:12:01Z",
    })
}

fn location_example() -> Value {
    json!({
        "country_code": "BE",
        "party_id": "BEC",
        "id": "LOC1",
        "publish": true,
        "name": "Gent Zuid",
        "address": "F.Rooseveltlaan 3A",
        "city": "Gent",
        "postal_code": "9000",
        "country": "BEL",
        "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
        "evses": [evse_example()],
        "operator": {"name": "BeCharged"},
        "time_zone": "Europe/Brussels",
        "last_updated": "2015-06-29T20:39:09Z",
    })
}

/// A request of the CPO BE/BEC to one of our Receivers.
fn push(method: &'static str, target: &str, body: Body) -> Sent {
    let mut sent = sent(method, target);
    sent.headers.extend(FROM_CPO.into_iter().chain(TO_EMSP));
    Sent { body, ..sent }
}

fn to_sessions(method: &'static str, tail: &str, body: Body) -> Sent {
    push(method, &format!("{SESSIONS}{tail}"), body)
}

fn to_locations(method: &'static str, tail: &str, body: Body) -> Sent {
    push(method, &format!("{LOCATIONS}{tail}"), body)
}

/// The world, after a push that was taken.
async fn after(world: World, target: String, body: Value) -> World {
    let request = Request::new("PUT", &target)
        .token("example-token")
        .json(&body);
    let response = world.send(&request).await;
    assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    world
}

async fn with_session(world: World) -> World {
    after(world, format!("{SESSIONS}{SESSION}"), session_example()).await
}

async fn with_location(world: World) -> World {
    after(world, format!("{LOCATIONS}{LOCATION}"), location_example()).await
}

pub(super) async fn sessions() -> Vec<Exchange> {
    let put = |changes: Value| {
        let body = with(session_example(), &changes);
        to_sessions("PUT", SESSION, Body::Json(body))
    };
    let known = async || with_session(world_of(&[put_example()]).await).await;
    let two = async || {
        let second = with(session_example(), &json!({"id": "102"}));
        let target = format!("{SESSIONS}/BE/BEC/102");
        after(known().await, target, second).await
    };
    let patch = || to_sessions("PATCH", SESSION, Body::Json(session_patch()));
    vec![
        exchange("put_session_new", world().await, put(json!({}))),
        exchange("put_session_again", known().await, put(json!({"kwh": 1.5}))),
        exchange(
            "put_session_without_status",
            known().await,
            put(json!({"status": null})),
        ),
        exchange("patch_session", known().await, patch()),
        exchange("patch_session_unknown", world().await, patch()),
        exchange(
            "get_session",
            known().await,
            to_sessions("GET", SESSION, Body::Nothing),
        ),
        exchange(
            "list_sessions_first_page",
            two().await,
            to_sessions("GET", "/?limit=1", Body::Nothing),
        ),
        exchange(
            "list_sessions_last_page",
            two().await,
            to_sessions("GET", "/?offset=1&limit=1", Body::Nothing),
        ),
    ]
}

pub(super) async fn locations() -> Vec<Exchange> {
    let known = async || with_location(world().await).await;
    let change = json!({"status": "CHARGING", "last_updated": "2015-06-28T08:13:00Z"});
    let get = |tail| to_locations("GET", tail, Body::Nothing);
    vec![
        exchange(
            "put_location_new",
            world().await,
            to_locations("PUT", LOCATION, Body::Json(location_example())),
        ),
        exchange(
            "put_evse_of_an_unknown_location",
            world().await,
            to_locations("PUT", "/BE/BEC/LOC1/3256", Body::Json(evse_example())),
        ),
        exchange(
            "patch_evse",
            known().await,
            to_locations("PATCH", "/BE/BEC/LOC1/3256", Body::Json(change)),
        ),
        exchange("get_location", known().await, get(LOCATION)),
        exchange("get_location_unknown", world().await, get(LOCATION)),
        exchange("get_connector", known().await, get("/BE/BEC/LOC1/3256/2")),
    ]
}

/// Answers that depend on what was pushed.
pub(super) async fn authorizations() -> Vec<Exchange> {
    let ask_at = |tail: &str, evse_uids: Value| {
        let place = json!({"location_id": "LOC1", "evse_uids": evse_uids});
        to_sender("POST", tail, Body::Json(place))
    };
    let limited = async || {
        let world = world_with_account(json!({"concurrent_sessions_max": 1})).await;
        with_session(world).await
    };
    let tutorial = async || {
        let world = world_with_profile(Profile {
            tutorial: true,
            ..Profile::default()
        })
        .await;
        world.push_as("example-token", &put_example()).await;
        with_location(world).await
    };
    let long = "/NL/TNM/012345678/authorize";
    let short = "/012345678/authorize?type=RFID";
    vec![
        exchange(
            "authorize_while_the_card_charges_elsewhere",
            limited().await,
            ask_at(long, json!(["3257"])),
        ),
        exchange(
            "authorize_where_the_card_charges",
            limited().await,
            ask_at(short, json!(["3256"])),
        ),
        exchange(
            "authorize_with_connector_ids",
            tutorial().await,
            ask_at(long, json!(["3256"])),
        ),
    ]
}
