//! Sessions and slots.

use std::sync::Arc;

use ocpi_app::{Explanation, FoundAuthorization};
use ocpi_domain::{
    Cursor, PlatformId, Revision, Rule, Session, SessionPhase, Slot, SlotHolder, SlotId, SlotPlace,
    SlotUse, Token,
};
use ocpi_ports::{SessionLink, StoredSession};
use serde_json::{Value, json};

use super::*;
use crate::endpoints::sessions;

fn session() -> Value {
    json!({
        "country_code": "NL",
        "party_id": "ALF",
        "id": "S1",
        "start_date_time": "2026-01-01T00:00:00Z",
        "end_date_time": "2026-01-01T02:00:00Z",
        "cdr_token": {"country_code": "CH", "party_id": "ABC", "uid": "TOKEN123", "type": "RFID"},
        "authorization_reference": "R-1",
        "location_id": "LOC",
        "evse_uid": "E-1",
        "status": "COMPLETED",
        "last_updated": "2026-01-01T02:00:00.120Z",
    })
}

/// A session of a Token in a group, active until 3 o'clock.
fn stored_session() -> StoredSession {
    let token: Token = serde_json::from_value(token()).unwrap();
    StoredSession {
        cursor: Cursor(7),
        session: Arc::new(serde_json::from_str(&session().to_string()).unwrap()),
        platform: PlatformId::new("peer").unwrap(),
        link: SessionLink {
            holder: Some(SlotHolder::of(&token)),
            token_is_known: true,
        },
        phase: SessionPhase::Active {
            until: moment("2026-01-01T03:00:00Z"),
        },
        authorization: Some("R-1".parse().unwrap()),
        received_at: moment("2026-01-01T00:00:01Z"),
        revision: Revision(1),
    }
}

/// A slot of that session, and one of an ALLOWED at that place.
pub(super) fn slots(place: SlotPlace) -> [Slot; 2] {
    let stored = stored_session();
    let slot = |used_by, place| Slot {
        id: SlotId(1),
        used_by,
        holder: stored.link.holder.clone().unwrap(),
        place,
        until: moment("2026-01-01T03:00:00Z"),
    };
    let at = SlotPlace::of_session(
        stored.platform.clone(),
        stored.session.location_id().clone(),
        stored.session.evse_uid().cloned(),
    );
    [
        slot(SlotUse::Session(stored.session.key()), at),
        slot(SlotUse::Pending("R-2".parse().unwrap()), place),
    ]
}

/// The place of a question that names none.
pub(super) fn anywhere() -> SlotPlace {
    SlotPlace::of_question(PlatformId::new("peer").unwrap(), None, None)
}

/// Holds: E-29, E-30. What blocks is named: a session, or an ALLOWED that waits for its own.
#[test]
fn a_slot_is_as_its_schema_says() {
    let shown = |place: SlotPlace| {
        let shown = Explanation {
            allowed: None,
            status: None,
            rule: Rule::ConcurrentSessions,
            info: None,
            location: None,
            token: None,
            account: None,
            trail: Vec::new(),
            slots: slots(place).to_vec(),
        };
        let mut shown = json!(explain::Explained::from(&shown));
        let [session, pending] = [0, 1].map(|at| shown["slots"][at].take());
        assert_valid("Slot", &session);
        assert_valid("Slot", &pending);
        (session, pending)
    };
    let token = json!({
        "country_code": "CH", "party_id": "ABC", "uid": "TOKEN123", "type": "RFID",
    });
    let (mut session, pending) = shown(anywhere());
    let key = json!({"country_code": "NL", "party_id": "ALF", "id": "S1"});
    let until = "2026-01-01T03:00:00Z";
    assert_eq!(
        session,
        json!({
            "session": key, "token": token, "platform": "peer", "location_id": "LOC",
            "evse_uid": "E-1", "until": until,
        })
    );
    assert_eq!(
        pending,
        json!({
            "authorization_reference": "R-2", "token": token, "platform": "peer", "until": until,
        })
    );
    assert_is_all("TokenKey", &session["token"]);
    assert_is_all("SessionKey", &session["session"]);
    // Only one of many EVSEs is not the place.
    let several =
        serde_json::from_value(json!({"location_id": "LOC", "evse_uids": ["E-1", "E-2"]})).unwrap();
    let peer = PlatformId::new("peer").unwrap();
    let (_, pending) = shown(SlotPlace::of_question(peer, Some(&several), None));
    assert_eq!(pending["location_id"], "LOC");
    assert_eq!(pending.get("evse_uid"), None);
    session["authorization_reference"] = "R-1".into();
    assert_invalid("Slot", &session);
}

#[test]
fn a_session_is_as_its_schemas_say() {
    assert_is_all("Session", &session());
    assert_is_all("CdrToken", &session()["cdr_token"]);
    let stored = stored_session();
    let now = moment("2026-01-01T02:59:59.999Z");
    let shown = json!(sessions::SessionItem::of(&stored, now));
    assert_is_all("SessionItem", &shown);
    assert_eq!(shown["session"], session());
    let over = json!(sessions::SessionItem::of(
        &stored,
        moment("2026-01-01T03:00:00Z")
    ));
    assert_eq!(over["active"], false);
    assert_eq!(over.get("active_until"), None, "it did, and does no more");
    let unknown = StoredSession {
        link: SessionLink::default(),
        phase: SessionPhase::Ended,
        authorization: None,
        ..stored.clone()
    };
    let little = json!(sessions::SessionItem::of(&unknown, now));
    assert_eq!(little["token_known"], false);
    let items = vec![&shown, &over, &little];
    assert_valid("SessionPage", &json!(Items { items, next: None }));
    let found = FoundAuthorization {
        record: Arc::new(serde_json::from_value(record()).unwrap()),
        sessions: vec![stored],
    };
    let found = json!(authorizations::Authorization::of(&found, now));
    assert_is_all("Authorization", &found);
    assert_eq!(found["sessions"], json!([shown]));
}

/// What breaks a rule of a session does so by the schema and by the type; what is not read may be
/// anything.
#[test]
fn a_session_is_refused_by_its_type_and_by_its_schema() {
    let with = |name: &str, value: Value| {
        let mut session = session();
        session[name] = value;
        let is_read = serde_json::from_str::<Session>(&session.to_string()).is_ok();
        assert_eq!(
            validator("Session").is_valid(&session),
            is_read,
            "{session}"
        );
        is_read
    };
    for (name, value) in [
        ("country_code", json!("NLD")),
        ("party_id", json!("A*F")),
        ("id", json!("")),
        ("id", json!("x".repeat(37))),
        ("start_date_time", json!(1)),
        ("cdr_token", json!("CARD")),
        ("cdr_token", json!({"uid": "CARD"})),
        ("location_id", json!("#NA")),
        ("evse_uid", json!("")),
        ("status", json!("DONE")),
        ("last_updated", json!(1)),
    ] {
        assert!(!with(name, value), "{name}");
    }
    for (name, value) in [
        ("evse_uid", json!("#NA")),
        ("authorization_reference", json!("#NA")),
        ("authorization_reference", json!("x".repeat(37))),
        ("cdr_token", json!({"uid": "#NA", "type": "RFID", "x": 1})),
        ("kwh", json!("much")),
        ("status", json!("RESERVATION")),
    ] {
        assert!(with(name, value), "{name}");
    }
}
