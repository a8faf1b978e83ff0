//! Slots: those in memory and those in the file are the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use ocpi_domain::{
    AuthorizationStatus, ConcurrencyScope, DateTime, LocationReferences, PlatformId, SessionPhase,
    Slot, SlotClaim, SlotHolder, SlotId, SlotLimit, SlotOutcome, SlotPlace, SlotTable, SlotUse,
};
use ocpi_ports::{SessionLink, SessionWrite};

use super::sessions::{active_until, begin, holder, session};
use super::writing::content;
use super::{Random, Store, after_ms, party, record};
use crate::sql::records::find_record;
use crate::sql::slots::{append_with_slot, load};
use crate::sql::{SqlError, sessions};

/// The cards that these tests know.
const UIDS: [&str; 11] = [
    "CARD", "OTHER", "S-1", "S-2", "S-3", "S-4", "S-5", "A", "B", "C", "D",
];

/// Every slot of these cards, in the order of their numbers.
fn dump(table: &SlotTable) -> Vec<String> {
    let first = DateTime::from_unix_ms(0).unwrap();
    let all = UIDS.iter().flat_map(|uid| {
        let holder = holder(uid, None);
        let slots = table.counted(&holder, ConcurrencyScope::Token, None, first);
        slots.cloned().collect::<Vec<_>>()
    });
    let all: BTreeMap<SlotId, Slot> = all.map(|slot| (slot.id, slot)).collect();
    assert_eq!(all.len(), table.len());
    all.values().map(|slot| format!("{slot:?}")).collect()
}

impl Store {
    pub(super) fn dump(&self) -> Vec<String> {
        dump(&self.slots.lock())
    }

    /// What a start would find.
    pub(super) fn stored_dump(&self) -> Vec<String> {
        dump(&load(&self.db).unwrap())
    }

    fn try_claim(
        &mut self,
        claim: &SlotClaim,
        reference: &str,
        at_ms: i64,
    ) -> Result<SlotOutcome, SqlError> {
        let mut record = record(0);
        record.reference = reference.parse().unwrap();
        record.at = after_ms(at_ms);
        let Store {
            db,
            state,
            slots,
            key,
        } = self;
        append_with_slot(db, state, key, slots, (&record, claim))
    }

    /// Claims a slot for that card at that EVSE without a limit, at 0.
    pub(super) fn claim(
        &mut self,
        uid: &str,
        evse: &str,
        reference: &str,
        until: i64,
    ) -> Result<SlotOutcome, SqlError> {
        let claim = claim(holder(uid, None), None, &at_evse(evse), until);
        self.write(|store| store.try_claim(&claim, reference, 0))
    }
}

fn at_evse(evse: &str) -> LocationReferences {
    LocationReferences {
        location_id: "LOC-1".parse().unwrap(),
        evse_uids: vec![evse.parse().unwrap()],
    }
}

fn claim(
    holder: SlotHolder,
    max: Option<u32>,
    asked: &LocationReferences,
    until: i64,
) -> SlotClaim {
    let platform = PlatformId::new("peer").unwrap();
    SlotClaim {
        holder,
        limit: max.map(|max| SlotLimit {
            max,
            scope: ConcurrencyScope::Token,
        }),
        place: SlotPlace::of_question(platform, Some(asked), None),
        until: after_ms(until),
    }
}

/// Holds: E-30, S-26.
#[test]
fn slots_are_found_again_to_the_letter() {
    let mut store = Store::new();
    let platform = PlatformId::new("Peer").unwrap();
    let place =
        |asked: Option<&LocationReferences>| SlotPlace::of_question(platform.clone(), asked, None);
    let mut several = at_evse("evse-1");
    several.evse_uids.push("EVSE \"2\"".parse().unwrap());
    let asked = Some(at_evse("CH*ABC*E9"));
    let meant_otherwise = SlotPlace::of_parts(platform.clone(), asked, Some(at_evse("EVSE-9")));
    let places = [place(None), place(Some(&several)), meant_otherwise];
    for (number, place) in places.into_iter().enumerate() {
        let group = (number % 2 == 0).then_some("Group");
        let claim = SlotClaim {
            place,
            ..claim(holder("Card", group), None, &several, 100)
        };
        let reference = format!("Ref-{number}");
        let outcome = store.write(|store| store.try_claim(&claim, &reference, 0));
        assert!(matches!(outcome, Ok(SlotOutcome::Taken)));
    }
    for (id, evse) in [("S-1", "EVSE-7"), ("S-2", "#NA")] {
        let members = format!(r#"{{"evse_uid":"{evse}","location_id":"LOC-x"}}"#);
        let mut write = begin(session(party("NLCPO"), id, &members), "OTHER");
        write.link.holder = Some(holder("Other", Some("Group")));
        store.put(&write);
    }
    let dump = store.dump();
    assert_eq!(dump.len(), 5);
    assert_eq!(store.stored_dump(), dump);
    // Whoever comes next gets a number of its own.
    store.reload();
    store.claim("A", "EVSE-8", "next", 100).unwrap();
    assert_eq!(store.dump()[..5], dump);
    assert_eq!(store.slots.lock().next_id(), SlotId(7));
}

/// Holds: E-30, S-26.
#[test]
fn whatever_happens_and_fails_the_file_has_the_slots_that_memory_has() {
    let mut random = Random(0x5eed);
    let mut store = Store::new();
    let mut references = 0;
    for now in 0..400 {
        let fails = random.below(5) == 0;
        let before = fails.then(|| (store.dump(), content(&store)));
        let act = |store: &mut Store| {
            for _ in 0..=random.below(3) {
                references += 1;
                step(store, &mut random, references, now);
            }
        };
        if fails {
            store.fail(act);
            assert_eq!(Some((store.dump(), content(&store))), before);
        } else {
            store.write(act);
        }
        // A session that fell silent is cleared away in memory only; it counts no more anyway.
        let mut file = load(&store.db).unwrap();
        let is_over = |key: &_| {
            let found = sessions::find_session(&store.db, key).unwrap();
            found.is_none_or(|stored| !stored.is_active_at(after_ms(now)))
        };
        for number in 1..=5 {
            let key = session(party("NLCPO"), &format!("S-{number}"), "{}").key();
            if is_over(&key) {
                file.remove_session(&key);
                store.slots.lock().remove_session(&key);
            }
        }
        store.slots.lock().commit();
        assert_eq!(dump(&file), store.dump(), "{now}");
        if random.below(50) == 0 {
            store.reload();
        }
    }
    assert!(references > 400);
}

/// One thing that happens to slots.
fn step(store: &mut Store, random: &mut Random, reference: u64, now: i64) {
    let uid = *random.one_of(&["A", "B", "C", "D"]);
    let holder = holder(uid, random.one_of(&[None, Some("GROUP")]).to_owned());
    let evse = format!("EVSE-{}", random.below(4));
    let until = now + i64::try_from(random.below(40)).unwrap();
    if random.below(2) == 0 {
        let max = *random.one_of(&[None, Some(1), Some(2)]);
        let claim = claim(holder, max, &at_evse(&evse), until);
        // Some were used before.
        let reference = format!(
            "R-{}",
            reference - random.below(2) * random.below(reference)
        );
        let claimed = store.try_claim(&claim, &reference, now);
        assert!(matches!(claimed, Ok(_) | Err(SqlError::Conflict)));
        return;
    }
    let id = format!("S-{}", 1 + random.below(5));
    let session = session(party("NLCPO"), &id, &format!(r#"{{"evse_uid":"{evse}"}}"#));
    let stored = sessions::find_session(&store.db, &session.key()).unwrap();
    let link = SessionLink {
        holder: random.one_of(&[None, Some(holder)]).clone(),
        token_is_known: true,
    };
    let write = SessionWrite {
        session: Arc::new(session),
        link,
        phase: *random.one_of(&[
            SessionPhase::Waiting,
            SessionPhase::Ended,
            active_until(until),
        ]),
        begins: stored.is_none(),
        received_at: after_ms(now),
        // Some follow nothing that is stored.
        follows: stored
            .map(|stored| stored.revision)
            .filter(|_| random.below(5) > 0),
        ..begin(super::sessions::session(party("NLCPO"), &id, "{}"), uid)
    };
    let put = store.try_put(&write);
    assert!(matches!(put, Ok(_) | Err(SqlError::Conflict)));
}

/// Holds: E-17, E-29.
#[test]
fn a_claim_that_finds_no_slot_leaves_the_record_of_its_refusal() {
    let mut store = Store::new();
    let first = claim(holder("CARD", None), Some(1), &at_evse("EVSE-1"), 100);
    let second = claim(holder("CARD", None), Some(1), &at_evse("EVSE-2"), 100);
    for (claim, reference, outcome, status) in [
        (&first, "R-1", SlotOutcome::Taken, None),
        (
            &second,
            "R-2",
            SlotOutcome::Full,
            Some(AuthorizationStatus::ConcurrentTx),
        ),
        // At the same place the same card may ask again.
        (&first, "R-3", SlotOutcome::Taken, None),
    ] {
        let claimed = store.write(|store| store.try_claim(claim, reference, 0));
        assert_eq!(claimed.unwrap(), outcome);
        let record = find_record(&store.db, &reference.parse().unwrap()).unwrap();
        assert_eq!(record.unwrap().status, status, "{reference}");
        assert_eq!(store.dump().len(), 1);
        assert_eq!(store.dump(), store.stored_dump());
    }
    // It is free from the first moment on that it was not held for.
    let late = store.write(|store| store.try_claim(&second, "R-4", 99));
    assert_eq!(late.unwrap(), SlotOutcome::Full);
    let late = store.write(|store| store.try_claim(&second, "R-5", 100));
    assert_eq!(late.unwrap(), SlotOutcome::Taken);
    assert_eq!(store.dump(), store.stored_dump());
    assert_eq!(store.audit().fault, None);
}

/// Holds: E-26, E-30.
#[test]
fn a_claim_whose_reference_was_used_takes_no_slot_and_frees_none() {
    let mut store = Store::new();
    store.claim("CARD", "EVSE-1", "R-1", 100).unwrap();
    let before = (content(&store), store.dump());
    let others = [("CARD", "EVSE-1"), ("CARD", "EVSE-2"), ("OTHER", "EVSE-1")];
    for (uid, evse) in others {
        let refused = store.claim(uid, evse, "r-1", 200);
        assert!(matches!(refused, Err(SqlError::Conflict)));
        assert_eq!((content(&store), store.dump()), before);
    }
    // The slot is still found by its reference.
    let named = r#"{"evse_uid":"EVSE-5","authorization_reference":"R-1"}"#;
    store.put(&begin(session(party("NLCPO"), "S-1", named), "CARD"));
    let slots = store.slots.lock();
    let card = holder("CARD", None);
    let first = after_ms(0);
    let held: Vec<_> = slots
        .counted(&card, ConcurrencyScope::Token, None, first)
        .collect();
    assert!(matches!(&held[..], [slot] if matches!(slot.used_by, SlotUse::Session(_))));
    assert_eq!(slots.len(), 1);
}

/// What somebody changed by hand is named, and no slot is lost in silence.
#[test]
fn a_slot_that_cannot_be_read_is_named() {
    let mut store = Store::new();
    store.claim("CARD", "EVSE-1", "R-1", 100).unwrap();
    store.put(&begin(session(party("NLCPO"), "S-1", "{}"), "OTHER"));
    for (table, change, named) in [
        ("pending_slots", "asked = '{}'", "column asked: missing"),
        ("pending_slots", "meant = '1'", "column meant: "),
        ("pending_slots", "token_uid = ''", "column token_uid: must"),
        ("pending_slots", "until_ms = 1 << 60", "column until_ms: "),
        ("sessions", "slot_id = -1", "column slot_id: must not"),
        ("sessions", "evse_uid = ''", "column evse_uid: must not be"),
        (
            "sessions",
            "token_uid = NULL, token_type = NULL, token_party_id = NULL, token_country_code = NULL",
            "column group_id: a slot must be somebody's",
        ),
    ] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&format!("UPDATE {table} SET {change}"));
        match load(&store.db) {
            Err(SqlError::Corrupt(why)) => {
                assert!(why.starts_with(&format!("table {table}, row ")), "{why}");
                assert!(why.contains(named), "{why}");
            }
            other => panic!("{change}: {other:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
}
