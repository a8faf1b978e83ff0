//! Laws that hold for every value, not for examples only.

mod questions;
mod round_trips;
mod texts;

use ocpi_domain::{
    AccountPlace, ConcurrencyScope, Credit, DateTime, EvseUid, EvseUids, TokenAccount,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::{NOW, evses, moment, party};

/// Every EVSE of every Location.
const EVSES: [&str; 3] = ["E1", "E2", "E3"];

fn some_evses(at_least: usize) -> impl Strategy<Value = Vec<EvseUid>> {
    subsequence(EVSES.to_vec(), at_least..=EVSES.len()).prop_map(|uids| evses(&uids))
}

fn entry() -> impl Strategy<Value = AccountPlace> {
    let location = select(vec!["LOC1", "LOC1", "LOC2"]);
    (
        select(vec!["NL/ALF", "nl/alf", "NL/BET"]),
        location,
        0..4,
        some_evses(1),
    )
        .prop_map(|(owner, location, kind, evses)| {
            let (owner, location) = (party(owner), location.parse().unwrap());
            match (kind, EvseUids::new(evses)) {
                (0, _) => AccountPlace::Party(owner),
                (1.., Some(evses)) if kind > 1 => AccountPlace::Evses(owner, location, evses),
                _ => AccountPlace::Location(owner, location),
            }
        })
}

fn entries() -> impl Strategy<Value = Vec<AccountPlace>> {
    prop::collection::vec(entry(), 0..4)
}

/// A moment within a second of the question.
fn around_now() -> impl Strategy<Value = DateTime> {
    (-1_000..1_000_i64).prop_map(|ms| DateTime::from_unix_ms(moment(NOW).unix_ms() + ms).unwrap())
}

fn credit() -> impl Strategy<Value = Credit> {
    (-10_000..100_000_i64, 0..6_u32, "[A-Z]{3}").prop_map(|(units, scale, currency)| Credit {
        balance: Decimal::new(units, scale),
        currency: currency.parse().unwrap(),
    })
}

fn account() -> impl Strategy<Value = TokenAccount> {
    (
        prop::bool::weighted(0.1),
        prop::option::weighted(0.3, around_now()),
        prop::option::weighted(0.3, credit()),
        prop::option::of(entries()),
        prop::collection::vec(entry(), 0..3),
        prop::option::weighted(0.3, 0..4_u32),
        select(vec![ConcurrencyScope::Token, ConcurrencyScope::Group]),
    )
        .prop_map(
            |(blocked, expires_at, credit, permitted, denied, sessions_max, scope)| TokenAccount {
                blocked,
                expires_at,
                credit,
                permitted_locations: permitted,
                denied_locations: denied,
                concurrent_sessions_max: sessions_max,
                concurrency_scope: scope,
            },
        )
}

fn any_moment() -> impl Strategy<Value = DateTime> {
    let years_0_to_9999 = -62_167_219_200_000..=253_402_300_799_999_i64;
    let ms = prop_oneof![
        years_0_to_9999,
        (-100..4_000_i64).prop_map(|seconds| seconds * 1_000)
    ];
    ms.prop_map(|ms| DateTime::from_unix_ms(ms).unwrap())
}

/// What is read back equals what was written, and is written again to the letter: equality
/// alone is blind to case.
fn assert_round_trip<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text)
        .map_err(|error| TestCaseError::fail(format!("{error} in {text}")))?;
    prop_assert_eq!(&read, value);
    prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    Ok(())
}
