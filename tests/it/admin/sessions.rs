//! The sessions that CPOs pushed.

use ocpi_domain::{Profile, Role};
use serde_json::{Value, json};

use super::{Operator, start, started};
use crate::support::http::Request;
use crate::support::push::{self, SESSIONS as PUSHED};
use crate::support::token::{card, question, with};
use crate::support::world::{TOKEN, World, WorldBuilder, party, platform};

const SESSIONS: &str = "/admin/v1/sessions";

/// A session of CH/ABC that an RFID Token of CH/ABC has at an EVSE of its own, not heard of for an
/// hour.
pub(super) fn session(id: &str, uid: &str) -> Value {
    let changes = json!({
        "country_code": "CH",
        "party_id": "ABC",
        "location_id": "L1",
        "evse_uid": format!("E-{id}"),
        "last_updated": "2026-01-01T11:00:00Z",
    });
    with(push::session(id, uid), &changes)
}

/// Pushes a session as the platform of that credentials token.
pub(super) async fn push(world: &World, credentials: &str, session: &Value) {
    let segment = |name: &str| session[name].as_str().expect("an identifier");
    let [country, party, id] = ["country_code", "party_id", "id"].map(segment);
    let target = format!("{PUSHED}/{country}/{party}/{id}");
    let put = Request::new("PUT", &target)
        .token(credentials)
        .json(session);
    let response = world.send(&put).await;
    assert_eq!(response.codes().1, 1000, "{}", response.message());
}

/// A world to which `partner` pushed S1 and S2 of the Token A, S2 over, and `other` S3 of a Token
/// that nobody knows and S4 of the Token a, a second apart.
async fn pushed() -> (World, Operator) {
    let other = platform("other", Profile::default(), &[("NL", "ALF", Role::Cpo)]);
    let (world, operator) = start(WorldBuilder::new().platform(other, "other-token")).await;
    world.push(&card("A")).await;
    let ended = json!({"status": "COMPLETED"});
    let foreign = json!({"country_code": "NL", "party_id": "ALF"});
    for (session, credentials) in [
        (session("S1", "A"), TOKEN),
        (with(session("S2", "A"), &ended), TOKEN),
        (with(session("S3", "B"), &foreign), "other-token"),
        (with(session("S4", "a"), &foreign), "other-token"),
    ] {
        push(&world, credentials, &session).await;
        world.clock.advance_ms(1000);
    }
    (world, operator)
}

/// The ids of sessions.
fn ids(items: &[Value]) -> Vec<&str> {
    let ids = items.iter().map(|item| item["session"]["id"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

/// Holds: S-10. Every session is listed, that of an unknown Token too, the newest first.
#[tokio::test]
async fn every_session_is_listed_newest_first_however_large_the_pages_are() {
    let (_world, operator) = pushed().await;
    for query in ["", "limit=1", "limit=3", "limit=4", "limit=1000"] {
        let items = operator.list(SESSIONS, query).await;
        assert_eq!(ids(&items), ["S4", "S3", "S2", "S1"], "{query}");
    }
}

/// Holds: S-20. A session is found by what an operator knows of it.
#[tokio::test]
async fn sessions_are_found_by_every_filter_and_by_all_of_them() {
    let (_world, operator) = pushed().await;
    for (query, expected) in [
        ("active=true", vec!["S4", "S3", "S1"]),
        ("active=false", vec!["S2"]),
        ("token_uid=A", vec!["S4", "S2", "S1"]),
        ("token_uid=a", vec!["S4", "S2", "S1"]),
        ("token_uid=X", vec![]),
        ("platform=partner", vec!["S2", "S1"]),
        ("platform=Partner", vec![]),
        ("platform=other&active=true", vec!["S4", "S3"]),
        ("platform=partner&active=true&token_uid=a", vec!["S1"]),
        ("platform=other&active=false", vec![]),
    ] {
        for limit in [1, 1000] {
            let items = operator
                .list(SESSIONS, &format!("{query}&limit={limit}"))
                .await;
            assert_eq!(ids(&items), expected, "{query}");
        }
    }
}

/// Holds: S-10, S-11. A session is shown as it came, with whose it is and whether it counts.
#[tokio::test]
async fn a_session_is_shown_as_it_came_with_what_is_made_of_it() {
    let (world, operator) = started().await;
    let of_group = with(card("A"), &json!({"group_id": "FLEET"}));
    world.push(&of_group).await;
    let target = format!("{PUSHED}/CH/ABC/S1");
    let sent = session("S1", "a").to_string();
    let sent = sent.replace("\"kwh\":0,", "\"kwh\":0.50,\"x\":{\"b\":1.0,\"a\":[]},");
    let put = Request::new("PUT", &target).token(TOKEN).body(sent.clone());
    assert_eq!(world.send(&put).await.codes(), (201, 1000));
    let answer = operator.get(SESSIONS).await;
    assert!(answer.text().contains(&sent), "{}", answer.text());
    let mut item = answer.found()["items"][0].take();
    item["session"].take();
    let token = json!({"country_code": "CH", "party_id": "ABC", "uid": "A", "type": "RFID"});
    assert_eq!(
        item,
        json!({
            "session": null, "platform": "partner", "token": token, "token_known": true,
            "group_id": "FLEET", "active": true, "active_until": "2026-01-03T11:00:00Z",
            "received_at": "2026-01-01T12:00:00Z",
        })
    );
    push(&world, TOKEN, &session("S2", "NOBODY")).await;
    push(&world, TOKEN, &session("S3", "#NA")).await;
    let items = operator.list(SESSIONS, "").await;
    let token = json!({"country_code": "CH", "party_id": "ABC", "uid": "NOBODY", "type": "RFID"});
    assert_eq!(items[1]["token"], token);
    assert_eq!(items[0].get("token"), None, "it may be anybody's");
    for item in &items[..2] {
        assert_eq!(item["token_known"], false, "{item}");
    }
}

/// Holds: S-21. What is not heard of for long counts no more, and is shown so at once.
#[tokio::test]
async fn a_session_that_is_silent_for_long_is_no_more_active() {
    let (world, operator) = started().await;
    world.push(&card("A")).await;
    push(&world, TOKEN, &session("S1", "A")).await;
    let hour_ms = 60 * 60 * 1000;
    // It was updated an hour before it was pushed.
    world.clock.advance_ms(47 * hour_ms - 1);
    let active = operator.list(SESSIONS, "active=true").await;
    assert_eq!(ids(&active), ["S1"]);
    world.clock.advance_ms(1);
    assert!(operator.list(SESSIONS, "active=true").await.is_empty());
    let silent = operator.list(SESSIONS, "active=false").await;
    assert_eq!(silent[0]["active"], false);
    assert_eq!(silent[0].get("active_until"), None);
    assert_eq!(silent[0]["session"]["status"], "ACTIVE", "its CPO's word");
}

/// Holds: E-26. An authorization leads to the session that followed it, named by its CPO or not.
#[tokio::test]
async fn an_authorization_is_shown_with_the_sessions_that_followed() {
    let (world, operator) = started().await;
    world.push(&card("A")).await;
    let limit = json!({"concurrent_sessions_max": 2});
    world.put_account(party("CH", "ABC"), "A", &limit).await;
    let ask = async |evse: &str| {
        let place = json!({"location_id": "L1", "evse_uids": [evse]});
        let answer = world.call("POST", &question("A"), Some(&place)).await;
        let reference = answer.data()["authorization_reference"].take();
        reference.as_str().expect("a reference").to_owned()
    };
    let followed = async |reference: &str| {
        let target = format!("/admin/v1/authorizations/{reference}");
        operator.get(&target).await.found()["sessions"].take()
    };
    let by_place = ask("E-S1").await;
    let by_name = ask("ELSEWHERE").await;
    assert_eq!(followed(&by_place).await, json!([]));
    push(&world, TOKEN, &session("S1", "A")).await;
    let named = json!({"authorization_reference": by_name});
    push(&world, TOKEN, &with(session("S2", "A"), &named)).await;
    for (reference, id) in [(&by_place, "S1"), (&by_name, "S2")] {
        let sessions = followed(reference).await;
        let items = sessions.as_array().expect("a list");
        assert_eq!(ids(items), [id]);
        assert_eq!(items[0]["authorization_reference"], **reference);
        let listed = operator.list(SESSIONS, "").await;
        assert!(
            listed.contains(&items[0]),
            "{sessions} is not in {listed:?}"
        );
    }
}
