//! Sessions, one at a time.

use std::sync::Arc;

use ocpi_domain::json::RawObject;
use ocpi_domain::{
    DateTime, Party, PlatformId, Revision, Session, SessionPhase, SlotHolder, TokenKey, TokenType,
};
use ocpi_ports::{SessionLink, SessionQuery, SessionWrite, StoredSession};

use super::writing::content;
use super::{Store, after_ms, party};
use crate::sql::SqlError;
use crate::sql::session_lists::list_newest_sessions;
use crate::sql::sessions::{find_session, find_sessions_of, forget_sessions, put_session};

/// A session of that CPO with these members instead of the usual ones, or beside them.
pub(super) fn session(cpo: Party, id: &str, members: &str) -> Session {
    let json = format!(
        r#"{{"country_code":"{}","party_id":"{}","id":"{id}","kwh":0.10,
            "start_date_time":"2025-01-01T00:00:00Z","cdr_token":{{"uid":"CARD","type":"RFID"}},
            "location_id":"LOC-1","evse_uid":"EVSE-1","status":"ACTIVE",
            "last_updated":"2025-01-01T00:00:00Z"}}"#,
        cpo.country_code, cpo.party_id
    );
    let mut all: RawObject = serde_json::from_str(&json).unwrap();
    all.merge(serde_json::from_str(members).unwrap());
    Session::try_from(all).unwrap()
}

pub(super) fn holder(uid: &str, group_id: Option<&str>) -> SlotHolder {
    let token = TokenKey {
        party: party("CHABC"),
        uid: uid.parse().unwrap(),
        token_type: TokenType::Rfid,
    };
    let group_id = group_id.map(|group| group.parse().unwrap());
    SlotHolder { token, group_id }
}

/// The first word of a session that counts for the card of that uid until 1000.
pub(super) fn begin(session: Session, uid: &str) -> SessionWrite {
    SessionWrite {
        session: Arc::new(session),
        platform: PlatformId::new("peer").unwrap(),
        link: SessionLink {
            holder: Some(holder(uid, None)),
            token_is_known: true,
        },
        phase: active_until(1000),
        begins: true,
        received_at: after_ms(0),
        follows: None,
    }
}

pub(super) fn active_until(ms: i64) -> SessionPhase {
    SessionPhase::Active {
        until: after_ms(ms),
    }
}

impl Store {
    pub(super) fn try_put(&mut self, write: &SessionWrite) -> Result<StoredSession, SqlError> {
        put_session(&self.db, &mut self.state, &self.slots, write)
    }

    pub(super) fn put(&mut self, write: &SessionWrite) -> StoredSession {
        self.write(|store| store.try_put(write).unwrap())
    }

    fn find(&self, write: &SessionWrite) -> Option<StoredSession> {
        find_session(&self.db, &write.session.key()).unwrap()
    }

    fn forget_sessions(&mut self, before: DateTime, max: usize) -> usize {
        self.write(|store| forget_sessions(&store.db, &store.slots, before, max).unwrap())
    }

    fn ids(&self) -> Vec<String> {
        let all =
            list_newest_sessions(&self.db, &SessionQuery::default(), None, usize::MAX).unwrap();
        let ids = all.iter().map(|one| one.session.id().to_string());
        ids.collect()
    }
}

/// Puts a session, and finds it.
pub(super) fn put_and_find_one(store: &mut Store) {
    let write = begin(session(party("NLCPO"), "S-1", "{}"), "CARD");
    let stored = store.put(&write);
    assert_eq!(store.find(&write), Some(stored));
}

/// Holds: S-03, S-07, S-08, S-10.
#[test]
fn every_column_is_replaced_in_its_row() {
    let mut store = Store::new();
    let first = begin(session(party("NLCPO"), "S-1", "{}"), "CARD");
    let created = store.put(&first);
    let mut follows = created.revision;
    let with_group = SessionLink {
        holder: Some(holder("card", Some("Group"))),
        token_is_known: false,
    };
    let other = PlatformId::new("other").unwrap();
    let nobody = SessionLink::default();
    for (id, members, platform, link, phase) in [
        ("S-1", "{}", &other, &first.link, SessionPhase::Waiting),
        (
            "s-1",
            r##"{"evse_uid":"#NA","location_id":"loc-2","tariff":[1.50, {"x":  "é"}]}"##,
            &other,
            &with_group,
            active_until(7),
        ),
        (
            "S-1",
            r#"{"authorization_reference":"REFERENCE-1","last_updated":"2025-01-02T00:00:00Z"}"#,
            &first.platform,
            &nobody,
            SessionPhase::Ended,
        ),
        (
            "S-1",
            r#"{"authorization_reference":"Reference-1"}"#,
            &first.platform,
            &nobody,
            SessionPhase::Ended,
        ),
        (
            "S-1",
            "{}",
            &first.platform,
            &with_group,
            active_until(2000),
        ),
    ] {
        let write = SessionWrite {
            session: Arc::new(session(party("nlcpo"), id, members)),
            platform: platform.clone(),
            link: link.clone(),
            phase,
            begins: false,
            received_at: after_ms(5),
            follows: Some(follows),
        };
        let stored = store.put(&write);
        assert_eq!(stored.cursor, created.cursor);
        assert!(stored.revision > follows);
        follows = stored.revision;
        // To the letter: equality alone ignores the case of many texts.
        let found = store.find(&first).unwrap();
        assert_eq!(format!("{found:?}"), format!("{stored:?}"));
        assert_eq!(found.session, write.session);
        store.reload();
    }
    assert_eq!(store.ids(), ["S-1"]);
    let reference = "reference-1".parse().unwrap();
    assert_eq!(find_sessions_of(&store.db, &reference).unwrap().len(), 1);
}

/// Holds: S-26.
#[test]
fn a_session_that_follows_nothing_stored_leaves_nothing_and_takes_no_slot() {
    let mut store = Store::new();
    let first = begin(session(party("NLCPO"), "S-1", "{}"), "CARD");
    let stored = store.put(&first);
    let (before, slots) = (content(&store), store.dump());
    let ended = SessionWrite {
        phase: SessionPhase::Ended,
        ..first.clone()
    };
    let absent = begin(session(party("NLCPO"), "S-2", "{}"), "CARD");
    for (write, follows) in [
        (&ended, None),
        (&ended, Some(Revision(stored.revision.0 - 1))),
        (&ended, Some(Revision(u64::MAX))),
        (&absent, Some(stored.revision)),
    ] {
        let write = SessionWrite {
            follows,
            ..write.clone()
        };
        let refused = store.write(|store| store.try_put(&write));
        assert!(matches!(refused, Err(SqlError::Conflict)));
        assert_eq!(
            (content(&store), store.dump()),
            (before.clone(), slots.clone())
        );
    }
}

/// Holds: S-11, E-30.
#[test]
fn a_session_keeps_the_authorization_that_it_followed_first() {
    let mut store = Store::new();
    let place = |evse| format!(r#"{{"evse_uid":"{evse}"}}"#);
    for (id, evse, reference) in [("S-1", "EVSE-1", "R-1"), ("S-2", "EVSE-2", "R-2")] {
        store.claim("CARD", evse, reference, 500).unwrap();
        let first = begin(session(party("NLCPO"), id, &place(evse)), "CARD");
        let stored = store.put(&first);
        assert_eq!(stored.authorization, Some(reference.parse().unwrap()));
        // Another card of the group is shown there, and finds the car charging.
        store
            .claim("OTHER", evse, &format!("{reference}-B"), 500)
            .unwrap();
        let again = SessionWrite {
            begins: false,
            follows: Some(stored.revision),
            link: SessionLink {
                holder: Some(holder("OTHER", None)),
                token_is_known: true,
            },
            ..first
        };
        let stored = store.put(&again);
        assert_eq!(stored.authorization, Some(reference.parse().unwrap()));
        // The CPO knows better.
        let named = format!(r#"{{"evse_uid":"{evse}","authorization_reference":"{reference}-C"}}"#);
        let named = SessionWrite {
            session: Arc::new(session(party("NLCPO"), id, &named)),
            follows: Some(stored.revision),
            ..again
        };
        let stored = store.put(&named);
        let reference = format!("{reference}-C").parse().unwrap();
        assert_eq!(stored.authorization.as_ref(), Some(&reference));
        assert_eq!(find_sessions_of(&store.db, &reference).unwrap(), [stored]);
    }
}

/// Holds: S-21, S-26.
#[test]
fn those_received_first_are_forgotten_first_with_their_slots() {
    let mut store = Store::new();
    for (number, received, phase) in [
        (5, 100, SessionPhase::Ended),
        (1, 30, SessionPhase::Ended),
        (2, 10, SessionPhase::Waiting),
        // Silent for long, and heard of lately.
        (3, 20, active_until(50)),
        (4, 5, active_until(101)),
    ] {
        let id = format!("S-{number}");
        store.put(&SessionWrite {
            phase,
            received_at: after_ms(received),
            ..begin(session(party("NLCPO"), &id, "{}"), &id)
        });
    }
    assert_eq!(store.dump().len(), 2);
    for (max, forgotten, left) in [
        (0, 0, &["S-4", "S-3", "S-2", "S-1", "S-5"][..]),
        (1, 1, &["S-4", "S-3", "S-1", "S-5"]),
        (100, 2, &["S-4", "S-5"]),
        (100, 0, &["S-4", "S-5"]),
    ] {
        assert_eq!(store.forget_sessions(after_ms(100), max), forgotten);
        assert_eq!(store.ids(), left);
        assert_eq!(store.dump(), store.stored_dump());
    }
    assert_eq!(store.dump().len(), 1);
}

/// A crawl by cursor must not miss what is created in the place of what was forgotten.
#[test]
fn the_place_of_a_forgotten_session_is_given_to_no_other() {
    let mut store = Store::new();
    let write = SessionWrite {
        phase: SessionPhase::Ended,
        ..begin(session(party("NLCPO"), "S-1", "{}"), "CARD")
    };
    let mut last = store.put(&write).cursor;
    for _ in 0..3 {
        assert_eq!(store.forget_sessions(DateTime::MAX, 9), 1);
        store.reload();
        let cursor = store.put(&write).cursor;
        assert!(cursor > last, "{cursor:?}");
        last = cursor;
    }
}

/// What somebody changed by hand is named.
#[test]
fn what_cannot_be_read_of_a_session_is_named() {
    let mut store = Store::new();
    let write = begin(session(party("NLCPO"), "S-1", "{}"), "CARD");
    store.put(&write);
    for (change, named) in [
        ("phase = 'resting'", "column phase: must be waiting"),
        ("active_until_ms = NULL", "column active_until_ms: must be"),
        ("token_type = NULL", "column group_id: must stand beside"),
        ("session = '{}'", "column session: `country_code"),
        ("platform = ''", "column platform: must be 1 to 64"),
        ("received_at_ms = 1 << 60", "column received_at_ms: "),
    ] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&format!("UPDATE sessions SET {change}"));
        match find_session(&store.db, &write.session.key()) {
            Err(SqlError::Corrupt(why)) => {
                let named = format!("table sessions, row 1, {named}");
                assert!(why.starts_with(&named), "{why}");
            }
            other => panic!("{change}: {other:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
}
