//! From a contract to the places of its Tokens.

use crate::index::TextHash;
use crate::places::{CHUNK, Places};

/// The hash of each Token's contract, at the Token's place.
///
/// They are looked through from the first to the last: four bytes for each of a million Tokens are
/// half a millisecond, for what is asked seldom. A table would take four times the memory, and
/// would have to be kept with every Token that is put.
#[derive(Default)]
pub(crate) struct ContractHashes(Places<TextHash>);

impl ContractHashes {
    /// The Token at that place, the next one or one before, has a contract of that hash.
    pub(crate) fn put(&mut self, place: usize, hash: TextHash) {
        if place < self.0.len() {
            self.0[place] = hash;
        } else {
            self.0.push(hash);
        }
    }

    /// The places in the piece from `from` on whose contract may be the one of that hash, in
    /// their order.
    pub(crate) fn candidates(&self, from: usize, hash: TextHash) -> impl Iterator<Item = usize> {
        let piece = (from..).zip(self.0.piece(from));
        piece
            .filter(move |(_, one)| **one == hash)
            .map(|(place, _)| place)
    }

    /// Where the piece after the one of `from` begins; `None` when there is none.
    pub(crate) fn next_piece(&self, from: usize) -> Option<usize> {
        let next = (from / CHUNK + 1) * CHUNK;
        (next < self.0.len()).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::TextHasher;

    #[test]
    fn the_first_and_the_last_of_each_piece_are_found_and_changed() {
        let hasher = TextHasher::default();
        let [one, other] = ["one", "other"].map(|text| hasher.of_text(text));
        let mut contracts = ContractHashes::default();
        for count in 1..=2 * CHUNK + 1 {
            contracts.put(count - 1, other);
            let pieces = std::iter::successors(Some(0), |from| contracts.next_piece(*from));
            assert_eq!(pieces.count(), count.div_ceil(CHUNK));
        }
        let edges = [0, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK];
        for place in edges {
            contracts.put(place, one);
        }
        let pieces = std::iter::successors(Some(0), |from| contracts.next_piece(*from));
        let found: Vec<usize> = pieces
            .flat_map(|from| contracts.candidates(from, one))
            .collect();
        assert_eq!(found, edges);
    }
}
