//! Bytes in the order in which they came, of which the oldest go first.

use std::collections::VecDeque;
use std::num::TryFromIntError;

/// How many bytes a chunk takes: enough for hundreds of records, and little to give at once.
const CHUNK: usize = 64 * 1024;

/// Pieces of bytes, one behind the other in chunks of one size, so that growing moves nothing. A
/// piece that is larger than a chunk has one to itself.
#[derive(Default)]
pub(crate) struct Chunks {
    chunks: VecDeque<Vec<u8>>,
    /// The number of the first of them; it counts around.
    first: u32,
    /// The last that was emptied, to be filled again: as many are emptied as are filled.
    spare: Option<Vec<u8>>,
}

/// Where a piece is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    chunk: u32,
    start: u32,
    len: u32,
}

impl Span {
    /// How many bytes it is.
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }
}

impl Chunks {
    /// Adds a piece; none may be of 4 GiB.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Span, TryFromIntError> {
        let len = u32::try_from(piece.len())?;
        let has_room = |last: &Vec<u8>| last.capacity() - last.len() >= piece.len();
        if !self.chunks.back().is_some_and(has_room) {
            let fresh = || Vec::with_capacity(CHUNK.max(piece.len()));
            let next = self.spare.take_if(|_| piece.len() <= CHUNK);
            self.chunks.push_back(next.unwrap_or_else(fresh));
        }
        let chunk = u32::try_from(self.chunks.len() - 1)?;
        let last = &mut self.chunks[chunk as usize];
        let start = u32::try_from(last.len())?;
        last.extend_from_slice(piece);
        Ok(Span {
            chunk: self.first.wrapping_add(chunk),
            start,
            len,
        })
    }

    /// The piece, or nothing when its chunk is gone.
    pub(crate) fn get(&self, span: Span) -> &[u8] {
        let (start, len) = (span.start as usize, span.len());
        let chunk = self.chunks.get(self.place(span));
        chunk
            .and_then(|bytes| bytes.get(start..start + len))
            .unwrap_or_default()
    }

    /// Lets the chunks go that hold only what is older than that piece.
    pub(crate) fn forget_before(&mut self, oldest: Span) {
        for _ in 0..self.place(oldest) {
            let Some(mut emptied) = self.chunks.pop_front() else {
                return;
            };
            self.first = self.first.wrapping_add(1);
            // One that was made for a large piece is no measure for those to come.
            if emptied.capacity() == CHUNK {
                emptied.clear();
                self.spare = Some(emptied);
            }
        }
    }

    fn place(&self, span: Span) -> usize {
        span.chunk.wrapping_sub(self.first) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Chunks {
        /// How many chunks hold something.
        pub(crate) fn len(&self) -> usize {
            self.chunks.len()
        }
    }

    /// A piece that is told from its neighbours.
    fn piece(number: usize, len: usize) -> Vec<u8> {
        (0..len)
            .map(|at| u8::try_from((number + at) % 251).unwrap())
            .collect()
    }

    #[test]
    fn pieces_of_every_size_stay_until_they_are_forgotten_and_space_is_used_again() {
        let sizes = [0, 1, 200, CHUNK - 1, CHUNK, CHUNK + 1, 700, 3 * CHUNK, 50];
        for kept_max in [1, 2, 5, 900] {
            // The numbers of chunks come around on the way.
            let mut chunks = Chunks {
                first: u32::MAX - 3,
                ..Chunks::default()
            };
            let mut kept = VecDeque::new();
            for number in 0..2000 {
                let len = if number % 100 < sizes.len() {
                    sizes[number % 100]
                } else {
                    number % 300
                };
                let bytes = piece(number, len);
                kept.push_back((chunks.push(&bytes).unwrap(), bytes));
                if kept.len() > kept_max {
                    kept.pop_front();
                }
                chunks.forget_before(kept[0].0);
                for (span, bytes) in [&kept[0], &kept[kept.len() - 1]] {
                    assert_eq!(chunks.get(*span), bytes);
                }
            }
            for (span, bytes) in &kept {
                assert_eq!(chunks.get(*span), bytes);
            }
            let space: usize = chunks.chunks.iter().map(Vec::capacity).sum();
            let used: usize = kept.iter().map(|(_, bytes)| bytes.len()).sum();
            assert!(space <= 3 * used + 2 * CHUNK, "{space} for {used}");
        }
    }

    #[test]
    fn an_emptied_chunk_is_filled_again() {
        let mut chunks = Chunks::default();
        let mut places = std::collections::HashSet::new();
        for number in 0..10_000 {
            let span = chunks.push(&piece(number, 200)).unwrap();
            places.insert(chunks.chunks[chunks.place(span)].as_ptr());
            chunks.forget_before(span);
        }
        assert_eq!(chunks.chunks.len(), 1);
        assert!(places.len() <= 2);
    }

    #[test]
    fn what_is_gone_is_empty() {
        let mut chunks = Chunks::default();
        let gone = chunks.push(&vec![1; CHUNK]).unwrap();
        let kept = chunks.push(&vec![2; CHUNK]).unwrap();
        chunks.forget_before(kept);
        assert_eq!(chunks.get(gone), [0_u8; 0]);
        assert_eq!(chunks.get(kept), vec![2; CHUNK]);
    }
}
