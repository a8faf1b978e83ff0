//! Questions: what a limit does to the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use ocpi_domain::{
    AccountPlace, AllowedType, AuthorizationRequest, AuthorizationSubject, Credit, Decision,
    EvseUid, LocationReferences, TokenAccount, decide,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::{EVSES, account, entries, entry, some_evses};
use crate::support::{NOW, evses, known_evses, moment, party, token_with};

/// A question with all that its answer depends on.
#[derive(Debug, Clone)]
struct Question {
    valid: bool,
    account: TokenAccount,
    sessions: u32,
    known: bool,
    asked: Option<LocationReferences>,
}

impl Question {
    fn answer(&self) -> Decision {
        let mut subject = AuthorizationSubject::of(token_with(json!({"valid": self.valid})));
        subject.account = Some(Arc::new(self.account.clone()));
        subject.active_sessions = self.sessions;
        subject.known_evses = self.known.then(|| known_evses(&EVSES, &[]));
        let request = AuthorizationRequest {
            cpo_parties: &[party("NL/ALF")],
            location: self.asked.as_ref(),
        };
        decide(&subject, &request, moment(NOW))
    }

    /// The same about other EVSEs of the place.
    fn at_evses(&self, evse_uids: &[EvseUid]) -> Question {
        let mut question = self.clone();
        if let Some(asked) = &mut question.asked {
            asked.evse_uids = evse_uids.to_vec();
        }
        question
    }
}

/// The EVSEs where a driver with this answer may charge.
fn permission(decision: &Decision) -> BTreeSet<EvseUid> {
    match decision {
        Decision::Allow(Some(place)) if !place.evse_uids.is_empty() => {
            place.evse_uids.iter().cloned().collect()
        }
        Decision::Allow(_) => evses(&EVSES).into_iter().collect(),
        Decision::Refuse(_) | Decision::NeedsLocation(_) => BTreeSet::new(),
    }
}

fn place_at_loc1() -> impl Strategy<Value = LocationReferences> {
    some_evses(0)
        .prop_shuffle()
        .prop_map(|evse_uids| LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids,
        })
}

fn question() -> impl Strategy<Value = Question> {
    (
        prop::bool::weighted(0.9),
        account(),
        0..4_u32,
        any::<bool>(),
        prop::option::weighted(0.9, place_at_loc1()),
    )
        .prop_map(|(valid, account, sessions, known, asked)| Question {
            valid,
            account,
            sessions,
            known,
            asked,
        })
}

/// One limit made narrower.
#[derive(Debug, Clone)]
enum Narrowing {
    Block,
    ExpireNow,
    UseUpCredit,
    InvalidateToken,
    /// One session fewer, or so many when there was no limit.
    FewerSessions(u32),
    AnotherSession,
    /// Only these, when there was no list.
    PermitOnly(Vec<AccountPlace>),
    /// The entry at this index, counted around.
    Permit1Fewer(usize),
    Deny(AccountPlace),
}

fn narrowing() -> impl Strategy<Value = Narrowing> {
    prop_oneof![
        1 => Just(Narrowing::Block),
        1 => Just(Narrowing::ExpireNow),
        1 => Just(Narrowing::UseUpCredit),
        1 => Just(Narrowing::InvalidateToken),
        1 => (0..4_u32).prop_map(Narrowing::FewerSessions),
        1 => Just(Narrowing::AnotherSession),
        4 => entries().prop_map(Narrowing::PermitOnly),
        4 => any::<usize>().prop_map(Narrowing::Permit1Fewer),
        4 => entry().prop_map(Narrowing::Deny),
    ]
}

impl Narrowing {
    fn apply(self, question: &Question) -> Question {
        let mut narrowed = question.clone();
        let account = &mut narrowed.account;
        match self {
            Narrowing::Block => account.blocked = true,
            Narrowing::ExpireNow => account.expires_at = Some(moment(NOW)),
            Narrowing::UseUpCredit => {
                account.credit = Some(Credit {
                    balance: Decimal::ZERO,
                    currency: "EUR".parse().unwrap(),
                });
            }
            Narrowing::InvalidateToken => narrowed.valid = false,
            Narrowing::FewerSessions(limit) => {
                let fewer = account
                    .concurrent_sessions_max
                    .map_or(limit, |max| max.min(limit));
                account.concurrent_sessions_max = Some(fewer);
            }
            Narrowing::AnotherSession => narrowed.sessions += 1,
            Narrowing::PermitOnly(entries) => {
                account.permitted_locations.get_or_insert(entries);
            }
            Narrowing::Permit1Fewer(index) => {
                if let Some(entries) = account.permitted_locations.as_mut()
                    && !entries.is_empty()
                {
                    entries.remove(index % entries.len());
                }
            }
            Narrowing::Deny(entry) => account.denied_locations.push(entry),
        }
        narrowed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Holds: E-17.
    #[test]
    fn narrowing_a_limit_never_widens_permission(
        question in question(),
        narrowing in narrowing(),
    ) {
        let before = question.answer();
        let after = narrowing.apply(&question).answer();
        // A question that lacks something was not answered: nothing was refused by it.
        if !matches!(before, Decision::NeedsLocation(_)) {
            prop_assert!(
                permission(&after).is_subset(&permission(&before)),
                "{before:?} became {after:?}"
            );
        }
    }

    /// Holds: E-17.
    #[test]
    fn another_denial_never_widens_permission(question in question(), denied in entry()) {
        let before = question.answer();
        let after = Narrowing::Deny(denied).apply(&question).answer();
        prop_assert!(
            permission(&after).is_subset(&permission(&before)),
            "{before:?} became {after:?}"
        );
    }

    /// Holds: E-20, E-21.
    #[test]
    fn allowed_evses_are_some_of_those_asked_in_their_order(question in question()) {
        if let (Decision::Allow(answer), asked) = (question.answer(), &question.asked) {
            prop_assert_eq!(answer.is_some(), asked.is_some());
            if let (Some(answer), Some(asked)) = (answer, asked)
                && !asked.evse_uids.is_empty()
            {
                prop_assert_eq!(&answer.location_id, &asked.location_id);
                prop_assert!(!answer.evse_uids.is_empty());
                let mut left = asked.evse_uids.iter();
                for evse in &answer.evse_uids {
                    prop_assert!(left.any(|asked| asked == evse), "{:?} of {:?}", answer, asked);
                }
            }
        }
    }

    /// Holds: E-20, E-21, E-22.
    #[test]
    fn evses_asked_together_are_allowed_as_when_asked_alone(question in question()) {
        if let Some(asked) = &question.asked {
            let alone: BTreeSet<EvseUid> = evses(&EVSES)
                .into_iter()
                .filter(|evse| {
                    let answer = question.at_evses(std::slice::from_ref(evse)).answer();
                    answer.allowed() == Some(AllowedType::Allowed)
                })
                .collect();
            let together = question.answer();
            if matches!(together, Decision::NeedsLocation(_)) {
                return Ok(());
            }
            let asked: BTreeSet<EvseUid> = if asked.evse_uids.is_empty() {
                evses(&EVSES).into_iter().collect()
            } else {
                asked.evse_uids.iter().cloned().collect()
            };
            prop_assert_eq!(permission(&together), &alone & &asked);
        }
    }
}
