//! The promises of [`SessionRepository`](crate::SessionRepository) on one session.

use std::sync::Arc;

use ocpi_domain::{
    DateTime, PageStart, Party, Revision, Session, SessionPhase, SlotHolder, SlotOutcome,
};
use serde_json::json;

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_conflict, assert_same, key, kind, numbered, other, own, page, platform_id,
    reference, reopened, together, types_apart,
};
use super::slot_fixtures::{
    Sessions, active, allowed, claim, cpo, end, first_word, first_word_of, holder, holder_in,
    later, next_word, other_cpo, put, session, session_key, session_of, slots_of, take,
};
use crate::{SessionLink, SessionQuery, SessionWrite, StoredSession};

/// All sessions, the newest first.
async fn all(sessions: &Sessions) -> Vec<StoredSession> {
    let everything = SessionQuery::default();
    let listed = sessions.list_newest_sessions(&everything, None, usize::MAX);
    listed.await.unwrap()
}

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: S-06, S-25.
pub async fn absent_session_is_none<H: Harness>() {
    let sessions = H::fresh().await.sessions();
    let absent = session_key(cpo(), "S-1");
    assert_eq!(sessions.find_session(&absent).await.unwrap(), None);
    assert_eq!(all(&sessions).await, []);
    let start = PageStart::Offset(0);
    let found = sessions.list_sessions(&[cpo()], &page(start, 9)).await;
    let found = found.unwrap();
    assert_eq!((found.items.len(), found.total, found.next), (0, 0, None));
    let of_nothing = sessions.find_sessions_of(&reference("R-1")).await;
    assert_eq!(of_nothing.unwrap(), []);
    for (party, id) in [(cpo(), "S-2"), (cpo(), "S-11"), (other_cpo(), "S-1")] {
        put(&sessions, first_word(session_of(party, id, json!({})))).await;
        assert_eq!(sessions.find_session(&absent).await.unwrap(), None);
    }
}

/// Writes that between them say everything that a session and its write can say.
fn various_writes() -> Vec<SessionWrite> {
    // Its members in no order of ours, and its numbers and texts as no writer of ours spells them.
    let odd = r##"{"kwh":0.1000, "x-own":{"b":1e2,"a":[ 1 ,2]}, "status":"ACTIVE","id":"Odd-1",
        "start_date_time":"2025-01-01T00:00:00Z","location_id":"loC 1","evse_uid":"#NA",
        "currency":"EUR","text":"\u00e9 é \"'%","party_id":"Alf","country_code":"nL",
        "cdr_token":{"uid":"caRd","type":"RFID","contract_id":"C","country_code":"CH",
        "party_id":"ABC"},"authorization_reference":"Reference-Odd",
        "charging_periods":[{"dimensions":[]}],"last_updated":"2025-01-01T00:00:00.5Z"}"##;
    let odd: Session = serde_json::from_str(odd).unwrap();
    let mut all = vec![first_word(odd.clone())];
    let mut every = |id: &str, change: &dyn Fn(&mut SessionWrite)| {
        let mut write = first_word(session(id, json!({})));
        change(&mut write);
        all.push(write);
    };
    let far = ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"];
    let far: [DateTime; 2] = far.map(|moment| moment.parse().unwrap());
    for (moment, id) in far.into_iter().zip(["first", "last"]) {
        every(id, &|write| {
            write.received_at = moment;
            write.phase = SessionPhase::Active { until: moment };
        });
    }
    every("waiting", &|write| write.phase = SessionPhase::Waiting);
    every("ended", &|write| write.phase = SessionPhase::Ended);
    every("platform", &|write| write.platform = platform_id("Peer-2"));
    every("known", &|write| write.link.token_is_known = true);
    for (place, uid) in UIDS_APART.iter().enumerate() {
        every(uid, &|write| {
            let mut holder = holder(uid);
            holder.group_id = (place % 2 == 0).then(|| uid.parse().unwrap());
            write.link.holder = Some(holder);
            write.link.token_is_known = place % 3 == 0;
        });
    }
    for (place, token_type) in types_apart().into_iter().enumerate() {
        every(&format!("type-{place}"), &|write| {
            let token = key(other(), "Card", &token_type);
            write.link.holder = Some(SlotHolder {
                token,
                group_id: None,
            });
        });
    }
    all
}

/// What a store makes of a write, at that place and of that revision.
fn stored_of(write: &SessionWrite, as_stored: &StoredSession) -> StoredSession {
    StoredSession {
        cursor: as_stored.cursor,
        session: Arc::clone(&write.session),
        platform: write.platform.clone(),
        link: write.link.clone(),
        phase: write.phase,
        authorization: write.session.authorization_reference().cloned(),
        received_at: write.received_at,
        revision: as_stored.revision,
    }
}

/// Promise 2: a session is found by its party and id, both without case, as it was put.
///
/// Holds: S-03, S-07, S-10, S-25, T-63, T-69.
pub async fn session_reads_back_as_it_was_put<H: Harness>() {
    let sessions = H::fresh().await.sessions();
    let mut expected = Vec::new();
    for write in various_writes() {
        let stored = put(&sessions, write.clone()).await;
        assert_same(&stored, &stored_of(&write, &stored));
        expected.push(stored);
    }
    for stored in &expected {
        assert_found(&sessions, stored).await;
    }
    expected.reverse();
    assert_same(&all(&sessions).await, &expected);
    // What replaces it replaces all of it.
    for stored in &expected {
        let bare = first_word(session_of(
            stored.session.party(),
            stored.session.id().as_str(),
            json!({"evse_uid": "E2", "authorization_reference": "Other"}),
        ));
        let write = SessionWrite {
            follows: Some(stored.revision),
            ..bare
        };
        let newer = put(&sessions, write.clone()).await;
        assert_eq!(newer.cursor, stored.cursor);
        assert_same(&newer, &stored_of(&write, &newer));
        assert_found(&sessions, &newer).await;
    }
}

/// Asserts that the session is found in every spelling of its key.
async fn assert_found(sessions: &Sessions, expected: &StoredSession) {
    let Party {
        country_code,
        party_id,
    } = expected.session.party();
    let id = expected.session.id().as_str();
    for spell in [str::to_owned, str::to_uppercase, str::to_lowercase] {
        let party = Party::new(&spell(country_code.as_str()), &spell(party_id.as_str()));
        let key = session_key(party.unwrap(), &spell(id));
        let found = sessions.find_session(&key).await.unwrap();
        assert_same(&found.as_ref(), &Some(expected));
    }
}

/// Promise 3: a write must follow the stored revision, else it is a conflict and nothing changes,
/// no slot either; and each write gets a revision greater than every one before it.
///
/// Holds: K-31, S-26.
pub async fn session_write_that_follows_nothing_stored_conflicts<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let card = holder("CARD-1");
    let mut write = first_word_of(&card, session("S-1", json!({})));
    for follows in [0, 1, u64::MAX] {
        write.follows = Some(Revision(follows));
        assert_conflict(&sessions.put_session(write.clone()).await);
        assert_eq!(all(&sessions).await, []);
        assert_eq!(slots_of(&records, &card).await, []);
    }
    write.follows = None;

    let neighbour = put(&sessions, first_word(session("S-2", json!({})))).await;
    let first = put(&sessions, write.clone()).await;
    let second = put(&sessions, next_word(&first, |_| ())).await;
    let third = put(&sessions, first_word(session("S-3", json!({})))).await;
    let revisions = [&neighbour, &first, &second, &third].map(|stored| stored.revision);
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");

    take(&records, "R-1", claim(&card, 9, "E2")).await;
    let slots = slots_of(&records, &card).await;
    assert_eq!(slots.len(), 2);
    for follows in [
        None,
        Some(first.revision),
        Some(neighbour.revision),
        Some(third.revision),
        Some(Revision(third.revision.0 + 1)),
        Some(Revision(u64::MAX)),
    ] {
        let refused = next_word(&second, |write| {
            // It would free its own slot and the one that waits.
            let changes = json!({"evse_uid": "E2", "authorization_reference": "R-1"});
            write.session = Arc::new(session("S-1", changes));
            write.phase = SessionPhase::Ended;
            write.link = SessionLink::default();
            write.follows = follows;
        });
        assert_conflict(&sessions.put_session(refused).await);
        let expected = vec![third.clone(), second.clone(), neighbour.clone()];
        assert_same(&all(&sessions).await, &expected);
        assert_same(&slots_of(&records, &card).await, &slots);
        let of_reference = sessions.find_sessions_of(&reference("R-1")).await;
        assert_eq!(of_reference.unwrap(), []);
    }
    end(&sessions, &second).await;
    of_rival_pushes_one_succeeds(&store).await;
}

/// Asserts that of many writers that follow one revision exactly one succeeds, with its slot.
async fn of_rival_pushes_one_succeeds<H: Harness>(store: &H) {
    const WRITERS: usize = 8;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let mut follows = None;
    for _round in 0..20 {
        let rivals = numbered("CARD-", WRITERS).into_iter().map(|uid| {
            let write = SessionWrite {
                follows,
                ..first_word_of(&holder(&uid), session("RIVAL", json!({})))
            };
            let sessions = Arc::clone(&sessions);
            async move { sessions.put_session(write).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = together(rivals.collect())
            .await
            .into_iter()
            .partition(Result::is_ok);
        lost.iter().for_each(assert_conflict);
        assert_eq!((won.len(), lost.len()), (1, WRITERS - 1));
        let winner = won.into_iter().next().unwrap().unwrap();
        follows = Some(winner.revision);
        for uid in numbered("CARD-", WRITERS) {
            let card = holder(&uid);
            let has_won = winner.link.holder.as_ref() == Some(&card);
            let slots = slots_of(&records, &card).await;
            assert_eq!(slots.len(), usize::from(has_won));
        }
    }
}

/// Promise 9: what was put survives a restart of a durable store, with the slots that it holds.
///
/// Holds: S-03, S-26, E-29.
pub async fn sessions_and_slots_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    for write in various_writes() {
        put(&sessions, write).await;
    }
    let (alone, grouped) = (holder("CARD-1"), holder_in("Group", "CARD-2"));
    take(&records, "R-1", claim(&alone, 9, "E1")).await;
    let first = put(&sessions, first_word_of(&alone, session("S-1", json!({})))).await;
    let elsewhere = session("S-2", json!({"evse_uid": "E2"}));
    let of_group = put(&sessions, first_word_of(&grouped, elsewhere)).await;
    let over = put(&sessions, first_word_of(&alone, session("S-3", json!({})))).await;
    let over = end(&sessions, &over).await;
    let of_fleet = SlotHolder {
        token: key(own(), "CARD-3", &kind("Fleet é")),
        group_id: None,
    };
    let nowhere = session("S-4", json!({"evse_uid": "#NA"}));
    put(&sessions, first_word_of(&of_fleet, nowhere)).await;
    let forgotten = first_word(session("S-5", json!({})));
    let forgotten = end(&sessions, &put(&sessions, forgotten).await).await;
    let before = all(&sessions).await;
    assert_eq!(before[0], forgotten);
    let holders = [&alone, &grouped, &of_fleet];
    let mut slots = Vec::new();
    for holder in holders {
        slots.push(slots_of(&records, holder).await);
        assert_eq!(slots.last().map(Vec::len), Some(1));
    }
    drop((sessions, records));

    let Some(store) = reopened(store).await else {
        return;
    };
    let (sessions, records) = (store.sessions(), store.authorizations());
    assert_same(&all(&sessions).await, &before);
    for stored in [&first, &of_group, &over] {
        assert_found(&sessions, stored).await;
    }
    for (holder, slots) in holders.iter().zip(&slots) {
        assert_same(&slots_of(&records, holder).await, slots);
    }
    let of_reference = sessions.find_sessions_of(&reference("R-1")).await;
    assert_same(&of_reference.unwrap(), &vec![first.clone()]);
    // They count on: the limit of one is reached, until the session ends.
    let refused = Arc::new(allowed("R-2"));
    let refused = records.append_record_with_slot(refused, claim(&alone, 1, "E3"));
    assert_eq!(refused.await.unwrap(), SlotOutcome::Full);
    assert_conflict(
        &sessions
            .put_session(first_word(session("S-1", json!({}))))
            .await,
    );
    let ended = end(&sessions, &first).await;
    assert!(ended.revision > forgotten.revision);
    assert_eq!(ended.cursor, first.cursor);
    assert_eq!(slots_of(&records, &alone).await, []);
    let newest = put(&sessions, first_word_of(&alone, session("S-6", json!({})))).await;
    assert!(newest.cursor > forgotten.cursor);
    let slots_now = slots_of(&records, &alone).await;
    let last_id = slots.iter().flatten().map(|slot| slot.id).max();
    assert!(Some(slots_now[0].id) > last_id);
    assert_eq!((slots_now[0].until, active()), (later(), newest.phase));
}
