//! The promises of [`AuthorizationRepository`](crate::AuthorizationRepository) on slots.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationStatus, ConcurrencyScope, LocationReferences,
    SessionPhase, Slot, SlotClaim, SlotHolder, SlotOutcome, SlotPlace, SlotUse, TokenType,
};
use serde_json::json;

use super::Harness;
use super::fixtures::{
    after_ms, assert_conflict, assert_same, numbered, other, platform_id, reference, reopened,
    together,
};
use super::slot_fixtures::{
    Authorizations, allowed, at_evses, claim, claim_in_group, cpo, end, first_word_of, holder,
    holder_in, later, place, put, session, session_key, slots_of, take, take_at,
};
use crate::{RecordQuery, SlotQuery};

/// What holds these slots, in their order: a reference, or the id of a session.
fn names(slots: &[Slot]) -> Vec<&str> {
    let names = slots.iter().map(|slot| match &slot.used_by {
        SlotUse::Pending(reference) => reference.as_str(),
        SlotUse::Session(session) => session.id.as_str(),
    });
    names.collect()
}

/// Asserts that these hold the slots of that Token, the oldest first.
async fn assert_held(records: &Authorizations, holder: &SlotHolder, expected: &[&str]) {
    assert_eq!(names(&slots_of(records, holder).await), expected);
}

/// Asserts that the record of that reference is the evidence of that outcome.
async fn assert_recorded(
    records: &Authorizations,
    claimed: &AuthorizationRecord,
    outcome: SlotOutcome,
) {
    let found = records.find_record(&claimed.reference).await.unwrap();
    let found = found.unwrap();
    match outcome {
        SlotOutcome::Taken => assert_same(&*found, claimed),
        SlotOutcome::Full => {
            assert_same(&*found, &claimed.refused_for_concurrency());
            assert_eq!(found.allowed, Some(AllowedType::NotAllowed));
            assert_eq!(found.status, Some(AuthorizationStatus::ConcurrentTx));
            assert_eq!(found.allowed_location, None);
            assert_eq!(found.asked, claimed.asked);
        }
    }
}

/// How many ask at once.
const RIVALS: usize = 1000;

/// Promise 12: of many claims at different places as many get a slot as the limit permits, and
/// never more, however they run beside each other; the record of each other one says so.
///
/// Holds: E-17, E-29, E-30, E-33, X-22.
pub async fn of_rival_claims_as_many_as_the_limit_get_a_slot<H: Harness>() {
    for max in [1, 2, 7] {
        let store = H::fresh().await;
        let (sessions, records) = (store.sessions(), store.authorizations());
        let card = holder("CARD-1");
        let claims = numbered("E-", RIVALS).into_iter().map(|evse| {
            let (records, claim) = (Arc::clone(&records), claim(&card, max, &evse));
            let record = AuthorizationRecord {
                asked: Some(at_evses(&[&evse])),
                allowed_location: Some(at_evses(&[&evse])),
                ..allowed(&format!("R-{evse}"))
            };
            async move {
                let appended = records.append_record_with_slot(Arc::new(record.clone()), claim);
                (record, appended.await.unwrap())
            }
        });
        let claimed = together(claims.collect()).await;
        let mut taken = Vec::new();
        for (record, outcome) in &claimed {
            assert_recorded(&records, record, *outcome).await;
            if *outcome == SlotOutcome::Taken {
                taken.push(record.reference.as_str());
            }
        }
        assert_eq!(taken.len(), max as usize);
        let held = slots_of(&records, &card).await;
        let mut held = names(&held);
        held.sort_unstable();
        assert_eq!(held, taken);
        let all = RecordQuery::default();
        let listed = records.list_records(&all, None, usize::MAX).await.unwrap();
        assert_eq!(listed.len(), RIVALS);

        // One ends, and one more may begin.
        let named = json!({"authorization_reference": taken[0], "evse_uid": "#NA"});
        let first = put(&sessions, first_word_of(&card, session("S-1", named))).await;
        let refused = take(&records, "too-early", claim(&card, max, "NEXT")).await;
        assert_eq!(refused, SlotOutcome::Full);
        end(&sessions, &first).await;
        let next = take(&records, "next", claim(&card, max, "NEXT")).await;
        assert_eq!(next, SlotOutcome::Taken);
        let refused = take(&records, "one-more", claim(&card, max, "LAST")).await;
        assert_eq!(refused, SlotOutcome::Full);
    }
}

/// Promise 13: a claim at the place that is held already gets it, and is not counted twice.
///
/// Holds: E-29, E-30, E-34.
pub async fn same_place_is_held_once<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let card = holder("CARD-1");
    let asked = |evses: &[&str]| SlotClaim {
        place: place(evses),
        ..claim(&card, 1, "E1")
    };
    // Of one EVSE, of several, of the whole Location: the identical question is the same place.
    for (round, evses) in [&["E1"][..], &["E1", "E2"], &[]].into_iter().enumerate() {
        let card = holder(&format!("CARD-{round}"));
        let asked = |evses| SlotClaim {
            holder: card.clone(),
            ..asked(evses)
        };
        for time in 0..3 {
            let name = format!("R-{round}-{time}");
            assert_eq!(
                take(&records, &name, asked(evses)).await,
                SlotOutcome::Taken
            );
            assert_held(&records, &card, &[&name]).await;
        }
        let name = format!("R-{round}-elsewhere");
        assert_eq!(
            take(&records, &name, asked(&["E3"])).await,
            SlotOutcome::Full
        );
        assert_held(&records, &card, &[&format!("R-{round}-2")]).await;
    }
    // Another platform's Location of that id is another place.
    let card = holder("CARD-0");
    let elsewhere = SlotPlace::of_question(platform_id("Peer"), Some(&at_evses(&["E1"])), None);
    let elsewhere = SlotClaim {
        place: elsewhere,
        ..claim(&card, 1, "E1")
    };
    assert_eq!(take(&records, "Peer", elsewhere).await, SlotOutcome::Full);

    // Where a car of the Token charges, its driver may ask again, and nothing more is held.
    let charging = put(&sessions, first_word_of(&card, session("S-1", json!({})))).await;
    assert_held(&records, &card, &["S-1"]).await;
    let again = take(&records, "to-stop", claim(&card, 1, "e1")).await;
    assert_eq!(again, SlotOutcome::Taken);
    assert_recorded(&records, &allowed("to-stop"), again).await;
    assert_held(&records, &card, &["S-1"]).await;
    end(&sessions, &charging).await;
    assert_held(&records, &card, &[]).await;
}

/// Promise 13: a slot ends with its time.
///
/// Holds: E-30, S-21.
pub async fn pending_slot_ends_with_its_time<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let card = holder("CARD-1");
    let until = |ms: i64, evse: &str| SlotClaim {
        until: after_ms(ms),
        ..claim(&card, 1, evse)
    };
    for (name, at, wish, outcome) in [
        ("R-1", 0, until(10, "E1"), SlotOutcome::Taken),
        ("R-2", 9, until(20, "E2"), SlotOutcome::Full),
        // The moment itself is after it.
        ("R-3", 10, until(20, "E2"), SlotOutcome::Taken),
        ("R-4", 19, until(30, "E1"), SlotOutcome::Full),
        // Asked again, it is held on.
        ("R-5", 19, until(30, "E2"), SlotOutcome::Taken),
        ("R-6", 20, until(30, "E1"), SlotOutcome::Full),
        ("R-7", 29, until(40, "E1"), SlotOutcome::Full),
        ("R-8", 30, until(40, "E1"), SlotOutcome::Taken),
    ] {
        let found = take_at(&records, name, wish, after_ms(at)).await;
        assert_eq!(found, outcome, "{name}");
    }
    let query = |ms| SlotQuery {
        holder: card.clone(),
        scope: ConcurrencyScope::Token,
        place: None,
        at: after_ms(ms),
    };
    for (ms, count) in [(30, 1), (39, 1), (40, 0), (1 << 40, 0)] {
        let found = records.list_slots(&query(ms)).await.unwrap();
        assert_eq!(found.len(), count, "{ms}");
    }
    // A session that fell silent counts no more, and what it says afterwards counts again.
    let mut silent = first_word_of(&card, session("S-1", json!({"evse_uid": "E3"})));
    silent.received_at = after_ms(40);
    silent.phase = SessionPhase::Active {
        until: after_ms(50),
    };
    put(&sessions, silent).await;
    for (name, at, outcome) in [
        ("R-9", 49, SlotOutcome::Full),
        ("R-10", 50, SlotOutcome::Taken),
    ] {
        let found = take_at(&records, name, until(60, "E1"), after_ms(at)).await;
        assert_eq!(found, outcome, "{name}");
    }
}

/// Promise 14: the slots of a Token's group count when the scope is the group.
///
/// Holds: E-29.
pub async fn slots_of_the_group_count_in_its_scope<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let [one, two] = ["CARD-1", "CARD-2"].map(|uid| holder_in("Family", uid));
    let [stranger, alone] = [holder_in("Others", "CARD-3"), holder("CARD-4")];
    let mut foreign = holder_in("Family", "CARD-1");
    foreign.token.party = other();
    // A Token without a limit of its own takes slots too: they count for the others.
    let unlimited = SlotClaim {
        limit: None,
        ..claim(&one, 0, "E1")
    };
    assert_eq!(take(&records, "R-1", unlimited).await, SlotOutcome::Taken);
    for (name, wish, outcome) in [
        ("R-2", claim_in_group(&two, 1, "E2"), SlotOutcome::Full),
        ("R-3", claim(&two, 1, "E2"), SlotOutcome::Taken),
        ("R-4", claim_in_group(&one, 2, "E3"), SlotOutcome::Full),
        (
            "R-5",
            claim_in_group(&holder_in("FAMILY", "CARD-9"), 2, "E3"),
            SlotOutcome::Full,
        ),
        ("R-6", claim(&one, 2, "E3"), SlotOutcome::Taken),
        // Neither another group nor that of another party has to do with it.
        (
            "R-7",
            claim_in_group(&stranger, 1, "E4"),
            SlotOutcome::Taken,
        ),
        ("R-8", claim_in_group(&foreign, 1, "E5"), SlotOutcome::Taken),
        // Who is in no group is a group of its own.
        ("R-9", claim_in_group(&alone, 1, "E6"), SlotOutcome::Taken),
        ("R-10", claim_in_group(&alone, 1, "E7"), SlotOutcome::Full),
    ] {
        assert_eq!(take(&records, name, wish).await, outcome, "{name}");
    }
    // A session of one of them takes the slot of the other at its EVSE: one EVSE has one car.
    let charging = session("S-1", json!({"evse_uid": "E1"}));
    let charging = put(&sessions, first_word_of(&two, charging)).await;
    assert_eq!(charging.authorization, Some(reference("R-1")));
    assert_held(&records, &one, &["R-6"]).await;
    assert_held(&records, &two, &["R-3", "S-1"]).await;
    rivals_of_a_group_get_as_many_as_its_limit(&records).await;
}

/// Asserts that the Tokens of a group together get no more than the limit of each.
async fn rivals_of_a_group_get_as_many_as_its_limit(records: &Authorizations) {
    const MAX: u32 = 3;
    let claims = numbered("G-", 64).into_iter().map(|name| {
        let (records, card) = (Arc::clone(records), holder_in("Fleet", &name));
        async move { take(&records, &name, claim_in_group(&card, MAX, &name)).await }
    });
    let outcomes = together(claims.collect()).await;
    let taken = outcomes.iter().filter(|one| **one == SlotOutcome::Taken);
    assert_eq!(taken.count(), MAX as usize);
}

/// Promise 15: a claim whose record conflicts takes no slot.
///
/// Holds: E-26, E-30, E-33.
pub async fn conflicting_claim_takes_no_slot<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let (card, friend) = (holder("CARD-1"), holder("CARD-2"));
    records
        .append_record(Arc::new(allowed("R-0")))
        .await
        .unwrap();
    take(&records, "R-1", claim(&card, 2, "E1")).await;
    let before = slots_of(&records, &card).await;
    for (name, wish) in [
        ("R-0", claim(&card, 9, "E2")),
        ("r-1", claim(&card, 9, "E2")),
        // At the place of the slot that is held under it, and where there is none free.
        ("R-1", claim(&card, 9, "E1")),
        ("R-1", claim(&card, 1, "E2")),
        ("R-1", claim(&friend, 1, "E1")),
    ] {
        let again = Arc::new(allowed(name));
        assert_conflict(&records.append_record_with_slot(again, wish).await);
        assert_same(&slots_of(&records, &card).await, &before);
        assert_eq!(slots_of(&records, &friend).await, []);
        let found = records.find_record(&reference(name)).await.unwrap();
        assert_eq!(found.unwrap().allowed, Some(AllowedType::Allowed));
    }
    // Its reference is used by the record of a claim that found no slot free, too.
    take(&records, "R-2", claim(&card, 1, "E2")).await;
    let again = Arc::new(allowed("R-2"));
    assert_conflict(
        &records
            .append_record_with_slot(again, claim(&card, 9, "E2"))
            .await,
    );
    assert_conflict(&records.append_record(Arc::new(allowed("r-2"))).await);
    assert_same(&slots_of(&records, &card).await, &before);
    // The slot is still found by its reference.
    let named = json!({"evse_uid": "E9", "authorization_reference": "R-1"});
    put(&sessions, first_word_of(&card, session("S-1", named))).await;
    assert_held(&records, &card, &["S-1"]).await;
}

/// Promise 16: the slots that count are listed with what holds them.
///
/// Holds: E-29.
pub async fn slots_that_count_are_listed<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let [one, two] = ["CARD-1", "CARD-2"].map(|uid| holder_in("Family", uid));
    take(&records, "R-1", claim(&one, 9, "E1")).await;
    let soon = SlotClaim {
        until: after_ms(5),
        ..claim(&two, 9, "E2")
    };
    take(&records, "R-2", soon).await;
    let third = session("S-3", json!({"evse_uid": "E3"}));
    put(&sessions, first_word_of(&one, third)).await;
    take(&records, "R-4", claim(&two, 9, "E4")).await;
    // What a Token holds counts for it whatever its group is by now.
    take(&records, "R-5", claim(&holder("CARD-5"), 9, "E5")).await;
    take(
        &records,
        "R-6",
        claim(&holder_in("Late", "CARD-6"), 9, "E6"),
    )
    .await;
    let token = ConcurrencyScope::Token;
    let group = ConcurrencyScope::Group;
    for (holder, scope, at, asked, expected) in [
        (&one, group, 0, None, &["R-1", "R-2", "S-3", "R-4"][..]),
        (&one, group, 5, None, &["R-1", "S-3", "R-4"]),
        (&two, group, 0, Some("E3"), &["R-1", "R-2", "R-4"]),
        (&two, group, 0, Some("e4"), &["R-1", "R-2", "S-3"]),
        (&two, group, 0, Some("E9"), &["R-1", "R-2", "S-3", "R-4"]),
        (&one, token, 0, None, &["R-1", "S-3"]),
        (&one, token, 0, Some("E1"), &["S-3"]),
        (&two, token, 0, None, &["R-2", "R-4"]),
        (&holder_in("Others", "CARD-9"), group, 0, None, &[]),
        (&holder("CARD-9"), group, 0, None, &[]),
        (
            &holder_in("Late", "CARD-5"),
            group,
            0,
            None,
            &["R-5", "R-6"],
        ),
    ] {
        let query = SlotQuery {
            holder: holder.clone(),
            scope,
            place: asked.map(|evse| place(&[evse])),
            at: after_ms(at),
        };
        let found = records.list_slots(&query).await.unwrap();
        assert_eq!(names(&found), expected, "{query:?}");
    }
    let slots = slots_of(&records, &one).await;
    let [pending, charging] = &slots[..] else {
        panic!("two slots are held: {slots:?}");
    };
    let of_first = SlotUse::Pending(reference("R-1"));
    assert_same(&pending.used_by, &of_first);
    assert_same(&pending.place, &place(&["E1"]));
    assert_same(&(&pending.holder, pending.until), &(&one, later()));
    let of_third = SlotUse::Session(session_key(cpo(), "S-3"));
    assert_same(&charging.used_by, &of_third);
    assert_same(&(&charging.holder, charging.until), &(&one, later()));
}

/// Promise 17: pending slots survive a restart of a durable store.
///
/// Holds: E-30, E-33.
pub async fn pending_slots_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let records = store.authorizations();
    let mut cards = Vec::new();
    // Every kind of place that a question may name, none among them, and every kind of holder.
    let nowhere = |evses: &[&str]| LocationReferences {
        location_id: "loC ~'\"".parse().unwrap(),
        ..at_evses(evses)
    };
    let asked = [
        None,
        Some(nowhere(&[])),
        Some(nowhere(&["e1"])),
        Some(nowhere(&["b", "A"])),
    ];
    for (number, asked) in asked.into_iter().enumerate() {
        for group in [None, Some("Fam'ily")] {
            let mut card = holder(&format!("Card-{number}-{}", group.is_some()));
            card.token.token_type = TokenType::Other;
            card.group_id = group.map(|group| group.parse().unwrap());
            let place = SlotPlace::of_question(platform_id("Peer-2"), asked.as_ref(), None);
            let wish = SlotClaim {
                place,
                ..claim(&card, 1, "E1")
            };
            let name = format!("R-{}", cards.len());
            assert_eq!(
                take(&records, &name, wish.clone()).await,
                SlotOutcome::Taken
            );
            cards.push((wish, slots_of(&records, &card).await));
        }
    }
    // One that was taken back does not come again.
    let gone = holder("GONE");
    take(&records, "gone", claim(&gone, 1, "E1")).await;
    let over = put(
        &store.sessions(),
        first_word_of(&gone, session("S-1", json!({}))),
    )
    .await;
    end(&store.sessions(), &over).await;
    drop(records);

    let Some(store) = reopened(store).await else {
        return;
    };
    let records = store.authorizations();
    assert_eq!(slots_of(&records, &gone).await, []);
    for (number, (wish, slots)) in cards.into_iter().enumerate() {
        assert_eq!(slots.len(), 1);
        assert_same(&slots_of(&records, &wish.holder).await, &slots);
        let elsewhere = claim(&wish.holder, 1, "E9");
        let refused = take(&records, &format!("full-{number}"), elsewhere).await;
        assert_eq!(refused, SlotOutcome::Full);
        // The same question is at the same place still, and holds the slot on.
        let again = take(&records, &format!("again-{number}"), wish.clone()).await;
        assert_eq!(again, SlotOutcome::Taken);
        let after = slots_of(&records, &wish.holder).await;
        assert_eq!(after.len(), 1);
        let reference = reference(&format!("again-{number}"));
        assert_eq!(after[0].used_by, SlotUse::Pending(reference));
    }
}
