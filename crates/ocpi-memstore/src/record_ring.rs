//! The newest records.

use std::num::NonZeroU32;

use ocpi_domain::{AuthorizationReference, Cursor};
use ocpi_ports::{RecordQuery, StorageError, StoredRecord};

use crate::chunks::{Chunks, Span};
use crate::index::TextHash;
use crate::packed_record::{self, RecordHead};
use crate::store::MemStoreOptions;

/// How many records are looked at under one hold of the lock, for which appends wait: some
/// 20 microseconds.
const PIECE: u64 = 256;

/// The newest records in a ring, and what finds them by reference.
///
/// Every answer waits for memory here, so little of it is touched: the bytes of a record are
/// written where those of the last one ended, and nothing of the forgotten one is looked at, not
/// even to find it no more.
pub(crate) struct RecordRing {
    /// Grows to `max`, then the newest takes the place of the oldest.
    entries: Vec<Entry>,
    bytes: Chunks,
    /// By the hash of a reference, how many records there were with the newest one there; 0 when
    /// there is none.
    newest: Vec<u64>,
    max: NonZeroU32,
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

impl Default for RecordRing {
    fn default() -> RecordRing {
        RecordRing::new(MemStoreOptions::default().records_max)
    }
}

impl RecordRing {
    pub(crate) fn new(max: NonZeroU32) -> RecordRing {
        // Twice the records, so that mostly none of a place is kept, and nothing more is looked at
        // for a new reference.
        let places = max.get().saturating_mul(2).min(NEWEST_MAX);
        let places = places.next_power_of_two() as usize;
        RecordRing {
            newest: vec![0; places],
            entries: Vec::new(),
            bytes: Chunks::default(),
            max,
            appended: 0,
        }
    }

    /// The place of the record that has, or will have, that cursor.
    fn place(&self, cursor: u64) -> usize {
        let place = cursor % u64::from(self.max.get());
        usize::try_from(place).unwrap_or_default()
    }

    /// The cursor of the oldest record; that of the next one when there is none.
    fn oldest(&self) -> u64 {
        self.appended - self.entries.len() as u64
    }

    fn entry(&self, cursor: u64) -> &Entry {
        &self.entries[self.place(cursor)]
    }

    /// Keeps the record of that reference, and forgets the oldest when the ring is full.
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
        let place = self.place(self.appended);
        self.appended += 1;
        let newest = hash.among(self.newest.len());
        let previous = std::mem::replace(&mut self.newest[newest], self.appended);
        let entry = Entry {
            hash,
            span,
            previous,
        };
        if let Some(oldest) = self.entries.get_mut(place) {
            *oldest = entry;
            let oldest = self.entry(self.oldest()).span;
            self.bytes.forget_before(oldest);
        } else {
            self.entries.push(entry);
        }
        Ok(())
    }

    /// The bytes of the record of that reference.
    pub(crate) fn find(
        &self,
        reference: &AuthorizationReference,
        hash: TextHash,
    ) -> Result<Option<&[u8]>, StorageError> {
        let mut next = self.newest[hash.among(self.newest.len())];
        // One leads to the next older one, until that is forgotten.
        while next > self.oldest() {
            let entry = self.entry(next - 1);
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
        let start = end.saturating_sub(PIECE).max(oldest);
        for cursor in (start..end).rev() {
            if found.len() == limit {
                return Ok(None);
            }
            let bytes = self.bytes.get(self.entry(cursor).span);
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
        RecordRing::new(NonZeroU32::new(max).unwrap())
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
        let mut ring = RecordRing::new(NonZeroU32::new(20).unwrap());
        let sized = |number: u64| {
            let mut record = record(number);
            let evses = [0, 1, 12, 60, 30_000][usize::try_from(number % 5).unwrap()];
            record.asked = Some(LocationReferences {
                location_id: "LOC".parse().unwrap(),
                evse_uids: (0..evses)
                    .map(|evse| format!("evse-{evse}").parse().unwrap())
                    .collect(),
            });
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

    #[test]
    fn what_cannot_be_read_is_said_to_be_corrupt() {
        let hash = TextHasher::default().of_text("one");
        let mut ring = RecordRing::default();
        ring.append(&name(1), hash, &[0xff; 3]).unwrap();
        let query = RecordQuery::default();
        for failed in [
            ring.find(&name(1), hash).map(drop),
            ring.look_on(&query, u64::MAX, 9, &mut Vec::new()).map(drop),
            append(&mut ring, &record(1), hash),
        ] {
            assert!(matches!(failed, Err(StorageError::Corrupt(_))));
        }
        assert_eq!(ring.appended, 1);
    }
}
