//! In which order the Tokens were written last.

use std::collections::BTreeMap;

/// So many revisions have a chunk of their own: few enough that taking one out of it moves little.
const CHUNK: u64 = 1024;

/// The place of each Token by the revision of its last write, in the order of the revisions. A
/// Token is in here once: what is listed has nothing to pass over that was written again.
#[derive(Default)]
pub(crate) struct ChangeLog(BTreeMap<u64, Vec<Change>>);

/// The last write of a Token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) place: u32,
}

impl ChangeLog {
    /// Adds the newest write.
    pub(crate) fn push(&mut self, change: Change) {
        let chunk = self.0.entry(change.revision / CHUNK).or_default();
        chunk.push(change);
    }

    /// Takes out a write that another one of its Token follows.
    pub(crate) fn remove(&mut self, revision: u64) {
        let number = revision / CHUNK;
        let Some(chunk) = self.0.get_mut(&number) else {
            return;
        };
        if let Ok(place) = chunk.binary_search_by_key(&revision, |change| change.revision) {
            chunk.remove(place);
            if chunk.is_empty() {
                self.0.remove(&number);
            } else if chunk.capacity() > 4 * chunk.len() {
                // The newest chunk is pushed to, and grows again as a whole.
                chunk.shrink_to(2 * chunk.len());
            }
        }
    }

    /// The writes after that revision, in their order.
    pub(crate) fn after(&self, revision: u64) -> impl Iterator<Item = Change> {
        let first = revision / CHUNK;
        let chunks = self.0.range(first..);
        chunks.flat_map(move |(number, chunk)| {
            let is_before = |change: &Change| change.revision <= revision;
            let start = if *number == first {
                chunk.partition_point(is_before)
            } else {
                0
            };
            chunk[start..].iter().copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(revision: u64, place: u32) -> Change {
        Change { revision, place }
    }

    #[test]
    fn each_is_listed_after_a_revision_until_it_is_taken_out() {
        let mut log = ChangeLog::default();
        let mut expected = Vec::new();
        for revision in 1..=5 * CHUNK {
            let one = change(revision, u32::try_from(revision % 100).unwrap());
            log.push(one);
            expected.push(one);
        }
        // Some here and there, a chunk as a whole, and the newest.
        let is_gone = |revision: u64| {
            revision.is_multiple_of(3) || revision / CHUNK == 2 || revision > 5 * CHUNK - 10
        };
        for revision in (1..=5 * CHUNK).filter(|revision| is_gone(*revision)) {
            log.remove(revision);
            log.remove(revision);
        }
        expected.retain(|one| !is_gone(one.revision));
        for after in [
            0,
            1,
            2,
            CHUNK - 1,
            CHUNK,
            2 * CHUNK + 7,
            5 * CHUNK,
            u64::MAX,
        ] {
            let found: Vec<Change> = log.after(after).collect();
            let due = expected.iter().filter(|one| one.revision > after);
            assert_eq!(found, due.copied().collect::<Vec<_>>(), "{after}");
        }
    }

    /// A store that runs for a year must not keep a note of each write.
    #[test]
    fn what_is_written_again_and_again_takes_no_more_room() {
        const COUNT: u64 = 3000;
        let mut log = ChangeLog::default();
        for revision in 1..=200 * COUNT {
            if revision > COUNT {
                log.remove(revision - COUNT);
            }
            log.push(change(revision, u32::try_from(revision % COUNT).unwrap()));
        }
        assert_eq!(log.after(0).count() as u64, COUNT);
        let room: usize = log.0.values().map(Vec::capacity).sum();
        assert!(room as u64 <= 2 * COUNT, "{room}");
    }
}
