//! The exchanges of 2.1.1.
//!
//! The Token is the example of the specification (`mod_tokens`, PUT), the PATCH its example too,
//! which lacks `last_updated`.

use serde_json::{Value, json};

use super::super::{Body, Exchange, Sent};
use super::{
    CORRELATION_ID, REQUEST_ID, credentials, exchange, full_rfid_example, list_example,
    put_example, world, world_of, world_with_account,
};
use crate::support::http::Request;
use crate::support::token::with;
use crate::support::world::World;

const COPY: &str = "/ocpi/cpo/2.1.1/tokens/NL/TNM/012345678";
const LIST: &str = "/ocpi/emsp/2.1.1/tokens";
const SESSION: &str = "/ocpi/emsp/2.1.1/sessions/BE/BEC/101";
const LOCATION: &str = "/ocpi/emsp/2.1.1/locations/BE/BEC/LOC1";

/// A request of 2.1.1: its token as it is, and no routing.
fn sent(method: &'static str, target: &str, body: Body) -> Sent {
    Sent {
        method,
        target: target.to_owned(),
        headers: vec![
            ("Authorization", "Token example-token"),
            REQUEST_ID,
            CORRELATION_ID,
        ],
        body,
    }
}

fn get(target: &str) -> Sent {
    sent("GET", target, Body::Nothing)
}

/// The Token of [`put_example`], as 2.1.1 has it.
fn older_token() -> Value {
    let older = json!({
        "country_code": null,
        "party_id": null,
        "group_id": null,
        "contract_id": null,
        "auth_id": "NL8ACC12E46L89",
    });
    with(put_example(), &older)
}

fn older_session() -> Value {
    json!({
        "id": "101",
        "start_datetime": "2026-01-01T11:57:09Z",
        "kwh": 0.0,
        "auth_id": "NL8ACC12E46L89",
        "auth_method": "AUTH_REQUEST",
        "location": older_location(),
        "currency": "EUR",
        "total_cost": 2.5,
        "status": "ACTIVE",
        "last_updated": "2026-01-01T11:57:09Z",
    })
}

fn older_location() -> Value {
    json!({
        "id": "LOC1",
        "type": "ON_STREET",
        "name": "Gent Zuid",
        "address": "F.Rooseveltlaan 3A",
        "city": "Gent",
        "postal_code": "9000",
        "country": "BEL",
        "coordinates": {"latitude": "51.04759", "longitude": "3.72994"},
        "evses": [{
            "uid": "3256",
            "evse_id": "BE-BEC-E041503001",
            "status": "AVAILABLE",
            "connectors": [{
                "id": "1",
                "standard": "IEC_62196_T2",
                "format": "CABLE",
                "power_type": "AC_3_PHASE",
                "voltage": 220,
                "amperage": 16,
                "tariff_id": "11",
                "last_updated": "2015-03-16T10:10:02Z",
            }],
            "last_updated": "2015-06-28T08:12:01Z",
        }],
        "last_updated": "2015-06-29T20:39:09Z",
    })
}

/// A world after a push of 2.1.1 that was taken.
async fn after(world: World, target: &str, body: Value) -> World {
    let request = Request::new("PUT", target)
        .token("example-token")
        .json(&body);
    let response = world.send(&request).await;
    assert_eq!(response.codes(), (201, 1000), "{}", response.message());
    world
}

/// Every exchange, in the order of the modules.
pub(in super::super) async fn all() -> Vec<Exchange> {
    let mut all = configuration().await;
    all.extend(copies().await);
    all.extend(lists().await);
    all.extend(authorizations().await);
    all.extend(pushes().await);
    all.extend(credentials::of("2.1.1").await);
    all
}

async fn configuration() -> Vec<Exchange> {
    vec![
        exchange("versions", world().await, get("/ocpi/cpo/versions")),
        exchange(
            "version_details_of_the_cpo",
            world().await,
            get("/ocpi/cpo/2.1.1"),
        ),
        exchange(
            "version_details_of_the_emsp",
            world().await,
            get("/ocpi/emsp/2.1.1"),
        ),
        exchange(
            "version_that_is_not_served_below_this_root",
            world().await,
            get("/ocpi/2.1.1"),
        ),
        exchange(
            "get_credentials",
            world().await,
            get("/ocpi/cpo/2.1.1/credentials"),
        ),
    ]
}

async fn copies() -> Vec<Exchange> {
    let put = |changes: &Value| sent("PUT", COPY, Body::Json(with(older_token(), changes)));
    let patch = || sent("PATCH", COPY, Body::Json(json!({"valid": false})));
    let known = async || world_of(&[put_example()]).await;
    let newest = with(
        full_rfid_example(),
        &json!({"last_updated": "2018-12-10T17:25:10.250Z"}),
    );
    vec![
        exchange("put_token_new", world().await, put(&json!({}))),
        exchange("put_token_again", known().await, put(&json!({}))),
        exchange("patch_token", known().await, patch()),
        exchange("patch_token_unknown", world().await, patch()),
        exchange(
            "get_token",
            world_of(&[newest]).await,
            get("/ocpi/cpo/2.1.1/tokens/DE/TNM/12345678905880"),
        ),
        exchange("get_token_unknown", world().await, get(COPY)),
        exchange(
            "put_token_without_auth_id",
            known().await,
            put(&json!({"auth_id": null})),
        ),
        exchange(
            "put_token_stale",
            known().await,
            put(&json!({"last_updated": "2015-06-29T22:39:08Z"})),
        ),
    ]
}

async fn lists() -> Vec<Exchange> {
    let known = async || world_of(&list_example()).await;
    vec![
        exchange(
            "list_tokens_first_page",
            known().await,
            get(&format!("{LIST}?limit=2")),
        ),
        exchange(
            "list_tokens_last_page",
            known().await,
            get(&format!("{LIST}?offset=2&limit=2")),
        ),
    ]
}

async fn authorizations() -> Vec<Exchange> {
    let target = format!("{LIST}/012345678/authorize");
    let place = json!({
        "location_id": "LOC001",
        "evse_uids": ["EVSE001", "EVSE002"],
        "connector_ids": ["1"],
    });
    let ask = || sent("POST", &target, Body::Nothing);
    let ask_at = || sent("POST", &target, Body::Json(place.clone()));
    let one_evse = json!({
        "permitted_locations": [{
            "country_code": "BE",
            "party_id": "BEC",
            "location_id": "LOC001",
            "evse_uids": ["EVSE001"],
        }],
    });
    vec![
        exchange("authorize", world_of(&[put_example()]).await, ask()),
        exchange(
            "authorize_with_connector_ids",
            world_of(&[put_example()]).await,
            ask_at(),
        ),
        exchange(
            "authorize_at_some_evses",
            world_with_account(one_evse).await,
            ask_at(),
        ),
        exchange(
            "authorize_blocked",
            world_with_account(json!({"blocked": true})).await,
            ask(),
        ),
        exchange("authorize_unknown", world().await, ask_at()),
    ]
}

async fn pushes() -> Vec<Exchange> {
    let session = || Body::Json(older_session());
    let change = json!({
        "kwh": 15.25,
        "end_datetime": "2026-01-01T11:59:00Z",
        "status": "COMPLETED",
        "total_cost": 5.75,
    });
    let known = async || after(world().await, SESSION, older_session()).await;
    let with_location = async || after(world().await, LOCATION, older_location()).await;
    let evse = json!({"status": "CHARGING"});
    vec![
        exchange(
            "put_session_new",
            world().await,
            sent("PUT", SESSION, session()),
        ),
        exchange(
            "put_session_without_auth_id",
            world().await,
            sent(
                "PUT",
                SESSION,
                Body::Json(with(older_session(), &json!({"auth_id": null}))),
            ),
        ),
        exchange(
            "patch_session",
            known().await,
            sent("PATCH", SESSION, Body::Json(change)),
        ),
        exchange("get_session", known().await, get(SESSION)),
        exchange("get_session_unknown", world().await, get(SESSION)),
        exchange(
            "put_location_new",
            world().await,
            sent("PUT", LOCATION, Body::Json(older_location())),
        ),
        exchange(
            "patch_evse",
            with_location().await,
            sent("PATCH", &format!("{LOCATION}/3256"), Body::Json(evse)),
        ),
        exchange("get_location", with_location().await, get(LOCATION)),
        exchange("get_location_unknown", world().await, get(LOCATION)),
    ]
}
