//! What a crawl has seen, in few bytes.

use ocpi_domain::TokenKey;
use sha2::{Digest, Sha256};

/// A number that stands for the key, the same on every machine: without case, as keys compare. Of
/// a million keys two have the same by a chance below one in ten millions; a Token that was not
/// seen is taken for seen then, and stays as it is.
pub(super) fn hash_of(key: &TokenKey) -> u64 {
    let mut hash = Sha256::new();
    hash.update(key.party.to_string().to_ascii_uppercase());
    hash.update([0]);
    hash.update(key.uid.as_str().to_ascii_uppercase());
    hash.update([0]);
    hash.update(key.token_type.as_str());
    let digest: [u8; 32] = hash.finalize().into();
    digest
        .iter()
        .take(8)
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// What a crawl has seen, each once.
pub(super) struct Seen(Vec<u64>);

impl Seen {
    pub(super) fn new(mut hashes: Vec<u64>) -> Seen {
        hashes.sort_unstable();
        hashes.dedup();
        Seen(hashes)
    }

    /// How many Tokens were seen.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn contains(&self, key: &TokenKey) -> bool {
        self.0.binary_search(&hash_of(key)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::token;

    /// Holds: K-03, T-69.
    #[test]
    fn a_key_is_seen_in_every_spelling_and_no_other_is() {
        let seen = token("ab-1", &json!({})).key();
        let seen = Seen::new(vec![hash_of(&seen), hash_of(&seen)]);
        assert_eq!(seen.len(), 1);
        for (uid, more, is_seen) in [
            ("AB-1", json!({}), true),
            ("ab-1", json!({"country_code": "ch"}), true),
            ("AB1", json!({}), false),
            ("AB-1", json!({"type": "OTHER"}), false),
            ("AB-1", json!({"party_id": "ABD"}), false),
        ] {
            assert_eq!(
                seen.contains(&token(uid, &more).key()),
                is_seen,
                "{uid} {more}"
            );
        }
    }
}
