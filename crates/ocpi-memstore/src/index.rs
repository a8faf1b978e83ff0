//! From a text to the places of what has it.
//!
//! The texts themselves stay where they are: the index holds eight bytes for each, the hash among
//! them, so that neither growing nor most misses touch anything else.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};
use ocpi_domain::{Token, TokenType, TokenUid};

/// The most characters of a text that is indexed: the ids of Locations have at most so many, and
/// uids, contracts and references fewer.
const TEXT_MAX: usize = 39;

/// The hash of a text without case. 32 bits are enough to tell apart what lies beside each other
/// in a table of millions, and half the memory of 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextHash(u32);

impl TextHash {
    /// As many bits as a table wants, at both ends: a table takes the place from the low ones,
    /// and a tag from the high ones. (The factor is 2^64 divided by the golden ratio.)
    pub(crate) fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// The hash as one of `count` numbers, a power of two.
    pub(crate) fn among(self, count: usize) -> usize {
        self.0 as usize & (count - 1)
    }
}

/// The hashes of a Token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenHashes {
    /// The one that it is found by.
    pub(crate) uid: TextHash,
    /// That of its contract.
    pub(crate) contract: TextHash,
}

/// Hashes texts with a random key: uids come from outside, and must not be able to aim at one
/// place.
#[derive(Default)]
pub(crate) struct TextHasher(DefaultHashBuilder);

impl TextHasher {
    /// The hashes of that Token.
    pub(crate) fn of_token(&self, token: &Token) -> TokenHashes {
        TokenHashes {
            uid: self.of_uid(&token.uid, &token.token_type),
            contract: self.of_text(token.contract_id.as_str()),
        }
    }

    /// The hash by which a Token is found: of an EMAID without its separators, so that every
    /// spelling of it is found in one place.
    pub(crate) fn of_uid(&self, uid: &TokenUid, token_type: &TokenType) -> TextHash {
        match token_type {
            TokenType::Emaid => self.of_emaid(uid),
            _ => self.of_text(uid.as_str()),
        }
    }

    /// The hash of a text without case.
    pub(crate) fn of_text(&self, text: &str) -> TextHash {
        let mut folded = [0; TEXT_MAX];
        let length = text.len().min(TEXT_MAX);
        folded[..length].copy_from_slice(&text.as_bytes()[..length]);
        folded.make_ascii_uppercase();
        self.of_folded(&folded[..length])
    }

    /// The hash of a uid as an EMAID, whatever its type.
    pub(crate) fn of_emaid(&self, uid: &TokenUid) -> TextHash {
        let mut folded = [0; TEXT_MAX];
        let mut length = 0;
        for (place, byte) in folded.iter_mut().zip(uid.emaid_bytes()) {
            *place = byte;
            length += 1;
        }
        self.of_folded(&folded[..length])
    }

    fn of_folded(&self, folded: &[u8]) -> TextHash {
        let mut hasher = self.0.build_hasher();
        hasher.write(folded);
        let wide = hasher.finish();
        TextHash(((wide ^ (wide >> 32)) & 0xFFFF_FFFF) as u32)
    }
}

/// The places of things that stay, by the hash of their text. Several may have one hash, so a
/// place is a candidate only.
///
/// Many small tables: when one of them grows, the rest need not, and nobody waits for a million
/// places to be moved at once.
pub(crate) struct PlaceIndex([HashTable<Slot>; 1 << SHARD_BITS]);

const SHARD_BITS: u32 = 6;

#[derive(Clone, Copy)]
struct Slot {
    hash: TextHash,
    place: u32,
}

impl Default for PlaceIndex {
    fn default() -> PlaceIndex {
        PlaceIndex([const { HashTable::new() }; 1 << SHARD_BITS])
    }
}

impl PlaceIndex {
    /// The table of that hash: by its high bits, since a table takes its place from the low ones.
    fn shard(hash: TextHash) -> usize {
        (hash.0 >> (u32::BITS - SHARD_BITS)) as usize
    }

    /// The places of all that may have the text of that hash, in no order.
    pub(crate) fn candidates(&self, hash: TextHash) -> impl Iterator<Item = usize> {
        let slots = self.0[PlaceIndex::shard(hash)].iter_hash(hash.spread());
        slots
            .filter(move |slot| slot.hash == hash)
            .map(|slot| slot.place as usize)
    }

    pub(crate) fn insert(&mut self, hash: TextHash, place: u32) {
        let slot = Slot { hash, place };
        let shard = &mut self.0[PlaceIndex::shard(hash)];
        shard.insert_unique(hash.spread(), slot, |slot| slot.hash.spread());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: E-35, T-69.
    #[test]
    fn every_spelling_of_an_emaid_has_one_hash_and_other_types_have_their_own() {
        let hasher = TextHasher::default();
        let hash = |uid: &str, token_type| {
            let uid = TokenUid::new(uid).unwrap();
            hasher.of_uid(&uid, &token_type)
        };
        let plain = hash("DETNMC1", TokenType::Emaid);
        for spelled in ["de-tnm-c1", "DE*TNM*C1", "-DETNMC1*"] {
            assert_eq!(hash(spelled, TokenType::Emaid), plain);
            assert_ne!(hash(spelled, TokenType::Rfid), plain);
        }
        assert_eq!(hash("detnmc1", TokenType::Rfid), plain);
        let longest = "a".repeat(36);
        assert_eq!(
            hash(&longest, TokenType::Emaid),
            hash(&longest.to_uppercase(), TokenType::Other)
        );
    }
}
