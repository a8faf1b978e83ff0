//! The newest records.

use std::num::NonZeroU32;
use std::sync::Arc;

use ocpi_domain::{AuthorizationRecord, AuthorizationReference, Cursor};
use ocpi_ports::{RecordQuery, StorageError, StoredRecord};

use crate::index::{PlaceIndex, TextHash};
use crate::store::MemStoreOptions;

/// How many records are looked at under one hold of the lock.
const PIECE: u64 = 1024;

/// The newest records in a ring, and what finds them by reference.
pub(crate) struct RecordRing {
    /// Grows to `max`, then the newest takes the place of the oldest.
    entries: Vec<Entry>,
    by_reference: PlaceIndex,
    max: NonZeroU32,
    /// How many were ever appended; the cursor of a record is how many were before it.
    appended: u64,
}

/// A record with the hash of its reference, so that forgetting it does not hash again.
pub(crate) struct Entry {
    hash: TextHash,
    record: Arc<AuthorizationRecord>,
}

impl Default for RecordRing {
    fn default() -> RecordRing {
        RecordRing::new(MemStoreOptions::default().records_max)
    }
}

impl RecordRing {
    pub(crate) fn new(max: NonZeroU32) -> RecordRing {
        RecordRing {
            entries: Vec::new(),
            by_reference: PlaceIndex::default(),
            max,
            appended: 0,
        }
    }

    /// The place of the record that has, or will have, that cursor.
    fn place(&self, cursor: u64) -> u32 {
        let place = cursor % u64::from(self.max.get());
        u32::try_from(place).unwrap_or_default()
    }

    /// Keeps the record, and gives the one that is forgotten for it, to be dropped when the lock
    /// is free again.
    pub(crate) fn append(
        &mut self,
        record: Arc<AuthorizationRecord>,
        hash: TextHash,
    ) -> Result<Option<Entry>, StorageError> {
        if self.find(&record.reference, hash).is_some() {
            return Err(StorageError::Conflict);
        }
        let place = self.place(self.appended);
        self.appended += 1;
        let entry = Entry { hash, record };
        let forgotten = if let Some(oldest) = self.entries.get_mut(place as usize) {
            let forgotten = std::mem::replace(oldest, entry);
            self.by_reference.remove(forgotten.hash, place);
            Some(forgotten)
        } else {
            self.entries.push(entry);
            None
        };
        self.by_reference.insert(hash, place);
        Ok(forgotten)
    }

    pub(crate) fn find(
        &self,
        reference: &AuthorizationReference,
        hash: TextHash,
    ) -> Option<&Arc<AuthorizationRecord>> {
        self.by_reference
            .candidates(hash)
            .map(|place| &self.entries[place].record)
            .find(|record| record.reference == *reference)
    }

    /// Adds to `found`, up to `limit`, the next newest records before `before` that match; gives
    /// where to look on, `None` at the end.
    pub(crate) fn look_on(
        &self,
        query: &RecordQuery,
        before: u64,
        limit: usize,
        found: &mut Vec<StoredRecord>,
    ) -> Option<u64> {
        let oldest = self.appended - self.entries.len() as u64;
        let end = before.min(self.appended);
        let start = end.saturating_sub(PIECE).max(oldest);
        for cursor in (start..end).rev() {
            if found.len() == limit {
                return None;
            }
            let record = &self.entries[self.place(cursor) as usize].record;
            if matches(query, record) {
                found.push(StoredRecord {
                    cursor: Cursor(cursor),
                    record: Arc::clone(record),
                });
            }
        }
        (start > oldest).then_some(start)
    }
}

fn matches(query: &RecordQuery, record: &AuthorizationRecord) -> bool {
    let uid = query.token_uid.as_ref();
    let platform = query.platform.as_ref();
    query.from.is_none_or(|from| from <= record.at)
        && query.to.is_none_or(|to| record.at < to)
        && platform.is_none_or(|platform| *platform == record.platform)
        && uid.is_none_or(|uid| *uid == record.token_uid)
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{DateTime, MessageId, PlatformId, Rule, TokenType};

    use super::*;
    use crate::index::TextHasher;

    fn name(number: u64) -> AuthorizationReference {
        AuthorizationReference::new(&format!("R-{number}")).unwrap()
    }

    /// A record whose platform is one of ten.
    fn record(number: u64) -> Arc<AuthorizationRecord> {
        let id = MessageId::new("id").unwrap();
        Arc::new(AuthorizationRecord {
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
        })
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
                next = ring.look_on(query, piece_before, limit, &mut page);
            }
            let Some(last) = page.last() else {
                return pages;
            };
            before = last.cursor.0;
            pages.push(
                page.iter()
                    .map(|one| one.record.reference.clone())
                    .collect(),
            );
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
            let kept_max = u64::from(max);
            let mut ring = RecordRing::new(NonZeroU32::new(max).unwrap());
            for number in 0..=3 * kept_max {
                let forgotten = ring.append(record(number), hash(number)).unwrap();
                let oldest = (number + 1).saturating_sub(kept_max);
                let expected = (number >= kept_max).then(|| name(oldest - 1));
                assert_eq!(
                    forgotten.map(|entry| entry.record.reference.clone()),
                    expected
                );
                for kept in [oldest, number] {
                    assert!(ring.find(&name(kept), hash(kept)).is_some());
                    let again = ring.append(record(kept), hash(kept));
                    assert!(matches!(again, Err(StorageError::Conflict)));
                }
                if let Some(gone) = oldest.checked_sub(1) {
                    assert_eq!(ring.by_reference.candidates(hash(gone)).count(), 0);
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
}
