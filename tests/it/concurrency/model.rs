//! Whatever happens in whatever order, the store answers as the naive statement of the rule.

use ocpi_app::{PatchSessionError, PutSessionError, Written};
use ocpi_domain::{AuthorizationReference, ConcurrencyScope, SlotHolder};
use ocpi_ports::SlotQuery;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::naive::{Card, MINUTE_MS, Naive, Place, Taken, Word};
use super::rounds;
use super::site::{Answer, CPOS, Site};
use crate::support::push::session;
use crate::support::stores::Kind;
use crate::support::token::{card, with};

/// The places that are asked about.
const PLACES: [Option<Place>; 6] = [
    Some(("LOC1", &["E1"])),
    Some(("LOC1", &["E2"])),
    Some(("LOC2", &["E1"])),
    Some(("LOC1", &["E1", "E2"])),
    Some(("LOC1", &[])),
    None,
];

/// The places where sessions are.
const EVSES: [(&str, Option<&str>); 4] = [
    ("LOC1", Some("E1")),
    ("LOC1", Some("E2")),
    ("LOC2", Some("E1")),
    ("LOC1", None),
];

const STATUSES: [&str; 7] = [
    "ACTIVE",
    "ACTIVE",
    "ACTIVE",
    "PENDING",
    "RESERVATION",
    "COMPLETED",
    "INVALID",
];

/// How long nothing happens, milliseconds.
const WAITS: [u32; 6] = [1, 60_000, 179_999, 180_000, 15 * 60_000, 48 * 3_600_000];

/// Sessions of one CPO.
const SESSIONS: usize = 3;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Ask {
        card: usize,
        cpo: usize,
        place: usize,
    },
    Put {
        cpo: usize,
        id: usize,
        card: usize,
        evse: usize,
        status: &'static str,
        has_end: bool,
        /// Which of the answers so far it names, counted from the newest.
        names: Option<usize>,
        age_ms: i64,
    },
    Patch {
        cpo: usize,
        id: usize,
        change: Change,
        age_ms: i64,
    },
    Wait(u32),
    Restart,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Status(&'static str),
    Evse(usize),
    End,
    Nothing,
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => select(&STATUSES[..]).prop_map(Change::Status),
        1 => (0..EVSES.len()).prop_map(Change::Evse),
        2 => Just(Change::End),
        1 => Just(Change::Nothing),
    ]
}

/// How long before it was pushed a session changed.
fn ages() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(0), 1 => Just(1000), 1 => Just(14 * MINUTE_MS)]
}

fn steps() -> impl Strategy<Value = Step> {
    let cpo = || prop_oneof![4 => Just(0_usize), 1 => Just(1)];
    let ask = (0..3_usize, cpo(), 0..PLACES.len());
    let ask = ask.prop_map(|(card, cpo, place)| Step::Ask { card, cpo, place });
    let put = (
        cpo(),
        0..SESSIONS,
        0..3_usize,
        0..EVSES.len(),
        select(&STATUSES[..]),
        prop::bool::weighted(0.1),
        prop::option::of(0..3_usize),
        ages(),
    );
    let put = put.prop_map(
        |(cpo, id, card, evse, status, has_end, names, age_ms)| Step::Put {
            cpo,
            id,
            card,
            evse,
            status,
            has_end,
            names,
            age_ms,
        },
    );
    let patch = (cpo(), 0..SESSIONS, changes(), ages());
    let patch = patch.prop_map(|(cpo, id, change, age_ms)| Step::Patch {
        cpo,
        id,
        change,
        age_ms,
    });
    prop_oneof![
        10 => ask,
        5 => put,
        4 => patch,
        3 => select(&WAITS[..]).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

fn cards() -> impl Strategy<Value = [Card; 3]> {
    let limit = || {
        (
            prop_oneof![1 => Just(None), 6 => (0..4_u32).prop_map(Some)],
            any::<bool>(),
        )
    };
    (
        limit(),
        limit(),
        limit(),
        select(&[None, Some("H"), Some("G")][..]),
    )
        .prop_map(|(first, second, third, group)| {
            let card = |uid, group, (max, of_group)| Card {
                uid,
                group,
                max,
                of_group,
            };
            [
                card("A", Some("G"), first),
                card("B", Some("G"), second),
                card("C", group, third),
            ]
        })
}

/// A store and what it must be.
struct Check {
    site: Site,
    naive: Naive,
}

impl Check {
    async fn new(kind: Kind, cards: [Card; 3]) -> Check {
        let site = Site::new(kind).await;
        for card in &cards {
            let mut account =
                json!({"concurrency_scope": if card.of_group { "group" } else { "token" }});
            if let Some(max) = card.max {
                account["concurrent_sessions_max"] = json!(max);
            }
            site.add(card.uid, card.group, &account).await;
        }
        let naive = Naive::new(cards, site.app.now().unix_ms());
        Check { site, naive }
    }

    async fn step(mut self, step: &Step) -> Result<Check, TestCaseError> {
        match step {
            Step::Ask { card, cpo, place } => self.ask(*card, *cpo, PLACES[*place]).await?,
            Step::Put { .. } => self.put(step).await?,
            Step::Patch {
                cpo,
                id,
                change,
                age_ms,
            } => self.patch(*cpo, *id, *change, *age_ms).await?,
            Step::Wait(ms) => self.wait(*ms),
            Step::Restart => self.site = self.site.restarted().await,
        }
        self.compare_held().await?;
        Ok(self)
    }

    fn wait(&mut self, ms: u32) {
        self.site.wait_ms(ms);
        self.naive.now += i64::from(ms);
    }

    async fn ask(
        &mut self,
        card: usize,
        cpo: usize,
        place: Option<Place>,
    ) -> Result<(), TestCaseError> {
        let uid = self.naive.cards[card].uid;
        let answer = self.site.ask_as(cpo, uid, place).await;
        let expected = self.naive.may_charge(card, cpo, place);
        prop_assert_eq!(answer.is_allowed(), expected, "{} at {:?}", uid, place);
        if let Answer::Allowed(reference) = answer {
            self.naive.allow(card, cpo, place, reference);
        }
        Ok(())
    }

    async fn put(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let Step::Put {
            cpo,
            id,
            card,
            evse,
            status,
            has_end,
            names,
            age_ms,
        } = step
        else {
            return Ok(());
        };
        let (location, evse) = EVSES[*evse];
        let named = names.and_then(|back| self.naive.allowed.iter().rev().nth(back));
        let word = Word {
            cpo: *cpo,
            id: *id,
            card: *card,
            location,
            evse,
            status,
            has_end: *has_end,
            reference: named.map(|(reference, _)| reference.clone()),
            last_updated: self.naive.now - age_ms,
        };
        let pushed = self.site.try_put(&self.json(&word)).await;
        let found = match pushed {
            Ok(Written::Created) => Taken::New,
            Ok(Written::Updated) => Taken::Known,
            Err(PutSessionError::Stale) => Taken::Stale,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(found, self.naive.hear(&word));
        Ok(())
    }

    async fn patch(
        &mut self,
        cpo: usize,
        id: usize,
        change: Change,
        age_ms: i64,
    ) -> Result<(), TestCaseError> {
        let last_updated = self.naive.now - age_ms;
        let members = match change {
            Change::Status(status) => json!({"status": status}),
            Change::Evse(evse) => {
                let (location, evse) = EVSES[evse];
                json!({"location_id": location, "evse_uid": evse.unwrap_or("#NA")})
            }
            Change::End => json!({"end_date_time": "2026-01-01T12:00:00Z"}),
            Change::Nothing => json!({}),
        };
        let members = with(members, &json!({"last_updated": moment(last_updated)}));
        let pushed = self.site.try_patch(cpo, &name(id), &members).await;
        let Some(mut word) = self.naive.words.get(&(cpo, id)).cloned() else {
            let is_unknown = matches!(pushed, Err(PatchSessionError::UnknownSession));
            prop_assert!(is_unknown, "{:?}", pushed);
            return Ok(());
        };
        match change {
            Change::Status(status) => word.status = status,
            Change::Evse(evse) => (word.location, word.evse) = EVSES[evse],
            Change::End => word.has_end = true,
            Change::Nothing => {}
        }
        word.last_updated = last_updated;
        let expected = self.naive.hear(&word);
        let is_stale = matches!(pushed, Err(PatchSessionError::Stale));
        prop_assert_eq!(is_stale, expected == Taken::Stale);
        prop_assert!(pushed.is_ok() || is_stale, "{:?}", pushed);
        Ok(())
    }

    /// The session as its CPO sends it.
    fn json(&self, word: &Word) -> Value {
        let (country_code, party_id) = CPOS[word.cpo];
        let end = word.has_end.then_some("2026-01-01T12:00:00Z");
        with(
            session(&name(word.id), self.naive.cards[word.card].uid),
            &json!({
                "country_code": country_code,
                "party_id": party_id,
                "location_id": word.location,
                "evse_uid": word.evse.unwrap_or("#NA"),
                "status": word.status,
                "end_date_time": end,
                "authorization_reference": word.reference.as_ref().map(AuthorizationReference::as_str),
                "last_updated": moment(word.last_updated),
            }),
        )
    }

    /// As many are held of each card and its group as must be: none is lost, none is too many.
    async fn compare_held(&self) -> Result<(), TestCaseError> {
        for (number, Card { uid, group, .. }) in self.naive.cards.iter().enumerate() {
            let token = with(card(uid), &json!({"group_id": group}));
            let token = serde_json::from_value(token).expect("a Token");
            let query = SlotQuery {
                holder: SlotHolder::of(&token),
                scope: ConcurrencyScope::Group,
                place: None,
                at: self.site.app.now(),
            };
            let slots = self.site.stores.authorizations.list_slots(&query).await;
            let slots = slots.expect("the store answers");
            prop_assert_eq!(slots.len(), self.naive.held(number), "{}: {:?}", uid, slots);
        }
        Ok(())
    }

    /// When all sessions have ended and time has passed, nothing is held, and whoever may charge
    /// at all may charge.
    async fn end(mut self) -> Result<(), TestCaseError> {
        for (cpo, id) in self.naive.words.keys().copied().collect::<Vec<_>>() {
            self.patch(cpo, id, Change::Status("COMPLETED"), 0).await?;
        }
        self.wait(180_000);
        self.compare_held().await?;
        for (number, Card { uid, max, .. }) in self.naive.cards.into_iter().enumerate() {
            prop_assert_eq!(self.naive.held(number), 0, "{} is held for ever", uid);
            let answer = self.site.ask_at(uid, Some(("LOC9", &["E9"]))).await;
            prop_assert_eq!(answer.is_allowed(), max != Some(0), "{}", uid);
            self.wait(180_000);
        }
        Ok(())
    }
}

fn name(id: usize) -> String {
    format!("S{id}")
}

fn moment(unix_ms: i64) -> String {
    let moment = ocpi_domain::DateTime::from_unix_ms(unix_ms);
    moment.expect("a moment").to_string()
}

fn check(kind: Kind, cases: u32) {
    let config = ProptestConfig {
        cases: (cases * rounds()).div_ceil(100),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let cases = (cards(), vec(steps(), 1..40));
    let outcome = TestRunner::new(config).run(&cases, |(cards, steps)| {
        runtime.block_on(async {
            let mut check = Check::new(kind, cards).await;
            for step in &steps {
                check = check.step(step).await?;
            }
            check.end().await
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{kind:?}: {failure}"));
}

/// Holds: E-17, E-29, E-30, S-11, S-20, S-21, S-22, S-23, S-26.
#[test]
fn every_interleaving_is_answered_as_the_rule_says_in_memory() {
    check(Kind::Memory, 256);
}

/// Holds: E-17, E-29, E-30, S-11, S-20, S-21, S-22, S-23, S-26.
#[test]
fn every_interleaving_and_restart_is_answered_as_the_rule_says_in_sqlite() {
    check(Kind::Sqlite, 48);
}
