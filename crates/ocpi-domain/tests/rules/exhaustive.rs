//! Every combination of what a decision depends on, against [`crate::naive`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ocpi_domain::{
    AccountPlace, AuthorizationRequest, AuthorizationSubject, Credit, Currency, DateTime, Decision,
    EvseUid, EvseUids, LocationReferences, Missing, Party, Refusal, Rule, RuleOutcome, RuleTrail,
    TokenAccount, decide, explain,
};
use serde_json::json;

use crate::naive::{Asked, Entry, Gates, Outcome, Places, outcome};
use crate::support::{NOW, evses, known_evses, moment, party, place, token_with};

const fn of_party(party: &'static str) -> Entry {
    Entry {
        party,
        location: None,
        evses: &[],
    }
}

const fn at(party: &'static str, location: &'static str, evses: &'static [&'static str]) -> Entry {
    Entry {
        party,
        location: Some(location),
        evses,
    }
}

/// The questions below are about `LOC1` of `NL/ALF`, at `E1` to `E3`.
const PERMITTED: &[Option<&[Entry]>] = &[
    None,
    Some(&[]),
    Some(&[of_party("nl/alf")]),
    Some(&[of_party("NL/BET")]),
    Some(&[at("NL/ALF", "loc1", &[])]),
    Some(&[at("NL/ALF", "LOC2", &[])]),
    Some(&[at("NL/BET", "LOC1", &[])]),
    Some(&[at("NL/ALF", "LOC1", &["e1"])]),
    Some(&[at("NL/ALF", "LOC1", &["E1", "E2"])]),
    Some(&[at("NL/BET", "LOC1", &["E1"])]),
    Some(&[at("NL/ALF", "LOC2", &["E1"])]),
    Some(&[at("NL/ALF", "LOC1", &["E2"]), at("NL/ALF", "LOC1", &["E1"])]),
    Some(&[
        at("NL/ALF", "LOC1", &["E1"]),
        at("NL/BET", "LOC1", &["e1", "E3"]),
    ]),
    Some(&[at("NL/ALF", "LOC1", &["E3"]), of_party("NL/BET")]),
    Some(&[at("NL/ALF", "LOC2", &[]), at("NL/ALF", "LOC1", &[])]),
];

const DENIED: &[&[Entry]] = &[
    &[],
    &[of_party("NL/ALF")],
    &[of_party("NL/BET")],
    &[at("nl/alf", "LOC1", &[])],
    &[at("NL/BET", "LOC1", &[])],
    &[at("NL/ALF", "LOC2", &["E1"])],
    &[at("NL/ALF", "LOC1", &["E1"])],
    &[at("NL/BET", "loc1", &["E2"])],
    &[
        at("NL/ALF", "LOC1", &["E1"]),
        at("NL/ALF", "LOC1", &["e2", "E3"]),
    ],
    &[at("NL/ALF", "LOC1", &["E9"])],
];

const fn asked(location: &'static str, evses: &'static [&'static str]) -> Asked {
    Asked { location, evses }
}

const ASKED: &[Option<Asked>] = &[
    None,
    Some(asked("LOC1", &[])),
    Some(asked("Loc1", &["E1"])),
    Some(asked("LOC1", &["E3"])),
    Some(asked("LOC1", &["E2", "E1"])),
    Some(asked("LOC1", &["e1", "E9"])),
];

const CPO_PARTIES: &[&[&str]] = &[&["NL/ALF"], &["NL/BET", "NL/ALF"], &["NL/GAM"]];

/// The EVSEs of the Location that are there, and those that were removed.
type Known = (Option<&'static [&'static str]>, &'static [&'static str]);

const KNOWN: &[Known] = &[
    (None, &[]),
    (Some(&[]), &[]),
    (Some(&["E1"]), &[]),
    (Some(&["E1", "E2", "E3"]), &[]),
    (Some(&["E2", "E3"]), &["E1"]),
];

const EXPIRES_IN_MS: [Option<i64>; 4] = [None, Some(-1), Some(0), Some(1)];
const BALANCES: [Option<i64>; 4] = [None, Some(1), Some(0), Some(-1)];
/// The most sessions, and how many there are.
const SESSIONS: [(Option<u32>, u32); 5] = [
    (None, 9),
    (Some(0), 0),
    (Some(2), 1),
    (Some(2), 2),
    (Some(2), 3),
];

fn every_gates() -> Vec<Gates> {
    let mut all = Vec::new();
    for blocked in [false, true] {
        for expires_in_ms in EXPIRES_IN_MS {
            for valid in [true, false] {
                for balance in BALANCES {
                    for (sessions_max, sessions) in SESSIONS {
                        all.push(Gates {
                            blocked,
                            expires_in_ms,
                            valid,
                            balance,
                            sessions_max,
                            sessions,
                        });
                    }
                }
            }
        }
    }
    all
}

fn every_places() -> Vec<Places> {
    let mut all = Vec::new();
    for &permitted in PERMITTED {
        for &denied in DENIED {
            for &cpo_parties in CPO_PARTIES {
                for &asked in ASKED {
                    for &(known, removed) in KNOWN {
                        all.push(Places {
                            permitted,
                            denied,
                            cpo_parties,
                            asked,
                            known,
                            removed,
                        });
                    }
                }
            }
        }
    }
    all
}

/// Nothing refuses but places.
const OPEN: Gates = Gates {
    blocked: false,
    expires_in_ms: None,
    valid: true,
    balance: None,
    sessions_max: None,
    sessions: 0,
};

/// A case as the domain takes it.
struct Built {
    subject: AuthorizationSubject,
    cpo_parties: Vec<Party>,
    asked: Option<LocationReferences>,
    now: DateTime,
}

impl Built {
    fn new(places: &Places) -> Built {
        let account = TokenAccount {
            permitted_locations: places.permitted.map(entries),
            denied_locations: entries(places.denied),
            ..TokenAccount::default()
        };
        let mut subject = AuthorizationSubject::of(token_with(json!({})));
        subject.account = Some(Arc::new(account));
        subject.known_evses = places
            .known
            .map(|present| known_evses(present, places.removed));
        Built {
            subject,
            cpo_parties: places.cpo_parties.iter().map(|text| party(text)).collect(),
            asked: places.asked.map(|asked| place(asked.location, asked.evses)),
            now: moment(NOW),
        }
    }

    fn set(&mut self, gates: &Gates, currency: Currency) {
        let account = self
            .subject
            .account
            .as_mut()
            .and_then(Arc::get_mut)
            .unwrap();
        account.blocked = gates.blocked;
        account.expires_at = gates
            .expires_in_ms
            .map(|ms| DateTime::from_unix_ms(self.now.unix_ms() + ms).unwrap());
        account.credit = gates.balance.map(|hundredths| Credit {
            balance: rust_decimal::Decimal::new(hundredths, 2),
            currency,
        });
        account.concurrent_sessions_max = gates.sessions_max;
        Arc::get_mut(&mut self.subject.token.token).unwrap().valid = gates.valid;
        self.subject.active_sessions = gates.sessions;
    }

    fn request(&self) -> AuthorizationRequest<'_> {
        AuthorizationRequest {
            cpo_parties: &self.cpo_parties,
            location: self.asked.as_ref(),
        }
    }

    fn answer(&self) -> Decision {
        decide(&self.subject, &self.request(), self.now)
    }

    fn explanation(&self) -> RuleTrail {
        explain(&self.subject, &self.request(), self.now)
    }
}

fn entries(entries: &[Entry]) -> Vec<AccountPlace> {
    let entry = |entry: &Entry| {
        let party = party(entry.party);
        match (entry.location, EvseUids::new(evses(entry.evses))) {
            (None, _) => AccountPlace::Party(party),
            (Some(location), None) => AccountPlace::Location(party, location.parse().unwrap()),
            (Some(location), Some(evses)) => {
                AccountPlace::Evses(party, location.parse().unwrap(), evses)
            }
        }
    };
    entries.iter().map(entry).collect()
}

/// Whether both say the same, to the letter.
fn agree(decision: &Decision, expected: &Outcome) -> bool {
    match (decision, expected) {
        (Decision::Allow(Some(answer)), Outcome::At(location, evses)) => {
            answer.location_id.as_str() == *location
                && answer
                    .evse_uids
                    .iter()
                    .map(EvseUid::as_str)
                    .eq(evses.iter().copied())
        }
        (Decision::Allow(None), Outcome::Anywhere)
        | (Decision::Refuse(Refusal::Blocked), Outcome::Blocked)
        | (Decision::Refuse(Refusal::Expired), Outcome::Expired)
        | (Decision::Refuse(Refusal::NotValid), Outcome::NotValid)
        | (Decision::Refuse(Refusal::NoCredit), Outcome::NoCredit)
        | (Decision::Refuse(Refusal::ConcurrentSessions), Outcome::TooManySessions)
        | (Decision::Refuse(Refusal::Places), Outcome::NotHere)
        | (Decision::NeedsLocation(Missing::Location), Outcome::LocationMissing)
        | (Decision::NeedsLocation(Missing::Evses), Outcome::EvsesMissing) => true,
        _ => false,
    }
}

/// Holds: E-17, E-20, E-21, E-22, E-23, E-24, E-29, L-07, L-09, T-69.
#[test]
fn every_combination_is_decided_as_the_naive_rules_say() {
    let currency: Currency = "EUR".parse().unwrap();
    let every_gates = every_gates();
    let mut seen: BTreeMap<Outcome, u32> = BTreeMap::new();
    for places in every_places() {
        let mut case = Built::new(&places);
        for gates in &every_gates {
            case.set(gates, currency);
            let (decision, expected) = (case.answer(), outcome(gates, &places));
            assert!(
                agree(&decision, &expected),
                "decided {decision:?}, expected {expected:?}, for {gates:#?} {places:#?}"
            );
            *seen.entry(expected).or_default() += 1;
        }
    }
    // What no case reaches, no case holds.
    for reached in [
        Outcome::Blocked,
        Outcome::Expired,
        Outcome::NotValid,
        Outcome::NoCredit,
        Outcome::LocationMissing,
        Outcome::EvsesMissing,
        Outcome::TooManySessions,
        Outcome::NotHere,
        Outcome::Anywhere,
        Outcome::At("LOC1", vec![]),
        Outcome::At("LOC1", vec!["E2", "E1"]),
        Outcome::At("LOC1", vec!["e1"]),
    ] {
        assert!(
            seen.contains_key(&reached),
            "no case for {reached:?} in {seen:#?}"
        );
    }
}

/// Holds: E-17. Beyond the protocol: an explanation is that of the very decision.
#[test]
fn every_combination_is_explained_as_it_is_decided() {
    let currency: Currency = "EUR".parse().unwrap();
    let every_gates = every_gates();
    let mut seen = BTreeSet::new();
    for places in every_places() {
        let mut case = Built::new(&places);
        for gates in &every_gates {
            case.set(gates, currency);
            let (decision, trail) = (case.answer(), case.explanation());
            assert_eq!(trail.decision, decision, "{gates:#?} {places:#?}");
            assert_is_the_way_to(&decision, &trail);
            seen.insert(decision.rule());
        }
    }
    assert_eq!(seen.len(), EVERY_RULE.len(), "no case for some: {seen:?}");
}

/// E-17: the rules in their order, `AllPassed` after them.
const EVERY_RULE: [Rule; 8] = [
    Rule::Blocked,
    Rule::Expired,
    Rule::NotValid,
    Rule::NoCredit,
    Rule::LocationMissing,
    Rule::ConcurrentSessions,
    Rule::Places,
    Rule::AllPassed,
];

/// Each rule once and in order: those before the one that decided passed, those after it were
/// not reached.
fn assert_is_the_way_to(decision: &Decision, trail: &RuleTrail) {
    let at = EVERY_RULE.iter().position(|rule| *rule == decision.rule());
    assert_eq!(trail.steps.len(), EVERY_RULE.len());
    for ((place, rule), step) in EVERY_RULE.iter().enumerate().zip(&trail.steps) {
        let outcome = match Some(place).cmp(&at) {
            Ordering::Less => RuleOutcome::Passed,
            Ordering::Equal => RuleOutcome::Decided,
            Ordering::Greater => RuleOutcome::NotReached,
        };
        assert_eq!((step.rule, step.outcome), (*rule, outcome), "{trail:?}");
        assert!(!step.detail.is_empty(), "{trail:?}");
    }
}

/// Holds: E-17.
#[test]
fn a_token_without_account_is_decided_as_one_whose_account_limits_nothing() {
    for valid in [true, false] {
        for &asked in ASKED {
            for &(known, removed) in KNOWN {
                let mut case = Built::new(&Places {
                    permitted: None,
                    denied: &[],
                    cpo_parties: CPO_PARTIES[0],
                    asked,
                    known,
                    removed,
                });
                case.set(&Gates { valid, ..OPEN }, "EUR".parse().unwrap());
                let limited = case.answer();
                case.subject.account = None;
                assert_eq!(
                    case.answer(),
                    limited,
                    "{asked:?}, known {known:?}, valid {valid}"
                );
            }
        }
    }
}
