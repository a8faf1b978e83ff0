//! Anything in any order, against [`super::naive`].

use ocpi_domain::KnownEvse;
use proptest::prelude::*;
use proptest::sample::select;

use super::journal::fingerprint;
use super::naive::{At, NaiveSlot, NaiveSlots, Place, Stands, Use, Who};
use super::*;

const CARDS: [&str; 5] = ["A of G", "a of g", "B of G", "A", "C"];
const PLATFORMS: [&str; 2] = ["cpo", "other"];
const ASKED: [&str; 10] = [
    "",
    "L1",
    "L1/E1",
    "l1/e1",
    "L1/E2",
    "L1/E1,E2",
    "L1/ID1",
    "L1/ID1,E2",
    "L2/E1",
    "L2",
];
const CHARGING_AT: [&str; 5] = ["L1/E1", "L1/E2", "L1/ID1", "L1", "L2/E1"];
const SESSIONS: [&str; 3] = ["S1", "s1", "S2"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Claim {
        card: &'static str,
        limit: Option<(u32, bool)>,
        at: Spot,
    },
    Session {
        id: &'static str,
        card: Option<&'static str>,
        platform: &'static str,
        at: &'static str,
        /// How many claims ago the reference was given.
        claims_ago: Option<usize>,
        says: Says,
        counts_for_ms: i64,
        begins: bool,
    },
    Forget(&'static str),
    WaitMs(i64),
    Commit,
    RollBack,
}

/// The place of a question, and whether the Location was known.
#[derive(Debug, Clone, Copy)]
struct Spot {
    platform: &'static str,
    text: &'static str,
    is_known: bool,
}

fn spot() -> impl Strategy<Value = Spot> {
    (select(&PLATFORMS[..]), select(&ASKED[..]), any::<bool>()).prop_map(
        |(platform, text, is_known)| Spot {
            platform,
            text,
            is_known,
        },
    )
}

fn session() -> impl Strategy<Value = Step> {
    (
        select(&SESSIONS[..]),
        prop::option::weighted(0.9, select(&CARDS[..])),
        select(&PLATFORMS[..]),
        select(&CHARGING_AT[..]),
        prop::option::of(0..4_usize),
        select(vec![Says::Waiting, Says::Active, Says::Active, Says::Ended]),
        -1..2_i64,
        any::<bool>(),
    )
        .prop_map(
            |(id, card, platform, at, claims_ago, says, hours, begins)| Step::Session {
                id,
                card,
                platform,
                at,
                claims_ago,
                says,
                counts_for_ms: hours * ACTIVE_MS,
                begins,
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    let limit = prop::option::weighted(0.8, (0..4_u32, any::<bool>()));
    let claim = (select(&CARDS[..]), limit, spot());
    let claim = claim.prop_map(|(card, limit, at)| Step::Claim { card, limit, at });
    prop_oneof![
        8 => claim,
        6 => session(),
        1 => select(&SESSIONS[..]).prop_map(Step::Forget),
        2 => select(vec![1, PENDING_MS / 2, PENDING_MS, ACTIVE_MS]).prop_map(Step::WaitMs),
        2 => Just(Step::Commit),
        2 => Just(Step::RollBack),
    ]
}

/// `ID1` is printed on `E1` of `L1`.
fn known() -> LocationEvses {
    LocationEvses(vec![KnownEvse {
        uid: "E1".parse().unwrap(),
        evse_id: "ID1".parse().ok(),
        connector_ids: Vec::new(),
        is_removed: false,
    }])
}

fn who(text: &str) -> Who {
    let text = text.to_lowercase();
    let (token, group) = match text.split_once(" of ") {
        Some((token, group)) => (token, Some(group.to_owned())),
        None => (&*text, None),
    };
    Who {
        token: token.to_owned(),
        group,
    }
}

fn naive_at(text: &str) -> Option<At> {
    let text = text.to_lowercase();
    let (location, evses) = text.split_once('/').unwrap_or((&text, ""));
    let evses = evses.split(',').filter(|evse| !evse.is_empty());
    (!location.is_empty()).then(|| At {
        location: location.to_owned(),
        evses: evses.map(str::to_owned).collect(),
    })
}

/// The names that the one EVSE of a place goes by.
fn one_evse(at: Option<&At>, is_known: bool) -> Vec<String> {
    let mut names = match at.map(|at| at.evses.as_slice()) {
        Some([one]) => vec![one.clone()],
        _ => Vec::new(),
    };
    if is_known && names == ["id1"] {
        names.push("e1".to_owned());
    }
    names
}

impl Spot {
    fn place(self) -> SlotPlace {
        let known = known();
        let known = (self.is_known && self.text.starts_with("L1")).then_some(&known);
        question_of(self.platform, self.text, known)
    }

    fn naive(self) -> Place {
        let mut at = naive_at(self.text);
        let is_known = self.is_known && self.text.starts_with("L1");
        let one_evse = one_evse(at.as_ref(), is_known);
        if let Some(at) = at.as_mut().filter(|_| is_known) {
            for evse in &mut at.evses {
                if evse == "id1" {
                    "e1".clone_into(evse);
                }
            }
        }
        Place {
            platform: self.platform.to_owned(),
            question: Some(self.text.to_lowercase()),
            one_evse,
            at,
        }
    }
}

/// Both side by side, and both as they were at the last commit.
struct Pair {
    desk: Desk,
    naive: NaiveSlots,
    committed: (Vec<String>, NaiveSlots),
    claims: usize,
}

impl Pair {
    fn new() -> Pair {
        let desk = Desk::new();
        let committed = (fingerprint(&desk.table), NaiveSlots::default());
        Pair {
            desk,
            naive: NaiveSlots::default(),
            committed,
            claims: 0,
        }
    }

    fn now(&self) -> i64 {
        self.desk.now.unix_ms()
    }

    fn claim(
        &mut self,
        card: &str,
        max: Option<(u32, bool)>,
        at: Spot,
    ) -> Result<(), TestCaseError> {
        self.claims += 1;
        let name = format!("R{}", self.claims);
        let now = self.now();
        let naive = NaiveSlot {
            used_by: Use::Pending(name.clone()),
            who: who(card),
            place: at.naive(),
            until: now + PENDING_MS,
        };
        let expected = self.naive.claim(naive, max, now);
        let limit = max.map(|(max, of_group)| limit(max, scope(of_group)));
        let outcome = self.desk.ask_at(&name, card, limit, at.place());
        prop_assert_eq!(outcome == SlotOutcome::Taken, expected);
        Ok(())
    }

    fn session(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Step::Session {
            id,
            card: of,
            platform: id_of_platform,
            at,
            claims_ago,
            says,
            counts_for_ms,
            begins,
        } = step
        else {
            return Ok(());
        };
        let named = claims_ago.map(|ago| format!("R{}", self.claims.saturating_sub(ago)));
        let now = self.now();
        let until = self.desk.now.plus_ms(*counts_for_ms);
        let (phase, stands) = match says {
            Says::Waiting => (SessionPhase::Waiting, Stands::Waiting),
            Says::Active => (
                SessionPhase::Active { until },
                Stands::ActiveUntil(until.unix_ms()),
            ),
            Says::Ended => (SessionPhase::Ended, Stands::Ended),
        };
        let at_peer = charging_at(at);
        let meant = at_peer.meant().unwrap();
        let place = SlotPlace::of_session(
            platform(id_of_platform),
            meant.location_id.clone(),
            meant.evse_uids.first().cloned(),
        );
        let slot = SessionSlot {
            session: session_key(id),
            holder: of.map(card),
            place,
            reference: named.as_deref().map(reference),
            phase,
            begins: *begins,
        };
        let naive_at = naive_at(at);
        let naive_place = Place {
            platform: (*id_of_platform).to_owned(),
            question: None,
            one_evse: one_evse(naive_at.as_ref(), false),
            at: naive_at,
        };
        let expected = self.naive.put_session(
            &id.to_lowercase(),
            of.map(who).as_ref(),
            &naive_place,
            named.as_deref(),
            (stands, *begins),
            now,
        );
        let taken = self.desk.table.put_session(&slot, self.desk.now);
        prop_assert_eq!(taken.map(|reference| reference.to_string()), expected);
        Ok(())
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Claim { card, limit, at } => self.claim(card, *limit, *at)?,
            Step::Session { .. } => self.session(step)?,
            Step::Forget(id) => {
                self.desk.table.remove_session(&session_key(id));
                self.naive.remove_session(&id.to_lowercase());
            }
            Step::WaitMs(ms) => self.desk.wait_ms(*ms),
            Step::Commit => {
                self.desk.table.commit();
                self.committed = (fingerprint(&self.desk.table), self.naive.clone());
            }
            Step::RollBack => {
                self.desk.table.roll_back();
                prop_assert_eq!(&fingerprint(&self.desk.table), &self.committed.0);
                self.naive = self.committed.1.clone();
            }
        }
        self.assert_same_counts()
    }

    fn assert_same_counts(&self) -> Result<(), TestCaseError> {
        let now = self.now();
        for card_text in CARDS {
            for of_group in [false, true] {
                let count = |place: Option<&SlotPlace>| {
                    let who = card(card_text);
                    let scope = scope(of_group);
                    self.desk.table.count(&who, scope, place, self.desk.now)
                };
                let naive =
                    |place: Option<&Place>| self.naive.count(&who(card_text), of_group, place, now);
                prop_assert_eq!(count(None), naive(None), "{} {}", card_text, of_group);
                for text in ASKED.into_iter().step_by(3) {
                    let at = Spot {
                        platform: "cpo",
                        text,
                        is_known: true,
                    };
                    prop_assert_eq!(
                        count(Some(&at.place())),
                        naive(Some(&at.naive())),
                        "{} {} {:?}",
                        card_text,
                        of_group,
                        text
                    );
                }
            }
        }
        Ok(())
    }

    /// Nothing may be left, in no map of the table, once everything had its time.
    fn assert_ends_empty(mut self) -> Result<(), TestCaseError> {
        self.desk.wait_ms(ACTIVE_MS + PENDING_MS);
        let nothing = begins("S9", "L9/E9").saying(Says::Ended).of("Z");
        self.desk.hear(&nothing);
        self.desk.table.commit();
        let mut unused = SlotTable::default();
        unused.commit();
        prop_assert_eq!(fingerprint(&self.desk.table), fingerprint(&unused));
        Ok(())
    }
}

fn scope(of_group: bool) -> ConcurrencyScope {
    if of_group {
        ConcurrencyScope::Group
    } else {
        ConcurrencyScope::Token
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Holds: E-29, E-30, S-20, S-26.
    #[test]
    fn whatever_happens_the_table_says_what_the_naive_rules_say(
        steps in prop::collection::vec(step(), 1..50)
    ) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step)?;
        }
        pair.assert_ends_empty()?;
    }

    /// Holds: E-29.
    #[test]
    fn claims_alone_never_hold_more_than_the_limit(
        max in 0..4_u32,
        of_group in any::<bool>(),
        asked in prop::collection::vec((select(&CARDS[..3]), spot(), 0..PENDING_MS), 1..40),
    ) {
        let mut desk = Desk::new();
        for (number, (who, at, wait_ms)) in asked.into_iter().enumerate() {
            let limit = limit(max, scope(of_group));
            desk.ask_at(&format!("R{number}"), who, limit, at.place());
            // Cards of a group may wait at the same place: that is one car.
            let count = desk.table.count(&card(who), ConcurrencyScope::Token, None, desk.now);
            prop_assert!(count <= max, "{} of {}", count, max);
            desk.wait_ms(wait_ms / 10);
        }
    }
}
