//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, AuthorizationSubject, Cursor, DateTime, Party,
    TokenType, TokenUid,
};
use ocpi_ports::{AuthorizationRepository, RecordQuery, StorageError, StoredRecord, SubjectLookup};

use crate::packed_record;
use crate::record_ring::PIECE;
use crate::store::{MemStore, Subjects};
use crate::token_table::Found;

#[async_trait]
impl AuthorizationRepository for MemStore {
    async fn load_authorization_subject(
        &self,
        parties: &[Party],
        uid: &TokenUid,
        token_type: &TokenType,
    ) -> Result<SubjectLookup, StorageError> {
        let hash = self.hasher.of_uid(uid, token_type);
        let subjects = self.subjects.read();
        let Subjects { tokens, accounts } = &*subjects;
        let token = match tokens.find_subject(parties, uid, token_type, hash) {
            Found::Nothing => return Ok(SubjectLookup::Unknown),
            Found::Several => return Ok(SubjectLookup::Ambiguous),
            Found::One(entry) => entry.stored(),
        };
        let account = if accounts.is_empty() {
            None
        } else {
            // The account is that of the Token found, which may spell its uid in another way.
            accounts.find_of(&token.token, hash)
        };
        drop(subjects);
        Ok(SubjectLookup::One(Box::new(AuthorizationSubject {
            token,
            account,
            active_sessions: 0,
            known_evses: None,
        })))
    }

    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError> {
        let reference = &record.reference;
        let hash = self.hasher.of_text(reference.as_str());
        packed_record::pack(&record, |packed| {
            self.records.lock().append(reference, hash, packed)
        })
    }

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        let hash = self.hasher.of_text(reference.as_str());
        let found = self
            .records
            .lock()
            .find(reference, hash)?
            .map(<[u8]>::to_vec);
        found.as_deref().map(packed_record::unpack).transpose()
    }

    async fn list_records(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        let mut found = Vec::new();
        let mut before = before.map_or(u64::MAX, |cursor| cursor.0);
        loop {
            let (mut piece, left) = (Vec::new(), limit - found.len());
            let next = self
                .records
                .lock()
                .look_on(query, before, left, &mut piece)?;
            for record in piece {
                found.push(record.unpack()?);
            }
            let Some(next) = next else {
                return Ok(found);
            };
            before = next;
            tokio::task::yield_now().await;
        }
    }

    async fn forget_records(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        let mut forgotten = 0;
        loop {
            let piece = PIECE.min(max - forgotten);
            let gone = self.records.lock().forget_before(moment, piece)?;
            forgotten += gone;
            if gone < piece || forgotten == max {
                return Ok(forgotten);
            }
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{MessageId, PlatformId, Rule};

    use super::*;

    fn record(number: usize) -> Arc<AuthorizationRecord> {
        let id = MessageId::new("id").unwrap();
        Arc::new(AuthorizationRecord {
            reference: AuthorizationReference::new(&format!("R-{number}")).unwrap(),
            at: DateTime::from_unix_ms(0).unwrap(),
            platform: PlatformId::new("peer").unwrap(),
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

    /// Holds: E-33.
    #[tokio::test]
    async fn as_many_are_forgotten_as_asked_for_however_many_pieces_that_are() {
        const COUNT: usize = 3 * PIECE;
        for max in [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, COUNT, COUNT + 1] {
            let store = MemStore::default();
            for number in 0..COUNT {
                store.append_record(record(number)).await.unwrap();
            }
            let forgotten = store.forget_records(DateTime::MAX, max).await.unwrap();
            assert_eq!(forgotten, max.min(COUNT));
            let query = RecordQuery::default();
            let kept = store.list_records(&query, None, usize::MAX).await.unwrap();
            assert_eq!(kept.len(), COUNT - forgotten);
            let oldest = kept.last().map(|oldest| oldest.record.clone());
            assert_eq!(oldest, (max < COUNT).then(|| record(forgotten)));
        }
    }
}
