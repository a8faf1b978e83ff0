//! The promises of [`SessionRepository`](crate::SessionRepository) on the slots of sessions.

use std::sync::Arc;

use ocpi_domain::{SessionPhase, Slot, SlotClaim, SlotPlace, SlotUse};
use serde_json::{Value, json};

use super::Harness;
use super::fixtures::{after_ms, assert_same, numbered, platform_id, reference};
use super::slot_fixtures::{
    Sessions, active, claim, cpo, end, first_word, first_word_of, holder, next_word, place, put,
    session, session_key, slots_of, take,
};
use crate::{SessionWrite, StoredSession};

/// The ids of the sessions that followed that authorization.
async fn ids_of(sessions: &Sessions, name: &str) -> Vec<String> {
    let found = sessions.find_sessions_of(&reference(name)).await.unwrap();
    let ids = found.iter().map(|one| one.session.id().as_str().to_owned());
    ids.collect()
}

/// A change of a write: the session has these members.
fn says(id: &'static str, changes: Value) -> impl FnOnce(&mut SessionWrite) {
    move |write| write.session = Arc::new(session(id, changes))
}

/// Promise 4: a session that counts holds a slot from its write on, and none from the write on
/// that ends it, or has it wait.
///
/// Holds: S-20, S-26, E-29.
pub async fn session_holds_a_slot_while_it_counts<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let (card, friend) = (holder("CARD-1"), holder("CARD-2"));
    let mut stored = put(&sessions, first_word_of(&card, session("S-1", json!({})))).await;
    let mut ids = Vec::new();
    for (phase, is_held) in [
        (active(), true),
        (SessionPhase::Ended, false),
        // The owner decides: it may go on.
        (active(), true),
        (SessionPhase::Waiting, false),
        (SessionPhase::Waiting, false),
        (SessionPhase::Active { until: after_ms(1) }, true),
    ] {
        let word = next_word(&stored, |write| write.phase = phase);
        stored = put(&sessions, word).await;
        let slots = slots_of(&records, &card).await;
        assert_eq!(slots.len(), usize::from(is_held), "{phase:?}");
        let Some(slot) = slots.into_iter().next() else {
            continue;
        };
        let evse = "E1".parse().unwrap();
        let place = SlotPlace::of_session(platform_id("peer"), "LOC1".parse().unwrap(), Some(evse));
        let SessionPhase::Active { until } = phase else {
            panic!("{phase:?} holds no slot");
        };
        let expected = Slot {
            id: slot.id,
            used_by: SlotUse::Session(session_key(cpo(), "S-1")),
            holder: card.clone(),
            place,
            until,
        };
        assert_same(&slot, &expected);
        ids.push(slot.id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");

    // It counts for whom it is said to count now, and for nobody when nobody is known.
    for (holder, counts) in [
        (Some(&friend), [0, 1]),
        (None, [0, 0]),
        (Some(&card), [1, 0]),
    ] {
        let word = next_word(&stored, |write| write.link.holder = holder.cloned());
        stored = put(&sessions, word).await;
        let (own, other) = (slots_of(&records, &card), slots_of(&records, &friend));
        assert_eq!([own.await.len(), other.await.len()], counts);
    }
    let second = put(&sessions, first_word_of(&card, session("S-2", json!({})))).await;
    assert_eq!(slots_of(&records, &card).await.len(), 2);
    end(&sessions, &stored).await;
    let left = slots_of(&records, &card).await;
    let of_second = SlotUse::Session(second.session.key());
    assert_eq!(left.len(), 1);
    assert_same(&left[0].used_by, &of_second);
}

/// Promise 5: a session that begins takes the place of the pending slot that stood for it, and is
/// found by the reference of that slot as by the one that its CPO names.
///
/// Holds: E-26, E-30, S-11.
pub async fn session_takes_the_place_of_its_pending_slot<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let card = holder("CARD-1");
    for (name, evse) in [("R-1", "E1"), ("R-2", "E2"), ("R-3", "E3")] {
        take(&records, name, claim(&card, 9, evse)).await;
    }
    assert_eq!(pending_of(&store).await, ["R-1", "R-2", "R-3"]);
    // The one at its EVSE.
    let second = session("S-2", json!({"evse_uid": "e2"}));
    let second = put(&sessions, first_word_of(&card, second)).await;
    assert_eq!(second.authorization, Some(reference("R-2")));
    assert_eq!(pending_of(&store).await, ["R-1", "R-3"]);
    assert_eq!(slots_of(&records, &card).await.len(), 3);
    // The one that its CPO names, wherever it is.
    let named = json!({"evse_uid": "E9", "authorization_reference": "r-3"});
    let third = put(&sessions, first_word_of(&card, session("S-3", named))).await;
    assert_same(&third.authorization, &Some(reference("r-3")));
    assert_eq!(pending_of(&store).await, ["R-1"]);
    // One that waits takes none; when it begins, it does.
    let waits = SessionWrite {
        phase: SessionPhase::Waiting,
        ..first_word_of(&card, session("S-1", json!({})))
    };
    let first = put(&sessions, waits).await;
    assert_eq!(
        (first.authorization.clone(), ids_of(&sessions, "R-1").await),
        (None, vec![])
    );
    assert_eq!(pending_of(&store).await, ["R-1"]);
    let first = put(&sessions, next_word(&first, |write| write.phase = active())).await;
    assert_eq!(first.authorization, Some(reference("R-1")));
    assert_eq!(pending_of(&store).await, [""; 0]);
    assert_eq!(slots_of(&records, &card).await.len(), 3);
    for (name, id) in [("r-1", "S-1"), ("R-2", "S-2"), ("R-3", "S-3")] {
        assert_eq!(ids_of(&sessions, name).await, [id]);
    }
    // It is found by it when it is over too, and each slot is free again.
    for stored in [&first, &second, &third] {
        let over = end(&sessions, stored).await;
        assert_same(&over.authorization, &stored.authorization);
        let name = stored.authorization.clone().unwrap();
        let found = sessions.find_sessions_of(&name).await.unwrap();
        assert_same(&found, &vec![over]);
    }
    assert_eq!(slots_of(&records, &card).await, []);
    a_session_that_is_over_at_once_frees_its_slot(&store).await;
    only_who_begins_takes_the_slot_that_fits(&store).await;
    the_named_reference_comes_first(&sessions).await;
}

/// The references of the pending slots of the card, the oldest first.
async fn pending_of<H: Harness>(store: &H) -> Vec<String> {
    let slots = slots_of(&store.authorizations(), &holder("CARD-1")).await;
    let pending = slots.into_iter().filter_map(|slot| match slot.used_by {
        SlotUse::Pending(reference) => Some(reference.as_str().to_owned()),
        SlotUse::Session(_) => None,
    });
    pending.collect()
}

/// Asserts that a session whose first word is its end frees the slot that stood for it.
async fn a_session_that_is_over_at_once_frees_its_slot<H: Harness>(store: &H) {
    let (sessions, card) = (store.sessions(), holder("CARD-1"));
    take(&store.authorizations(), "R-4", claim(&card, 1, "E4")).await;
    let over = SessionWrite {
        phase: SessionPhase::Ended,
        ..first_word_of(&card, session("S-4", json!({"evse_uid": "E4"})))
    };
    let over = put(&sessions, over).await;
    assert_eq!(over.authorization, Some(reference("R-4")));
    assert_eq!(slots_of(&store.authorizations(), &card).await, []);
}

/// Asserts that what waits for some EVSE of the Location waits for a session that begins, not for
/// another word of one that is running.
async fn only_who_begins_takes_the_slot_that_fits<H: Harness>(store: &H) {
    let (sessions, card) = (store.sessions(), holder("CARD-1"));
    let running = session("S-5", json!({"evse_uid": "E5"}));
    let running = put(&sessions, first_word_of(&card, running)).await;
    let somewhere = SlotClaim {
        place: place(&[]),
        ..claim(&card, 9, "E6")
    };
    take(&store.authorizations(), "R-6", somewhere).await;
    let running = put(&sessions, next_word(&running, |_| ())).await;
    assert_eq!(running.authorization, None);
    assert_eq!(pending_of(store).await, ["R-6"]);
    let begins = session("S-6", json!({"evse_uid": "E6"}));
    let begins = put(&sessions, first_word_of(&card, begins)).await;
    assert_eq!(begins.authorization, Some(reference("R-6")));
    assert_eq!(pending_of(store).await, [""; 0]);
}

/// Asserts that sessions are found by what their CPO says last of their authorization, so many at
/// most.
async fn the_named_reference_comes_first(sessions: &Sessions) {
    let card = holder("CARD-1");
    let of = |stored: &StoredSession| stored.authorization.clone();
    let quiet = put(sessions, first_word_of(&card, session("S-9", json!({})))).await;
    assert_eq!(of(&quiet), None);
    let named = json!({"authorization_reference": "Named-1"});
    let named = put(sessions, next_word(&quiet, says("S-9", named))).await;
    assert_same(&of(&named), &Some(reference("Named-1")));
    assert_eq!(ids_of(sessions, "NAMED-1").await, ["S-9"]);
    let other = json!({"authorization_reference": "Named-2"});
    let other = put(sessions, next_word(&named, says("S-9", other))).await;
    assert_same(&of(&other), &Some(reference("Named-2")));
    assert_eq!(ids_of(sessions, "NAMED-1").await, [""; 0]);
    assert_eq!(ids_of(sessions, "NAMED-2").await, ["S-9"]);
    // A word that names none takes nothing back.
    let quiet = put(sessions, next_word(&other, says("S-9", json!({})))).await;
    assert_same(&of(&quiet), &Some(reference("Named-2")));
    assert_eq!(ids_of(sessions, "NAMED-2").await, ["S-9"]);

    for id in numbered("Z-", 110) {
        let named = json!({"authorization_reference": "named-2"});
        put(sessions, first_word(session(&id, named))).await;
    }
    let found = ids_of(sessions, "NAMED-2").await;
    assert_eq!(found[0], "S-9");
    assert_eq!(found[1..], numbered("Z-", 99));
}
