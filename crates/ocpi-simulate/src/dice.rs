//! Chance that can be repeated: it depends on the seed and on what is rolled for, and on nothing
//! else, so that requests that overtake each other change nothing.

use sha2::{Digest, Sha256};

/// Two numbers, each from 0 to below 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Roll {
    pub(crate) first: f64,
    pub(crate) second: f64,
}

/// What the dice show for the `attempt`th time of what is called `name`.
pub(crate) fn roll(seed: u64, name: &str, attempt: u64) -> Roll {
    let bytes = hash(seed, name, attempt);
    Roll {
        first: fraction(&bytes[..8]),
        second: fraction(&bytes[8..16]),
    }
}

/// A number that belongs to `name`.
pub(crate) fn number(seed: u64, name: &str, attempt: u64) -> u64 {
    first_eight(&hash(seed, name, attempt))
}

fn hash(seed: u64, name: &str, attempt: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(attempt.to_le_bytes());
    hash.update(name.as_bytes());
    hash.finalize().into()
}

fn first_eight(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(eight)
}

fn fraction(bytes: &[u8]) -> f64 {
    // As many bits as such a number has; every value is exact.
    let bits = u32::try_from(first_eight(bytes) >> 32).unwrap_or_default();
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_shows_the_same_and_another_seed_name_or_attempt_something_else() {
        let here = roll(7, "PUT /x", 1);
        assert_eq!(roll(7, "PUT /x", 1), here);
        for other in [
            roll(8, "PUT /x", 1),
            roll(7, "PUT /y", 1),
            roll(7, "PUT /x", 2),
        ] {
            assert_ne!(other, here);
        }
    }

    #[test]
    fn numbers_are_spread_over_the_whole_range() {
        let below_half = (0..10_000)
            .filter(|attempt| roll(1, "x", *attempt).first < 0.5)
            .count();
        assert!((4_800..5_200).contains(&below_half), "{below_half}");
        assert!((0..10_000).all(|attempt| (0.0..1.0).contains(&roll(2, "x", attempt).second)));
    }
}
