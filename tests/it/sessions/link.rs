//! Whose session it is.

use ocpi_ports::{AuthorizationRepository, RecordQuery, SessionLink};
use serde_json::{Value, json};

use super::{CPO, at, stored, taken, world};
use crate::support::http::Request;
use crate::support::push::session;
use crate::support::token::{card, question, with};
use crate::support::world::{World, party};

/// The Token that the session counts for, as `CH/ABC/U1`, and whether it is known.
fn holder(link: &SessionLink) -> (Option<String>, bool) {
    let holder = link.holder.as_ref();
    let key = holder.map(|holder| format!("{}/{}", holder.token.party, holder.token.uid));
    (key, link.token_is_known)
}

/// Puts a new session with this `cdr_token` and these changes; whose it is then.
async fn linked(
    world: &World,
    id: &str,
    cdr_token: Value,
    changes: &Value,
) -> (Option<String>, bool) {
    let body = with(session(id, "U1"), &json!({"cdr_token": cdr_token}));
    taken(world, "PUT", &at(id), &with(body, changes), 201).await;
    holder(&stored(world, id).await.link)
}

fn found(key: &str, is_known: bool) -> (Option<String>, bool) {
    (Some(key.to_owned()), is_known)
}

/// Holds: S-10, S-11, T-72.
#[tokio::test]
async fn a_session_of_a_token_that_nobody_knows_is_stored_and_marked() {
    let world = world().await;
    world.push(&card("U1")).await;
    let token = |country_code: &str, party_id: &str, uid: &str| {
        json!({
            "country_code": country_code, "party_id": party_id, "uid": uid, "type": "RFID",
        })
    };
    for (number, (cdr_token, expected)) in [
        (token("CH", "ABC", "U1"), found("CH/ABC/U1", true)),
        (token("ch", "abc", "u1"), found("CH/ABC/U1", true)),
        (token("CH", "ABC", "LOST"), found("CH/ABC/LOST", false)),
        (token("CH", "XYZ", "U1"), found("CH/XYZ/U1", false)),
        (token("DE", "TNM", "U1"), (None, false)),
        (token("CH", "ABC", "#NA"), (None, false)),
        (
            with(token("CH", "ABC", "U1"), &json!({"type": "APP_USER"})),
            found("CH/ABC/U1", false),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("S{number}");
        let (key, is_known) = linked(&world, &id, cdr_token.clone(), &json!({})).await;
        let (expected_key, expected_known) = expected;
        assert_eq!(is_known, expected_known, "{cdr_token}");
        let folded = |key: Option<String>| key.map(|key| key.to_ascii_uppercase());
        assert_eq!(folded(key), folded(expected_key), "{cdr_token}");
    }
}

/// Holds: S-11, Q-30.
#[tokio::test]
async fn without_its_owner_a_token_is_found_when_one_party_alone_has_it() {
    let world = world().await;
    for (party_id, uid) in [
        ("ABC", "ONE"),
        ("XYZ", "OTHER"),
        ("ABC", "BOTH"),
        ("XYZ", "BOTH"),
    ] {
        world
            .push(&with(card(uid), &json!({"party_id": party_id})))
            .await;
    }
    for (uid, expected) in [
        ("ONE", found("CH/ABC/ONE", true)),
        ("OTHER", found("CH/XYZ/OTHER", true)),
        ("BOTH", (None, false)),
        ("NONE", (None, false)),
    ] {
        let cdr_token = json!({"uid": uid, "type": "RFID"});
        let id = format!("S-{uid}");
        assert_eq!(linked(&world, &id, cdr_token, &json!({})).await, expected);
    }
}

/// Holds: S-11, E-26.
#[tokio::test]
async fn the_authorization_that_a_session_names_decides_whose_it_is() {
    let world = world().await;
    for uid in ["ASKED", "CDR", "BLOCKED"] {
        world.push(&card(uid)).await;
    }
    let ask = async |uid: &str| {
        let request = Request::new("POST", &question(uid)).token(CPO);
        world.send(&request).await.data()
    };
    let reference = ask("ASKED").await["authorization_reference"].clone();
    let cdr_token =
        || json!({"country_code": "CH", "party_id": "ABC", "uid": "CDR", "type": "RFID"});
    for (id, named, expected) in [
        ("S1", reference.clone(), "ASKED"),
        (
            "S2",
            json!(reference.as_str().map(str::to_ascii_uppercase)),
            "ASKED",
        ),
        ("S3", json!("no-such-reference"), "CDR"),
        ("S4", json!("#NA"), "CDR"),
        ("S5", json!(""), "CDR"),
    ] {
        let named = json!({"authorization_reference": named});
        let key = found(&format!("CH/ABC/{expected}"), true);
        assert_eq!(linked(&world, id, cdr_token(), &named).await, key, "{id}");
    }
    // A refusal is nothing that a session can have begun with.
    let account = json!({"blocked": true});
    let owner = party("CH", "ABC");
    world.put_account(owner, "BLOCKED", &account).await;
    assert_eq!(ask("BLOCKED").await["allowed"], "BLOCKED");
    let newest = world
        .store
        .list_records(&RecordQuery::default(), None, 1)
        .await
        .expect("the store lists");
    let named = json!({"authorization_reference": newest[0].record.reference.as_str()});
    let key = found("CH/ABC/CDR", true);
    assert_eq!(linked(&world, "S6", cdr_token(), &named).await, key);
}

/// Holds: E-26, S-11.
#[tokio::test]
async fn the_session_that_followed_an_authorization_is_found_by_its_reference() {
    let world = world().await;
    world.push(&card("U1")).await;
    let request = Request::new("POST", &question("U1")).token(CPO);
    let data = world.send(&request).await.data();
    let reference = data["authorization_reference"].clone();
    let body = with(
        session("S1", "U1"),
        &json!({"authorization_reference": reference}),
    );
    taken(&world, "PUT", &at("S1"), &body, 201).await;
    let reference = reference.as_str().expect("a reference");
    let reference = reference.parse().expect("a reference");
    let found = world
        .app
        .find_authorization(&reference)
        .await
        .expect("found");
    assert_eq!(found.record.reference, reference);
    let ids: Vec<&str> = found
        .sessions
        .iter()
        .map(|stored| stored.session.id().as_str())
        .collect();
    assert_eq!(ids, ["S1"]);
}
