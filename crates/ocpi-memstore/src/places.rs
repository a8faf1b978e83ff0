//! Things in the order in which they came.

use std::ops::{Index, IndexMut};

/// How many things a chunk takes.
pub(crate) const CHUNK: usize = 4096;

/// Things that are never taken out, so a place is for life. They are in chunks of one size, so
/// that growing moves none of them, however many there are.
pub(crate) struct Places<T>(Vec<Vec<T>>);

impl<T> Default for Places<T> {
    fn default() -> Places<T> {
        Places(Vec::new())
    }
}

impl<T> Places<T> {
    pub(crate) fn len(&self) -> usize {
        let last = self.0.last().map_or(CHUNK, Vec::len);
        self.0.len() * CHUNK + last - CHUNK
    }

    pub(crate) fn push(&mut self, thing: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(thing),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(thing);
                self.0.push(chunk);
            }
        }
    }

    /// The things from that place to the end of its chunk.
    pub(crate) fn piece(&self, start: usize) -> &[T] {
        let chunk = self.0.get(start / CHUNK);
        chunk
            .and_then(|chunk| chunk.get(start % CHUNK..))
            .unwrap_or_default()
    }
}

impl<T> Index<usize> for Places<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.0[place / CHUNK][place % CHUNK]
    }
}

impl<T> IndexMut<usize> for Places<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.0[place / CHUNK][place % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_stay_in_their_places_and_are_never_moved() {
        let mut places = Places::default();
        let mut first = None;
        for number in 0..3 * CHUNK + 5 {
            assert_eq!(places.len(), number);
            assert!(places.piece(number).is_empty());
            places.push(number);
            let at: *const usize = &raw const places[0];
            assert_eq!(*first.get_or_insert(at), at);
        }
        assert_eq!(places.len(), 3 * CHUNK + 5);
        for number in 0..places.len() {
            assert_eq!(places[number], number);
            let end = places.len().min((number / CHUNK + 1) * CHUNK);
            let piece = places.piece(number);
            assert_eq!((piece[0], piece.len()), (number, end - number));
        }
        places[CHUNK] = 7;
        assert_eq!(places.piece(CHUNK)[0], 7);
    }
}
