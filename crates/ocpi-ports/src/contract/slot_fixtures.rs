//! The sessions, places and slots that the cases are made of.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationStatus, ConcurrencyScope, DateTime,
    LocationReferences, Party, Rule, Session, SessionKey, SessionPhase, Slot, SlotClaim,
    SlotHolder, SlotLimit, SlotOutcome, SlotPlace, TokenType,
};
use serde_json::{Value, json};

use super::fixtures::{after_ms, key, own, platform_id, record};
use crate::{
    AuthorizationRepository, SessionLink, SessionRepository, SessionWrite, SlotQuery, StoredSession,
};

pub(super) type Sessions = Arc<dyn SessionRepository>;
pub(super) type Authorizations = Arc<dyn AuthorizationRepository>;

/// The CPO of most sessions.
pub(super) fn cpo() -> Party {
    Party::new("NL", "ALF").unwrap()
}

/// Another CPO.
pub(super) fn other_cpo() -> Party {
    Party::new("FR", "ALF").unwrap()
}

/// Until when what counts does so in most cases.
pub(super) fn later() -> DateTime {
    after_ms(180_000)
}

/// Where a session stands that counts until [`later`].
pub(super) fn active() -> SessionPhase {
    SessionPhase::Active { until: later() }
}

/// An ACTIVE session at the EVSE `E1`, with these members changed or added.
pub(super) fn session(id: &str, changes: Value) -> Session {
    session_of(cpo(), id, changes)
}

/// An ACTIVE session of that CPO at the EVSE `E1`, with these members changed or added.
pub(super) fn session_of(party: Party, id: &str, changes: Value) -> Session {
    let mut members = json!({
        "country_code": party.country_code.as_str(),
        "party_id": party.party_id.as_str(),
        "id": id,
        "status": "ACTIVE",
        "start_date_time": "2025-01-01T00:00:00Z",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "last_updated": after_ms(0).to_string(),
    });
    let Value::Object(changes) = changes else {
        panic!("the changes of a session are an object");
    };
    for (name, value) in changes {
        members[&name] = value;
    }
    serde_json::from_str(&members.to_string()).unwrap()
}

/// The write of a session that nobody heard of before and that is nobody's.
pub(super) fn first_word(session: Session) -> SessionWrite {
    SessionWrite {
        session: Arc::new(session),
        platform: platform_id("peer"),
        link: SessionLink::default(),
        phase: active(),
        begins: true,
        received_at: after_ms(0),
        follows: None,
    }
}

/// The write of a session of that Token that nobody heard of before.
pub(super) fn first_word_of(holder: &SlotHolder, session: Session) -> SessionWrite {
    SessionWrite {
        link: SessionLink {
            holder: Some(holder.clone()),
            token_is_known: true,
        },
        ..first_word(session)
    }
}

/// The write of the next word of a session: the same again, with what `change` changes.
pub(super) fn next_word(
    stored: &StoredSession,
    change: impl FnOnce(&mut SessionWrite),
) -> SessionWrite {
    let mut write = SessionWrite {
        session: Arc::clone(&stored.session),
        platform: stored.platform.clone(),
        link: stored.link.clone(),
        phase: stored.phase,
        begins: stored.phase == SessionPhase::Waiting,
        received_at: stored.received_at,
        follows: Some(stored.revision),
    };
    change(&mut write);
    write
}

pub(super) async fn put(sessions: &Sessions, write: SessionWrite) -> StoredSession {
    sessions.put_session(write).await.unwrap()
}

/// Ends the session.
pub(super) async fn end(sessions: &Sessions, stored: &StoredSession) -> StoredSession {
    let over = |write: &mut SessionWrite| write.phase = SessionPhase::Ended;
    put(sessions, next_word(stored, over)).await
}

pub(super) fn session_key(party: Party, id: &str) -> SessionKey {
    SessionKey {
        party,
        id: id.parse().unwrap(),
    }
}

/// An RFID card of our own that is in no group.
pub(super) fn holder(uid: &str) -> SlotHolder {
    SlotHolder {
        token: key(own(), uid, &TokenType::Rfid),
        group_id: None,
    }
}

/// An RFID card of our own in that group.
pub(super) fn holder_in(group: &str, uid: &str) -> SlotHolder {
    SlotHolder {
        group_id: Some(group.parse().unwrap()),
        ..holder(uid)
    }
}

/// These EVSEs of the Location of most sessions.
pub(super) fn at_evses(evse_uids: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: "LOC1".parse().unwrap(),
        evse_uids: evse_uids.iter().map(|uid| uid.parse().unwrap()).collect(),
    }
}

/// The place of a question about these EVSEs.
pub(super) fn place(evse_uids: &[&str]) -> SlotPlace {
    SlotPlace::of_question(platform_id("peer"), Some(&at_evses(evse_uids)), None)
}

/// The wish of that Token for a slot at that EVSE, one of at most `max` of its own.
pub(super) fn claim(holder: &SlotHolder, max: u32, evse: &str) -> SlotClaim {
    SlotClaim {
        holder: holder.clone(),
        limit: Some(SlotLimit {
            max,
            scope: ConcurrencyScope::Token,
        }),
        place: place(&[evse]),
        until: later(),
    }
}

/// The same wish of one of at most so many of the group.
pub(super) fn claim_in_group(holder: &SlotHolder, max: u32, evse: &str) -> SlotClaim {
    SlotClaim {
        limit: Some(SlotLimit {
            max,
            scope: ConcurrencyScope::Group,
        }),
        ..claim(holder, max, evse)
    }
}

/// The record of an ALLOWED.
pub(super) fn allowed(reference: &str) -> AuthorizationRecord {
    AuthorizationRecord {
        token_party: Some(own()),
        asked: Some(at_evses(&["E1"])),
        allowed_location: Some(at_evses(&["E1"])),
        allowed: Some(AllowedType::Allowed),
        status: Some(AuthorizationStatus::Accepted),
        rule: Rule::AllPassed,
        ..record(reference)
    }
}

/// Appends the record of an ALLOWED with the slot that it needs.
pub(super) async fn take(
    records: &Authorizations,
    reference: &str,
    claim: SlotClaim,
) -> SlotOutcome {
    take_at(records, reference, claim, after_ms(0)).await
}

/// The same at that moment.
pub(super) async fn take_at(
    records: &Authorizations,
    reference: &str,
    claim: SlotClaim,
    at: DateTime,
) -> SlotOutcome {
    let record = AuthorizationRecord {
        at,
        ..allowed(reference)
    };
    let appended = records.append_record_with_slot(Arc::new(record), claim);
    appended.await.unwrap()
}

/// The slots of that Token alone, wherever they are.
pub(super) async fn slots_of(records: &Authorizations, holder: &SlotHolder) -> Vec<Slot> {
    let query = SlotQuery {
        holder: holder.clone(),
        scope: ConcurrencyScope::Token,
        place: None,
        at: after_ms(0),
    };
    records.list_slots(&query).await.unwrap()
}
