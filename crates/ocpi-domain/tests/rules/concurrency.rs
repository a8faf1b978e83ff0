//! How many cars at once: who gets a slot, and what gives it back.

mod claims;
mod journal;
mod naive;
mod places;
mod random;
mod sessions;

use ocpi_domain::{
    AuthorizationReference, CiString, ConcurrencyScope, DateTime, LocationEvses,
    LocationReferences, Party, PlatformId, SessionKey, SessionPhase, SessionSlot, SlotClaim,
    SlotHolder, SlotLimit, SlotOutcome, SlotPlace, SlotTable, SlotUse, TokenKey, TokenType,
};

use crate::support::{NOW, moment, party, place};

/// No limit.
const UNLIMITED: Option<SlotLimit> = None;
/// How long a slot is held for a session that is not heard of.
const PENDING_MS: i64 = 180_000;
/// How long a session counts in these tests.
const ACTIVE_MS: i64 = 3_600_000;

/// A Token of `CH/ABC`, as `CARD`, or as `CARD of GROUP`.
fn card(text: &str) -> SlotHolder {
    let (uid, group_id) = match text.split_once(" of ") {
        Some((uid, group_id)) => (uid, Some(group_id)),
        None => (text, None),
    };
    SlotHolder {
        token: TokenKey {
            party: party("CH/ABC"),
            uid: uid.parse().unwrap(),
            token_type: TokenType::Rfid,
        },
        group_id: group_id.map(|id| CiString::new(id).unwrap()),
    }
}

/// The place of a question: nothing, `LOC1`, `LOC1/E1` or `LOC1/E1,E2`.
fn asked(text: &str) -> Option<LocationReferences> {
    let (location, evses) = text.split_once('/').unwrap_or((text, ""));
    let evses: Vec<&str> = evses.split(',').filter(|evse| !evse.is_empty()).collect();
    (!location.is_empty()).then(|| place(location, &evses))
}

fn platform(id: &str) -> PlatformId {
    id.parse().unwrap()
}

/// Holds: E-29, W-32. The EVSEs of two CPOs that are hosted here are two places, also when they are
/// called alike.
#[test]
fn a_charge_point_of_ours_is_at_a_place_of_its_cpo() {
    let of = |country: &str, id: &str| {
        let cpo = Party::new(country, id).unwrap();
        PlatformId::of_charge_points_of(cpo)
    };
    let at =
        |platform: PlatformId| SlotPlace::of_question(platform, asked("LOC1/E1").as_ref(), None);
    assert!(at(of("NL", "ALF")).is_same(&at(of("nl", "alf"))));
    assert!(!at(of("NL", "ALF")).is_same(&at(of("NL", "BET"))));
    // A store keeps it as a text.
    let kept = of("NL", "ALF").as_str().parse();
    assert_eq!(kept, Ok(of("NL", "ALF")));
    for (id, is_ours) in [
        ("charge-point", true),
        ("charge-point.NL.ALF", true),
        ("charge-points", false),
        ("charge-point-1", false),
        ("my.charge-point", false),
    ] {
        assert_eq!(platform(id).is_of_charge_points(), is_ours, "{id}");
    }
}

/// The place of a question of the platform `cpo`, at a Location that is not known.
fn question(text: &str) -> SlotPlace {
    question_of("cpo", text, None)
}

fn question_of(id: &str, text: &str, known: Option<&LocationEvses>) -> SlotPlace {
    SlotPlace::of_question(platform(id), asked(text).as_ref(), known)
}

/// The place of a session of the platform `cpo`: `LOC1/E1`, or `LOC1` when it is at no EVSE yet.
fn charging_at(text: &str) -> SlotPlace {
    let at = asked(text).unwrap();
    let evse_uid = at.evse_uids.into_iter().next();
    SlotPlace::of_session(platform("cpo"), at.location_id, evse_uid)
}

fn reference(text: &str) -> AuthorizationReference {
    text.parse().unwrap()
}

fn session_key(id: &str) -> SessionKey {
    SessionKey {
        party: party("NL/ALF"),
        id: id.parse().unwrap(),
    }
}

fn limit(max: u32, scope: ConcurrencyScope) -> SlotLimit {
    SlotLimit { max, scope }
}

/// The limit of most tests: one car for one Token.
fn one() -> SlotLimit {
    limit(1, ConcurrencyScope::Token)
}

/// What a session says of itself.
#[derive(Clone)]
struct Word {
    id: &'static str,
    card: Option<&'static str>,
    at: &'static str,
    reference: Option<&'static str>,
    says: Says,
    begins: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Waiting,
    Active,
    Ended,
}

/// The first word of a session that is active, of the card `CARD`.
fn begins(id: &'static str, at: &'static str) -> Word {
    Word {
        id,
        card: Some("CARD"),
        at,
        reference: None,
        says: Says::Active,
        begins: true,
    }
}

impl Word {
    fn of(self, card: impl Into<Option<&'static str>>) -> Word {
        let card = card.into();
        Word { card, ..self }
    }

    fn naming(self, reference: &'static str) -> Word {
        let reference = Some(reference);
        Word { reference, ..self }
    }

    fn saying(self, says: Says) -> Word {
        Word { says, ..self }
    }

    /// Not the first word.
    fn later(self) -> Word {
        let begins = false;
        Word { begins, ..self }
    }
}

/// A table, and the time.
struct Desk {
    table: SlotTable,
    now: DateTime,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            table: SlotTable::default(),
            now: moment(NOW),
        }
    }

    fn wait_ms(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Asks for a slot, under the reference, at the place of a question.
    fn ask(
        &mut self,
        name: &str,
        who: &str,
        max: impl Into<Option<SlotLimit>>,
        at: &str,
    ) -> SlotOutcome {
        self.ask_at(name, who, max, question(at))
    }

    fn ask_at(
        &mut self,
        name: &str,
        who: &str,
        max: impl Into<Option<SlotLimit>>,
        place: SlotPlace,
    ) -> SlotOutcome {
        let claim = SlotClaim {
            holder: card(who),
            limit: max.into(),
            place,
            until: self.now.plus_ms(PENDING_MS),
        };
        self.table.claim(&claim, &reference(name), self.now)
    }

    /// A session says where it stands; gives the reference of the pending slot that it took.
    fn hear(&mut self, word: &Word) -> Option<String> {
        let slot = SessionSlot {
            session: session_key(word.id),
            holder: word.card.map(card),
            place: charging_at(word.at),
            reference: word.reference.map(reference),
            phase: match word.says {
                Says::Waiting => SessionPhase::Waiting,
                Says::Active => SessionPhase::Active {
                    until: self.now.plus_ms(ACTIVE_MS),
                },
                Says::Ended => SessionPhase::Ended,
            },
            begins: word.begins,
        };
        let taken = self.table.put_session(&slot, self.now);
        taken.map(|reference| reference.to_string())
    }

    /// What holds the slots of the card, by reference and by session, oldest first.
    fn held(&self, who: &str) -> Vec<String> {
        self.held_in(who, ConcurrencyScope::Token)
    }

    fn held_in(&self, who: &str, scope: ConcurrencyScope) -> Vec<String> {
        let who = card(who);
        let counted = self.table.counted(&who, scope, None, self.now);
        let mut slots: Vec<_> = counted.collect();
        slots.sort_by_key(|slot| slot.id);
        let names = slots.into_iter().map(|slot| match &slot.used_by {
            SlotUse::Pending(reference) => reference.to_string(),
            SlotUse::Session(session) => session.id.to_string(),
        });
        names.collect()
    }

    fn count(&self, who: &str, scope: ConcurrencyScope, at: &str) -> u32 {
        let place = question(at);
        self.table.count(&card(who), scope, Some(&place), self.now)
    }
}
