//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, AuthorizationSubject, Cursor, Party, TokenType,
    TokenUid,
};
use ocpi_ports::{AuthorizationRepository, RecordQuery, StorageError, StoredRecord, SubjectLookup};

use crate::packed_record;
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
}
