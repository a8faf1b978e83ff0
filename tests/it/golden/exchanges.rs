//! The exchanges: every route's success, and every kind of refusal.
//!
//! The Tokens are the examples of the specification (`examples/token_*.json`,
//! `transport_and_format_get_token_list_example.json`), the credentials its `example-token`.

mod credentials;
mod pushes;
pub(super) mod v2_1_1;
pub(super) mod v2_2_1;

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{Body, Exchange, Sent};
use crate::support::token::{RECEIVER, SENDER, with};
use crate::support::world::{World, WorldBuilder, hosted, party, platform};

/// `example-token`, as the specification encodes it.
const AUTHORIZATION: (&str, &str) = ("Authorization", "Token ZXhhbXBsZS10b2tlbg==");

const REQUEST_ID: (&str, &str) = ("X-Request-ID", "12e7c5d5-1e4c-4b7f-9d3c-6f0f2f9d3c11");
const CORRELATION_ID: (&str, &str) = ("X-Correlation-ID", "7b3f6a1c-0d5e-4c1b-8a44-0a2b3c4d5e6f");
const FROM: [(&str, &str); 2] = [
    ("OCPI-from-country-code", "NL"),
    ("OCPI-from-party-id", "TNM"),
];
const TO: [(&str, &str); 2] = [("OCPI-to-country-code", "NL"), ("OCPI-to-party-id", "ALF")];
const FROM_CPO: [(&str, &str); 2] = [
    ("OCPI-from-country-code", "BE"),
    ("OCPI-from-party-id", "BEC"),
];
const TO_EMSP: [(&str, &str); 2] = [("OCPI-to-country-code", "NL"), ("OCPI-to-party-id", "TNM")];

/// We host the CPO NL/ALF and the eMSP NL/TNM. The peer speaks for the eMSPs NL/TNM and DE/TNM,
/// and for the CPO BE/BEC.
async fn world() -> World {
    world_with_profile(Profile::default()).await
}

/// The same, and the peer has this profile.
async fn world_with_profile(profile: Profile) -> World {
    builder(profile).start().await
}

fn builder(profile: Profile) -> WorldBuilder {
    let roles = [
        ("NL", "TNM", Role::Emsp),
        ("DE", "TNM", Role::Emsp),
        ("BE", "BEC", Role::Cpo),
    ];
    let mut builder =
        WorldBuilder::new().platform(platform("peer", profile, &roles), "example-token");
    builder.hosted = vec![
        hosted("NL", "ALF", &[Role::Cpo]),
        hosted("NL", "TNM", &[Role::Emsp]),
    ];
    builder
}

/// A world that has these Tokens.
async fn world_of(tokens: &[Value]) -> World {
    let world = world().await;
    for token in tokens {
        world.push_as("example-token", token).await;
    }
    world
}

/// A world that has the Token of `token_put_example.json`, with this account.
async fn world_with_account(account: Value) -> World {
    let world = world_of(&[put_example()]).await;
    world
        .put_account(party("NL", "TNM"), "012345678", &account)
        .await;
    world
}

fn put_example() -> Value {
    json!({
        "country_code": "NL",
        "party_id": "TNM",
        "uid": "012345678",
        "type": "RFID",
        "contract_id": "NL8ACC12E46L89",
        "visual_number": "DF000-2001-8999-1",
        "issuer": "TheNewMotion",
        "group_id": "DF000-2001-8999",
        "valid": true,
        "whitelist": "ALWAYS",
        "last_updated": "2015-06-29T22:39:09Z",
    })
}

fn patch_example() -> Value {
    json!({"valid": false, "last_updated": "2019-06-19T02:11:11Z"})
}

fn full_rfid_example() -> Value {
    json!({
        "country_code": "DE",
        "party_id": "TNM",
        "uid": "12345678905880",
        "type": "RFID",
        "contract_id": "DE8ACC12E46L89",
        "visual_number": "DF000-2001-8999-1",
        "issuer": "TheNewMotion",
        "group_id": "DF000-2001-8999",
        "valid": true,
        "whitelist": "ALLOWED",
        "language": "it",
        "default_profile_type": "GREEN",
        "energy_contract": {
            "supplier_name": "Greenpeace Energy eG",
            "contract_id": "0123456789",
        },
        "last_updated": "2018-12-10T17:25:10Z",
    })
}

fn list_example() -> [Value; 3] {
    [
        (
            "100012",
            "FA54320",
            "DF000-2001-8999",
            true,
            "ALWAYS",
            "2015-06-21T22:39:05Z",
        ),
        (
            "100013",
            "FA543A5",
            "DF000-2001-9000",
            true,
            "ALLOWED",
            "2015-06-28T11:21:09Z",
        ),
        (
            "100014",
            "FA543BB",
            "DF000-2001-9010",
            false,
            "ALLOWED",
            "2015-05-29T10:12:26Z",
        ),
    ]
    .map(
        |(uid, contract_id, visual_number, valid, whitelist, last_updated)| {
            json!({
                "country_code": "NL",
                "party_id": "TNM",
                "uid": uid,
                "type": "RFID",
                "contract_id": contract_id,
                "visual_number": visual_number,
                "issuer": "TheNewMotion",
                "valid": valid,
                "whitelist": whitelist,
                "last_updated": last_updated,
            })
        },
    )
}

/// A request to a configuration module: no routing headers.
fn sent(method: &'static str, target: &str) -> Sent {
    Sent {
        method,
        target: target.to_owned(),
        headers: vec![AUTHORIZATION, REQUEST_ID, CORRELATION_ID],
        body: Body::Nothing,
    }
}

/// A request of the eMSP NL/TNM to the CPO NL/ALF.
fn to_receiver(method: &'static str, tail: &str, body: Body) -> Sent {
    let mut sent = sent(method, &format!("{RECEIVER}/{tail}"));
    sent.headers.extend(FROM.into_iter().chain(TO));
    Sent { body, ..sent }
}

/// A request of the CPO BE/BEC to the eMSP NL/TNM.
fn to_sender(method: &'static str, tail: &str, body: Body) -> Sent {
    let mut sent = sent(method, &format!("{SENDER}{tail}"));
    sent.headers.extend(FROM_CPO.into_iter().chain(TO_EMSP));
    Sent { body, ..sent }
}

fn exchange(name: &'static str, world: World, request: Sent) -> Exchange {
    Exchange {
        name,
        world,
        request,
    }
}

/// Every exchange of 2.3.0, in the order of the modules.
pub(super) async fn v2_3_0() -> Vec<Exchange> {
    let mut all = newest().await;
    all.extend(credentials::of("2.3.0").await);
    all
}

/// Those that are the same in 2.2.1, but for its names and shapes.
async fn newest() -> Vec<Exchange> {
    let mut all = configuration().await;
    all.extend(copies().await);
    all.extend(refused_writes().await);
    all.extend(lists().await);
    all.extend(authorizations().await);
    all.extend(pushes::sessions().await);
    all.extend(pushes::locations().await);
    all.extend(pushes::authorizations().await);
    all
}

async fn configuration() -> Vec<Exchange> {
    let mut stranger = sent("GET", "/ocpi/versions");
    stranger.headers[0] = ("Authorization", "Token c3RyYW5nZXI=");
    vec![
        exchange("versions", world().await, sent("GET", "/ocpi/versions")),
        exchange("version_details", world().await, sent("GET", "/ocpi/2.3.0")),
        exchange(
            "credentials",
            world().await,
            sent("GET", "/ocpi/2.3.0/credentials"),
        ),
        exchange("versions_without_a_known_token", world().await, stranger),
        exchange(
            "version_that_is_not_served",
            world().await,
            sent("GET", "/ocpi/2.0"),
        ),
        exchange(
            "route_that_does_not_exist",
            world().await,
            sent("GET", "/ocpi/2.3.0/cdrs"),
        ),
    ]
}

const UID: &str = "NL/TNM/012345678";

async fn copies() -> Vec<Exchange> {
    let (put, patch) = (put_example(), patch_example());
    let known = || world_of(std::slice::from_ref(&put));
    let whole = |body: &Value| to_receiver("PUT", UID, Body::Json(body.clone()));
    let part = |body: &Value| to_receiver("PATCH", UID, Body::Json(body.clone()));
    let get = |tail| to_receiver("GET", tail, Body::Nothing);
    let full = [full_rfid_example()];
    vec![
        exchange("put_token_new", world().await, whole(&put)),
        exchange("put_token_again", known().await, whole(&put)),
        exchange("patch_token", known().await, part(&patch)),
        exchange("patch_token_unknown", world().await, part(&patch)),
        exchange(
            "get_token",
            world_of(&full).await,
            get("DE/TNM/12345678905880?type=RFID"),
        ),
        exchange("get_token_unknown", known().await, get("NL/TNM/012345679")),
        exchange(
            "get_token_of_another_party",
            known().await,
            get("FR/XYZ/012345678"),
        ),
        exchange(
            "delete_token",
            known().await,
            to_receiver("DELETE", UID, Body::Nothing),
        ),
    ]
}

async fn refused_writes() -> Vec<Exchange> {
    let put = put_example();
    let known = || world_of(std::slice::from_ref(&put));
    let whole = |changes: Value| to_receiver("PUT", UID, Body::Json(with(put_example(), &changes)));
    let stale = json!({"last_updated": "2015-06-29T22:39:08Z"});
    let invalid = to_receiver("PATCH", UID, Body::Json(json!({"valid": false})));
    let broken = to_receiver("PUT", UID, Body::Text("{\"uid\":"));
    vec![
        exchange(
            "put_token_without_type",
            known().await,
            whole(json!({"type": null})),
        ),
        exchange(
            "put_token_of_bad_whitelist",
            known().await,
            whole(json!({"whitelist": "MAYBE"})),
        ),
        exchange(
            "put_token_of_another_uid",
            known().await,
            whole(json!({"uid": "012345679"})),
        ),
        exchange("put_token_stale", known().await, whole(stale)),
        exchange("put_token_that_is_no_json", known().await, broken),
        exchange("patch_token_without_last_updated", known().await, invalid),
    ]
}

async fn lists() -> Vec<Exchange> {
    let known = async || world_of(&list_example()).await;
    let get = |tail| to_sender("GET", tail, Body::Nothing);
    vec![
        exchange("list_tokens_first_page", known().await, get("?limit=2")),
        exchange(
            "list_tokens_last_page",
            known().await,
            get("?offset=2&limit=2"),
        ),
        exchange(
            "list_tokens_of_a_month",
            known().await,
            get("?date_from=2015-06-01T00:00:00Z&date_to=2015-07-01T00:00:00Z&limit=1"),
        ),
        exchange("list_tokens_of_nobody", world().await, get("")),
        exchange(
            "list_tokens_with_bad_limit",
            known().await,
            get("?limit=-1"),
        ),
    ]
}

async fn authorizations() -> Vec<Exchange> {
    let place = json!({"location_id": "LOC001", "evse_uids": ["EVSE001", "EVSE002"]});
    let one_evse = json!({
        "permitted_locations": [{
            "country_code": "BE",
            "party_id": "BEC",
            "location_id": "LOC001",
            "evse_uids": ["EVSE001"],
        }],
    });
    let ask = || to_sender("POST", "/012345678/authorize", Body::Nothing);
    let ask_at = |tail| to_sender("POST", tail, Body::Json(place.clone()));
    let short = "/012345678/authorize?type=RFID";
    vec![
        exchange("authorize", world_of(&[put_example()]).await, ask()),
        exchange(
            "authorize_at_some_evses",
            world_with_account(one_evse.clone()).await,
            ask_at(short),
        ),
        exchange(
            "authorize_on_the_long_path",
            world_of(&[put_example()]).await,
            ask_at("/NL/TNM/012345678/authorize"),
        ),
        exchange(
            "authorize_blocked",
            world_with_account(json!({"blocked": true})).await,
            ask(),
        ),
        exchange("authorize_unknown", world().await, ask_at(short)),
        exchange(
            "authorize_without_the_location",
            world_with_account(one_evse).await,
            ask(),
        ),
        exchange(
            "authorize_with_evses_alone",
            world_of(&[put_example()]).await,
            to_sender("POST", short, Body::Json(json!({"evse_uids": ["EVSE001"]}))),
        ),
    ]
}
