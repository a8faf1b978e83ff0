//! Many that ask in the same instant: as many as the limit are allowed, and never one more.

use std::sync::Arc;

use ocpi_domain::{AllowedType, AuthorizationStatus, LocationReferences, Profile, Role};
use ocpi_ports::RecordQuery;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::rounds;
use super::site::{Answer, KINDS, Site, ask, context};
use crate::support::http::{Connection, Request};
use crate::support::push::{SESSIONS, session};
use crate::support::stores::Kind;
use crate::support::token::{question, with};
use crate::support::world::{TOKEN, World, WorldBuilder, platform};

/// How many ask at once.
const RIVALS: usize = 1000;

/// Rounds over HTTP: each connection asks several times, one after the other.
const ROUNDS_OVER_HTTP: usize = 3;
const CONNECTIONS: usize = 200;

/// All rivals ask about a card at EVSEs of their own, each when all are there.
async fn rush(site: &Site, uid: &'static str) -> Vec<Answer> {
    let together = Arc::new(Barrier::new(RIVALS));
    let context = Arc::new(context(0));
    let tasks: Vec<_> = (0..RIVALS)
        .map(|number| {
            let (app, together) = (Arc::clone(&site.app), Arc::clone(&together));
            let context = Arc::clone(&context);
            tokio::spawn(async move {
                let place = LocationReferences {
                    location_id: "LOC1".parse().expect("an id"),
                    evse_uids: vec![evse(number).parse().expect("a uid")],
                };
                together.wait().await;
                ask(&app, &context, uid, Some(place)).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("an answer"));
    }
    answers
}

fn evse(number: usize) -> String {
    format!("E{number}")
}

/// The numbers and references of those that were allowed.
fn winners(answers: &[Answer]) -> Vec<(usize, String)> {
    let answers = answers.iter().enumerate();
    answers
        .filter(|(_, answer)| answer.is_allowed())
        .map(|(number, answer)| (number, answer.reference().as_str().to_owned()))
        .collect()
}

/// Asserts that the newest records are those of the rush, and say what was answered.
async fn assert_recorded(site: &Site, winners: &[(usize, String)], when: &str) {
    let store = &site.stores.authorizations;
    let found = store
        .list_records(&RecordQuery::default(), None, RIVALS)
        .await;
    let mut references = Vec::new();
    let mut refused = 0;
    for stored in found.expect("the store lists") {
        let record = stored.record;
        match (record.allowed, record.status) {
            (Some(AllowedType::Allowed), Some(AuthorizationStatus::Accepted)) => {
                references.push(record.reference.as_str().to_owned());
            }
            (Some(AllowedType::NotAllowed), Some(AuthorizationStatus::ConcurrentTx)) => {
                assert_eq!(record.allowed_location, None, "{when}");
                refused += 1;
            }
            other => panic!("{when}: {other:?}"),
        }
    }
    let mut expected: Vec<_> = winners.iter().map(|(_, reference)| reference).collect();
    expected.sort_unstable();
    references.sort_unstable();
    assert!(references.iter().eq(expected), "{when}: {references:?}");
    assert_eq!(refused, RIVALS - winners.len(), "{when}");
}

/// One rush for a limit of `max`; then the sessions of the winners come and end, and the next may
/// charge.
async fn round(site: &Site, uid: &'static str, max: usize, when: &str) {
    let winners = winners(&rush(site, uid).await);
    assert_eq!(winners.len(), max, "{when}: allowed");
    assert_recorded(site, &winners, when).await;
    let begun = winners.iter().map(|(number, reference)| {
        let id = format!("{when}-{number}");
        let begun = site.session(&id, uid, &evse(*number));
        with(begun, &json!({"authorization_reference": reference}))
    });
    let begun: Vec<Value> = begun.collect();
    for session in &begun {
        site.put(session).await;
        assert!(!site.ask(uid, "LATE").await.is_allowed(), "{when}: it runs");
    }
    for session in &begun {
        let id = session["id"].as_str().expect("an id");
        site.patch(id, &site.end()).await;
    }
    let next = site.ask(uid, "NEXT").await;
    assert!(next.is_allowed(), "{when}: all have ended");
    // Its session is over at once, so the next round finds all slots free.
    let last = site.session(&format!("{when}-next"), uid, "NEXT");
    let over = json!({"authorization_reference": next.reference().as_str(), "status": "COMPLETED"});
    site.put(&with(last, &over)).await;
}

async fn race_on(kind: Kind) {
    let site = Site::new(kind).await;
    let limits = [(1, "ONE"), (2, "TWO"), (7, "SEVEN")];
    for (max, uid) in limits {
        let account = json!({"concurrent_sessions_max": max});
        site.add(uid, None, &account).await;
    }
    for number in 0..rounds() {
        round(&site, "ONE", 1, &format!("1-{number}")).await;
    }
    for (max, uid) in limits {
        for number in 0..3 {
            round(&site, uid, max, &format!("{max}-again-{number}")).await;
        }
    }
}

/// Holds: E-17, E-29, E-30, E-33, S-26.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_at_once_as_many_as_the_limit_are_allowed_in_memory() {
    race_on(Kind::Memory).await;
}

/// Holds: E-17, E-29, E-30, E-33, S-26.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_at_once_as_many_as_the_limit_are_allowed_in_sqlite() {
    race_on(Kind::Sqlite).await;
}

/// A platform that speaks the tutorial's dialect, so that the answers have their status, on a
/// store of this kind.
async fn world_on(kind: Kind, site: &Site) -> World {
    let roles = [("NL", "ALF", Role::Cpo)];
    let profile = Profile {
        tutorial: true,
        ..Profile::default()
    };
    let mut builder = WorldBuilder::new();
    builder.platforms.clear();
    builder.clock = Arc::clone(&site.clock);
    builder.randomness = Arc::clone(&site.randomness);
    builder.stores = Some(site.stores.clone());
    let name = format!("{kind:?}");
    builder
        .platform(platform(&name, profile, &roles), TOKEN)
        .start()
        .await
}

/// The answers to [`RIVALS`] questions over [`CONNECTIONS`] connections: the reference of an
/// ALLOWED, with its EVSE.
async fn rush_over_http(world: &World, uid: &str) -> Vec<Option<(String, Value)>> {
    let together = Arc::new(Barrier::new(CONNECTIONS));
    let mut tasks = Vec::new();
    for client in 0..CONNECTIONS {
        let mut connection = Connection::open(world.address).await;
        let together = Arc::clone(&together);
        let target = question(uid);
        tasks.push(tokio::spawn(async move {
            let mut answers = Vec::new();
            together.wait().await;
            for number in 0..RIVALS / CONNECTIONS {
                let evse = format!("E{client}-{number}");
                let place = json!({"location_id": "LOC1", "evse_uids": [evse]});
                let request = Request::new("POST", &target).token(TOKEN).json(&place);
                let response = connection.send(&request).await;
                assert_eq!(response.codes(), (200, 1000), "{}", response.message());
                let mut data = response.data();
                answers.push(match data["allowed"].as_str() {
                    Some("ALLOWED") => Some((evse, data["authorization_reference"].take())),
                    Some("NOT_ALLOWED") => {
                        assert_eq!(data["status"], "CONCURRENT_TX");
                        assert_eq!(data.get("location"), None);
                        assert_eq!(data.get("authorization_reference"), None);
                        None
                    }
                    _ => panic!("{data}"),
                });
            }
            answers
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.extend(task.await.expect("answers"));
    }
    answers
}

/// Holds: E-17, E-29, E-30, X-22, X-35, Z-16.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_http_one_of_a_thousand_is_allowed_and_the_next_when_its_session_has_ended() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        let account = json!({"concurrent_sessions_max": 1});
        site.add("U1", None, &account).await;
        let world = world_on(kind, &site).await;
        for number in 0..ROUNDS_OVER_HTTP {
            let answers = rush_over_http(&world, "U1").await;
            assert_eq!(answers.len(), RIVALS);
            let mut allowed: Vec<_> = answers.into_iter().flatten().collect();
            assert_eq!(allowed.len(), 1, "{kind:?} {number}: {allowed:?}");
            let (evse, reference) = allowed.remove(0);
            let id = format!("S{number}");
            let target = format!("{SESSIONS}/NL/ALF/{id}");
            let begun = with(
                session(&id, "U1"),
                &json!({"evse_uid": evse, "authorization_reference": reference}),
            );
            let response = world.call("PUT", &target, Some(&begun)).await;
            assert_eq!(response.codes(), (201, 1000), "{}", response.message());
            assert!(!site.ask("U1", "LATE").await.is_allowed(), "{kind:?}");
            let response = world.call("PATCH", &target, Some(&site.end())).await;
            assert_eq!(response.codes(), (200, 1000), "{}", response.message());
        }
        assert!(site.ask("U1", "NEXT").await.is_allowed(), "{kind:?}");
    }
}
