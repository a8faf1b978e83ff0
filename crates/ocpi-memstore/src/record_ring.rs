//! The newest records.

use std::collections::VecDeque;

use ocpi_domain::{AuthorizationReference, Cursor, DateTime};
use ocpi_ports::{RecordQuery, StorageError, StoredRecord};

use crate::chunks::{Chunks, Span};
use crate::index::TextHash;
use crate::packed_record::{self, RecordHead};
use crate::store::MemStoreOptions;

/// How many records are looked at under one hold of the lock, for which appends wait: some
/// 20 microseconds.
pub(crate) const PIECE: usize = 256;

/// The newest records in a ring, and what finds them by reference.
///
/// Every answer waits for memory here, so little of it is touched: the bytes of a record are
/// written where those of the last one ended, and those of a forgotten one are not looked at, not
/// even to find it no more.
pub(crate) struct RecordRing {
    /// The records that are kept, the oldest first.
    entries: VecDeque<Entry>,
    bytes: Chunks,
    /// How many bytes the kept records are.
    bytes_kept: usize,
    /// By the hash of a reference, how many records there were with the newest one there; 0 when
    /// there is none.
    newest: Vec<u64>,
    records_max: usize,
    bytes_max: usize,
    /// How many were ever appended; the cursor of a record is how many were before it.
    appended: u64,
}

/// Where the bytes of a record are.
struct Entry {
    hash: TextHash,
    span: Span,
    /// What stood in its place of `newest` before it: older records of that place are found from
    /// one to the next, until one is forgotten.
    previous: u64,
}

/// The most places of `newest`: 32 MiB.
const NEWEST_MAX: u32 = 1 << 22;

/// A record that a list found, still packed: it is unpacked when the lock is free again.
pub(crate) struct FoundRecord {
    cursor: Cursor,
    bytes: Box<[u8]>,
}

impl FoundRecord {
    pub(crate) fn unpack(&self) -> Result<StoredRecord, StorageError> {
        Ok(StoredRecord {
            cursor: self.cursor,
            record: packed_record::unpack(&self.bytes)?,
        })
    }
}

impl RecordRing {
    pub(crate) fn new(options: MemStoreOptions) -> RecordRing {
        let records_max = options.records_max.get();
        // Twice the records, so that mostly none of a place is kept, and nothing more is looked at
        // for a new reference.
        let places = records_max.saturating_mul(2).min(NEWEST_MAX);
        let places = places.next_power_of_two() as usize;
        RecordRing {
            newest: vec![0; places],
            entries: VecDeque::new(),
            bytes: Chunks::default(),
            bytes_kept: 0,
            records_max: records_max as usize,
            bytes_max: options.records_bytes_max,
            appended: 0,
        }
    }

    /// The cursor of the oldest record; that of the next one when there is none.
    fn oldest(&self) -> u64 {
        self.appended - self.entries.len() as u64
    }

    /// The record of that cursor, when it is kept.
    fn entry(&self, cursor: u64) -> Option<&Entry> {
        let place = cursor.checked_sub(self.oldest())?;
        self.entries.get(usize::try_from(place).ok()?)
    }

    /// Keeps the record of that reference, and forgets the oldest ones that are too many then.
    pub(crate) fn append(
        &mut self,
        reference: &AuthorizationReference,
        hash: TextHash,
        packed: &[u8],
    ) -> Result<(), StorageError> {
        if self.find(reference, hash)?.is_some() {
            return Err(StorageError::Conflict);
        }
        let span = self.bytes.push(packed).map_err(packed_record::corrupt)?;
        self.appended += 1;
        let newest = hash.among(self.newest.len());
        let previous = std::mem::replace(&mut self.newest[newest], self.appended);
        self.entries.push_back(Entry {
            hash,
            span,
            previous,
        });
        self.bytes_kept += span.len();
        self.forget_surplus();
        Ok(())
    }

    /// Forgets the oldest records until the rest is within both bounds, but never the newest.
    fn forget_surplus(&mut self) {
        while self.entries.len() > self.records_max
            || (self.bytes_kept > self.bytes_max && self.entries.len() > 1)
        {
            self.forget_oldest();
        }
        if let Some(oldest) = self.entries.front() {
            self.bytes.forget_before(oldest.span);
        }
    }

    fn forget_oldest(&mut self) {
        let forgotten = self.entries.pop_front();
        self.bytes_kept -= forgotten.map_or(0, |entry| entry.span.len());
    }

    /// Forgets the oldest records, at most `max`, up to the first that is not of before `moment`;
    /// how many they were.
    pub(crate) fn forget_before(
        &mut self,
        moment: DateTime,
        max: usize,
    ) -> Result<usize, StorageError> {
        let kept = self.entries.len();
        let mut last = None;
        while kept - self.entries.len() < max
            && let Some(oldest) = self.entries.front()
            && RecordHead::read(self.bytes.get(oldest.span))?.is_before(moment)
        {
            last = Some(oldest.span);
            self.forget_oldest();
        }
        // The chunk of the last one stays, for the next to be written behind it.
        if let Some(last) = last {
            self.bytes.forget_before(last);
        }
        Ok(kept - self.entries.len())
    }

    /// The bytes of the record of that reference.
    pub(crate) fn find(
        &self,
        reference: &AuthorizationReference,
        hash: TextHash,
    ) -> Result<Option<&[u8]>, StorageError> {
        let mut next = self.newest[hash.among(self.newest.len())];
        // One leads to the next older one, until that is forgotten.
        while let Some(entry) = next.checked_sub(1).and_then(|cursor| self.entry(cursor)) {
            if entry.hash == hash {
                let bytes = self.bytes.get(entry.span);
                if RecordHead::read(bytes)?.has_reference(reference) {
                    return Ok(Some(bytes));
                }
            }
            next = entry.previous;
        }
        Ok(None)
    }

    /// Adds to `found`, up to `limit`, the next newest records before `before` that match; gives
    /// where to look on, `None` at the end.
    pub(crate) fn look_on(
        &self,
        query: &RecordQuery,
        before: u64,
        limit: usize,
        found: &mut Vec<FoundRecord>,
    ) -> Result<Option<u64>, StorageError> {
        let oldest = self.oldest();
        let end = before.min(self.appended);
        let start = end.saturating_sub(PIECE as u64).max(oldest);
        let piece = (start..end).rev();
        for (cursor, entry) in piece.map_while(|cursor| Some((cursor, self.entry(cursor)?))) {
            if found.len() == limit {
                return Ok(None);
            }
            let bytes = self.bytes.get(entry.span);
            if RecordHead::read(bytes)?.matches(query) {
                found.push(FoundRecord {
                    cursor: Cursor(cursor),
                    bytes: bytes.into(),
                });
            }
        }
        Ok((start > oldest).then_some(start))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use ocpi_domain::{
        AuthorizationRecord, DateTime, LocationReferences, MessageId, PlatformId, Rule, TokenType,
    };

    use super::*;
    use crate::index::TextHasher;

    fn name(number: u64) -> AuthorizationReference {
        AuthorizationReference::new(&format!("R-{number}")).unwrap()
    }

    /// A record whose platform is one of ten.
    fn record(number: u64) -> AuthorizationRecord {
        let id = MessageId::new("id").unwrap();
        AuthorizationRecord {
            reference: name(number),
            at: DateTime::from_unix_ms(0).unwrap(),
            platform: PlatformId::new(&format!("peer-{}", number % 10)).unwrap(),
            request_id: id.clone(),
            correlation_id: id,
            token_party: None,
            token_uid: AuthorizationRecord::uid_as_asked("CARD"),
            token_type: TokenType::Rfid,
            asked: None,
            allowed_location: None,
            allowed: None,
            status: None,
            rule: Rule::UnknownToken,
            latency_us: 0,
            charge_point: None,
        }
    }

    fn append(
        ring: &mut RecordRing,
        record: &AuthorizationRecord,
        hash: TextHash,
    ) -> Result<(), StorageError> {
        packed_record::pack(record, |packed| {
            ring.append(&record.reference, hash, packed)
        })
    }

    fn ring(max: u32) -> RecordRing {
        RecordRing::new(MemStoreOptions {
            records_max: NonZeroU32::new(max).unwrap(),
            ..MemStoreOptions::default()
        })
    }

    /// A record that asks for so many EVSEs.
    fn large(number: u64, evses: usize) -> AuthorizationRecord {
        let mut record = record(number);
        record.asked = Some(LocationReferences {
            location_id: "LOC".parse().unwrap(),
            evse_uids: (0..evses)
                .map(|evse| format!("evse-{evse}").parse().unwrap())
                .collect(),
        });
        record
    }

    /// How many bytes a record takes.
    fn packed_len(record: &AuthorizationRecord) -> usize {
        packed_record::pack(record, |packed| Ok(packed.len())).unwrap()
    }

    /// The references of a list, by pages of `limit` that are read in pieces.
    fn pages(
        ring: &RecordRing,
        query: &RecordQuery,
        limit: usize,
    ) -> Vec<Vec<AuthorizationReference>> {
        let mut pages = Vec::new();
        let mut before = u64::MAX;
        loop {
            let (mut page, mut next) = (Vec::new(), Some(before));
            while let Some(piece_before) = next {
                next = ring.look_on(query, piece_before, limit, &mut page).unwrap();
            }
            let Some(last) = page.last() else {
                return pages;
            };
            before = last.cursor.0;
            let reference = |one: &FoundRecord| one.unpack().unwrap().record.reference.clone();
            pages.push(page.iter().map(reference).collect());
        }
    }

    fn assert_lists(ring: &RecordRing, query: &RecordQuery, expected: &[AuthorizationReference]) {
        for limit in [1, 5, 256, 5000] {
            let expected: Vec<_> = expected.chunks(limit).map(<[_]>::to_vec).collect();
            assert_eq!(pages(ring, query, limit), expected);
        }
    }

    /// Holds: E-33.
    #[test]
    fn a_full_ring_forgets_its_oldest_record_with_its_reference() {
        let hasher = TextHasher::default();
        let hash = |number| hasher.of_text(name(number).as_str());
        for max in [1, 2, 7, 3000] {
            let mut ring = ring(max);
            let kept_max = u64::from(max);
            for number in 0..=3 * kept_max {
                append(&mut ring, &record(number), hash(number)).unwrap();
                let oldest = (number + 1).saturating_sub(kept_max);
                for kept in [oldest, number] {
                    assert!(ring.find(&name(kept), hash(kept)).unwrap().is_some());
                    let again = append(&mut ring, &record(kept), hash(kept));
                    assert!(matches!(again, Err(StorageError::Conflict)));
                }
                if let Some(gone) = oldest.checked_sub(1) {
                    assert!(ring.find(&name(gone), hash(gone)).unwrap().is_none());
                }
            }
            let newest = 3 * kept_max + 1;
            let kept = (newest - kept_max..newest).rev();
            let expected: Vec<_> = kept.clone().map(name).collect();
            assert_lists(&ring, &RecordQuery::default(), &expected);
            let query = RecordQuery {
                platform: Some(PlatformId::new("peer-3").unwrap()),
                ..RecordQuery::default()
            };
            let expected: Vec<_> = kept.filter(|number| number % 10 == 3).map(name).collect();
            assert_lists(&ring, &query, &expected);
        }
    }

    /// Holds: E-33.
    #[test]
    fn records_of_one_hash_are_told_apart_by_their_references() {
        let one_hash = TextHasher::default().of_text("one");
        let mut ring = ring(50);
        for number in 0..200_u64 {
            append(&mut ring, &record(number), one_hash).unwrap();
            for sought in 0..=number {
                let found = ring.find(&name(sought), one_hash).unwrap();
                let found = found.map(|bytes| packed_record::unpack(bytes).unwrap());
                let expected = (sought + 50 > number).then(|| record(sought));
                assert_eq!(found.as_deref(), expected.as_ref());
            }
            let again = append(&mut ring, &record(number), one_hash);
            assert!(matches!(again, Err(StorageError::Conflict)));
        }
    }

    /// Holds: E-33.
    #[test]
    fn a_record_of_many_evses_is_kept_beside_small_ones() {
        let hasher = TextHasher::default();
        let mut ring = ring(20);
        let sized = |number: u64| {
            let evses = [0, 1, 12, 60, 30_000][usize::try_from(number % 5).unwrap()];
            let mut record = large(number, evses);
            record.allowed_location = record.asked.clone().filter(|_| number.is_multiple_of(2));
            record
        };
        for number in 0..60 {
            let hash = hasher.of_text(name(number).as_str());
            append(&mut ring, &sized(number), hash).unwrap();
        }
        for number in 40..60 {
            let hash = hasher.of_text(name(number).as_str());
            let found = ring.find(&name(number), hash).unwrap().unwrap();
            assert_eq!(*packed_record::unpack(found).unwrap(), sized(number));
        }
    }

    /// The records that are kept with those bounds, by looking at the sizes of all.
    fn expected_kept(records: &[AuthorizationRecord], options: MemStoreOptions) -> usize {
        let mut bytes = 0;
        let newest_first = records.iter().rev().enumerate();
        let fitting = newest_first.take_while(|(newer, record)| {
            bytes += packed_len(record);
            *newer == 0 || bytes <= options.records_bytes_max
        });
        fitting.count().min(options.records_max.get() as usize)
    }

    /// Holds: E-33.
    #[test]
    fn large_records_make_older_ones_go_but_the_newest_always_stays() {
        let hasher = TextHasher::default();
        let hash = |record: &AuthorizationRecord| hasher.of_text(record.reference.as_str());
        let sizes = [0, 3, 200, 500, 0, 0, 0, 0, 40, 8000, 1, 1];
        let records: Vec<_> = (0..60_u64)
            .zip(sizes.into_iter().cycle())
            .map(|(number, evses)| large(number, evses))
            .collect();
        for (records_max, records_bytes_max) in
            [(50, 0), (50, 1), (50, 700), (5, 60_000), (50, 100_000)]
        {
            let options = MemStoreOptions {
                records_max: NonZeroU32::new(records_max).unwrap(),
                records_bytes_max,
                ..MemStoreOptions::default()
            };
            let mut ring = RecordRing::new(options);
            for number in 0..records.len() {
                let (so_far, newest) = (&records[..=number], &records[number]);
                append(&mut ring, newest, hash(newest)).unwrap();
                let kept = expected_kept(so_far, options);
                let bytes = so_far.iter().rev().take(kept).map(packed_len).sum();
                assert_eq!((ring.entries.len(), ring.bytes_kept), (kept, bytes));
                let (gone, kept) = so_far.split_at(so_far.len() - kept);
                for record in gone {
                    let found = ring.find(&record.reference, hash(record)).unwrap();
                    assert!(found.is_none());
                }
                for record in kept {
                    let found = ring.find(&record.reference, hash(record)).unwrap();
                    assert_eq!(*packed_record::unpack(found.unwrap()).unwrap(), *record);
                }
                let listed = kept.iter().rev().map(|record| record.reference.clone());
                assert_lists(&ring, &RecordQuery::default(), &listed.collect::<Vec<_>>());
            }
            // What is forgotten may come again, and is the newest then.
            append(&mut ring, &records[0], hash(&records[0])).unwrap();
            let page = pages(&ring, &RecordQuery::default(), 1).swap_remove(0);
            assert_eq!(page, [name(0)]);
        }
    }

    /// Holds: E-33.
    #[test]
    fn a_page_goes_on_where_records_were_forgotten_since() {
        let hasher = TextHasher::default();
        let mut ring = RecordRing::new(MemStoreOptions {
            records_bytes_max: 100_000,
            ..MemStoreOptions::default()
        });
        let hash = |number| hasher.of_text(name(number).as_str());
        for number in 0..100 {
            append(&mut ring, &record(number), hash(number)).unwrap();
        }
        // It forgets all the small ones, those of the next page too.
        append(&mut ring, &large(100, 20_000), hash(100)).unwrap();
        assert_eq!(ring.entries.len(), 1);
        let mut page = Vec::new();
        let query = RecordQuery::default();
        for before in [0, 1, 50, 100] {
            let next = ring.look_on(&query, before, 9, &mut page).unwrap();
            assert_eq!((next, page.len()), (None, 0));
        }
        assert_lists(&ring, &query, &[name(100)]);
    }

    /// Holds: E-33.
    #[test]
    fn a_ring_that_forgot_by_age_gives_its_memory_back_and_goes_on() {
        let hasher = TextHasher::default();
        let hash = |number| hasher.of_text(name(number).as_str());
        let at = |ms| DateTime::from_unix_ms(ms).unwrap();
        let mut ring = ring(5000);
        let mut next = 0;
        for round in 0..3 {
            let first = next;
            for number in first..first + 4000 {
                let mut one = large(number, 5);
                // The second half is of later.
                one.at = at(i64::from(number >= first + 2000));
                append(&mut ring, &one, hash(number)).unwrap();
            }
            next += 4000;
            assert_eq!(ring.forget_before(at(0), usize::MAX).unwrap(), 0);
            assert_eq!(ring.forget_before(at(1), 1999).unwrap(), 1999);
            assert_eq!(ring.forget_before(at(1), usize::MAX).unwrap(), 1);
            let kept: Vec<_> = (first + 2000..next).rev().map(name).collect();
            assert_lists(&ring, &RecordQuery::default(), &kept);
            assert!(
                ring.find(&name(next - 1), hash(next - 1))
                    .unwrap()
                    .is_some()
            );

            assert_eq!(ring.forget_before(at(2), usize::MAX).unwrap(), 2000);
            assert_eq!((ring.entries.len(), ring.bytes_kept), (0, 0));
            assert_eq!(ring.bytes.len(), 1, "round {round}");
            assert_lists(&ring, &RecordQuery::default(), &[]);
            assert!(
                ring.find(&name(next - 1), hash(next - 1))
                    .unwrap()
                    .is_none()
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_corrupt() {
        let hash = TextHasher::default().of_text("one");
        let mut ring = ring(9);
        ring.append(&name(1), hash, &[0xff; 3]).unwrap();
        let query = RecordQuery::default();
        for failed in [
            ring.find(&name(1), hash).map(drop),
            ring.look_on(&query, u64::MAX, 9, &mut Vec::new()).map(drop),
            append(&mut ring, &record(1), hash),
            ring.forget_before(DateTime::MAX, 9).map(drop),
        ] {
            assert!(matches!(failed, Err(StorageError::Corrupt(_))));
        }
        assert_eq!(ring.appended, 1);
    }
}
