//! Times and texts: the same however they are written.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, RandomState};

use ocpi_domain::{CiString, DateTime, Party, TokenUid};
use proptest::prelude::*;

use super::{any_moment, assert_round_trip};
use crate::support::party;

/// A text, and another that often differs from it in case only.
fn two_texts() -> impl Strategy<Value = (String, String)> {
    let other_case = ("[ -~]{0,8}", prop::collection::vec(any::<bool>(), 8)).prop_map(
        |(text, flips): (String, Vec<bool>)| {
            let flip = |(c, flip): (char, bool)| match (flip, c.is_ascii_uppercase()) {
                (false, _) => c,
                (true, true) => c.to_ascii_lowercase(),
                (true, false) => c.to_ascii_uppercase(),
            };
            let other = text.chars().zip(flips).map(flip).collect();
            (text, other)
        },
    );
    prop_oneof![other_case, ("[@-Z\\[-`a-c]{0,3}", "[@-Z\\[-`a-c]{0,3}")]
}

/// Eq, Ord and Hash agree with each other and with the texts in lower case.
fn assert_folded<T: Ord + Hash + std::fmt::Debug>(
    (one, other): (&T, &T),
    (one_text, other_text): (&str, &str),
) -> Result<(), TestCaseError> {
    let (one_text, other_text) = (one_text.to_lowercase(), other_text.to_lowercase());
    prop_assert_eq!(one == other, one_text == other_text);
    prop_assert_eq!(one.cmp(other) == Ordering::Equal, one == other);
    prop_assert_eq!(one.cmp(other), other.cmp(one).reverse());
    prop_assert_eq!(one.partial_cmp(other), Some(one.cmp(other)));
    if one == other {
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(one), hasher.hash_one(other));
    }
    Ok(())
}

proptest! {
    /// Holds: T-66, T-67.
    #[test]
    fn moment_is_read_as_it_was_written(moment in any_moment()) {
        let text = moment.to_string();
        prop_assert!(text.len() <= 25 && text.ends_with('Z'), "{text}");
        prop_assert_eq!(text.contains('.'), moment.unix_ms().rem_euclid(1_000) != 0);
        prop_assert_eq!(text.parse::<DateTime>(), Ok(moment));
        assert_round_trip(&moment)?;
    }

    /// Holds: T-67, T-68.
    #[test]
    fn moment_is_the_same_in_every_zone_and_with_more_digits(
        moment in any_moment(),
        hours in -23..=23_i64,
        minutes in 0..60_i64,
        digits in "[0-9]{0,6}",
    ) {
        let sign = if hours < 0 { -1 } else { 1 };
        let offset_ms = sign * (hours.abs() * 60 + minutes) * 60_000;
        if let Ok(local) = DateTime::from_unix_ms(moment.unix_ms() + offset_ms) {
            let local = local.to_string();
            let local = local.trim_end_matches('Z');
            let (seconds, ms) = local.split_once('.').unwrap_or((local, "000"));
            let sign = if hours < 0 { '-' } else { '+' };
            let text = format!("{seconds}.{ms}{digits}{sign}{:02}:{minutes:02}", hours.abs());
            prop_assert_eq!(text.parse::<DateTime>(), Ok(moment), "{}", text);
        }
    }

    /// Holds: T-69.
    #[test]
    fn ci_strings_are_equal_ordered_and_hashed_without_case((one, other) in two_texts()) {
        let values = (CiString::<8>::new(&one).unwrap(), CiString::<8>::new(&other).unwrap());
        assert_folded((&values.0, &values.1), (&one, &other))?;
        prop_assert_eq!(values.0.as_str(), one, "kept as received");
    }

    /// Holds: T-69.
    #[test]
    fn ids_are_equal_ordered_and_hashed_without_case((one, other) in two_texts()) {
        if let (Ok(one_uid), Ok(other_uid)) = (TokenUid::new(&one), TokenUid::new(&other)) {
            assert_folded((&one_uid, &other_uid), (&one, &other))?;
        }
    }

    /// Holds: T-69.
    #[test]
    fn parties_are_equal_ordered_and_hashed_without_case(
        one in "[ABab]{2}/[AZaz0]{3}",
        other in "[ABab]{2}/[AZaz0]{3}",
    ) {
        let (one_party, other_party): (Party, Party) = (party(&one), party(&other));
        assert_folded((&one_party, &other_party), (&one, &other))?;
        prop_assert_eq!(one_party.to_string(), one, "kept as received");
    }
}
